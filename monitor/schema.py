"""The JSON Schema of rule files, made of the vocabulary and the language, so that editors help and warn.

It is laxer than `packs`, which has the last word: an editor knows nothing of calendars or of other files.
"""

from typing import Any

from monitor.limits import UNIT_WORDS
from monitor.moments import CONDITION_WORDS, PICKS, SCOPES, SIZES
from monitor.packs import (
    ID_PATTERN,
    LAW_CLASSES,
    LONGEST_ID,
    OPTIONAL,
    POINTS_OF_THE_PLAN,
    REQUIRED,
)
from monitor.stage_words import NAMED_POINTS
from monitor.vocabulary import Kind, is_free, vocabulary

Node = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
FLAG: Node = {"enum": ["yes", "no"]}
DAY_OF_YEAR = "^[0-9]{1,2} [A-Z][a-z]+$"
DAY_KEY = r"^\d{4}-\d{2}-\d{2}$"

HELP = {
    "id": "The rule's name, the same as its file's.",
    "title": "What is expected, in one line.",
    "why": "Why it matters to the child or the worker; mails quote it.",
    "serves": "The points of the action plan that it serves, 1 to 15.",
    "law": "Where the limit comes from: its class, source and address, and whether somebody read it.",
    "each": "The kind of Episode of which every row has a clock.",
    "owner": "The role whose team and managers the stages speak of.",
    "where": "What a row must be, or what must hold beside it, to have a clock.",
    "running": "`open` (the default): while the row is open; `any`: also after it has ended.",
    "starts": "The moment from which the time runs; the default is the row's start.",
    "stops": "What ends the clock: any of these Events, or all of them.",
    "limit": "The last day in time, as time, a moment or a choice; or by the day from which it applies.",
    "moved-to": "What moves the limit lawfully: what was ordered while it stood, or an authorised later day.",
    "waived": "What puts the limit off for a time.",
    "excused-by": "The recorded reasons for which a missed limit is excused until its review.",
    "too-early": "What may not be done before so much time has run, and then ends the clock.",
    "off": "Why the rule ships switched off; take the line out to switch it on with its area.",
    "stages": "The points at which people are told.",
}


def schema() -> Node:
    """The whole schema; `rules/schema.json` is this, and a test keeps it so."""
    parts: dict[str, Node] = {
        "id": _word(pattern=f"^{ID_PATTERN}$", maxLength=LONGEST_ID),
        "title": _word(minLength=1),
        "why": _word(minLength=1),
        "serves": _one_or_more({"enum": _and_numbers(POINTS_OF_THE_PLAN)}),
        "law": _ref("law"),
        "each": _ref("episode"),
        "owner": _ref("role"),
        "where": _ref("conditions"),
        "running": {"enum": ["open", "any"]},
        "starts": _ref("moment"),
        "stops": _stops(),
        "limit": {"anyOf": [_ref("limit"), _keyed(DAY_KEY, _ref("limit"))]},
        "moved-to": {
            "anyOf": [
                _keys({"by": _ref("event")}, {"at-most": _ref("amount")}),
                _keys({"to": _ref("moment")}, {"at-most": _ref("amount")}),
            ]
        },
        "waived": _keys(
            {"by": _ref("event"), "until": _word(), "at-most": _ref("amount")},
            {"needs": _one_or_more(_word()), "given-by": _ref("role"), "not-of-others": FLAG},
        ),
        "excused-by": _one_or_more({"enum": list(vocabulary().excuse_codes)}, empty=True),
        "too-early": {"anyOf": [_too_early("floor"), _too_early("opens")]},
        "off": _word(minLength=1),
        "stages": _one_or_more(_ref("stage")),
    }
    told = {key: {**parts[key], "description": HELP[key]} for key in (*REQUIRED, *OPTIONAL)}
    root = _keys({key: told[key] for key in REQUIRED}, {key: told[key] for key in OPTIONAL})
    return {
        "$schema": DIALECT,
        "title": "A rule of the Case Progression Monitor",
        **root,
        "allOf": [_where_of(kind) for kind in _kinds() if kind.is_episode],
        "$defs": _definitions(),
    }


def _kinds() -> tuple[Kind, ...]:
    return tuple(vocabulary().kinds.values())


