"""Turns the text of ``docker info`` and ``docker version`` back into the Engine API's answers.

Only what the text tells is in the answers: a text that was cut gives answers with holes, as an
engine that leaves fields out does. The formats are those of docker/cli cli/command/system/info.go
and version.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

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
LACKS = {
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
"""moby daemon/info_unix.go: the warnings are made of these flags. That a warning is not in a text
tells nothing: they go to standard error, and are often not pasted."""
_SIZES = {"B": 1, "KB": 1e3, "KIB": 1 << 10, "MB": 1e6, "MIB": 1 << 20, "GB": 1e9, "GIB": 1 << 30}

_OTHERS = (
    "Client|Server|Context|Plugins|Volume|Network|Log|Authorization|Swarm|NodeID|Is Manager|"
    "Runtimes|Security Options|Profile|Total Memory|Insecure Registries|Registry Mirrors|Labels|"
    "Default Address Pools|Firewall Backend|CDI spec directories|Discovered Devices|Kernel Memory|"
    "Backing Filesystem|Supports d_type|Using metacopy|Native Overlay Diff|userxattr|driver-type|"
    "Username|API version|API Version|Go version|Git commit|Built|OS/Arch|Cloud integration|Engine|"
    "containerd|runc|docker-init|Version|GitCommit|Dirs|Root Dir|Pool Name|Data file|Experimental|"
    "Resolved Docker Host|Resolved Docker Socket Path|Host|Connected to [Dd]ocker|Execution Driver|"
    "Debug [Mm]ode \\(client\\)|Debug [Mm]ode|EventsListeners|File Descriptors|Goroutines|"
    "System Time|Cluster Store|Minimum API version|Path|buildx|compose|Downgraded API version"
)
_KEY = re.compile(
    r"[ \t]*(?:"
    + "|".join(re.escape(key) for key in (*_TEXTS, *_NUMBERS, *_FLAGS, *_COMMITS))
    + f"|{_OTHERS})"
    + r":(?:[ \t]|$)"
)
START = re.compile(
    r"[ \t]*(?:(?:Client|Server): ?(?:Docker [\w ().-]+|Version:.*|Podman.*)?$"
    r"|(?:Containers|Server Version|Storage Driver|Kernel Version|Operating System|OSType|"
    r"Logging Driver|Cgroup Driver|Total Memory|Docker Root Dir):[ \t]+\S"
    r"|Connected to [Dd]ocker:|Client version:[ \t])"
)
"""A line with which such an output begins, also where its beginning was cut off."""

_ALSO = re.compile(
    r"[ \t]*(?:WARNING: |ERROR: |errors? pretty printing|error during connect|Error response from|"
    r"Cannot connect to the Docker|failed to connect|Got permission denied|permission denied while)"
)


class Client(NamedTuple):
    """What the docker client says of itself; empty where it does not."""

    version: str = ""
    context: str = ""
    os: str = ""
    """darwin, linux or windows."""
    arch: str = ""
    """amd64 or arm64."""
    endpoint: str = ""
    """Where it, or a library in its place, says that it connects to."""


class Told(NamedTuple):
    """One output, as answers."""

    info: dict[str, Any]
    """GET /info; empty where the text tells nothing of it."""
    version: dict[str, Any]
    """GET /version; empty likewise."""
    client: Client


def belongs(text: str, *, indented: bool = True) -> bool:
    """Whether a line may be one of such an output: one of its keys, a warning, or deeper text."""
    if _KEY.match(text) or _ALSO.match(text):
        return True
    return indented and text[:1] in {" ", "\t"} and not text.isspace()


class _Line:
    """One line with its depth and what is below it."""

    def __init__(self, text: str, depth: int) -> None:
        self.key, _, value = text.partition(":")
        self.text = text
        self.value = value.strip()
        self.depth = depth
        self.below: list[_Line] = []


def _tree(lines: Iterable[str]) -> list[_Line]:
    top: list[_Line] = []
    stack: list[_Line] = []
    for raw in lines:
        text = raw.strip()
        if not text:
            continue
        line = _Line(text, len(raw) - len(raw.lstrip()))
        while stack and stack[-1].depth >= line.depth:
            stack.pop()
        (stack[-1].below if stack else top).append(line)
        stack.append(line)
    return top


def parse(text: str) -> Told | None:
    """What one output of ``docker info`` or ``docker version`` tells; None where it is none."""
    warnings = re.findall(r"(?m)^\s*WARNING: (.*?)\s*$", text)
    lines = [x.expandtabs(4) for x in text.splitlines() if "WARNING:" not in x]
    start = next((i for i, x in enumerate(lines) if re.match(r"\s*Server:", x)), None)
    client = _client(lines[:start] if start is not None else lines)
    body = lines if start is None else lines[start + 1 :]
    head = "" if start is None else lines[start]
    if start is not None and any(re.match(r"\s*Engine:\s*$", x) for x in body):
        version = _of_version(head, body)
        return Told({}, version, client)
    if start is not None and _plain_version(body):
        return Told({}, _old_version(body), client)
    keys = r"\s*(Server Version|Operating System|Kernel Version|Storage Driver|Cgroup Driver):"
    if not any(re.match(keys, x) for x in body):
        return Told({}, {}, client) if client != Client() else None
    info = _of_info(_flat(body), warnings)
    return Told(info, version_from(info), client)


def _client(lines: list[str]) -> Client:
    told: dict[str, str] = {}
    for line in lines:
        key, _, value = line.strip().partition(":")
        told.setdefault(key.strip(), value.strip())
    system, _, arch = told.get("OS/Arch", "").partition("/")
    endpoint = told.get("Resolved Docker Host") or told.get("Host") or ""
    version = told.get("Version", "") if "Client" in told else told.get("Client version", "")
    if "://" not in endpoint:
        endpoint = ""
    return Client(version, told.get("Context", ""), system, arch, endpoint)


def _flat(body: list[str]) -> list[_Line]:
    known = [x for x in body if x.strip()]
    first = next((x for x in known if re.match(r"\s*(Containers|Server Version):", x)), known[0])
    depth = len(first) - len(first.lstrip())
    return _tree([x[depth:] if x[:depth].isspace() or not depth else x for x in body])


def _plain_version(body: list[str]) -> bool:
    """Whether it is the output of ``docker version`` from before 18.09, which has no parts."""
    return any(re.match(r"\s*API version:", x) for x in body)


def _old_version(body: list[str]) -> dict[str, Any]:
    values = {x.key.strip(): x.value for x in _tree(body)}
    return _versions(values, values.get("OS/Arch", ""))


def _versions(values: dict[str, str], os_arch: str) -> dict[str, Any]:
    version: dict[str, Any] = {}
    if values.get("Version"):
        version["Version"] = values["Version"]
    api = re.match(r"([\d.]+)(?: \(minimum version ([\d.]+)\))?", values.get("API version", ""))
    if api:
        version["ApiVersion"] = api[1]
        if api[2]:
            version["MinAPIVersion"] = api[2]
    system, _, arch = os_arch.partition("/")
    if arch:
        version |= {"Os": system, "Arch": arch}
    return version


def _of_version(head: str, body: list[str]) -> dict[str, Any]:
    """``docker version`` since 18.09: the platform's name, then one part for each component."""
    # "Server:" alone is a distribution's own build.
    version: dict[str, Any] = {"Platform": {"Name": head.partition(":")[2].strip()}}
    components = []
    for part in _tree(body):
        values = {x.key.strip(): x.value for x in part.below}
        components.append({"Name": part.key, "Version": values.get("Version", "")})
        if part.key == "Engine":
            version |= _versions(values, values.get("OS/Arch", ""))
            version["Experimental"] = values.get("Experimental") == "true"
    return {**version, "Components": components}


