"""macOS 14, a shell after `eval $(minikube docker-env)`: the engine is that of minikube's VM."""

from __future__ import annotations

from tests.hosts.desktop_machine import HOME, Mac, engine_info, version_of

FAILS: dict[str, str] = {}
URL = "tcp://192.168.105.4:2376"


def machine() -> Mac:
    mac = Mac("14")
    mac.docker_cli()
    mac.docker_config(auths={}, cliPluginsExtraDirs=["/opt/homebrew/lib/docker/cli-plugins"])
    mac.program("minikube", "/opt/homebrew/bin/minikube")
    certificates = f"{HOME}/.minikube/certs"
    mac.env |= {"DOCKER_TLS_VERIFY": "1", "DOCKER_HOST": URL, "DOCKER_CERT_PATH": certificates,
                "MINIKUBE_ACTIVE_DOCKERD": "minikube"}  # fmt: skip
    for name in ("ca.pem", "cert.pem", "key.pem"):
        mac.files[f"{certificates}/{name}"] = b"-----BEGIN CERTIFICATE-----\n"
        mac.own(f"{certificates}/{name}", mode=0o600)
    mac.files[f"{HOME}/.minikube/profiles/minikube/config.json"] = (
        b'{"Name": "minikube", "Driver": "vfkit", "CPUs": 4, "Memory": 8192}'
    )
    mac.process(
        3900, "vfkit", "/opt/homebrew/bin/vfkit", "--memory", "8192", "--cpus", "4", uid=501
    )
    info = engine_info(
        "linux/ubuntu2404-29.6-containerd-store.txt",
        ServerVersion="29.10.0", Name="minikube", OperatingSystem="Buildroot 2025.02",
        KernelVersion="6.6.95", Architecture="aarch64", NCPU=4, MemTotal=8_200_000_000,
        Labels=["provider=vfkit"], Containers=0, ContainersRunning=0, ContainersStopped=0,
        CgroupDriver="systemd", SecurityOptions=["name=seccomp,profile=builtin", "name=cgroupns"],
        RegistryConfig={"IndexConfigs": {}, "Mirrors": None,
                        "InsecureRegistryCIDRs": ["10.96.0.0/12", "::1/128", "127.0.0.0/8"]},
    )  # fmt: skip
    mac.answers(URL, info, version_of(info, ""))
    return mac
