"""The logs of desktop engines and their VMs: known failures in what they wrote lately."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes import desktop_host, engine
from probes.daemon_log import Read, Seen, recognise
from probes.desktop_host import LINUX, MACOS, WINDOWS, OtherPlatform
from probes.formats.daemon_log import parse_file_log
from probes.formats.desktop_log_patterns import DESKTOP_PATTERNS
from probes.formats.timestamps import format_time, parse_stamp
from probes.host.questions import Unreadable
from probes.model import (
    NOTE,
    Check,
    Evidence,
    Missing,
    Topic,
    Verdict,
    fail,
    have,
    known,
    missing,
    ok,
    skip,
    unknown,
)
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.formats.daemon_log import LogLine
    from probes.formats.daemon_log_patterns import Pattern
    from probes.host import Host

WINDOW_HOURS = 24
"""Hours that count as recent, as in the daemon's log: long enough for what happened last night."""

DESKTOP, RANCHER = "docker-desktop", "rancher-desktop"

FILES = 4
"""Logs read of one folder, the newest first: Docker Desktop keeps a dozen of them, of which its
backend's, the window's and the installer's matter, and four of the VM."""

TOPIC = Topic["DesktopLog"]("desktop-log", "Logs of desktop engines")

_KERNEL_STAMP = re.compile(r"^\s*(?:<\d+>)?\[\s*(\d+\.\d+)\]")


class Source(NamedTuple):
    """A log that was read, or a place that could not be."""

    path: str
    read: Read | Missing


class DesktopLog(NamedTuple):
    """What the desktop engines of this computer wrote within the window."""

    sources: tuple[Source, ...] | Missing
    """The logs that were written to lately; inapplicable where no desktop engine keeps any."""
    now: float


# -- looking -------------------------------------------------------------------------------------


@TOPIC.probe
def look(host: Host) -> DesktopLog:
    """List the folders of logs, and look for what is known in the newest of each."""
    now = have(known(host.now), 0.0)
    return DesktopLog(sources=known(lambda: _sources(host, now)), now=now)


def _sources(host: Host, now: float) -> tuple[Source, ...]:
    since = now - WINDOW_HOURS * 3600
    unlisted: list[Source] = []
    found: list[tuple[str, str]] = []
    is_there = False
    for provider, folder in _folders(host):
        try:
            found += [(provider, path) for path in _newest(host, folder, since)]
            is_there = True
        except Unreadable as error:
            if error.kind != "absent":
                unlisted.append(Source(folder, missing(error)))
    if not is_there and not unlisted:
        raise OtherPlatform("no desktop engine keeps its logs here")
    # Of an engine that answers now it is over, whatever kept it from starting.
    answering = engine.look(host).provider if found else ""
    read = [
        Source(
            path,
            known(lambda path=path, ok=provider == answering: _read(host, path, since, now * ok)),  # type: ignore[misc]
        )
        for provider, path in found
    ]
    return (*unlisted, *read)


def _folders(host: Host) -> list[tuple[str, str]]:
    """Where desktop engines keep logs on this platform, each after whose they are.

    Docker Desktop: docker/docs content/manuals/desktop/troubleshoot-and-support. Colima and Lima:
    abiosoft/colima config/profile.go, lima-vm/lima website/content/en/docs/dev/internals.md.
    Rancher Desktop: its own documentation, "Logging".
    """
    where = desktop_host.platform(host)
    if where not in {MACOS, LINUX}:
        local = _local_app_data(host)
        docker = desktop_host.join(host, local, "Docker", "log")
        return [
            (DESKTOP, desktop_host.join(host, docker, "host")),
            (DESKTOP, desktop_host.join(host, docker, "vm")),
            (RANCHER, desktop_host.join(host, local, "rancher-desktop", "logs")),
        ]
    home = host.gauge("session")["home"]
    if where == MACOS:
        data = f"{home}/Library/Containers/com.docker.docker/Data/log"
        rancher = f"{home}/Library/Logs/rancher-desktop"
    else:
        data = f"{home}/.docker/desktop/log"
        rancher = f"{home}/.local/share/rancher-desktop/logs"
    return [
        (DESKTOP, f"{data}/host"),
        (DESKTOP, f"{data}/vm"),
        (RANCHER, rancher),
        *_lima_folders(host, home),
    ]


