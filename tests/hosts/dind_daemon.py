"""Inside a privileged docker:29-dind container: dockerd runs right here, Alpine without OpenRC."""

from __future__ import annotations

from tests.fake_host import DIRECTORY, SOCKET
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, nat_rules, os_release, space, told

FAILS = {"log-rotation-unbounded": "warning"}

OS = os_release(NAME="Alpine Linux", ID="alpine", VERSION_ID="3.23.2",
                PRETTY_NAME="Alpine Linux v3.23")  # fmt: skip

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBjjCCATWgAwIBAgIUS1xFEnhSKqt/oge6zmHr5uQhMNAwCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSZG9ja2VyOmRpbmQgc2VydmVyMB4XDTI2MTEyNTAwNTM0OVoX
DTI5MDIyNzAwNTM0OVowHTEbMBkGA1UEAwwSZG9ja2VyOmRpbmQgc2VydmVyMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsG5lkLr0Czdd19w5OeFGDoK3HZpC10iR
2rqQalUxtYfcx9f3lGHO2MCxxb2VxLHLhTnjy4AbHOfxjF6V5KNyOKNTMFEwHQYD
VR0OBBYEFEAXBF2bWnEZL/rCS1u4rxSV3LZDMB8GA1UdIwQYMBaAFEAXBF2bWnEZ
L/rCS1u4rxSV3LZDMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIg
FazBrK6AwEe/AhyfA7wPIZpQ+JFu8FPdyc0ZPdmqdfMCIH28S0x7TEDSm0SD1TS1
fc20iulC/iPa/IxS3v8WclhD
-----END CERTIFICATE-----
"""


def machine() -> Machine:
    release = "6.8.0-136-generic"
    machine = Machine("5f1c9a7be2d4", release, os=OS)
    machine.network("eth0", "172.17.0.3", "172.17.0.1", iproute=False)
    machine.gauges["interfaces"]["docker0"]["addresses"][0]["address"] = "172.18.0.1"
    route = machine.files["/proc/self/net/route"].replace(
        b"docker0\t000011AC", b"docker0\t000012AC"
    )
    machine.files["/proc/self/net/route"] = route
    del machine.files["/proc/2/comm"]
    machine.iptables("nft", nat_rules("v1.8.11 (nf_tables)"))
    machine.files |= {
        "/.dockerenv": b"",
        "/etc/resolv.conf": b"nameserver 192.168.1.1\n",
        "/proc/self/attr/current": b"unconfined\n",
        "/usr/local/bin/dockerd": b"\x7fELF",
        "/usr/local/bin/docker": b"\x7fELF",
        "/usr/local/bin/docker-init": b"\x7fELF",
        "/usr/local/bin/runc": b"\x7fELF",
        "/lib/apk/db/installed": b"P:musl\nV:1.2.5-r21\n\n",
        "/sys/fs/cgroup/memory.max": b"max\n",
    }
    machine.mounts_of("/", "overlay", "overlay", "rw,lowerdir=/a:/b,upperdir=/c,workdir=/d")
    machine.mounts_of("/var/lib/docker", "/dev/vda1", "ext4")
    machine.vfs["/var/lib/docker"] = space(200, 120)
    for path in (
        "/var/lib/docker",
        "/var/lib/docker/containers",
        "/var/lib/docker/containerd/daemon",
    ):
        machine.stats[path] = {"kind": DIRECTORY, "mode": 0o710}
    machine.stats["/run/docker.sock"] = {
        "kind": SOCKET,
        "mode": 0o660,
        "gid": 2375,
        "group": "docker",
    }
    cgroup = "0::/init\n"
    machine.process(1, "docker-init", "docker-init", "--", "dockerd", parent=0, cgroup=cgroup)
    machine.process(64, "dockerd", "dockerd", "--host=unix:///var/run/docker.sock",
                    "--host=tcp://0.0.0.0:2376", "--tlsverify", "--tlscacert",
                    "/certs/server/ca.pem", "--tlscert", "/certs/server/cert.pem", "--tlskey",
                    "/certs/server/key.pem", cgroup=cgroup, soft="1048576", hard="1048576")  # fmt: skip
    machine.process(72, "containerd", "containerd", "--config",
                    "/var/run/docker/containerd/containerd.toml", parent=64, cgroup=cgroup,
                    soft="1048576", hard="1048576")  # fmt: skip
    machine.links["/proc/64/fd/2"] = "pipe:[99101]"
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 64
    for name, mode in (("ca.pem", 0o644), ("cert.pem", 0o644), ("key.pem", 0o600)):
        machine.files[f"/certs/server/{name}"] = b"-"
        machine.stats[f"/certs/server/{name}"] = {"mode": mode}
    for name in ("ca.pem", "cert.pem"):
        machine.files[f"/certs/server/{name}"] = CERTIFICATE.encode()
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "OperatingSystem": "Alpine Linux v3.23 (containerized)",
        "CgroupDriver": "cgroupfs", "Containers": 0, "ContainersStopped": 0,
        "Containerd": {"Address": "/var/run/docker/containerd/containerd.sock", "Namespaces": {}},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip
    answer = version_answer("29.10.0", platform="Docker Engine - Community", kernel=release)
    answer["Components"] += [{"Name": "containerd", "Version": "v2.4.2", "Details": {}},
                             {"Name": "runc", "Version": "1.4.3", "Details": {}}]  # fmt: skip
    machine.answers("unix:///var/run/docker.sock", machine.own(info), answer)
    bridge = machine.engines["unix:///var/run/docker.sock"]["/networks"][-1]
    bridge["IPAM"]["Config"] = [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]
    machine.run_answers("docker", "--version", out="Docker version 29.10.0, build 1\n")
    machine.run_answers("dockerd", "--version", out="Docker version 29.10.0, build 1\n")
    folder = "/usr/local/libexec/docker/cli-plugins"
    machine.plugins(folder)
    elf = " 127  69  76  70   2   1   1   0   0   0   0   0   0   0   0   0\n   2   0  62   0\n"
    for name in ("docker-buildx", "docker-compose"):
        machine.run_answers("od", "-An", "-v", "-tu1", "-N20", f"{folder}/{name}", out=elf)
    return machine
