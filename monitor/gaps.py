"""The monitor's own alerts: what stands in the way of telling people, for the data steward to mend."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from monitor.directory import Directory
from monitor.escalate import Ask
from monitor.model import Outcome, Whose
from monitor.reconcile import Finding, OpenAlert
from monitor.routing import Case, Gap, resolve
from monitor.rule import Recipient, Stage

TELLS_STEWARD = Stage(
    label="at once", point="in", amount=None, rag="amber", tell=(Recipient(role="data-steward"),)
)


@dataclass(frozen=True, slots=True)
class House:
    """One of the monitor's own alerts: its id, title and why."""

    id: str
    title: str
    why: str


HOUSE = {
    each.id: each
    for each in (
        House("sys-role-unheld", "A role that nobody holds", "Its notices went to the next one up."),
        House(
            "sys-address-refused",
            "An address to which no mail may go",
            "Its notices went to the next one up.",
        ),
        House(
            "sys-id-shape", "Ids that might be names", "Mails show the monitor's own number in their place."
        ),
    )
}


def found(gaps: Iterable[Gap], open_alerts: Iterable[OpenAlert], as_at: date) -> list[Finding]:
    """A finding for each gap; one that stands open already keeps its start, so that it stays one alert."""
    since = {(alert.rule, alert.record): alert.started_on for alert in open_alerts if alert.rule in HOUSE}
    return [_finding(gap, since.get((gap.what, gap.record), as_at), as_at) for gap in dict.fromkeys(gaps)]


def standing(open_alerts: Iterable[OpenAlert]) -> list[Gap]:
    """The gaps that stand open, to be asked about again."""
    return [Gap.of_record(alert.rule, alert.record) for alert in open_alerts if alert.rule in HOUSE]


def is_still_there(gap: Gap, asks: Iterable[Ask], directory: Directory) -> bool:
    """Whether a role or an address is still what it was; `asks` speak for the open alerts of whom it is about."""
    if gap.what == "sys-address-refused":
        if gap.of:
            return directory.is_here(gap.of) and directory.is_refused(gap.of)
        mailboxes = [post.mailbox for post in directory.posts if post.role == gap.role and post.mailbox]
        return not all(map(directory.allows, mailboxes))
    if gap.of:
        return any(gap in ask(gap.role).gaps for ask in asks)
    case = Case(row=_row(gap), team=gap.team, owner_role="data-steward")
    return gap in resolve(gap.role, case, directory).gaps


def says(gap: Gap, of: str) -> str:
    """What was found, with this in place of the id of whom it is about."""
    house = HOUSE[gap.what]
    return f"{house.title}: {gap.called(of)}. {house.why}"


def _row(gap: Gap) -> Whose:
    return Whose(
        ref=gap.ref,
        record=gap.record,
        source="monitor",
        load_id=0,
        child=None,
        worker=None,
        owner=None,
        child_team=gap.team,
    )


def _finding(gap: Gap, since: date, as_at: date) -> Finding:
    house = HOUSE[gap.what]
    return Finding(
        rule=house.id,
        row=_row(gap),
        started_on=since,
        due_on=None,
        act_by=None,
        outcome=Outcome.DUE_SOON,
        stages=(TELLS_STEWARD,),
        stage_no=1,
        stage_on=since,
        why=says(gap, gap.of.rpartition(":")[2]),
        data_day=as_at,
        team=gap.team,
    )