def _local_app_data(host: Host) -> str:
    """%LOCALAPPDATA% of the Windows user. Raises: as desktop_host.windows_profile."""
    if desktop_host.platform(host) == WINDOWS:
        told = host.env("LOCALAPPDATA")
        if told:
            return told
    return desktop_host.join(host, desktop_host.windows_profile(host), "AppData", "Local")


def _lima_folders(host: Host, home: str) -> Iterator[tuple[str, str]]:
    """The folders of the VMs of Colima and Lima."""
    colima = have(known(lambda: host.env("COLIMA_HOME")), None) or f"{home}/.colima"
    lima = have(known(lambda: host.env("LIMA_HOME")), None) or f"{home}/.lima"
    for provider, folder in (("colima", f"{colima}/_lima"), ("lima", lima)):
        names = known(lambda folder=folder: host.list(folder))  # type: ignore[misc]
        for name in () if isinstance(names, Missing) else names:
            if not name.startswith(("_", ".")):
                yield provider, f"{folder}/{name}"


def _newest(host: Host, folder: str, since: float) -> list[str]:
    """The logs of a folder that were written to since then, the newest first."""
    found = []
    for name in host.list(folder):
        # Others are what was rotated away: .log.0, .log.20260930-131717.048.
        if not name.endswith(".log"):
            continue
        path = desktop_host.join(host, folder, name)
        told = known(lambda path=path: host.stat(path))  # type: ignore[misc]
        if not isinstance(told, Missing) and told.kind == "file" and told.mtime >= since:
            found.append((-told.mtime, path))
    return [path for _, path in sorted(found)[:FILES]]


def _read(host: Host, path: str, since: float, answering: float) -> Read:
    text = host.read_tail(path)
    lines = _dated(text, host.stat(path).mtime)
    if path.endswith("ha.stderr.log"):
        # Lima tells of failures at level info as well.
        lines = [line._replace(level="") for line in lines]
    return recognise(lines, path, since, answering, DESKTOP_PATTERNS)


def _dated(text: str, modified: float) -> list[LogLine]:
    """The lines with their times; those of a kernel's log count seconds since the VM's start.

    The last of them is taken to be as old as the file's last change.
    """
    lines = parse_file_log(text, modified)
    stamps = [_KERNEL_STAMP.match(line.text) for line in lines]
    told = [float(stamp[1]) for stamp in stamps if stamp]
    if not told or any(parse_stamp(line.text[:200]) is not None for line in lines):
        return lines
    last, newest = max(told), 0.0
    dated = []
    for line, stamp in zip(lines, stamps, strict=True):
        newest = float(stamp[1]) if stamp else newest
        dated.append(line._replace(time=modified - (last - newest)))
    return dated


# -- judging -------------------------------------------------------------------------------------


def judge_pattern(pattern: Pattern, facts: DesktopLog) -> Verdict:
    """What the logs say of one known failure."""
    if isinstance(facts.sources, Missing):
        if facts.sources.kind == "inapplicable":
            return skip(facts.sources.reason)
        return skip(
            f"the logs could not be read, see desktop-log-unreadable: {facts.sources.reason}"
        )
    reads = [source.read for source in facts.sources if isinstance(source.read, Read)]
    if not reads:
        return skip("no log of a desktop engine was written to lately, or none could be read")
    found = [(item, read) for read in reads for item in read.seen if item.pattern == pattern.id]
    if not found:
        lines = sum(read.lines for read in reads)
        return ok(f"none in the last {WINDOW_HOURS} h ({lines} lines of {len(reads)} logs)")
    times = sum(item.times for item, _ in found)
    newest, where = max(found, key=lambda pair: pair[0].last)
    first = min(item.first for item, _ in found)
    span = format_time(first) + (f" to {format_time(newest.last)}" if times > 1 else "")
    seen = Evidence(where.source, f"{_lines(times)}, {span}", newest.sample, "no such line")
    if _is_over([item for item, _ in found]):
        return ok(
            f"it was so at {format_time(newest.last)}, and the engine answers now or was started "
            "well since",
            seen,
        )
    if times < pattern.at_least:
        return ok(f"{_lines(times)}: fewer than the {pattern.at_least} that mean something", seen)
    return fail(
        f"{pattern.title}: {_lines(times)} in the logs of the last {WINDOW_HOURS} h, the last at "
        f"{format_time(newest.last)}.",
        seen,
        mend=pattern.mend,
    )


