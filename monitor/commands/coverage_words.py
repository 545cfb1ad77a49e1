"""What a source feeds, as a service lead takes it to the system's supplier, or for a program."""

from collections.abc import Sequence
from typing import Any

from monitor import phrases
from monitor.commands.screen import say, table
from monitor.coverage import Coverage, Fed, Wanted

MOST_NAMED = 4  # rules in a cell; a longer list is for --json


def tell_coverage(found: Coverage) -> None:
    whole, part, helps = (found.of(share) for share in ("whole", "in part", "helps"))
    say(
        f"{found.source}, data of {found.as_at}: can feed {_rules(whole)}; has the rows of {len(part)} more, but "
        f"not all is carried that they need; helps with {len(helps)}; has no part in {found.untouched}."
    )
    say()
    if whole:
        rows = [(each.rule.id, _on(each), each.rule.title, ", ".join(each.from_others)) for each in whole]
        table("Can be judged", ("rule", "state", "what is expected", "with data also from"), rows)
        say()
    if part:
        rows = [(each.rule.id, _on(each), each.rule.title, "; ".join(map(str, each.lacks))) for each in part]
        table("Cannot be told", ("rule", "state", "what is expected", "nothing carries"), rows)
        say()
        table(
            "What would be needed, what most rules wait for first",
            (
                "needed",
                "what it is",
                "from",
                "register and columns",
                "shipped formats with a place for it",
                "rules",
            ),
            [_wanted(each) for each in found.wanted],
        )
        say()
    if helps:
        helped = [(each.rule.id, _on(each), each.rule.title) for each in helps]
        table("Helps with, where another source has the rows", ("rule", "state", "what is expected"), helped)
        say()


def _rules(found: Sequence[Fed]) -> str:
    on = sum(each.is_on for each in found)
    return f"{len(found)} rules ({on} on)"


def _on(fed: Fed) -> str:
    return "on" if fed.is_on else "off"


def _wanted(wanted: Wanted) -> tuple[str, ...]:
    more = f" and {len(wanted.rules) - MOST_NAMED} more" if len(wanted.rules) > MOST_NAMED else ""
    return (
        str(wanted.need),
        _said(wanted),
        "this source" if wanted.need.own else "any source",
        "; ".join(wanted.registers),
        ", ".join(wanted.formats) or "none",
        ", ".join(wanted.rules[:MOST_NAMED]) + more,
    )


def _said(wanted: Wanted) -> str:
    """The items in words: `plo-case.end` is "PLO case: end"."""
    parted = (item.partition(".") for item in sorted(wanted.need.items))
    return " or ".join(
        phrases.words(kind) + (f": {phrases.words(name)}" if name else "") for kind, _, name in parted
    )


def coverage_as_json(found: Coverage) -> dict[str, Any]:
    return {
        "source": found.source,
        "data_of": found.as_at,
        "rules": [
            {
                "rule": each.rule.id,
                "on": each.is_on,
                "share": each.share,
                "title": each.rule.title,
                "lacks": list(map(str, each.lacks)),
                "from_others": list(each.from_others),
            }
            for each in found.fed
        ],
        "needed": [
            {
                "items": sorted(each.need.items),
                "from": "this source" if each.need.own else "any source",
                "registers": list(each.registers),
                "formats": list(each.formats),
                "rules": list(each.rules),
            }
            for each in found.wanted
        ],
        "untouched": found.untouched,
    }
