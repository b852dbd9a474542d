"""Rootless Docker on Ubuntu 24.04, asked by its user through the context rootless."""

from __future__ import annotations

import hashlib
import json

from tests.fake_host import DIRECTORY, SOCKET
from tests.hosts import ubuntu_2404
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, told

FAILS = {"cgroup-controllers-missing": "note"}
UID, NAME = 1000, "ann"
HOME = f"/home/{NAME}"
SOCK = f"/run/user/{UID}/docker.sock"
UNIT = f"""\
[Unit]
Description=Docker Application Container Engine (Rootless)
Documentation=https://docs.docker.com/go/rootless/
Requires=dbus.socket

[Service]
Environment=PATH=/usr/bin:/sbin:/usr/sbin:/home/{NAME}/bin
ExecStart=/usr/bin/dockerd-rootless.sh
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
Type=notify
NotifyAccess=all
KillMode=mixed

[Install]
WantedBy=default.target
"""
CGROUP = f"0::/user.slice/user-{UID}.slice/user@{UID}.service/app.slice/docker.service\n"


def machine() -> Machine:
    machine = ubuntu_2404.base("ann-laptop")
    machine.network("wlp3s0", "192.168.1.33", docker0=False)
    machine.gauges["interfaces"].pop("docker0", None)
    machine.gauges["interfaces"].pop("enp1s0", None)
    machine.user(NAME, UID, ("sudo", "adm"))
    machine.files["/etc/subuid"] = machine.files["/etc/subgid"] = b"ann:100000:65536\n"
    machine.files["/etc/apparmor.d/home.ann.bin.rootlesskit"] = b""
    machine.files["/etc/apparmor.d/usr.bin.rootlesskit"] = (
        b"abi <abi/4.0>,\n/usr/bin/rootlesskit flags=(unconfined) {\n  userns,\n}\n"
    )
    machine.run_answers("dmesg", code=1,
                        err="dmesg: read kernel buffer failed: Operation not permitted\n")  # fmt: skip
    digest = hashlib.sha256(b"rootless").hexdigest()
    meta = {"Name": "rootless", "Metadata": {"Description": "Rootless mode"},
            "Endpoints": {"docker": {"Host": f"unix://{SOCK}", "SkipTLSVerify": False}}}  # fmt: skip
    own = {"uid": UID, "gid": UID, "owner": NAME, "group": NAME}
    for path, text in {
        "/.docker/config.json": json.dumps({"currentContext": "rootless"}),
        f"/.docker/contexts/meta/{digest}/meta.json": json.dumps(meta),
        "/.config/docker/daemon.json": '{"log-driver": "local"}\n',
        "/.config/systemd/user/docker.service": UNIT,
    }.items():
        machine.files[HOME + path] = text.encode()
        machine.stats[HOME + path] = {"mode": 0o600, **own}
    for path in ("/.docker", "/.docker/contexts", "/.config", "/.config/docker"):
        machine.stats[HOME + path] = {"kind": DIRECTORY, "mode": 0o700, **own}
    root = f"{HOME}/.local/share/docker"
    for path in (root, f"{root}/containerd/daemon", f"{root}/containers"):
        machine.stats[path] = {"kind": DIRECTORY, "mode": 0o710, **own}
    machine.stats[f"/run/user/{UID}"] = {"kind": DIRECTORY, "mode": 0o700, **own}
    machine.stats[SOCK] = {"kind": SOCKET, "mode": 0o660, **own}
    for name in ("dockerd", "docker", "rootlesskit", "docker-init", "dockerd-rootless.sh",
                 "docker-proxy", "slirp4netns", "newuidmap", "newgidmap", "runc"):  # fmt: skip
        machine.files[f"/usr/bin/{name}"] = b"\x7fELF"
    machine.plugins()
    machine.user_units["docker.service"] = {
        "LoadState": "loaded", "ActiveState": "active", "SubState": "running",
        "FragmentPath": f"{HOME}/.config/systemd/user/docker.service", "UnitFileState": "enabled",
        "MainPID": "2001", "Delegate": "yes", "KillMode": "mixed", "TasksMax": "infinity",
        "LimitNOFILE": "1048576", "LimitNOFILESoft": "1048576",
    }  # fmt: skip
    # docker-ce is installed with its system units, which rootless setup asks to disable.
    machine.unit("docker.service", text="[Service]\nExecStart=/usr/bin/dockerd -H fd://\n",
                 ActiveState="inactive", UnitFileState="disabled")  # fmt: skip
    machine.unit("docker.socket", text="[Socket]\nListenStream=/run/docker.sock\n",
                 ActiveState="inactive", UnitFileState="disabled")  # fmt: skip
    machine.unit("containerd.service", text="[Service]\nExecStart=/usr/bin/containerd\n",
                 MainPID="980")  # fmt: skip
    nofile = {"soft": "1048576", "hard": "1048576", "cgroup": CGROUP, "uid": UID}
    machine.process(980, "containerd", "/usr/bin/containerd", oom=-999)
    machine.process(2001, "rootlesskit", "rootlesskit", "--state-dir=/run/user/1000/dockerd-rootless",
                    "--net=slirp4netns", "--mtu=65520", "--detach-netns", "--copy-up=/etc",
                    "--copy-up=/run", "--propagation=rslave", "/usr/bin/dockerd-rootless.sh",
                    parent=1900, **nofile)  # fmt: skip
    machine.process(2050, "dockerd", "dockerd", parent=2010, netns="net:[4026532501]", **nofile)
    machine.process(2071, "containerd", "containerd", "--config",
                    "/run/user/1000/docker/containerd/containerd.toml", parent=2050,
                    netns="net:[4026532501]", **nofile)  # fmt: skip
    slice_ = f"/sys/fs/cgroup/user.slice/user-{UID}.slice/user@{UID}.service"
    machine.files[f"{slice_}/cgroup.controllers"] = b"cpu memory pids\n"
    machine.peers[SOCK] = 2050
    warnings = ["No cpuset support", "No io.weight support", "No io.weight (per device) support",
                "No io.max (rbps) support", "No io.max (wbps) support", "No io.max (riops) support",
                "No io.max (wiops) support"]  # fmt: skip
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "DockerRootDir": root, "Containers": 0, "ContainersStopped": 0,
        "Containerd": {"Address": "/run/user/1000/docker/containerd/containerd.sock",
                       "Namespaces": {}},
        "LoggingDriver": "local", "CPUSet": False,
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"],
        "Warnings": [f"WARNING: {w}" for w in warnings],
    }  # fmt: skip
    answer = version_answer("29.10.0", platform="Docker Engine - Community", kernel=machine.release)
    answer["Components"] += [{"Name": "containerd", "Version": "v2.4.2", "Details": {}},
                             {"Name": "runc", "Version": "1.4.3", "Details": {}},
                             {"Name": "rootlesskit", "Version": "2.3.5", "Details": {}}]  # fmt: skip
    machine.answers(f"unix://{SOCK}", machine.own(info), answer)
    machine.run_answers("docker", "--version", out="Docker version 29.10.0, build 1\n")
    machine.run_answers("dockerd", "--version", out="Docker version 29.10.0, build 1\n")
    machine.dpkg(docker_ce="5:29.10.0-1", docker_ce_cli="5:29.10.0-1", containerd__io="2.4.2-1",
                 docker_buildx_plugin="0.36.0-1", docker_compose_plugin="5.3.1-1",
                 docker_ce_rootless_extras="5:29.10.0-1")  # fmt: skip
    machine.closed |= {"/var/lib/docker", "/var/lib/containerd"}
    return machine
