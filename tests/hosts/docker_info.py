"""Turns the text of ``docker info`` and ``docker version`` back into the Engine API's answers.

Only what the text tells is in the answers: a text that was cut gives answers with holes, as an
engine that leaves fields out does.
"""

from __future__ import annotations

import re
from typing import Any

_TEXTS = {
    "Server Version": "ServerVersion",
    "Storage Driver": "Driver",
    "Logging Driver": "LoggingDriver",
    "Cgroup Driver": "CgroupDriver",
    "Cgroup Version": "CgroupVersion",
    "Kernel Version": "KernelVersion",
    "Operating System": "OperatingSystem",
    "OSType": "OSType",
    "Architecture": "Architecture",
    "Name": "Name",
    "ID": "ID",
    "Docker Root Dir": "DockerRootDir",
    "Registry": "IndexServerAddress",
    "Default Runtime": "DefaultRuntime",
    "Init Binary": "InitBinary",
    "HTTP Proxy": "HttpProxy",
    "HTTPS Proxy": "HttpsProxy",
    "No Proxy": "NoProxy",
    "Isolation": "Isolation",
    "Product License": "ProductLicense",
}
_NUMBERS = {
    "Containers": "Containers",
    "Running": "ContainersRunning",
    "Paused": "ContainersPaused",
    "Stopped": "ContainersStopped",
    "Images": "Images",
    "CPUs": "NCPU",
}
_FLAGS = {
    "Debug Mode": "Debug",
    "Debug mode (server)": "Debug",
    "Debug Mode (server)": "Debug",
    "Experimental": "ExperimentalBuild",
    "Live Restore Enabled": "LiveRestoreEnabled",
}
_COMMITS = {
    "containerd version": "ContainerdCommit",
    "runc version": "RuncCommit",
    "init version": "InitCommit",
}
_LACKS = {
    "No memory limit support": "MemoryLimit",
    "No swap limit support": "SwapLimit",
    "No cpu cfs quota support": "CpuCfsQuota",
    "No cpu cfs period support": "CpuCfsPeriod",
    "No cpuset support": "CPUSet",
    "No pids limit support": "PidsLimit",
    "IPv4 forwarding is disabled": "IPv4Forwarding",
    "bridge-nf-call-iptables is disabled": "BridgeNfIptables",
    "bridge-nf-call-ip6tables is disabled": "BridgeNfIp6tables",
}
"""moby daemon/info_unix.go: the warnings are made of these flags."""
_SIZES = {"B": 1, "kB": 1e3, "KiB": 1 << 10, "MB": 1e6, "MiB": 1 << 20, "GB": 1e9, "GiB": 1 << 30}


class Line:
    """One line with its depth and what is below it."""

    def __init__(self, text: str, depth: int) -> None:
        self.key, _, value = text.partition(":")
        self.text = text
        self.value = value.strip()
        self.depth = depth
        self.below: list[Line] = []


def _tree(lines: list[str]) -> list[Line]:
    top: list[Line] = []
    stack: list[Line] = []
    for raw in lines:
        text = raw.strip()
        if not text:
            continue
        line = Line(text, len(raw) - len(raw.lstrip()))
        while stack and stack[-1].depth >= line.depth:
            stack.pop()
        (stack[-1].below if stack else top).append(line)
        stack.append(line)
    return top


def cleaned(text: str) -> str:
    """The text without what pasting did to it: comment signs, Markdown's escapes."""
    lines = [re.sub(r"^# ?", "", line) for line in text.splitlines()]
    joined = "\n".join(lines).replace("device mapper", "devicemapper")
    return joined.replace("&#x20;", " ").replace("\\_", "_").replace("\\", "")


