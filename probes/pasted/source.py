"""A host that answers out of pasted text, and leaves every other question open."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import TYPE_CHECKING, Any

from probes.engine_identity import WINDOWS_PIPE, host_platform_of
from probes.formats.file_kinds import ADMIN, DAEMON_JSON, SETTINGS, STORE, WSL_CONF, WSLCONFIG
from probes.formats.wsl_output import Status, parse_list, parse_status, parse_version
from probes.host.questions import Absent, Unrecorded
from probes.pasted import docker_text
from probes.pasted.recognition import (
    CONTEXTS,
    INFO,
    OS_RELEASE,
    PODMAN,
    SW_VERS,
    UNAME,
    VERSION,
    WSL_LIST,
    WSL_STATUS,
    WSL_VERSION,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.host.questions import Answer, Question
    from probes.pasted.recognition import Piece

WINDOWS, MACOS, LINUX, WSL2 = "windows", "macos", "linux", "wsl2"

PROFILE = "%USERPROFILE%"
"""Stands for the folder of a Windows user, whose name the text may not tell."""

_OF_WINDOWS = re.compile(
    r"npipe:|%(?:USERPROFILE|APPDATA|LOCALAPPDATA)%|\b[A-Z]:\\+(?:Users|Program Files|ProgramData)\b"
    r"|com\.docker\.\w+\.exe|Docker Desktop\.exe|/usr/bin/docker-credential-desktop\.exe",
    re.IGNORECASE,
)
_OF_MACOS = re.compile(
    r"/Users/[^/\s\"']+/|/opt/homebrew/|/Applications/[A-Z]|Library/Containers/com\.docker|"
    r"\bdarwin/(?:amd64|arm64)\b|Library/Group Containers|%2FUsers%2F"
)
_OF_LINUX = re.compile(r"/home/[^/\s\"']+/\.docker/desktop|docker-desktop\.service")
_NO_ANSWER = re.compile(
    r"Cannot connect to the Docker daemon|failed to connect to the docker API|"
    r"error during connect|docker daemon is not running|Is the docker daemon running",
    re.IGNORECASE,
)
_ENDPOINT = re.compile(
    r"(?:unix|npipe|tcp|ssh)://[^\s\"'<>,;)]+|https?://%2F[^\s\"'<>,;)]+|https?://%2E[^\s\"'<>,;)]+"
)


class Told:
    """Everything that the pieces of a text tell, put together; a later piece adds to earlier ones."""

    def __init__(self, pieces: Sequence[Piece], text: str, *, shell: str = "") -> None:
        self.pieces = tuple(pieces)
        self.info: dict[str, Any] = {}
        self.version: dict[str, Any] = {}
        self.client = docker_text.Client()
        self.files: dict[str, bytes] = {}
        """By kind of piece."""
        self.outputs: dict[str, str] = {}
        self.context = ""
        self.endpoint = ""
        self.unreached = bool(_NO_ANSWER.search(text))
        """Whether somebody was told that no engine answers."""
        for piece in self.pieces:
            self._take(piece)
        self.endpoint = self.endpoint or _endpoint_in(text)
        self.machine = self._machine(text)
        """The computer's processor: x86_64 or arm64; empty where the text does not tell."""
        self.platform = self._platform(text, shell)
        """Of the computer: windows, macos, linux or wsl2; empty where the text does not tell."""

    def _take(self, piece: Piece) -> None:
        kind = piece.kind
        if kind in {INFO, VERSION, PODMAN}:
            told = _docker(piece)
            self.info |= told.info
            # What `docker version` tells goes before what `docker info` lets guess.
            sure = {k: v for k, v in told.version.items() if v is not None}
            self.version = {**told.version, **self.version, **sure}
            self.client = docker_text.Client(
                *(new or old for new, old in zip(told.client, self.client, strict=True))
            )
            self.context = told.client.context or self.context
            self.endpoint = told.client.endpoint or self.endpoint
        elif kind == CONTEXTS:
            name, endpoint = _current(piece.text)
            self.context = self.context or name
            self.endpoint = self.endpoint or endpoint
        elif kind in {WSL_VERSION, WSL_LIST, WSL_STATUS, OS_RELEASE, UNAME, SW_VERS}:
            self.outputs.setdefault(kind, piece.text)
        else:
            # Latin-1, as recognition hands bytes on that are a file by themselves.
            whole = len(self.pieces) == 1
            self.files.setdefault(
                kind, piece.text.encode("latin-1" if whole else "utf-8", "replace")
            )

    def _machine(self, text: str) -> str:
        detected = re.search(r"detected host platform \(linux/(\w+)", text)
        words = (
            str(self.info.get("Architecture") or ""),
            str(self.version.get("Arch") or ""),
            self.client.arch,
            detected[1] if detected else "",
            next(
                iter(re.findall(r"\b(?:x86_64|arm64|aarch64)\b", self.outputs.get(UNAME, ""))), ""
            ),
        )
        found = next((word for word in words if word), "")
        return {"amd64": "x86_64", "aarch64": "arm64"}.get(found, found)

    def _platform(self, text: str, shell: str) -> str:
        uname = self.outputs.get(UNAME, "")
        if SW_VERS in self.outputs or uname.lstrip().startswith("Darwin"):
            return MACOS
        if uname and "microsoft" in uname.lower():
            return WSL2
        if self.info or self.version:
            found = host_platform_of(
                self.version,
                self.info,
                endpoint=self.endpoint,
                context=self.context,
                client_os=self.client.os,
            )
            if found:
                return found
        elif self.client.os:
            return {"darwin": MACOS}.get(self.client.os, self.client.os)
        if WSL_CONF in self.files and not self.info:
            return WSL2
        if shell or self.outputs.keys() & {WSL_VERSION, WSL_LIST, WSL_STATUS}:
            return WINDOWS
        if WSLCONFIG in self.files:
            return WINDOWS
        if found := next(
            (p for kind in (STORE, SETTINGS) if (p := _of_settings(self.files.get(kind, b"")))), ""
        ):
            return found
        for platform, pattern in ((MACOS, _OF_MACOS), (WINDOWS, _OF_WINDOWS), (LINUX, _OF_LINUX)):
            if pattern.search(text):
                return platform
        if uname or (OS_RELEASE in self.outputs and not self.info):
            return LINUX
        return ""


