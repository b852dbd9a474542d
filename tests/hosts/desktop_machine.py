r"""Recorded Windows, WSL and macOS hosts under construction: what a real one answers, part by part.

The same honesty as in :class:`tests.hosts.machine.Machine`: nothing is answered that nobody
recorded, and an installed program with words that nobody recorded makes the probe crash.

:class:`Windows` is a computer as seen from Windows itself. :class:`InsideWsl` is a distribution on
such a computer, whose programs it asks through interop and whose drives it has mounted.
:class:`Mac` is a Mac.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from probes.formats.text_encoding import decode
from probes.host.questions import Absent, Garbled
from tests.fake_host import DIRECTORY, SOCKET, FakeSource
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import (
    BOOT,
    DATA,
    GIB,
    MODULAR_CONFIG,
    NOW,
    Machine,
    Recorded,
    nat_rules,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probes.host.questions import Answer, Question

PROFILE = r"C:\Users\ann"
ROAMING = rf"{PROFILE}\AppData\Roaming"
LOCAL = rf"{PROFILE}\AppData\Local"
DESKTOP_APP = r"C:\Program Files\Docker\Docker"
PIPE = "npipe:////./pipe/docker_engine"
LINUX_PIPE = "npipe:////./pipe/dockerDesktopLinuxEngine"
WINDOWS_PIPE = "npipe:////./pipe/dockerDesktopWindowsEngine"
LXSS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Lxss"
VERSION_KEY = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Docker Desktop"

ENGINE = "29.10.0"
DESKTOP = "Docker Desktop 4.90.0 (240112)"
WSL_KERNEL = "6.6.87.2-microsoft-standard-WSL2"
LINUXKIT = "6.12.76-linuxkit"

SERVICES = {
    "vmcompute": ("running", "manual"),
    "hns": ("running", "manual"),
    "HvHost": ("running", "manual"),
    "WslService": ("running", "automatic"),
    "SharedAccess": ("running", "manual"),
    "WinNat": ("running", "manual"),
    "LanmanServer": ("running", "automatic"),
    "LanmanWorkstation": ("running", "automatic"),
    "W32Time": ("running", "manual"),
    "com.docker.service": ("stopped", "manual"),
}
"""Of a Windows on which Docker Desktop runs with WSL 2: its own service is stopped then."""

NO_RANGES = """
Protocol tcp Port Exclusion Ranges

Start Port    End Port
----------    --------
      5357        5357
     50000       50059     *

* - Administered port exclusions.

"""
DYNAMIC = """
Protocol tcp Dynamic Port Range
---------------------------------
Start Port      : 49152
Number of Ports : 16384

"""

STORE = {
    "AutoStart": False,
    "DisplayedOnboarding": True,
    "EnableDockerAI": False,
    "LastContainerdSnapshotterEnable": 1_730_830_362,
    "LicenseTermsVersion": 2,
    "SettingsVersion": 43,
    "UseContainerdSnapshotter": True,
}
"""What the newer settings file holds of a user who has changed nothing: it keeps changes only."""


def engine_info(base: str, **changes: Any) -> dict[str, Any]:
    """/info out of a recorded text, with what differs on this host."""
    info, _ = told(base)
    return info | {"SystemTime": "2026-11-24T06:00:00.123456789Z"} | changes


def desktop_info(kernel: str, *, label: str, cpus: int, memory: int, **changes: Any) -> Any:
    """/info of a current Docker Desktop: the containerd image store, cgroup 2."""
    usual = {
        "ServerVersion": ENGINE, "KernelVersion": kernel, "NCPU": cpus, "MemTotal": memory,
        "Labels": [f"com.docker.desktop.address={label}"],
    }  # fmt: skip
    return engine_info("desktop/014.txt", **usual | changes)


def version_of(
    info: Mapping[str, Any], platform: str = DESKTOP, *, containerd: str = "v2.4.2",
    runc: str = "1.4.3",
) -> dict[str, Any]:  # fmt: skip
    """/version that belongs to an /info."""
    arch = {"x86_64": "amd64", "aarch64": "arm64"}[str(info["Architecture"])]
    answer = version_answer(
        str(info["ServerVersion"]), platform=platform, arch=arch, kernel=str(info["KernelVersion"])
    )
    answer.setdefault("Components", [])
    answer["Components"] += [
        {"Name": "containerd", "Version": containerd, "Details": {}},
        {"Name": "runc", "Version": runc, "Details": {}},
        {"Name": "docker-init", "Version": "0.19.0", "Details": {"GitCommit": "de40ad0"}},
    ]
    return answer


def container(name: str, image: str, *mounts: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A row of /containers/json with bind mounts (source, destination)."""
    number = hashlib.sha256(name.encode()).hexdigest()
    return {
        "Id": number, "Names": [f"/{name}"], "Image": image, "ImageID": f"sha256:{number}",
        "Command": "run", "Created": int(NOW) - 7200, "Ports": [], "Labels": {},
        "State": "running", "Status": "Up 2 hours",
        "HostConfig": {"NetworkMode": "bridge"},
        "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "a0", "IPAddress": "172.17.0.2"}}},
        "Mounts": [
            {"Type": "bind", "Source": source, "Destination": target, "Mode": "", "RW": True,
             "Propagation": "rprivate"}
            for source, target in mounts
        ],
        **more,
    }  # fmt: skip


def context_files(name: str, url: str) -> dict[str, str]:
    """The file of a named context, below .docker."""
    meta = {"Name": name, "Metadata": {"Description": "Docker Desktop"} if "desktop" in name else {},
            "Endpoints": {"docker": {"Host": url, "SkipTLSVerify": False}}}  # fmt: skip
    return {
        f"contexts/meta/{hashlib.sha256(name.encode()).hexdigest()}/meta.json": json.dumps(meta)
    }


