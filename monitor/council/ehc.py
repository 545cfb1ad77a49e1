"""Requests for education, health and care needs assessments, from receipt to the final plan."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

from monitor.council.desk import Child, Council, assign, family
from monitor.council.registers import Row
from monitor.council.staff import SEND, Team
from monitor.council.world import World

_STAGES = (
    ("deciding",) * 4
    + ("drafting",) * 4
    + ("finishing",) * 3
    + ("finished",) * 6
    + ("refused",) * 2
    + ("no plan", "withdrawn")
)
_EXCEPTIONS = ("exceptional", "absent-from-area", "school-closed", "exceptional", "appointment-missed")
_FORGOTTEN = (115, 155)  # days: past sixteen weeks, and still no decision
_TWO_YEARS = timedelta(days=730)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: the dated columns of the register."""

    received_on: date
    decided_on: date | None = None
    decision: str | None = None
    draft_sent_on: date | None = None
    no_plan_notice_on: date | None = None
    final_sent_on: date | None = None
    closed_on: date | None = None
    exception_code: str | None = None
    exception_on: date | None = None
    exception_review_on: date | None = None


def requested(council: Council, size: int) -> Sequence[Child]:
    """Children whom the council knows only for their special educational needs."""
    world = council.world
    team = council.team_of(SEND)
    children = family(council, team, size, born_before=world.as_at - timedelta(days=900) - _TWO_YEARS)
    for child in children:
        write_request(council, child, team)
    return children


def forgotten(council: Council, size: int) -> Sequence[Child]:
    """Children whose requests nobody has decided, long after the draft plan was due."""
    team = council.team_of(SEND)
    children = family(council, team, size, born_before=council.world.as_at - 2 * _TWO_YEARS)
    for child in children:
        received = council.world.as_at - council.world.between(*_FORGOTTEN)
        _write(council, child, team, Request(received_on=received))
    return children


def perhaps_requested(council: Council, child: Child) -> None:
    """Some of the children whom other services know have a request too, if they are old enough."""
    world = council.world
    if child.born_on and world.as_at - child.born_on > 2 * _TWO_YEARS and world.falls("also EHC", 0.09):
        write_request(council, child, council.team_of(SEND))


def write_request(council: Council, child: Child, team: Team) -> None:
    """One request, at any stage; a few undecided ones have lost the day of receipt."""
    world = council.world
    stage = world.deal("request", _STAGES)
    lost = stage == "deciding" and world.every("request without a start", 33)
    _write(council, child, team, _REQUESTS[stage](world, team), lost=lost)


def _write(council: Council, child: Child, team: Team, request: Request, *, lost: bool = False) -> None:
    world = council.world
    officer = assign(council, child, "case-officer", request.received_on, request.closed_on, team=team)
    row: Row = {"request_id": world.next_id("E"), "child_id": child.id, "case_officer_id": officer.id}
    row |= {field.name: getattr(request, field.name) for field in fields(request)}
    if lost:
        row["received_on"] = f"31/02/{world.as_at.year}" if world.every("lost receipt", 2) else None
    council.registers.add("ehc", **row)


def _deciding(world: World, team: Team) -> Request:
    """No decision yet; of those that are late, every second is forgotten beyond sixteen weeks."""
    age = world.age("decision", team.lateness, in_time=(0, 42), late=(43, 80))
    if age > 42 and world.every("a forgotten request", 2):  # noqa: PLR2004
        age = world.rng.randint(*_FORGOTTEN)
    return _perhaps_excused(world, Request(received_on=world.as_at - timedelta(days=age)), 42)


def _drafting(world: World, team: Team) -> Request:
    """To be assessed; the draft is not out."""
    age = world.age("draft", team.lateness, in_time=(40, 112), late=(113, 150))
    return _perhaps_excused(world, _to_assess(world, world.as_at - timedelta(days=age)), 112)


def _finishing(world: World, team: Team) -> Request:
    """The draft is out; the final plan is not."""
    age = world.age("final plan", team.lateness, in_time=(100, 140), late=(141, 200), share=0.15)
    return _perhaps_excused(world, _drafted(world, world.as_at - timedelta(days=age)), 140)


def _finished(world: World, team: Team) -> Request:
    received = world.ago(260, 900)
    late = world.falls("finished late", 0.25 * team.lateness)
    sent = world.weekday(received + (world.between(145, 220) if late else world.between(118, 140)))
    return replace(_drafted(world, received), final_sent_on=sent, closed_on=sent)


def _refused(world: World, _: Team) -> Request:
    received = world.ago(45, 700)
    decided = world.weekday(received + world.between(25, 42))
    return Request(received_on=received, decided_on=decided, decision="refuse", closed_on=decided)


def _no_plan(world: World, _: Team) -> Request:
    received = world.ago(115, 700)
    told = world.weekday(received + world.between(80, 110))
    return replace(_to_assess(world, received), no_plan_notice_on=told, closed_on=told)


def _withdrawn(world: World, _: Team) -> Request:
    received = world.ago(30, 500)
    return Request(received_on=received, closed_on=world.weekday(received + world.between(4, 28)))


_REQUESTS = {
    "deciding": _deciding,
    "drafting": _drafting,
    "finishing": _finishing,
    "finished": _finished,
    "refused": _refused,
    "no plan": _no_plan,
    "withdrawn": _withdrawn,
}


def _to_assess(world: World, received: date) -> Request:
    decided = world.weekday(received + world.between(24, 39))
    return Request(received_on=received, decided_on=decided, decision="assess")


def _drafted(world: World, received: date) -> Request:
    drafted = world.weekday(received + world.between(84, 99))
    return replace(_to_assess(world, received), draft_sent_on=drafted)


def _perhaps_excused(world: World, request: Request, limit: int) -> Request:
    """Some late requests have a lawful reason; its review date lies ahead, has passed, or is missing."""
    due = request.received_on + timedelta(days=limit)
    if due >= world.as_at or not world.falls("an exception", 0.2):
        return request
    when = world.deal("exception review", ("ahead", "ahead", "none", "passed"))
    review = {"ahead": world.ahead(5, 40), "none": None, "passed": world.ago(1, 1)}
    return replace(
        request,
        exception_code=world.deal("exception", _EXCEPTIONS),
        exception_on=world.weekday(due - timedelta(days=2)),
        exception_review_on=review[when],
    )
