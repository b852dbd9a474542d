"""Void Linux: runit runs dockerd and containerd, elogind, cgroup v1 in hybrid mode, no systemd."""

from __future__ import annotations

from tests.fake_host import DIRECTORY
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, nat_rules, os_release, told

FAILS = {"log-rotation-unbounded": "warning"}
UNKNOWN = {"daemon-log-unreadable"}
"""runit's logger has it, wherever its owner put that."""

OS = os_release(NAME="Void", ID="void", PRETTY_NAME="Void Linux")


def machine() -> Machine:
    release = "6.12.58_1"
    machine = Machine("voidbox", release, os=OS)
    machine.kernel(config_at=f"/boot/config-{release}")
    machine.network("eth0")
    machine.iptables("nft", nat_rules("v1.8.11 (nf_tables)"))
    machine.docker_files()
    machine.plugins("/usr/libexec/docker/cli-plugins")
    machine.files |= {
        "/etc/sv/docker/run": b"#!/bin/sh\nexec chpst -o 1048576 -p 1048576 dockerd 2>&1\n",
        "/etc/runit/runsvdir/default/docker/run": b"",
        "/usr/lib/sysctl.d/10-void.conf": b"kernel.core_uses_pid=1\nfs.protected_hardlinks=1\n",
        "/var/db/xbps/pkgdb-0.38.plist": b"",
    }
    machine.run_answers("dmesg", out="[    0.000000] Linux version 6.12.58_1\n")
    machine.run_answers("getconf", "LONG_BIT", out="64\n")
    machine.stats["/var/lib/docker/containerd/daemon"] = {"kind": DIRECTORY, "mode": 0o711}
    for path in ("/run/runit", "/var/lib/docker/containers"):
        machine.stats[path] = {"kind": DIRECTORY}
    limits = {"soft": "1048576", "hard": "1048576", "cgroup": "0::/\n", "oom": -500}
    machine.process(901, "dockerd", "dockerd", parent=880, **limits)
    machine.process(930, "containerd", "containerd", "--config",
                    "/var/run/docker/containerd/containerd.toml", parent=901, **limits)  # fmt: skip
    machine.links["/proc/901/exe"] = "/usr/bin/dockerd"
    machine.links["/proc/901/fd/2"] = "pipe:[11873]"
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 901
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "OperatingSystem": "Void Linux", "CgroupDriver": "cgroupfs",
        "Containers": 0, "ContainersStopped": 0,
        "Containerd": {"Address": "/var/run/docker/containerd/containerd.sock", "Namespaces": {}},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip
    answer = version_answer("29.10.0", kernel=release)
    answer["Components"] += [{"Name": "containerd", "Version": "v2.4.2", "Details": {}},
                             {"Name": "runc", "Version": "1.4.3", "Details": {}}]  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer)
    machine.run_answers("docker", "--version", out="Docker version 29.10.0, build 1\n")
    machine.run_answers("dockerd", "--version", out="Docker version 29.10.0, build 1\n")
    return machine
