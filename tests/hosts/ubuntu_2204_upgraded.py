"""Ubuntu 22.04, upgraded from 24 to 29: overlay2 is kept; log limits set, 12 containers, a published
port past ufw; asked by the owner, who is in the group docker but not root."""

from __future__ import annotations

from tests.hosts import ubuntu_2404
from tests.hosts.machine import Machine, os_release, told

FAILS: dict[str, str] = {}
UNKNOWN = {
    "container-log-large", "daemon-descriptors-nearly-used", "daemon-log-discarded",
    "docker-chains-missing", "image-store-left-behind", "iptables-rules-split",
    "overlay-layers-orphaned", "ufw-bypassed",
}  # fmt: skip
"""What only root may see."""

OS = os_release(
    PRETTY_NAME="Ubuntu 22.04.5 LTS", NAME="Ubuntu", VERSION_ID="22.04",
    VERSION="22.04.5 LTS (Jammy Jellyfish)", VERSION_CODENAME="jammy", ID="ubuntu",
    ID_LIKE="debian",
)  # fmt: skip


def machine() -> Machine:
    machine = ubuntu_2404.base("app-03", "5.15.0-151-generic", OS)
    machine.systemd_version = 249
    machine.files |= ubuntu_2404.UFW
    machine.unreadable |= {"/etc/ufw/user.rules", "/etc/ufw/user6.rules", "/etc/ufw/after.rules"}
    machine.sysctls({"kernel/apparmor_restrict_unprivileged_userns": None,
                     "vm/max_map_count": "65530"})  # fmt: skip
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "OperatingSystem": "Ubuntu 22.04.5 LTS",
        "Driver": "overlay2", "LoggingDriver": "json-file",
        "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"],
                         ["Using metacopy", "false"], ["Native Overlay Diff", "true"],
                         ["userxattr", "false"]],
        "Containers": 2, "ContainersRunning": 2, "ContainersStopped": 0, "Images": 9,
        "LiveRestoreEnabled": True,
        "Containerd": {"Address": "/run/containerd/containerd.sock",
                       "Namespaces": {"Containers": "moby", "Plugins": "plugins.moby"}},
    }  # fmt: skip
    machine.docker_ce(info, "29.10.0")
    rows = [row("a" * 64, "/web", "nginx:1.29", 80, 8080), row("b" * 64, "/db", "postgres:17")]
    engine = machine.engines["unix:///var/run/docker.sock"]
    engine["/containers/json?all=1"] = rows
    for item in rows:
        engine[f"/containers/{item['Id']}/json"] = {
            "Id": item["Id"],
            "HostConfig": {"PortBindings": {}, "RestartPolicy": {"Name": "unless-stopped"},
                           "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}}},
        }  # fmt: skip
    machine.files["/etc/docker/daemon.json"] = (
        b'{\n  "log-driver": "json-file",\n  "log-opts": {"max-size": "10m", "max-file": "3"},\n'
        b'  "live-restore": true\n}\n'
    )
    machine.stats["/etc/docker/daemon.json"] = {"mtime": 1_700_000_000.0}
    machine.user("ann", groups=("adm", "sudo", "docker"))
    machine.files["/etc/group"] = b"root:x:0:\nsudo:x:27:ann\ndocker:x:999:ann\n"
    machine.deny_docker_files()
    machine.run_answers("dmesg", code=1,
                        err="dmesg: read kernel buffer failed: Operation not permitted\n")  # fmt: skip
    machine.dpkg(
        docker_ce="5:29.10.0-1~ubuntu.22.04~jammy", docker_ce_cli="5:29.10.0-1~ubuntu.22.04~jammy",
        containerd__io="2.4.2-1~ubuntu.22.04~jammy", docker_buildx_plugin="0.36.0-1",
        docker_compose_plugin="5.3.1-1",
    )  # fmt: skip
    machine.owns("docker-ce", "/usr/lib/systemd/system/docker.service",
                 "/usr/lib/systemd/system/docker.socket")  # fmt: skip
    return machine


def row(
    identity: str, name: str, image: str, private: int = 0, public: int = 0
) -> dict[str, object]:
    ports = [{"IP": "0.0.0.0", "PrivatePort": private, "PublicPort": public, "Type": "tcp"}]
    return {
        "Id": identity, "Names": [name], "Image": image, "ImageID": "sha256:" + identity, "State": "running",
        "Status": "Up 2 days", "Created": 1_795_000_000, "Ports": ports if public else [],
        "Labels": {}, "HostConfig": {"NetworkMode": "bridge"}, "Mounts": [],
        "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2", "MacAddress": "",
                                                    "NetworkID": "c" * 64}}},
    }  # fmt: skip
