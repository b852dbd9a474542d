"""A report for a person at a terminal: what is wrong first, why, and the command that mends it.

Words carry everything and come first in each line, so that a screen reader, a dumb terminal and a
log file lose nothing; colour only adds. Our own words are ASCII, whatever the locale.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from agent.report.escaping import clipped, visible
from agent.report.layout import (
    BOLD,
    CYAN,
    MAGENTA,
    RED,
    YELLOW,
    both_ends,
    cells,
    hang,
    pad,
)
from agent.report.page import Page
from agent.version import __version__
from probes.model import CRASH, ERROR, FAIL, NOTE, PASS, SEVERITIES, SKIP, UNKNOWN, WAIVED, WARNING
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agent.report.model import EngineSummary, HostSummary, Report, Timing
    from probes.model import Evidence, Finding

ISSUES = "https://github.com/hullcheck/hullcheck/issues"
"""Where a crash of ours should be told."""

MARGIN = 9
"""Columns of the severity, "WARNING" and two spaces."""


SUBJECTS_SHOWN = 5
"""Subjects of one check that are shown in full; the rest is counted."""

EVIDENCE_SHOWN = 4
IDS_SHOWN = 6
VALUE_LIMIT = 400
"""Characters of one value; the JSON report has all of it."""

SUMMARY_LIMIT = 2000

NO_ENGINE = "there is no container engine"
"""How the reason begins with which checks are skipped on a host without an engine."""


_STYLES = {ERROR: f"{BOLD};{RED}", WARNING: f"{BOLD};{YELLOW}", NOTE: f"{BOLD};{CYAN}"}
_DENIED = re.compile(r"permission denied|not permitted|may not be|need(s|ed)? root|only root")


def render(report: Report, *, width: int, colour: bool, verbose: bool, timings: bool) -> str:
    """The report as text that ends with a newline."""
    page = Page(width, colour=colour, verbose=verbose)
    header(page, report)
    groups = failures(page, report)
    page.gap()
    if verbose:
        _everything_else(page, report.findings)
        page.gap()
    if timings:
        _timings(page, report.timings)
        page.gap()
    _closing(page, report, groups)
    return "\n".join(page.lines) + "\n"


def failures(page: Page, report: Report) -> list[_Group]:
    """Everything that is wrong, by check; also crashes of ours."""
    groups = _groups(report.findings)
    for group in groups:
        page.gap()
        _failure(page, group)
    _crashes(page, report)
    return groups


# -- whose report ----------------------------------------------------------------------------------


def header(page: Page, report: Report) -> None:
    """Whose report it is: the tool, the host and its engine."""
    absent = _no_engine(report)
    parts = [f"hullcheck {__version__}", *_host_words(report.host)]
    parts.append("no container engine" if absent else _engine_words(report.engine))
    lines = _filled(filter(None, parts), "   ", page.width)
    lines[0] = lines[0].replace(parts[0], page.paint(parts[0], BOLD), 1)
    page.add(*lines)
    if absent and report.host.platform != "wsl1":  # where none can be installed
        page.gap()
        page.paragraph(
            "No container engine was found here, so the checks that need one were left out. To "
            "install one: https://docs.docker.com/engine/install/. If yours listens elsewhere, "
            "name it with DOCKER_HOST or `docker context use NAME`.",
            0,
        )


def _no_engine(report: Report) -> bool:
    """Whether this host has none, as opposed to one that does not answer."""
    return not report.engine.reachable and any(
        finding.outcome == SKIP and NO_ENGINE in (finding.reason or "")
        for finding in report.findings
    )


def _host_words(host: HostSummary) -> list[str]:
    words = []
    if host.hostname:
        words.append(clipped(visible(host.hostname), 70))
    name = " ".join(visible(x) for x in (host.os_name, host.os_version) if x)
    name = name.replace("GNU/Linux ", "")
    if host.platform in {"wsl1", "wsl2"}:
        name = f"{name or 'Linux'} in {host.platform.upper()}"
    word = "build" if host.platform == "windows" else "kernel"
    kernel = f"{word} {visible(host.kernel)}" if host.kernel else ""
    system = ", ".join(x for x in (name or (host.platform or ""), kernel) if x)
    if system:
        words.append(clipped(system, 100))
    return words


def _engine_words(engine: EngineSummary) -> str:
    name = visible(engine.flavour or engine.provider or "")
    if not engine.reachable:
        where = f" at {visible(engine.endpoint)}" if engine.endpoint else ""
        return clipped(f"{name or 'engine'} not reachable{where}", 150) if name or where else ""
    name = name or "engine"
    head = f"{name} {visible(engine.version)}" if engine.version else name
    details = [engine.backend, engine.storage_driver, "rootless" if engine.rootless else None]
    return clipped(", ".join([head, *(visible(x) for x in details if x)]), 150)


def _moment(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"


# -- what is wrong ---------------------------------------------------------------------------------


class _Group(NamedTuple):
    """The failures of one check with one severity."""

    severity: str
    findings: list[Finding]


def _groups(findings: Iterable[Finding]) -> list[_Group]:
    """Failures by severity, then in the order of the report."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.outcome == FAIL:
            found.setdefault((finding.severity, finding.id), []).append(finding)
    rank = {severity: index for index, severity in enumerate(SEVERITIES)}
    ordered = sorted(found, key=lambda key: rank.get(key[0], len(rank)))
    return [_Group(key[0], found[key]) for key in ordered]


