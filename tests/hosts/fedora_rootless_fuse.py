"""Fedora 39 with a rootless engine 24 on fuse-overlayfs, DOCKER_HOST set; everything is old."""

from __future__ import annotations

from tests.fake_host import DIRECTORY, SOCKET
from tests.hosts import fedora_moby
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, os_release, told

FAILS = {
    "engine-end-of-life": "error", "runc-vulnerable": "error", "engine-vulnerable": "error",
    "log-rotation-unbounded": "warning", "containerd-end-of-life": "warning",
    "containerd-vulnerable": "warning", "distribution-end-of-life": "warning",
    "cgroup-controllers-missing": "note",
}  # fmt: skip
UID, NAME = 1000, "test"
HOME, SOCK = f"/home/{NAME}", f"/run/user/{UID}/docker.sock"
OS = os_release(NAME="Fedora Linux", VERSION="39 (Server Edition)", ID="fedora", VERSION_ID="39",
                PRETTY_NAME="Fedora Linux 39 (Server Edition)")  # fmt: skip


def machine() -> Machine:
    info, _ = told("linux/fedora39-rootless-fuse-24.0.txt")
    machine = fedora_moby.base("localhost.localdomain", info["KernelVersion"], OS)
    machine.systemd_version = 254
    machine.gauges["interfaces"].pop("docker0")
    machine.user(NAME, UID, ("wheel",))
    machine.env["DOCKER_HOST"] = f"unix://{SOCK}"
    own = {"uid": UID, "gid": UID, "owner": NAME, "group": NAME}
    unit = f"{HOME}/.config/systemd/user/docker.service"
    machine.files[unit] = (
        b"[Unit]\nDescription=Docker Application Container Engine (Rootless)\n[Service]\n"
        b"Environment=PATH=/usr/bin:/sbin:/usr/sbin\nExecStart=/usr/bin/dockerd-rootless.sh\n"
        b"LimitNOFILE=infinity\nTasksMax=infinity\nDelegate=yes\nType=notify\nKillMode=mixed\n"
    )
    for path in (f"{HOME}/.local/share/docker", f"{HOME}/.local/share/docker/containers"):
        machine.stats[path] = {"kind": DIRECTORY, "mode": 0o710, **own}
    machine.stats[f"/run/user/{UID}"] = {"kind": DIRECTORY, "mode": 0o700, **own}
    machine.stats[SOCK] = {"kind": SOCKET, "mode": 0o660, **own}
    machine.stats[unit] = {**own}
    machine.files["/etc/subuid"] = machine.files["/etc/subgid"] = b"test:524288:65536\n"
    for name in ("dockerd", "docker", "rootlesskit", "docker-init", "dockerd-rootless.sh",
                 "fuse-overlayfs", "slirp4netns", "newuidmap", "newgidmap", "runc"):  # fmt: skip
        machine.files[f"/usr/bin/{name}"] = b"\x7fELF"
    machine.user_units["docker.service"] = {
        "LoadState": "loaded", "ActiveState": "active", "SubState": "running",
        "FragmentPath": unit, "UnitFileState": "enabled", "MainPID": "2001", "Delegate": "yes",
        "KillMode": "mixed", "TasksMax": "infinity", "LimitNOFILE": "524288",
        "LimitNOFILESoft": "524288",
    }  # fmt: skip
    cgroup = f"0::/user.slice/user-{UID}.slice/user@{UID}.service/app.slice/docker.service\n"
    common = {"uid": UID, "cgroup": cgroup, "soft": "524288", "hard": "524288"}
    machine.process(2001, "rootlesskit", "rootlesskit", "--net=slirp4netns", "--mtu=65520",
                    "--slirp4netns-sandbox=auto", "--copy-up=/etc", "--copy-up=/run",
                    "--propagation=rslave", "/usr/bin/dockerd-rootless.sh", parent=1800, **common)  # fmt: skip
    machine.process(2044, "dockerd", "dockerd", parent=2010, netns="net:[4026532600]", **common)
    machine.process(2066, "containerd", "containerd", "--config",
                    "/run/user/1000/docker/containerd/containerd.toml", parent=2044,
                    netns="net:[4026532600]", **common)  # fmt: skip
    slice_ = f"/sys/fs/cgroup/user.slice/user-{UID}.slice/user@{UID}.service"
    machine.files[f"{slice_}/cgroup.controllers"] = b"cpu io memory pids\n"
    machine.peers[SOCK] = 2044
    answer = version_answer("24.0.7", platform="Docker Engine - Community", kernel=machine.release)
    answer["Components"] += [{"Name": "containerd", "Version": "1.6.24", "Details": {}},
                             {"Name": "runc", "Version": "1.1.9", "Details": {}},
                             {"Name": "rootlesskit", "Version": "1.1.1", "Details": {}}]  # fmt: skip
    machine.answers(f"unix://{SOCK}", machine.own(info), answer)
    machine.run_answers("docker", "--version", out="Docker version 24.0.7, build afdd53b\n")
    machine.run_answers("dockerd", "--version", out="Docker version 24.0.7, build 311b9ff\n")
    machine.rpm(docker_ce="24.0.7-1.fc39", docker_ce_cli="24.0.7-1.fc39",
                containerd__io="1.6.24-3.1.fc39", docker_compose_plugin="2.21.0-1.fc39",
                docker_buildx_plugin="0.11.2-1.fc39")  # fmt: skip
    machine.plugins()
    machine.run_answers("dmesg", out="[    0.000000] Linux version 6.5.10\n")
    return machine
