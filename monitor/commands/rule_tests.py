"""The worked examples as `monitor rules test` tells them, on the screen and as a JUnit report."""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from monitor.bootstrap import Home
from monitor.examples import Result
from monitor.judgement import Judgement
from monitor.judgement_examples import load_judgement_examples, run_judgement_examples


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One example of a rule or a judgement, as it is told."""

    suite: str
    path: str
    line: int
    name: str
    expected: str
    found: str
    why: str = ""

    @property
    def passed(self) -> bool:
        return self.expected == self.found

    @classmethod
    def of(cls, result: Result) -> "Told":
        example = result.example
        return cls(
            suite=example.rule.id,
            path=example.path,
            line=example.line,
            name=f"{example.name}, as at {example.as_at}",
            expected=result.expected,
            found=result.found,
            why=result.why,
        )


def judged(home: Home, judgements: list[Judgement]) -> list[Told]:
    """The examples of these judgements, through the engine."""
    every = load_judgement_examples(home.rules_folder / "judgements", judgements, home.every_rule)
    return [
        Told(
            suite=example.judgement.id,
            path=example.path,
            line=example.line,
            name=example.name,
            expected=example.expected,
            found=found,
        )
        for example, found in run_judgement_examples(every).items()
    ]


def failure(result: Told) -> str:
    return f"{result.path}:{result.line}: {result.name}: expected {result.expected}; found {result.found}."


def junit_report(results: list[Told]) -> str:
    """One suite for each rule and judgement, one case for each example."""
    root = ET.Element("testsuites")
    suites: dict[str, ET.Element] = {}
    for result in results:
        suite = suites.setdefault(result.suite, ET.Element("testsuite", name=result.suite))
        case = ET.SubElement(suite, "testcase", classname=result.suite, name=result.name)
        case.set("file", result.path)
        case.set("line", str(result.line))
        if not result.passed:
            said = f"expected {result.expected}; found {result.found}"
            ET.SubElement(case, "failure", message=said).text = result.why
    for suite in suites.values():
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
