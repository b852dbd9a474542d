"""Whether a machine is as well after a change as it was before."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from probes import engine, engine_host
from probes.host.questions import Unreadable
from probes.model import ERROR, FAIL, WARNING, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from probes.host import Host
    from probes.model import Finding

ANSWER_SECONDS = 60.0
"""Seconds a restarted engine gets to answer: with thousands of containers to load it takes that
long; docker.service gives it no limit at all (TimeoutStartSec=0 in moby contrib/init/systemd)."""

STEADY_SECONDS = 3.0
"""Seconds it must stay the same process: docker.service starts a failed one again after 2 s
(RestartSec=2), so one that answers and dies is found out."""

RETURN_SECONDS = 30.0
"""Seconds that containers get to be running again after the engine answers."""

STEP = 0.25
"""Seconds between two looks."""

EXPECTED_AFTER = frozenset({"daemon-config-pending", "unit-reload-pending"})
"""Findings that say what was asked for: it is on disk and waits for a restart."""

FLEETING_TOPICS = frozenset({"daemon-log", "clock"})
"""Topics whose findings come and go by themselves, or tell of the past: nothing is taken back
for them."""

FLEETING = frozenset(
    {
        "engine-slow",
        "memory-pressure-high",
        "io-pressure-high",
        "container-log-large",
        "disk-space-low",
    }
)
"""Single findings of that kind."""


class Examination(NamedTuple):
    """One look at the machine: the host that was asked, and what the doctor found."""

    host: Host
    findings: tuple[Finding, ...]


class Running(NamedTuple):
    """A container that ran before, and whether it must be running again."""

    id: str
    name: str
    same: bool
    """Whether it must be the very same (live-restore), or one of that name."""


def key(finding: Finding) -> list[str]:
    """What makes a finding the same one at the next look."""
    return [finding.id, finding.subject]


def failing(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The failing findings as the journal keeps them."""
    return [
        {"id": f.id, "subject": f.subject, "severity": f.severity, "summary": f.summary}
        for f in findings
        if f.outcome == FAIL
    ]


def worse(
    before: Iterable[dict[str, Any]], after: Iterable[Finding], topics: Iterable[str]
) -> list[str]:
    """Findings that are new: errors of any topic, warnings of those that were touched.

    Only then is a change taken back by itself, so what comes and goes does not count.
    """
    known_before = {(f["id"], f["subject"]) for f in before}
    ids_before = {f["id"] for f in before}
    touched = set(topics)
    found = []
    for finding in after:
        if finding.outcome != FAIL or (finding.id, finding.subject) in known_before:
            continue
        if finding.id in EXPECTED_AFTER | FLEETING or finding.topic in FLEETING_TOPICS:
            continue
        # The same defect of another subject: a container that was made in the meantime.
        if finding.id in ids_before:
            continue
        if finding.severity == ERROR or (finding.severity == WARNING and finding.topic in touched):
            found.append(f"{finding.id}: {finding.summary}")
    return found


def answers(host: Host) -> bool:
    """Whether the engine answers now."""
    return isinstance(known(lambda: engine.version(host)), dict)


def await_engine(open_host: Callable[[], Host], seconds: float = ANSWER_SECONDS) -> str:
    """Wait until the engine answers and keeps answering; why it does not, or empty.

    ``open_host`` opens the machine anew for each look: a Host asks every question once.
    """
    ends = time.monotonic() + seconds
    reason = "it did not answer"
    while True:
        host = open_host()
        try:
            engine.version(host)
            break
        except Unreadable as error:
            reason = error.reason
        if time.monotonic() >= ends:
            return f"after {seconds:.0f} s the engine still does not answer: {reason}"
        time.sleep(STEP)
    first = known(lambda: engine.daemon(host).pid)
    time.sleep(STEADY_SECONDS)
    again = open_host()
    if not answers(again):
        return "the engine answered and then went away again"
    if known(lambda: engine.daemon(again).pid) != first:
        return "the engine answered, ended and was started again: it does not stay up"
    return ""


def await_containers(
    open_host: Callable[[], Host], wanted: Iterable[Running], seconds: float = RETURN_SECONDS
) -> list[str]:
    """Wait for containers to run again; the names of those that do not."""
    missing = list(wanted)
    ends = time.monotonic() + seconds
    while missing:
        host = open_host()
        try:
            rows = engine_host.containers(host)
        except Unreadable:
            rows = []
        up = [row for row in rows if row.get("State") == "running"]
        ids = {str(row.get("Id")) for row in up}
        names = {engine_host.name_of(row) for row in up}
        missing = [
            item for item in missing if item.id not in ids and (item.same or item.name not in names)
        ]
        if not missing or time.monotonic() >= ends:
            break
        time.sleep(STEP)
    return [item.name for item in missing]


def running(host: Host) -> list[Running]:
    """The containers that run now; empty where the engine does not tell."""
    try:
        rows = engine_host.containers(host)
    except Unreadable:
        return []
    return [
        Running(str(row.get("Id")), engine_host.name_of(row), same=True)
        for row in rows
        if row.get("State") == "running"
    ]
