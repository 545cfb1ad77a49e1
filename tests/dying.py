"""The real command, sent a signal by itself just before a chosen word to the database.

`python -m tests.dying KILL 3 "INSERT INTO notice" ARGUMENTS` dies before the third statement that holds these
words. Empty words mean every statement and commit; before the 0th it lives, and tells how many there were.
"""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count

from sqlalchemy import Engine, event


def watch(main: Callable[[], None], what: signal.Signals, at: int, words: str) -> None:
    """Run the command with an ear on what is said to the database."""
    numbers = count(1)

    def said(statement: str) -> None:
        if words in statement and next(numbers) == at:
            os.kill(os.getpid(), what)

    event.listen(Engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: said(statement))
    event.listen(Engine, "commit", lambda _: said("COMMIT"))
    try:
        main()
    finally:
        if at == 0:
            print(next(numbers) - 1, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    # Here, for the rules engine's process reads this file too and has no use for the rest.
    from monitor.__main__ import main as monitor

    # Whoever started the tests in the background has made them deaf to an interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _, name, before, these, *arguments = sys.argv
    sys.argv = ["monitor", *arguments]
    watch(monitor, signal.Signals[f"SIG{name}"], int(before), these)
