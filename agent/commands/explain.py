"""hullcheck explain: everything that is said about a check."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent import cli, output

if TYPE_CHECKING:
    import argparse


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck explain``."""
    sub.add_argument("id", metavar="ID", nargs="+", help="a check, as a report names it")
    cli.add_output_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Print the explanations."""
    from agent import explain
    from probes import load_checks

    checks = load_checks()
    for name in arguments.id:
        if name not in checks:
            close = explain.nearest(name, checks)
            hint = f": did you mean {' or '.join(close)}?" if close else ""
            raise cli.UsageError(f"{name}: no such check{hint} (hullcheck list checks)")
    chosen = [checks[name] for name in arguments.id]
    if arguments.format == "json":
        text = explain.document(chosen)
    else:
        colour = output.wants_colour(arguments.color, sys.stdout, arguments.output)
        text = "\n".join(
            explain.explain(check, width=output.width(), colour=colour) for check in chosen
        )
    output.write(text, arguments.output)
    return cli.OK
