"""Amazon Linux 2023 on EC2 with its own docker 25: jumbo frames, nofile in sysconfig."""

from __future__ import annotations

from tests.hosts.docker_info import version_answer
from tests.hosts.machine import CONTAINERD_UNIT, Machine, nat_rules, os_release, told

FAILS = {"log-rotation-unbounded": "warning", "compose-missing": "note"}

OS = os_release(NAME="Amazon Linux", VERSION="2023", ID="amzn", ID_LIKE="fedora",
                VERSION_ID="2023", PRETTY_NAME="Amazon Linux 2023.9.20251117")  # fmt: skip
UNIT = """\
[Unit]
Description=Docker Application Container Engine
Documentation=https://docs.docker.com
After=network-online.target docker.socket firewalld.service containerd.service time-set.target
Wants=network-online.target containerd.service
Requires=docker.socket

[Service]
Type=notify
EnvironmentFile=-/etc/sysconfig/docker
EnvironmentFile=-/etc/sysconfig/docker-storage
EnvironmentFile=-/run/docker/runtimes.env
ExecStartPre=/bin/mkdir -p /run/docker
ExecStartPre=/usr/libexec/docker/docker-setup-runtimes.sh
ExecStart=/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $OPTIONS $DOCKER_STORAGE_OPTIONS $DOCKER_ADD_RUNTIMES
ExecReload=/bin/kill -s HUP $MAINPID
LimitNOFILE=infinity
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Delegate=yes
KillMode=process
Restart=on-failure
StartLimitBurst=3
StartLimitInterval=60s
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
"""


def machine() -> Machine:
    release = "6.1.158-180.294.amzn2023.x86_64"
    machine = Machine("ip-10-0-1-23.ec2.internal", release, os=OS, swap=0, memory=8 << 30, cpus=2)
    machine.kernel()
    machine.systemd(252, "systemd-networkd.service", "systemd-resolved.service")
    machine.network("ens5", "10.0.1.23", "10.0.1.1", mtu=9001)
    machine.iptables("nft", nat_rules("v1.8.8 (nf_tables)", backend="old"))
    machine.docker_files()
    machine.files |= {
        "/sys/fs/selinux/enforce": b"0",
        "/proc/self/attr/current": b"unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023\n",
        "/etc/sysconfig/docker": b"# The max number of open files for the daemon itself, and all\n"
        b"# running containers.  The default value of 1048576 mirrors the value\n"
        b"# used by the systemd service unit.\nDAEMON_MAXFILES=1048576\n\n"
        b"# Additional startup options for the Docker daemon\n"
        b'OPTIONS="--default-ulimit nofile=32768:65536"\n\nDAEMON_PIDFILE_TIMEOUT=10\n',
        "/etc/systemd/network/x": b"",
        "/usr/lib/systemd/network/80-ec2.network": b"[Match]\nDriver=ena ixgbevf vif xen_netfront\n"
        b"\n[Link]\nMTUBytes=9001\n\n[Network]\nDHCP=yes\nIPv6DuplicateAddressDetection=0\n",
        "/run/systemd/network/70-ens5.network": b"[Match]\nMACAddress=0a:ff:c2:1d:aa:01\nKind=!*\n"
        b"[Network]\nDHCP=yes\n",
        "/etc/resolv.conf": b"nameserver 10.0.0.2\nsearch ec2.internal\n",
        "/proc/modules": b"br_netfilter 36864 0 - Live 0x0\noverlay 163840 2 - Live 0x0\n"
        b"veth 36864 0 - Live 0x0\nbridge 311296 1 br_netfilter, Live 0x0\n",
        "/usr/lib/sysctl.d/00-defaults.conf": b"net.ipv4.conf.all.rp_filter = 1\nkernel.printk=8 4 1 7\n",
    }
    machine.mounts_of("/", "/dev/nvme0n1p1", "xfs")
    machine.sysctls({"net/bridge/bridge-nf-call-iptables": "1", "vm/max_map_count": "65530"})
    machine.unit("docker.service", text=UNIT, MainPID="1210", TasksMax="infinity", Delegate="yes",
                 KillMode="process", LimitNOFILE="infinity", LimitNOFILESoft="infinity",
                 After="docker.socket containerd.service")  # fmt: skip
    machine.unit("docker.socket", text="[Socket]\nListenStream=/run/docker.sock\n")
    machine.unit("containerd.service", text=CONTAINERD_UNIT + "LimitNOFILE=infinity\n", MainPID="980",
                 TasksMax="infinity", Delegate="yes", KillMode="process",
                 LimitNOFILE="infinity", LimitNOFILESoft="infinity")  # fmt: skip
    machine.process(980, "containerd", "/usr/bin/containerd", oom=-999, soft="1073741816",
                    hard="1073741816")  # fmt: skip
    machine.process(1210, "dockerd", "/usr/bin/dockerd", "-H", "fd://",
                    "--containerd=/run/containerd/containerd.sock", "--default-ulimit",
                    "nofile=32768:65536", oom=-500, soft="1073741816", hard="1073741816")  # fmt: skip
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 1210
    info = told("linux/fedora35-20.10.txt")[0] | {
        "ServerVersion": "25.0.13", "OperatingSystem": "Amazon Linux 2023.9.20251117",
        "Containers": 0, "ContainersStopped": 0,
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip
    answer = version_answer("25.0.13", kernel=release)
    answer["Components"] += [{"Name": "containerd", "Version": "2.1.4", "Details": {}},
                             {"Name": "runc", "Version": "1.3.3", "Details": {}}]  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer)
    machine.stats["/var/lib/docker/overlay2"] = {"kind": "directory", "mode": 0o710}
    machine.files["/usr/libexec/docker/cli-plugins/docker-buildx"] = b"\x7fELF"
    machine.stats["/usr/libexec/docker/cli-plugins/docker-buildx"] = {"mode": 0o755}
    machine.run_answers("docker", "--version", out="Docker version 25.0.13, build 0bab007\n")
    machine.run_answers("dockerd", "--version", out="Docker version 25.0.13, build 165516e\n")
    machine.rpm(docker="25.0.13-1.amzn2023.0.2", containerd="2.1.4-1.amzn2023.0.2",
                runc="1.3.3-2.amzn2023.0.1")  # fmt: skip
    machine.owns("docker", "/usr/lib/systemd/system/docker.service")
    machine.owns("containerd", "/usr/lib/systemd/system/containerd.service")
    return machine
