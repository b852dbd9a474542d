"""Finds the pieces of a pasted text: outputs of programs and configuration files, and where."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from probes.formats.file_kinds import (
    DAEMON_JSON,
    WSL_CONF,
    WSLCONFIG,
    kind_of_content,
    kind_of_json,
)
from probes.formats.wsl_output import is_list, parse_list, parse_status, parse_version
from probes.pasted import docker_text
from probes.pasted.cleaning import command_of, platform_of_prompt
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from probes.pasted.cleaning import Line, Pasted

INFO, VERSION, CONTEXTS = "docker info", "docker version", "docker context ls"
PODMAN = "podman info"
WSL_VERSION, WSL_LIST, WSL_STATUS = "wsl --version", "wsl --list --verbose", "wsl --status"
SMI, OS_RELEASE, UNAME, SW_VERS = "nvidia-smi", "/etc/os-release", "uname -a", "sw_vers"
LOG = "messages"
"""Lines that a pattern of a log or of the client knows."""

FILES = frozenset(
    {
        DAEMON_JSON,
        WSLCONFIG,
        WSL_CONF,
        "settings.json",
        "settings-store.json",
        "admin-settings.json",
    }
)
"""Kinds of pieces that are configuration files."""


class Piece(NamedTuple):
    """One recognised part of the text."""

    kind: str
    first: int
    """Its first line in the text as it was given, from 1."""
    last: int
    text: str
    """Cleaned."""


_PROSE = re.compile(r"[ \t]*[A-Za-z$>][\w ,.:/-]*$")


def gist(piece: Piece) -> str:
    """What a piece tells that no check speaks of yet, in a few words; empty for the others.

    >>> gist(Piece(SMI, 1, 1, "| NVIDIA-SMI 535.104 Driver Version: 535.104 CUDA Version: 12.2 |"))
    'driver 535.104, CUDA 12.2'
    """
    if piece.kind != SMI:
        return ""
    found = re.search(r"Driver Version:\s*([\d.]+)", piece.text)
    cuda = re.search(r"CUDA Version:\s*([\d.]+)", piece.text)
    words = [f"driver {found[1]}"] if found else []
    return ", ".join([*words, *([f"CUDA {cuda[1]}"] if cuda else [])])


_SECTION = re.compile(
    r"[ \t]*\[[ \t]*(?:wsl2?|experimental|general|automount|network|interop|user|boot|gpu|time|"
    r"filesystem|fileServer)[ \t]*\][ \t]*(?:[#;].*)?$",
    re.IGNORECASE,
)
_SETTING = re.compile(r"[ \t]*(?:[#;].*|\[[^\]\n]*\].*|[A-Za-z][\w.]*[ \t]*=.*)?$")
_ASSIGNED = re.compile(r"[A-Z][A-Z0-9_]*=")
_OS_FIRST = re.compile(r"(?:PRETTY_NAME|NAME|ID|VERSION|VERSION_ID)=\S")
_UNAME = re.compile(
    r"[ \t]*(?:Linux|Darwin) \S+ (?P<release>\d+\.\d+\S*) .*(?:GNU/Linux|x86_64|aarch64|arm64|RELEASE_)"
)
_SW = re.compile(r"[ \t]*(?:ProductName|ProductVersion|ProductVersionExtra|BuildVersion):\s+\S")
_LABELLED_VERSION = re.compile(r"[^:\uff1a\n]{1,60}[:\uff1a][ \t]*\d+(?:\.\d+){2,3}")
_CONTEXTS = re.compile(r"[ \t]*NAME\b.*\bDOCKER ENDPOINT\b")
_SMI = re.compile(r"NVIDIA-SMI\s+\d+|^\s*GPU \d+: .*\(UUID: GPU-")
_TABLE = re.compile(r"[ \t]*[|+]")

MOST_LINES = 20_000
"""Lines that are searched; more are no bug report."""


def recognise(pasted: Pasted, data: bytes) -> tuple[Piece, ...]:
    """The pieces in the order of the text; ``data`` is the text as it was given."""
    lines = pasted.lines[:MOST_LINES]
    if whole := _whole_file(lines, data):
        return (whole,)
    return tuple(
        piece for segment, command in _segments(lines) for piece in _scan(segment, command)
    )


def shell_of(pasted: Pasted) -> str:
    """``windows`` where a prompt is one of its shells; else empty."""
    return next(
        (found for line in pasted.lines[:MOST_LINES] if (found := platform_of_prompt(line))), ""
    )


def _whole_file(lines: Sequence[Line], data: bytes) -> Piece | None:
    """The text, where all of it is one configuration file: judged byte by byte then."""
    texts = [line.text for line in lines if line.text.strip()]
    if not texts or any(line.block for line in lines):
        return None
    begins = next((x for x in texts if not x.lstrip().startswith(("//", "#", ";"))), "").lstrip()
    is_json = begins.startswith("{")
    if not is_json and not all(_SETTING.match(text) for text in texts):
        return None
    if not is_json and any(command_of(line) for line in lines):
        return None
    if is_json:
        first = next(i for i, line in enumerate(lines) if line.text.lstrip().startswith("{"))
        after = [line.text for line in lines[_end_of_object(list(lines), first) :]]
        if any(_PROSE.match(text) for text in after):
            return None  # a report that begins with a file
    kind = _json_kind("\n".join(texts)) if is_json else kind_of_content(data[: 1 << 16])
    if kind in {INFO, VERSION}:
        text = "\n".join(line.text for line in lines)
    elif kind is None:
        return None
    else:
        text = data.decode("latin-1")  # the bytes as they are; the source gives them back
    return Piece(kind, lines[0].number, lines[-1].number, text)


def _segments(lines: Sequence[Line]) -> Iterator[tuple[list[Line], str]]:
    """Runs of lines between fences and commands, with the command before each."""
    run: list[Line] = []
    command = ""
    for line in lines:
        told = command_of(line)
        if told or (run and line.block != run[-1].block):
            if run:
                yield run, command
            run = []
            if told:
                command = told
                continue
            # The command may stand in a line of its own before the fence.
            command = command if line.block else ""
        run.append(line)
    if run:
        yield run, command


def _scan(lines: list[Line], command: str) -> Iterator[Piece]:
    at = 0
    while at < len(lines):
        for finder in _FINDERS:
            if found := finder(lines, at, command):
                kind, end, text = found
                if kind:
                    yield Piece(kind, lines[at].number, lines[end - 1].number, text)
                at = end
                break
        else:
            at += 1


if TYPE_CHECKING:
    Found = tuple[str, int, str]
    """Kind, end (exclusive) and text; no kind for lines that need not be looked at again."""
    Finder = Callable[[list[Line], int, str], Found | None]


def _join(lines: Sequence[Line], *, bare: bool) -> str:
    return "\n".join(line.bare if bare else line.text for line in lines) + "\n"


def _run_of(
    lines: list[Line], at: int, fits: Callable[[str], bool], *, bare: bool, gap: int
) -> int:
    """The end of the lines that fit, with no more blank ones between them than ``gap``."""
    end = at + 1
    blanks = 0
    for index in range(at + 1, len(lines)):
        text = lines[index].bare if bare else lines[index].text
        if not text.strip():
            blanks += 1
            if blanks > gap:
                break
            continue
        if not fits(text):
            break
        blanks, end = 0, index + 1
    return end


def _docker(lines: list[Line], at: int, _command: str) -> Found | None:
    if not docker_text.START.match(lines[at].bare):
        return None
    end = _docker_end(lines, at)
    # A second "Client:" begins the next output.
    server = False
    for index in range(at, end):
        word = lines[index].bare.strip()
        server = server or word.startswith("Server")
        if index > at and word.startswith("Client:") and server:
            end = index
            break
    text = _join(lines[at:end], bare=True)
    told = docker_text.parse(text)
    if told is None or not (
        told.info or told.version or told.client.version or told.client.context
    ):
        return None
    is_version = bool(told.version and not told.info) or (not told.info and bool(told.client.os))
    return (VERSION if is_version else INFO), end, text


_ANY_KEY = re.compile(r"[ \t]*[A-Z][\w /().-]{1,40}: \S")

_BETWEEN = 20
"""Lines with keys that are not known, between known ones: storage drivers of old engines."""


def _docker_end(lines: list[Line], at: int) -> int:
    """Behind the last line of the output. Editors leave blank lines between any two."""
    end, odd, blanks = at + 1, 0, 0
    for index in range(at + 1, len(lines)):
        text = lines[index].bare
        if not text.strip():
            blanks += 1
            if blanks > 2:  # noqa: PLR2004
                break
        elif docker_text.belongs(text):
            end, odd, blanks = index + 1, 0, 0
        elif _ANY_KEY.match(text) and odd < _BETWEEN:
            odd, blanks = odd + 1, 0
        else:
            break
    return end


def _podman(lines: list[Line], at: int, _command: str) -> Found | None:
    if lines[at].bare.rstrip() != "host:":
        return None
    end = _run_of(
        lines,
        at,
        lambda text: (
            text[:1] == " " or bool(re.match(r"(?:store|registries|plugins|version):", text))
        ),
        bare=False,
        gap=1,
    )
    text = _join(lines[at:end], bare=False)
    return (PODMAN, end, text) if docker_text.parse_podman(text) else None


def _contexts(lines: list[Line], at: int, _command: str) -> Found | None:
    if not _CONTEXTS.match(lines[at].bare):
        return None
    end = _run_of(lines, at, lambda text: "  " in text.strip(), bare=True, gap=0)
    return CONTEXTS, end, _join(lines[at:end], bare=True)


def _wsl_list(lines: list[Line], at: int, _command: str) -> Found | None:
    if not is_list(lines[at].bare):
        return None
    end = _run_of(lines, at, is_list, bare=True, gap=1)
    text = _join(lines[at:end], bare=True)
    return (WSL_LIST, end, text) if parse_list(text) else None


_NO_DISTRIBUTION = re.compile(
    r"has no installed distributions|WSL_E_DEFAULT_DISTRO_NOT_FOUND", re.IGNORECASE
)


def _no_distribution(lines: list[Line], at: int, _command: str) -> Found | None:
    if not _NO_DISTRIBUTION.search(lines[at].bare):
        return None
    return WSL_LIST, at + 1, lines[at].text


def _wsl_version(lines: list[Line], at: int, _command: str) -> Found | None:
    if not _LABELLED_VERSION.search(lines[at].bare):
        return None
    end = _run_of(lines, at, lambda text: bool(_LABELLED_VERSION.search(text)), bare=True, gap=1)
    text = _join(lines[at:end], bare=True)
    told = len(_LABELLED_VERSION.findall(text))
    if told < _FEWEST and not re.match(r"wsl(?:\.exe)? --?v", _command):
        return None
    return (WSL_VERSION, end, text) if parse_version(text) else None


_FEWEST = 4
"""Of the seven versions that ``wsl --version`` tells, those that make it known without its name."""


_SHORT = 10
"""Lines of a text in which two labelled values may be a whole ``wsl --status``."""


def _wsl_status(lines: list[Line], at: int, command: str) -> Found | None:
    pair = lines[at : at + 2]
    text = _join(pair, bare=True)
    told = parse_status(text)
    if told is None or not told.default or told.version is None:
        return None
    named = re.search(r"wsl(?:\.exe)? --?(?:status|s)\b", command)
    english = re.search(r"(?i)default (?:distribution|version):", text)
    following = lines[at + 2 :]
    beside = any(_LABELLED_VERSION.search(line.bare) for line in following[:4])
    alone = len(lines) <= _SHORT and not any(line.text.strip() for line in lines[:at])
    if named or english or beside or alone:
        return WSL_STATUS, at + 2, text
    return None


def _ini(lines: list[Line], at: int, _command: str) -> Found | None:
    if not _SECTION.match(lines[at].text):
        return None
    end = _run_of(lines, at, lambda text: bool(_SETTING.match(text)), bare=False, gap=2)
    # Comments above belong to the file.
    text = _join(lines[at:end], bare=False)
    kind = kind_of_content(text.encode())
    return (kind, end, text) if kind in {WSLCONFIG, WSL_CONF} else ("", end, "")


def _json(lines: list[Line], at: int, _command: str) -> Found | None:
    if not lines[at].text.lstrip().startswith("{"):
        return None
    end = _end_of_object(lines, at)
    text = _join(lines[at:end], bare=False)
    kind = _json_kind(text)
    if kind is None and not text.rstrip().endswith("}"):
        # A lone brace in prose: what comes after the next blank line is looked at again.
        blank = (i for i in range(at + 1, end) if not lines[i].text.strip())
        end = next(blank, end)
    return kind or "", end, text


OBJECT_LINES = 2000
"""Lines of one JSON object: settings-store.json of today has 150."""


def _end_of_object(lines: list[Line], at: int) -> int:
    """Behind the line where the braces that begin here are closed; the end where none does."""
    depth, in_text, skip = 0, False, False
    last = min(len(lines), at + OBJECT_LINES)
    for index in range(at, last):
        for sign in lines[index].text:
            if skip:
                skip = False
            elif in_text:
                in_text, skip = sign != '"', sign == "\\"
            elif sign == '"':
                in_text = True
            elif sign in "{[":
                depth += 1
            elif sign in "}]":
                depth -= 1
        in_text = False  # no text of JSON goes over a line
        if depth <= 0:
            return index + 1
    return last


def _json_kind(text: str) -> str | None:
    """The kind of a JSON text: an output of docker's, or a configuration file."""
    from probes.formats.daemon_json import BY_NAME

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return kind_of_json(text.encode("utf-8", "replace")[: 1 << 16])
    if not isinstance(value, dict):
        return None
    if "ServerVersion" in value or {"OperatingSystem", "KernelVersion"} <= set(value):
        return INFO
    if isinstance(value.get("Client"), dict) and "Server" in value:
        return VERSION
    known = sum(key in BY_NAME for key in value)
    if known and 2 * known >= len(value):
        return DAEMON_JSON
    kind = kind_of_json(text.encode("utf-8", "replace")[: 1 << 16])
    return kind if kind in FILES - {DAEMON_JSON} else None


