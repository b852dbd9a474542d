"""A Fedora workstation without any container engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts import fedora_moby

if TYPE_CHECKING:
    from tests.hosts.machine import Machine

FAILS = {"distribution-support-ending": "note"}


def machine() -> Machine:
    machine = fedora_moby.base("plain")
    machine.gauges["interfaces"].pop("docker0")
    machine.sysctls({"net/ipv4/ip_forward": "0", "net/ipv4/conf/all/forwarding": "0"})
    machine.rpm()
    return machine
