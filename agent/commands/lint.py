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
    from probes.formats.problems import Problem

SCHEMA = "hullcheck.lint/1"


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
        help="judge daemon.json for this engine, e.g. 28.5.2 (default: the one that runs here, "
        "else the newest)",
    )
    sub.add_argument(
        "--windows",
        type=_windows,
        metavar="BUILD",
        help="judge WSL's files for this build of Windows, e.g. 19045; 10 or 11 for the last one "
        "(default: the one here, else none in particular)",
    )
    sub.add_argument(
        "--wsl",
        type=_wsl,
        metavar="VERSION",
        help="judge WSL's files for this WSL, e.g. 2.6.1; inbox for the one that came with Windows "
        "(default: the one here, else none in particular)",
    )
    sub.add_argument(
        "--memory",
        type=_memory,
        metavar="SIZE",
        help="memory of the computer that the files are for, e.g. 16GB (default: this one's, where "
        "it has WSL)",
    )
    sub.add_argument(
        "--cpus",
        type=_cpus,
        metavar="N",
        help="processors of the computer that the files are for (default: as for --memory)",
    )
    sub.add_argument(
        "--fail-on",
        choices=settings.FAIL_ON,
        default="error",
        help="exit with 1 for problems of this severity or above (default: error); a file that "
        "its program refuses always does",
    )
    cli.add_output_arguments(sub)


def _version(text: str) -> str:
    import argparse

    if not re.fullmatch(r"v?\d+(\.\d+){0,2}([+~.-].*)?", text):
        raise argparse.ArgumentTypeError(f"not an engine version such as 28.5.2: {text!r}")
    return text


def _windows(text: str) -> tuple[int, ...]:
    import argparse

    if text in linting.WINDOWS:
        return linting.WINDOWS[text]
    match = re.fullmatch(r"(?:10\.0\.)?(\d{5})(?:\.(\d{1,6}))?", text)
    if not match:
        raise argparse.ArgumentTypeError(
            f"not 10, 11 or a build of Windows such as 22631: {text!r}"
        )
    return (10, 0, *(int(part) for part in match.groups() if part))


def _wsl(text: str) -> tuple[int, ...]:
    import argparse

    if text == "inbox":
        return ()
    if not re.fullmatch(r"v?\d{1,4}(\.\d{1,6}){1,3}", text):
        raise argparse.ArgumentTypeError(f"not a version of WSL such as 2.6.1, nor inbox: {text!r}")
    return tuple(int(part) for part in text.lstrip("v").split("."))


def _memory(text: str) -> int:
    import argparse

    from probes.formats.sizes import MIB, parse_size

    size = parse_size(text) if len(text) < 20 else None  # noqa: PLR2004 - longer ones are no memory
    if size is None or size < MIB:
        raise argparse.ArgumentTypeError(f"not a size such as 16GB: {text!r}")
    return size


def _cpus(text: str) -> int:
    import argparse

    if not re.fullmatch(r"[1-9][0-9]{0,4}", text):
        raise argparse.ArgumentTypeError(f"not a number of processors: {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Judge every file; 1 for refused ones or those at --fail-on, 2 for what cannot be judged."""
    target = linting.Target(
        engine=arguments.engine,
        wsl=arguments.wsl,
        windows=arguments.windows,
        memory=arguments.memory,
        cpus=arguments.cpus,
    )
    linted: list[Linted] = []
    unusable: list[str] = []
    for path in arguments.file:
        try:
            linted.append(linting.lint(path, kind=arguments.kind, target=target))
        except linting.LintError as error:
            unusable.append(str(error))
    if arguments.format == "json":
        from agent.report import json_report

        text = json_report.dump(document(linted, unusable, _engine(linted, target)))
    else:
        colour = output.wants_colour(arguments.color, sys.stdout, arguments.output)
        text = ""
        if linted:
            text = render(linted, width=output.width(), colour=colour)
    output.write(text, arguments.output)
    if unusable:
        from agent.report.escaping import visible

        for line in unusable[:-1]:
            cli.say(f"hullcheck: {visible(line)}\n")
        raise cli.UsageError(unusable[-1])
    return cli.FINDINGS if _fails(linted, arguments.fail_on) else cli.OK


def _engine(linted: Iterable[Linted], target: linting.Target) -> str:
    """The engine of the document; none is asked for files that are not the engine's."""
    if any(item.kind == "daemon.json" for item in linted):
        return target.engine[0]
    return target.asked_engine or linting.newest_engine()


def _fails(linted: Iterable[Linted], fail_on: str) -> bool:
    levels = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return any(
        problem.refused_by_engine or problem.level in levels
        for item in linted
        for problem in item.problems
    )


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
                "judged_for": item.judgement.judged_for or None,
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


def render(linted: list[Linted], *, width: int, colour: bool) -> str:
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
            lines.extend(_details(problem, item.judgement.refused_by, width))
            lines.append("")
    refused = sum(item.refused for item in linted)
    count = sum(len(item.problems) for item in linted)
    files = f"{len(linted)} file{'' if len(linted) == 1 else 's'}"
    targets = dict.fromkeys(item.judgement.judged_for for item in linted)
    told = f" for {'; '.join(visible(t) for t in targets if t)}" if any(targets) else ""
    if not count:
        text = f"{files} judged{told}: no problem found"
        lines.extend(paint(line, GREEN, colour) for line in wrap(text, width))
    else:
        text = (
            f"{files} judged{told}: {count} problem{'' if count == 1 else 's'}, {refused} refused"
        )
        lines.extend(wrap(text, width))
    return "\n".join(lines) + "\n"


def _details(problem: Problem, refused_by: str, width: int) -> list[str]:
    from agent.report.escaping import visible
    from agent.report.layout import hang

    rows = [("", problem.message)]
    if problem.refused_by_engine:
        only = " on this machine" if problem.this_machine_only else ""
        said = f": {problem.engine_text}" if problem.engine_text else ""
        rows.append(("refused", f"by {refused_by or 'the engine'}{only}{said}"))
    if problem.suggestion:
        rows.append(("write", problem.suggestion))
    if problem.known_in:
        rows.append(("known in", problem.known_in))
    out = []
    for label, text in rows:
        indent = 4 if not label else 13
        out.extend(hang(f"    {label}" if label else "    ", visible(text), width, indent))
    return out
