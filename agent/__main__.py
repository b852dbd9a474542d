"""The program. What must be instant is answered before anything is imported."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 8 ms, a tenth of what --version may
    from typing import NoReturn

USAGE, INCOMPLETE, INTERRUPTED = 2, 3, 130
"""Exit codes, docs/exit-codes.md; agent.cli has the others."""

PLUGIN_METADATA = "docker-cli-plugin-metadata"
"""The argument with which the docker CLI asks a plugin who it is (docker/cli cli-plugins)."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code (docs/exit-codes.md)."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments in (["--version"], ["-V"]):
        from agent.version import __version__

        return _tell(f"hullcheck {__version__}\n")
    if arguments[:1] == [PLUGIN_METADATA]:
        from agent.version import __version__

        return _tell(
            '{"SchemaVersion":"0.1.0","Vendor":"hullcheck",'
            f'"Version":"{__version__}","ShortDescription":"Diagnose this Docker host",'
            '"URL":"https://github.com/hullcheck/hullcheck"}\n'
        )
    from agent.cli import run

    return run(arguments)


def run_and_exit() -> NoReturn:
    """The console script.

    The process ends without taking the interpreter apart: a thread that was left behind in a read
    that hangs must not hold up or disturb the end, and a run of a fifth of a second has nothing to
    collect.
    """
    import gc
    import os

    gc.disable()
    # Twenty threads that look at the host would take the interpreter from each other 200 times a
    # second; they wait for the host often enough to take turns. Whoever waits gets it in 0.1 s.
    sys.setswitchinterval(0.1)
    # A stream that was closed before we started: words to nobody are lost, a result is missed.
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - open until the end
    if sys.stdout is None:
        sys.stdout = open(os.devnull)  # noqa: SIM115 - not writable, so that writing fails
    code = INCOMPLETE
    try:
        code = main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else USAGE
    except KeyboardInterrupt:
        code = INTERRUPTED
        _say("hullcheck: interrupted\n")
    except BaseException:  # noqa: BLE001 - the end of the program: nobody else would show it
        _confess()
    os._exit(code)


def _tell(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        return 0  # whoever read us has seen enough
    except OSError as error:
        what = error.strerror or "it is closed"
        _say(f"hullcheck: standard output: cannot be written: {what}\n")
        return USAGE
    return 0


def _confess() -> None:
    """Show an error of ours. It may quote the host: nothing of it reaches the terminal raw."""
    import traceback

    from agent.report.escaping import visible

    lines = [visible(line) for line in traceback.format_exc().splitlines()]
    lines.append(
        "hullcheck: this is a fault of hullcheck, not of this host: please report it, with the "
        "lines above, at https://github.com/hullcheck/hullcheck/issues"
    )
    _say("\n".join(lines) + "\n")


def _say(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return


if __name__ == "__main__":
    run_and_exit()