_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


def version_from(info: dict[str, Any]) -> dict[str, Any]:
    """GET /version, as far as ``docker info`` has told of it; its platform it does not name."""
    version: dict[str, Any] = {"Platform": None}
    for name, key in (
        ("Version", "ServerVersion"),
        ("Os", "OSType"),
        ("KernelVersion", "KernelVersion"),
    ):
        if key in info:
            version[name] = info[key]
    arch = info.get("Architecture")
    if arch:
        version["Arch"] = _ARCHITECTURES.get(arch, arch)
    return version


def _of_info(lines: list[_Line], warnings: list[str]) -> dict[str, Any]:
    info: dict[str, Any] = {}
    for line in lines:
        _take(info, line)
        if line.key == "Containers":
            for part in line.below:
                _take(info, part)
    if warnings:
        info["Warnings"] = warnings
    for words, flag in LACKS.items():
        if words in warnings:
            info[flag] = False
    return info


def _take(info: dict[str, Any], line: _Line) -> None:
    key, value = line.key.strip(), line.value
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
        info["MemTotal"] = int(float(size[1]) * _SIZES[size[2].upper()])
    elif key == "Plugins":
        info["Plugins"] = {x.key: x.value.split() for x in line.below}
        info["Plugins"].setdefault("Authorization", None)
    elif key == "Swarm":
        info["Swarm"] = _swarm(line)
    elif key == "Runtimes":
        info["Runtimes"] = {name: {"path": name} for name in value.split()}
    elif key == "Security Options":
        info["SecurityOptions"] = _security(line)
    elif key == "Insecure Registries":
        registries = info.setdefault("RegistryConfig", {"IndexConfigs": {}, "Mirrors": None})
        registries["InsecureRegistryCIDRs"] = [x for x in below if "/" in x]
        for name in (x for x in below if "/" not in x):
            registries["IndexConfigs"][name] = {"Name": name, "Secure": False}
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
    elif key == "Discovered Devices":
        info["DiscoveredDevices"] = [
            {"Source": x.key.strip(), "ID": x.value} for x in line.below if x.value
        ]
    if key == "Storage Driver":
        info["DriverStatus"] = [[x.key, x.value] for x in line.below]


