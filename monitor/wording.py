"""A rule in plain English: its limit, start, stops, stages and law, for pages, commands and documents."""

from collections.abc import Iterable
from datetime import date

from monitor.parts import Own
from monitor.phrases import amount, any_of, conditions, moment, said, words
from monitor.rule import MovedBy, MovedTo, Recipient, Rule, Stage, Stop, Stops, TooEarly, Waiver

UNCHECKED = "not checked against the instrument"


def limits(rule: Rule) -> str:
    """The limit as it stands now, with the day from which it applies if it has one."""
    since, limit = rule.limits[-1]
    return said(limit) if since == date.min else f"{said(limit)} (since {since})"


def dated_limits(rule: Rule) -> tuple[str, ...]:
    """Every version of the limit, oldest first."""
    return tuple(
        said(limit) if since == date.min else f"{said(limit)}, for clocks that start on or after {since}"
        for since, limit in rule.limits
    )


def starts(rule: Rule) -> str:
    """When the clock starts."""
    return (
        moment(rule.starts) if rule.starts != Own(field="start") else f"the start of the {words(rule.each)}"
    )


def stops(what: Stops) -> tuple[str, ...]:
    """What stops the clock, one line each."""
    return tuple(map(_stop, what.stops))


def _stop(what: Stop) -> str:
    where = f" ({conditions(what.where)})" if what.where else ""
    since = {"clock": "", "start": ", also before the clock's start", "ever": ", whenever it was"}[what.since]
    others = ", not in another row of its kind" if what.not_of_others else ""
    return f"{any_of(what.kinds)}{where}{since}{others}{', where a source says so' if what.optional else ''}"


def moved(what: MovedBy | MovedTo | None) -> str | None:
    """What may move the limit lawfully."""
    if what is None:
        return None
    most = f", by at most {amount(what.at_most)}" if what.at_most else ""
    if isinstance(what, MovedBy):
        return f"{words(what.kind)}, given while the limit stood, to the day in it{most}"
    return f"to {moment(what.to)}{most}"


def waived(what: Waiver | None) -> str | None:
    """What puts the limit off for a time."""
    if what is None:
        return None
    needs = f"; void without {' and '.join(map(words, what.needs))}" if what.needs else ""
    given_by = f" by the {words(what.given_by)}" if what.given_by else ""
    others = ", not in another row of its kind" if what.not_of_others else ""
    most = f"for at most {amount(what.at_most)} from the day it was given{given_by}"
    return f"{words(what.kind)}{others}, {most}{needs}"


def stage(what: Stage) -> str:
    """A stage: "12 weeks in (amber): case officer"."""
    when = f", if {conditions(what.when)}" if what.when else ""
    marks = (", at once" if what.urgent else "") + (", to be answered" if what.answer else "")
    return f"{what.label} ({what.rag}{marks}){when}: {told(what.tell)}"


def told(recipients: Iterable[Recipient]) -> str:
    """Those whom a stage tells."""
    return ", ".join(map(_recipient, recipients))


def _recipient(what: Recipient) -> str:
    if what.role:
        return words(what.role)
    by = ", ".join(f"{code}: {words(role)}" for code, role in what.by)
    return f"by {words(what.attribute or '')} ({by})"


def too_early(what: TooEarly | None) -> str | None:
    """What may not be done yet."""
    if what is None:
        return None
    until = "before the last day of" if what.opens else "until after"
    lifted = f", unless there was {any_of(what.unless.kinds)}" if what.unless else ""
    return f"{any_of(what.act.kinds)} not {until} {amount(what.amount)}{lifted}; shown for {amount(what.shown_for)}"


def law(rule: Rule) -> str:
    """The source of the duty, and that nobody has read it where that is so."""
    source = rule.law.source or "local"
    return source if rule.law.checked else f"{source} ({UNCHECKED})"


_POSTS = {"legal": "legal adviser", "adoption": "adoption lead", "fostering": "fostering lead"}


def role(name: str) -> str:
    """A role as a sentence has it: "IRO", "team manager", "legal adviser"."""
    return _POSTS.get(name) or words(name)
