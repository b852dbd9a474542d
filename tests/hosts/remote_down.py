"""The laptop whose context leads over TCP to a machine that refuses the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes.host import Absent
from tests.hosts import remote_ssh
from tests.hosts.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Mapping

FAILS = {"remote-engine-unreachable": "error"}
DENIED = True
URL = "tcp://build.example.com:2376"


class Refusing(Machine):
    """Nobody listens at the address."""

    def _nobody(self, url: str) -> None:
        raise Absent(f"{url} refuses the connection")


def machine() -> Machine:
    machine = remote_ssh.machine(URL, tls=True)
    machine.__class__ = Refusing
    engines: Mapping[str, Any] = {}
    machine.engines = dict(engines)
    return machine
