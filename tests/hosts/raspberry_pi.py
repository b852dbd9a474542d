"""Raspberry Pi OS 12 with docker-ce: the firmware switches the memory controller off."""

from __future__ import annotations

from tests.hosts.machine import Machine, os_release, space, told

FAILS = {"log-rotation-unbounded": "warning", "memory-cgroup-off": "warning"}

OS = os_release(PRETTY_NAME="Debian GNU/Linux 12 (bookworm)", NAME="Debian GNU/Linux",
                VERSION_ID="12", VERSION="12 (bookworm)", VERSION_CODENAME="bookworm", ID="debian")  # fmt: skip


def machine() -> Machine:
    release = "6.12.47+rpt-rpi-v8"
    machine = Machine("raspberrypi", release, os=OS, machine="aarch64", memory=8 << 30,
                      swap=200 << 20, cpus=4)  # fmt: skip
    machine.kernel()
    machine.systemd(252, "NetworkManager.service", "systemd-timesyncd.service")
    machine.network("wlan0", "192.168.178.61", "192.168.178.1")
    machine.run_answers("nmcli", "-t", "-f", "DEVICE,STATE", "device",
                        out="wlan0:connected\nlo:connected (externally)\n"
                        "docker0:connected (externally)\n")  # fmt: skip
    machine.iptables()
    machine.files |= {
        "/sys/fs/cgroup/cgroup.controllers": b"cpuset cpu io pids\n",
        "/proc/cmdline": b"coherent_pool=1M 8250.nr_uarts=0 snd_bcm2835.enable_headphones=0 "
        b"cgroup_disable=memory numa_policy=interleave console=ttyS0,115200 console=tty1 "
        b"root=PARTUUID=4d2a rootfstype=ext4 fsck.repair=yes rootwait\n",
        "/boot/firmware/cmdline.txt": b"console=serial0,115200 console=tty1 root=PARTUUID=4d2a "
        b"rootfstype=ext4 fsck.repair=yes rootwait\n",
        "/etc/sysctl.conf": b"",
        "/sys/devices/system/clocksource/clocksource0/current_clocksource": b"arch_sys_counter\n",
    }
    machine.mounts_of("/", "/dev/mmcblk0p2", "ext4")
    machine.vfs["/"] = space(117, 90)
    for name in ("memory", "io"):
        machine.files.pop(f"/proc/pressure/{name}")  # the kernel has psi=0
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "MemoryLimit": False, "SwapLimit": False, "Containers": 0, "ContainersStopped": 0,
        "Containerd": {"Address": "/run/containerd/containerd.sock", "Namespaces": {}},
        "Warnings": ["WARNING: No memory limit support", "WARNING: No swap limit support"],
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip
    machine.docker_ce(info, "29.10.0", Arch="arm64")
    machine.dpkg(docker_ce="5:29.10.0-1~debian.12~bookworm", docker_ce_cli="5:29.10.0-1",
                 containerd__io="2.4.2-1", docker_buildx_plugin="0.36.0-1",
                 docker_compose_plugin="5.3.1-1")  # fmt: skip
    machine.owns("docker-ce", "/usr/lib/systemd/system/docker.service",
                 "/usr/lib/systemd/system/docker.socket")  # fmt: skip
    return machine
