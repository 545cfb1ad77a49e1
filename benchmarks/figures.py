"""What a benchmark found, against what was promised; as a table and as JSON."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_COLUMNS = ("", "database", "seconds", "processor s", "peak MB", "ratio", "goal", "")
_FIGURES = ("seconds", "processor s", "peak MB", "ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What was promised: at most so many seconds and MB, at least such a ratio."""

    seconds: float | None = None
    peak_mb: float | None = None
    ratio: float | None = None

    def __str__(self) -> str:
        said = [f"under {self.seconds:g} s"] if self.seconds else []
        said += [f"under {self.peak_mb:g} MB"] if self.peak_mb else []
        said += [f"ratio {self.ratio:g} or better"] if self.ratio else []
        return ", ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table; `ratio_of` says of what to what the ratio is."""

    what: str
    database: str
    seconds: float
    processor_seconds: float | None = None
    peak_mb: float | None = None
    ratio: float | None = None
    ratio_of: str = ""
    goal: Goal | None = None
    details: dict[str, float] = field(default_factory=dict)

    @property
    def is_met(self) -> bool | None:
        """Whether the goal was reached; None where there is none."""
        if self.goal is None:
            return None
        fast = self.goal.seconds is None or self.seconds < self.goal.seconds
        small = self.goal.peak_mb is None or (self.peak_mb is not None and self.peak_mb < self.goal.peak_mb)
        alike = self.goal.ratio is None or (self.ratio is not None and self.ratio >= self.goal.ratio)
        return fast and small and alike

    def as_json(self) -> dict[str, object]:
        return {
            "what": self.what,
            "database": self.database,
            "seconds": round(self.seconds, 2),
            "processor_seconds": self.processor_seconds and round(self.processor_seconds, 2),
            "peak_mb": self.peak_mb and round(self.peak_mb),
            "ratio": self.ratio and round(self.ratio, 2),
            "ratio_of": self.ratio_of,
            "goal": str(self.goal) if self.goal else "",
            "met": self.is_met,
            **{name: round(value, 2) for name, value in self.details.items()},
        }


def table(figures: Iterable[Figure]) -> str:
    """The figures, one a line, and below them what the ratios are of."""
    every = list(figures)
    lines = [_COLUMNS, *map(_line, every)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    said = [_aligned(line, widths) for line in lines]
    ratios = dict.fromkeys(f"{each.what}: {each.ratio_of}" for each in every if each.ratio_of)
    return "\n".join((*said, "", "The ratios:", *(f"  {each}." for each in ratios)))


def _line(figure: Figure) -> tuple[str, ...]:
    met = {True: "met", False: "MISSED", None: ""}[figure.is_met]
    return (
        figure.what,
        figure.database,
        f"{figure.seconds:.1f}",
        "" if figure.processor_seconds is None else f"{figure.processor_seconds:.1f}",
        "" if figure.peak_mb is None else f"{figure.peak_mb:.0f}",
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        str(figure.goal) if figure.goal else "",
        met,
    )


def _aligned(line: tuple[str, ...], widths: list[int]) -> str:
    """Words to the left, figures to the right."""
    cells = [
        cell.rjust(width) if name in _FIGURES else cell.ljust(width)
        for cell, width, name in zip(line, widths, _COLUMNS, strict=True)
    ]
    return "  ".join(cells).rstrip()
