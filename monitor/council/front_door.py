"""Referrals and the assessments that follow; children whom early help knows."""

from collections.abc import Sequence
from datetime import date, timedelta

from monitor.council.desk import Child, Council, assign, family
from monitor.council.registers import Cell
from monitor.council.staff import ASSESSMENT, EARLY_HELP

_STORIES = (
    ("assessed",) * 9
    + ("nothing further",) * 3
    + ("assessing",) * 6
    + ("undecided",)
    + ("referrer not told",)
)
_UNREADABLE_START = "31/02/{}"  # a day that no calendar has, as typed


def referred(council: Council, size: int) -> Sequence[Child]:
    """A family that was referred; by now most are assessed and closed."""
    world = council.world
    team = council.team_of(ASSESSMENT)
    children = family(council, team, size, born_before=world.as_at - timedelta(days=720))
    for child in children:
        match world.deal("referral", _STORIES):
            case "assessed":
                _assessed(council, child, world.ago(100, 700))
            case "nothing further":
                _nothing_further(council, child)
            case "assessing":
                _assessing(council, child)
            case "undecided":
                _undecided(council, child)
            case _:
                _referrer_not_told(council, child)
    return children


def early_help(council: Council, size: int) -> Sequence[Child]:
    """A family whom early help supports; no law sets it a clock."""
    world = council.world
    team = council.team_of(EARLY_HELP)
    start = world.ago(10, 400)
    end = world.ago(1, 60) if (world.as_at - start).days > 120 and world.chance(0.4) else None  # noqa: PLR2004
    children = family(council, team, size, born_before=start)
    for child in children:
        assign(council, child, "lead-practitioner", start, end)
    return children


def referred_before(council: Council, child: Child, led_to: date) -> date:
    """The finished referral from which a later intervention came; comes back with the day of receipt."""
    world = council.world
    received = world.weekday(led_to - world.between(2, 60))
    authorised = world.some_working_days_after(received, 15, 44)
    done = world.past(authorised)
    _write(
        council,
        child,
        received_on=received,
        decided_on=received,
        referrer_told_on=world.past(world.some_working_days_after(received, 0, 1)),
        assessment_authorised_on=done,
        closed_on=done,
    )
    return received


def _write(council: Council, child: Child, **dates: Cell) -> str:
    referral = council.world.next_id("R")
    start = dates.pop("received_on")
    council.registers.add("referrals", referral_id=referral, child_id=child.id, received_on=start, **dates)
    return referral


def _assessed(council: Council, child: Child, received: date) -> None:
    world = council.world
    span = (46, 60) if world.falls("assessed late", 0.12 * child.team.lateness) else (12, 45)
    authorised = world.some_working_days_after(received, *span)
    closed = world.weekday(authorised + world.between(0, 10))
    decided = world.some_working_days_after(received, 0, 1)
    assign(council, child, "social-worker", received, closed)
    _write(
        council,
        child,
        received_on=received,
        decided_on=decided,
        referrer_told_on=decided,
        assessment_authorised_on=authorised,
        closed_on=max(closed, authorised),
    )


def _nothing_further(council: Council, child: Child) -> None:
    world = council.world
    received = world.ago(5, 700)
    decided = world.some_working_days_after(received, 0, 1)
    _write(
        council, child, received_on=received, decided_on=decided, referrer_told_on=decided, closed_on=decided
    )


def _assessing(council: Council, child: Child) -> None:
    """An assessment that goes on; a few have lost the day from which its time runs."""
    world = council.world
    worked = world.age("assessment", child.team.lateness, in_time=(2, 45), late=(46, 72))
    received = world.working_days_ago(worked)
    decided = world.some_working_days_after(received, 0, 1)
    told = world.some_working_days_after(received, 0, 1)
    assign(council, child, "social-worker", received)
    if world.every("referral without a start", 60):
        _write(council, child, received_on=_lost_date(council), decided_on=decided, referrer_told_on=told)
        return
    referral = _write(council, child, received_on=received, decided_on=decided, referrer_told_on=told)
    if worked > 45 and world.falls("longer for a reason", 0.2):  # noqa: PLR2004
        _excuse(council, child, referral, world.working_days_after(received, 44))


def _lost_date(council: Council) -> Cell:
    """Nothing, or a day that does not exist, by turns."""
    world = council.world
    return _UNREADABLE_START.format(world.as_at.year) if world.every("lost referral date", 2) else None


def _undecided(council: Council, child: Child) -> None:
    """Just received: nobody has decided yet."""
    world = council.world
    worked = world.age("referral", child.team.lateness, in_time=(0, 1), late=(2, 5), share=0.2)
    _write(council, child, received_on=world.working_days_ago(worked))


def _referrer_not_told(council: Council, child: Child) -> None:
    """Decided at once, but the referrer has yet to hear."""
    world = council.world
    worked = world.age("referrer", child.team.lateness, in_time=(0, 1), late=(2, 9), share=0.2)
    received = world.working_days_ago(worked)
    assign(council, child, "social-worker", received)
    _write(council, child, received_on=received, decided_on=received)


def _excuse(council: Council, child: Child, referral: str, on: date) -> None:
    """The manager's recorded reason for a longer assessment."""
    council.registers.add(
        "excuses",
        rule="fd-assessment-45wd",
        ref=referral,
        code="reason-recorded",
        reason="specialist assessment awaited",
        by=child.team.line[0],
        on=on,
        review_on=council.world.ahead(2, 15),
    )