def _heading(page: Page, word: str, title: str, id_: str, style: str) -> None:
    """``ERROR    Title                  some-id``."""
    lines = both_ends(visible(title), visible(id_), page.width - MARGIN, page.dim)
    page.add(page.paint(word, style) + " " * (MARGIN - len(word)) + lines[0])
    page.add(*(" " * MARGIN + line for line in lines[1:]))


def _failure(page: Page, group: _Group) -> None:
    first = group.findings[0]
    style = _STYLES.get(group.severity, BOLD)
    _heading(page, visible(group.severity).upper()[:8], first.title, first.id, style)
    several = len(group.findings) > 1
    few = page.verbose or len(group.findings) <= SUBJECTS_SHOWN + 1
    shown = group.findings if few else group.findings[:SUBJECTS_SHOWN]
    alike = several and len({(f.mend, f.fixes) for f in group.findings}) == 1
    for finding in shown:
        page.paragraph(_summary(finding), MARGIN)
        _seen(page, finding.evidence, MARGIN)
        if not alike:
            _mend(page, finding)
    if alike:
        _mend(page, first)
    hidden = len(group.findings) - len(shown)
    if hidden:
        page.paragraph(
            f"and {hidden:,} more of these: hullcheck doctor -v --only {visible(first.id)}", MARGIN
        )


def _summary(finding: Finding) -> str:
    summary = clipped(visible(finding.summary), SUMMARY_LIMIT)
    subject = clipped(visible(finding.subject), VALUE_LIMIT)
    return f"{subject}: {summary}" if subject and subject not in summary else summary


def evidence_words(evidence: Evidence) -> str:
    """One piece of evidence on one line: ``source: locator = value, wanted other``."""
    source, locator, value, wanted = (clipped(visible(x), VALUE_LIMIT) for x in evidence)
    said = " = ".join(x for x in (locator, value) if x) if locator else value
    words = ": ".join(x for x in (source, said) if x)
    return f"{words}, wanted {wanted}" if wanted and wanted != value else words


def _seen(page: Page, evidence: Sequence[Evidence], at: int) -> None:
    shown = evidence if page.verbose else evidence[:EVIDENCE_SHOWN]
    for index, one in enumerate(shown):
        page.labelled("" if index else "seen", evidence_words(one), at=at)
    if len(shown) < len(evidence):
        page.labelled("", f"and {len(evidence) - len(shown):,} more: -v shows them", at=at)


