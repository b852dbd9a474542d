"""Alpine 3.23 with OpenRC: dockerd starts its own containerd; BusyBox instead of iproute2."""

from __future__ import annotations

from tests.fake_host import DIRECTORY
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, nat_rules, os_release, told

FAILS = {
    "log-rotation-unbounded": "warning", "ip-forward-reset-by-file": "note",
    "memory-below-recommended": "note",
}  # fmt: skip

OS = os_release(NAME="Alpine Linux", ID="alpine", VERSION_ID="3.23.2",
                PRETTY_NAME="Alpine Linux v3.23")  # fmt: skip


def machine() -> Machine:
    release = "6.18.2-0-lts"
    machine = Machine("alp", release, os=OS, memory=4 << 30, swap=0, cpus=2)
    machine.kernel()
    machine.network(iproute=False)
    machine.iptables("nft", nat_rules("v1.8.11 (nf_tables)"))
    machine.docker_files(group=101)
    machine.plugins("/usr/libexec/docker/cli-plugins")
    machine.stats["/run/openrc"] = {"kind": DIRECTORY}
    machine.stats["/var/lib/docker/containerd/daemon"] = {"kind": DIRECTORY, "mode": 0o711}
    machine.files |= {
        "/usr/sbin/openrc-run": b"\x7fELF",
        "/etc/init.d/docker": b"#!/sbin/openrc-run\nsupervisor=supervise-daemon\n"
        b"command=/usr/bin/dockerd\n",
        "/etc/conf.d/docker": b'# /etc/conf.d/docker\n#DOCKER_OPTS=""\n',
        "/usr/lib/sysctl.d/00-alpine.conf": b"net.ipv4.ip_forward = 0\n"
        b"net.ipv4.tcp_syncookies = 1\n",
        "/etc/sysctl.conf": b"# content of this file will override /etc/sysctl.d/*\n",
        "/var/log/docker.log": b'time="2026-11-21T06:40:20.1Z" level=info msg="Starting up"\n'
        b'time="2026-11-21T06:40:21.1Z" level=info msg="Daemon has completed initialization"\n',
        "/usr/lib/apk/db/installed": b"".join(
            f"P:{n}\nV:{v}\nA:x86_64\n\n".encode()
            for n, v in {
                "docker": "29.10.0-r0",
                "docker-engine": "29.10.0-r0",
                "docker-cli": "29.10.0-r0",
                "docker-openrc": "29.10.0-r0",
                "containerd": "2.4.2-r0",
                "runc": "1.4.3-r0",
                "docker-cli-buildx": "0.36.0-r0",
                "docker-cli-compose": "5.3.1-r0",
            }.items()
        ),
    }
    machine.stats["/var/log/docker.log"] = {"mtime": 1_795_243_200.0}
    machine.run_answers("dmesg", out="[    0.000000] Linux version 6.18.2-0-lts\n")
    machine.run_answers("getconf", "LONG_BIT", out="64\n")
    machine.process(2210, "dockerd", "/usr/bin/dockerd", parent=2209,
                    cgroup="0::/openrc.docker\n", soft="1048576", hard="1048576")  # fmt: skip
    machine.process(2231, "containerd", "containerd", "--config",
                    "/var/run/docker/containerd/containerd.toml", parent=2210,
                    cgroup="0::/openrc.docker\n", soft="1048576", hard="1048576", oom=-500)  # fmt: skip
    machine.links["/proc/2210/fd/2"] = "/var/log/docker.log"
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 2210
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "OperatingSystem": "Alpine Linux v3.23",
        "CgroupDriver": "cgroupfs", "SecurityOptions": ["name=seccomp,profile=builtin",
                                                        "name=cgroupns"],
        "Containerd": {"Address": "/var/run/docker/containerd/containerd.sock", "Namespaces": {}},
    }  # fmt: skip
    answer = version_answer("29.10.0", kernel=release)
    answer["Components"] += [{"Name": "containerd", "Version": "v2.4.2", "Details": {}},
                             {"Name": "runc", "Version": "1.4.3", "Details": {}}]  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer)
    machine.run_answers("docker", "--version", out="Docker version 29.10.0, build 1\n")
    machine.run_answers("dockerd", "--version", out="Docker version 29.10.0, build 1\n")
    return machine
