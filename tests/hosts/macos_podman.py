"""macOS 15 with a podman machine; DOCKER_HOST leads the docker CLI to it."""

from __future__ import annotations

from typing import Any

from tests.hosts.desktop_machine import HOME, Mac

FAILS: dict[str, str] = {}
KERNEL = "6.12.13-200.fc41.aarch64"


def podman_version(kernel: str, arch: str) -> dict[str, Any]:
    return {
        "Platform": {"Name": f"linux/{arch}/fedora-42"},
        "Components": [
            {"Name": "Podman Engine", "Version": "5.6.2",
             "Details": {"APIVersion": "5.6.2", "Arch": arch, "MinAPIVersion": "4.0.0"}},
            {"Name": "Conmon", "Version": "conmon version 2.1.13, commit: ", "Details": {}},
            {"Name": "OCI Runtime (crun)", "Version": "crun version 1.24", "Details": {}},
        ],
        "Version": "5.6.2", "ApiVersion": "1.41", "MinAPIVersion": "1.24", "GitCommit": "9dd5e1e",
        "GoVersion": "go1.24.7", "Os": "linux", "Arch": arch, "KernelVersion": kernel,
        "BuildTime": "2025-09-30T00:00:00Z",
    }  # fmt: skip


def podman_info(kernel: str, machine: str, *, cpus: int, memory: int) -> dict[str, Any]:
    from tests.hosts import podman_fedora

    info = podman_fedora.machine().engines["unix:///var/run/docker.sock"]["/info"]
    return info | {
        "Name": "localhost.localdomain", "KernelVersion": kernel, "NCPU": cpus, "MemTotal": memory,
        "Architecture": machine, "SystemTime": "2026-11-24T06:00:00.1Z",
        "SecurityOptions": ["name=seccomp,profile=default", "name=rootless", "name=selinux"],
        "DockerRootDir": "/var/home/core/.local/share/containers/storage",
    }  # fmt: skip


def podman_networks() -> list[dict[str, Any]]:
    return [{"Name": "podman", "Id": "2f259bab", "Driver": "bridge", "Scope": "local",
             "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.88.0.0/16"}]},
             "Options": {}, "Labels": {}, "Containers": {}}]  # fmt: skip


def machine() -> Mac:
    mac = Mac("15")
    mac.files[f"{HOME}/.config/containers/podman/machine/applehv/podman-machine-default.json"] = (
        b'{"Name": "podman-machine-default", "Version": 1, '
        b'"Resources": {"CPUs": 6, "DiskSize": 100, "Memory": 8192}}'
    )
    socket = "/private/var/folders/xy/abc123/T/podman/podman-machine-default-api.sock"
    mac.docker_cli()
    mac.program("podman", "/opt/podman/bin/podman", "podman version 5.6.2")
    mac.docker_config(auths={}, cliPluginsExtraDirs=["/opt/homebrew/lib/docker/cli-plugins"])
    url = "unix:///var/folders/xy/abc123/T/podman/podman-machine-default-api.sock"
    mac.env["DOCKER_HOST"] = url
    mac.process(1800, "gvproxy", "/opt/podman/bin/gvproxy", "-mtu", "1500", uid=501)
    mac.process(1801, "vfkit", "/opt/podman/bin/vfkit", "--cpus", "6", "--memory", "8192", uid=501)
    mac.socket(socket)
    mac.answers(f"unix://{socket}", podman_info(KERNEL, "aarch64", cpus=6, memory=8_200_000_000),
                podman_version(KERNEL, "arm64"))  # fmt: skip
    mac.engines[f"unix://{socket}"]["/networks"] = podman_networks()
    return mac