def _mend(page: Page, finding: Finding) -> None:
    ways = [[f"hullcheck fix {fix}" for fix in finding.fixes], list(finding.mend)]
    for way, steps in enumerate(steps for steps in ways if steps):
        for index, step in enumerate(steps):
            label = "" if index else "or" if way else "mend"
            page.step(label, clipped(visible(step), SUMMARY_LIMIT), at=MARGIN)


def _crashes(page: Page, report: Report) -> None:
    """Our own faults: each once, with the checks it took with it and how to report it."""
    crashes: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.outcome == CRASH:
            crashes.setdefault(finding.summary, []).append(finding)
    for summary, found in crashes.items():
        page.gap()
        ids = _ids(found)
        title = "A part of hullcheck itself failed"
        _heading(page, "CRASH", title, ids[0], f"{BOLD};{MAGENTA}")
        page.paragraph(clipped(visible(summary), SUMMARY_LIMIT), MARGIN)
        if len(ids) > 1:
            page.paragraph(f"It took {_some(ids)} with it.", MARGIN)
    if crashes:
        page.paragraph(
            "This is a fault of hullcheck, not of this host; all other checks went on. Please "
            f"report it at {ISSUES} with the file that this writes:",
            MARGIN,
        )
        page.add(" " * MARGIN + "hullcheck bundle save -o hullcheck-bundle.tar.gz")


# -- what is well, and what does not apply ---------------------------------------------------------


def _everything_else(page: Page, findings: Iterable[Finding]) -> None:
    topics: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.outcome in {PASS, SKIP, UNKNOWN, WAIVED}:
            topics.setdefault(finding.topic, []).append(finding)
    for topic, found in topics.items():
        page.gap()
        page.add(page.paint(visible(topic), BOLD))
        for finding in found:
            lead = " " * 2 + finding.outcome
            text = finding.reason if finding.outcome == WAIVED and finding.reason else None
            summary = clipped(visible(text), SUMMARY_LIMIT) if text else _summary(finding)
            at = MARGIN + 2
            lines = both_ends(summary, visible(finding.id), page.width - at, page.dim)
            page.add(pad(lead, at) + lines[0], *(" " * at + line for line in lines[1:]))
            _seen(page, finding.evidence, at)
            if finding.look:
                page.labelled("look", visible(finding.look), at=at)


def _timings(page: Page, timings: Iterable[Timing]) -> None:
    rows = sorted(timings, key=lambda t: (-(t.look_ms + t.judge_ms), t.topic))
    names = [visible(row.topic) for row in rows]
    widest = max([cells(name) for name in names] + [len("topic")])
    page.add(page.paint(f"{pad('topic', widest)}  look ms  judge ms", BOLD))
    for name, row in zip(names, rows, strict=True):
        page.add(f"{pad(name, widest)}  {row.look_ms:7.1f}  {row.judge_ms:8.1f}")


# -- the count and what remains --------------------------------------------------------------------


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _counts(report: Report) -> list[str]:
    """``112 checks: 104 pass``, ``1 error``, ...: every finding is counted once."""
    checks = len({finding.id for finding in report.findings})
    head = _plural(checks, "check")
    if checks != len(report.findings):
        head += f" with {_plural(len(report.findings), 'result')}"
    words = [f"{head}: {report.number(PASS):,} pass"]
    words += [_plural(n, severity) for severity, n in report.failures().items() if n]
    names = {UNKNOWN: "unknown", CRASH: "crashed", WAIVED: "waived", SKIP: "skipped"}
    words += [f"{n:,} {name}" for outcome, name in names.items() if (n := report.number(outcome))]
    return words


