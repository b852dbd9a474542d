"""hullcheck explain: everything that is said about a check or a fix."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent import cli, output

if TYPE_CHECKING:
    import argparse


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck explain``."""
    sub.add_argument("id", metavar="ID", nargs="+", help="a check or a fix, as a report names it")
    cli.add_output_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Print the explanations."""
    from agent import explain, explain_fix
    from fixes import FIXES, load
    from probes import load_checks

    checks = load_checks()
    if any(name.startswith("client-") for name in arguments.id):
        checks |= explain.messages()
    for name in arguments.id:
        if name not in checks and name not in FIXES:
            close = explain.nearest(name, [*checks, *FIXES])
            hint = f": did you mean {' or '.join(close)}?" if close else ""
            raise cli.UsageError(
                f"{name}: no such check or fix{hint} (hullcheck list checks, hullcheck list fixes)"
            )
    if arguments.format == "json":
        text = explain.document(
            [checks[name] for name in arguments.id if name in checks],
            [load(name) for name in arguments.id if name in FIXES],
        )
    else:
        colour = output.wants_colour(arguments.color, sys.stdout, arguments.output)
        width = output.width()
        text = "\n".join(
            explain.explain(checks[name], width=width, colour=colour)
            if name in checks
            else explain_fix.explain(load(name), width=width, colour=colour)
            for name in arguments.id
        )
    output.write(text, arguments.output)
    return cli.OK
