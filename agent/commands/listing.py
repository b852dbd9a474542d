"""hullcheck list: what there is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent import cli, output

if TYPE_CHECKING:
    import argparse

KINDS = ("checks", "probes", "thresholds", "fixes", "profiles")


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck list``."""
    sub.add_argument("what", nargs="?", choices=KINDS, default="checks", help="default: checks")
    cli.add_output_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    from agent import listing

    if arguments.what == "thresholds":
        from agent import settings

        settings.load(".").apply()
    if arguments.format == "json":
        text = listing.document(arguments.what)
    else:
        colour = output.wants_colour(arguments.color, sys.stdout, arguments.output)
        text = listing.render(arguments.what, width=output.width(), colour=colour)
    output.write(text, arguments.output)
    return cli.OK
