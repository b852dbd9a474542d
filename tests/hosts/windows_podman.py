"""Windows 11 with Podman Desktop and a podman machine; DOCKER_HOST leads to its pipe."""

from __future__ import annotations

import json

from tests.hosts.desktop_machine import (
    LOCAL,
    PROFILE,
    UBUNTU,
    WSL_KERNEL,
    Distribution,
    Windows,
)
from tests.hosts.macos_podman import podman_info, podman_networks, podman_version
from tests.hosts.windows_11_wsl2_desktop import surroundings

FAILS: dict[str, str] = {}

MACHINE = {"Name": "podman-machine-default", "Version": 1,
           "Resources": {"CPUs": 14, "DiskSize": 100, "Memory": 16000, "USBs": []}}  # fmt: skip
URL = "npipe:////./pipe/podman-machine-default"


def machine() -> Windows:
    around = surroundings(
        distributions=(
            UBUNTU,
            Distribution("podman-machine-default", base=rf"{LOCAL}\containers\podman\machine"),
        )
    )
    del around.services["com.docker.service"]
    around.write(r"C:\Program Files\RedHat\Podman\podman.exe", b"MZ")
    around.env["PATH"] += r";C:\Program Files\RedHat\Podman"
    around.env["DOCKER_HOST"] = URL
    around.write(
        rf"{PROFILE}\.config\containers\podman\machine\wsl\podman-machine-default.json",
        json.dumps(MACHINE),
    )
    around.tasks |= {"win-sshproxy": 6120}
    machine = Windows(around)
    machine.answers(URL, podman_info(WSL_KERNEL, "x86_64", cpus=14, memory=16_420_000_000),
                    podman_version(WSL_KERNEL, "amd64"))  # fmt: skip
    machine.engines[URL]["/networks"] = podman_networks()
    return machine
