"""The seam: the only place where hullcheck meets a machine.

Probes and fixes are handed a :class:`Host` and ask it; whether a live machine or a recorded one
answers is not theirs to know.
"""

from __future__ import annotations

from probes.host.host import Host
from probes.host.questions import (
    Absent,
    Denied,
    Endpoint,
    Garbled,
    Mount,
    Process,
    Ran,
    Refused,
    RegistryKey,
    Service,
    Slow,
    Stat,
    StatVfs,
    Unreadable,
    Unrecorded,
)

__all__ = [
    "Absent",
    "Denied",
    "Endpoint",
    "Garbled",
    "Host",
    "Mount",
    "Process",
    "Ran",
    "Refused",
    "RegistryKey",
    "Service",
    "Slow",
    "Stat",
    "StatVfs",
    "Unreadable",
    "Unrecorded",
]
