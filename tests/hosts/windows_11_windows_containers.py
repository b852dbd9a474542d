"""Windows 11 with Docker Desktop switched to Windows containers."""

from __future__ import annotations

from typing import Any

from tests.hosts.desktop_machine import (
    DESKTOP,
    ENGINE,
    PIPE,
    STORE,
    WINDOWS_PIPE,
    Windows,
)
from tests.hosts.docker_info import version_answer
from tests.hosts.windows_11_wsl2_desktop import surroundings

FAILS = {"windows-containers-mode": "note"}

INFO: dict[str, Any] = {
    "ID": "3f9c", "Containers": 0, "ContainersRunning": 0, "ContainersPaused": 0,
    "ContainersStopped": 0, "Images": 1, "Driver": "windowsfilter",
    "DriverStatus": [["Windows", ""]],
    "Plugins": {"Volume": ["local"], "Network": ["ics", "internal", "l2bridge", "l2tunnel", "nat",
                                                 "null", "overlay", "private", "transparent"],
                "Authorization": None, "Log": ["awslogs", "etwlogs", "fluentd", "gcplogs", "gelf",
                                               "json-file", "local", "splunk", "syslog"]},
    "MemoryLimit": False, "SwapLimit": False, "CpuCfsPeriod": False, "CpuCfsQuota": False,
    "CPUSet": False, "PidsLimit": False, "IPv4Forwarding": True, "Debug": False, "NFd": -1,
    "OomKillDisable": False, "NGoroutines": 41, "SystemTime": "2026-11-24T06:00:00.1234567Z",
    "LoggingDriver": "json-file", "CgroupDriver": "", "NEventsListener": 1,
    "KernelVersion": "10.0 26100 (26100.1.amd64fre.ge_release.240331-1435)",
    "OperatingSystem": "Microsoft Windows Version 24H2 (OS Build 26100.6899)",
    "OSVersion": "10.0.26100", "OSType": "windows", "Architecture": "x86_64",
    "IndexServerAddress": "https://index.docker.io/v1/", "NCPU": 16, "MemTotal": 34_057_469_952,
    "RegistryConfig": {"InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8"], "IndexConfigs": {},
                       "Mirrors": None},
    "DockerRootDir": r"C:\ProgramData\Docker", "HttpProxy": "", "HttpsProxy": "", "NoProxy": "",
    "Name": "DESKTOP-4F2", "Labels": [r"com.docker.desktop.address=npipe://\\.\pipe\docker_cli"],
    "ExperimentalBuild": False, "ServerVersion": ENGINE,
    "Runtimes": {"com.docker.hcsshim.v1": {"path": "com.docker.hcsshim.v1"}},
    "DefaultRuntime": "com.docker.hcsshim.v1",
    "Swarm": {"NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": False,
              "Error": "", "RemoteManagers": None},
    "LiveRestoreEnabled": False, "Isolation": "hyperv", "InitBinary": "",
    "ContainerdCommit": {"ID": "", "Expected": ""}, "RuncCommit": {"ID": "", "Expected": ""},
    "InitCommit": {"ID": "", "Expected": ""}, "SecurityOptions": [], "Warnings": None,
}  # fmt: skip
NETWORKS = [
    {"Name": "nat", "Id": "5f0a", "Driver": "nat", "Scope": "local", "EnableIPv6": False,
     "IPAM": {"Driver": "windows", "Config": [{"Subnet": "172.20.64.0/20"}]}, "Options": {},
     "Labels": {}, "Containers": {}},
    {"Name": "none", "Id": "77aa", "Driver": "null", "Scope": "local",
     "IPAM": {"Driver": "default", "Config": []}, "Options": {}, "Labels": {}, "Containers": {}},
]  # fmt: skip


def machine() -> Windows:
    around = surroundings()
    around.services["com.docker.service"] = ("running", "manual")
    around.desktop(settings=STORE | {"UseWindowsContainers": True})
    around.tasks["dockerd"] = 15020
    around.docker_config(auths={}, credsStore="desktop", currentContext="desktop-windows")
    from tests.hosts.desktop_machine import PROFILE, context_files

    for path, text in context_files("desktop-windows", WINDOWS_PIPE).items():
        around.write(rf"{PROFILE}\.docker" + "\\" + path.replace("/", "\\"), text)
    machine = Windows(around)
    version = version_answer(ENGINE, platform=DESKTOP, kernel=INFO["KernelVersion"])
    version |= {"Os": "windows"}
    for url in (WINDOWS_PIPE, PIPE):
        machine.answers(url, dict(INFO), version)
        machine.engines[url]["/networks"] = NETWORKS
        del machine.engines[url]["/networks/bridge"]
    return machine