def _closing(page: Page, report: Report, groups: Sequence[_Group]) -> None:
    if not groups:
        _calm(page, report)
    crashes = [finding.summary for finding in report.findings if finding.outcome == CRASH]
    for sentence in report.incomplete:
        if any(sentence.endswith(f": {summary}") for summary in crashes):
            continue
        page.add(*hang("incomplete: ", clipped(visible(sentence), SUMMARY_LIMIT), page.width, 12))
    lines = _filled(_counts(report), ", ", page.width)
    page.add(*(page.paint(line, BOLD) for line in lines[:-1]))
    took = f"{report.duration_ms / 1000:.1f} s"
    if cells(lines[-1]) + len(took) + 3 <= page.width:
        page.add(f"{page.paint(lines[-1], BOLD)}   {took}")
    else:
        page.add(page.paint(lines[-1], BOLD), took)
    if not page.verbose:
        _unknowns(page, report)
        _waived(page, report)
    _hints(page, report, groups)


def _calm(page: Page, report: Report) -> None:
    blind = report.number(UNKNOWN) + report.number(CRASH)
    apart = "Apart from that, nothing" if _no_engine(report) else "All is well: nothing"
    if blind or report.incomplete:
        page.paragraph("Nothing wrong was found, but not everything could be looked at.", 0)
    elif report.number(PASS):
        page.paragraph(f"{apart} here needs mending.", 0)
    elif not report.findings:
        page.paragraph("No check was asked for.", 0)


def _filled(parts: Iterable[str], glue: str, width: int) -> list[str]:
    """Parts joined into as few lines as they fit on, none of them cut."""
    lines: list[str] = []
    for part in parts:
        if lines and cells(f"{lines[-1]}{glue}{part}") <= width:
            lines[-1] += glue + part
        else:
            if lines:
                lines[-1] += glue.rstrip()
            lines.append(part)
    return lines


def _ids(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(visible(finding.id) for finding in findings))


def _some(ids: list[str]) -> str:
    shown = ", ".join(ids[:IDS_SHOWN])
    return f"{shown} and {len(ids) - IDS_SHOWN:,} more" if len(ids) > IDS_SHOWN else shown


def _unknowns(page: Page, report: Report) -> None:
    denied: list[Finding] = []
    others: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.outcome != UNKNOWN:
            continue
        reason = finding.reason or finding.summary
        if any(sentence.endswith(f": {reason}") for sentence in report.incomplete):
            continue
        if _DENIED.search(reason) or finding.look.startswith("sudo "):
            denied.append(finding)
        else:
            others.setdefault(reason, []).append(finding)
    label = "unknown: "
    if denied:
        ids = _ids(denied)
        only = f" --only {','.join(ids)}" if len(ids) <= IDS_SHOWN else ""
        verb = "needs" if len(denied) == 1 else "need"
        command = f"sudo hullcheck doctor{only}"
        text = f"{label}{len(denied):,} {verb} root to look: "
        if cells(text + command) <= page.width:
            page.add(text + page.paint(command, BOLD))
        else:
            page.add(text.rstrip(), " " * MARGIN + page.paint(command, BOLD))
    for reason, found in others.items():
        look = next((f.look for f in found if f.look), "")
        text = f"{_some(_ids(found))}: {clipped(visible(reason), VALUE_LIMIT)}"
        page.add(*hang(label, text, page.width, len(label)))
        if look:
            page.add(f"{' ' * len(label)}look by hand: {clipped(visible(look), SUMMARY_LIMIT)}")


def _waived(page: Page, report: Report) -> None:
    for finding in report.findings:
        if finding.outcome == WAIVED:
            subject = f" ({clipped(visible(finding.subject), 80)})" if finding.subject else ""
            reason = clipped(visible(finding.reason or "no reason was given"), VALUE_LIMIT)
            text = f"{visible(finding.id)}{subject}: {reason}"
            page.add(*hang("waived: ", text, page.width, 9))


def _hints(page: Page, report: Report, groups: Sequence[_Group]) -> None:
    hints = []
    if any(finding.fixes for group in groups for finding in group.findings):
        hints.append("mend all that can be mended: hullcheck fix")
    if groups:
        hints.append("explain one: hullcheck explain ID")
    if not page.verbose and (report.number(PASS) or report.number(SKIP)) and groups:
        hints.append("show all: hullcheck doctor -v")
    page.add(*(page.dim(line) for line in _filled(hints, "   ", page.width)))
