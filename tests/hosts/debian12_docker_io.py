"""Debian 12 with the distribution's docker.io 20.10, two containers, plain iptables firewall."""

from __future__ import annotations

from tests.hosts.docker_info import version_answer
from tests.hosts.machine import DATA, Machine, nat_rules, os_release, told
from tests.hosts.ubuntu_2204_upgraded import row

FAILS = {"engine-below-minimum": "note", "compose-missing": "note"}

OS = os_release(PRETTY_NAME="Debian GNU/Linux 12 (bookworm)", NAME="Debian GNU/Linux",
                VERSION_ID="12", VERSION="12 (bookworm)", VERSION_CODENAME="bookworm", ID="debian")  # fmt: skip
UNITS = DATA / "systemd-unit"


def machine() -> Machine:
    release = "6.1.0-41-amd64"
    machine = Machine("web-07", release, os=OS)
    machine.kernel()
    machine.systemd(252, "systemd-timesyncd.service")
    machine.network("ens3", "203.0.113.20", "203.0.113.1")
    machine.iptables("nft", nat_rules("v1.8.9 (nf_tables)", backend="old"))
    machine.links["/usr/sbin/iptables"] = "/etc/alternatives/iptables"
    machine.links["/etc/alternatives/iptables"] = "/usr/sbin/iptables-nft"
    machine.links["/usr/sbin/iptables-nft"] = "xtables-nft-multi"
    machine.files |= {
        "/sys/module/apparmor/parameters/enabled": b"Y\n",
        "/usr/sbin/apparmor_parser": b"\x7fELF",
        "/etc/sysctl.conf": b"#net.ipv4.ip_forward=1\n",
        "/etc/docker/daemon.json": b'{"log-opts": {"max-size": "20m", "max-file": "5"}}\n',
        "/proc/modules": b"br_netfilter 36864 0 - Live 0x0\noverlay 163840 2 - Live 0x0\n"
        b"veth 36864 0 - Live 0x0\nbridge 311296 1 br_netfilter, Live 0x0\n",
        "/etc/default/docker": b'#DOCKER_OPTS="--dns 8.8.8.8 --dns 8.8.4.4"\n',
    }
    machine.links["/etc/sysctl.d/99-sysctl.conf"] = "../sysctl.conf"
    machine.sysctls({"net/bridge/bridge-nf-call-iptables": "1", "vm/max_map_count": "65530",
                     "net/bridge/bridge-nf-call-ip6tables": "1"})  # fmt: skip
    machine.docker_files(program="/usr/sbin/dockerd")
    for name, pid in (("docker.service", "1210"), ("docker.socket", "0"),
                      ("containerd.service", "980")):  # fmt: skip
        machine.unit(name, text=(UNITS / name).read_text(), MainPID=pid, TasksMax="infinity",
                     Delegate="yes", KillMode="process", LimitNOFILE="1048576",
                     LimitNOFILESoft="1048576",
                     After="docker.socket containerd.service firewalld.service")  # fmt: skip
    machine.process(980, "containerd", "/usr/bin/containerd", oom=-999, soft="1048576",
                    hard="1048576")  # fmt: skip
    machine.process(1210, "dockerd", "/usr/sbin/dockerd", "-H", "fd://",
                    "--containerd=/run/containerd/containerd.sock", oom=-500, soft="1048576",
                    hard="1048576")  # fmt: skip
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 1210
    info = told("linux/fedora35-20.10.txt")[0] | {
        "ServerVersion": "20.10.24+dfsg1", "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "Containers": 2, "ContainersRunning": 2, "ContainersStopped": 0,
        "Containerd": None,
        "SecurityOptions": ["name=apparmor", "name=seccomp,profile=default", "name=cgroupns"],
    }  # fmt: skip
    info.pop("Containerd")
    answer = version_answer("20.10.24+dfsg1", kernel=release)
    answer["Components"] += [{"Name": "containerd", "Version": "1.6.20~ds1", "Details": {}},
                             {"Name": "runc", "Version": "1.1.5+ds1", "Details": {}},
                             {"Name": "docker-init", "Version": "0.19.0", "Details": {}}]  # fmt: skip
    rows = [row("a" * 64, "/web", "nginx:1.29", 80, 80), row("b" * 64, "/db", "postgres:17")]
    details = {f"containers/{r['Id']}/json": {"HostConfig": {"PortBindings": {}}} for r in rows}
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer, **details)
    machine.engines["unix:///var/run/docker.sock"]["/containers/json?all=1"] = rows
    for item in rows:
        machine.files[f"/var/lib/docker/containers/{item['Id']}/{item['Id']}-json.log"] = b"{}\n"
    machine.stats["/var/lib/docker/overlay2"] = {"kind": "directory", "mode": 0o710}
    machine.run_answers("docker", "--version", out="Docker version 20.10.24+dfsg1, build 297e128\n")
    machine.run_answers(
        "dockerd", "--version", out="Docker version 20.10.24+dfsg1, build 297e128\n"
    )
    machine.dpkg(docker__io="20.10.24+dfsg1-1+deb12u1+b2", containerd="1.6.20~ds1-1+deb12u1+b1",
                 runc="1.1.5+ds1-1+deb12u1")  # fmt: skip
    for package in ("docker.io", "containerd"):
        machine.files[f"/var/lib/dpkg/info/{package}.md5sums"] = (
            UNITS / f"{package}.md5sums"
        ).read_bytes()
    return machine