class Computer(Recorded):
    """What Windows and macOS hosts have in common: programs, engines, gauges."""

    def __init__(
        self, system: dict[str, str], *, home: str, uid: int, memory: int, cpus: int
    ) -> None:
        super().__init__()
        self.gauges.update(
            clock=NOW,
            system=system,
            processes=[],
            session={"uid": uid, "name": "ann", "home": home,
                     "groups": [[20, "staff"]] if uid > 1 else [],
                     "granted_groups": [[20, "staff"]] if uid > 1 else []},
            memory={"total": memory, "available": memory // 2, "swap_total": 2 * GIB,
                    "swap_free": 2 * GIB},
            cpus={"logical": cpus, "physical": max(cpus // 2, 1), "usable": cpus},
        )  # fmt: skip

    def process(self, pid: int, name: str, *argv: str, parent: int = 1, uid: int = 0) -> None:
        row = [pid, parent, uid, name, list(argv or (name,)), BOOT + 60, False]
        self.gauges["processes"] = sorted([*self.gauges["processes"], row])

    def _run(self, *argv: str) -> list[Any]:
        if argv in self.runs:
            return list(self.runs[argv])
        name = argv[0].rpartition("/")[2].lower()
        if name in self.commands:
            return list(self.commands[name](*argv[1:]))
        if any(known[0] == argv[0] for known in self.runs):
            raise AssertionError(f"nobody recorded {argv}")
        raise Absent(f"there is no command {argv[0]}")

    def _engine(self, url: str, tls: str, verify: str, path: str) -> Any:
        if url.startswith("unix://") and url not in self.engines:
            url = f"unix://{self._resolve(url.removeprefix('unix://'))}"
        return super()._engine(url, tls, verify, path)


# -- Windows -------------------------------------------------------------------------------------


def shown(name: str) -> str:
    """What wsl.exe printed: the bytes of a recorded file, decoded as the live host does."""
    return decode((DATA / "wsl-output" / name).read_bytes())


def wsl_version(wsl: str, build: str, locale: str = "en-US") -> str:
    """``wsl --version`` of a localised Windows, with other versions in the places of the file's."""
    if locale == "ko-KR":  # localization/strings/ko-KR/Resources.resw, MessagePackageVersions
        text = (
            "WSL 버전: 2.6.1.0\r\n커널 버전: 6.6.87.2-1\r\nWSLg 버전: 1.0.66\r\n"
            "MSRDC 버전: 1.2.6353\r\nDirect3D 버전: 1.611.1-81528511\r\n"
            "DXCore 버전: 10.0.26100.1-240331-1435.ge-release\r\nWindows 버전: 10.0.26100.6899\r\n"
        )
    else:
        text = shown(f"{locale}.version.utf16le.txt")
    return text.replace("2.6.1.0", wsl).replace("10.0.26100.6899", f"10.0.{build}")


INBOX_USAGE = (
    "Copyright (c) Microsoft Corporation. All rights reserved.\r\n\r\n"
    "Usage: wsl.exe [Argument] [Options...] [CommandLine]\r\n\r\n"
    "Arguments for running Linux binaries:\r\n"
)
NO_DISTRIBUTION = "Windows Subsystem for Linux has no installed distributions.\r\n"


class Distribution:
    """One WSL distribution."""

    def __init__(self, name: str, state: str = "Running", version: int = 2, base: str = "") -> None:
        self.name, self.state, self.version = name, state, version
        guid = hashlib.sha256(name.encode()).hexdigest()
        self.guid = f"{{{guid[:8]}-{guid[8:12]}-4{guid[13:16]}-8{guid[17:20]}-{guid[20:32]}}}"
        self.base = base or rf"{LOCAL}\wsl\{self.guid}"


DOCKER_MAIN = rf"{LOCAL}\Docker\wsl\main"
"""Where Docker Desktop keeps the disk of its own distribution."""


class Surroundings:
    """A Windows: its files, registry, services and programs, for whoever asks from wherever."""

    def __init__(
        self,
        *,
        build: str = "26100.6899",
        wsl: str | None = "2.6.1.0",
        locale: str = "en-US",
        memory: int = 34_057_469_952,
        cpus: int = 16,
        distributions: tuple[Distribution, ...] = (),
    ) -> None:
        self.build, self.wsl, self.locale = build, wsl, locale
        self.memory, self.cpus = memory, cpus
        self.distributions = list(distributions)
        self.files: dict[str, bytes] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        """Large files: path -> size, and bytes that it takes on the drive."""
        self.folders: set[str] = {PROFILE, r"C:\Users\Public", r"C:\Windows\System32"}
        self.env = {
            "USERPROFILE": PROFILE, "APPDATA": ROAMING, "LOCALAPPDATA": LOCAL,
            "USERNAME": "ann", "HOMEDRIVE": "C:", "HOMEPATH": r"\Users\ann",
            "ProgramData": r"C:\ProgramData", "ProgramFiles": r"C:\Program Files",
            "SystemRoot": r"C:\Windows", "SystemDrive": "C:", "windir": r"C:\Windows",
            "TEMP": rf"{LOCAL}\Temp", "TMP": rf"{LOCAL}\Temp", "COMPUTERNAME": "DESKTOP-4F2",
            "PATH": r"C:\Windows\system32;C:\Windows;C:\Windows\System32\Wbem;"
            rf"C:\Windows\System32\WindowsPowerShell\v1.0\;{LOCAL}\Microsoft\WindowsApps",
            "OS": "Windows_NT", "PROCESSOR_ARCHITECTURE": "AMD64",
        }  # fmt: skip
        number = int(build.partition(".")[0])
        display = {26100: "24H2", 22631: "23H2", 22000: "21H2", 19045: "22H2", 18363: "1909"}
        self.registry: dict[str, dict[str, Any]] = {
            VERSION_KEY: {
                "CurrentBuild": str(number), "CurrentBuildNumber": str(number),
                "UBR": int(build.partition(".")[2]), "DisplayVersion": display[number],
                "ProductName": "Windows 10 Pro", "EditionID": "Professional",
                "InstallationType": "Client", "CurrentMajorVersionNumber": 10,
                "CurrentMinorVersionNumber": 0,
            },
            r"HKLM\SYSTEM\CurrentControlSet\Services\TcpIp\Parameters": {"Hostname": "DESKTOP-4F2"},
        }  # fmt: skip
        if number < 20_000:
            del self.registry[VERSION_KEY]["DisplayVersion"]
            self.registry[VERSION_KEY]["ReleaseId"] = "2009" if number > 19_000 else "1909"
            if number > 19_000:
                self.registry[VERSION_KEY]["DisplayVersion"] = display[number]
        self.services = dict(SERVICES)
        self.tasks: dict[str, int] = {"vmmemWSL": 8812} if wsl else {}
        self.runs: dict[tuple[str, ...], tuple[int, str, str]] = {}
        self.reserved = NO_RANGES
        self.programs: dict[str, Callable[..., tuple[int, str, str]]] = {
            "tasklist.exe": self._tasklist, "netsh.exe": self._netsh, "reg.exe": self._reg,
            "sc.exe": self._sc, "cmd.exe": self._cmd, "powershell.exe": self._powershell,
            "wsl.exe": self._wsl,
        }  # fmt: skip
        self.powershell: dict[str, str] = {}
        """What a part of a command of PowerShell makes it print."""

    # -- its parts ------------------------------------------------------------------------------

    def write(self, path: str, data: str | bytes) -> None:
        self.files[path] = data.encode() if isinstance(data, str) else data

    def installed_wsl(self) -> None:
        """The registry's distributions, as the ones of this object stand now."""
        if not self.distributions:
            return
        self.registry[LXSS] = {
            "DefaultDistribution": self.distributions[0].guid, "DefaultVersion": 2,
            "NatIpAddress": "172.29.112.1",
        }  # fmt: skip
        for one in self.distributions:
            flags = 15 if one.version == 2 else 7
            self.registry[rf"{LXSS}\{one.guid}"] = {
                "DistributionName": one.name, "BasePath": rf"\\?\{one.base}", "Flags": flags,
                "Version": 2, "State": 1, "DefaultUid": 0 if "docker" in one.name else 1000,
                "VhdFileName": "ext4.vhdx",
            }  # fmt: skip
            if one.version == 2:
                size = 110 << 20 if one.base == DOCKER_MAIN else 9 * GIB
                self.sizes[rf"{one.base}\ext4.vhdx"] = (size, size)

    def desktop(
        self,
        *,
        version: str = "4.90.0",
        settings: Mapping[str, Any] | str = STORE,
        settings_name: str = "settings-store.json",
        running: bool = True,
        wsl: bool = True,
    ) -> None:
        """Docker Desktop, installed for all users, with its settings."""
        self.write(rf"{DESKTOP_APP}\Docker Desktop.exe", b"MZ")
        self.write(rf"{DESKTOP_APP}\resources\bin\docker.exe", b"MZ")
        self.write(rf"{DESKTOP_APP}\resources\bin\docker-credential-desktop.exe", b"MZ")
        self.write(rf"{DESKTOP_APP}\resources\bin\docker-credential-wincred.exe", b"MZ")
        for name in ("docker-buildx", "docker-compose", "docker-desktop"):
            self.write(rf"C:\Program Files\Docker\cli-plugins\{name}.exe", b"MZ")
        self.env["PATH"] += rf";{DESKTOP_APP}\resources\bin"
        text = settings if isinstance(settings, str) else json.dumps(settings, indent=2)
        self.write(rf"{ROAMING}\Docker\{settings_name}", text)
        self.write(rf"{PROFILE}\.docker\daemon.json",
                   '{\n  "builder": {\n    "gc": {\n      "defaultKeepStorage": "20GB",\n'
                   '      "enabled": true\n    }\n  },\n  "experimental": false\n}')  # fmt: skip
        self.write(rf"{LOCAL}\Docker\log\host\com.docker.backend.exe.log",
                   "[2026-11-23T07:02:11.104Z][com.docker.backend.exe] engine is running\n")  # fmt: skip
        self.registry[UNINSTALL] = {
            "DisplayName": "Docker Desktop", "DisplayVersion": version, "Publisher": "Docker Inc.",
            "InstallLocation": DESKTOP_APP,
        }  # fmt: skip
        if wsl:
            state = "Running" if running else "Stopped"
            self.distributions.append(Distribution("docker-desktop", state, base=DOCKER_MAIN))
            self.sizes[rf"{LOCAL}\Docker\wsl\disk\docker_data.vhdx"] = (1300 << 20, 1300 << 20)
        if running:
            self.tasks |= {"Docker Desktop": 9120, "com.docker.backend": 11804,
                           "com.docker.build": 12044}  # fmt: skip
        self.programs["docker.exe"] = self.programs["docker"] = self._docker
        self.cli = ENGINE

    def docker_config(self, **config: Any) -> None:
        """The user's config.json and, where it names one, the context desktop-linux."""
        self.write(rf"{PROFILE}\.docker\config.json", json.dumps(config))
        for path, text in context_files("desktop-linux", LINUX_PIPE).items():
            self.write(rf"{PROFILE}\.docker" + "\\" + path.replace("/", "\\"), text)

    # -- its programs ---------------------------------------------------------------------------

    def asked(self, name: str, *words: str) -> tuple[int, str, str]:
        """What a program of Windows prints. Raises Absent where it is not installed."""
        name = name.lower()
        full = name if name.endswith(".exe") or name == "docker" else f"{name}.exe"
        for argv in ((full, *words), (name, *words)):
            if argv in self.runs:
                return self.runs[argv]
        if full not in self.programs:
            raise Absent(f"there is no command {name}")
        return self.programs[full](*words)

    def _docker(self, *words: str) -> tuple[int, str, str]:
        if words == ("--version",):
            return 0, f"Docker version {self.cli}, build 0000000\n", ""
        raise AssertionError(f"nobody recorded docker {words}")

    def _wsl(self, *words: str) -> tuple[int, str, str]:
        text = " ".join(words)
        text = {"-l -v": "--list --verbose"}.get(text, text)
        running = [one for one in self.distributions if one.state == "Running"]
        if words == ("--version",):
            if self.wsl is None:
                return 1, INBOX_USAGE, ""
            return 0, wsl_version(self.wsl, self.build, self.locale), ""
        if words == ("--status",):
            if self.locale == "ko-KR":
                return 0, "기본 배포: Ubuntu-24.04\r\n기본 버전: 2\r\n", ""
            return 0, shown(f"{self.locale}.status.utf16le.txt"), ""
        if not self.distributions:
            return 255, NO_DISTRIBUTION, ""
        if text == "--list --running --quiet":
            return (0 if running else 255), "".join(f"{one.name}\r\n" for one in running), ""
        if text == "--list --quiet":
            return 0, "".join(f"{one.name}\r\n" for one in self.distributions), ""
        if text == "--list --verbose":
            width = max(len(one.name) for one in self.distributions) + 4
            rows = [f"  {'NAME':<{width}}{'STATE':<16}VERSION"]
            rows += [f"{'*' if n == 0 else ' '} {one.name:<{width}}{one.state:<16}{one.version}"
                     for n, one in enumerate(self.distributions)]  # fmt: skip
            return 0, "".join(f"{row}\r\n" for row in rows), ""
        raise AssertionError(f"nobody recorded wsl.exe {words}")

    def _tasklist(self, *words: str) -> tuple[int, str, str]:
        text = " ".join(words)
        named = re.search(r"IMAGENAME eq (\S+?)(?:\.exe)?(?:\s|$)", text)
        assert named, words
        assert {"CSV", "/NH"} <= set(words), words
        name = named[1]
        if name not in self.tasks:
            message = {
                "de-DE": "INFORMATION: Es werden keine Aufgaben mit den angegebenen Kriterien "
                "ausgeführt.\r\n",
                "ko-KR": "정보: 지정한 조건에 해당하는 작업이 없습니다.\r\n",
            }.get(
                self.locale,
                "INFO: No tasks are running which match the specified criteria.\r\n",
            )
            return 0, message, ""
        image = name if name.startswith("vmmem") else f"{name}.exe"
        return 0, f'"{image}","{self.tasks[name]}","Console","1","124,808 K"\r\n', ""

    def _netsh(self, *words: str) -> tuple[int, str, str]:
        text = " ".join(words)
        if "excludedportrange" in text:
            return 0, self.reserved.replace("\n", "\r\n"), ""
        if "dynamicport" in text:
            return 0, DYNAMIC.replace("\n", "\r\n"), ""
        if "winhttp" in text:
            return (
                0,
                "\r\nCurrent WinHTTP proxy settings:\r\n\r\n    Direct access (no proxy server).\r\n\r\n",
                "",
            )
        raise AssertionError(f"nobody recorded netsh {words}")

    def _reg(self, *words: str) -> tuple[int, str, str]:
        assert words[0] == "query", words
        key = words[1]
        try:
            told = FakeSource(registry=self.registry)._registry(key)
        except Absent:
            return (
                1,
                "",
                "ERROR: The system was unable to find the specified registry key or value.\r\n",
            )
        hive, _, path = key.partition("\\")
        whole = {"HKCU": "HKEY_CURRENT_USER", "HKLM": "HKEY_LOCAL_MACHINE"}[hive] + "\\" + path
        lines = ["", whole] if told["values"] else [""]
        for name, value in told["values"].items():
            if isinstance(value, int):
                lines.append(f"    {name}    REG_DWORD    0x{value:x}")
            elif isinstance(value, list):
                lines.append(f"    {name}    REG_MULTI_SZ    {chr(92)}0".join(value))
            else:
                lines.append(f"    {name}    REG_SZ    {value}")
        lines += ["", *(f"{whole}\\{name}" for name in told["keys"])]
        return 0, "".join(f"{line}\r\n" for line in lines), ""

    def _sc(self, *words: str) -> tuple[int, str, str]:
        verb, name = words[0], words[-1]
        found = next((known for known in self.services if known.lower() == name.lower()), None)
        if found is None:
            return (
                1060 & 0xFF,
                (
                    "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\n"
                    "The specified service does not exist as an installed service.\r\n\r\n"
                ),
                "",
            )
        status, start = self.services[found]
        if verb == "query":
            number = {"running": "4  RUNNING", "stopped": "1  STOPPED"}[status]
            return 0, (
                f"\r\nSERVICE_NAME: {found} \r\n        TYPE               : 30  WIN32  \r\n"
                f"        STATE              : {number} \r\n"
                "                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)\r\n"
                "        WIN32_EXIT_CODE    : 0  (0x0)\r\n        SERVICE_EXIT_CODE  : 0  (0x0)\r\n"
                "        CHECKPOINT         : 0x0\r\n        WAIT_HINT          : 0x0\r\n"
            ), ""  # fmt: skip
        assert verb == "qc", words
        kind = {"automatic": "2   AUTO_START", "manual": "3   DEMAND_START",
                "disabled": "4   DISABLED"}[start]  # fmt: skip
        return 0, (
            "[SC] QueryServiceConfig SUCCESS\r\n\r\n"
            f"SERVICE_NAME: {found}\r\n        TYPE               : 20  WIN32_SHARE_PROCESS \r\n"
            f"        START_TYPE         : {kind}\r\n        ERROR_CONTROL      : 1   NORMAL\r\n"
            "        BINARY_PATH_NAME   : C:\\Windows\\system32\\svchost.exe -k NetSvcs\r\n"
        ), ""  # fmt: skip

    def _cmd(self, *words: str) -> tuple[int, str, str]:
        if words == ("/d", "/c", "set", "USERPROFILE"):
            return 0, f"USERPROFILE={PROFILE}\r\n", ""
        if words == ("/d", "/c", "ver"):
            return 0, f"\r\nMicrosoft Windows [Version 10.0.{self.build}]\r\n", ""
        raise AssertionError(f"nobody recorded cmd.exe {words}")

    def _powershell(self, *words: str) -> tuple[int, str, str]:
        command = words[-1]
        if "TotalPhysicalMemory" in command and "NumberOfLogicalProcessors" in command:
            return 0, f"{self.memory}\r\n{self.cpus}\r\n", ""
        for part, printed in self.powershell.items():
            if part in command:
                return 0, printed, ""
        raise AssertionError(f"nobody recorded powershell {words}")


class Windows(Computer):
    """A Windows host, as hullcheck sees it when it runs on Windows."""

    def __init__(self, around: Surroundings, *, admin: bool = False) -> None:
        self.around = around
        around.installed_wsl()
        product = around.registry[VERSION_KEY]
        super().__init__(
            {
                "platform": "windows", "machine": "AMD64", "release": f"10.0.{around.build}",
                "kernel_version": "Windows 11 Pro " + product["DisplayVersion"]
                if int(product["CurrentBuild"]) >= 22_000
                else f"Windows 10 Pro {product.get('DisplayVersion') or product.get('ReleaseId')}",
                "hostname": "DESKTOP-4F2",
            },
            home=PROFILE, uid=0 if admin else 1, memory=around.memory, cpus=around.cpus,
        )  # fmt: skip
        self.env = around.env
        self.registry, self.services = {**around.registry}, around.services
        self.gauges["interfaces"] = {
            "Loopback Pseudo-Interface 1": nic(1500, "127.0.0.1"),
            "Wi-Fi": nic(1500, "192.168.1.24"),
            "vEthernet (WSL (Hyper-V firewall))": nic(1500, "172.29.112.1"),
        }
        self.gauges["distribution"] = {"id": "", "version": "", "name": ""}
        for name, pid in around.tasks.items():
            self.process(pid, name, rf"{DESKTOP_APP}\{name}.exe")
        self.vfs[inner("C:\\")] = (476 * GIB, 210 * GIB, 210 * GIB, 0, 0)
        self._names: dict[str, str] = {}
        for path, data in around.files.items():
            self.files[inner(path)] = data
        for path, (size, taken) in around.sizes.items():
            self.stats[inner(path)] = {"size": size}
            self.allocated[inner(path)] = taken
        for path in around.folders:
            self.stats[inner(path)] = {"kind": DIRECTORY, "mode": 0o777}

    def answer(self, question: Question, timeout: float) -> Answer:
        kind, *arguments = question
        if kind == "peer":
            raise Absent("this platform does not tell who listens on a socket")
        if kind in {"read", "tail", "list", "stat", "lstat", "readlink", "realpath", "statvfs",
                    "access", "allocated"}:  # fmt: skip
            path = arguments[0]
            if path.lower().startswith((r"\\.\pipe", "//./pipe", "//pipe")):
                raise Absent(f"{path} does not exist")
            question = (kind, self._spelt(inner(path)), *arguments[1:])
            told = super().answer(question, timeout)
            return path if kind == "realpath" else told
        return super().answer(question, timeout)

    def _env(self, name: str) -> str | None:
        return next((v for k, v in self.env.items() if k.upper() == name.upper()), None)

    def _run(self, *argv: str) -> list[Any]:
        name = argv[0].rpartition("\\")[2]
        return list(self.around.asked(name, *argv[1:]))

    def _spelt(self, path: str) -> str:
        """The path as it is on the drive, whatever its case."""
        if not self._names:
            for known in (*self.files, *self.stats, *self.vfs):
                parts = known.split("/")
                for count in range(2, len(parts) + 1):
                    above = "/".join(parts[:count])
                    self._names.setdefault(above.lower(), above)
        return self._names.get(path.lower(), path)


def inner(path: str) -> str:
    r"""``C:\Users`` as /C:/Users: the source keeps its files below one root."""
    path = path.removeprefix("\\\\?\\").replace("\\", "/")
    return "/" + path.rstrip("/") if re.match(r"[A-Za-z]:", path) else path


def nic(mtu: int, address: str = "", *, up: bool = True) -> dict[str, Any]:
    rows = [{"family": 2, "address": address, "netmask": "255.255.255.0"}] if address else []
    return {"up": up, "mtu": mtu, "addresses": rows}


# -- inside WSL ----------------------------------------------------------------------------------


UBUNTU = Distribution("Ubuntu-24.04")
LINUX_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/wsl/lib"


class InsideWsl(Machine):
    """Ubuntu 24.04 in WSL 2 (or 1) on a Windows."""

    def __init__(
        self,
        around: Surroundings,
        *,
        version: int = 2,
        interop: bool = True,
        windows_path: bool = True,
        systemd: bool = True,
        vm_memory: int = 16_737_873_920,
        vm_swap: int = 4 * GIB,
        vm_cpus: int = 14,
        wsl_conf: str = "[boot]\nsystemd=true\n",
        automount: bool = True,
    ) -> None:
        from tests.hosts import ubuntu_2404

        self.around = around
        around.installed_wsl()
        release = WSL_KERNEL if version == 2 else "4.4.0-19041-Microsoft"
        super().__init__(
            "DESKTOP-4F2", release, os=ubuntu_2404.OS,
            build="#1 SMP PREEMPT_DYNAMIC Thu Jun  5 18:30:46 UTC 2025" if version == 2
            else "#2311-Microsoft Tue Nov 08 17:09:00 PST 2022",
            memory=vm_memory, swap=vm_swap, cpus=vm_cpus,
        )  # fmt: skip
        self.interop, self.windows_path = interop, windows_path
        self.user("ann", groups=("adm", "sudo", "docker"))
        self.files["/etc/group"] = b"root:x:0:\nsudo:x:27:ann\ndocker:x:999:ann\n"
        self.env |= {
            "WSL_DISTRO_NAME": "Ubuntu-24.04", "HOME": "/home/ann", "NAME": "DESKTOP-4F2",
            "PATH": _path_inside(around) if windows_path and automount else LINUX_PATH,
        }  # fmt: skip
        if version == 2:
            config = "".join(x.replace("=m", "=y") + "\n" for x in MODULAR_CONFIG.splitlines())
            self.files["/proc/config.gz"] = config.encode()
            self.env["WSL_INTEROP"] = "/run/WSL/412_interop"
        self.network("eth0", "172.29.112.5", "172.29.112.1", docker0=False)
        self.files |= {
            "/etc/wsl.conf": wsl_conf.encode(),
            "/etc/resolv.conf": b"# This file was automatically generated by WSL. To stop "
            b"automatic generation of this file, add the following entry to /etc/wsl.conf:\n"
            b"# [network]\n# generateResolvConf = false\nnameserver 10.255.255.254\n",
            "/proc/modules": b"",
            "/proc/cmdline": b"initrd=\\initrd.img WSL_ROOT_INIT=1 panic=-1 nr_cpus=14 hv_utils."
            b"timesync_implicit=1 console=hvc0 debug pty.legacy_count=0 WSL_ENABLE_CRASH_DUMP=1\n",
            "/etc/fstab": b"LABEL=cloudimg-rootfs\t/\t ext4\tdiscard,errors=remount-ro\t0 1\n",
            "/proc/self/attr/current": b"",
            "/init": b"\x7fELF",
            "/usr/lib/systemd/systemd": b"\x7fELF",
        }
        self.links["/usr/sbin/init"] = "/usr/lib/systemd/systemd"
        self.gauges["adjtimex"] = {"state": 5, "status": 64, "offset": 0, "maxerror": 16_000_000,
                                   "esterror": 16_000_000}  # fmt: skip
        self._mount(version, automount=automount)
        if systemd and version == 2:
            self.systemd(255, "systemd-resolved.service")
            self.files["/run/systemd/container"] = b"wsl\n"
        else:
            self.links["/usr/sbin/init"] = "/init"
            self.run_answers("dmesg", out="[    0.000000] Linux version 6.6.87.2\n")
        self.sysctls({"net/core/bpf_jit_enable": None, "vm/max_map_count": "262144"})
        self.stats["/proc/sys/fs/binfmt_misc"] = {"kind": DIRECTORY}
        if interop:
            self.files["/proc/sys/fs/binfmt_misc/WSLInterop"] = (
                b"enabled\ninterpreter /init\nflags: PF\noffset 0\nmagic 4d5a\n"
            )
        self.iptables("nft", nat_rules("v1.8.10 (nf_tables)"))
        if version == 2:
            self.run_answers("wslinfo", "--version", out=f"{around.wsl}\n")
            self.run_answers("wslinfo", "--networking-mode", out="nat\n")
            self.run_answers("wslinfo", "--version", "-n", out=f"{around.wsl}")
            self.run_answers("wslinfo", "--networking-mode", "-n", out="nat")
        self.run_answers("wslpath", "-w", "/", out="\\\\wsl.localhost\\Ubuntu-24.04\\\n")
        self.commands["wslpath"] = self._wslpath

    def _mount(self, version: int, *, automount: bool) -> None:
        """The file systems of a distribution, and what Windows has below /mnt/c."""
        around = self.around
        if version == 2:
            self.mounts_of("/", "/dev/sdd", "ext4", "rw,discard,errors=remount-ro,data=ordered")
            self.mounts_of("/mnt/wsl", "none", "tmpfs")
            self.mounts_of("/mnt/wslg", "none", "tmpfs")
            self.mounts_of("/usr/lib/wsl/drivers", "drivers", "9p", "ro,aname=drivers")
            self.stats["/mnt/wsl"] = {"kind": DIRECTORY}
        else:
            self.mounts_of("/", "rootfs", "wslfs", "rw")
            for path in ("/proc/config.gz", "/sys/fs/cgroup/cgroup.controllers",
                         "/proc/pressure/memory", "/proc/pressure/io"):  # fmt: skip
                self.files.pop(path, None)
            self._cgroup_mounts = []
            self._write_mounts()
        if automount:
            if version == 2:
                self.mounts_of("/mnt/c", r"C:\134", "9p",
                               r"rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/,"
                               "mmap,access=client,msize=65536,trans=fd,rfd=5,wfd=5")  # fmt: skip
            else:
                self.mounts_of("/mnt/c", "C:", "drvfs", "rw,uid=1000,gid=1000")
            self.vfs["/mnt/c"] = (476 * GIB, 210 * GIB, 210 * GIB, 999, 1_000_000)
            for path, data in around.files.items():
                self.files[mounted(path)] = data
            for path, (size, taken) in around.sizes.items():
                self.stats[mounted(path)] = {"size": size}
                self.allocated[mounted(path)] = taken
            for path in around.folders:
                self.stats[mounted(path)] = {"kind": DIRECTORY, "mode": 0o777}
        self.vfs["/"] = (1006 << 30, 940 << 30, 890 << 30, 67_108_864, 66_000_000)

    def _wslpath(self, *words: str) -> tuple[int, str, str]:
        if words[0] == "-u" and re.match(r"[Cc]:", words[1]):
            return 0, mounted(words[1]) + "\n", ""
        raise AssertionError(f"nobody recorded wslpath {words}")

    def _run(self, *argv: str) -> list[Any]:
        name = argv[0].rpartition("/")[2]
        if name.endswith(".exe") and argv not in self.runs:
            if "/" not in argv[0] and not self.windows_path:
                raise Absent(f"there is no command {name}")
            if not self.interop:
                raise Garbled(f"{name} cannot be run from here: WSL's interop with Windows is off")
            return list(self.around.asked(name, *argv[1:]))
        return super()._run(*argv)

    def integration(self, info: dict[str, Any], *, platform: str = DESKTOP) -> None:
        """Docker Desktop's integration with this distribution, as it is while Desktop runs."""
        base = "/mnt/wsl/docker-desktop"
        self.files[f"{base}/cli-tools/usr/bin/docker"] = b"\x7fELF"
        self.files[f"{base}/cli-tools/usr/bin/docker-credential-desktop.exe"] = b"MZ"
        for name in ("docker-buildx", "docker-compose"):
            path = f"{base}/cli-tools/usr/local/lib/docker/cli-plugins/{name}"
            self.files[path] = b"\x7fELF"
            self.stats[path] = {"mode": 0o755}
            self.links[f"/usr/local/lib/docker/cli-plugins/{name}"] = path
        self.links["/usr/bin/docker"] = f"{base}/cli-tools/usr/bin/docker"
        self.links["/usr/bin/docker-credential-desktop.exe"] = (
            "/mnt/c/Program Files/Docker/Docker/resources/bin/docker-credential-desktop.exe"
        )
        self.files[f"{base}/docker-desktop-user-distro"] = b"\x7fELF"
        self.stats["/run/docker.sock"] = {"kind": SOCKET, "mode": 0o660, "gid": 999,
                                          "group": "docker"}  # fmt: skip
        self.peers["/run/docker.sock"] = self.peers["/var/run/docker.sock"] = 611
        self.mounts_of("/mnt/wsl/docker-desktop-bind-mounts/Ubuntu-24.04", "none", "tmpfs")
        self.run_answers("docker", "--version", out=f"Docker version {ENGINE}, build 0000000\n")
        self.home_config(credsStore="desktop.exe")
        self.answers("unix:///var/run/docker.sock", info, version_of(info, platform))

    def home_config(self, **config: Any) -> None:
        path = "/home/ann/.docker/config.json"
        own = {"uid": 1000, "gid": 1000, "owner": "ann", "group": "ann"}
        self.files[path] = json.dumps(config).encode()
        self.stats[path] = {"mode": 0o600, **own}
        self.stats["/home/ann/.docker"] = {"kind": DIRECTORY, "mode": 0o700, **own}


def _path_inside(around: Surroundings) -> str:
    """The distribution's own PATH with the folders of Windows' appended, which may hold blanks."""
    folders = around.env["PATH"].split(";")
    return ":".join([LINUX_PATH, *(mounted(folder.rstrip("\\")) for folder in folders)])


def mounted(path: str) -> str:
    r"""``C:\Users`` as it is seen below /mnt."""
    path = path.removeprefix("\\\\?\\")
    return f"/mnt/{path[0].lower()}{path[2:]}".replace("\\", "/").rstrip("/")


# -- macOS ---------------------------------------------------------------------------------------

DARWIN = {"12": "21.6.0", "13": "22.6.0", "14": "23.6.0", "15": "24.6.0", "26": "25.1.0"}
"""The kernel's version of each macOS."""
MACOS = {"12": "12.7.6", "13": "13.7.8", "14": "14.7.4", "15": "15.6.1", "26": "26.1"}
HOME = "/Users/ann"
GROUP = f"{HOME}/Library/Group Containers/group.com.docker"
CONTAINER = f"{HOME}/Library/Containers/com.docker.docker/Data"
APP = "/Applications/Docker.app/Contents"


def plist(**values: str) -> bytes:
    rows = "".join(
        f"\t<key>{key}</key>\n\t<string>{value}</string>\n" for key, value in values.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
        f'"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0">\n<dict>\n{rows}'
        "</dict>\n</plist>\n"
    ).encode()


class Mac(Computer):
    """A Mac; Apple silicon unless said otherwise."""

    def __init__(
        self, macos: str = "15", *, machine: str = "arm64", memory: int = 32 * GIB, cpus: int = 10
    ) -> None:
        super().__init__(
            {
                "platform": "macos", "machine": machine, "release": DARWIN[macos],
                "kernel_version": f"Darwin Kernel Version {DARWIN[macos]}: root:xnu/RELEASE_"
                + ("ARM64_T6000" if machine == "arm64" else "X86_64"),
                "hostname": "anns-mbp",
            },
            home=HOME, uid=501, memory=memory, cpus=cpus,
        )  # fmt: skip
        self.arm = machine == "arm64"
        self.links |= {"/var": "/private/var", "/tmp": "/private/tmp", "/etc": "/private/etc"}
        self.env |= {
            "HOME": HOME, "USER": "ann", "SHELL": "/bin/zsh",
            "TMPDIR": "/var/folders/xy/abc123/T/",
            "PATH": "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        }  # fmt: skip
        self.files |= {
            "/private/etc/hosts": b"127.0.0.1\tlocalhost\n",
            "/private/etc/resolv.conf": b"#\n# macOS Notice\n#\nnameserver 192.168.1.1\n",
            "/System/Library/CoreServices/SystemVersion.plist": plist(
                ProductName="macOS",
                ProductVersion=MACOS[macos],
                ProductUserVisibleVersion=MACOS[macos],
            ),
        }
        self.stats[HOME] = {"kind": DIRECTORY, "mode": 0o750, "uid": 501, "owner": "ann"}
        self.gauges["interfaces"] = {
            "lo0": nic(16384, "127.0.0.1"), "en0": nic(1500, "192.168.1.31"),
            "utun0": nic(1380), "bridge0": nic(1500, up=False),
        }  # fmt: skip
        self.gauges["distribution"] = {"id": "darwin", "version": DARWIN[macos], "name": "Darwin"}
        self.vfs["/"] = (926 * GIB, 402 * GIB, 402 * GIB, 4_000_000_000, 3_900_000_000)
        self.commands |= {"pgrep": self._pgrep, "sysctl": self._sysctl, "sw_vers": self._sw_vers}
        self._numbers = {"kern.hv_support": "1", "hw.memsize": str(memory), "hw.ncpu": str(cpus),
                         "hw.optional.arm64": "1", "sysctl.proc_translated": "0",
                         "kern.boottime": f"{{ sec = {int(BOOT)}, usec = 0 }}"}  # fmt: skip
        if not self.arm:
            del self._numbers["hw.optional.arm64"], self._numbers["sysctl.proc_translated"]
        self.macos = MACOS[macos]

    def rosetta(self) -> None:
        """Rosetta 2, as softwareupdate installs it."""
        self.files["/Library/Apple/usr/share/rosetta/rosetta"] = b"\xcf\xfa\xed\xfe"
        self.files["/Library/Apple/usr/libexec/oah/libRosettaRuntime"] = b"\xcf\xfa\xed\xfe"
        self.process(390, "oahd", "/usr/libexec/oahd")
        self.gauges["processes"] = [p for p in self.gauges["processes"] if p[3] != "oahd"]

    def _pgrep(self, *words: str) -> tuple[int, str, str]:
        assert words[0] == "-f", words
        hits = [p for p in self.gauges["processes"] if words[-1] in " ".join(p[4])]
        return (0, "".join(f"{p[0]}\n" for p in hits), "") if hits else (1, "", "")

    def _sysctl(self, *words: str) -> tuple[int, str, str]:
        assert words[0] == "-n", words
        if words[1] not in self._numbers:
            return 1, "", f"sysctl: unknown oid '{words[1]}'\n"
        return 0, self._numbers[words[1]] + "\n", ""

    def _sw_vers(self, *words: str) -> tuple[int, str, str]:
        assert words == ("-productVersion",), words
        return 0, f"{self.macos}\n", ""

    def own(self, path: str, **more: Any) -> None:
        self.stats[path] = {"uid": 501, "gid": 20, "owner": "ann", "group": "staff", **more}

    def docker_config(self, **config: Any) -> None:
        self.files[f"{HOME}/.docker/config.json"] = json.dumps(config).encode()
        self.own(f"{HOME}/.docker/config.json", mode=0o600)
        self.own(f"{HOME}/.docker", kind=DIRECTORY, mode=0o700)

    def context(self, name: str, url: str) -> None:
        for path, text in context_files(name, url).items():
            self.files[f"{HOME}/.docker/{path}"] = text.encode()

    def program(self, name: str, path: str, version: str = "") -> None:
        """A program that Homebrew or an app has put there, with what --version prints."""
        self.files[path] = b"\xcf\xfa\xed\xfe"
        self.stats[path] = {"mode": 0o755}
        if version:
            self.run_answers(name, "--version", out=version + "\n")

    def docker_cli(self, at: str = "/opt/homebrew/bin/docker", version: str = ENGINE) -> None:
        """Homebrew's docker, with its two plugins."""
        self.program("docker", at, f"Docker version {version}, build 0000000")
        for name in ("docker-buildx", "docker-compose"):
            self.program(name, f"/opt/homebrew/lib/docker/cli-plugins/{name}")

    def socket(self, path: str) -> None:
        self.own(path, kind=SOCKET, mode=0o755)

    def desktop(
        self,
        settings: Mapping[str, Any] | str = STORE,
        *,
        version: str = "4.90.0",
        name: str = "settings-store.json",
        running: bool = True,
        vm: str = "com.docker.virtualization",
        default_socket: bool = True,
        disk: tuple[int, int] = (1024 * GIB, 2 * GIB),
        cli: str = ENGINE,
    ) -> None:
        """Docker Desktop for Mac with its settings, command line and disk."""
        text = settings if isinstance(settings, str) else json.dumps(settings, indent=2)
        self.files[f"{GROUP}/{name}"] = text.encode()
        self.files |= {
            f"{APP}/Info.plist": plist(
                CFBundleIdentifier="com.docker.docker", CFBundleName="Docker",
                CFBundleShortVersionString=version,
            ),
            f"{APP}/Resources/bin/docker": b"\xcf\xfa\xed\xfe",
            f"{APP}/Resources/bin/docker-credential-desktop": b"\xcf\xfa\xed\xfe",
            f"{APP}/Resources/bin/docker-credential-osxkeychain": b"\xcf\xfa\xed\xfe",
            f"{APP}/MacOS/com.docker.backend": b"\xcf\xfa\xed\xfe",
            f"{HOME}/.docker/daemon.json": b'{"builder": {"gc": {"defaultKeepStorage": "20GB", '
            b'"enabled": true}}, "experimental": false}',
            f"{CONTAINER}/log/host/com.docker.backend.log": b"[2026-11-23T07:02:11Z] running\n",
        }  # fmt: skip
        for tool in ("docker", "docker-credential-desktop", "docker-credential-osxkeychain"):
            self.links[f"/usr/local/bin/{tool}"] = f"{APP}/Resources/bin/{tool}"
        for plugin in ("docker-buildx", "docker-compose", "docker-desktop"):
            self.files[f"{APP}/Resources/cli-plugins/{plugin}"] = b"\xcf\xfa\xed\xfe"
            self.stats[f"{APP}/Resources/cli-plugins/{plugin}"] = {"mode": 0o755}
            self.links[f"{HOME}/.docker/cli-plugins/{plugin}"] = (
                f"{APP}/Resources/cli-plugins/{plugin}"
            )
        raw = f"{CONTAINER}/vms/0/data/Docker.raw"
        self.own(raw, size=disk[0])
        self.allocated[raw] = disk[1]
        self.run_answers("docker", "--version", out=f"Docker version {cli}, build 0000000\n")
        self.own(f"{HOME}/.docker/run", kind=DIRECTORY, mode=0o755)
        if running:
            self.process(
                4711, "com.docker.backend", f"{APP}/MacOS/com.docker.backend", "run", uid=501
            )
            self.process(4790, vm, f"{APP}/MacOS/{vm}", parent=4711, uid=501)
            self.socket(f"{HOME}/.docker/run/docker.sock")
            if default_socket:
                self.links["/private/var/run/docker.sock"] = f"{HOME}/.docker/run/docker.sock"

    def desktop_answers(self, info: dict[str, Any], platform: str = DESKTOP, **more: Any) -> None:
        versions = {k: more.pop(k) for k in ("containerd", "runc") if k in more}
        self.answers(
            f"unix://{HOME}/.docker/run/docker.sock",
            info,
            version_of(info, platform, **versions),
            **more,
        )

    def answer(self, question: Question, timeout: float) -> Answer:
        if question[0] == "peer":
            raise Absent("this platform does not tell who listens on a socket")
        return super().answer(question, timeout)

    def _statvfs(self, path: str) -> list[int]:
        self._lstat(self._resolve(path))
        return super()._statvfs(self._resolve(path))

    def _allocated(self, path: str) -> int:
        return super()._allocated(self._resolve(path))


def mac_info(
    kernel: str = LINUXKIT, *, arm: bool = True, cpus: int = 10, memory: int = 16 * GIB, **changes: Any
) -> Any:  # fmt: skip
    """/info of a current Docker Desktop for Mac; a VM loses a little of its memory to its kernel."""
    changes = {"Architecture": "aarch64" if arm else "x86_64"} | changes
    label = "unix:///Users/ann/Library/Containers/com.docker.docker/Data/docker-cli.sock"
    return desktop_info(kernel, label=label, cpus=cpus, memory=memory - memory // 48, **changes)
