"""What can go wrong, by the decision the caller takes.

MonitorError
├── GivenWrong        what we were given is wrong: say each fault in a line, exit 1
│   ├── BadRule       a rule file says something the language does not know
│   ├── BadSettings   a setting is unknown, missing or out of range
│   └── BadIntake     a file cannot be taken in
├── Misuse            the command was called wrongly, exit 2
├── CannotRun         the database, the disk or another run stands in the way, exit 3
│   └── Busy          another intake or sweep holds the lease
├── EngineLost        the rules engine's process died: plain findings stand, say so
└── mail: RetryLater and Refused, with the server's code; see monitor.mail
"""

from collections.abc import Sequence
from difflib import get_close_matches


class MonitorError(Exception):
    """The base of every error that is meant for a person; its text holds no case data."""

    exit_code = 3


class GivenWrong(MonitorError):
    """One or more faults in what was given; `faults` has one line for each."""

    exit_code = 1

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class BadRule(GivenWrong):
    """A rule file says something that the language or the vocabulary does not list."""


class BadSettings(GivenWrong):
    """A settings file has an unknown key or a value that is not allowed."""


class BadIntake(GivenWrong):
    """A file or folder cannot be taken in at all; nothing of it was kept."""


class Misuse(MonitorError):
    """The command was called with words that do not fit together."""

    exit_code = 2


class CannotRun(MonitorError):
    """Something outside stands in the way: database, disk, mail server."""

    exit_code = 3


class Busy(CannotRun):
    """Another intake or sweep is running; nothing was changed."""


class EngineLost(MonitorError):
    """The rules engine's process is gone or did not answer; plain findings still stand."""


class RetryLater(MonitorError):
    """The mail could not be handed over now; `code` is the server's reply code, if it gave one."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Refused(MonitorError):
    """The mail server will never take this message for this address; `code` is its reply code."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


MOST_LISTED = 400  # characters; a longer list of allowed words helps nobody


def suggestion(found: str, allowed: Sequence[str], listed_in: str = "docs/words.md") -> str:
    """A closing sentence for an error: the nearest allowed word, and all of them when they are few."""
    near = get_close_matches(found, allowed, n=1, cutoff=0.6)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    listed = ", ".join(sorted(allowed))
    if len(listed) <= MOST_LISTED:
        return f"{hint} Allowed: {listed}."
    return f"{hint} {len(allowed)} words are allowed; see {listed_in}."