def parse(text: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """GET /info and GET /version, or None where no server's part is in the text."""
    text = cleaned(text)
    warnings = re.findall(r"(?m)^\s*WARNING: (.*)$", text)
    lines = [x for x in text.splitlines() if "WARNING:" not in x]
    start = next((i for i, x in enumerate(lines) if re.match(r"\s*Server:", x)), None)
    if start is not None:
        body = lines[start + 1 :]
    elif any(re.match(r"\s*Server Version:", x) for x in lines):
        body = lines
    elif any(re.match(r"\s*(Operating System|Kernel Version):", x) for x in lines):
        body = lines  # the end of a text whose beginning was cut off
    else:
        return None
    if any(re.match(r"\s*Engine:", x) for x in body):
        return _of_version(lines[start or 0], body)
    if not any(re.match(r"\s*(Server Version|Operating System|Kernel Version):", x) for x in body):
        return None
    info = _of_info(_flat(body), warnings)
    return info, _version_of(info) if "ServerVersion" in info else {}


def _flat(body: list[str]) -> list[Line]:
    known = [x for x in body if x.strip()]
    first = next((x for x in known if re.match(r"\s*(Containers|Server Version):", x)), known[0])
    depth = len(first) - len(first.lstrip())
    return _tree([x[depth:] if x[:depth].isspace() or not depth else x for x in body])


def _of_version(head: str, body: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    version: dict[str, Any] = {"Platform": {"Name": head.partition(":")[2].strip()}}
    components = []
    for block in _tree(body):
        values = {x.key: x.value for x in block.below}
        components.append({"Name": block.key, "Version": values.get("Version", "")})
        if block.key == "Engine":
            api = re.match(r"([\d.]+)(?: \(minimum version ([\d.]+)\))?", values["API version"])
            assert api
            version |= {"Version": values["Version"], "ApiVersion": api[1], "Os": "linux"}
            version |= {"MinAPIVersion": api[2] or "1.12"}
            version["Arch"] = values.get("OS/Arch", "/").partition("/")[2]
            version["Experimental"] = values.get("Experimental") == "true"
    return {"ServerVersion": version["Version"]}, {**version, "Components": components}


def _of_info(lines: list[Line], warnings: list[str]) -> dict[str, Any]:
    info: dict[str, Any] = {"Warnings": warnings or None}
    walk = list(lines)
    for line in walk:
        _take(info, line)
        if line.key == "Containers":
            for part in line.below:
                _take(info, part)
    for words, flag in _LACKS.items():
        info[flag] = words not in warnings
    return info


def _take(info: dict[str, Any], line: Line) -> None:
    key, value = line.key, line.value
    below = [x.text for x in line.below]
    if key in _TEXTS and value:
        info[_TEXTS[key]] = value
    elif key in _NUMBERS and value.isdigit():
        info[_NUMBERS[key]] = int(value)
    elif key in _FLAGS:
        info[_FLAGS[key]] = value == "true"
    elif key in _COMMITS:
        info[_COMMITS[key]] = {"ID": value, "Expected": value}
    elif key == "Total Memory" and (size := re.match(r"([\d.]+)\s*([kKMG]i?B|B)", value)):
        info["MemTotal"] = int(float(size[1]) * _SIZES[size[2]])
    elif key == "Plugins":
        info["Plugins"] = {x.key: x.value.split() for x in line.below}
        info["Plugins"].setdefault("Authorization", None)
    elif key == "Swarm":
        info["Swarm"] = _swarm(line)
    elif key == "Runtimes":
        info["Runtimes"] = {name: {"path": name} for name in value.split()}
    elif key == "Security Options":
        options: list[str] = [f"name={x.key}" for x in line.below if x.key != "Profile"]
        if value:
            options += [f"name={name}" for name in value.split()]
        info["SecurityOptions"] = options
        for x in line.below:
            for part in x.below:
                if part.key == "Profile":
                    name = part.value
                    at = options.index(f"name={x.key}")
                    options[at] = f"name={x.key},profile={name}"
    elif key == "Insecure Registries":
        info.setdefault("RegistryConfig", {"IndexConfigs": {}, "Mirrors": None})
        info["RegistryConfig"]["InsecureRegistryCIDRs"] = [x for x in below if "/" in x]
        for name in (x for x in below if "/" not in x):
            info["RegistryConfig"]["IndexConfigs"][name] = {"Name": name, "Secure": False}
    elif key == "Registry Mirrors":
        info.setdefault("RegistryConfig", {"IndexConfigs": {}, "InsecureRegistryCIDRs": []})
        info["RegistryConfig"]["Mirrors"] = below
    elif key == "Labels":
        info["Labels"] = below
    elif key == "Default Address Pools":
        pools = re.findall(r"Base: (\S+), Size: (\d+)", "\n".join(below))
        info["DefaultAddressPools"] = [{"Base": b, "Size": int(s)} for b, s in pools]
    elif key == "Firewall Backend":
        info["FirewallBackend"] = {"Driver": value}
    elif key == "CDI spec directories":
        info["CDISpecDirs"] = below
    if key == "Storage Driver":
        info["DriverStatus"] = [[x.key, x.value] for x in line.below]


def _swarm(line: Line) -> dict[str, Any]:
    values = {x.key: x.value for x in line.below}
    return {
        "NodeID": values.get("NodeID", ""),
        "NodeAddr": values.get("Node Address", ""),
        "LocalNodeState": line.value,
        "ControlAvailable": values.get("Is Manager") == "true",
        "Error": "",
        "RemoteManagers": None,
        "Nodes": int(values.get("Nodes", 0)),
        "Managers": int(values.get("Managers", 0)),
    }


APIS = {
    "1.10": "1.22", "1.12": "1.24", "1.13": "1.26", "17.05": "1.29", "17.12": "1.35",
    "18.03": "1.37", "18.06": "1.38", "18.09": "1.39", "19.03": "1.40", "20.10": "1.41",
    "23.0": "1.42", "24.0": "1.43", "25.0": "1.44", "26.0": "1.45", "26.1": "1.45", "27.0": "1.46",
    "27.2": "1.47", "27.4": "1.47", "28.0": "1.48", "28.1": "1.49", "28.2": "1.50", "28.3": "1.51",
    "28.4": "1.51", "28.5": "1.51", "29.0": "1.52", "29.1": "1.52", "29.2": "1.53", "29.6": "1.55",
    "29.7": "1.55", "29.10": "1.56",
}  # fmt: skip


def version_answer(
    version: str, *, platform: str = "", arch: str = "amd64", kernel: str = "", **more: Any
) -> dict[str, Any]:
    """GET /version as an engine of that version answers."""
    series = ".".join(version.split(".")[:2])
    api = APIS.get(series, "1.47")
    major = int(re.match(r"\d+", version)[0])  # type: ignore[index]
    floor = "1.12" if major < 25 else "1.24" if major < 29 else "1.40"
    answer: dict[str, Any] = {
        "Version": version,
        "ApiVersion": api,
        "MinAPIVersion": floor,
        "GitCommit": "0000000",
        "GoVersion": "go1.25",
        "Os": "linux",
        "Arch": arch,
        "KernelVersion": kernel,
        "BuildTime": "2026-07-15T11:02:57.000000000+00:00"
        if major >= 29
        else "2021-01-01T00:00:00.000000000+00:00",
    }
    if major > 17:
        answer = {
            "Platform": {"Name": platform},
            "Components": [{"Name": "Engine", "Version": version, "Details": {}}],
            **answer,
        }
    return answer | more


def _version_of(info: dict[str, Any]) -> dict[str, Any]:
    arch = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
    return version_answer(
        info["ServerVersion"],
        arch=arch.get(info.get("Architecture", ""), "amd64"),
        kernel=info.get("KernelVersion", ""),
    )
