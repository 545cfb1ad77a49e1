"""A process that starts a child of ours, says its number and waits to be killed; run by test_judging."""

import sys
import time
from multiprocessing.connection import Connection

from monitor.processes import child_process


def serve(line: Connection) -> None:
    try:
        while True:
            line.send(line.recv())
    except (EOFError, OSError):
        return


if __name__ == "__main__":
    with child_process(serve, name="orphan") as child:
        sys.stdout.write(f"{child.process.pid}\n")
        sys.stdout.flush()
        time.sleep(60)
