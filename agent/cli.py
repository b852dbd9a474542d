"""The command line: which command is meant, its arguments, and how it ends."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from agent.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterable

OK, FINDINGS, USAGE, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes, docs/exit-codes.md."""


class UsageError(Exception):
    """Wrong usage or unusable input: one line for the person, exit code 2."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


def parser(commands: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser; ``commands`` get their arguments, the others only a name and a line of help."""
    from agent.version import __version__

    top = _Parser(
        prog="hullcheck",
        description="Diagnoses machines that run containers: what is wrong, why it matters, how "
        "to mend it.",
        epilog="exit codes: 0 fine, 1 findings, 2 wrong usage, 3 incomplete, 130 interrupted",
        allow_abbrev=False,
    )
    top.add_argument("-V", "--version", action="version", version=f"hullcheck {__version__}")
    subparsers = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    wanted = set(commands)
    for name, (module, summary) in COMMANDS.items():
        sub = subparsers.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        if name in wanted:
            import_module(module).add_arguments(sub)
    return top


def add_output_arguments(
    sub: argparse.ArgumentParser, formats: tuple[str, ...] = ("text", "json")
) -> None:
    """--format, -o and --color, the same for every command."""
    sub.add_argument("--format", choices=formats, help=f"default: {formats[0]}")
    sub.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")
    sub.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="default: auto"
    )


def add_host_arguments(sub: argparse.ArgumentParser) -> None:
    """--from and --timeout, for every command that looks at a host."""
    sub.add_argument(
        "--from", dest="bundle", metavar="BUNDLE", help="look at a recorded host (file or folder)"
    )
    sub.add_argument("--timeout", type=_seconds, metavar="S", help="seconds the run may take (10)")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:  # noqa: PLR2004 - an hour
        raise argparse.ArgumentTypeError(f"not a number of seconds between 0 and 3600: {text!r}")
    return value


def run(arguments: list[str]) -> int:
    """Parse, run, and turn what can go wrong into one line on stderr and an exit code."""
    try:
        command = next((word for word in arguments if not word.startswith("-")), "")
        top = parser([command])
        parsed = top.parse_args(arguments)
        if parsed.command is None:
            sys.stdout.write(top.format_help())
            return USAGE
        code = int(import_module(COMMANDS[parsed.command][0]).run(parsed))
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("hullcheck: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has seen enough; a later flush at exit must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        from agent.settings import SettingsError
        from probes.host.bundle import BundleError

        if isinstance(error, (UsageError, SettingsError, BundleError)):
            from agent.report.escaping import visible

            lines = str(error).splitlines() or [""]
            sys.stderr.write(f"hullcheck: {visible(lines[0])}\n")
            sys.stderr.writelines(f"{visible(line)}\n" for line in lines[1:])
            return USAGE
        raise
    return code
