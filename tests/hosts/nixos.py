"""NixOS 25.11 with virtualisation.docker.enable: everything in /nix/store; log driver journald."""

from __future__ import annotations

from tests.fake_host import DIRECTORY, SOCKET
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, nat_rules, os_release, told

FAILS: dict[str, str] = {}

OS = os_release(NAME="NixOS", ID="nixos", VERSION_ID="26.05", PRETTY_NAME="NixOS 26.05 (Yarara)",
                BUILD_ID="26.05.20261110.1a2b3c4")  # fmt: skip
STORE = "/nix/store/1qmdkhcq4pz8kz9z0zln0x4ww9y1jlzf-moby-29.10.0"
CONFIG = "/nix/store/7h0m1xw0cv5pz7hbx0jj5x4s0z4q6p3f-daemon.json"
UNIT = f"""\
[Unit]
After=network.target docker.socket
Description=Docker Application Container Engine
Requires=docker.socket

[Service]
Environment="LOCALE_ARCHIVE=/nix/store/x-glibc-locales/lib/locale/locale-archive"
Environment="PATH=/nix/store/a-kmod-31/bin:/nix/store/b-coreutils-9.8/bin"
ExecReload=
ExecReload=/nix/store/c-procps-4.0.4/bin/kill -s HUP $MAINPID
ExecStart=
ExecStart={STORE}/bin/dockerd \\
  --config-file={CONFIG} \\

Type=notify
"""


def machine() -> Machine:
    release = "6.12.58"
    machine = Machine("nixbox", release, os=OS)
    machine.links.pop("/sbin")
    machine.links.pop("/bin")
    machine.links.pop("/lib")
    machine.kernel(config_at="/proc/config.gz")
    for path in [p for p in machine.files if p.startswith("/usr/lib/modules")]:
        del machine.files[path]
    machine.systemd(258, "NetworkManager.service", "firewall.service", "systemd-timesyncd.service")
    machine.files.pop("/usr/lib/sysctl.d/50-default.conf")
    machine.env["PATH"] = "/run/wrappers/bin:/run/current-system/sw/bin"
    machine.network("enp3s0", "192.168.1.77")
    machine.run_answers("nmcli", "-t", "-f", "DEVICE,STATE", "device",
                        out="enp3s0:connected\ndocker0:connected (externally)\n")  # fmt: skip
    sw = "/run/current-system/sw/bin"
    iptables = "/nix/store/e2c7-iptables-1.8.11/bin"
    machine.files |= {
        f"{STORE}/bin/dockerd": b"\x7fELF",
        f"{STORE}/libexec/docker/docker-init": b"\x7fELF",
        f"{STORE}/bin/docker": b"\x7fELF",
        f"{STORE}/libexec/docker/cli-plugins/docker-buildx": b"\x7fELF",
        f"{STORE}/libexec/docker/cli-plugins/docker-compose": b"\x7fELF",
        f"{iptables}/xtables-nft-multi": b"\x7fELF",
        CONFIG: b'{"group":"docker","hosts":["fd://"],"live-restore":true,"log-driver":"journald"}',
        "/run/current-system/nixos-version": b"26.05",
        "/etc/static/sysctl.d/60-nixos.conf": b"net.ipv4.conf.all.forwarding=1\n"
        b"net.ipv4.conf.default.forwarding=1\nvm.max_map_count=1048576\n",
    }
    machine.stats["/run/booted-system/kernel-modules"] = {"kind": DIRECTORY}
    machine.links |= {
        f"{sw}/dockerd": f"{STORE}/bin/dockerd",
        f"{sw}/docker": f"{STORE}/bin/docker",
        f"{sw}/iptables": f"{iptables}/xtables-nft-multi",
        "/etc/sysctl.d/60-nixos.conf": "/etc/static/sysctl.d/60-nixos.conf",
        "/etc/systemd/system/docker.service": "/nix/store/q8-unit-docker.service/docker.service",
        "/etc/systemd/system/docker.socket": "/nix/store/q9-unit-docker.socket/docker.socket",
    }
    machine.files["/nix/store/q8-unit-docker.service/docker.service"] = UNIT.encode()
    machine.files["/nix/store/q9-unit-docker.socket/docker.socket"] = (
        b"[Socket]\nListenStream=/run/docker.sock\nSocketGroup=docker\nSocketMode=0660\nSocketUser=root\n"
    )
    machine.files["/etc/fstab"] = b"/dev/disk/by-uuid/1 / ext4 x-initrd.mount 0 1\n"
    machine.run_answers("iptables", "--version", out="iptables v1.8.11 (nf_tables)\n")
    machine.run_answers("iptables-save", out=nat_rules("v1.8.11 (nf_tables)"))
    machine.unit("docker.service", "/etc/systemd/system/docker.service", MainPID="1300",
                 After="docker.socket network.target", LimitNOFILE="524288",
                 LimitNOFILESoft="1024", TasksMax="38051", TasksCurrent="22")  # fmt: skip
    machine.units["docker.service"].update(Delegate="yes", KillMode="process", TasksMax="infinity",
                                           LimitNOFILE="1048576", LimitNOFILESoft="1048576")  # fmt: skip
    machine.unit("docker.socket", "/etc/systemd/system/docker.socket")
    cgroup = "0::/system.slice/docker.service\n"
    machine.process(1300, "dockerd", f"{STORE}/bin/dockerd", f"--config-file={CONFIG}",
                    cgroup=cgroup, soft="1048576", hard="1048576", oom=-500)  # fmt: skip
    machine.process(1320, "containerd", "containerd", "--config",
                    "/var/run/docker/containerd/containerd.toml", parent=1300, cgroup=cgroup,
                    soft="1048576", hard="1048576", oom=-500)  # fmt: skip
    machine.stats["/run/docker.sock"] = {"kind": SOCKET, "mode": 0o660, "gid": 131,
                                         "group": "docker"}  # fmt: skip
    for path in (
        "/var/lib/docker",
        "/var/lib/docker/containers",
        "/var/lib/docker/containerd/daemon",
    ):
        machine.stats[path] = {"kind": DIRECTORY, "mode": 0o710}
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 1300
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "OperatingSystem": "NixOS 26.05 (Yarara)", "Containers": 0,
        "ContainersStopped": 0, "LoggingDriver": "journald", "LiveRestoreEnabled": True,
        "Containerd": {"Address": "/var/run/docker/containerd/containerd.sock", "Namespaces": {}},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip
    answer = version_answer("29.10.0", kernel=release)
    answer["Components"] += [{"Name": "containerd", "Version": "v2.4.2", "Details": {}},
                             {"Name": "runc", "Version": "1.4.3", "Details": {}}]  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer)
    machine.run_answers("docker", "--version", out="Docker version 29.10.0, build v29.10.0\n")
    return machine
