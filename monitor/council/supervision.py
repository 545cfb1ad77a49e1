"""Supervision of everybody in post over the past year: monthly, weekly for those in their first six weeks."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from monitor.council.desk import Council
from monitor.council.staff import Worker
from monitor.council.world import Span, World

_YEAR, _SIX_WEEKS, _HALF_YEAR = timedelta(days=365), timedelta(weeks=6), timedelta(days=183)
Absences = Mapping[str, Sequence[tuple[date, date | None]]]


def write_absences(council: Council) -> Absences:
    """Leave and sickness of the past year; comes back with the absences in which nobody is supervised."""
    world = council.world
    long: dict[str, list[tuple[date, date | None]]] = {}
    for worker in council.staff.workers:
        if worker.left_on or (world.as_at - worker.started_on) < _YEAR:
            continue
        if world.falls("long absence", 0.1):
            long[worker.id] = [_long_absence(council, worker)]
        else:
            _ordinary_absences(council, worker)
    return long


def _ordinary_absences(council: Council, worker: Worker) -> None:
    """Two holidays, perhaps a short illness, perhaps a third holiday that lasts today."""
    world = council.world
    _write_absence(council, worker, world.ago(240, 360), world.rng.randint(4, 13), "annual-leave")
    _write_absence(council, worker, world.ago(40, 150), world.rng.randint(4, 13), "annual-leave")
    if world.falls("short sickness", 0.2):
        _write_absence(council, worker, world.ago(160, 220), world.rng.randint(1, 6), "sickness")
    if world.falls("on leave today", 0.05):
        _write_absence(council, worker, world.ago(0, 6), None, "annual-leave")


def _long_absence(council: Council, worker: Worker) -> tuple[date, date | None]:
    """Weeks away; some are back, a few only just, and some are away today, not all of them with cover."""
    world = council.world
    reason = world.deal("long reason", ("sickness", "sickness", "parental-leave"))
    match world.deal("long absence", ("away", "away", "back", "back", "back", "just back")):
        case "away":
            return _write_absence(council, worker, world.ago(16, 100), None, reason)
        case "back":
            return _write_absence(council, worker, world.ago(120, 330), world.rng.randint(20, 80), reason)
        case _:
            start = world.ago(40, 80)
            until = (world.as_at - start).days - world.rng.randint(1, 9)
            return _write_absence(council, worker, start, until, reason)


def _write_absence(
    council: Council, worker: Worker, start: date, days: int | None, reason: str
) -> tuple[date, date | None]:
    end = None if days is None else start + timedelta(days=days)
    cover = _colleague(council, worker) if council.world.chance(0.6) else None
    council.registers.add(
        "absences", worker_id=worker.id, start_on=start, end_on=end, reason=reason, cover_id=cover
    )
    return start, end


def _colleague(council: Council, worker: Worker) -> str | None:
    """Somebody else in the same team, else the manager."""
    for team in council.staff.all_teams():
        if team.id == worker.team_id:
            others = [one.id for one in team.practitioners if one.id != worker.id]
            return council.world.rng.choice(others) if others else worker.manager_id
    return worker.manager_id


def write_supervision(council: Council, absences: Absences) -> None:
    """Every session of the past year, and the children whose cases were discussed in it."""
    lateness = {team.id: team.lateness for team in council.staff.all_teams()}
    for worker in council.staff.workers:
        held = _sessions(council.world, worker, lateness[worker.team_id or "T100"])
        away = absences.get(worker.id, ())
        for day in reversed(held):
            if not any(start <= day <= (end or day) for start, end in away):
                _write_session(council, worker, day)


def _sessions(world: World, worker: Worker, lateness: float) -> list[date]:
    """The days of one-to-one sessions, newest first."""
    first_weeks = worker.asye_started_on and world.as_at - worker.asye_started_on < _SIX_WEEKS
    if worker.left_on:
        day = world.weekday(worker.left_on - world.between(1, 25))
    elif first_weeks:
        days = world.age("weekly supervision", lateness, in_time=(0, 7), late=(9, 15), share=0.3)
        day = world.ago(days, days)
    else:
        days = world.age("supervision", lateness, in_time=(0, 27), late=(33, 70))
        day = world.ago(days, days)
    held = []
    while day > max(worker.started_on, world.as_at - _YEAR):
        held.append(day)
        day = world.weekday(day - world.between(*_rhythm(worker, day)))
    return held


def _rhythm(worker: Worker, day: date) -> Span:
    """Weekly for six weeks of the first year in employment, fortnightly for six months, then monthly."""
    since = day - worker.asye_started_on if worker.asye_started_on else _YEAR
    if since < _SIX_WEEKS:
        return (5, 7)
    return (11, 14) if since < _HALF_YEAR else (24, 30)


def _write_session(council: Council, worker: Worker, day: date) -> None:
    """A one-to-one session, with the cases of one or two children; seldom, a session after a crisis."""
    world = council.world
    signed = None if world.chance(0.04) else world.past(world.some_working_days_after(day, 0, 5))
    known = [child for since, child in council.caseloads.get(worker.id, ()) if since <= day]
    kinds: list[tuple[str, str | None]] = [("one-to-one", None)]
    kinds += [("case", child) for child in world.rng.sample(known, min(2, len(known)))]
    if world.chance(0.02):
        kinds.append(("crisis", None))
    for kind, child in kinds:
        council.registers.add(
            "supervision",
            worker_id=worker.id,
            supervisor_id=worker.manager_id,
            child_id=child,
            kind=kind,
            held_on=day,
            signed_on=signed,
        )