def _is_over(items: list[Seen]) -> bool:
    return all(item.cured for item in items)


def _lines(count: int) -> str:
    return f"{count} line" + ("" if count == 1 else "s")


def explanation(pattern: Pattern) -> str:
    """The explanation of a check that was made from a pattern."""
    texts = ", ".join(f"`{needle.strip()}`" for needle in pattern.needles)
    count = (
        f" Fewer than {pattern.at_least} lines are taken for everyday noise."
        if pattern.at_least > 1
        else ""
    )
    over = (
        " When the engine answers now it is not told as current."
        if pattern.cured_by == "start"
        else ""
    )
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(pattern.mend, 1))
    return (
        f"{pattern.says}\n\n## What it reads\nThe ends of the newest logs of Docker Desktop and its "
        "VM, Colima, Lima and Rancher Desktop, where they are, and in them what was written in the "
        f"last {WINDOW_HOURS} hours. It looks for {texts}.{count}{over}\n\n"
        f"## Why it matters\n{pattern.why}\n\n## How to mend it\n{steps}\n\n"
        f"## What could go wrong\n{pattern.risk}\n\n"
        f"## Why this severity\n{pattern.grade}"
    )


def _check_of(pattern: Pattern) -> Check:
    def judge(facts: Any) -> Verdict:  # noqa: ANN401 - as Check has it
        return judge_pattern(pattern, facts)

    return Check(
        pattern.id,
        TOPIC.id,
        pattern.severity,
        pattern.title,
        explanation(pattern),
        pattern.references,
        "computers with Docker Desktop, Colima, Lima or Rancher Desktop",
        (),
        judge,
    )


@TOPIC.check(
    "desktop-log-unreadable",
    NOTE,
    "Logs of the desktop engine could not be read",
    references=("https://docs.docker.com/desktop/troubleshoot-and-support/troubleshoot/",),
    applies="computers with Docker Desktop, Colima, Lima or Rancher Desktop",
)
def desktop_log_unreadable(facts: DesktopLog) -> Verdict:
    r"""The logs of a desktop engine tell why it failed, and this run could not look into them.

    ## What it reads
    Windows: `%LOCALAPPDATA%\Docker\log\host` and `log\vm`. macOS:
    `~/Library/Containers/com.docker.docker/Data/log`. Linux: `~/.docker/desktop/log`. Rancher
    Desktop's logs, and those of the VMs of Colima and Lima. Of each folder the newest four, their
    last 256 KiB.

    ## Why it matters
    All checks of known failures in these logs are skipped without them; their silence then means
    nothing.

    ## How to mend it
    Run as the user who runs the engine, not under sudo. On macOS let the terminal read the data of
    other programs (System Settings > Privacy & Security). Inside WSL the drive of Windows must be
    mounted.

    ## What could go wrong
    Full Disk Access of a terminal holds for all that is started in it.

    ## Why this severity
    It is never a finding: it is passed or unknown.
    """
    if isinstance(facts.sources, Missing):
        if facts.sources.kind == "inapplicable":
            return skip(facts.sources.reason)
        return unknown(facts.sources.reason, look=facts.sources.look)
    lines = 0
    for source in facts.sources:
        if isinstance(source.read, Missing):
            return unknown(f"{source.path}: {source.read.reason}", look=source.read.look)
        lines += source.read.lines
    return ok(f"{lines} lines of the last {WINDOW_HOURS} h in {len(facts.sources)} logs")


for _pattern in DESKTOP_PATTERNS:
    TOPIC.add(_check_of(_pattern))
