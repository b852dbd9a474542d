"""Ubuntu in WSL 1: there is no engine, and there can be none."""

from __future__ import annotations

from tests.hosts.desktop_machine import Distribution, InsideWsl
from tests.hosts.windows_11_wsl2_desktop import surroundings

FAILS = {"wsl1-no-engine": "error"}


def machine() -> InsideWsl:
    around = surroundings(
        build="19045.6456", memory=16_890_728_448, cpus=8,
        wslconfig="[wsl2]\r\nmemory=8GB\r\nprocessors=6\r\nswap=2GB\r\n[experimental]\r\n"
        "autoMemoryReclaim=dropCache\r\n",
        distributions=(Distribution("Ubuntu-24.04", version=1),),
    )  # fmt: skip
    del around.services["com.docker.service"]
    return InsideWsl(
        around, version=1, systemd=False, wsl_conf="[user]\ndefault=ann\n",
        vm_memory=16_890_728_448, vm_swap=25_769_803_776, vm_cpus=8,
    )  # fmt: skip
