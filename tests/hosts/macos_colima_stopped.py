"""macOS 15 with Colima stopped: an instance of earlier years, on QEMU with sshfs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts.macos_colima_default import colima

if TYPE_CHECKING:
    from tests.hosts.desktop_machine import Mac

FAILS = {
    "engine-not-running": "error",
    "vm-resources-default": "warning",
    "vm-mount-type-slow": "warning",
    "vm-type-outdated": "note",
}
DENIED = True


def machine() -> Mac:
    return colima("qemu", "sshfs")
