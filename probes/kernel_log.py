"""The kernel's log, from wherever this user may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import engine
from probes.engine_host import container_of
from probes.formats.kernel_log import KernelLine, parse_kernel_log
from probes.host.questions import Absent, Denied, Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection

    from probes.host import Host


def lines(host: Host, about: Collection[str]) -> list[KernelLine]:
    """The lines in which one of these texts stands: of dmesg, else the journal, else the syslog.

    Raises: Denied where none of them may be read; inapplicable inside a container.
    """
    if inside := container_of(host):
        raise engine.NotHere(f"the kernel's log belongs to the host of this {inside} container")
    try:
        ran = host.run("dmesg")
        if ran.code == 0:
            return parse_kernel_log(ran.out, about)
    except Absent:
        pass
    try:
        ran = host.run(
            "journalctl", "-k", "-b", "-q", "--no-pager", "-n", "3000", "-o", "short-monotonic"
        )
        if ran.code == 0 and parse_kernel_log(ran.out):
            return parse_kernel_log(ran.out, about)
    except Absent:
        pass
    try:
        return parse_kernel_log(host.read_tail("/var/log/kern.log"), about)
    except Unreadable:
        raise Denied(
            "the kernel's log may not be read by this user", look="sudo dmesg -T | tail -n 200"
        ) from None
