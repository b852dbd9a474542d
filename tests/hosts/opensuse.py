"""openSUSE Tumbleweed with its own docker: version with -ce, btrfs subvolumes, firewalld."""

from __future__ import annotations

from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, nat_rules, os_release, space, told

FAILS = {"selinux-unused": "note"}

OS = os_release(NAME="openSUSE Tumbleweed", ID="opensuse-tumbleweed", ID_LIKE="opensuse suse",
                VERSION_ID="20261118", PRETTY_NAME="openSUSE Tumbleweed")  # fmt: skip
UNIT = """\
[Unit]
Description=Docker Application Container Engine
Documentation=http://docs.docker.com
After=network-online.target docker.socket firewalld.service containerd.service time-set.target
Wants=network-online.target
Requires=docker.socket containerd.service

[Service]
EnvironmentFile=/etc/sysconfig/docker

# While Docker has support for socket activation (-H fd://), this is not
# enabled by default because enabling socket activation means that on boot your
# containers won't start until someone tries to administer the Docker daemon.
Type=notify
ExecStart=/usr/bin/dockerd --add-runtime oci=/usr/sbin/runc $DOCKER_NETWORK_OPTIONS $DOCKER_OPTS
ExecReload=/bin/kill -s HUP $MAINPID

# Having non-zero Limit*s causes performance problems due to accounting overhead
# in the kernel. We recommend using cgroups to do container-local accounting.
LimitNOFILE=infinity
LimitNPROC=infinity
LimitCORE=infinity

TasksMax=infinity
Delegate=yes
KillMode=process
Restart=on-failure
StartLimitBurst=3
StartLimitInterval=60s

[Install]
WantedBy=multi-user.target
"""


def machine() -> Machine:
    release = "6.17.8-1-default"
    machine = Machine("suse", release, os=OS)
    machine.kernel(config_at=f"/usr/lib/modules/{release}/config")
    machine.systemd(258, "NetworkManager.service", "firewalld.service")
    machine.network("eth0", "192.168.0.31", "192.168.0.1")
    machine.run_answers("nmcli", "-t", "-f", "DEVICE,STATE", "device",
                        out="eth0:connected\ndocker0:connected (externally)\n")  # fmt: skip
    machine.run_answers("firewall-cmd", "--get-active-zones", out="docker\n  interfaces: docker0\n"
                        "public (default)\n  interfaces: eth0\n")  # fmt: skip
    machine.iptables("nft", nat_rules("v1.8.11 (nf_tables)"))
    machine.mounts_of(
        "/", "/dev/vda2", "btrfs", "rw,ssd,subvolid=267,subvol=/@/.snapshots/1/snapshot"
    )
    machine.mounts_of("/var", "/dev/vda2", "btrfs", "rw,ssd,subvolid=258,subvol=/@/var")
    machine.vfs["/"] = machine.vfs["/var"] = (*space(200, 150)[:3], 0, 0)
    machine.docker_files()
    machine.files |= {
        "/usr/sbin/runc": b"\x7fELF",
        "/etc/sysconfig/docker": b"## Path           : System/Management\n## Type : string\n"
        b'DOCKER_OPTS=""\n',
        "/etc/docker/daemon.json": b'{\n  "log-level": "warn",\n  "log-driver": "json-file",\n'
        b'  "log-opts": {\n    "max-size": "10m",\n    "max-file": "5"\n  }\n}\n',
        "/etc/fstab": b"UUID=1  /  btrfs  defaults  0  0\nUUID=1 /var btrfs subvol=/@/var 0 0\n",
        "/sys/module/apparmor/parameters/enabled": b"N\n",
        "/sys/fs/selinux/enforce": b"1",
        "/usr/lib/sysctl.d/50-default.conf": b"net.ipv4.conf.all.rp_filter = 2\n",
        "/proc/filesystems": b"nodev\tsysfs\n\tbtrfs\nnodev\toverlay\n",
    }
    machine.unit("docker.service", text=UNIT, MainPID="1210", TasksMax="infinity", Delegate="yes",
                 KillMode="process", LimitNOFILE="infinity", LimitNOFILESoft="infinity",
                 After="docker.socket containerd.service firewalld.service")  # fmt: skip
    machine.unit(
        "docker.socket", text="[Socket]\nListenStream=/run/docker.sock\nSocketGroup=docker\n"
    )
    machine.unit("containerd.service", text="[Service]\nExecStart=/usr/sbin/containerd\nDelegate=yes\n"
                 "KillMode=process\nLimitNOFILE=1048576\nTasksMax=infinity\n", MainPID="980",
                 TasksMax="infinity", Delegate="yes", KillMode="process",
                 LimitNOFILE="1048576", LimitNOFILESoft="1048576")  # fmt: skip
    machine.process(980, "containerd", "/usr/sbin/containerd", oom=-999, soft="1048576",
                    hard="1048576")  # fmt: skip
    machine.process(1210, "dockerd", "/usr/bin/dockerd", "--add-runtime", "oci=/usr/sbin/runc",
                    soft="1073741816", hard="1073741816", oom=-500)  # fmt: skip
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 1210
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0-ce", "OperatingSystem": "openSUSE Tumbleweed", "Containers": 0,
        "ContainersStopped": 0,
        "Containerd": {"Address": "/run/containerd/containerd.sock", "Namespaces": {}},
        "FirewallBackend": {"Driver": "iptables+firewalld"},
        "Runtimes": {"io.containerd.runc.v2": {"path": "runc"}, "oci": {"path": "/usr/sbin/runc"},
                     "runc": {"path": "runc"}},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip
    answer = version_answer("29.10.0-ce", kernel=release)
    answer["Components"] += [{"Name": "containerd", "Version": "v2.4.2", "Details": {}},
                             {"Name": "runc", "Version": "1.4.3", "Details": {}}]  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer)
    machine.plugins("/usr/lib/docker/cli-plugins")
    machine.run_answers("docker", "--version", out="Docker version 29.10.0-ce, build 1\n")
    machine.run_answers("dockerd", "--version", out="Docker version 29.10.0-ce, build 1\n")
    machine.rpm(docker="29.10.0_ce-1.1", containerd="2.4.2-1.1", runc="1.4.3-1.1",
                docker_buildx="0.36.0-1.1", docker_compose="5.3.1-1.1")  # fmt: skip
    machine.owns("docker", "/usr/lib/systemd/system/docker.service")
    machine.owns("containerd", "/usr/lib/systemd/system/containerd.service")
    return machine
