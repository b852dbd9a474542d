"""Windows 11 with Rancher Desktop and no Docker Desktop."""

from __future__ import annotations

import json

from tests.hosts.desktop_machine import (
    LOCAL,
    PIPE,
    UBUNTU,
    WSL_KERNEL,
    Distribution,
    Windows,
    engine_info,
    version_of,
)
from tests.hosts.windows_11_wsl2_desktop import surroundings

FAILS: dict[str, str] = {}


def machine() -> Windows:
    around = surroundings(
        distributions=(
            UBUNTU,
            Distribution("rancher-desktop", base=rf"{LOCAL}\rancher-desktop\distro"),
            Distribution("rancher-desktop-data", "Stopped",
                         base=rf"{LOCAL}\rancher-desktop\distro-data"),
        )
    )  # fmt: skip
    del around.services["com.docker.service"]
    app = r"C:\Program Files\Rancher Desktop"
    around.write(rf"{app}\Rancher Desktop.exe", b"MZ")
    for name in ("docker", "nerdctl", "rdctl", "docker-credential-wincred"):
        around.write(rf"{app}\resources\resources\win32\bin\{name}.exe", b"MZ")
    plugins = rf"{app}\resources\resources\win32\docker-cli-plugins"
    for name in ("docker-buildx", "docker-compose"):
        around.write(rf"{plugins}\{name}.exe", b"MZ")
    around.env["PATH"] += rf";{app}\resources\resources\win32\bin"
    around.tasks |= {"Rancher Desktop": 7412}
    around.write(rf"{LOCAL}\rancher-desktop\settings.json".replace("Local", "Roaming"),
                 json.dumps({"version": 15, "containerEngine": {"name": "moby"}}))  # fmt: skip
    around.docker_config(auths={}, credsStore="wincred", cliPluginsExtraDirs=[plugins])
    around.runs["docker", "--version"] = (0, "Docker version 29.4.0-rd, build 9d7ad9f\n", "")
    around.runs["docker.exe", "--version"] = around.runs["docker", "--version"]
    around.programs["docker.exe"] = around.programs["docker"] = around._docker
    machine = Windows(around)
    info = engine_info(
        "desktop/023.txt",
        ServerVersion="29.10.0", Driver="overlayfs", Name="DESKTOP-4F2", KernelVersion=WSL_KERNEL,
        Architecture="x86_64", NCPU=14, MemTotal=16_420_000_000, Containers=0, ContainersRunning=0,
        DriverStatus=[["driver-type", "io.containerd.snapshotter.v1"]],
        OperatingSystem="Rancher Desktop WSL Distribution",
    )  # fmt: skip
    machine.answers(PIPE, info, version_of(info, ""))
    return machine
