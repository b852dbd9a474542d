"""macOS 14 with Rancher Desktop (moby), which has taken /var/run/docker.sock."""

from __future__ import annotations

import json

from tests.hosts.desktop_machine import HOME, Mac, engine_info, version_of

FAILS: dict[str, str] = {}
SOCKET = f"{HOME}/.rd/docker.sock"


def machine() -> Mac:
    mac = Mac("14")
    mac.files["/Applications/Rancher Desktop.app/Contents/Info.plist"] = b""
    tools = "/Applications/Rancher Desktop.app/Contents/Resources/resources/darwin"
    for name in ("docker", "docker-credential-osxkeychain", "rdctl"):
        mac.files[f"{tools}/bin/{name}"] = b"\xcf\xfa\xed\xfe"
        mac.links[f"{HOME}/.rd/bin/{name}"] = f"{tools}/bin/{name}"
    mac.env["PATH"] = f"{HOME}/.rd/bin:{mac.env['PATH']}"
    for name in ("docker-buildx", "docker-compose"):
        mac.files[f"{tools}/docker-cli-plugins/{name}"] = b"\xcf\xfa\xed\xfe"
        mac.stats[f"{tools}/docker-cli-plugins/{name}"] = {"mode": 0o755}
    mac.run_answers("docker", "--version", out="Docker version 29.4.0-rd, build 9d7ad9f\n")
    mac.docker_config(
        auths={}, credsStore="osxkeychain", currentContext="rancher-desktop",
        cliPluginsExtraDirs=[f"{tools}/docker-cli-plugins"],
    )  # fmt: skip
    mac.context("rancher-desktop", f"unix://{SOCKET}")
    settings = {
        "version": 15, "containerEngine": {"allowedImages": {"enabled": False}, "name": "moby"},
        "virtualMachine": {"memoryInGB": 8, "numberCPUs": 4, "type": "vz", "useRosetta": True,
                           "mount": {"type": "virtiofs"}},
        "kubernetes": {"enabled": False},
    }  # fmt: skip
    path = f"{HOME}/Library/Preferences/rancher-desktop/settings.json"
    mac.files[path] = json.dumps(settings, indent=2).encode()
    mac.process(2500, "Rancher Desktop", "/Applications/Rancher Desktop.app/Contents/MacOS/Rancher "
                "Desktop", uid=501)  # fmt: skip
    mac.process(2540, "limactl", f"{tools}/lima/bin/limactl", "hostagent", "0", uid=501)
    mac.socket(SOCKET)
    mac.links["/private/var/run/docker.sock"] = SOCKET
    info = engine_info(
        "desktop/023.txt",
        ServerVersion="29.10.0", Driver="overlayfs", NCPU=4, MemTotal=8_320_000_000,
        DriverStatus=[["driver-type", "io.containerd.snapshotter.v1"]],
        Containers=0, ContainersRunning=0, Images=0,
    )  # fmt: skip
    mac.answers(f"unix://{SOCKET}", info, version_of(info, ""))
    return mac