def _definitions() -> dict[str, Node]:
    names = [kind.name for kind in _kinds()]
    return {
        "role": {"enum": sorted(vocabulary().all_roles())},
        "kind": {"enum": names},
        "episode": {"enum": [kind.name for kind in _kinds() if kind.is_episode]},
        "event": {"enum": [kind.name for kind in _kinds() if not kind.is_episode]},
        "amount": _word(pattern=rf"^\s*\d{{1,4}}\s+({'|'.join(UNIT_WORDS)})(\s+beginning with)?\s*$"),
        "law": _law(),
        "stage": _stage(),
        "moment": _moment(),
        "lookup": _lookup(),
        "limit": _limit(),
        "value": _value(_one_or_more({"type": ["string", "integer"]}, empty=True)),
        "conditions": _conditions(_attributes(kind for kind in _kinds() if kind.is_episode)),
        "attributes": _object(_attributes(_kinds())),
    }


def _law() -> Node:
    """Whatever is not local names its source."""
    law = _keys(
        {"class": {"enum": list(LAW_CLASSES)}},
        {
            "source": _word(),
            "url": _word(pattern="^https?://"),
            "checked": FLAG,
            "expected": _word(minLength=1),
        },
    )
    local = {"properties": {"class": {"const": "local"}}}
    return {**law, "if": local, "else": {"required": ["source"]}}


def _moment() -> Node:
    both = {form: _one_or_more(_ref("moment")) for form in ("later-of", "earlier-of")}
    forms = [_keys({form: node}) for form, node in both.items()]
    number = _number()
    over = _keys(
        {"over": number, "of-kind": _ref("episode")},
        {"where": _ref("attributes"), "weight": _word(), "per": {"enum": ["fte"]}},
    )
    own = [{"enum": ["start", "end"]}, _keys({"until": _word()}), _keys({"birthday": number})]
    return {"anyOf": [*own, *forms, over, _ref("lookup")]}


def _number() -> Node:
    return {"anyOf": [{"type": "integer"}, _word(pattern="^[0-9]{1,4}$")]}


def _lookup() -> Node:
    rest = {
        "n": {"anyOf": [{"type": "integer", "minimum": 1}, _word(pattern="^0*[1-9][0-9]*$")]},
        "where": _ref("attributes"),
        "date": {"enum": ["done", "due", "began", "ended"]},
        "since": {"enum": ["start", "ever", "clock"]},
        "of": {"enum": list(SCOPES)},
    }
    return {"anyOf": [_keys({pick: _one_or_more(_ref("kind"))}, rest) for pick in PICKS]}


def _limit() -> Node:
    several = _one_or_more(_ref("limit"))
    branch = _keys({"limit": _ref("limit")}, {"when": _ref("conditions")})
    return {
        "anyOf": [
            _ref("amount"),
            _keys({"within": _ref("amount")}, {"of": {"anyOf": [_ref("moment"), _ref("limit")]}}),
            _keys({"at": _ref("moment")}),
            _keys({"earlier-of": several}),
            _keys({"later-of": several}),
            _keys({"choose": _one_or_more(branch)}, {"sum-at-most": _ref("amount")}),
            _keys({"before": _ref("amount"), "of": _ref("moment")}),
            _keys({"date": _word(pattern=DAY_OF_YEAR)}, {"year": _word()}),
            _keys({"end-of": {"const": "next term"}}),
            {"const": "none"},
            _keys({"fresh-for": _word()}),
        ]
    }


def _stops() -> Node:
    one = {
        "anyOf": [
            _ref("event"),
            _keys(
                {"any": _one_or_more(_ref("event"))},
                {
                    "where": _ref("attributes"),
                    "since": {"enum": ["clock", "start", "ever"]},
                    "if-carried": FLAG,
                    "not-of-others": FLAG,
                    "of": {"enum": list(SCOPES)},
                },
            ),
        ]
    }
    return {"anyOf": [_one_or_more(one, empty=True), _keys({"all": _one_or_more(one)})]}


def _too_early(form: str) -> Node:
    needed = {"act": _one_or_more(_ref("event")), form: _ref("amount"), "shown-for": _ref("amount")}
    return _keys(needed, {"unless": _one_or_more(_ref("event"))})


