"""Rule files into rules, strictly: whatever the language or the vocabulary does not list is refused by line.

All faults of all files are told together, so that an author mends them in one go.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from monitor import documents, needs
from monitor.documents import Fault, Mapping, Value, flag, mapping, one_of, only, word, words
from monitor.errors import BadRule, GivenWrong, suggestion
from monitor.limits import in_days
from monitor.moments import MomentReader
from monitor.parts import Birthday, Lookup, Over, Own, Until, Within
from monitor.rule import Law, LawClass, Rule, Stage, Stops
from monitor.stage_order import misplaced
from monitor.stage_words import read_stages, role
from monitor.terms import LimitReader, moved_to, stops, too_early, waived
from monitor.vocabulary import Kind, Vocabulary, vocabulary

T = TypeVar("T")

REQUIRED = ("id", "title", "why", "serves", "law", "each", "owner", "limit", "stages")
OPTIONAL = ("where", "running", "starts", "stops", "moved-to", "waived", "excused-by", "too-early", "off")
LAW_CLASSES = tuple(str(item) for item in LawClass)
POINTS_OF_THE_PLAN = tuple(str(number) for number in range(1, 16))
ID_PATTERN = "[a-z0-9]+(-[a-z0-9]+)*"
LONGEST_ID = 64  # as wide as the ledger's column


def load_rules(folder: Path) -> tuple[Rule, ...]:
    """Every rule under `folder`, by id; BadRule tells every fault of every file."""
    faults: list[str] = []
    rules: dict[str, Rule] = {}
    for path in sorted(folder.glob("*/*.yaml")):
        shown = f"{folder.name}/{path.relative_to(folder)}"
        if path.parent.name == "judgements" or path.name.endswith(".examples.yaml"):
            continue
        rule = _load(path, shown, faults)
        if rule is None:
            continue
        if rule.id in rules:
            faults.append(f"{shown}:1: the id '{rule.id}' is already used by {rules[rule.id].path}.")
        rules[rule.id] = rule
    faults += _misplaced(folder)
    if faults:
        raise BadRule(faults)
    if not rules:
        raise BadRule(
            [f"{folder.name}: there is no rule file here. `monitor init` writes the shipped rules."]
        )
    return tuple(rules[rule_id] for rule_id in sorted(rules))


def _misplaced(folder: Path) -> list[str]:
    """Rule files that nobody would read, because they lie in the wrong place or end in another way."""
    return [
        f"{folder.name}/{path.relative_to(folder)}: nobody reads this file here. A rule lies in "
        f"{folder.name}/AREA/ID.yaml."
        for pattern in ("*.yaml", "*.yml", "*/*.yml", "*/*/*.y*ml")
        for path in sorted(folder.glob(pattern))
    ]


def _load(path: Path, shown: str, faults: list[str]) -> Rule | None:
    try:
        root = documents.read(path, shown)
    except GivenWrong as error:
        faults.extend(error.faults)
        return None
    reader = RuleReader(root, shown, path.parent.name, vocabulary())
    rule = reader.rule()
    if rule is not None and rule.id != path.stem:
        reader.fault(1, f"the id is '{rule.id}' but the file is called '{path.name}': make them the same.")
    faults.extend(f"{shown}:{fault.line}: {fault.text}" for fault in _by_line(reader.faults))
    return None if reader.faults else rule


def _by_line(faults: list[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: fault.line)


@dataclass(slots=True)
class RuleReader:
    """Reads one rule file; `faults` gathers what is wrong with it."""

    root: Mapping
    shown: str
    area: str
    vocabulary: Vocabulary
    faults: list[Fault]

    def __init__(self, root: Mapping, shown: str, area: str, words_: Vocabulary) -> None:
        self.root, self.shown, self.area, self.vocabulary = root, shown, area, words_
        self.faults = []

    def fault(self, line: int, text: str) -> None:
        self.faults.append(Fault(line, text))

    def rule(self) -> Rule | None:
        """The rule, or None with `faults` filled."""
        known = (*REQUIRED, *OPTIONAL)
        for key, entry in self.root.entries.items():
            if key not in known:
                self.fault(entry.line, f"there is no key '{key}' in a rule.{suggestion(key, known)}")
        for key in REQUIRED:
            if key not in self.root.entries:
                self.fault(self.root.line, f"the rule has no '{key}'; every rule needs one.")
        kind = self._take("each", self._each)
        if kind is None:
            return None
        moments = MomentReader(kind, self.vocabulary)
        parts = LimitReader(moments)
        read: dict[str, object] = {
            "id": self._take("id", _id),
            "title": self._take("title", sentence),
            "why": self._take("why", sentence),
            "serves": self._take("serves", serves),
            "law": self._take("law", law),
            "owner": self._take("owner", lambda value: role(word(value))),
            "limits": self._take("limit", parts.dated),
            "stages": self._take("stages", lambda value: self._stages(value, moments)),
            "where": self._take("where", moments.conditions) or (),
            "running": self._take("running", _running) or "open",
            "starts": self._take("starts", moments.moment) or Own(field="start"),
            "stops": self._take("stops", lambda value: stops(value, moments)) or Stops(),
            "moved_to": self._take("moved-to", lambda value: moved_to(value, moments)),
            "waived": self._take("waived", lambda value: waived(value, moments)),
            "excused_by": self._take("excused-by", self._excuses) or (),
            "too_early": self._take("too-early", lambda value: too_early(value, moments)),
            "off": self._take("off", sentence),
        }
        if self.faults:
            return None
        rule = Rule(each=kind.name, area=self.area, path=self.shown, **read)  # type: ignore[arg-type]
        self._check_whole(rule)
        return rule

    def _take(self, key: str, read: Callable[[Value], T]) -> T | None:
        entry = self.root.entries.get(key)
        if entry is None:
            return None
        try:
            return read(entry.value)
        except Fault as fault:
            self.fault(fault.line, fault.text)
            return None

    def _each(self, value: Value) -> Kind:
        name = word(value)
        kind = self.vocabulary.kinds.get(name.text)
        episodes = [item.name for item in self.vocabulary.kinds.values() if item.is_episode]
        if kind is None or not kind.is_episode:
            raise Fault(
                name.line, f"there is no kind of Episode '{name.text}'.{suggestion(name.text, episodes)}"
            )
        return kind

    def _excuses(self, value: Value) -> tuple[str, ...]:
        for code in words(value):
            if code.text not in self.vocabulary.excuse_codes:
                raise Fault(
                    code.line,
                    f"there is no excuse '{code.text}'.{suggestion(code.text, self.vocabulary.excuse_codes)}",
                )
        return tuple(code.text for code in words(value))

    def _stages(self, value: Value, moments: MomentReader) -> tuple[Stage, ...]:
        return read_stages(value, moments, self.faults)

    def _check_whole(self, rule: Rule) -> None:
        law_line = self.root.entries["law"].line
        if rule.law.law_class is not LawClass.LOCAL and not rule.law.source:
            self.fault(law_line, f"a {rule.law.law_class} rule needs the 'source' of its law.")
        if any(isinstance(part, Birthday | Over | Until) for part in needs.parts_of(rule.starts)):
            self._check_reckoned(rule)
        stages_line = self.root.entries["stages"].line
        for stage in rule.stages:
            if (stage.point in ("booked", "early")) and rule.too_early is None:
                self.fault(stages_line, f"the stage '{stage.label}' needs 'too-early' in the rule.")
        longest = longest_plain(rule)
        lines = [item.line for item in documents.values(self.root.entries["stages"].value)]
        for line, stage in zip(lines, rule.stages, strict=True):
            if stage.point == "before" and longest is not None and in_days(stage.amount) > longest:
                self.fault(
                    line,
                    f"the stage '{stage.label}' lies before the clock starts: the limit is only "
                    f"{longest} days. Choose a shorter warning.",
                )
        for number, text in misplaced(rule.stages, [limit for _, limit in rule.limits]):
            self.fault(lines[number], text)

    def _check_reckoned(self, rule: Rule) -> None:
        """A start that is reckoned (a birthday, a count, an attribute) is no column of days to compare others with."""
        from_start = [
            part for part in needs.parts_of(rule.limits) if isinstance(part, Lookup) and part.since == "clock"
        ]
        if rule.too_early or from_start or any(stop.since == "clock" for stop in rule.stops.stops):
            self.fault(
                self.root.entries["starts"].line,
                "the start is reckoned from a birthday, a count or an attribute, so what stops it needs "
                "'since: start' or 'since: ever'.",
            )


def _id(value: Value) -> str:
    found = word(value)
    if len(found.text) > LONGEST_ID or not re.fullmatch(ID_PATTERN, found.text):
        raise Fault(
            found.line,
            f"'{found.text}' is not an id: small letters, digits and hyphens, at most {LONGEST_ID}, "
            "such as ehc-final-20wk.",
        )
    return found.text


def sentence(value: Value) -> str:
    text = word(value)
    if not text.text.strip():
        raise Fault(text.line, "a sentence is expected here.")
    return text.text.strip()


def serves(value: Value) -> tuple[int, ...]:
    for item in words(value):
        if item.text not in POINTS_OF_THE_PLAN:
            raise Fault(item.line, f"'{item.text}' is not a point of the plan. Allowed: 1 to 15.")
    return tuple(int(word(item).text) for item in documents.some(value))


def law(value: Value) -> Law:
    node = mapping(value)
    only(node, ("class",), ("source", "url", "checked", "expected"))
    source, url, expected = node.get("source"), node.get("url"), node.get("expected")
    if url is not None and not re.match("https?://", word(url).text):
        raise Fault(
            url.line, f"'{word(url).text}' is not a web address. It must begin with http:// or https://."
        )
    return Law(
        law_class=LawClass(one_of(node.entries["class"].value, LAW_CLASSES)),
        source=word(source).text if source else "",
        url=word(url).text if url else None,
        checked=flag(node.get("checked")),
        expected=sentence(expected) if expected else None,
    )


def _running(value: Value) -> str:
    return one_of(value, ("open", "any"))


def longest_plain(rule: Rule) -> int | None:
    """The longest plain limit in days; None where the limit depends on more than the clock's start."""
    plain = [limit.amount for _, limit in rule.limits if isinstance(limit, Within) and limit.of is None]
    if len(plain) < len(rule.limits):
        return None
    return max(1, round(max(in_days(length) for length in plain)))
