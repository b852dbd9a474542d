"""What can go wrong with any engine, put into the answers of one that is well.

It is what the API alone tells, so that the mends can be looked at wherever the engine runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.hosts.machine import GIB

if TYPE_CHECKING:
    from tests.hosts.machine import Recorded

INFO: dict[str, Any] = {
    "ServerVersion": "20.10.17", "Driver": "vfs", "DriverStatus": [], "Debug": True,
    "CgroupVersion": "1", "CgroupDriver": "cgroupfs", "LoggingDriver": "splunkx",
    "SecurityOptions": ["name=seccomp,profile=unconfined"],
    "MemoryLimit": False, "SwapLimit": False, "PidsLimit": False, "CpuCfsQuota": False,
    "IPv4Forwarding": False, "BridgeNfIptables": False, "LiveRestoreEnabled": True,
    "Images": 60, "Containers": 30, "ContainersStopped": 29,
    "RegistryConfig": {
        "IndexConfigs": {"reg.example.com": {"Name": "reg.example.com", "Secure": False}},
        "Mirrors": ["http://mirror.example.com/", "https://registry.docker-cn.com"],
        "InsecureRegistryCIDRs": ["0.0.0.0/0", "10.0.0.0/8", "127.0.0.0/8"],
    },
    "SystemTime": "2026-11-24T03:00:00Z",
    "Warnings": ["WARNING: API is accessible on http://0.0.0.0:2375 without encryption."],
    "Swarm": {"LocalNodeState": "error", "ControlAvailable": True, "Error": "it left",
              "NodeAddr": "10.0.0.1", "NodeID": "a", "RemoteManagers": None, "Nodes": 2,
              "Managers": 2},
}  # fmt: skip
VERSION = {"Version": "20.10.17", "ApiVersion": "1.41", "MinAPIVersion": "1.12",
           "BuildTime": "2027-06-06T23:01:03.000000000+00:00"}  # fmt: skip
COMPONENTS = {"Engine": "20.10.17", "containerd": "1.6.6", "runc": "1.1.2"}
PODMAN = "Podman Engine"


def _networks(answers: dict[str, Any]) -> list[dict[str, Any]]:
    """All subnets but one of the default pools are taken."""
    nets = answers["/networks"]
    model = next((n for n in nets if n["Name"] == "bridge"), nets[0])
    subnets = [f"172.{n}.0.0/16" for n in range(18, 32)]
    subnets += [f"192.168.{16 * n}.0/20" for n in range(15)]
    made = [
        {**model, "Name": f"net{n}", "Id": f"{n:064x}", "Options": {}, "Containers": {},
         "IPAM": {"Driver": "default", "Config": [{"Subnet": subnet}]}}
        for n, subnet in enumerate(subnets)
    ]  # fmt: skip
    return [*nets, *made]


def _usage(containers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "LayersSize": 60 * GIB,
        "Images": [
            {"Id": f"sha256:{n:064x}", "RepoTags": [] if n < 20 else [f"image:{n}"], "Size": GIB,
             "SharedSize": 0, "Containers": 0, "Created": 1}
            for n in range(60)
        ],
        "Containers": containers,
        "Volumes": [
            {"Name": f"{n:064x}", "Labels": None, "Driver": "local",
             "UsageData": {"Size": GIB, "RefCount": 0}}
            for n in range(30)
        ],
        "BuildCache": [
            {"ID": str(n), "Size": GIB, "Shared": False, "InUse": False,
             "CreatedAt": "2026-01-01T00:00:00Z", "LastUsedAt": "2026-01-01T00:00:00Z"}
            for n in range(60)
        ],
    }  # fmt: skip


def trouble(machine: Recorded) -> Recorded:
    """The same host, whose engine has gone wrong in every way that its API tells."""
    for answers in machine.engines.values():
        answers["/info"] |= INFO
        answers["/version"] |= VERSION
        for part in answers["/version"].get("Components", []):
            part["Version"] = COMPONENTS.get(part["Name"], part["Version"])
        answers["/networks"] = _networks(answers)
        rows: list[dict[str, Any]] = [
            {"Id": f"{n:064x}", "Names": [f"/c{n}"], "Image": "postgres:17", "ImageID": "sha256:1",
             "Command": "run", "Created": 1, "Labels": {}, "SizeRw": GIB, "Mounts": [],
             "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 50_000 + n,
                        "Type": "tcp"}],
             "State": "exited" if n else "running", "Status": "Up", "HostConfig":
             {"NetworkMode": "bridge"}, "NetworkSettings": {"Networks": {"bridge": {}}}}
            for n in range(30)
        ]  # fmt: skip
        answers["/containers/json?all=1"] = rows
        answers["/system/df?verbose=1"] = _usage(rows)
    return machine
