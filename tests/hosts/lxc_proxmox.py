"""docker-ce in an unprivileged LXC container of Proxmox VE 8 (nesting=1,keyctl=1), Debian 12."""

from __future__ import annotations

from tests.hosts.machine import Machine, os_release, space, told

FAILS = {"log-rotation-unbounded": "warning", "lxc-blocks-runc": "warning"}

OS = os_release(PRETTY_NAME="Debian GNU/Linux 12 (bookworm)", NAME="Debian GNU/Linux",
                VERSION_ID="12", VERSION="12 (bookworm)", VERSION_CODENAME="bookworm", ID="debian")  # fmt: skip


def machine() -> Machine:
    release = "6.8.12-16-pve"
    machine = Machine("docker-ct", release, os=OS, swap=512 << 20, cpus=4, memory=8 << 30)
    machine.systemd(252, "systemd-networkd.service")
    machine.network("eth0", "192.168.1.105")
    machine.iptables()
    machine.files |= {
        "/run/systemd/container": b"lxc",
        "/dev/.lxc/proc": b"",
        "/proc/2/comm": b"lxc-init\n",
        "/proc/self/attr/current": b"lxc-105_</var/lib/lxc>//&:lxc-105_<-var-lib-lxc>:unconfined\n",
        "/sys/module/apparmor/parameters/enabled": b"Y\n",
        "/proc/cmdline": b"BOOT_IMAGE=/boot/vmlinuz-6.8.12-16-pve root=/dev/mapper/pve-root ro quiet\n",
        "/etc/fstab": b"# UNCONFIGURED FSTAB FOR BASE SYSTEM\n",
        "/etc/systemd/network/eth0.network": b"[Match]\nName=eth0\n\n[Network]\nDHCP = ipv4\n",
        "/sys/fs/cgroup/cgroup.controllers": b"cpuset cpu io memory hugetlb pids rdma misc\n",
        "/sys/fs/cgroup/memory.max": b"8589934592\n",
        "/etc/sysctl.conf": b"",
    }
    del machine.files["/proc/2/comm"]
    for name in ("sda", "overlay"):
        machine.files.pop(f"/proc/{name}", None)
    machine.run_answers("dmesg", code=1,
                        err="dmesg: read kernel buffer failed: Operation not permitted\n")  # fmt: skip
    machine.mounts_of("/", "/dev/mapper/pve-vm--105--disk--0", "ext4")
    machine.vfs["/"] = space(100, 70)
    machine.sysctls({"kernel/apparmor_restrict_unprivileged_userns": None})
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "Containers": 0, "ContainersStopped": 0,
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "Containerd": {"Address": "/run/containerd/containerd.sock", "Namespaces": {}},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip
    machine.docker_ce(info, "29.10.0")
    for pid in (980, 1210):
        machine.files[f"/proc/{pid}/oom_score_adj"] = b"0\n"
    machine.dpkg(docker_ce="5:29.10.0-1~debian.12~bookworm", docker_ce_cli="5:29.10.0-1",
                 containerd__io="2.4.2-1", docker_buildx_plugin="0.36.0-1",
                 docker_compose_plugin="5.3.1-1")  # fmt: skip
    return machine
