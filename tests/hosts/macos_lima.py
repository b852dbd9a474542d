"""macOS 14 with Lima's docker template: rootless, on Apple's framework with VirtioFS."""

from __future__ import annotations

from tests.hosts.desktop_machine import HOME, Mac, engine_info, version_of

FAILS: dict[str, str] = {}
SOCKET = f"{HOME}/.lima/docker/sock/docker.sock"

CONFIG = """\
minimumLimaVersion: 1.1.0
base:
- template://_images/ubuntu-lts
- template://_default/mounts
vmType: vz
cpus: 4
memory: 8GiB
mountType: virtiofs
portForwards:
- guestSocket: "/run/user/{{.UID}}/docker.sock"
  hostSocket: "{{.Dir}}/sock/docker.sock"
"""


def machine() -> Mac:
    mac = Mac("14")
    mac.docker_cli()
    mac.program("limactl", "/opt/homebrew/bin/limactl", "limactl version 1.2.1")
    mac.files[f"{HOME}/.lima/docker/lima.yaml"] = CONFIG.encode()
    mac.docker_config(
        auths={}, currentContext="lima-docker",
        cliPluginsExtraDirs=["/opt/homebrew/lib/docker/cli-plugins"],
    )  # fmt: skip
    mac.context("lima-docker", f"unix://{SOCKET}")
    mac.process(3300, "limactl", "/opt/homebrew/bin/limactl", "hostagent", "docker", uid=501)
    mac.socket(SOCKET)
    info = engine_info(
        "linux/ubuntu2404-29.6-containerd-store.txt",
        ServerVersion="29.10.0", Name="lima-docker", Architecture="aarch64", NCPU=4,
        MemTotal=8_320_000_000, KernelVersion="6.8.0-64-generic", Containers=0,
        ContainersRunning=0, ContainersStopped=0, Images=0,
        DockerRootDir="/home/ann.linux/.local/share/docker",
        SecurityOptions=["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"],
    )  # fmt: skip
    mac.answers(f"unix://{SOCKET}", info, version_of(info, "Docker Engine - Community"))
    return mac