def _of_settings(data: bytes) -> str:
    """The platform that settings of Docker Desktop speak of: by their paths, else by their keys."""
    try:
        value = json.loads(data)
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    settings = {str(key).lower(): item for key, item in value.items()}
    texts = [text for item in settings.values() for text in _texts(item)]
    if any(re.match(r"/(?:Users|Volumes|private)\b", text) for text in texts):
        return MACOS
    if any(re.match(r"[A-Za-z]:\\", text) for text in texts):
        return WINDOWS
    if any(text.startswith("/home/") for text in texts):
        return LINUX
    if settings.get("wslengineenabled") is True or settings.get("integratedwsldistros"):
        return WINDOWS
    if settings.get("usevirtualizationframework") is not None:
        return MACOS
    return WINDOWS if "enableintegrationwithdefaultwsldistro" in settings else ""


def _texts(item: object) -> list[str]:
    if isinstance(item, list):
        return [text for part in item for text in _texts(part)]
    return [item] if isinstance(item, str) else []


def _docker(piece: Piece) -> docker_text.Told:
    if piece.kind == PODMAN:
        told = docker_text.parse_podman(piece.text)
    elif piece.text.lstrip().startswith("{"):
        return _docker_json(json.loads(piece.text))
    else:
        told = docker_text.parse(piece.text)
    return told or docker_text.Told({}, {}, docker_text.Client())


def _docker_json(value: dict[str, Any]) -> docker_text.Told:
    """``docker info`` or ``docker version`` with ``--format json``."""
    client = value.get("Client") or value.get("ClientInfo")
    said = client if isinstance(client, dict) else {}
    about = docker_text.Client(
        str(said.get("Version") or ""),
        str(said.get("Context") or ""),
        str(said.get("Os") or ""),
        str(said.get("Arch") or ""),
    )
    if "Server" in value:
        server = value["Server"]
        return docker_text.Told({}, server if isinstance(server, dict) else {}, about)
    return docker_text.Told(value, docker_text.version_from(value), about)


