"""Who must hear what, and why: stages tell, rungs climb, a backlog is told gently.

Plain functions of values. A stage tells those it names once, whatever else happens; a rung is about silence.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b

from monitor.calendars import Calendar
from monitor.limits import Amount, Unit
from monitor.model import Outcome
from monitor.reconcile import Finding
from monitor.routing import Gap, Person, Told, line_above, role_of
from monitor.rule import Stage
from monitor.wording import role as spoken

WEEK = 5  # working days between the reminders at the top of a ladder
CLIMBING = (Outcome.OVERDUE, Outcome.TOO_EARLY)

Ask = Callable[[str], Told]
Rungs = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that one person must be told about one alert, and the reason."""

    person: Person
    kind: str  # "stage", "rung", "backlog" or "count"
    step: str
    because: str
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A rung that is taken today; told once, or nobody was left to tell."""

    no: int
    role: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Who has heard of an alert, each with the last day; and the stages that were told, each with its address."""

    addresses: Mapping[str, date] = field(default_factory=dict)
    steps: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alert as it stands after reconciling, with what has been told of it."""

    finding: Finding
    told_no: int
    silent_from: date | None
    rungs: Rungs
    claimed: tuple[tuple[int, date], ...] = ()
    heard: Heard = field(default_factory=Heard)


def stage_notices(standing: Standing, ask: Ask) -> tuple[list[Notice], list[Gap]]:
    """Notices for every stage reached and not yet told; one a person, for the latest stage."""
    finding = standing.finding
    due = finding.stages[standing.told_no : finding.stage_no]
    notices: dict[str, Notice] = {}
    gaps: list[Gap] = []
    for stage in due:
        for recipient in stage.tell:
            role = role_of(recipient, finding.row)
            told = ask(role)
            gaps += told.gaps
            for person in told.people or (nobody(role),):
                before = notices.get(person.address)
                if before is None or not person.redirected:
                    notices[person.address] = _of_stage(person, finding.stage)
    again = (_not_told_twice(notice, standing) for notice in notices.values())
    return [notice for notice in again if notice], gaps


def nobody(role: str) -> Person:
    """Stands where a role and everybody above it is missing: the notice is kept, and says that it went nowhere."""
    return Person(
        address="", key="", role=role, redirected=f"the council has nobody to tell as {spoken(role)}"
    )


def _of_stage(person: Person, stage: Stage) -> Notice:
    told = "it is told at once" if stage.label == "at once" else f"the clock reached '{stage.label}'"
    because = f"{_who(person)}, and {told}"
    return Notice(person=person, kind="stage", step=stage.label, because=because, urgent=stage.urgent)


def _who(person: Person) -> str:
    return person.redirected or f"you are the {spoken(person.role)}"


def _not_told_twice(notice: Notice, standing: Standing) -> Notice | None:
    """A stage is told once; one reached again because the last day moved is told once for each last day."""
    steps = standing.heard.steps
    if (notice.step, notice.person.address) not in steps:
        return notice
    step = f"{notice.step}, due {standing.finding.due_on}"
    return None if (step, notice.person.address) in steps else replace(notice, step=step)


def inherited_notices(standing: Standing, as_at: date, ask: Ask) -> tuple[list[Notice], list[Gap]]:
    """The manager of the team that now answers is told what came with the case, whatever was told before."""
    told, step = ask("team-manager"), f"inherited on {as_at}"
    notices = [
        Notice(
            person=person,
            kind="stage",
            step=step,
            because=f"{_who(person)}, and the case came to your team with this open",
            urgent=False,
        )
        for person in told.people
        if (step, person.address) not in standing.heard.steps
    ]
    return notices, list(told.gaps)


def backlog_notices(standing: Standing, ask: Ask) -> tuple[list[Notice], list[Gap]]:
    """An old breach seen for the first time: a line to the first rung, a count to the heads of service above."""
    notices: list[Notice] = []
    gaps: list[Gap] = []
    first_role = standing.rungs[0][1] if standing.rungs else "team-manager"
    first = ask(first_role)
    gaps += first.gaps
    notices += [
        Notice(person=person, kind="backlog", step="backlog", because=_backlog(person), urgent=False)
        for person in first.people or (nobody(first_role),)
    ]
    for role in ("head-of-service", "director"):
        told = ask(role)
        gaps += told.gaps
        notices += [
            Notice(
                person=person,
                kind="count",
                step="backlog",
                because=f"{_who(person)}: one page of counts when a rule first looks at old cases",
                urgent=False,
            )
            for person in told.people
        ]
    return list({(notice.kind, notice.person.address): notice for notice in notices}.values()), gaps


def _backlog(person: Person) -> str:
    return f"this was already so when the monitor first looked, and {_who(person)}"


def may_climb(finding: Finding) -> bool:
    """Silence counts once a clock is overdue, stalled or too early, or where its stage asks for an answer."""
    return finding.outcome in CLIMBING or finding.stage.answer


def backlog_start(finding: Finding, as_at: date, backlog_days: int, calendar: Calendar) -> date:
    """The day from which a backlog alert's silence counts: spread, so that its ladders do not climb together."""
    spread = int.from_bytes(blake2b(repr(finding.key).encode(), digest_size=4).digest(), "big") % backlog_days
    return calendar.after(as_at, Amount(spread, Unit.WORKING_DAYS))


