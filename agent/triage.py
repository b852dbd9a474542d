"""Triage: what a pasted text tells of a host, what is wrong there, and what to ask for next.

The text is cleaned, its pieces are recognised, and the same topics and checks look at it as at any
host (probes/pasted). What nobody pasted is unknown; it is counted, not listed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent import doctor
from agent.settings import Settings
from probes.formats.daemon_log_patterns import PATTERNS, Pattern, knows
from probes.formats.desktop_log_patterns import Known, Match
from probes.formats.desktop_log_patterns import recognise as recognise_messages
from probes.formats.file_kinds import DAEMON_JSON, WSL_CONF, WSLCONFIG
from probes.host import Host
from probes.host.redaction import redact_text
from probes.model import ERROR, FAIL, PASS, UNKNOWN, Evidence, Finding
from probes.overlaps import merge
from probes.pasted import recognition, source
from probes.pasted.cleaning import SIZE_LIMIT, clean
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agent.report.model import Report
    from probes.model import Check
    from probes.pasted.cleaning import Pasted
    from probes.pasted.recognition import Piece
    from probes.pasted.source import Told

SECONDS = 10.0
"""Nothing is waited for; this only ends what would loop."""

MESSAGES = 40
"""Lines of one pattern that are counted; a log repeats itself."""

CLIENT_TOPIC = "client"
"""The topic of what the docker client and the programs in containers say."""

READS = (
    "docker info, docker version, docker context ls, podman info, wsl --version, wsl --list "
    "--verbose, wsl --status, nvidia-smi, /etc/os-release, uname -a, sw_vers, daemon.json, "
    ".wslconfig, wsl.conf, Docker Desktop's settings, error messages of docker, and lines of the "
    "daemon's and Docker Desktop's logs"
)
"""What is recognised, for whoever pasted nothing of it."""


class Needed(NamedTuple):
    """A command whose output would tell more."""

    command: str
    checks: int
    """How many checks that are unknown now could then be told, about."""
    why: str


class Triage(NamedTuple):
    """What came of one text."""

    pieces: tuple[Piece, ...]
    """What was recognised, in the order of the text; messages last."""
    report: Report
    needed: tuple[Needed, ...]
    """What to run next, the most telling first."""
    is_cut: bool
    """Whether only the beginning of the text was looked at."""


class NothingRecognisedError(Exception):
    """The text holds nothing that could be read; the message says what could."""


def triage(data: bytes) -> Triage:
    """All of it. Raises: NothingRecognisedError."""
    pasted = clean(data)
    pieces = list(recognition.recognise(pasted, data[:SIZE_LIMIT]))
    matches = _messages(pasted, pieces)
    if matches:
        lines = [match.line for match in matches]
        pieces.append(
            recognition.Piece(
                recognition.LOG, min(lines), max(lines), "\n".join(m.text for m in matches)
            )
        )
    if not pieces:
        raise NothingRecognisedError(
            f"nothing was recognised in this text: hullcheck reads {READS}"
        )
    text = "\n".join(line.text for line in pasted.lines)
    told = source.Told(
        [piece for piece in pieces if piece.kind != recognition.LOG],
        text,
        shell=recognition.shell_of(pasted),
    )
    report = _looked_at(told)
    report = report._replace(
        findings=tuple(doctor.sort(merge(_with_messages(report.findings, matches)))),
    )
    return Triage(tuple(pieces), report, _needed(told, report), pasted.is_cut)


def exit_code(found: Triage, fail_on: str) -> int:
    """As the doctor's."""
    return doctor.exit_code(found.report, fail_on)


# -- the same checks as on any host ----------------------------------------------------------------


def _looked_at(told: Told) -> Report:
    """The report of the host that the text is from."""
    report = _run(told, told.platform or _guess(told), doctor.Selection())
    if told.platform == source.WSL2 and told.files.keys() & {WSLCONFIG} | {
        kind for kind in told.outputs if kind.startswith("wsl ")
    }:
        # A distribution tells of itself, and beside it somebody pasted what Windows has.
        around = _run(told, source.WINDOWS, doctor.Selection(only=_AROUND))
        told_there = {f.id for f in around.findings if f.outcome in {FAIL, PASS}}
        kept = [f for f in report.findings if f.id not in told_there]
        more = [f for f in around.findings if f.id in told_there]
        report = report._replace(findings=(*kept, *more))
    engine = report.engine
    if not told.endpoint:
        engine = engine._replace(endpoint=None)
    if not told.context:
        engine = engine._replace(context=None)
    if not (told.info or told.version):
        engine = engine._replace(reachable=False)
    return report._replace(host=report.host._replace(platform=told.platform or None), engine=engine)


