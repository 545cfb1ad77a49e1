"""`monitor`, the command line: every error is one line on stderr, and its exit code says whose move it is."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor import __version__
from monitor.commands import alerts, cases, intake, rules, work
from monitor.errors import MonitorError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Sees that no child's case drifts: judges case data by rules and tells the right people.",
)
app.add_typer(intake.intake, name="intake")
app.add_typer(rules.rules, name="rules")
app.command()(work.demo)
app.command()(work.init)
app.command()(cases.clocks)
app.command()(work.sweep)
app.command()(work.outbox)
app.command()(alerts.alerts)
app.command()(alerts.explain)
app.command()(work.run)
app.command()(work.doctor)
app.command("send-test")(work.send_test)
app.command("go-live")(work.go_live)

INTERRUPTED = 130  # what typer makes of Ctrl-C


def _version(asked: bool) -> None:  # noqa: FBT001 - typer's callback
    if asked:
        print(__version__)  # noqa: T201
        raise typer.Exit


@app.callback()
def everything(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option("--home", help="The home directory; default: the present one.", show_default=False),
    ] = None,
    *,
    _show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Keep the home for whichever command follows."""
    context.obj = home


def main() -> None:
    """Run a command; exit 0 done, 1 wrong input, 2 misuse, 3 could not run."""
    try:
        code = app(standalone_mode=False)
    except MonitorError as error:
        for line in str(error).splitlines():
            print(f"monitor: {line}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except typer.TyperException as error:
        print(f"monitor: {error.format_message()} See: monitor --help", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    if code == INTERRUPTED:
        print("monitor: stopped.", file=sys.stderr)  # noqa: T201
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
