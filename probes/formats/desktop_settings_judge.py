"""What Docker Desktop makes of its settings files, and of the one of a company's administrator.

Docker Desktop reads all three with Go's ``encoding/json``: its messages are that decoder's (for
example docker/for-mac#6730, docker/for-win#14293). So a file is JSON where it is JSON for Go, the
last of two equal keys wins, and names that differ by case alone mean the same field.

The keys are those of `probes.formats.desktop_settings_keys`. As the format grows and is documented
in parts, a key that is not known is no defect by itself. What depends on the computer is judged only
where the caller knows it, see `DesktopFacts`. Values that may hold a password are never quoted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes.formats.daemon_json import HostFacts
from probes.formats.daemon_json import judge as judge_daemon_json
from probes.formats.daemon_json.judge import _advice as advice_on_json
from probes.formats.daemon_json.keys import BY_NAME as DAEMON_KEYS
from probes.formats.daemon_json.report import Report
from probes.formats.desktop_settings_codes import ADMIN_CODES, SETTINGS_CODES
from probes.formats.desktop_settings_keys import (
    ADMIN_BY_NAME,
    ADMIN_VERSION,
    ANY,
    BOOL,
    BY_CAMEL,
    BY_LOWER,
    BY_NAME,
    DAEMON_OPTIONS,
    DOCKER_FOR_WINDOWS,
    ENTRY,
    IN_A_GROUP,
    INT,
    LINUX,
    LIST,
    MACOS,
    MEANT,
    OBJECT,
    REGISTRY_KEYS,
    TEXT,
    TEXTS,
    VERSION,
    WINDOWS,
    WITHOUT_OSXFS,
)
from probes.formats.json_document import (
    JsonDocumentError,
    JsonEncodingError,
    JsonSyntaxError,
    Member,
    Node,
    decode,
    quote_text,
)
from probes.formats.problems import Problem
from probes.formats.sizes import GIB, MIB, human_size, parse_size
from probes.formats.text_encoding import encoding_of
from probes.model import ERROR, NOTE, WARNING
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from probes.formats.desktop_settings_keys import AdminKey, Key
    from probes.formats.json_document import Document
    from probes.formats.problems import CodeInfo

__all__ = ["ADMIN", "SETTINGS", "DesktopFacts", "judge_admin_settings", "judge_settings"]

SETTINGS, ADMIN = "desktop-settings-", "admin-settings-"
"""Prefixes of the codes of the two kinds of file."""

MOST = 20
"""Problems of one code that are listed."""

WRITTEN_IN_FULL = 40
"""Keys from which on Docker Desktop itself has written the file, with the defaults of every key: a
settings.json of 4.9 has 56. What a person writes is shorter."""

FORGOTTEN_UNIT = 256
"""MiB below which a size was counted in GiB."""

_CLOSE = 0.9
"""How alike two names must be (difflib's ratio) for one to be taken for the other."""

_LONGEST = 60
_CODES = {SETTINGS: SETTINGS_CODES, ADMIN: ADMIN_CODES}
_MARK = b"\xef\xbb\xbf"
_PLAIN = "UTF-8 without a byte order mark"
_INTEGER = re.compile(r"-?\d+")
_WHOLE = re.compile(r"(-?\d+)\.0+")
_USER = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#\s]*@|[^/?#\s:]+:[^/?#\s]*@", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f]")
_REMARK = ("_", "$", "#", "/", "@")
"""What names begin with that are remarks: JSON has no comments."""
_SPEC = {
    BOOL: "true or false",
    INT: "a whole number without quotes",
    TEXT: "a text in quotes",
    TEXTS: "a list of texts in brackets",
}
_TRUTHS = {"true": "true", "yes": "true", "on": "true", "1": "true"}
_LIES = {"false": "false", "no": "false", "off": "false", "0": "false"}
_LIMITS = ("Cpus", "MemoryMiB", "SwapMiB")
_SIZES = frozenset({"MemoryMiB", "SwapMiB", "DiskSizeMiB"})
_PATHS = ("DataFolder", "CustomWslDistroDir")
_PLAIN_DAEMON_KEYS = frozenset(
    {"builder", "features", "hosts", "runtimes", "experimental", "debug"}
)
"""Keys of daemon.json without a hyphen that mean nothing else."""
_GROUPS = frozenset(
    {"linuxVM", "windowsContainers", "proxy", "containersProxy", "kubernetes", "scout"}
)


class DesktopFacts(NamedTuple):
    """What the caller knows of the computer that the file is for; None for what it does not."""

    platform: str | None = None
    """``windows``, ``macos`` or ``linux``: where Docker Desktop itself runs."""
    machine: str | None = None
    """Of the processor, as the system calls it: ``arm64``, ``x86_64``, ``AMD64``."""
    memory: int | None = None
    """Bytes of the computer itself, not of the VM."""
    cpus: int | None = None
    """Logical processors of the computer itself."""
    version: tuple[int, ...] | None = None
    """Of Docker Desktop, e.g. (4, 90, 0)."""
    path_exists: Callable[[str], bool | None] | None = None
    """Whether a path, as the file spells it, exists; None where that cannot be told."""

    @property
    def is_intel(self) -> bool:
        """Whether the processor is known not to be Apple's or another of ARM's."""
        return self.machine is not None and self.machine.lower() not in {"arm64", "aarch64"}


UNKNOWN_COMPUTER = DesktopFacts()
"""Nothing is known: only what holds everywhere is judged."""


def judge_settings(
    data: bytes,
    facts: DesktopFacts = UNKNOWN_COMPUTER,
    *,
    path: str = "settings-store.json",
    store: bool = True,
) -> tuple[Problem, ...]:
    r"""Every problem of a user's settings, in the order of its lines; codes are of SETTINGS_CODES.

    ``store`` says which of the two files it is: settings-store.json or the older settings.json.
    ``path`` is what the file is called in messages. Never raises, whatever the bytes.

    >>> [(p.code, p.suggestion) for p in judge_settings(b'{"MemoryMiB": "8192"}')]
    [('desktop-settings-wrong-type', '8192')]
    """
    return _judged(data, SETTINGS, path, lambda report: _Settings(report, facts, store=store))


def judge_admin_settings(
    data: bytes, facts: DesktopFacts = UNKNOWN_COMPUTER, *, path: str = "admin-settings.json"
) -> tuple[Problem, ...]:
    r"""Every problem of an admin-settings.json; see `judge_settings`. Codes are of ADMIN_CODES.

    >>> text = b'{"configurationFileVersion": 2, "disableUpdate": true}'
    >>> [(p.code, p.line) for p in judge_admin_settings(text)]
    [('admin-settings-no-entry', 1)]
    """
    return _judged(data, ADMIN, path, lambda report: _Admin(report, facts))


# -- the file as a whole -------------------------------------------------------------------------


def _judged(
    data: bytes, prefix: str, path: str, judge: Callable[[_Report], _Judge]
) -> tuple[Problem, ...]:
    codes = _CODES[prefix]
    told = encoding_of(data)
    if told and told != "utf-8":
        order = {"le": "little-endian", "be": "big-endian"}[told[-2:]]
        message = (
            f"{path} is in {told[:6].upper()} {order}, and Docker Desktop reads UTF-8: it does not "
            "start with it."
        )
        return (_whole(prefix + "encoding", codes, message, suggestion=_PLAIN),)
    found: list[Problem] = []
    if data.startswith(_MARK):
        message = (
            f"{path} begins with a byte order mark, which Docker Desktop's decoder does not take."
        )
        code = prefix + "byte-order-mark"
        found.append(_whole(code, codes, message, suggestion=_PLAIN, end_column=None))
    try:
        document = decode(data)
    except JsonDocumentError as error:
        return (*found, _undecodable(error, prefix, codes))
    root = document.root
    if root is None:
        message = f"{path} is empty: Docker Desktop finds no JSON in it and does not start."
        return (*found, _whole(prefix + "syntax", codes, message, suggestion="{}"))
    if root.kind != "object":
        what = {"array": "a list", "bool": "true or false", "null": "null"}.get(
            root.kind, f"a {root.kind}"
        )
        at = document.position(root.start)
        message = f"{path} holds {what} where Docker Desktop needs an object in braces."
        problem = Problem(prefix + "not-an-object", ERROR, message, at.line, at.column)
        return (*found, problem._replace(refused_by_engine=True))
    report = _Report(document, prefix)
    judge(report).judge(root.value)
    return (*found, *report.problems())


def _whole(
    code: str,
    codes: Mapping[str, CodeInfo],
    message: str,
    *,
    suggestion: str,
    end_column: int | None = None,
) -> Problem:
    """A problem of the file as a whole, named at its start."""
    level = codes[code].level
    return Problem(
        code,
        level,
        message,
        1,
        1,
        end_column,
        refused_by_engine=level == ERROR,
        suggestion=suggestion,
    )


def _undecodable(error: JsonDocumentError, prefix: str, codes: Mapping[str, CodeInfo]) -> Problem:
    code = prefix + ("encoding" if isinstance(error, JsonEncodingError) else "syntax")
    found = error.found if isinstance(error, JsonSyntaxError) else ""
    if isinstance(error, JsonEncodingError):
        what = "The file is not UTF-8 from here on (an editor saved it in another encoding)"
    elif found == "\0":
        code = prefix + "encoding"
        what = "NUL bytes stand here (the file was lost while it was written)"
    elif "escape" in error.message:
        what = "A single backslash stands before a letter (in a Windows path every one is doubled)"
    elif found and found in "TFN" and "looking for beginning of value" in error.message:
        what = "true, false and null are written in small letters"
    else:
        what = advice_on_json(found, error.message)
    return Problem(
        code,
        codes[code].level,
        f"{what}: Docker Desktop does not start with it.",
        error.line,
        error.column,
        error.column + 1,
        refused_by_engine=True,
        engine_text=error.message if isinstance(error, JsonSyntaxError) else None,
    )


class _Report:
    """Collects the problems of one file; codes are given without their prefix."""

    def __init__(self, document: Document, prefix: str) -> None:
        self.document, self.prefix = document, prefix
        self._codes = _CODES[prefix]
        self._report = Report(document, self._codes)
        self._count: dict[str, int] = {}

    def add(
        self,
        name: str,
        message: str,
        at: Node | Member,
        *,
        key: str,
        suggestion: str | None = None,
        level: str = "",
        machine: bool = False,
        known_in: str | None = None,
    ) -> None:
        """Note one problem; of one code MOST are kept."""
        code = self.prefix + name
        self._count[code] = self._count.get(code, 0) + 1
        if self._count[code] <= MOST:
            self._report.add(
                code,
                message,
                at,
                key=_short(key),
                suggestion=suggestion,
                level=level or self._codes[code].level,
                machine=machine,
                known_in=known_in,
            )

    def shown(self, node: Node) -> str:
        """A value for a message, short."""
        return self._report.shown(node)

    def problems(self) -> list[Problem]:
        """In the order of their places; the last of a code says how many more there are."""
        found = self._report.problems()
        for code, count in self._count.items():
            if count > MOST:
                at = max(i for i, problem in enumerate(found) if problem.code == code)
                more = f" {count - MOST} more like it are not listed."
                found[at] = found[at]._replace(message=found[at].message + more)
        refused = {self.prefix + name for name in ("wrong-type", "no-entry")}
        return [p._replace(refused_by_engine=p.code in refused) for p in found]


class _Judge:
    """What both kinds of file have in common."""

    def __init__(self, report: _Report, facts: DesktopFacts) -> None:
        self.report, self.facts = report, facts

    def judge(self, members: tuple[Member, ...]) -> None:
        """Look at the members of the outermost object."""
        raise NotImplementedError

    def last_of_each(self, members: Iterable[Member], inside: str = "") -> dict[str, Member]:
        """The members that count, by their names in small letters; those written over are reported."""
        kept: dict[str, Member] = {}
        for member in members:
            name = member.key.lower()
            if name in kept and (kept[name].key == member.key or inside or self.is_known(name)):
                self._twice(kept[name], member, inside)
            kept[name] = member
        return kept

    def is_known(self, name: str) -> bool:
        """Whether a name in small letters is one of a key, in whatever case."""
        raise NotImplementedError

    def _twice(self, first: Member, last: Member, inside: str) -> None:
        document = self.report.document
        line = document.position(last.key_start).line
        same = document.source(first.value) == document.source(last.value)
        one = _short(first.key)
        if first.key == last.key:
            what = f"{one} stands here and again in line {line}: the last one counts"
        else:
            what = f"{one} stands again as {_short(last.key)} in line {line}: both mean one setting"
        self.report.add(
            "duplicate-key",
            f"{what}.",
            first,
            key=inside + first.key,
            level=NOTE if same else WARNING,
        )

    def wrong_type(
        self,
        name: str,
        node: Node,
        type: str,  # noqa: A002
        *,
        secret: bool = False,
    ) -> bool:
        """Report a value that is not of its key's type; whether it is one."""
        if type == ANY or node.kind == "null" or _is_of(node, type):
            return False
        what = "its value" if secret else self.report.shown(node)
        self.report.add(
            "wrong-type",
            f"{name} must be {_SPEC[type]}: Docker Desktop's decoder does not take {what}.",
            node,
            key=name,
            suggestion=None if secret and type == TEXT else _retyped(node, type, name),
        )
        return True

    def judge_value(self, name: str, node: Node, key: Key | AdminKey) -> None:
        """Report a value of the right type that its key does not take."""
        bounded = key.least is not None and key.name not in {"Cpus", "MemoryMiB"}
        if bounded and _is_of(node, INT):
            self._judge_number(name, int(node.value), node, key)
        if node.kind != "string" or not node.value:
            return
        if key.values and node.value not in key.values:
            self._judge_word(name, node, key.values)
        if key.name.lower() == "vpnkitcidr" and not _is_network(node.value):
            self.report.add(
                "invalid-value",
                f"{name} must be a network such as 192.168.65.0/24, not {self.report.shown(node)}.",
                node,
                key=name,
                suggestion='"192.168.65.0/24"',
            )
        if key.secret and not key.name.lower().endswith("embeddedpac"):
            self._judge_address(name, node)

    def _judge_number(self, name: str, value: int, node: Node, key: Key | AdminKey) -> None:
        least, most = key.least, key.most
        low = least is not None and value < least
        if low or (most is not None and value > most):
            bounds = f"{least} or more" if most is None else f"{least} to {most}"
            self.report.add(
                "out-of-range",
                f"{name} must be {bounds}, not {value}.",
                node,
                key=name,
                suggestion=_in_mib(value) if key.name in _SIZES and value > 0 else None,
            )
        elif key.name == "SwapMiB" and 0 < value < FORGOTTEN_UNIT // 4:
            self.report.add(
                "out-of-range",
                f"{name} counts MiB: {value} are {value} MiB of swap.",
                node,
                key=name,
                suggestion=_in_mib(value),
            )

    def _judge_word(self, name: str, node: Node, values: tuple[str, ...]) -> None:
        alike = [value for value in values if value.lower() == node.value.strip().lower()]
        near = alike or _alike(node.value, list(values), cutoff=0.75)
        words = ", ".join(values)
        self.report.add(
            "invalid-value",
            f"{name} takes {words}, and not {self.report.shown(node)} as far as Docker documents it.",
            node,
            key=name,
            suggestion=f'"{near[0]}"' if near else None,
            level=WARNING if near else NOTE,
        )

    def _judge_address(self, name: str, node: Node) -> None:
        if _USER.match(node.value.strip()):
            self.report.add(
                "proxy-credentials",
                f"{name} holds a user's name, and perhaps a password, in plain text.",
                node,
                key=name,
            )

    def too_new(self, name: str, member: Member, since: tuple[int, ...]) -> None:
        """Report a key that came with a later version than the one that is there."""
        version = self.facts.version
        if since and version and version < since:
            self.report.add(
                "ignored-here",
                f"{name} came with Docker Desktop {_dotted(since)}, and this is {_dotted(version)}: "
                "it has no effect.",
                member,
                key=name,
                known_in=f"Docker Desktop {_dotted(since)} and later",
            )

    def of_daemon_json(self, member: Member, inside: str = "") -> bool:
        """Report a key of daemon.json; whether it is one."""
        name = member.key
        if name not in DAEMON_KEYS or not ("-" in name or name in _PLAIN_DAEMON_KEYS):
            return False
        where = (
            "the engine's daemon.json (Settings > Docker Engine)"
            if self.report.prefix == SETTINGS
            else "the text of linuxVM.dockerDaemonOptions"
        )
        self.report.add(
            "key-of-daemon-json",
            f"{_short(name)} is a setting of the engine: Docker Desktop ignores it here, it belongs "
            f"into {where}.",
            member,
            key=inside + name,
        )
        return True


# -- settings-store.json and settings.json -------------------------------------------------------


class _Settings(_Judge):
    """The settings of one user."""

    def __init__(self, report: _Report, facts: DesktopFacts, *, store: bool) -> None:
        super().__init__(report, facts)
        self.store = store
        self.kept: dict[str, Member] = {}
        self.values: dict[str, Node] = {}
        """What holds, by the names of settings-store.json; values of a wrong type are left out."""

    def judge(self, members: tuple[Member, ...]) -> None:
        kept = self.kept = self.last_of_each(members)
        ancient = not self.store and any(m.key in {"VmMemory", "VmCpus"} for m in members)
        other = []
        for lower, member in kept.items():
            key = BY_LOWER.get(lower)
            if ancient and (key is None or member.key in DOCKER_FOR_WINDOWS):
                continue
            if key is None:
                self._unknown(member)
                continue
            if member.key != self._spelt(key):
                other.append((member, key))
            self._known(member, key)
        if other and not ancient:
            self._misspelt_case(other)
        self._limits(full=len(members) >= WRITTEN_IN_FULL)
        self._on_a_mac()
        self._paths()
        if self._is("ExposeDockerAPIOnTCP2375", truth=True) and self._may_be(WINDOWS):
            self._at(
                "api-exposed",
                "ExposeDockerAPIOnTCP2375",
                "opens the engine's API on tcp://localhost:2375 to every program, without a "
                "password.",
                suggestion="false",
            )

    def is_known(self, name: str) -> bool:
        return name in BY_LOWER

    def _spelt(self, key: Key) -> str:
        return key.name if self.store else key.camel

    def _known(self, member: Member, key: Key) -> None:
        name, node = member.key, member.value
        if node.kind == "object" and {m.key for m in node.value} & {"locked", "value"}:
            self.report.add(
                "key-of-admin-settings",
                f"{name} is written as admin-settings.json writes it: here it is the bare value.",
                node,
                key=name,
            )
            return
        if self.wrong_type(name, node, key.type, secret=key.secret) or node.kind == "null":
            return
        self.values[key.name] = node
        self.judge_value(name, node, key)
        self.too_new(name, member, key.since)

    def _unknown(self, member: Member) -> None:
        name = member.key
        if name.startswith(_REMARK) or self.of_daemon_json(member):
            return
        if name in REGISTRY_KEYS or name in _GROUPS or name in ADMIN_BY_NAME:
            file = "registry.json" if name in REGISTRY_KEYS else "admin-settings.json"
            self.report.add(
                "key-of-admin-settings",
                f"{name} belongs into {file}: Docker Desktop ignores it among a user's settings.",
                member,
                key=name,
            )
            return
        meant = MEANT.get(name.lower()) or DOCKER_FOR_WINDOWS.get(name) or _near_key(name)
        if meant:
            proper, there = self._spelt(BY_NAME[meant]), self._line_of(meant)
            self.report.add(
                "misspelt-key",
                f"Docker Desktop has no key {_short(name)} and ignores it: {proper}{there} does that.",
                member,
                key=name,
                suggestion=None if there else proper,
            )
        elif not self.store or not name[:1].isupper():
            # What is spelt as Docker Desktop spells it may be a key of a newer version.
            self.report.add(
                "unknown-key",
                f"No version of Docker Desktop is known to have a key {_short(name)}: it ignores "
                "what it does not know.",
                member,
                key=name,
            )

    def _line_of(self, name: str) -> str:
        """Where a key stands, for a message; empty where it does not."""
        key = BY_NAME[name]
        member = self.kept.get(key.name.lower()) or self.kept.get(key.camel.lower())
        if member is None:
            return ""
        return f" in line {self.report.document.position(member.key_start).line}"

    def _misspelt_case(self, found: list[tuple[Member, Key]]) -> None:
        """One problem for all of them: they come from one hand."""
        first, key = found[0]
        file = "settings-store.json" if self.store else "settings.json"
        if len(found) == 1:
            what = f"{_short(first.key)} is spelt {self._spelt(key)} in {file}"
        else:
            names = ", ".join(self._spelt(key) for _, key in found[:5])
            more = ", ..." if len(found) > 5 else ""  # noqa: PLR2004 - as many as a line holds
            what = f"{len(found)} keys are spelt otherwise in {file}: {names}{more}"
        self.report.add(
            "wrong-spelling",
            f"{what}. Docker Desktop most likely reads this spelling too, but does not document it.",
            first,
            key=first.key,
            suggestion=self._spelt(key),
        )

    # -- one setting beside another ----------------------------------------------------------

    def _truth(self, name: str) -> bool | None:
        node = self.values.get(name)
        return node.value if node is not None and node.kind == "bool" else None

    def _is(self, name: str, *, truth: bool) -> bool:
        return self._truth(name) is truth

    def _number(self, name: str) -> int | None:
        node = self.values.get(name)
        return int(node.value) if node is not None and node.kind == "number" else None

    def _may_be(self, platform: str) -> bool:
        return self.facts.platform in {None, platform}

    def _at(
        self,
        code: str,
        name: str,
        what: str,
        *,
        suggestion: str | None = None,
        level: str = "",
        machine: bool = False,
    ) -> None:
        """A problem with the value of a key, which ``what`` goes on about."""
        key, node = self._spelt(BY_NAME[name]), self.values[name]
        shown = "" if BY_NAME[name].type == TEXTS else f" {self.report.shown(node)}"
        self.report.add(
            code,
            f"{key}{shown} {what}",
            node,
            key=key,
            suggestion=suggestion,
            level=level,
            machine=machine,
        )

    def _on_wsl(self) -> bool:
        """Whether the VM is known to be WSL's: its default on Windows, and there alone."""
        if not self._may_be(WINDOWS):
            return False
        told = self._truth("WslEngineEnabled")
        return told is True or (told is None and self.facts.platform == WINDOWS)

    def _limits(self, *, full: bool) -> None:
        if self._on_wsl():
            for name in () if full else _LIMITS:
                if name in self.values:
                    self._at(
                        "ignored-here",
                        name,
                        "has no effect with WSL 2: .wslconfig limits the VM there.",
                    )
            return
        cpus, memory = self._number("Cpus"), self._number("MemoryMiB")
        if cpus is not None:
            self._judge_cpus(cpus)
        if memory is not None:
            self._judge_memory(memory)

    def _judge_cpus(self, count: int) -> None:
        most = self.facts.cpus
        if count < 1:
            self._at("unfit-resources", "Cpus", "is less than one processor.")
        elif most is not None and count > most:
            self._at(
                "unfit-resources",
                "Cpus",
                f"is more than the {most} processors of this computer.",
                suggestion=str(most),
                machine=True,
            )

    def _judge_memory(self, size: int) -> None:
        total = self.facts.memory
        least = BY_NAME["MemoryMiB"].least or 0
        if size < least:
            counted = 0 < size <= FORGOTTEN_UNIT
            self._at(
                "unfit-resources",
                "MemoryMiB",
                f"is {size} MiB, and the engine needs {least} MiB at least.",
                suggestion=_in_mib(size) if counted else None,
            )
        elif total is not None and size * MIB > total:
            half = max(total // 2 // GIB * GIB // MIB, least)
            self._at(
                "unfit-resources",
                "MemoryMiB",
                f"is more than this computer has ({human_size(total)}): half of it leaves the host "
                "enough.",
                suggestion=str(half),
                machine=True,
            )

    def _on_a_mac(self) -> None:
        if not self._may_be(MACOS) or not (
            self.facts.platform == MACOS or self._looks_like_a_mac()
        ):
            return
        framework, vmm = self._truth("UseVirtualizationFramework"), self._truth("UseLibkrun")
        if vmm and self.facts.is_intel:
            self._at(
                "docker-vmm-on-intel",
                "UseLibkrun",
                "asks for Docker VMM, which runs on Apple silicon only.",
                suggestion="false",
                machine=True,
            )
        off = self._is("UseVirtualizationFrameworkVirtioFS", truth=False)
        if off and self._is("UseGrpcfuse", truth=False) and (not vmm or self.facts.is_intel):
            version = self.facts.version
            with_osxfs = version is not None and version < WITHOUT_OSXFS
            self._at(
                "sharing-off",
                "UseVirtualizationFrameworkVirtioFS",
                "beside UseGrpcfuse false leaves "
                + ("osxfs, the slowest way of sharing files." if with_osxfs else "no way of sharing "
                   "files: Docker Desktop fails to start."),
                suggestion="true",
                level=WARNING if with_osxfs else "",
            )  # fmt: skip
        if (
            self._is("UseVirtualizationFrameworkRosetta", truth=True)
            and not self.facts.is_intel
            and (framework is False or vmm)
        ):
            carrier = "on Docker VMM" if vmm else "without Apple's virtualization framework"
            self._at(
                "rosetta-without-framework",
                "UseVirtualizationFrameworkRosetta",
                f"has no effect {carrier}: amd64 images run through QEMU.",
            )

    def _looks_like_a_mac(self) -> bool:
        """By a path or a switch that only a Mac's file has, where the platform is not known."""
        if self._is("UseLibkrun", truth=True) or self._is("UseVirtualizationFramework", truth=True):
            return True
        told = [
            self.values[n].value for n in ("DataFolder", "DockerAppLaunchPath") if n in self.values
        ]
        shared = self.values.get("FilesharingDirectories")
        told += [node.value for node in shared.value] if shared is not None else []
        return any(str(path).startswith(("/Users", "/Applications")) for path in told)

    def _paths(self) -> None:
        for name in _PATHS:
            node = self.values.get(name)
            if node is None or not node.value:
                continue
            if not self._escaped(name, node) and self._lies_there(name) and self._lacks(node.value):
                self._at(
                    "path-missing",
                    name,
                    "does not exist: Docker Desktop does not find its disk there.",
                    machine=True,
                )
        shared = self.values.get("FilesharingDirectories")
        for node in shared.value if shared is not None else ():
            self._escaped("FilesharingDirectories", node)

    def _lies_there(self, name: str) -> bool:
        """Whether the VM's disk lies where that key says."""
        return self._on_wsl() == (name == "CustomWslDistroDir")

    def _lacks(self, path: str) -> bool:
        exists = self.facts.path_exists
        return bool(path) and exists is not None and "\0" not in path and exists(path) is False

    def _escaped(self, name: str, node: Node) -> bool:
        if not _CONTROL.search(node.value):
            return False
        source = self.report.document.source(node)
        self.report.add(
            "path-escapes",
            f"{self._spelt(BY_NAME[name])} holds control characters: the backslashes of a Windows "
            "path are doubled in JSON.",
            node,
            key=self._spelt(BY_NAME[name]),
            suggestion=re.sub(r"\\+", r"\\\\", source) if len(source) <= _LONGEST * 2 else None,
        )
        return True


# -- admin-settings.json -------------------------------------------------------------------------


class _Admin(_Judge):
    """The settings of a company."""

    def __init__(self, report: _Report, facts: DesktopFacts) -> None:
        super().__init__(report, facts)
        self.values: dict[str, Node] = {}
        """Dotted name -> the value of an entry."""

    def judge(self, members: tuple[Member, ...]) -> None:
        kept = self.last_of_each(members)
        by_lower = {key.lower(): found for key, found in ADMIN_BY_NAME.items()}
        for lower, member in kept.items():
            key = by_lower.get(lower)
            if key is None:
                self._unknown(member)
                continue
            self._case(member, key.name, "")
            self.too_new(member.key, member, key.since)
            self._shaped(member, key, "")
        if "configurationfileversion" not in kept:
            first = members[0] if members else self.report.document.root
            if first is not None:
                self.report.add(
                    "version",
                    "configurationFileVersion is missing: it says in which format the file is.",
                    first,
                    key="configurationFileVersion",
                    suggestion=f'"configurationFileVersion": {ADMIN_VERSION}',
                )
        self._together()

    def is_known(self, name: str) -> bool:
        return any(name == key.lower() for key in ADMIN_BY_NAME)

    def _case(self, member: Member, proper: str, inside: str) -> None:
        if member.key != proper:
            self.report.add(
                "wrong-spelling",
                f"{_short(member.key)} is spelt {inside}{proper} in admin-settings.json. Docker "
                "Desktop most likely reads this spelling too, but does not document it.",
                member,
                key=inside + member.key,
                suggestion=proper,
            )

    def _unknown(self, member: Member) -> None:
        name = member.key
        if name.startswith(_REMARK) or self.of_daemon_json(member):
            return
        key = BY_CAMEL.get(name) or BY_LOWER.get(name.lower())
        place = IN_A_GROUP.get(name) or (IN_A_GROUP.get(key.camel) if key else None)
        if name in REGISTRY_KEYS:
            self.report.add(
                "key-of-settings",
                f"{name} belongs into registry.json, which says who must sign in.",
                member,
                key=name,
            )
        elif place or key:
            where = f"it stands in {place}" if place else "it cannot be set for a whole company"
            self.report.add(
                "key-of-settings",
                f"{name} is no key of admin-settings.json, and Docker Desktop ignores it: {where}.",
                member,
                key=name,
                suggestion=place,
            )
        else:
            self._misspelt(member, list(ADMIN_BY_NAME), "")

    def _misspelt(self, member: Member, names: list[str], inside: str) -> None:
        name = member.key
        near = _alike(name, names)
        if near:
            self.report.add(
                "misspelt-key",
                f"Docker Desktop has no key {inside}{_short(name)} and ignores it: it is spelt "
                f"{near[0]}.",
                member,
                key=inside + name,
                suggestion=near[0],
            )
        else:
            self.report.add(
                "unknown-key",
                f"Docker's manual names no key {inside}{_short(name)}: Docker Desktop ignores what "
                "it does not know.",
                member,
                key=inside + name,
            )

    # -- shapes ------------------------------------------------------------------------------

    def _shaped(self, member: Member, key: AdminKey, inside: str) -> None:
        name, node = inside + member.key, member.value
        if key.shape == VERSION:
            self._version(name, node)
        elif key.shape == LIST:
            self._folders(name, node)
        elif node.kind != "object":
            example = (
                f'{{"locked": true, "value": {self._example(node, key)}}}'
                if key.shape == ENTRY
                else None
            )
            self.report.add(
                "no-entry",
                f"{name} must be an object in braces: Docker Desktop's decoder does not take a bare "
                "value.",
                node,
                key=name,
                suggestion=example,
            )
        elif key.shape == ENTRY:
            self._entry(name, member, key)
        else:
            self._group(name, member, key)

    def _example(self, node: Node, key: AdminKey) -> str:
        if key.secret or not _is_of(node, key.type) or node.end - node.start > _LONGEST:
            return "..."
        return self.report.document.source(node)

    def _version(self, name: str, node: Node) -> None:
        if self.wrong_type(name, node, INT):
            return
        if node.kind == "null" or int(node.value) != ADMIN_VERSION:
            self.report.add(
                "version",
                f"{name} is {self.report.shown(node)}, and {ADMIN_VERSION} is the only format that "
                "is documented.",
                node,
                key=name,
                suggestion=str(ADMIN_VERSION),
            )

    def _entry(self, name: str, member: Member, key: AdminKey) -> None:
        fields = self.last_of_each(member.value.value, f"{name}.")
        self._lock(name, member, fields)
        value = fields.pop("value", None)
        if value is None:
            self.report.add(
                "no-value",
                f'{name} has no "value": Docker Desktop takes what stands for nothing, such as false.',
                member,
                key=name,
            )
        else:
            self._case(value, "value", f"{name}.")
            self._value(name, value.value, key)
        self._fields(name, fields, key, known=("locked", "value"))

    def _value(self, name: str, node: Node, key: AdminKey) -> None:
        if key.name == DAEMON_OPTIONS:
            self._daemon_options(name, node)
        elif not self.wrong_type(f"{name}.value", node, key.type) and node.kind != "null":
            self.values[name] = node
            self.judge_value(f"{name}.value", node, key)

    def _group(self, name: str, member: Member, key: AdminKey) -> None:
        fields = self.last_of_each(member.value.value, f"{name}.")
        if key.is_locked:
            self._lock(name, member, fields)
        self._fields(name, fields, key, known=("locked",) if key.is_locked else ())

    def _lock(self, name: str, member: Member, fields: dict[str, Member]) -> None:
        lock = fields.pop("locked", None)
        if lock is None:
            near = next(
                (f for f in fields.values() if _alike(f.key, ["locked"], cutoff=0.75)), None
            )
            if near is not None:
                del fields[near.key.lower()]
                self._misspelt_lock(name, near)
            else:
                self.report.add(
                    "no-lock",
                    f'{name} has no "locked": users can change it as they like.',
                    member,
                    key=name,
                )
            return
        self._case(lock, "locked", f"{name}.")
        self.wrong_type(f"{name}.locked", lock.value, BOOL)

    def _misspelt_lock(self, name: str, near: Member) -> None:
        self.report.add(
            "misspelt-key",
            f"{name}.{_short(near.key)} is spelt locked: as it is, users can change the setting.",
            near,
            key=f"{name}.{near.key}",
            suggestion="locked",
        )

    def _fields(
        self, name: str, fields: dict[str, Member], key: AdminKey, *, known: tuple[str, ...]
    ) -> None:
        by_lower = {field.name.lower(): field for field in key.fields}
        inside = f"{name}."
        for lower, member in fields.items():
            field = by_lower.get(lower)
            if field is None:
                if not member.key.startswith(_REMARK) and not self.of_daemon_json(member, inside):
                    self._misspelt(member, [*known, *(f.name for f in key.fields)], inside)
                continue
            self._case(member, field.name, inside)
            if field.shape in {ENTRY, OBJECT}:
                self._shaped(member, field, inside)
                continue
            node = member.value
            if (
                not self.wrong_type(inside + member.key, node, field.shape, secret=field.secret)
                and node.kind != "null"
            ):
                self.judge_value(inside + member.key, node, field)

    def _folders(self, name: str, node: Node) -> None:
        if node.kind != "array":
            self.report.add(
                "no-entry",
                f"{name} must be a list of objects with path and sharedByDefault.",
                node,
                key=name,
                suggestion='[{"path": "$HOME", "sharedByDefault": true}]',
            )
            return
        for item in node.value:
            if item.kind != "object":
                example = (
                    f'{{"path": {self.report.document.source(item)}, "sharedByDefault": true}}'
                    if item.kind == "string" and item.end - item.start <= _LONGEST
                    else None
                )
                self.report.add(
                    "no-entry",
                    f"{name} holds objects with path and sharedByDefault, not bare values.",
                    item,
                    key=name,
                    suggestion=example,
                )
                continue
            fields = self.last_of_each(item.value, f"{name}.")
            for field, type in (("path", TEXT), ("sharedByDefault", BOOL)):  # noqa: A001
                member = fields.pop(field.lower(), None)
                if member is not None:
                    self._case(member, field, f"{name}.")
                    self.wrong_type(f"{name}.{field}", member.value, type)
            for member in fields.values():
                self._misspelt(member, ["path", "sharedByDefault"], f"{name}.")

    def _daemon_options(self, name: str, node: Node) -> None:
        where = f"{name}.value"
        if node.kind == "null":
            return
        if node.kind != "string":
            source = " ".join(self.report.document.source(node).split())
            # What has an @ may hold a proxy's password.
            fits = node.kind == "object" and len(source) <= _LONGEST * 2 and "@" not in source
            self.report.add(
                "daemon-options",
                f"{where} must be a text in quotes that holds the engine's JSON, not JSON itself.",
                node,
                key=where,
                suggestion=quote_text(source) if fits else None,
            )
            return
        if not name.lower().startswith("linuxvm"):
            return  # Windows' engine has options of its own
        text = node.value.encode("utf-8", "replace")
        for problem in judge_daemon_json(text, engine="", host=HostFacts(), path="the text"):
            self.report.add(
                "daemon-options",
                f"{where}, line {problem.line}, column {problem.column} of the text: "
                f"{problem.message}",
                node,
                key=where,
                suggestion=problem.suggestion,
                level=problem.level,
            )

    def _together(self) -> None:
        by_lower = {name.lower(): node for name, node in self.values.items()}
        sharing = [by_lower.get(f"use{name}") for name in _SHARING]
        if all(node is not None and node.value is False for node in sharing) and sharing[0]:
            version = self.facts.version
            with_osxfs = version is not None and version < WITHOUT_OSXFS
            self.report.add(
                "sharing-off",
                "useVirtualizationFrameworkVirtioFS and useGrpcfuse are both false, which leaves "
                + ("osxfs, the slowest way of sharing files." if with_osxfs else "no way of sharing "
                   "files: Docker Desktop fails to start on macOS."),
                sharing[0],
                key="useVirtualizationFrameworkVirtioFS",
                suggestion="true",
                level=WARNING if with_osxfs else "",
            )  # fmt: skip
        api = by_lower.get("exposedockerapiontcp2375")
        if api is not None and api.value is True and self.facts.platform not in {MACOS, LINUX}:
            self.report.add(
                "api-exposed",
                "exposeDockerAPIOnTCP2375 opens the engine's API on tcp://localhost:2375 to every "
                "program, without a password.",
                api,
                key="exposeDockerAPIOnTCP2375",
                suggestion="false",
            )


_SHARING = ("virtualizationframeworkvirtiofs", "grpcfuse")


# -- values --------------------------------------------------------------------------------------


def _is_of(node: Node, type: str) -> bool:  # noqa: A002
    """Whether Go's decoder takes a value for a field of that type."""
    if type == INT:
        return node.kind == "number" and bool(_INTEGER.fullmatch(node.value)) and _fits(node.value)
    if type == TEXTS:
        return node.kind == "array" and all(item.kind == "string" for item in node.value)
    return {BOOL: "bool", TEXT: "string"}.get(type) == node.kind


def _fits(digits: str) -> bool:
    """Whether a number fits into Go's int."""
    longest = len(str(1 << 63))
    return len(digits.lstrip("-")) < longest or (
        len(digits) <= longest + 1 and -(1 << 63) <= int(digits) < 1 << 63
    )


def _retyped(node: Node, type: str, name: str) -> str | None:  # noqa: A002
    """The same value in the right type, as JSON, where that is plain to see."""
    value: Any = node.value
    if node.kind == "string":
        return _from_text(value, type, name)
    if node.kind == "number":
        whole = _WHOLE.fullmatch(value)
        if type == INT and whole:
            return str(whole[1])
        if type == BOOL:
            return {"1": "true", "0": "false"}.get(value)
        return f'"{value}"' if type == TEXT and len(value) <= _LONGEST else None
    if node.kind == "bool" and type == TEXT:
        return '"true"' if value else '"false"'
    return None


def _from_text(text: str, type: str, name: str) -> str | None:  # noqa: A002
    plain = text.strip()
    if type == BOOL:
        return _TRUTHS.get(plain.lower()) or _LIES.get(plain.lower())
    if type == TEXTS:
        return f"[{quote_text(plain)}]" if plain and len(plain) <= _LONGEST else "[]"
    if type != INT or len(plain) > _LONGEST:
        return None
    if plain.isascii() and _INTEGER.fullmatch(plain):
        return plain
    size = parse_size(plain) if plain.isascii() and name.lower().endswith("mib") else None
    return str(size // MIB) if size is not None and size >= MIB else None


def _in_mib(gib: int) -> str | None:
    """A number of GiB, in MiB, where it can be one."""
    return str(gib * 1024) if 0 < gib <= FORGOTTEN_UNIT else None


def _is_network(text: str) -> bool:
    import ipaddress

    try:
        return "/" in text and ipaddress.ip_network(text.strip(), strict=False) is not None
    except ValueError:
        return False


# -- names ---------------------------------------------------------------------------------------


def _alike(name: str, names: list[str], *, cutoff: float = _CLOSE) -> list[str]:
    """The one of the names that a name is very like, in a list that may be empty."""
    from difflib import get_close_matches

    lower = {known.lower(): known for known in names}
    word = name.strip().lower()[:_LONGEST]
    return [lower[found] for found in get_close_matches(word, list(lower), n=1, cutoff=cutoff)]


def _near_key(name: str) -> str | None:
    """The key of the settings that a name was meant to be; not one with another number in it."""
    found = _alike(name, list(BY_LOWER))
    if not found or _without_digits(found[0]) == _without_digits(name.lower()):
        return None
    return BY_LOWER[found[0]].name


def _without_digits(name: str) -> str:
    return re.sub(r"\d+", "", name)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
