"""A child process and the line to it: spawned, deaf to Ctrl-C, and always ended."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess


@dataclass(frozen=True, slots=True)
class Child:
    """A process that serves, and our end of the line to it; EOFError or OSError at the line once it is gone."""

    process: BaseProcess
    line: Connection


@contextmanager
def child_process(serve: Callable[..., None], *told: object, name: str) -> Iterator[Child]:
    """A process that runs `serve(line, *told)` and is ended afterwards; OSError where none can be started.

    `serve` should return when its line is closed, so that it outlives no parent, however that ended.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, *told), daemon=True, name=name)
    # Ctrl-C is the parent's to answer: a child starts deaf to it.
    with ours:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        try:
            yield Child(process, ours)
        finally:
            ours.close()
            process.join(timeout=2)
            if process.is_alive():
                process.kill()
                process.join(timeout=5)
            with suppress(ValueError):  # even now it has not ended: the system will see to it
                process.close()