def _smi(lines: list[Line], at: int, _command: str) -> Found | None:
    if not _SMI.search(lines[at].text):
        return None
    begin = at
    end = _run_of(lines, begin, lambda text: bool(_TABLE.match(text) or _SMI.search(text)),
                  bare=False, gap=1)  # fmt: skip
    return SMI, end, _join(lines[begin:end], bare=False)


def _os_release(lines: list[Line], at: int, _command: str) -> Found | None:
    if not _OS_FIRST.match(lines[at].text):
        return None
    end = _run_of(lines, at, lambda text: bool(_ASSIGNED.match(text)), bare=False, gap=0)
    text = _join(lines[at:end], bare=False)
    return (OS_RELEASE, end, text) if re.search(r"(?m)^ID=", text) else None


def _uname(lines: list[Line], at: int, _command: str) -> Found | None:
    return (UNAME, at + 1, lines[at].text) if _UNAME.match(lines[at].text) else None


def _sw_vers(lines: list[Line], at: int, _command: str) -> Found | None:
    if not lines[at].text.lstrip().startswith("ProductName:"):
        return None
    end = _run_of(lines, at, lambda text: bool(_SW.match(text)), bare=False, gap=0)
    return SW_VERS, end, _join(lines[at:end], bare=False)


_FINDERS = (
    _docker,
    _podman,
    _contexts,
    _wsl_list,
    _no_distribution,
    _wsl_status,
    _wsl_version,
    _ini,
    _json,
    _smi,
    _os_release,
    _sw_vers,
    _uname,
)
