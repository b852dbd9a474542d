"""hullcheck history: what was changed on this machine, when, by whom, and whether it still counts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent import cli, mending, output, settings

if TYPE_CHECKING:
    import argparse

    from probes.host import Host


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck history``."""
    sub.add_argument(
        "transaction", nargs="?", metavar="TX", help="everything about this one, with its diffs"
    )
    cli.add_output_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Print the journal; a transaction that was cut short is put right first."""
    from agent.commands import fix
    from agent.hosts import open_host
    from agent.report import history_json, history_text
    from fixes.journal import Journal
    from fixes.machine import Failed

    chosen = settings.load(".")
    chosen.apply()

    def opened() -> Host:
        return open_host(None, chosen.timeout or fix.PLANNING)

    mending.recover(opened, chosen)
    journal = Journal()
    try:
        entries = journal.entries()
    except Failed as error:
        raise cli.UsageError(str(error)) from None
    shown = entries
    if arguments.transaction:
        shown = [e for e in entries if e.record.id.startswith(arguments.transaction)]
        if not shown:
            raise cli.UsageError(f"{arguments.transaction}: there is no such transaction")
    if arguments.format == "json":
        text = history_json.render(shown, entries)
    else:
        colour = output.wants_colour(arguments.color, sys.stdout, arguments.output)
        width = output.width()
        if arguments.transaction:
            text = "\n".join(
                history_text.one(e, entries, width=width, colour=colour) for e in shown
            )
        else:
            text = history_text.render(entries, journal.folder, width=width, colour=colour)
    output.write(text, arguments.output)
    return cli.OK
