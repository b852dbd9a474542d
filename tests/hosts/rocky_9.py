"""Rocky Linux 9 with docker-ce: xfs, SELinux, firewalld, no legacy iptables modules; well set up."""

from __future__ import annotations

from tests.hosts.machine import Machine, nat_rules, os_release, space, told

FAILS: dict[str, str] = {}

OS = os_release(
    NAME="Rocky Linux", VERSION="9.6 (Blue Onyx)", ID="rocky", ID_LIKE="rhel centos fedora",
    VERSION_ID="9.6", PLATFORM_ID="platform:el9", PRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)",
)  # fmt: skip


def machine() -> Machine:
    release = "5.14.0-570.62.1.el9_6.x86_64"
    machine = Machine("rocky-db1", release, os=OS, memory=32 << 30)
    machine.kernel(raw=False)
    machine.systemd(252, "NetworkManager.service", "firewalld.service")
    machine.network("ens192", "10.20.0.15", "10.20.0.1")
    machine.iptables("nft", nat_rules("v1.8.10 (nf_tables)"))
    machine.run_answers("nmcli", "-t", "-f", "DEVICE,STATE", "device",
                        out="ens192:connected\nlo:connected (externally)\n"
                        "docker0:connected (externally)\n")  # fmt: skip
    machine.run_answers("firewall-cmd", "--get-active-zones", out="docker\n  interfaces: docker0\n"
                        "public\n  interfaces: ens192\n")  # fmt: skip
    machine.mounts_of("/", "/dev/mapper/rl-root", "xfs", "rw,seclabel,attr2,inode64,noquota")
    machine.mounts_of("/var", "/dev/mapper/rl-var", "xfs", "rw,seclabel,attr2,inode64,noquota")
    machine.vfs["/var"] = space(300, 210, 157_000_000)
    machine.files |= {
        "/sys/fs/selinux/enforce": b"1",
        "/proc/self/attr/current": b"unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023\n",
        "/etc/fstab": b"/dev/mapper/rl-root / xfs defaults 0 0\n"
        b"/dev/mapper/rl-var /var xfs defaults 0 0\n",
        "/etc/docker/daemon.json": b'{"log-driver": "local", "live-restore": true, '
        b'"selinux-enabled": true}\n',
        "/proc/filesystems": b"nodev\tsysfs\n\txfs\nnodev\toverlay\n",
    }
    machine.sysctls({"kernel/core_pattern": "|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c",
                     "vm/max_map_count": "65530"})  # fmt: skip
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "OperatingSystem": "Rocky Linux 9.6 (Blue Onyx)",
        "LoggingDriver": "local", "LiveRestoreEnabled": True,
        "Containerd": {"Address": "/run/containerd/containerd.sock", "Namespaces": {}},
        "FirewallBackend": {"Driver": "iptables+firewalld"},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=selinux", "name=cgroupns"],
    }  # fmt: skip
    machine.docker_ce(info, "29.10.0", soft="1024")
    machine.rpm(docker_ce="29.10.0-1.el9", docker_ce_cli="29.10.0-1.el9",
                containerd__io="2.4.2-1.el9", docker_buildx_plugin="0.36.0-1.el9",
                docker_compose_plugin="5.3.1-1.el9")  # fmt: skip
    machine.owns("docker-ce", "/usr/lib/systemd/system/docker.service",
                 "/usr/lib/systemd/system/docker.socket")  # fmt: skip
    machine.owns("containerd.io", "/usr/lib/systemd/system/containerd.service")
    return machine
