"""hullcheck lint: judge configuration files, for an editor, a pre-commit hook or CI."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from agent import cli, output, settings
from agent import lint as linting
from probes.model import SEVERITIES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from agent.lint import Linted
    from probes.formats.daemon_json import Problem

SCHEMA = "hullcheck.lint/1"

ENGINE_PATIENCE = 2.0
"""Seconds to ask a local engine for its version; without an answer the newest is assumed."""


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck lint``."""
    sub.add_argument("file", nargs="+", metavar="FILE", help="files to judge; - for stdin")
    sub.add_argument(
        "--kind", choices=linting.KINDS, help="what the files are (default: by name and content)"
    )
    sub.add_argument(
        "--engine",
        type=_version,
        metavar="VERSION",
        help="judge for this engine, e.g. 28.5.2 (default: the one that runs here, else the newest)",
    )
    sub.add_argument(
        "--fail-on",
        choices=settings.FAIL_ON,
        default="error",
        help="exit with 1 for problems of this severity or above (default: error); a file that "
        "the engine refuses always does",
    )
    cli.add_output_arguments(sub)


def _version(text: str) -> str:
    import argparse

    if not re.fullmatch(r"v?\d+(\.\d+){0,2}([+~.-].*)?", text):
        raise argparse.ArgumentTypeError(f"not an engine version such as 28.5.2: {text!r}")
    return text


def _whole(engine: str) -> str:
    """A version with at least two numbers: a major alone means the last of its releases."""
    return f"{engine}.99" if engine.lstrip("v").isdigit() else engine


def run(arguments: argparse.Namespace) -> int:
    """Judge every file; 1 for refused ones or those at --fail-on, 2 for what cannot be judged."""
    engine, because = arguments.engine, "as asked"
    if engine is None:
        engine, because = _engine_here()
    linted: list[Linted] = []
    unusable: list[str] = []
    for path in arguments.file:
        try:
            linted.append(linting.lint(path, kind=arguments.kind, engine=_whole(engine)))
        except linting.LintError as error:
            unusable.append(str(error))
    if arguments.format == "json":
        from agent.report import json_report

        text = json_report.dump(document(linted, unusable, engine))
    else:
        colour = output.wants_colour(arguments.color, sys.stdout, arguments.output)
        text = ""
        if linted:
            text = render(linted, engine, because, width=output.width(), colour=colour)
    output.write(text, arguments.output)
    if unusable:
        from agent.report.escaping import visible

        for line in unusable[:-1]:
            cli.say(f"hullcheck: {visible(line)}\n")
        raise cli.UsageError(unusable[-1])
    return cli.FINDINGS if _fails(linted, arguments.fail_on) else cli.OK


def _fails(linted: Iterable[Linted], fail_on: str) -> bool:
    levels = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return any(
        problem.refused_by_engine or problem.level in levels
        for item in linted
        for problem in item.problems
    )


def _engine_here() -> tuple[str, str]:
    """The version of the engine that the user's docker talks to, else the newest known."""
    from probes import engine
    from probes.host import Host, Unreadable
    from probes.host.live import LiveSource

    try:
        return str(engine.version(Host(LiveSource(), seconds=ENGINE_PATIENCE))["Version"]), "here"
    except (Unreadable, KeyError):
        return linting.newest_engine(), "the newest known: no engine answers here"


def document(linted: list[Linted], unusable: list[str], engine: str) -> dict[str, Any]:
    """The result as ``hullcheck.lint/1``: findings as the doctor's, and what the judge adds."""
    from agent.report import json_report
    from agent.version import __version__

    findings = []
    for item in linted:
        for problem, found in zip(item.problems, item.findings(), strict=True):
            findings.append(
                {
                    **json_report.finding_document(found),
                    "end_column": problem.end_column,
                    "key": problem.key,
                    "refused_by_engine": problem.refused_by_engine,
                    "this_machine_only": problem.this_machine_only,
                    "engine_text": problem.engine_text,
                    "suggestion": problem.suggestion,
                    "known_in": problem.known_in,
                }
            )
    levels = [problem.level for item in linted for problem in item.problems]
    return {
        "schema": SCHEMA,
        "tool": {"name": "hullcheck", "version": __version__},
        "engine": engine,
        "files": [
            {
                "path": item.path,
                "kind": item.kind,
                "refused_by_engine": item.refused,
                "problems": len(item.problems),
            }
            for item in linted
        ],
        "findings": findings,
        "summary": {
            "files": len(linted),
            "refused": sum(item.refused for item in linted),
            **{severity: levels.count(severity) for severity in SEVERITIES},
        },
        "unusable": unusable,
    }


def render(linted: list[Linted], engine: str, because: str, *, width: int, colour: bool) -> str:
    """One block a problem, in the form that editors jump to, and a closing line."""
    from agent.report.escaping import visible
    from agent.report.layout import BOLD, GREEN, RED, YELLOW, paint, wrap

    styles = {"error": RED, "warning": YELLOW, "note": BOLD}
    lines = []
    for item in linted:
        for problem in item.problems:
            place = f"{visible(item.path)}:{problem.line}:{problem.column}"
            level = paint(problem.level, styles[problem.level], colour)
            lines.append(f"{paint(place, BOLD, colour)}: {level} [{problem.code}]")
            lines.extend(_details(problem, engine, width))
            lines.append("")
    refused = sum(item.refused for item in linted)
    count = sum(len(item.problems) for item in linted)
    files = f"{len(linted)} file{'' if len(linted) == 1 else 's'}"
    told = f"engine {visible(engine)} ({because})"
    if not count:
        text = f"{files} judged for {told}: no problem found"
        lines.extend(paint(line, GREEN, colour) for line in wrap(text, width))
    else:
        text = (
            f"{files} judged for {told}: {count} problem{'' if count == 1 else 's'}, "
            f"{refused} refused by the engine"
        )
        lines.extend(wrap(text, width))
    return "\n".join(lines) + "\n"


def _details(problem: Problem, engine: str, width: int) -> list[str]:
    from agent.report.escaping import visible
    from agent.report.layout import hang

    rows = [("", problem.message)]
    if problem.refused_by_engine:
        only = " on this machine" if problem.this_machine_only else ""
        said = f": {problem.engine_text}" if problem.engine_text else ""
        rows.append(("refused", f"by engine {engine}{only}{said}"))
    if problem.suggestion:
        rows.append(("write", problem.suggestion))
    if problem.known_in:
        rows.append(("known in", problem.known_in))
    out = []
    for label, text in rows:
        indent = 4 if not label else 13
        out.extend(hang(f"    {label}" if label else "    ", visible(text), width, indent))
    return out
