"""macOS 12 on Intel with a Docker Desktop of 2022 on HyperKit, sharing files by osxfs."""

from __future__ import annotations

from tests.hosts.desktop_machine import GIB, Mac, engine_info
from tests.hosts.macos_14_arm_good import configured

FAILS = {
    "desktop-outdated": "warning",
    "desktop-hypervisor-removed": "warning",
    "desktop-file-sharing-slow": "warning",
    "engine-vulnerable": "error",
    "engine-end-of-life": "error",
    "containerd-end-of-life": "warning",
    "runc-vulnerable": "error",
    "containerd-vulnerable": "warning",
}

SETTINGS = {
    "cpus": 4, "memoryMiB": 8192, "swapMiB": 2048, "diskSizeMiB": 65_536, "settingsVersion": 22,
    "useVirtualizationFramework": False, "useVirtualizationFrameworkVirtioFS": False,
    "useGrpcfuse": False, "filesharingDirectories": ["/Users", "/Volumes", "/private", "/tmp"],
}  # fmt: skip


def machine() -> Mac:
    mac = configured(Mac("12", machine="x86_64", memory=16 * GIB, cpus=8))
    mac.desktop(
        SETTINGS, name="settings.json", version="4.11.1", vm="com.docker.hyperkit",
        disk=(64 * GIB, 9 * GIB), cli="20.10.17",
    )  # fmt: skip
    info = engine_info(
        "desktop/008.txt",
        ServerVersion="20.10.17", NCPU=4, MemTotal=8_346_615_808, Images=11,
        KernelVersion="5.10.124-linuxkit", Containers=0, ContainersRunning=0, ContainersStopped=0,
        Debug=False,
    )  # fmt: skip
    mac.desktop_answers(info, "Docker Desktop 4.11.1 (84025)", containerd="1.6.6", runc="1.1.2")
    raw = {"LayersSize": 7 * GIB, "Images": [], "Containers": [], "Volumes": [], "BuildCache": []}
    mac.engines["unix:///Users/ann/.docker/run/docker.sock"]["/system/df?verbose=1"] = raw
    return mac
