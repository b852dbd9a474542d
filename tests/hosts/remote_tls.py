"""The same laptop with a context over TCP and TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts import remote_ssh

if TYPE_CHECKING:
    from tests.hosts.machine import Machine

FAILS: dict[str, str] = {}


def machine() -> Machine:
    return remote_ssh.machine("tcp://build.example.com:2376", tls=True)
