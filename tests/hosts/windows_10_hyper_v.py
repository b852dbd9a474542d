"""Windows 10 22H2 with Docker Desktop on Hyper-V; WSL is not installed."""

from __future__ import annotations

from tests.hosts.desktop_machine import (
    GIB,
    LINUXKIT,
    ROAMING,
    STORE,
    Surroundings,
    Windows,
    desktop_info,
)
from tests.hosts.windows_11_wsl2_desktop import answering

FAILS: dict[str, str] = {}

INSTALL_HINT = (
    "The Windows Subsystem for Linux is not installed. You can install by running 'wsl.exe "
    "--install'.\r\nFor more information please visit https://aka.ms/wslinstall\r\n"
)


def machine() -> Windows:
    around = Surroundings(build="19045.6456", wsl=None, memory=16_890_728_448, cpus=8)
    around.programs["wsl.exe"] = lambda *_: (1, INSTALL_HINT, "")
    around.services |= {
        "vmms": ("running", "automatic"), "com.docker.service": ("running", "automatic"),
    }  # fmt: skip
    del around.services["WslService"]
    settings = STORE | {"WslEngineEnabled": False, "Cpus": 6, "MemoryMiB": 8192, "SwapMiB": 2048,
                        "FilesharingDirectories": [r"C:\Users\ann\projects"]}  # fmt: skip
    around.desktop(settings=settings, wsl=False)
    around.tasks["com.docker.service"] = 4210
    around.tasks["vmmem"] = 5108
    disk = r"C:\ProgramData\DockerDesktop\vm-data\DockerDesktop.vhdx"
    around.sizes[disk] = (2 * GIB, 2 * GIB)
    around.docker_config(auths={}, credsStore="desktop", currentContext="desktop-linux")
    assert rf"{ROAMING}\Docker\settings-store.json" in around.files
    info = desktop_info(LINUXKIT, label=r"npipe://\\.\pipe\docker_cli", cpus=6,
                        memory=8 * GIB - 170_000_000)  # fmt: skip
    return answering(Windows(around), info)
