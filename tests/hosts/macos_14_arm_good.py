"""macOS 14 on Apple silicon: Apple's framework, VirtioFS and Rosetta, a fitting share: a good state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts.desktop_machine import STORE, Mac, mac_info

if TYPE_CHECKING:
    from typing import Any

FAILS: dict[str, str] = {}

SETTINGS = STORE | {
    "Cpus": 8, "MemoryMiB": 16_384, "SwapMiB": 4096, "DiskSizeMiB": 1_048_576,
    "UseVirtualizationFramework": True, "UseVirtualizationFrameworkVirtioFS": True,
    "UseVirtualizationFrameworkRosetta": True,
}  # fmt: skip


def configured(mac: Mac, **config: Any) -> Mac:
    """The docker CLI as Docker Desktop leaves it."""
    mac.docker_config(
        **{"auths": {}, "credsStore": "desktop", "currentContext": "desktop-linux", **config}
    )
    mac.context("desktop-linux", "unix:///Users/ann/.docker/run/docker.sock")
    return mac


def machine(macos: str = "14", settings: dict[str, Any] = SETTINGS, **desktop: Any) -> Mac:
    mac = configured(Mac(macos))
    mac.rosetta()
    mac.desktop(settings, **desktop)
    mac.desktop_answers(mac_info(cpus=8))
    return mac
