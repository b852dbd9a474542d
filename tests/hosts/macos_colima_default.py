"""macOS 15 with Colima as `colima start` makes it: 2 processors and 2 GiB of 32."""

from __future__ import annotations

from tests.hosts.desktop_machine import HOME, Mac, engine_info, version_of

FAILS = {"vm-resources-default": "warning"}

SOCKET = f"{HOME}/.colima/default/docker.sock"

CONFIG = """\
# Number of CPUs to be allocated to the virtual machine.
# Default: 2
cpu: 2

# Size of the disk in GiB to be allocated to the virtual machine.
# Default: 100
disk: 100

# Size of the memory in GiB to be allocated to the virtual machine.
# Default: 2
memory: 2

# Architecture of the virtual machine (x86_64, aarch64, host).
arch: aarch64
runtime: docker
hostname: ""
kubernetes:
  enabled: false
  version: v1.33.3+k3s1
  k3sArgs:
    - --disable=traefik
autoActivate: true
network:
  address: false
  dns: []
  dnsHosts: {}
  hostAddresses: false
forwardAgent: false
docker: {}
vmType: %s
portForwarder: ssh
rosetta: false
binfmt: true
nestedVirtualization: false
mountType: %s
mountInotify: true
cpuType: host
provision: []
sshConfig: true
sshPort: 0
mounts: []
diskImage: ""
env: {}
"""
"""abiosoft/colima embedded/defaults/colima.yaml, with the comments that are of no interest cut."""


def colima(vm: str, mounts: str) -> Mac:
    mac = Mac("15")
    mac.docker_cli()
    mac.program("colima", "/opt/homebrew/bin/colima", "colima version 0.8.4")
    mac.program("limactl", "/opt/homebrew/bin/limactl", "limactl version 1.2.1")
    mac.files[f"{HOME}/.colima/default/colima.yaml"] = (CONFIG % (vm, mounts)).encode()
    mac.files[f"{HOME}/.colima/_lima/colima/lima.yaml"] = (
        f"vmType: {vm}\ncpus: 2\nmemory: 2GiB\nmountType: {mounts}\n".encode()
    )
    mac.docker_config(
        auths={}, currentContext="colima",
        cliPluginsExtraDirs=["/opt/homebrew/lib/docker/cli-plugins"],
    )  # fmt: skip
    mac.context("colima", f"unix://{SOCKET}")
    return mac


def machine() -> Mac:
    mac = colima("vz", "virtiofs")
    mac.process(3300, "limactl", "/opt/homebrew/bin/limactl", "hostagent", "--pidfile",
                f"{HOME}/.colima/_lima/colima/ha.pid", "--socket", "ha.sock", "colima", uid=501)  # fmt: skip
    mac.process(3310, "com.apple.Virtualization.VirtualMachine", "/System/Library/Frameworks/"
                "Virtualization.framework/Versions/A/XPCServices/com.apple.Virtualization."
                "VirtualMachine.xpc/Contents/MacOS/com.apple.Virtualization.VirtualMachine", uid=501)  # fmt: skip
    mac.socket(SOCKET)
    info = engine_info(
        "desktop/022.txt",
        ServerVersion="29.10.0", KernelVersion="6.8.0-64-generic", Architecture="aarch64",
        OperatingSystem="Ubuntu 24.04.2 LTS", OSType="linux", NCPU=2, MemTotal=2_054_000_000,
        Name="colima", DockerRootDir="/var/lib/docker", Containers=0, ContainersRunning=0, Images=0,
        LiveRestoreEnabled=False, Debug=False, ExperimentalBuild=False,
        RegistryConfig={"IndexConfigs": {}, "Mirrors": None,
                        "InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8"]},
    )  # fmt: skip
    mac.answers(f"unix://{SOCKET}", info, version_of(info, "Docker Engine - Community"))
    return mac
