"""The snap docker on Ubuntu 24.04, its own configuration untouched; asked as root."""

from __future__ import annotations

from tests.fake_host import DIRECTORY, SOCKET
from tests.hosts import ubuntu_2404
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, told

FAILS = {"log-rotation-unbounded": "warning", "engine-snap": "warning"}
CURRENT = "/var/snap/docker/3377"


def machine() -> Machine:
    machine = ubuntu_2404.base("bilbo")
    info, _ = told("linux/ubuntu-snap-28.4.txt")
    common = "/var/snap/docker/common"
    machine.links["/var/snap/docker/current"] = "3377"
    machine.links["/snap/docker/current"] = "3377"
    machine.links["/snap/bin/docker"] = "/usr/bin/snap"
    machine.files |= {
        f"{CURRENT}/config/daemon.json": b'{\n    "log-level":        "error"\n}\n',
        "/snap/docker/3377/bin/dockerd": b"\x7fELF",
        "/usr/bin/snap": b"\x7fELF",
        "/etc/systemd/system/snap.docker.dockerd.service": b"[Unit]\nDescription=Service for snap "
        b"application docker.dockerd\n[Service]\nEnvironmentFile=-/etc/environment\n"
        b"ExecStart=/usr/bin/snap run docker.dockerd\nSyslogIdentifier=docker.dockerd\n"
        b"Restart=on-failure\nWorkingDirectory=/var/snap/docker/3377\nTimeoutStopSec=30\n"
        b"Type=simple\nTasksMax=infinity\nKillMode=process\nDelegate=true\n"
        b"[Install]\nWantedBy=multi-user.target\n",
    }
    for path in (f"{common}/var-lib-docker", f"{common}/var-lib-docker/containers",
                 f"{common}/var-lib-docker/overlay2", CURRENT):  # fmt: skip
        machine.stats[path] = {"kind": DIRECTORY, "mode": 0o710}
    machine.stats["/run/docker.sock"] = {"kind": SOCKET, "mode": 0o660}
    machine.mounts_of("/snap/docker/3377", "/dev/loop5", "squashfs", "ro")
    machine.unit("snap.docker.dockerd.service",
                 "/etc/systemd/system/snap.docker.dockerd.service", MainPID="1500",
                 TasksMax="infinity", Delegate="yes", KillMode="process",
                 LimitNOFILE="524288", LimitNOFILESoft="1024")  # fmt: skip
    cgroup = "0::/system.slice/snap.docker.dockerd.service\n"
    machine.process(1500, "dockerd", "dockerd", "--group", "docker", "--exec-root=/run/snap.docker",
                    f"--data-root={common}/var-lib-docker", "--pidfile=/run/snap.docker/docker.pid",
                    f"--config-file={CURRENT}/config/daemon.json", cgroup=cgroup)  # fmt: skip
    machine.process(1620, "containerd", "containerd", "--config",
                    "/run/snap.docker/containerd/containerd.toml", parent=1500, cgroup=cgroup)  # fmt: skip
    machine.links["/proc/1500/exe"] = "/snap/docker/3377/bin/dockerd"
    machine.files["/proc/1500/environ"] = b"SNAP=/snap/docker/3377\0SNAP_NAME=docker\0"
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 1500
    info |= {"Containerd": {"Address": "/run/snap.docker/containerd/containerd.sock"}}
    answer = version_answer(info["ServerVersion"], kernel=machine.release)
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer)
    machine.run_answers("docker", "--version", out="Docker version 28.4.0, build d8eb465\n")
    machine.dpkg()
    machine.files["/var/lib/dpkg/info/base-files.list"] = b"/.\n"
    return machine
