"""A judgement in words: what it asks of a child's findings and of the child, and what follows."""

from monitor.judgement import Judgement, Pattern
from monitor.phrases import words
from monitor.wording import UNCHECKED, stage

AREA = "judgements"


def asked(judgement: Judgement) -> list[str]:
    """Each pattern, and each condition on the child, on a line."""
    lines = [_pattern(pattern) for pattern in judgement.patterns]
    lines += [f"of the child, {words(kind)} is open" for kind in judgement.open]
    return [*lines, *([f"the child is under {judgement.under}"] if judgement.under is not None else [])]


def _pattern(pattern: Pattern) -> str:
    at = [_or(pattern.outcomes)] if pattern.outcomes else []
    at += [f"at the stage {_or(pattern.stages)}"] if pattern.stages else []
    at = at or ["at any stage"]
    at += [f"of the same row as {pattern.same_ref_as}"] if pattern.same_ref_as else []
    at += [f"another than {pattern.other_than}"] if pattern.other_than else []
    return f"{pattern.name}: {_or(pattern.rules)} ({', '.join(at)})"


def _or(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def muted(judgement: Judgement) -> str | None:
    """What is muted, and what stands for it."""
    if not judgement.mutes:
        return None
    standing = f"the alert of {judgement.standing}" if judgement.standing else "the alert raised"
    return f"{', '.join(judgement.mutes)}; {standing} stands for it"


def paragraphs(judgement: Judgement, state: str) -> list[tuple[str, list[str]]]:
    """What a service lead wants to know, in the order of asking; what a judgement does not have is left out."""
    law, mutes = judgement.law, muted(judgement)
    found = [
        (
            "state",
            [f"{state} (area {AREA}; serves points {', '.join(map(str, judgement.serves))} of the plan)"],
        ),
        ("law", [f"{law.law_class}: {law.source}{'' if law.checked else f' ({UNCHECKED})'}"]),
        ("asks for", asked(judgement)),
        ("raises", [stage(judgement.stage)] if judgement.stage else []),
        ("mutes", [mutes] if mutes else []),
        ("because", [judgement.because]),
        ("file", [judgement.path]),
    ]
    return [(name, lines) for name, lines in found if lines]
