"""The command line: which command is meant, its arguments, and how it ends."""

from __future__ import annotations

import argparse
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
        raise UsageError(f"{_meant(message)} (see {self.prog} --help)")

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002 - argparse
        from agent import output

        output.write(message, None)


def _meant(message: str) -> str:
    """What argparse says, with the choice that a mistyped one comes closest to."""
    import re

    found = re.fullmatch(r"argument (.*?): invalid choice: (.+?) \(choose from (.*)\)", message)
    if not found:
        return message
    from difflib import get_close_matches

    what, given, choices = (part.replace("'", "") for part in found.groups())
    close = get_close_matches(given, choices.split(", "), n=1)
    hint = f": did you mean {close[0]}?" if close else f": choose from {choices}"
    name = {"COMMAND": "no such command", "what": "no such list"}.get(
        what, f"{what}: no such choice"
    )
    return f"{name}: {given}{hint}"


def parser(commands: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser; ``commands`` get their arguments, the others only a name and a line of help."""
    from agent.version import __version__

    top = _Parser(
        prog="hullcheck",
        description="Diagnoses machines that run containers: what is wrong, why it matters, how "
        "to mend it.",
        epilog="exit codes: 0 fine, 1 findings, 2 wrong usage, 3 incomplete, 4 not applied, "
        "5 half done, 6 pending, 130 interrupted",
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
    sub.add_argument("--timeout", type=seconds, metavar="S", help="seconds the run may take (10)")


def seconds(text: str) -> float:
    """A time limit out of the command line."""
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
        parsed, unknown = top.parse_known_args(arguments)
        if unknown:
            of = f"hullcheck {parsed.command}" if parsed.command else "hullcheck"
            raise UsageError(f"{' '.join(unknown)}: no such option or argument (see {of} --help)")
        if parsed.command is None:
            top.print_help()
            return USAGE
        code = int(import_module(COMMANDS[parsed.command][0]).run(parsed))
    except KeyboardInterrupt:
        commands = sys.modules.get("probes.host.commands")
        if commands is not None:
            commands.end_commands()
        say("hullcheck: interrupted\n")
        return INTERRUPTED
    except Exception as error:
        from agent.settings import SettingsError
        from probes.host.bundle import BundleError

        if isinstance(error, (UsageError, SettingsError, BundleError)):
            from agent.report.escaping import visible

            say(f"hullcheck: {visible(str(error))}\n")
            return USAGE
        raise
    return code


def say(text: str) -> None:
    """Words to the person, on stderr. Nobody to hear them is no failure of the run."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return