def due_rungs(standing: Standing, as_at: date, calendar: Calendar, ask: Ask) -> tuple[list[Claim], list[Gap]]:
    """The rungs that silence has reached and nobody has claimed, in order; each is told once.

    Where silence began anew (another last day, a mark that fell) so does the ladder: what was climbed and told
    before that day is the former climb's, and the rungs of this one are numbered on from it.
    """
    since = standing.silent_from
    if since is None or as_at < since or not standing.rungs:
        return [], []
    silent = calendar.working_days_between(since, as_at)
    former = max((no for no, day in standing.claimed if day < since), default=0)
    claimed = {no: day for no, day in standing.claimed if no > former}
    told = {address for address, day in standing.heard.addresses.items() if day >= since}
    claims: list[Claim] = []
    gaps: list[Gap] = []
    for no, (after, role) in enumerate(standing.rungs, start=former + 1):
        if no in claimed or silent < after:
            continue
        people, found = _not_yet_told(role, told, ask)
        gaps += found
        if not people and not told:
            people = [nobody(role)]
        claims.append(_claim(no, role, people, silent))
        told.update(person.address for person in people)
    if not claims and former + len(standing.rungs) in claimed:
        last_no = max(claimed)
        if calendar.working_days_between(claimed[last_no], as_at) >= WEEK:
            claims.append(_again(standing.rungs[-1][1], last_no + 1, ask, silent))
    return claims, gaps


def _not_yet_told(role: str, told: Iterable[str], ask: Ask) -> tuple[list[Person], list[Gap]]:
    """The holder of the rung, passed over upwards while everybody there has heard already."""
    known = set(told)
    gaps: list[Gap] = []
    for each in (role, *line_above(role)):
        found = ask(each)
        gaps += found.gaps
        fresh = [person for person in found.people if person.address not in known]
        if fresh:
            return fresh, gaps
    return [], gaps


def _claim(no: int, role: str, people: Iterable[Person], silent: int) -> Claim:
    silence = f"nobody has answered for {silent} working day{'' if silent == 1 else 's'}"
    return Claim(
        no=no,
        role=role,
        notices=tuple(
            Notice(
                person=person,
                kind="rung",
                step=str(no),
                because=_of_rung(person, silence, role),
                urgent=False,
            )
            for person in people
        ),
    )


def _of_rung(person: Person, silence: str, role: str) -> str:
    """Why they hear: the rung is theirs, or whoever holds it has heard of the alert already."""
    passed = "" if person.role == role else f", the {spoken(role)} has been told already"
    return f"{silence}{passed}, and {_who(person)}"


def _again(role: str, no: int, ask: Ask, silent: int) -> Claim:
    """After the top rung its holder is told again once a week until somebody answers."""
    return _claim(no, role, ask(role).people or (nobody(role),), silent)
