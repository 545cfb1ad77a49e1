"""Runs the monitor's command and then prints "peak N": its largest memory in MB, its engine's process included."""

import resource
import sys

from monitor.__main__ import main


def largest() -> float:
    """MB of this process and its largest child, whichever ran at its largest."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + child) / 1024


if __name__ == "__main__":
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    print(f"peak {largest():.1f}")
    sys.exit(code if isinstance(code, int) else 1)
