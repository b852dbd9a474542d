"""Ubuntu in WSL 2 with Docker Desktop's integration, where wsl.conf has turned interop off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts import wsl2_desktop_integration

if TYPE_CHECKING:
    from tests.hosts.desktop_machine import InsideWsl

FAILS = {"wsl-interop-off": "warning"}  # the credential helper is a Windows program
UNKNOWN = {
    "distribution-disk-bloated", "wsl-memory-too-large", "windows-too-old", "ports-reserved-by-windows",
}  # fmt: skip
"""What the registry, PowerShell, wsl.exe and netsh would tell."""


def machine() -> InsideWsl:
    return wsl2_desktop_integration.machine(
        interop=False, wsl_conf="[boot]\nsystemd=true\n[interop]\nenabled=false\n"
    )