def _security(line: _Line) -> list[str]:
    options = [f"name={name}" for name in line.value.split()]
    for option in line.below:
        if option.key == "Profile":  # old releases: below the word, not below its name
            if options:
                options[-1] += f",profile={option.value}"
            continue
        options.append(f"name={option.key}")
        for part in option.below:
            if part.key == "Profile":
                options[-1] += f",profile={part.value}"
    return options


def _swarm(line: _Line) -> dict[str, Any]:
    values = {x.key: x.value for x in line.below}
    numbers = {
        key: int(values[key]) for key in ("Nodes", "Managers") if values.get(key, "").isdigit()
    }
    return {
        "NodeID": values.get("NodeID", ""),
        "NodeAddr": values.get("Node Address", ""),
        "LocalNodeState": line.value,
        "ControlAvailable": values.get("Is Manager") == "true",
        "Error": "",
        "RemoteManagers": None,
        **numbers,
    }


def parse_podman(text: str) -> Told | None:
    """What the YAML of ``podman info`` tells, as the answers of Podman's own Docker API."""
    values: dict[str, str] = {}
    for match in re.finditer(r"(?m)^ {0,4}(?:- )?([A-Za-z]\w*): *\"?([^\"\n]+?)\"? *$", text):
        values.setdefault(match[1], match[2])
    version = re.search(r"(?m)^version:\s*\n(?: +.*\n)*? +Version: *\"?([\w.-]+)", text)
    if "buildahVersion" not in values and version is None:
        return None
    info: dict[str, Any] = {"OSType": values.get("os", "linux")}
    for key, name in (("kernel", "KernelVersion"), ("hostname", "Name"), ("graphRoot", "DockerRootDir"),
                      ("graphDriverName", "Driver"), ("logDriver", "LoggingDriver"),
                      ("cgroupManager", "CgroupDriver")):  # fmt: skip
        if key in values:
            info[name] = values[key]
    if "cgroupVersion" in values:
        info["CgroupVersion"] = values["cgroupVersion"].lstrip("v")
    info["SecurityOptions"] = [
        f"name={name}"
        for name, key in (
            ("seccomp", "seccompEnabled"),
            ("apparmor", "apparmorEnabled"),
            ("selinux", "selinuxEnabled"),
            ("rootless", "rootless"),
        )
        if values.get(key) == "true"
    ]
    if "seccompProfilePath" in values:
        info["SecurityOptions"] = [
            f"{option},profile={values['seccompProfilePath']}"
            if option == "name=seccomp"
            else option
            for option in info["SecurityOptions"]
        ]
    number = version[1] if version else ""
    answer: dict[str, Any] = {
        "Platform": None,
        "Components": [{"Name": "Podman Engine", "Version": number}],
        "Os": info["OSType"],
    }
    if number:
        answer["Version"] = number
        info["ServerVersion"] = number
    if "arch" in values:
        answer["Arch"] = values["arch"]
        info["Architecture"] = {"amd64": "x86_64", "arm64": "aarch64"}.get(
            values["arch"], values["arch"]
        )
    return Told(info, answer, Client())
