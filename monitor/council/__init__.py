"""An imaginary council for `monitor demo`: the register files that a real one would export, with nobody real.

Everything is made: ids, days, teams. The same numbers give the same bytes. A small, known share of the rows
is bad, because every real export has some.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from random import Random

from monitor.calendars import Calendar
from monitor.council.care import in_care, left_care
from monitor.council.court import in_proceedings, over_time_without_plan_b
from monitor.council.desk import Child, Council
from monitor.council.ehc import forgotten, perhaps_requested, requested
from monitor.council.front_door import early_help, referred
from monitor.council.plo import before_proceedings
from monitor.council.posts import write_staff
from monitor.council.protection import protected
from monitor.council.registers import open_registers
from monitor.council.staff import staff_for
from monitor.council.supervision import write_absences, write_supervision
from monitor.council.world import World

__all__ = ["write_council"]

Story = Callable[[Council, int], Sequence[Child]]

# Of two hundred children, how many live which story: (story, brothers and sisters, families).
_FAMILIES: tuple[tuple[Story, int, int], ...] = (
    (in_care, 1, 16),
    (in_care, 2, 8),
    (in_care, 3, 2),
    (left_care, 1, 4),
    (left_care, 2, 1),
    (in_proceedings, 1, 2),
    (in_proceedings, 3, 2),
    (before_proceedings, 1, 3),
    (before_proceedings, 2, 1),
    (before_proceedings, 3, 1),
    (protected, 1, 6),
    (protected, 2, 2),
    (protected, 3, 2),
    (referred, 1, 26),
    (referred, 2, 8),
    (referred, 3, 3),
    (requested, 1, 34),
    (requested, 2, 2),
    (early_help, 1, 19),
    (early_help, 2, 8),
)
_PACK = tuple((story, size) for story, size, families in _FAMILIES for _ in range(families))
_OPENING: tuple[tuple[Story, int], ...] = ((over_time_without_plan_b, 2), (forgotten, 1))


def write_council(folder: Path, *, children: int, seed: int, as_at: date) -> None:
    """Writes the registers of a council that knows so many children, as they stood on `as_at`."""
    # Made-up data must come out the same again, which is the opposite of what secrets need.
    world = World(as_at=as_at, rng=Random(seed), calendar=Calendar())  # noqa: S311
    staff = staff_for(children, world)
    with open_registers(folder) as registers:
        council = Council(world=world, staff=staff, registers=registers)
        write_staff(registers, staff)
        _write_families(council, children)
        write_supervision(council, write_absences(council))


def _write_families(council: Council, number: int) -> None:
    """The families that every demonstration needs come first, then a fair mixture of all."""
    left = number
    opening = iter(_OPENING)
    while left > 0:
        story, size = next(opening, None) or council.world.deal("family", _PACK)
        children = story(council, min(size, left))
        left -= len(children)
        if story not in (requested, forgotten):
            for child in children:
                perhaps_requested(council, child)
