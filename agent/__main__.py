"""The program. What must be instant is answered before anything is imported."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 8 ms, a tenth of what --version may
    from typing import NoReturn

PLUGIN_METADATA = "docker-cli-plugin-metadata"
"""The argument with which the docker CLI asks a plugin who it is (docker/cli cli-plugins)."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code (docs/exit-codes.md)."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments in (["--version"], ["-V"]):
        from agent.version import __version__

        sys.stdout.write(f"hullcheck {__version__}\n")
        return 0
    if arguments[:1] == [PLUGIN_METADATA]:
        from agent.version import __version__

        sys.stdout.write(
            '{"SchemaVersion":"0.1.0","Vendor":"hullcheck",'
            f'"Version":"{__version__}","ShortDescription":"Diagnose this Docker host",'
            '"URL":"https://github.com/hullcheck/hullcheck"}\n'
        )
        return 0
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
    code = 1
    try:
        code = main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:  # noqa: BLE001 - the end of the program: nobody else would show it
        import traceback

        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 1
    os._exit(code)


if __name__ == "__main__":
    run_and_exit()
