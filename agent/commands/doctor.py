"""hullcheck doctor: the one-shot run."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from agent import cli, doctor, output, settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from agent.report.model import Report


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck doctor``."""
    sub.add_argument(
        "--only", action="append", metavar="ID,...", help="only these checks, topics or tags"
    )
    sub.add_argument("--skip", action="append", metavar="ID,...", help="all but these")
    sub.add_argument("--project", metavar="DIR", help="folder of the project (its hullcheck.toml)")
    sub.add_argument(
        "--fail-on",
        choices=settings.FAIL_ON,
        help="exit with 1 for findings of this severity or above (default: error)",
    )
    sub.add_argument("-v", "--verbose", action="store_true", help="show passes and skips as well")
    sub.add_argument(
        "--record", metavar="FILE.tar.gz", help="save what this run has read as a bundle"
    )
    sub.add_argument("--timings", action="store_true", help="show how long each probe took")
    cli.add_host_arguments(sub)
    cli.add_output_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Look, judge, show; 0, 1 or 3 by what was found."""
    from agent.hosts import open_host

    project = arguments.project or "."
    if arguments.project and not os.path.isdir(arguments.project):
        raise cli.UsageError(f"--project {arguments.project}: there is no such folder")
    chosen = settings.load(project)
    chosen.apply()
    selection = select(arguments.only, arguments.skip)
    host = open_host(arguments.bundle, arguments.timeout or chosen.timeout or doctor.DEADLINE)
    report = doctor.run(host, selection, chosen, progress=_progress())
    if arguments.record:
        from agent.commands import bundle

        bundle.write(host, report, arguments.record)
    output.write(
        render(
            report,
            arguments.format or chosen.format,
            colour=output.wants_colour(arguments.color, sys.stdout, arguments.output),
            verbose=arguments.verbose,
            timings=arguments.timings,
        ),
        arguments.output,
    )
    return doctor.exit_code(report, arguments.fail_on or chosen.fail_on)


def render(report: Report, format: str, *, colour: bool, verbose: bool, timings: bool) -> str:  # noqa: A002
    """The report in one of the formats."""
    if format == "json":
        from agent.report import json_report

        return json_report.render(report, timings=timings)
    from agent.report import text

    return text.render(
        report, width=output.width(), colour=colour, verbose=verbose, timings=timings
    )


def select(only: list[str] | None, skip: list[str] | None) -> doctor.Selection:
    """The selection that --only and --skip mean. Raises UsageError for a name nothing has."""
    named = {
        "--only": _words(only),
        "--skip": _words(skip),
    }
    if only and not named["--only"]:
        # An empty variable in a script must not mean every check.
        raise cli.UsageError("--only names nothing: give checks, topics or tags, or leave it out")
    if any(named.values()):
        from probes import load_checks

        checks = load_checks().values()
        known = {name for check in checks for name in (check.id, check.topic, *check.tags)}
        for option, names in named.items():
            for name in sorted(names - known):
                from difflib import get_close_matches

                close = get_close_matches(name, sorted(known), n=1)
                hint = f": did you mean {close[0]}?" if close else " (hullcheck list checks)"
                raise cli.UsageError(f"{option} {name}: no such check, topic or tag{hint}")
    return doctor.Selection(named["--only"], named["--skip"])


def _words(given: list[str] | None) -> frozenset[str]:
    return frozenset(
        word.strip() for item in given or [] for word in item.split(",") if word.strip()
    )


def _progress() -> Callable[[str], None] | None:
    """One line on a terminal, rewritten as topics finish; nothing anywhere else."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return None

    def show(title: str) -> None:
        cli.say(f"\r\x1b[Klooked at: {title[:60]}\r\x1b[K")

    return show
