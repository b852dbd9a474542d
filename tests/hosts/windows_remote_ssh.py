"""Windows 11 without an engine of its own; its context leads to a server over ssh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts.desktop_machine import (
    PROFILE,
    Windows,
    context_files,
    engine_info,
    version_of,
)
from tests.hosts.windows_11_wsl2_desktop import surroundings

if TYPE_CHECKING:
    from typing import Any

FAILS: dict[str, str] = {}
URL = "ssh://deploy@build.example.com"


def machine() -> Windows:
    around = surroundings()
    del around.services["com.docker.service"]
    around.docker_config(auths={}, currentContext="build")
    for path, text in context_files("build", URL).items():
        around.write(rf"{PROFILE}\.docker" + "\\" + path.replace("/", "\\"), text)
    around.write(r"C:\ProgramData\chocolatey\bin\docker.exe", b"MZ")
    around.write(r"C:\Windows\System32\OpenSSH\ssh.exe", b"MZ")
    for name in ("docker-buildx", "docker-compose"):
        around.write(rf"{PROFILE}\.docker\cli-plugins\{name}.exe", b"MZ")
    around.env["PATH"] += r";C:\ProgramData\chocolatey\bin;C:\Windows\System32\OpenSSH"
    around.runs["docker", "--version"] = (0, "Docker version 29.10.0, build 0000000\n", "")
    around.programs["docker.exe"] = around.programs["docker"] = around._docker
    machine = Windows(around)
    info: dict[str, Any] = engine_info(
        "linux/ubuntu2404-29.6-containerd-store.txt",
        ServerVersion="29.10.0", Name="build", KernelVersion="6.1.0-41-amd64",
        OperatingSystem="Debian GNU/Linux 12 (bookworm)",
    )  # fmt: skip
    machine.answers(URL, info, version_of(info, "Docker Engine - Community"))
    return machine
