"""What the two sources of a made-up world carry, and when it was taken in."""

from datetime import date, timedelta

from monitor.vocabulary import vocabulary
from tests.naive_facts import Load

SOURCES = ("mosaic", "tracker")

STOPPED = frozenset({"placement", "placement.end", "ehc-plan-reviewed", "cla-visit"})


def everything() -> frozenset[str]:
    """Every item that a source can carry."""
    kinds = vocabulary().kinds.values()
    attributes = {f"{kind.name}.{name}" for kind in kinds for name in kind.attributes}
    ends_or_plans = {f"{kind.name}.{'end' if kind.is_episode else 'due'}" for kind in kinds}
    return frozenset({kind.name for kind in kinds} | attributes | ends_or_plans)


def loads_of(today: date, uncarried: frozenset[str], silent: timedelta | None) -> tuple[Load, ...]:
    """Several loads of each source; where one is silent, a last that was held, and a list of the other that stopped."""
    items = everything() - uncarried
    # The tracker is a smaller system: it knows nothing of what happens to a request for a plan, which disputes are
    # formal, whether a referrer was told, when an absence ended, or what comes next in a PLO case.
    unknown = {"dispute.formal", "referrer-told", "absence.end", "plo-step.due"}
    known = {
        "mosaic": items,
        "tracker": frozenset(
            item for item in items - unknown if item == "ehc-request" or not item.startswith("ehc-")
        ),
    }
    days = [today - timedelta(days=back) for back in (200, 45, 16, 15, 1)]
    loads = [
        Load(source=source, as_at=day, carries=known[source])
        for day in [*days, today]
        for source in SOURCES
        if silent is None or source == "mosaic" or day <= today - silent
    ]
    if silent is not None:
        last = today - silent
        loads.append(Load(source="tracker", as_at=last, carries=known["tracker"]))
        loads.append(Load(source="tracker", as_at=today, carries=known["tracker"], state="held"))
        loads.insert(0, Load(source="mosaic", as_at=last, register="stopped", carries=STOPPED & items))
    return tuple(loads)
