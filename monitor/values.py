"""Values that are made by the hundred thousand."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """A dataclass that is frozen to the type checker, which sees every line of ours, and plain when it runs.

    Freezing it there too makes each of them more than twice as slow to make (docs/benchmarks.md).
    """
    return dataclass(slots=True, kw_only=True)(cls)
