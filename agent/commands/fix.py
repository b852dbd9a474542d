"""hullcheck fix: the plan, and with --apply the change itself, verified or taken back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent import cli, mending, output, settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from agent.mending import Planned
    from fixes.transaction import Outcome
    from probes.host import Host

PLANNING = 15.0
"""Seconds that looking at the host may take; a plan must not be made of half a look."""


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck fix``."""
    sub.add_argument(
        "id", nargs="*", metavar="FIX", help="fixes or checks; default: all that can be mended"
    )
    sub.add_argument("--apply", action="store_true", help="carry the plan out, after asking once")
    sub.add_argument("-y", "--yes", action="store_true", help="do not ask")
    sub.add_argument(
        "--restart", action="store_true", help="restart what must be restarted (systemd)"
    )
    sub.add_argument(
        "--restart-with", metavar="COMMAND", help="the command that restarts the engine here"
    )
    sub.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="[FIX.]NAME=VALUE",
        help="choose a value: hullcheck explain FIX lists them",
    )
    sub.add_argument(
        "--allow-destructive",
        action="store_true",
        help="let the named fixes delete what cannot be brought back",
    )
    sub.add_argument(
        "--override-owner",
        action="store_true",
        help="edit files that another tool manages, too",
    )
    sub.add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 6 where changes are pending"
    )
    kinds = sub.add_mutually_exclusive_group()
    kinds.add_argument(
        "--script", action="store_true", help="write the plan as a script to review and run"
    )
    kinds.add_argument("--ansible", action="store_true", help="write the plan as a playbook")
    cli.add_host_arguments(sub)
    cli.add_output_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Plan; show or apply. Exit codes as docs/exit-codes.md has them."""
    from agent.hosts import open_host

    chosen = settings.load(".")
    chosen.apply()
    if arguments.apply and arguments.bundle:
        raise cli.UsageError("--apply: a recorded host can be looked at, not changed")
    if arguments.apply and (arguments.script or arguments.ansible):
        raise cli.UsageError("--apply, or a script to run yourself: not both")
    seconds = arguments.timeout or chosen.timeout or PLANNING

    def opened() -> Host:
        return open_host(arguments.bundle, seconds)

    at_rest = bool(arguments.bundle) or mending.recover(opened, chosen)
    if arguments.apply and not at_rest:
        return mending.ROLLED_BACK
    fixes = mending.named(arguments.id)
    if arguments.id and not fixes:
        # An empty variable in a script must not mean every fix.
        raise cli.UsageError("no fix is named: give ids, or none for all that can be mended")
    wish = mending.Wish(
        fixes=fixes,
        given=mending.parameters(arguments.set, fixes),
        allow_destructive=arguments.allow_destructive,
        override_owner=arguments.override_owner,
    )
    planned = mending.plan(opened, chosen, wish)
    if arguments.apply and (planned.plan.changes or planned.plan.needs_root):
        return _apply(arguments, opened, planned)
    output.write(_shown(arguments, planned), arguments.output)
    if planned.plan.changes and arguments.detailed_exitcode:
        return mending.PENDING
    return cli.INCOMPLETE if planned.report.incomplete else cli.OK


def command_line(arguments: argparse.Namespace, planned: Planned) -> str:
    """What applies this plan, as it can be pasted."""
    import shlex

    words = ["fix", *arguments.id]
    words += [word for item in arguments.set for word in ("--set", item)]
    words += ["--allow-destructive"] * arguments.allow_destructive
    words += ["--override-owner"] * arguments.override_owner
    words.append("--apply")
    if planned.plan.interrupts and planned.plan.restart.by_us:
        words.append("--restart")
    return mending.applying(shlex.join(words), root=planned.plan.needs_root)


def _shown(arguments: argparse.Namespace, planned: Planned) -> str:
    if arguments.script:
        from agent.report import plan_script

        return plan_script.render(planned.plan, planned.report)
    if arguments.ansible:
        from agent.report import plan_ansible

        return plan_ansible.render(planned.plan)
    command = command_line(arguments, planned)
    if arguments.format == "json":
        from agent.report import plan_json

        return plan_json.render(planned, command)
    from agent.report import plan_text

    return plan_text.render(
        planned,
        command,
        named=bool(arguments.id),
        width=output.width(),
        colour=output.wants_colour(arguments.color, sys.stdout, arguments.output),
    )


def _apply(
    arguments: argparse.Namespace,
    opened: Callable[[], Host],
    planned: Planned,
) -> int:
    from fixes import transaction
    from fixes.journal import Journal
    from fixes.machine import Failed

    journal = Journal()
    context = mending.context(
        journal,
        opened,
        planned.examine,
        restart=arguments.restart,
        restart_with=arguments.restart_with,
    )
    if planned.plan.needs_root:
        return _refused(
            arguments,
            planned,
            f"this needs root: {command_line(arguments, planned)}",
        )
    if not arguments.yes:
        # Shown before it is asked about, on the terminal, whatever stdout is.
        from agent.report import plan_text

        cli.say(
            plan_text.render(
                planned,
                "",
                named=bool(arguments.id),
                width=output.width(),
                colour=output.wants_colour(arguments.color, sys.stderr),
            )
        )
        if not mending.confirmed("Apply this plan?"):
            return _refused(arguments, planned, "nothing was changed")
    # While a person was thinking, containers may have come and gone.
    before = planned.before if arguments.yes else planned.examine()
    try:
        with mending.stoppable(), journal.locked():
            outcome = transaction.apply(planned.plan, before, context)
    except Failed as error:
        return _refused(arguments, planned, str(error))
    return conclude(arguments, outcome, planned)


def _refused(arguments: argparse.Namespace, planned: Planned, reason: str) -> int:
    """Say why nothing was begun; 4: the host is as it was."""
    from agent.report.escaping import visible

    cli.say(f"hullcheck: {visible(reason)}\n")
    if arguments.format == "json":
        from agent.report import plan_json

        output.write(plan_json.refused(reason, planned), arguments.output)
    return mending.ROLLED_BACK


def conclude(
    arguments: argparse.Namespace, outcome: Outcome, planned: Planned | None = None
) -> int:
    """Show what came of a transaction, and the exit code for it."""
    if arguments.format == "json":
        from agent.report import plan_json

        text = plan_json.applied(outcome, planned)
    else:
        from agent.report import plan_text

        text = plan_text.applied(
            outcome,
            width=output.width(),
            colour=output.wants_colour(arguments.color, sys.stdout, arguments.output),
        )
    output.write(text, arguments.output)
    from fixes.model import RECREATE

    if outcome.state == "stuck":
        return mending.STUCK
    if outcome.state != "committed":
        return mending.ROLLED_BACK
    if any(e.kind != RECREATE for e in outcome.pending) and getattr(
        arguments, "detailed_exitcode", False
    ):
        return mending.PENDING
    return mending.APPLIED
