"""A recorded Debian 12 host with systemd and Docker Engine 28.5.2: real outputs, pasted together."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from probes.model import judge
from probes.systemd_unit import PROPERTIES
from tests.fake_host import fake_host

DATA = Path(__file__).parents[1] / "data"
UNITS = DATA / "systemd-unit"
SHOW = (
    "systemctl",
    "show",
    f"--property={PROPERTIES}",
    "docker.service",
    "docker.socket",
    "containerd.service",
)
LIMITS = (UNITS / "limits-dockerd.txt").read_text()
CONFIG = (DATA / "kernel/config-6.18.txt").read_bytes()
MOUNTINFO_V1 = """\
23 1 0:22 / / rw,relatime - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
MOUNTINFO_V2 = """\
23 1 0:22 / / rw,relatime - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - cgroup2 cgroup2 rw,nsdelegate
"""
SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/eth0/forwarding": "1",
    "net/ipv4/conf/docker0/forwarding": "1",
    "net/ipv6/conf/all/forwarding": "0",
    "net/ipv6/conf/default/forwarding": "0",
    "fs/inotify/max_user_watches": "196608",
    "fs/inotify/max_user_instances": "128",
    "fs/file-nr": "1042\t0\t2466170",
    "vm/max_map_count": "65530",
    "vm/overcommit_memory": "0",
    "vm/swappiness": "60",
    "net/core/somaxconn": "4096",
    "kernel/pid_max": "4194304",
    "kernel/threads-max": "192730",
    "kernel/core_pattern": "core",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/maxkeys": "200",
    "net/ipv4/ip_unprivileged_port_start": "1024",
    "net/ipv4/ping_group_range": "1\t0",
    "net/bridge/bridge-nf-call-iptables": "1",
    "net/netfilter/nf_conntrack_count": "17",
    "net/netfilter/nf_conntrack_max": "262144",
    "user/max_user_namespaces": "96365",
}


def data(name: str) -> Any:
    text = (DATA / name).read_text()
    return json.loads(text) if name.endswith(".json") else text