def _stage() -> Node:
    named, share, day = "|".join(NAMED_POINTS), "[1-9][0-9]?%", "[0-9]{1,2} [A-Z][a-z]+"
    some = rf"\d{{1,4}}\s+({'|'.join(UNIT_WORDS)})"
    by = _keys({"by": _word(), "of": {"type": "object", "additionalProperties": _ref("role")}})
    return _keys(
        {
            "at": _word(pattern=rf"^({named}|{share}|{day}|{some} in|(?!0+\s){some} (before|over))$"),
            "rag": {"enum": ["amber", "red"]},
            "tell": _one_or_more({"anyOf": [_ref("role"), by]}),
        },
        {"when": _ref("conditions"), "urgent": FLAG, "answer": FLAG},
    )


def _conditions(attributes: dict[str, Node]) -> Node:
    """The conditions; any other key is an attribute."""
    number, of = _number(), {"enum": list(SCOPES)}
    has = _keys(
        {"kind": _ref("episode")},
        {"where": _ref("attributes"), "over": _ref("amount"), "under": _ref("amount"), "of": of},
    )
    count = {"of-kind": _ref("kind")}
    rest = {
        "where": _ref("attributes"),
        "of": of,
        "within": _ref("amount"),
        "by": {"enum": ["began", "ended", "done"]},
    }
    gap = {"from": _ref("moment"), "to": _ref("moment")}
    special: dict[str, Node] = {
        "has": _one_or_more(has),
        "has-not": _one_or_more(has),
        "count": {"anyOf": [_keys({**count, test: number}, rest) for test in ("is", "at-least")]},
        "planned": _one_or_more(_ref("event")),
        "not-planned": _one_or_more(_ref("event")),
        "age": _keys({}, {"under": number, "at-least": number, "on": {"enum": ["start", "today"]}}),
        "gap": {"anyOf": [_keys({**gap, test: _ref("amount")}) for test in ("more-than", "within")]},
        "reached": _ref("moment"),
        "not-reached": _ref("moment"),
        "lasted": _keys({}, {"under": _ref("amount"), "at-least": _ref("amount")}),
        "began-with": _ref("lookup"),
    }
    return _object({**attributes, **{word: special[word] for word in CONDITION_WORDS}})


def _attributes(kinds: Any) -> dict[str, Node]:  # noqa: ANN401 - any iterable of kinds
    """Every attribute of these kinds with its codes; one that two kinds have may hold the codes of both."""
    found: dict[str, list[str] | None] = {}
    for kind in kinds:
        for name, codes in kind.attributes.items():
            has_none = is_free(codes) or found.get(name, ()) is None
            found[name] = None if has_none else [*(found.get(name) or ()), *codes]
    return {name: _of_codes(codes) for name, codes in found.items()}


def _of_codes(codes: list[str] | None) -> Node:
    if codes is None:
        return _ref("value")
    return _value(_one_or_more({"enum": _and_numbers(tuple(dict.fromkeys(codes)))}))


def _value(one: Node) -> Node:
    """A test of an attribute: these codes, none of these, or whether it is there."""
    sizes = [_keys({size: _number()}) for size in SIZES]
    return {"anyOf": [{"enum": ["missing", "present"]}, one, _keys({"not": one}), *sizes]}


def _where_of(kind: Kind) -> Node:
    """For each kind its own attributes: `where` is where an author errs most."""
    own = {"where": {"propertyNames": {"enum": [*kind.attributes, *CONDITION_WORDS]}}}
    return {"if": {"properties": {"each": {"const": kind.name}}}, "then": {"properties": own}}


def _word(**more: Any) -> Node:  # noqa: ANN401 - a keyword of the schema and its value
    return {"type": "string", **more}


def _ref(name: str) -> Node:
    return {"$ref": f"#/$defs/{name}"}


def _keys(required: dict[str, Node], optional: dict[str, Node] | None = None) -> Node:
    return {**_object({**required, **(optional or {})}), "required": list(required)}


def _object(properties: dict[str, Node]) -> Node:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _keyed(pattern: str, node: Node) -> Node:
    return {
        "type": "object",
        "patternProperties": {pattern: node},
        "additionalProperties": False,
        "minProperties": 1,
    }


def _one_or_more(node: Node, *, empty: bool = False) -> Node:
    """One value or a list of them, as the language has it everywhere."""
    return {"anyOf": [node, {"type": "array", "items": node, "minItems": 0 if empty else 1}]}


def _and_numbers(words: tuple[str, ...]) -> list[str | int]:
    """Words that are digits also as numbers: an editor reads `3` as one."""
    return [*words, *(int(word) for word in words if word.isdigit())]
