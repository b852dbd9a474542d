"""Arch Linux, docker just installed with pacman, not yet in the group: socket activation, zram."""

from __future__ import annotations

from tests.hosts.docker_info import version_answer
from tests.hosts.machine import (
    CONTAINERD_UNIT,
    DOCKER_SOCKET_UNIT,
    DOCKER_UNIT,
    Machine,
    nat_rules,
    os_release,
    told,
)  # fmt: skip

FAILS = {"log-rotation-unbounded": "warning"}

OS = os_release(NAME="Arch Linux", PRETTY_NAME="Arch Linux", ID="arch", BUILD_ID="rolling")


def machine() -> Machine:
    release = "6.17.8-arch1-1"
    machine = Machine("archbox", release, os=OS)
    machine.kernel(config_at="/proc/config.gz")
    machine.systemd(258, "NetworkManager.service")
    machine.network("enp4s0", "10.0.0.42", "10.0.0.1")
    machine.run_answers("nmcli", "-t", "-f", "DEVICE,STATE", "device",
                        out="enp4s0:connected\ndocker0:connected (externally)\n")  # fmt: skip
    machine.iptables("nft", nat_rules("v1.8.11 (nf_tables)"))
    machine.docker_files()
    machine.plugins("/usr/lib/docker/cli-plugins")
    machine.unit("docker.service", text=DOCKER_UNIT, MainPID="1210", TasksMax="infinity",
                 Delegate="yes", KillMode="process", UnitFileState="disabled",
                 After="docker.socket containerd.service firewalld.service",
                 LimitNOFILE="524288", LimitNOFILESoft="1024")  # fmt: skip
    machine.unit("docker.socket", text=DOCKER_SOCKET_UNIT)
    machine.unit("containerd.service", text=CONTAINERD_UNIT, MainPID="980", TasksMax="infinity",
                 Delegate="yes", KillMode="process", UnitFileState="disabled")  # fmt: skip
    machine.process(980, "containerd", "/usr/bin/containerd", oom=-999)
    machine.process(1210, "dockerd", "/usr/bin/dockerd", "-H", "fd://",
                    "--containerd=/run/containerd/containerd.sock", oom=-500)  # fmt: skip
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 1
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "OperatingSystem": "Arch Linux", "Images": 0, "Containers": 0,
        "ContainersStopped": 0,
        "Containerd": {"Address": "/run/containerd/containerd.sock", "Namespaces": {}},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip
    answer = version_answer("29.10.0", kernel=release)
    answer["Components"] += [{"Name": "containerd", "Version": "v2.4.2", "Details": {}},
                             {"Name": "runc", "Version": "1.4.3", "Details": {}}]  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer)
    machine.run_answers("docker", "--version", out="Docker version 29.10.0, build 1\n")
    machine.run_answers("dockerd", "--version", out="Docker version 29.10.0, build 1\n")
    for name in (
        "docker-1:29.10.0-1",
        "containerd-2.4.2-1",
        "runc-1.4.3-1",
        "docker-buildx-0.36.0-1",
    ):
        machine.files[f"/var/lib/pacman/local/{name}/desc"] = b""
    return machine