def linux_host(**changes: Any) -> Any:
    """The host; ``files``, ``links``, ``runs``, ``engine`` and the like add to what it has.

    A file whose content is None is taken away.
    """
    info = data("network/info-28.json")
    info.update(CgroupVersion="2", CgroupDriver="systemd", DockerRootDir="/var/lib/docker")
    info.update(MemoryLimit=True, SwapLimit=True, CpuCfsQuota=True, PidsLimit=True, NFd=25)
    info.update(Driver="overlay2", LiveRestoreEnabled=False, Swarm={"LocalNodeState": "inactive"})
    networks = [n for n in data("network/networks-28.json") if n["Name"] in {"bridge", "host"}]
    answers: dict[str, Any] = {
        "engine": {
            "/version": data("network/version-28.json"),
            "/info": info,
            "/networks": networks,
            "/containers/json?all=1": [],
        },
        "files": {
            **{f"/proc/sys/{key}": f"{value}\n" for key, value in SYSCTLS.items()},
            "/proc/config.gz": gzip.compress(CONFIG),
            "/proc/filesystems": "nodev\tsysfs\n\text4\nnodev\toverlay\n",
            "/proc/modules": "overlay 163840 0 - Live 0x0\nbr_netfilter 36864 0 - Live 0x0\n",
            "/proc/self/mountinfo": MOUNTINFO_V2,
            "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
            "/sys/class/net/eth0/mtu": "1500\n",
            "/sys/class/net/docker0/mtu": "1500\n",
            "/proc/cmdline": "BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-amd64 root=UUID=1 ro quiet\n",
            "/proc/uptime": "86500.10 170000.00\n",
            "/proc/loadavg": "0.40 0.71 1.15 2/278 23241\n",
            "/proc/key-users": "    0:    28 27/27 22/1000000 764/25000000\n",
            "/proc/meminfo": "MemTotal:  24683732 kB\nCommitLimit: 12341864 kB\n"
            "Committed_AS: 1234186 kB\n",
            "/proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
            "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
            "/proc/pressure/io": "some avg10=0.56 avg60=1.43 avg300=0.99 total=7605073\n"
            "full avg10=0.39 avg60=1.12 avg300=0.82 total=6298220\n",
            "/proc/2/comm": "kthreadd\n",
            "/proc/1449/limits": LIMITS,
            "/proc/1449/cgroup": "0::/system.slice/docker.service\n",
            "/proc/1449/environ": b"PATH=/usr/bin\0",
            "/proc/1449/oom_score_adj": "-500\n",
            "/proc/57/limits": LIMITS,
            "/proc/57/oom_score_adj": "-999\n",
            "/run/systemd/system/x": "",
            "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
            "/proc/self/attr/current": "unconfined\n",
            "/lib/modules/6.1.0-28-amd64/kernel/fs/overlayfs/overlay.ko": "",
            "/lib/modules/6.1.0-28-amd64/modules.builtin": "kernel/fs/ext4/ext4.ko\n",
            "/lib/systemd/system/docker.service": data("systemd-unit/docker.service"),
            "/lib/systemd/system/docker.socket": data("systemd-unit/docker.socket"),
            "/lib/systemd/system/containerd.service": data("systemd-unit/containerd.service"),
            "/var/lib/dpkg/info/docker.io.md5sums": data("systemd-unit/docker.io.md5sums"),
            "/var/lib/dpkg/info/containerd.md5sums": data("systemd-unit/containerd.md5sums"),
            "/usr/sbin/xtables-nft-multi": "",
            "/etc/fstab": "UUID=1 / ext4 errors=remount-ro 0 1\n",
            "/etc/default/docker": '# DOCKER_OPTS="--dns 8.8.8.8"\n',
            "/etc/sysctl.conf": "#net.ipv4.ip_forward=1\n",
            "/etc/sysctl.d/README.sysctl": "",
            "/usr/lib/sysctl.d/50-pid-max.conf": "kernel.pid_max = 4194304\n",
            "/var/lib/docker/x": "",
            "/usr/sbin/dockerd": "",
            "/var/run/docker.sock": "",
        },
        "links": {
            "/proc/1449/ns/net": "net:[1]",
            "/proc/self/ns/net": "net:[1]",
            "/usr/sbin/iptables": "/etc/alternatives/iptables",
            "/etc/alternatives/iptables": "/usr/sbin/xtables-nft-multi",
            "/etc/sysctl.d/99-sysctl.conf": "/etc/sysctl.conf",
        },
        "runs": {
            SHOW: (0, data("systemd-unit/show-debian-12.txt"), ""),
            ("dmesg",): (0, "[ 1104.414796] veth4c9e3f2: left allmulticast mode\n", ""),
            ("ip", "-4", "route", "get", "1.1.1.1"): (
                0,
                "1.1.1.1 via 192.0.2.1 dev eth0 src 192.0.2.2 uid 0 \n    cache \n",
                "",
            ),
            ("systemctl", "--version"): (0, "systemd 252 (252.36-1~deb12u1)\n+PAM +AUDIT\n", ""),
        },
        "peers": {"/var/run/docker.sock": 1449},
        "gauges": {
            "processes": [
                [57, 1, 0, "containerd", ["/usr/bin/containerd"], 1.7e9],
                [1449, 1, 0, "dockerd", ["/usr/sbin/dockerd", "-H", "fd://"], 1.7e9],
            ],
            "memory": {"total": 1, "available": 1, "swap_total": 1 << 30, "swap_free": 1 << 30},
            "adjtimex": {"state": 0, "status": 1, "offset": 0, "maxerror": 21_000, "esterror": 0},
            "interfaces": {
                name: {"up": True, "mtu": 1500, "addresses": []} for name in ("eth0", "docker0")
            },
        },
    }
    for key, value in changes.items():
        given = answers.get(key, {})
        answers[key] = {**given, **value} if isinstance(value, dict) else value
        if isinstance(value, dict):
            answers[key] = {k: v for k, v in answers[key].items() if v is not None}
    return fake_host(**answers)


def verdicts(topic: Any, facts: Any, check: str) -> list[Any]:
    """All findings of one check."""
    return [f for c in topic.checks if c.id == check for f in judge(c, facts)]


def said(topic: Any, facts: Any, check: str) -> str:
    """The worst outcome of one check, with the severity where it failed."""
    found = verdicts(topic, facts, check)
    assert found, f"no check {check}"
    ranks = ["fail", "crash", "unknown", "skip", "pass"]
    worst = min(found, key=lambda f: (ranks.index(f.outcome), f.severity != "error"))
    if worst.outcome == "fail":
        assert worst.evidence
        assert worst.mend
        return f"fail {worst.severity}"
    return str(worst.outcome)


def loud(topic: Any, facts: Any) -> list[tuple[str, str, str]]:
    """All that is not pass or skip."""
    return [
        (f.id, f.outcome, f.summary)
        for c in topic.checks
        for f in judge(c, facts)
        if f.outcome not in {"pass", "skip"}
    ]


CONTAINER = "/containers/json?all=1"


def container(name: str, image: str, state: str = "running", created: int = 0) -> dict[str, Any]:
    return {"Id": f"{name}0123456789ab", "Names": [f"/{name}"], "Image": image, "State": state,
            "Created": created, "HostConfig": {"NetworkMode": "bridge"}}  # fmt: skip
