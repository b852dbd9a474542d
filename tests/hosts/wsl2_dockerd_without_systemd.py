"""Ubuntu in WSL 2 without systemd, whose dockerd somebody has started by hand, with gradual reclaim.

The trouble with gradual (microsoft/WSL#10497) is one of systemd's: there is none here.
"""

from __future__ import annotations

from tests.fake_host import DIRECTORY
from tests.hosts import wsl2_own_dockerd
from tests.hosts.desktop_machine import InsideWsl, version_of
from tests.hosts.machine import told
from tests.hosts.windows_11_wsl2_desktop import WSLCONFIG
from tests.hosts.wsl2_own_dockerd import around

FAILS = {"wsl-systemd-off": "note", "log-rotation-unbounded": "warning"}
UNKNOWN = wsl2_own_dockerd.UNKNOWN | {"daemon-log-unreadable"}


def machine() -> InsideWsl:
    machine = InsideWsl(
        around(WSLCONFIG.replace("dropCache", "gradual")),
        systemd=False, wsl_conf="[user]\ndefault=ann\n",
    )  # fmt: skip
    machine.network("eth0", "172.29.112.5", "172.29.112.1")
    machine.docker_files()
    machine.stats["/var/lib/docker/containerd/daemon"] = {"kind": DIRECTORY, "mode": 0o711}
    machine.plugins()
    machine.files["/sys/module/overlay/parameters/metacopy"] = b"N\n"
    machine.process(980, "containerd", "containerd", "--config", "/var/run/docker/containerd/"
                    "containerd.toml", parent=811, cgroup="0::/\n", soft="1048576", hard="1048576")  # fmt: skip
    machine.process(811, "dockerd", "dockerd", cgroup="0::/\n", soft="1048576", hard="1048576")
    machine.peers["/run/docker.sock"] = machine.peers["/var/run/docker.sock"] = 811
    info = machine.own(told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "Containers": 0, "ContainersStopped": 0,
        "CgroupDriver": "cgroupfs",
        "Containerd": {"Address": "/var/run/docker/containerd/containerd.sock", "Namespaces": {}},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    })  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", info,
                    version_of(info, "Docker Engine - Community"))  # fmt: skip
    machine.run_answers("docker", "--version", out="Docker version 29.10.0, build 0000000\n")
    machine.run_answers("dockerd", "--version", out="Docker version 29.10.0, build 0000000\n")
    machine.dpkg(
        docker_ce="5:29.10.0-1~ubuntu.24.04~noble", docker_ce_cli="5:29.10.0-1~ubuntu.24.04~noble",
        containerd__io="2.4.2-1~ubuntu.24.04~noble", docker_buildx_plugin="0.36.0-1",
        docker_compose_plugin="5.3.1-1",
    )  # fmt: skip
    return machine