_AROUND = frozenset({"wsl", "wsl-config", "windows"})


def _guess(told: Told) -> str:
    """Where a file that was pasted alone belongs, so that it can be judged."""
    if DAEMON_JSON in told.files or told.info:
        return source.LINUX if DAEMON_JSON in told.files else ""
    if WSL_CONF in told.files:
        return source.WSL2
    return source.WINDOWS if told.files else ""


def _run(told: Told, platform: str, selection: doctor.Selection) -> Report:
    host = Host(source.PastedSource(told, platform), seconds=SECONDS)
    return doctor.run(host, selection, Settings())


# -- messages --------------------------------------------------------------------------------------

_QUIET = re.compile(r"\blevel=(?:info|debug|trace)\b|\[(?:I|D|INF|DBG)\]")


def _messages(pasted: Pasted, pieces: Sequence[Piece]) -> list[Match]:
    """Lines that a pattern knows, outside of files and outputs that were recognised as such."""
    taken = {
        number
        for piece in pieces
        if piece.kind in recognition.FILES or piece.kind.startswith("wsl")
        for number in range(piece.first, piece.last + 1)
    }
    lines = [line for line in pasted.lines if line.number not in taken]
    text = "\n".join(line.text for line in lines)
    found = [
        match._replace(line=lines[match.line - 1].number, text=redact_text(match.text))
        for match in recognise_messages(text)
    ]
    known = {match.line for match in found}
    lowered = text.lower()
    possible = [p for p in PATTERNS if any(needle in lowered for needle in p.needles)]
    for line in lines:
        low = line.text.lower()
        if line.number in known or not possible or _QUIET.search(line.text):
            continue
        pattern = next((p for p in possible if knows(p, low)), None)
        if pattern is not None and _may_be_log(line.text):
            shown = redact_text(line.text.strip()[:300])
            found.append(Match(pattern, line.number, shown))
    return sorted(found, key=lambda match: match.line)


_LOG_LINE = re.compile(
    r"level=(?:error|warning|fatal)|msg=|dockerd\[|containerd\[|kernel:|^\s*\[\s*\d+\.\d+\]|"
    r"^\w{3} [ \d]\d \d\d:|^\d{4}-\d\d-\d\d[T ]\d\d:|systemd\[|(?i:error|failed|cannot|denied|fatal)"
)


def _may_be_log(line: str) -> bool:
    """Whether a line is a program's, not a sentence about one."""
    return _LOG_LINE.search(line) is not None


def _with_messages(findings: Iterable[Finding], matches: Sequence[Match]) -> list[Finding]:
    """The findings and what the messages say; one that a failed check explains becomes evidence."""
    found = list(findings)
    by_pattern: dict[str, list[Match]] = {}
    for match in matches:
        by_pattern.setdefault(match.pattern.id, []).append(match)
    checks = _checks()
    for name, items in by_pattern.items():
        pattern = items[0].pattern
        seen = tuple(
            Evidence("the pasted text", f"line {item.line}", item.text) for item in items[:3]
        )
        explained = () if isinstance(pattern, Pattern) else pattern.checks
        at = next(
            (i for i, f in enumerate(found) if f.outcome == FAIL and f.id in {name, *explained}),
            None,
        )
        if at is not None:
            found[at] = found[at]._replace(evidence=(*found[at].evidence, *seen))
            continue
        found = [f for f in found if f.id != name]
        found.append(_finding(pattern, seen, items, checks.get(name)))
    return found


def _finding(
    pattern: Known, seen: tuple[Evidence, ...], items: Sequence[Match], check: Check | None
) -> Finding:
    number = len(items)
    times = (
        f" ({min(number, MESSAGES)}{'+' if number > MESSAGES else ''} lines)" if number > 1 else ""
    )
    summary = " ".join(pattern.says.split())
    return Finding(
        id=pattern.id,
        topic=check.topic if check else CLIENT_TOPIC,
        title=pattern.title,
        outcome=FAIL,
        severity=pattern.severity if isinstance(pattern, Pattern) else ERROR,
        subject="",
        summary=summary + times,
        reason=None,
        evidence=seen,
        mend=tuple(_filled(step) for step in pattern.mend),
        fixes=(),
        references=pattern.references,
        line=items[0].line,
    )


_PLACES = {
    "{restart}": "sudo systemctl restart docker",
    "{log}": "journalctl -u docker.service",
    "{config}": "/etc/docker/daemon.json",
    "{unit}": "docker.service",
}


def _filled(step: str) -> str:
    for name, value in _PLACES.items():
        step = step.replace(name, value)
    return step


def _checks() -> dict[str, Check]:
    from probes import load_topic

    return {
        check.id: check
        for name in ("daemon-log", "desktop-log")
        for check in load_topic(name).checks
    }


