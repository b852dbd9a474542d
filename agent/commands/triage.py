"""hullcheck triage: what a pasted text tells of a host."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent import cli, output, settings

if TYPE_CHECKING:
    import argparse

    from agent.triage import Triage

READ_LIMIT = 8 << 20
"""Bytes read of the text; of more only the beginning is looked at (probes/pasted)."""


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck triage``."""
    sub.add_argument("file", metavar="FILE", help="the pasted text; - for standard input")
    sub.add_argument(
        "--fail-on",
        choices=settings.FAIL_ON,
        default="error",
        help="exit with 1 for findings of this severity or above (default: error)",
    )
    cli.add_output_arguments(sub, ("text", "json", "markdown"))


def run(arguments: argparse.Namespace) -> int:
    """Recognise, look, judge, show; 0 or 1 by what was found, 2 where nothing was recognised."""
    from agent import triage

    data = _read(arguments.file)
    try:
        found = triage.triage(data)
    except triage.NothingRecognisedError as error:
        name = "standard input" if arguments.file == "-" else arguments.file
        raise cli.UsageError(f"{name}: {error}") from None
    output.write(_rendered(found, arguments), arguments.output)
    return triage.exit_code(found, arguments.fail_on)


def _rendered(found: Triage, arguments: argparse.Namespace) -> str:
    if arguments.format == "json":
        from agent.report import triage_json

        return triage_json.render(found)
    if arguments.format == "markdown":
        from agent.report import triage_markdown

        return triage_markdown.render(found)
    from agent.report import triage_text

    return triage_text.render(
        found,
        width=output.width(),
        colour=output.wants_colour(arguments.color, sys.stdout, arguments.output),
        verbose=False,
    )


def _read(path: str) -> bytes:
    try:
        if path == "-":
            return sys.stdin.buffer.read(READ_LIMIT) if sys.stdin else b""
        with open(path, "rb") as file:
            return file.read(READ_LIMIT)
    except OSError as error:
        raise cli.UsageError(f"{path}: cannot be read: {error.strerror}") from None
