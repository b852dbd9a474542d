"""Windows 11 24H2 with Docker Desktop on WSL 2, WSL limited to half of the memory: a good state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts.desktop_machine import (
    GIB,
    LINUX_PIPE,
    PIPE,
    PROFILE,
    UBUNTU,
    WSL_KERNEL,
    Surroundings,
    Windows,
    desktop_info,
    version_of,
)

if TYPE_CHECKING:
    from typing import Any

FAILS: dict[str, str] = {}

WSLCONFIG = (
    "# Half of this computer's 32 GB\r\n[wsl2]\r\nmemory=16GB\r\nprocessors=14\r\nswap=4GB\r\n\r\n"
    "[experimental]\r\nautoMemoryReclaim=dropCache\r\n"
)


def surroundings(wslconfig: str | bytes | None = WSLCONFIG, **computer: Any) -> Surroundings:
    """A Windows on which Docker Desktop and Ubuntu share WSL's VM."""
    around = Surroundings(**{"distributions": (UBUNTU,), **computer})
    if wslconfig is not None:
        around.write(rf"{PROFILE}\.wslconfig", wslconfig)
    return around


def wsl_info(cpus: int = 14, memory: int = 16 * GIB, **changes: Any) -> dict[str, Any]:
    info: dict[str, Any] = desktop_info(
        WSL_KERNEL, label=r"npipe://\\.\pipe\docker_cli", cpus=cpus,
        memory=memory - memory // 40, **changes,
    )  # fmt: skip
    return info


def answering(machine: Windows, info: dict[str, Any], **more: Any) -> Windows:
    for url in (LINUX_PIPE, PIPE):
        machine.answers(url, info, version_of(info), **more)
    return machine


def machine() -> Windows:
    around = surroundings()
    around.desktop()
    around.docker_config(auths={}, credsStore="desktop", currentContext="desktop-linux")
    return answering(Windows(around), wsl_info())