def _current(text: str) -> tuple[str, str]:
    """The chosen row of ``docker context ls``: its name and endpoint; empty where none is marked."""
    for line in text.splitlines()[1:]:
        found = re.match(r"\s*(\S+) ?\*\s", line)
        if found:
            endpoint = re.search(r"(?:unix|npipe|tcp|ssh)://\S+", line)
            return found[1], endpoint[0] if endpoint else ""
    return "", ""


def _endpoint_in(text: str) -> str:
    """The endpoint that an error message names: escaped in an URL, or as it is."""
    from urllib.parse import unquote

    for line in text.splitlines():
        if not _NO_ANSWER.search(line) and "connect" not in line.lower():
            continue
        found = _ENDPOINT.search(line)
        if found is None:
            continue
        address = found[0].rstrip(".:")
        if address.startswith("http"):
            path = unquote(address.partition("://")[2])
            path = re.split(r"/v\d\.\d+/", path)[0]
            return f"npipe://{path}" if "pipe" in path else f"unix://{path}"
        return address
    return ""


class PastedSource:
    """Answers as a host of that platform; ``platform`` may be a guess, where a file needs one."""

    def __init__(self, told: Told, platform: str) -> None:
        self._told, self._platform = told, platform
        self._files = {
            path: told.files[kind] for path, kind in self._places() if kind in told.files
        }
        release = told.outputs.get(OS_RELEASE)
        if release:
            self._files["/etc/os-release"] = release.encode()
        if platform == WSL2 and WSL_CONF in told.files:
            # Only a distribution has such a file; a container on its kernel has none.
            self._files["/run/systemd/container"] = b"wsl\n"
        self._runs = self._outputs()
        self._config = self._cli_config()

    def answer(self, question: Question, timeout: float) -> Answer:  # noqa: ARG002 - Source
        """What the text tells. Raises: Unrecorded for what it does not."""
        kind, *arguments = question
        asked = getattr(self, f"_ask_{kind}", None)
        if asked is not None:
            value = asked(*arguments)
            if value is not _OPEN:
                return value
        raise Unrecorded("the pasted text does not tell it")

    # -- questions ------------------------------------------------------------------------------

    def _ask_read(self, path: str) -> Answer:
        return self._files.get(path, self._config.get(path, _OPEN))

    def _ask_env(self, name: str) -> Answer:
        if name in {"PATH", "WSL_DISTRO_NAME"}:
            return _OPEN
        if name == "DOCKER_HOST":
            # The default is what is used where nobody says otherwise.
            endpoint = self._told.endpoint
            default = WINDOWS_PIPE if self._platform == WINDOWS else "unix:///var/run/docker.sock"
            return None if self._told.context or endpoint == default else endpoint or None
        if name == "DOCKER_CONTEXT":
            return self._told.context or None
        return self._env().get(name)

    def _env(self) -> dict[str, str]:
        if self._platform != WINDOWS:
            return {"DOCKER_CONFIG": "~/.docker"}
        return {
            "USERPROFILE": PROFILE,
            "APPDATA": "%APPDATA%",
            "LOCALAPPDATA": "%LOCALAPPDATA%",
            "ProgramData": "%ProgramData%",
            "DOCKER_CONFIG": rf"{PROFILE}\.docker",
        }

    def _ask_gauge(self, name: str) -> Answer:
        if name == "clock":
            return time.time()
        if name == "system" and self._platform:
            return self._system()
        if name == "session":
            home = PROFILE if self._platform == WINDOWS else "~"
            return {"uid": 1000, "name": "", "home": home, "groups": [], "granted_groups": []}
        return _OPEN

    def _system(self) -> dict[str, str]:
        """What the computer says of itself, as far as it does."""
        told, here = self._told, self._platform in {LINUX, WSL2}
        release = str(told.info.get("KernelVersion") or "") if here else ""
        uname = told.outputs.get(UNAME, "").split()
        if self._platform in {LINUX, WSL2, MACOS} and len(uname) > 2:  # noqa: PLR2004 - its third word
            release = uname[2]
        if self._platform == WINDOWS:
            versions = parse_version(told.outputs.get(WSL_VERSION, ""))
            release = versions.windows if versions else ""
        if self._platform == WSL2 and "microsoft" not in release.lower():
            release = "microsoft-standard-WSL2"
        return {
            "platform": LINUX if self._platform == WSL2 else self._platform,
            "machine": told.machine,
            "release": release,
            "kernel_version": "",
            "hostname": str(told.info.get("Name") or "") if here else "",
        }

    def _ask_run(self, *argv: str) -> Answer:
        return self._runs.get(argv, _OPEN)

    def _ask_engine(self, _url: str, _tls: str, _verify: str, path: str) -> Answer:
        told = self._told
        if path == "/version" and told.version:
            return told.version
        if path == "/info" and told.info:
            return told.info
        if path == "/version" and told.unreached and not told.info:
            raise Absent("the text says that no engine answers")
        return _OPEN

    # -- what stands where ----------------------------------------------------------------------

    def _places(self) -> list[tuple[str, str]]:
        """Path and kind of each file that may have been pasted."""
        if self._platform == WINDOWS:
            return [
                (rf"{PROFILE}\.wslconfig", WSLCONFIG),
                (rf"{PROFILE}\.docker\daemon.json", DAEMON_JSON),
                (rf"%APPDATA%\Docker\{STORE}", STORE),
                (rf"%APPDATA%\Docker\{SETTINGS}", SETTINGS),
                (rf"%ProgramData%\DockerDesktop\{ADMIN}", ADMIN),
            ]
        of_mac = "~/Library/Group Containers/group.com.docker"
        folder = of_mac if self._platform == MACOS else "~/.docker/desktop"
        admin = "/Library/Application Support/com.docker.docker"
        return [
            ("/etc/wsl.conf", WSL_CONF),
            ("/etc/docker/daemon.json", DAEMON_JSON),
            ("~/.docker/daemon.json", DAEMON_JSON),
            (f"{folder}/{STORE}", STORE),
            (f"{folder}/{SETTINGS}", SETTINGS),
            (f"{admin if self._platform == MACOS else '/usr/share/docker-desktop'}/{ADMIN}", ADMIN),
        ]

    def _outputs(self) -> dict[tuple[str, ...], list[Any]]:
        told = self._told
        found: dict[tuple[str, ...], list[Any]] = {}
        if WSL_VERSION in told.outputs:
            found["wsl.exe", "--version"] = [0, told.outputs[WSL_VERSION], ""]
        if WSL_LIST in told.outputs:
            text = "".join(
                f"{'*' if row.default else ' '} {row.name}  {row.state}  {row.version}\n"
                for row in parse_list(told.outputs[WSL_LIST])
            )
            found["wsl.exe", "--list", "--verbose"] = [0, text, ""]
        mac = re.search(r"ProductVersion:\s*(\S+)", told.outputs.get(SW_VERS, ""))
        if mac:
            found["sw_vers", "-productVersion"] = [0, f"{mac[1]}\n", ""]
        if told.client.version:
            printed = f"Docker version {told.client.version}, build unknown\n"
            found["docker", "--version"] = [0, printed, ""]
        return found

    def _cli_config(self) -> dict[str, bytes]:
        """The context that is used, as the CLI would keep it."""
        name = self._told.context
        if not name or name == "default":
            return {}
        sign = "\\" if self._platform == WINDOWS else "/"
        home = PROFILE if self._platform == WINDOWS else "~"
        digest = hashlib.sha256(name.encode()).hexdigest()
        path = sign.join((home, ".docker", "contexts", "meta", digest, "meta.json"))
        default = WINDOWS_PIPE if self._platform == WINDOWS else "unix:///var/run/docker.sock"
        meta = {
            "Name": name,
            "Endpoints": {"docker": {"Host": self._told.endpoint or default}},
        }
        return {path: json.dumps(meta).encode()}


_OPEN = object()


def status_of(told: Told) -> Status | None:
    """What ``wsl --status`` told; None where it was not pasted."""
    text = told.outputs.get(WSL_STATUS)
    return parse_status(text) if text else None
