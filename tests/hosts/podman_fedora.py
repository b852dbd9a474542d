"""Podman 5 on Fedora with podman-docker: /run/docker.sock leads to podman's socket; asked as root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_host import DIRECTORY, SOCKET
from tests.hosts import fedora_moby

if TYPE_CHECKING:
    from tests.hosts.machine import Machine

FAILS = {"distribution-support-ending": "note", "docker-is-podman": "note"}


def machine() -> Machine:
    machine = fedora_moby.base("fedora-podman")
    machine.gauges["interfaces"].pop("docker0")
    machine.stats["/run/podman/podman.sock"] = {"kind": SOCKET, "mode": 0o660}
    machine.links["/run/docker.sock"] = "/run/podman/podman.sock"
    for name in ("podman", "docker", "crun", "conmon"):
        machine.files[f"/usr/bin/{name}"] = b"\x7fELF"
    machine.unit("podman.socket")
    machine.stats["/var/lib/containers/storage"] = {"kind": DIRECTORY, "mode": 0o700}
    machine.process(3001, "podman", "/usr/bin/podman", "--log-level=info", "system", "service",
                    cgroup="0::/system.slice/podman.service\n")  # fmt: skip
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 1
    machine.peers["/run/podman/podman.sock"] = 1
    version = {
        "Platform": {"Name": "linux/amd64/fedora-43"},
        "Components": [
            {"Name": "Podman Engine", "Version": "5.6.2",
             "Details": {"APIVersion": "5.6.2", "Arch": "amd64", "MinAPIVersion": "4.0.0"}},
            {"Name": "Conmon", "Version": "conmon version 2.1.13, commit: ", "Details": {}},
            {"Name": "OCI Runtime (crun)", "Version": "crun version 1.24", "Details": {}},
        ],
        "Version": "5.6.2", "ApiVersion": "1.41", "MinAPIVersion": "1.24", "GitCommit": "9dd5e1e",
        "GoVersion": "go1.24.7", "Os": "linux", "Arch": "amd64", "KernelVersion": machine.release,
        "BuildTime": "2025-09-30T00:00:00Z",
    }  # fmt: skip
    info = machine.own({
        "ID": "5a1b6f3e", "Containers": 0, "ContainersRunning": 0, "ContainersPaused": 0,
        "ContainersStopped": 0, "Images": 1, "Driver": "overlay",
        "DriverStatus": [["Backing Filesystem", "btrfs"], ["Supports d_type", "true"],
                         ["Native Overlay Diff", "true"], ["Using metacopy", "false"]],
        "Plugins": {"Volume": ["local"], "Network": ["bridge", "macvlan"], "Authorization": None,
                    "Log": ["k8s-file", "none", "passthrough", "journald"]},
        "MemoryLimit": True, "SwapLimit": True, "KernelMemory": False, "CpuCfsPeriod": True,
        "CpuCfsQuota": True, "CPUShares": True, "CPUSet": True, "PidsLimit": True,
        "IPv4Forwarding": True, "BridgeNfIptables": False, "BridgeNfIp6tables": False,
        "Debug": False, "NFd": 14, "OomKillDisable": False, "NGoroutines": 11,
        "LoggingDriver": "", "CgroupDriver": "systemd", "CgroupVersion": "2",
        "OperatingSystem": "fedora", "OSVersion": "43", "OSType": "linux",
        "IndexServerAddress": "", "RegistryConfig": {"IndexConfigs": {}, "Mirrors": [],
                                                     "InsecureRegistryCIDRs": []},
        "DockerRootDir": "/var/lib/containers/storage", "HttpProxy": "", "HttpsProxy": "",
        "NoProxy": "", "Labels": None, "ExperimentalBuild": True, "ServerVersion": "5.6.2",
        "Runtimes": {"crun": {"path": "/usr/bin/crun"}}, "DefaultRuntime": "crun",
        "Swarm": {"NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive",
                  "ControlAvailable": False, "Error": "", "RemoteManagers": None},
        "LiveRestoreEnabled": False, "Isolation": "", "InitBinary": "",
        "ContainerdCommit": {"ID": "", "Expected": ""}, "RuncCommit": {"ID": "", "Expected": ""},
        "InitCommit": {"ID": "", "Expected": ""},
        "SecurityOptions": ["name=seccomp,profile=default", "name=selinux"], "Warnings": [],
    })  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", info, version)
    networks = [{"Name": "podman", "Id": "2f259bab", "Driver": "bridge", "Scope": "local",
                 "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.88.0.0/16"}]},
                 "Options": {}, "Labels": {}, "Containers": {}}]  # fmt: skip
    machine.engines["unix:///var/run/docker.sock"]["/networks"] = networks
    machine.run_answers("docker", "--version", out="podman version 5.6.2\n",
                        err="Emulate Docker CLI using podman.\n")  # fmt: skip
    machine.rpm(podman="5.6.2-1.fc43", podman_docker="5.6.2-1.fc43")
    return machine
