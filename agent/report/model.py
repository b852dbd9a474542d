"""The result of one doctor run, before any renderer has seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.model import FAIL, SEVERITIES
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.model import Finding


class HostSummary(NamedTuple):
    """Whose report it is; None for what the host does not tell."""

    id: str | None
    hostname: str | None
    platform: str | None
    """linux, wsl2, wsl1, windows or macos."""
    os_name: str | None
    os_version: str | None
    kernel: str | None
    arch: str | None
    cpus: int | None
    memory_bytes: int | None


class EngineSummary(NamedTuple):
    """The engine that was asked; None for what it does not tell."""

    provider: str | None
    flavour: str | None
    """docker-ce, docker.io, moby-engine...: whose build it is."""
    backend: str | None
    reachable: bool
    version: str | None
    api_version: str | None
    storage_driver: str | None
    rootless: bool | None
    context: str | None
    endpoint: str | None


class Timing(NamedTuple):
    """How long one topic took, in milliseconds of wall time."""

    topic: str
    look_ms: float
    judge_ms: float


class Report(NamedTuple):
    """Everything a renderer shows."""

    host: HostSummary
    engine: EngineSummary
    started: float
    """Seconds since the epoch, by the host's own clock."""
    duration_ms: int
    findings: tuple[Finding, ...]
    """Most important first; passes and skips last."""
    incomplete: tuple[str, ...]
    """Topics that did not finish in time or crashed, with why: one sentence each."""
    timings: tuple[Timing, ...]

    def number(self, outcome: str) -> int:
        """Findings with that outcome."""
        return sum(1 for finding in self.findings if finding.outcome == outcome)

    def failures(self) -> dict[str, int]:
        """Failures by severity."""
        return {
            severity: sum(1 for f in self.findings if f.outcome == FAIL and f.severity == severity)
            for severity in SEVERITIES
        }
