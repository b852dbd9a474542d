"""hullcheck undo: takes a transaction back, as a transaction of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent import cli, doctor, mending, output, settings

if TYPE_CHECKING:
    import argparse

    from fixes.journal import Entry, Journal
    from probes.host import Host


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck undo``."""
    sub.add_argument(
        "transaction",
        nargs="?",
        metavar="TX",
        help="as hullcheck history names it; default: the latest change in force",
    )
    sub.add_argument("-y", "--yes", action="store_true", help="do not ask")
    sub.add_argument(
        "--restart", action="store_true", help="restart what must be restarted (systemd)"
    )
    sub.add_argument(
        "--restart-with", metavar="COMMAND", help="the command that restarts the engine here"
    )
    sub.add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 6 where changes are pending"
    )
    sub.add_argument("--timeout", type=cli.seconds, metavar="S", help="seconds each look may take")
    cli.add_output_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Undo and verify; 4 where it was refused or had to be taken back itself."""
    from agent.commands import fix
    from agent.hosts import open_host
    from agent.report.escaping import visible
    from fixes import transaction
    from fixes.health import Examination
    from fixes.journal import Journal
    from fixes.machine import Failed

    chosen = settings.load(".")
    chosen.apply()
    seconds = arguments.timeout or chosen.timeout or fix.PLANNING

    def opened() -> Host:
        return open_host(None, seconds)

    def examine() -> Examination:
        host = opened()
        return Examination(host, doctor.run(host, doctor.EVERYTHING, chosen).findings)

    if not mending.recover(opened, chosen):
        return mending.ROLLED_BACK
    journal = Journal()
    entry = _chosen(journal, arguments.transaction)
    if not arguments.yes:
        from agent.report import history_text

        cli.say(history_text.one(entry, journal.entries(), width=output.width(), colour=False))
        if not mending.confirmed(f"Undo {visible(entry.record.id)}?"):
            cli.say("hullcheck: nothing was changed\n")
            return mending.ROLLED_BACK
    made = mending.context(
        journal, opened, examine, restart=arguments.restart, restart_with=arguments.restart_with
    )
    try:
        with mending.stoppable(), journal.locked():
            outcome = transaction.undo(entry, examine(), made)
    except Failed as error:
        return _refused(arguments, error, entry)
    return fix.conclude(arguments, outcome)


def _chosen(journal: Journal, name: str | None) -> Entry:
    """The transaction that is meant. Raises UsageError."""
    from fixes.journal import in_force
    from fixes.machine import Failed
    from fixes.transaction import can_be_undone

    try:
        entries = journal.entries()
    except Failed as error:
        raise cli.UsageError(str(error)) from None
    if name is None:
        for entry in entries[::-1]:
            record = entry.record
            if in_force(entry, entries) and not record.undoes and can_be_undone(record):
                return entry
        raise cli.UsageError("there is nothing to undo (hullcheck history)")
    found = [entry for entry in entries if entry.record.id == name]
    found = found or [entry for entry in entries if name and entry.record.id.startswith(name)]
    if len(found) != 1:
        what = "several transactions begin so" if found else "there is no such transaction"
        raise cli.UsageError(f"{name}: {what} (hullcheck history)")
    return found[0]


def _refused(arguments: argparse.Namespace, error: Exception, entry: Entry) -> int:
    from agent.report.escaping import visible
    from fixes.transaction import Changed, NotPermitted

    reason = str(error)
    if isinstance(error, NotPermitted):
        reason += f": {mending.applying(f'undo {entry.record.id}', root=True)}"
    cli.say(f"hullcheck: {visible(reason)}\n")
    diff = error.diff if isinstance(error, Changed) else ()
    if arguments.format == "json":
        from agent.report import plan_json

        output.write(plan_json.refused(reason, diff=diff), arguments.output)
    elif diff:
        from agent.report import plan_text

        colour = output.wants_colour(arguments.color, sys.stdout, arguments.output)
        output.write(plan_text.diff(diff, colour=colour), arguments.output)
    return mending.ROLLED_BACK
