"""Families in the Public Law Outline before proceedings, and what every such case shares."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

from monitor.council.desk import Child, Council, assign, family, hold
from monitor.council.front_door import referred_before
from monitor.council.protection import with_plan, write_enquiry
from monitor.council.registers import Row
from monitor.council.staff import SAFEGUARDING, Team
from monitor.council.world import World

_STAGES = (
    ("letter due",) * 2
    + ("meeting due",) * 2
    + ("midpoint due",) * 3
    + ("exit due",) * 3
    + ("extended", "left", "left", "closed")
)
_LATE = 0.3  # few cases are at one stage at once, so more of them are late than elsewhere
_SIX_WEEKS = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One PLO case: the columns that brothers and sisters share."""

    gateway_on: date | None = None
    letter_sent_on: date | None = None
    first_meeting_on: date | None = None
    midpoint_review_on: date | None = None
    exited_on: date | None = None
    exit_outcome: str | None = None
    extended_until: date | None = None
    issued_on: date | None = None
    case_management_hearing_on: date | None = None
    issues_resolution_hearing_on: date | None = None
    final_order_on: date | None = None
    extension_granted_on: date | None = None
    extension_ends_on: date | None = None

    def last_done(self, as_at: date) -> date:
        """The latest day on which something was done; what a row plans lies after the day of the export."""
        plans = ("extended_until", "extension_ends_on")
        days = (getattr(self, field.name) for field in fields(self) if field.name not in plans)
        return max(day for day in days if isinstance(day, date) and day <= as_at)

    def first_done(self) -> date:
        days = (self.gateway_on, self.letter_sent_on, self.issued_on)
        return min(day for day in days if day)


def before_proceedings(council: Council, size: int) -> Sequence[Child]:
    """A family in pre-proceedings, whose children are on protection plans."""
    world = council.world
    team = council.team_of(SAFEGUARDING)
    case = _case(world, team)
    enquiry = with_plan(world, world.weekday(case.first_done() - world.between(60, 300)))
    # Nobody was under one at the first meeting, so that eight weeks to the midpoint review are in time.
    oldest_baby = (case.first_meeting_on or case.first_done()) - timedelta(days=367)
    children = family(council, team, size, born_before=min(oldest_baby, enquiry.strategy))
    for child in children:
        assign(council, child, "social-worker", referred_before(council, child, enquiry.strategy))
    write_enquiry(council, children, enquiry)
    write_case(council, children, case)
    return children


def _case(world: World, team: Team) -> Case:
    """A case as it stands today, told back from the step that is due."""
    match world.deal("pre-proceedings", _STAGES):
        case "letter due":
            worked = world.age("letter", team.lateness, in_time=(0, 5), late=(6, 11), share=_LATE)
            return Case(gateway_on=world.working_days_ago(worked))
        case "meeting due":
            worked = world.age("meeting", team.lateness, in_time=(0, 10), late=(11, 18), share=_LATE)
            return with_letter(world, world.working_days_ago(worked))
        case "midpoint due":
            days = world.age("midpoint", team.lateness, in_time=(0, 56), late=(58, 75), share=_LATE)
            return _met(world, world.ago(days, days))
        case "exit due":
            days = world.age("exit", team.lateness, in_time=(75, 112), late=(115, 160), share=_LATE)
            return with_midpoint(world, world.ago(days, days))
        case "extended":
            met = with_midpoint(world, world.ago(114, 150))
            return replace(met, extended_until=(met.letter_sent_on or world.as_at) + timedelta(weeks=24))
        case stage:
            met = with_midpoint(world, world.ago(130, 500))
            exited = world.weekday((met.midpoint_review_on or world.as_at) + world.between(15, 45))
            return replace(
                met, exited_on=exited, exit_outcome="stepped-down" if stage == "left" else "closed"
            )


def with_letter(world: World, letter: date) -> Case:
    gateway = world.calendar.on_or_before(letter - world.between(1, 5))
    return Case(gateway_on=gateway, letter_sent_on=letter)


def _met(world: World, meeting: date) -> Case:
    case = with_letter(world, world.weekday(meeting - world.between(7, 13)))
    return replace(case, first_meeting_on=meeting)


def with_midpoint(world: World, letter: date) -> Case:
    """The letter, the first meeting within ten working days, the midpoint review within six weeks of it."""
    meeting = world.some_working_days_after(letter, 5, 10)
    midpoint = world.weekday(meeting + world.between(32, _SIX_WEEKS))
    return replace(with_letter(world, letter), first_meeting_on=meeting, midpoint_review_on=midpoint)


def write_case(council: Council, children: Sequence[Child], case: Case) -> None:
    """The case for each child, with its last event and its next step."""
    world = council.world
    case_id = world.next_id("L", 1001)
    officer = world.deal("progression", council.staff.progression_officers)
    ended = case.final_order_on or (case.exited_on if case.exit_outcome != "issued" else None)
    steps = _steps(world, case, children[0].team, ended=ended is not None)
    start = max(case.first_done(), officer.started_on)
    for child in children:
        hold(council, child, "case-progression-officer", officer, start, ended)
        row: Row = {field.name: getattr(case, field.name) for field in fields(case)}
        council.registers.add("plo", case_id=case_id, child_id=child.id, **row | steps)
        if case.gateway_on:
            held = case.gateway_on
            council.registers.add(
                "meetings", child_id=child.id, kind="legal-planning", due_on=held, held_on=held
            )


def _steps(world: World, case: Case, team: Team, *, ended: bool) -> Row:
    """What happened last and what comes next: a hearing in the diary counts, an old promise does not."""
    last = case.last_done(world.as_at)
    if ended:
        return {"last_event_on": last}
    hearing = _next_hearing(case, world.as_at)
    if hearing:
        return {"last_event_on": last, "next_step_on": hearing, "next_step": "hearing"}
    if world.falls("stalled", 0.16 * team.lateness):
        past = max(last, world.ago(32, 70))
        promised = world.rng.choice((None, max(past, world.ago(4, 20))))
        return {"last_event_on": past, "next_step_on": promised, "next_step": promised and "meeting"}
    step = "hearing" if case.issued_on else world.deal("step", ("meeting", "assessment", "filing"))
    return {
        "last_event_on": max(last, world.ago(0, 18)),
        "next_step_on": world.ahead(2, 9),
        "next_step": step,
    }


def _next_hearing(case: Case, as_at: date) -> date | None:
    hearings = (case.case_management_hearing_on, case.issues_resolution_hearing_on)
    return min((day for day in hearings if day and day > as_at), default=None)