# -- what to ask for -------------------------------------------------------------------------------


class _Way(NamedTuple):
    """A command, and what it would tell."""

    command: str
    kinds: tuple[str, ...]
    """Pieces that make it needless."""
    topics: tuple[str, ...]
    """Whose checks it would help."""
    why: str
    platforms: tuple[str, ...] = ()
    """Where it exists; everywhere for none."""


_L, _W, _M, _D = source.LINUX, source.WINDOWS, source.MACOS, source.WSL2
_SETTINGS = ("settings.json", "settings-store.json", "admin-settings.json")
_WAYS = (
    _Way(
        "docker version",
        (recognition.VERSION,),
        ("requirements", "packaging", "reachability"),
        "which engine answers, whose build it is, and what the client runs on",
    ),
    _Way(
        "docker info",
        (recognition.INFO, recognition.PODMAN),
        ("storage", "logging", "network", "cgroups", "daemon-security"),
        "storage driver, cgroups, logging, registries, and the engine's own warnings",
    ),
    _Way(
        "wsl --version && wsl --list --verbose",
        (recognition.WSL_VERSION,),
        ("wsl",),
        "the versions of WSL and Windows, and which distributions there are",
        (_W, _D),
    ),
    _Way(
        r"type %USERPROFILE%\.wslconfig",
        (WSLCONFIG,),
        ("wsl", "wsl-config"),
        "what limits WSL's memory, and its network",
        (_W, _D),
    ),
    _Way(
        r"type %APPDATA%\Docker\settings-store.json",
        _SETTINGS,
        ("desktop", "desktop-settings-file", "desktop-disk", "file-sharing"),
        "Docker Desktop's resources, file sharing and integration",
        (_W,),
    ),
    _Way(
        'cat ~/Library/"Group Containers"/group.com.docker/settings-store.json',
        _SETTINGS,
        ("desktop", "desktop-settings-file", "desktop-disk", "file-sharing"),
        "Docker Desktop's resources, hypervisor and file sharing",
        (_M,),
    ),
    _Way(
        "sw_vers; uname -m",
        (recognition.SW_VERS,),
        ("desktop", "requirements"),
        "the version of macOS, and whether the processor is Apple's",
        (_M,),
    ),
    _Way(
        "cat /etc/docker/daemon.json",
        (DAEMON_JSON,),
        ("daemon-config",),
        "how the engine is configured",
        (_L, _D),
    ),
    _Way(
        "cat /etc/os-release; uname -a",
        (recognition.OS_RELEASE, recognition.UNAME),
        ("requirements", "kernel"),
        "the distribution and its kernel",
        (_L, _D),
    ),
    _Way(
        "journalctl -u docker.service -n 200 --no-pager",
        (recognition.LOG,),
        ("daemon-log",),
        "what the daemon says is wrong",
        (_L, _D),
    ),
    _Way(
        "docker desktop logs",
        (recognition.LOG,),
        ("desktop-log",),
        "what Docker Desktop says is wrong",
        (_W, _M),
    ),
    _Way(
        "docker context ls",
        (recognition.CONTEXTS,),
        ("reachability", "providers"),
        "which engine docker is pointed at",
    ),
)

MOST_NEEDED = 5

ON_THE_HOST = "pipx run hullcheck doctor"
"""Tells it all at once."""


def _needed(told: Told, report: Report) -> tuple[Needed, ...]:
    there = {piece.kind for piece in told.pieces}
    if any(f.outcome == FAIL and f.topic in {"daemon-log", "desktop-log"} for f in report.findings):
        there.add(recognition.LOG)
    unknown: dict[str, int] = {}
    for finding in report.findings:
        if finding.outcome == UNKNOWN:
            unknown[finding.topic] = unknown.get(finding.topic, 0) + 1
    of_desktop = report.engine.provider == "docker-desktop"
    found = []
    for way in _WAYS:
        if there & set(way.kinds):
            continue
        if way.platforms and told.platform and told.platform not in way.platforms:
            continue
        if way.platforms and not told.platform:
            continue
        if way.topics[0].startswith("desktop") and report.engine.provider not in {
            None,
            "docker-desktop",
        }:
            continue
        if of_desktop and way.topics[0] in {"daemon-config", "daemon-log"}:
            continue
        checks = sum(unknown.get(topic, 0) for topic in way.topics)
        if checks or not told.platform:
            found.append(Needed(way.command, checks, way.why))
    found.sort(key=lambda item: -item.checks)
    rest = sum(unknown.values())
    last = Needed(ON_THE_HOST, rest, "all of it, on the host itself")
    return (*found[:MOST_NEEDED], last)
