"""Fedora 42 with its own moby-engine: SELinux enforcing, firewalld, btrfs root, swap on zram."""

from __future__ import annotations

from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, nat_rules, os_release, space, told

FAILS = {"distribution-support-ending": "note"}

OS = os_release(
    NAME="Fedora Linux", VERSION="43 (Workstation Edition)", ID="fedora", VERSION_ID="43",
    PRETTY_NAME="Fedora Linux 43 (Workstation Edition)", VARIANT_ID="workstation",
)  # fmt: skip
UNIT = """\
[Unit]
Description=Docker Application Container Engine
Documentation=https://docs.docker.com
After=network-online.target docker.socket firewalld.service containerd.service
Wants=network-online.target
Requires=docker.socket containerd.service

[Service]
Type=notify
EnvironmentFile=-/etc/sysconfig/docker
EnvironmentFile=-/etc/sysconfig/docker-storage
EnvironmentFile=-/etc/sysconfig/docker-network
Environment=DOCKER_HTTP_HOST_COMPAT=1
ExecStart=/usr/bin/dockerd \\
          --host=fd:// \\
          --exec-opt native.cgroupdriver=systemd \\
          $OPTIONS \\
          $DOCKER_STORAGE_OPTIONS \\
          $DOCKER_NETWORK_OPTIONS \\
          $INSECURE_REGISTRY
ExecReload=/bin/kill -s HUP $MAINPID
TimeoutSec=0
RestartSec=2
Restart=always
StartLimitBurst=3
StartLimitInterval=60s
LimitNOFILE=infinity
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
Delegate=yes
KillMode=process
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
"""
OPTIONS = (
    "--selinux-enabled --log-driver=journald --live-restore --default-ulimit nofile=1024:1024 "
    "--init-path /usr/bin/docker-init --userland-proxy-path /usr/bin/docker-proxy"
)


def base(
    hostname: str = "fedora", release: str = "6.17.7-300.fc43.x86_64", os: str = OS
) -> Machine:
    machine = Machine(hostname, release, os=os, swap=8 << 30)
    machine.kernel(config_at=f"/usr/lib/modules/{release}/config")
    machine.systemd(258, "NetworkManager.service", "firewalld.service", "systemd-resolved.service")
    machine.network("wlp2s0", "192.168.178.44", "192.168.178.1")
    machine.iptables("nft", nat_rules("v1.8.11 (nf_tables)"))
    machine.run_answers("nmcli", "-t", "-f", "DEVICE,STATE", "device",
                        out="wlp2s0:connected\nlo:connected (externally)\n"
                        "docker0:connected (externally)\n")  # fmt: skip
    machine.run_answers("firewall-cmd", "--get-active-zones", out="docker\n  interfaces: docker0\n"
                        "FedoraWorkstation (default)\n  interfaces: wlp2s0\n")  # fmt: skip
    machine.mounts_of(
        "/", "/dev/nvme0n1p3", "btrfs", "rw,compress=zstd:1,subvolid=257,subvol=/root"
    )
    machine.mounts_of("/home", "/dev/nvme0n1p3", "btrfs", "rw,subvolid=256,subvol=/home")
    machine.vfs["/"] = machine.vfs["/home"] = (*space(475, 320)[:3], 0, 0)
    machine.files |= {
        "/sys/fs/selinux/enforce": b"1",
        "/proc/self/attr/current": b"unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023\n",
        "/etc/resolv.conf": b"nameserver 127.0.0.53\noptions edns0 trust-ad\n",
        "/run/systemd/resolve/resolv.conf": b"nameserver 192.168.178.1\n",
        "/usr/lib/sysctl.d/10-default-yama-scope.conf": b"kernel.yama.ptrace_scope = 0\n",
        "/proc/filesystems": b"nodev\tsysfs\n\tbtrfs\nnodev\toverlay\n",
        "/etc/fstab": b"UUID=1 / btrfs subvol=root,compress=zstd:1 0 0\n"
        b"UUID=1 /home btrfs subvol=home 0 0\n",
    }
    machine.sysctls({"kernel/core_pattern": "|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c",
                     "fs/inotify/max_user_watches": "524288"})  # fmt: skip
    return machine


def machine() -> Machine:
    machine = base()
    version = "29.10.0"
    machine.docker_files()
    machine.plugins()
    machine.files["/etc/sysconfig/docker"] = (
        "# /etc/sysconfig/docker\n\n# Modify these options if you want to change the way the "
        f'docker daemon runs\nOPTIONS="{OPTIONS}"\n'
    ).encode()
    machine.unit("docker.service", text=UNIT, MainPID="1310", TasksMax="infinity", Delegate="yes",
                 KillMode="process", LimitNOFILE="infinity", LimitNOFILESoft="infinity",
                 After="docker.socket firewalld.service containerd.service network-online.target")  # fmt: skip
    machine.unit("docker.socket", text="[Socket]\nListenStream=/run/docker.sock\nSocketMode=0660\n"
                 "SocketUser=root\nSocketGroup=docker\n")  # fmt: skip
    machine.unit("containerd.service", text="[Service]\nExecStart=/usr/bin/containerd\nType=notify\n"
                 "Delegate=yes\nKillMode=process\nRestart=always\nLimitNPROC=infinity\n"
                 "LimitCORE=infinity\nTasksMax=infinity\nOOMScoreAdjust=-999\n",
                 MainPID="1100", TasksMax="infinity", Delegate="yes", KillMode="process",
                 UnitFileState="disabled")  # fmt: skip
    machine.process(1100, "containerd", "/usr/bin/containerd", oom=-999)
    machine.process(1310, "dockerd", "/usr/bin/dockerd", "--host=fd://", "--exec-opt",
                    "native.cgroupdriver=systemd", *OPTIONS.split(), soft="1073741816",
                    hard="1073741816", oom=-500)  # fmt: skip
    machine.peers["/run/docker.sock"] = machine.peers["/var/run/docker.sock"] = 1310
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": version, "OperatingSystem": "Fedora Linux 43 (Workstation Edition)",
        "LoggingDriver": "journald", "LiveRestoreEnabled": True,
        "Containerd": {"Address": "/run/containerd/containerd.sock", "Namespaces": {}},
        "FirewallBackend": {"Driver": "iptables+firewalld"},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=selinux", "name=cgroupns"],
    }  # fmt: skip
    answer = version_answer(version, kernel=machine.release)
    answer["Components"] += [{"Name": "containerd", "Version": "2.4.2", "Details": {}},
                             {"Name": "runc", "Version": "1.4.3", "Details": {}}]  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer)
    machine.run_answers("docker", "--version", out=f"Docker version {version}, build 1.fc43\n")
    machine.run_answers("dockerd", "--version", out=f"Docker version {version}, build 1.fc43\n")
    machine.rpm(moby_engine="29.10.0-1.fc43", docker_cli="29.10.0-1.fc43",
                containerd="2.4.2-1.fc43", runc="1.4.3-1.fc43", docker_buildx="0.36.0-1.fc43",
                docker_compose="5.3.1-1.fc43")  # fmt: skip
    machine.owns("moby-engine", "/usr/lib/systemd/system/docker.service")
    machine.owns("containerd", "/usr/lib/systemd/system/containerd.service")
    return machine
