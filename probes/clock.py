"""Time: whether the host's clock is kept right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.model import WARNING, Evidence, Missing, Topic, Verdict, fail, known, need, ok

if TYPE_CHECKING:
    from probes.host import Host

STA_UNSYNC = 0x0040
"""Status bit "clock unsynchronised", adjtimex(2)."""

MAX_ERROR_SECONDS = 1.0
"""Estimated error beyond which TLS handshakes, registry tokens (issued for minutes, valid from
*now*) and swarm certificates begin to be refused."""

TOPIC = Topic["Clock"]("clock", "Time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The kernel's clock discipline."""

    synchronised: bool | Missing
    error_seconds: float | Missing
    """The kernel's own bound of the clock's error."""
    container: bool | Missing
    """Whether this is a container, whose clock is its host's."""


@TOPIC.probe
def look(host: Host) -> Clock:
    """Ask the kernel; no daemon is asked, so it works with chrony, ntpd and timesyncd alike."""
    state = known(lambda: host.gauge("adjtimex"))
    return Clock(
        synchronised=state if isinstance(state, Missing) else not state["status"] & STA_UNSYNC,
        error_seconds=state if isinstance(state, Missing) else state["maxerror"] / 1e6,
        container=known(lambda: host.exists("/run/systemd/container")),
    )


@TOPIC.check(
    "clock-unsynchronised",
    WARNING,
    "Nothing keeps the clock right",
    references=("man:adjtimex(2)", "man:timedatectl(1)"),
    applies="Linux hosts",
)
def clock_unsynchronised(clock: Clock) -> Verdict:
    """The kernel says that no time service is steering its clock.

    ## What it reads
    The status word of adjtimex(2), which chrony, ntpd, systemd-timesyncd and the guest tools of
    hypervisors all maintain. No service is named, so none can be missed.

    ## Why it matters
    A clock that drifts by minutes makes registries refuse tokens, TLS certificates look expired or
    not yet valid, builds rebuild (or not) for no visible reason, and swarm nodes fall out.

    ## How to mend it
    `sudo apt-get install chrony` (or `sudo timedatectl set-ntp true` where systemd-timesyncd is
    there), then `timedatectl` shows "System clock synchronized: yes" within a minute.

    ## What could go wrong
    A clock that was far off jumps once when it is first set: databases and cron jobs notice.

    ## Why this severity
    A warning: nothing breaks today, and it always breaks in the end.
    """
    synchronised = need(clock.synchronised)
    seen = Evidence(
        "adjtimex(2)", "status", "synchronised" if synchronised else "STA_UNSYNC", "synchronised"
    )
    if synchronised:
        return ok("a time service keeps the clock right", seen)
    return fail(
        "No time service steers this host's clock: tokens and certificates fail once it has "
        "drifted.",
        seen,
        mend=("sudo timedatectl set-ntp true", "or: sudo apt-get install chrony"),
    )
