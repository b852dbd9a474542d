r"""What WSL makes of a .wslconfig or an /etc/wsl.conf: what it skips, mistakes, and refuses.

The grammar is that of `probes.formats.wsl_config`, the settings are those of
`probes.formats.wsl_keys`. What WSL does with a value is in microsoft/WSL (2026-08)
``src/windows/common/WslCoreConfig.cpp`` (``Initialize``), ``src/windows/service/exe/WslCoreVm.cpp``
(kernel, swap, ``ValidateNetworkingMode``) and ``src/linux/init/WslDistributionConfig.cpp``.

What depends on the computer is judged only where the caller knows it, see `WslFacts`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from probes import vm_share
from probes.formats.problems import Problem
from probes.formats.sizes import GIB, MIB, human_size
from probes.formats.text_encoding import SAMPLE, encoding_of
from probes.formats.wsl_codes import WSL_CONF_CODES, WSLCONFIG_CODES
from probes.formats.wsl_config import (
    ENTRY,
    INVALID,
    WSL_CONF,
    WSLCONFIG,
    WslEncodingError,
    format_memory,
    parse_memory,
    parse_wsl,
    written,
)
from probes.formats.wsl_keys import (
    BOOL,
    INT,
    KEYS,
    PATH,
    SIZE,
    TEXT,
    WITHDRAWN,
    elsewhere,
    is_true,
    is_valid,
    meant,
    name_of,
    number,
)
from probes.host.redaction import PLACEHOLDER
from probes.model import ERROR, NOTE, WARNING
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from probes.formats.wsl_config import Entry, Written
    from probes.formats.wsl_config import Problem as InvalidLine
    from probes.formats.wsl_keys import Key

SMALLEST_MEMORY = 256 * MIB
"""WSL raises a smaller value to this (WslCoreConfig.cpp ``Initialize``)."""

SMALLEST_SIZE = 64 * MIB
"""Less than this, for swap or a disk, is a size whose unit was forgotten."""

WINDOWS_11, WINDOWS_11_22H2 = 22000, 22621
"""Builds of Windows."""

FIRST_WITH_MIRRORED = (2, 0, 0)
FIRST_WITH_CONSOMME = (2, 9, 0)
FIRST_WITHOUT_SPARSE = (2, 5, 6)
"""Since then WSL makes no sparse disks (WslCoreFilesystem.cpp ``CreateVhd``; the version by its
users, microsoft/WSL#13075 and #12103)."""

MOST = 50
"""Problems of one code that are listed; a file of prose would have one for every line."""

_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PLAIN = "UTF-8 without a byte order mark"
_OTHER = {WSLCONFIG: WSL_CONF, WSL_CONF: WSLCONFIG}
_PREFIX = {WSLCONFIG: "wslconfig-", WSL_CONF: "wsl-conf-"}
_CODES = {WSLCONFIG: WSLCONFIG_CODES, WSL_CONF: WSL_CONF_CODES}
_OTHER_NAME = {WSLCONFIG: "key-of-wsl-conf", WSL_CONF: "key-of-wslconfig"}

_GENERIC = frozenset({"enabled", "default", "options", "root", "command"})
"""Names that say little without their section: no guess is made from them."""

_CALLED = {
    "cpu": "processors",
    "cpus": "processors",
    "cores": "processors",
    "ram": "memory",
    "swapsize": "swap",
    "kernelpath": "kernel",
    "vhdsize": "defaultVhdSize",
    "disksize": "defaultVhdSize",
}
"""What settings are called by who does not remember their names."""

_CLOSE = 0.8
"""How alike two names must be (difflib's ratio) for one to be taken for the other."""

_POLICIES = {
    "wsl2.kernel": "AllowKernelUserSetting",
    "wsl2.kernelmodules": "AllowKernelUserSetting",
    "wsl2.systemdistro": "AllowSystemDistroUserSetting",
    "wsl2.kernelcommandline": "AllowKernelCommandLineUserSetting",
    "wsl2.kerneldebugport": "AllowKernelDebugUserSetting",
    "wsl2.nestedvirtualization": "AllowNestedVirtualization",
    "wsl2.firewall": "AllowFirewallUserSetting",
    "wsl2.networkingmode": "AllowNetworkingModeUserSetting",
}
"""Setting -> the policy that forbids it where it is 0 (src/windows/inc/wslpolicies.h)."""

_MODES = ("none", "nat", "bridged", "mirrored", "consomme")
"""By their numbers in the policy DefaultNetworkingMode (WslCoreConfig.h ``NetworkingMode``)."""

_NEEDED = frozenset({"wsl2.kernel", "wsl2.kernelModules"})
"""Paths without which WSL does not start."""

_TRUTH = KEYS[WSLCONFIG]["wsl2.firewall"]
"""Any key that takes a truth value."""

_LINE = re.compile(r"\r\n|\n|\r")
_WHOLE_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_VARIABLE = re.compile(r"%[^%\\/]+%|\$(?:env:)?\w+|\$\{\w+\}")
_DRIVE_IN_WSL = re.compile(r"/(?:mnt/)?([A-Za-z])/(.+)")
_REMARK = re.compile(r"(.*?)\s*(?:;|//|\s--?\s|\s\()(.*)", re.DOTALL)
_COUNTED = re.compile(r"(\d{1,4})\s*(?:cores?|cpus?|processors?|threads?)", re.IGNORECASE)
_PERCENT = re.compile(r"(\d{1,3})\s*%")
_SETTING = re.compile(r"\s*(?:export\s+|set\s+)?([^=#]*?)\s*=\s*(.*)", re.DOTALL)
_COLON = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)\s*:\s*(.*)", re.DOTALL)
_MAC = re.compile(r"[0-9A-Fa-f]{2}([-:])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
_IPV4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})")
_OCTET_END = 256
_PORT = re.compile(r"[ \t-\r]*\+?(\d{1,5})[ \t-\r]*")
_PORT_END = 1 << 16
_DRVFS = re.compile(
    r"metadata|(?:uid|gid)=\d+|(?:umask|fmask|dmask)=[0-7]+|case=(?:off|dir|force)|symlinkroot=.*"
    r"|fallback=.*|cache=.*|msize=\d+|mmap"
)
_MOUNT_FLAGS = frozenset(
    (
        "sync async atime noatime defaults dev nodev diratime nodiratime dirsync exec noexec group "
        "nogroup iversion noiversion mand nomand _netdev nofail auto noauto relatime norelatime "
        "strictatime nostrictatime lazytime nolazytime suid nosuid silent loud owner noowner "
        "remount ro rw user nouser users nousers bind rbind private shared slave"
    ).split()
)
"""microsoft/WSL src/linux/mountutil/mountflags.cpp."""


class WslFacts(NamedTuple):
    """What the caller knows of the computer that the file is for; None for what it does not."""

    memory: int | None = None
    """Bytes of the computer itself, not of WSL's machine."""
    cpus: int | None = None
    """Logical processors of the computer itself."""
    wsl: tuple[int, ...] | None = None
    """E.g. (2, 6, 1, 0); () for the WSL that came with Windows."""
    windows: tuple[int, ...] | None = None
    """E.g. (10, 0, 26100, 6899)."""
    free_disk: int | None = None
    """Bytes free on the system drive."""
    path_exists: Callable[[str], bool | None] | None = None
    """Whether a Windows path exists; None where that cannot be told."""
    policies: Mapping[str, int] | None = None
    """The numbers below ``HKLM\\SOFTWARE\\Policies\\WSL``."""


UNKNOWN_HOST = WslFacts()
"""Nothing is known: only what holds everywhere is judged."""


def judge_wslconfig(
    data: bytes, facts: WslFacts = UNKNOWN_HOST, *, path: str = ".wslconfig"
) -> tuple[Problem, ...]:
    r"""Every problem of a .wslconfig, in the order of its lines; codes are of `WSLCONFIG_CODES`.

    ``path`` is what the file is called in messages. Never raises, whatever the bytes.

    >>> [(p.code, p.line, p.suggestion) for p in judge_wslconfig(b"[wsl2]\nmemory=8 GB\n")]
    [('wslconfig-value-misspelt', 2, '8GB')]
    """
    text, _, rest = data.partition(b"\x1a")
    data = data if rest.strip() else text  # Ctrl-Z is the end of a text file on Windows
    return _judged(_Wslconfig, data, facts, WSLCONFIG, path)


def judge_wsl_conf(
    data: bytes, facts: WslFacts = UNKNOWN_HOST, *, path: str = "wsl.conf"
) -> tuple[Problem, ...]:
    r"""Every problem of an /etc/wsl.conf up to where WSL stops reading; see `judge_wslconfig`.

    Codes are of `WSL_CONF_CODES`.

    >>> [(p.code, p.line) for p in judge_wsl_conf(b"[boot]\n; on\nsystemd=true\n")]
    [('wsl-conf-invalid-line', 2)]
    """
    return _judged(_WslConf, data, facts, WSL_CONF, path)


def _judged(
    judge: type[_Judge], data: bytes, facts: WslFacts, dialect: str, path: str
) -> tuple[Problem, ...]:
    if problem := _in_other_encoding(data, dialect, path):
        return (problem,)
    try:
        return judge(data, facts, dialect, path).problems()
    except WslEncodingError as error:
        return (_no_text(data, dialect, error),)


def _in_other_encoding(data: bytes, dialect: str, path: str) -> Problem | None:
    """The one problem of a file of which WSL reads nothing."""
    told = encoding_of(data)
    marked = data[:2] in _MARKS
    sample = data[:SAMPLE]
    few = sample.count(0) * 4 < len(sample)  # some NULs in a text of another encoding
    nothing = f"WSL reads nothing of {path}, and every setting is at its default"
    if told == "utf-8" and dialect == WSL_CONF:
        message = f"{path} begins with a byte order mark, at which WSL stops: {nothing}."
        return Problem(
            "wsl-conf-byte-order-mark", ERROR, message, 1, 1, suggestion="UTF-8 without it"
        )
    if not told or told == "utf-8" or (told.startswith("utf-16") and few and not marked):
        return None
    if told == "utf-16-le" and marked and dialect == WSLCONFIG:
        return None  # the C runtime of Windows looks at the mark
    mark = "" if marked else " without its byte order mark"
    order = {"le": "little-endian", "be": "big-endian"}[told[-2:]]
    message = f"The file is in {told[:6].upper()} {order}{mark}: {nothing}."
    return Problem(_PREFIX[dialect] + "encoding", ERROR, message, 1, 1, suggestion=_PLAIN)


def _no_text(data: bytes, dialect: str, error: WslEncodingError) -> Problem:
    """The one problem of a file that is text only up to some place."""
    codec = "utf-16-le" if data[:2] in _MARKS else "utf-8"
    text = data.decode(codec, "replace").removeprefix("\ufeff")
    at = min((text.find(char) for char in "\0\x1a" if char in text), default=0)
    before = _LINE.split(text[:at])
    message = f"{_sentence(str(error))}: WSL does not read on from there."
    code = _PREFIX[dialect] + "encoding"
    line, column = len(before), len(before[-1]) + 1
    return Problem(code, ERROR, message, line, column, suggestion=_PLAIN)


class _Judge:
    """One file under judgement: what both dialects have in common."""

    def __init__(self, data: bytes, facts: WslFacts, dialect: str, path: str) -> None:
        self.facts, self.dialect, self.path = facts, dialect, path
        self.config = parse_wsl(data, dialect)
        lines = written(data, dialect)
        self.lines = {(w.line, w.column): w for w in lines if w.kind == ENTRY}
        self.invalid = {(w.line, w.column): w for w in lines if w.kind == INVALID}
        self.first: dict[Key, Entry] = {}
        """The line that decides over each setting."""
        self._found: list[Problem] = []
        self._more: dict[str, int] = {}

    def problems(self) -> tuple[Problem, ...]:
        """Judge, once."""
        broken = [p.line for p in self.config.problems]
        without: list[Entry] = []
        for entry in self._read():
            key = KEYS[self.dialect].get(name_of(entry))
            header = self.lines[entry.line, entry.column].header
            if key is not None:
                self._known(entry, key)
            elif header and _is_in(header, broken):
                continue  # the header is at fault, and has been named
            elif not entry.section:
                without.append(entry)
            else:
                self._unknown(entry)
        if without:
            self._without_section(without)
        self._invalid_lines()
        self._together()
        found = [self._with_rest(p) for p in self._found]
        return tuple(sorted(found, key=lambda p: (p.line, p.column)))

    # -- what is reported ------------------------------------------------------------------------

    def _full(self, name: str) -> bool:
        """Count a problem of that code; whether there are enough of it in the list."""
        self._more[name] = self._more.get(name, 0) + 1
        return self._more[name] > MOST

    def _with_rest(self, problem: Problem) -> Problem:
        name = problem.code.removeprefix(_PREFIX[self.dialect])
        rest = self._more.get(name, 0) - MOST
        if rest <= 0 or problem is not [p for p in self._found if p.code == problem.code][-1]:
            return problem
        return problem._replace(message=f"{problem.message} {rest} more like it are not listed.")

    def _add(
        self,
        name: str,
        message: str,
        entry: Entry,
        *,
        at_value: bool = False,
        level: str = "",
        suggestion: str | None = None,
        refused: bool = False,
        here_only: bool = False,
    ) -> None:
        line = self.lines[entry.line, entry.column]
        column, end = entry.column, entry.column + len(entry.key)
        if at_value and line.value:
            column, end = line.value_column, line.value_end  # type: ignore[assignment]
        self._report(
            name, message, entry.line, column, end=end, level=level, suggestion=suggestion,
            key=f"{entry.section}.{entry.key}".lstrip("."), refused=refused, here_only=here_only,
        )  # fmt: skip

    def _report(
        self,
        name: str,
        message: str,
        line: int,
        column: int,
        *,
        end: int | None,
        level: str,
        suggestion: str | None,
        key: str | None = None,
        refused: bool = False,
        here_only: bool = False,
    ) -> None:
        code = _PREFIX[self.dialect] + name
        self._found.append(
            Problem(
                code=code,
                level=level or _CODES[self.dialect][code].level,
                message=_shown(message),
                line=line,
                column=column,
                end_column=end,
                key=None if key is None else _shown(key),
                refused_by_engine=refused,
                this_machine_only=here_only,
                suggestion=None if suggestion is None else _shown(suggestion),
            )
        )

    # -- lines -----------------------------------------------------------------------------------

    def _read(self) -> Iterable[Entry]:
        """The settings that WSL comes to see."""
        if self.dialect == WSL_CONF and self.config.problems:
            end = self.config.problems[0].line
            return [entry for entry in self.config.entries if entry.line < end]
        return self.config.entries

    def _invalid_lines(self) -> None:
        ends_reading = self.dialect == WSL_CONF
        for problem in self.config.problems[:1] if ends_reading else self.config.problems:
            if self._full("invalid-line"):
                continue
            line = self.invalid[problem.line, problem.column]
            what, suggestion, is_comment = self._words(problem, line)
            if ends_reading:
                lost = sum(entry.line > problem.line for entry in self.config.entries)
                after = (
                    f"{_these(lost, 'setting')} after it in {self.path} "
                    f"{'keeps its default' if lost == 1 else 'keep their defaults'}"
                    if lost
                    else "nothing that follows would count"
                )
                message = f"{what}, and WSL reads no further: {after}."
                level = ERROR if lost else WARNING
            else:
                message = f"{what}: WSL skips the line{self._orphans(problem, line)}."
                level = NOTE if is_comment else WARNING
            end = None if _LINE.search(line.text) else len(line.text) + 1
            end = end if end is not None and end > problem.column else None
            self._report(
                "invalid-line", _sentence(message), problem.line, problem.column,
                end=end, level=level, suggestion=suggestion,
            )  # fmt: skip

    def _orphans(self, problem: InvalidLine, line: Written) -> str:
        """What a broken header does to the keys below it."""
        if not line.text.lstrip(" \t").startswith("["):
            return ""
        below = [
            entry
            for entry in self.config.entries
            if self.lines[entry.line, entry.column].header == problem.line
            and name_of(entry) not in KEYS[self.dialect]
        ]
        return f", and {_these(len(below), 'key')} below it with it" if below else ""

    def _words(self, problem: InvalidLine, line: Written) -> tuple[str, str | None, bool]:
        """What is wrong with an invalid line, the line as it should be, whether it is a comment."""
        text = " ".join(_LINE.split(line.text)).strip(" \t")
        if text.startswith((";", "//")):
            mark = ";" if text.startswith(";") else "//"
            rest = text[len(mark) :].strip(" ;/")
            return f"`{mark}` starts no comment here, `#` does", f"# {rest}".strip(), True
        if text.startswith("["):
            return self._header_words(problem, text)
        setting = _SETTING.fullmatch(text)
        if problem.what.endswith("is not closed"):
            what = 'there is one `"` without its counterpart'
            if setting and setting[2].endswith('\\"'):
                what = 'the backslash before the last `"` makes it a part of the value'
                return what, f'{setting[1]}={setting[2][:-2]}\\\\"', False
            return what, None, False
        if "after a backslash" in problem.what:
            what = (
                "a backslash stands before a letter that it cannot stand before: in a Windows path "
                "every backslash is doubled"
            )
            return what, setting and f"{setting[1]}={_doubled(setting[2])}", False
        if text[:1] and not text[:1].isprintable():
            return f"an invisible character (U+{ord(text[0]):04X}) begins the line", text[1:], False
        if setting and setting[1]:
            return (*self._name_words(setting[1], setting[2]), False)
        colon = _COLON.fullmatch(text)
        if colon:
            what = f"`{colon[1]}` is followed by a colon, not by `=`"
            return what, f"{colon[1]}={colon[2]}" if colon[2] else None, False
        word, _, rest = text.partition(" ")
        key = self._by_last_name(word)
        if key is not None and rest:
            return f"there is no `=` behind `{word}`", f"{word}={rest.strip()}", False
        return f"this is no setting: {problem.what}", None, False

    def _header_words(self, problem: InvalidLine, text: str) -> tuple[str, str | None, bool]:
        inner, closed, _ = text[1:].partition("]")
        name = re.sub(r"[^A-Za-z0-9]", "", inner)
        sections = _sections(self.dialect)
        known = next((s for s in sections if s.lower() == name.lower()), None)
        suggestion = f"[{known}]" if known else None
        if not closed:
            return "the header is not closed with `]`", suggestion, False
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", inner):
            return (
                f"something other than a comment follows the header: {problem.what}",
                suggestion,
                False,
            )
        what = "a header is its name in square brackets, of letters and digits, without blanks"
        return what, suggestion, False

    def _name_words(self, name: str, value: str) -> tuple[str, str | None]:
        section, dot, last = name.rpartition(".")
        if dot and f"{section}.{last}".lower() in KEYS[self.dialect]:
            return "the section is no part of the key's name", f"{last}={value}, below [{section}]"
        key = self._by_last_name(re.sub(r"[^A-Za-z0-9]", "", last))
        suggestion = None if key is None else f"{key.names[0].partition('.')[2]}={value}"
        return f"`{name}` is no name of a key: those are of letters and digits only", suggestion

    def _by_last_name(self, last: str) -> Key | None:
        keys = KEYS[self.dialect].items()
        return next((k for n, k in keys if n.rpartition(".")[2] == last.lower()), None)

    # -- names -----------------------------------------------------------------------------------

    def _without_section(self, entries: list[Entry]) -> None:
        first = entries[0]
        known = [k for k in (self._by_last_name(e.key) for e in entries) if k is not None]
        section = _section(known[0]) if known else None
        stand = f"{_counted(len(entries), 'key')} {'stands' if len(entries) == 1 else 'stand'}"
        self._add(
            "no-section",
            f"{stand} before the first section: WSL knows no key without one.",
            first,
            suggestion=None if section is None else f"[{section}] above it",
        )

    def _unknown(self, entry: Entry) -> None:
        name, last = name_of(entry), entry.key.lower()
        if name in WITHDRAWN and self.dialect == WSLCONFIG:
            # The WSL that came with Windows still knows it.
            if self.facts.wsl != () and not self._full("removed-key"):
                message = f"WSL does not know {entry.key} any more: the line has no effect."
                self._add("removed-key", message, entry)
            return
        exact = KEYS[_OTHER[self.dialect]].get(name)
        right = elsewhere(name, self.dialect)
        if right is not None and last in _GENERIC:
            right = right if _nearest(entry.section, [_section(right)]) else None
        other = None if right or last in _GENERIC else elsewhere(name, _OTHER[self.dialect])
        if exact is not None and exact.documented:
            self._of_other_file(entry, exact)
        elif other is not None and other.documented:
            self._of_other_file(entry, other)
        elif right is not None:
            self._misplaced(entry, right)
        elif not self._full("unknown-key"):
            suggestion = self._nearest_key(entry)
            message = f"WSL knows no {entry.key} in [{entry.section}]: the line has no effect."
            self._add("unknown-key", message, entry, suggestion=suggestion)

    def _of_other_file(self, entry: Entry, key: Key) -> None:
        name = _OTHER_NAME[self.dialect]
        if self._full(name):
            return
        section, _, known_as = key.names[0].partition(".")
        where, is_for = (
            ("/etc/wsl.conf", "of a distribution")
            if self.dialect == WSLCONFIG
            else (r"%UserProfile%\.wslconfig", "on Windows")
        )
        self._add(
            name,
            f"{known_as} belongs to {where} {is_for}: here it has no effect.",
            entry,
            suggestion=f"{known_as} below [{section}] of {where}",
        )

    def _misplaced(self, entry: Entry, key: Key) -> None:
        if self._full("wrong-section"):
            return
        section, _, known_as = key.names[0].partition(".")
        self._add(
            "wrong-section",
            f"WSL looks for {known_as} in [{section}], not in [{entry.section}]: "
            "the line has no effect.",
            entry,
            suggestion=f"{known_as} below [{section}]",
        )

    def _nearest_key(self, entry: Entry) -> str | None:
        own = {
            name.partition(".")[2].lower(): name
            for key in KEYS[self.dialect].values()
            if key.documented
            for name in key.names[:1]
            if name.partition(".")[2].lower() not in _GENERIC
        }
        last = entry.key.lower()
        near = _CALLED.get(last, "").lower() if self.dialect == WSLCONFIG else ""
        if not near:
            near = _nearest(last, list(own)) or ""
        if near not in own:
            return None
        section, _, known_as = own[near].partition(".")
        return (
            known_as
            if section.lower() == entry.section.lower()
            else f"{known_as} below [{section}]"
        )

    # -- values ----------------------------------------------------------------------------------

    def _known(self, entry: Entry, key: Key) -> None:
        first = self.first.setdefault(key, entry)
        if first is not entry:
            self._duplicate(entry, first)
        elif PLACEHOLDER in entry.value:
            pass  # not what stands in the file
        elif not is_valid(key, entry.value):
            self._invalid_value(entry, key)
        else:
            self._valid_value(entry, key)

    def _valid_value(self, entry: Entry, key: Key) -> None:
        """What else may be wrong with a value that WSL takes."""
        self._version(entry, key)

    def _duplicate(self, entry: Entry, first: Entry) -> None:
        if self._full("duplicate-key"):
            return
        same = entry.value.lower() == first.value.lower()
        other = "" if same or len(first.value) > MOST else f" ({first.value})"
        self._add(
            "duplicate-key",
            f"{entry.key} is set in line {first.line} already: WSL takes that{other} and ignores "
            "this line.",
            entry,
            level=NOTE if same else WARNING,
        )

    def _invalid_value(self, entry: Entry, key: Key) -> None:
        if suggestion := meant(key, entry.value):
            if not self._full("value-misspelt"):
                message = (
                    f"WSL cannot read {_quoted(entry.value)} as {_wanted(key)}: {_default(key)}."
                )
                self._add("value-misspelt", message, entry, at_value=True, suggestion=suggestion)
            return
        if self._full("invalid-value"):
            return
        remark = _REMARK.fullmatch(entry.value)
        plain = remark and (remark[1] if is_valid(key, remark[1]) else meant(key, remark[1]))
        if remark and plain:
            message = f"{_quoted(entry.value)} is one value to WSL, as only `#` starts a comment"
            suggestion = f"{plain} # {remark[2].strip(' ;/)')}".strip(" #")
        else:
            message = f"{_quoted(entry.value)} is not {_wanted(key)}"
            suggestion = self._guessed(entry.value, key)
        message = f"{message}: {_default(key)}."
        self._add("invalid-value", message, entry, at_value=True, suggestion=suggestion)

    def _guessed(self, value: str, key: Key) -> str | None:
        """What may have been meant by a value that WSL does not take."""
        if key.kind == SIZE:
            percent, total = _PERCENT.fullmatch(value), self.facts.memory
            if percent and total is not None and key.names[0] != "wsl2.defaultVhdSize":
                share = vm_share.nominal(total) * int(percent[1]) // 100 // MIB * MIB
                return format_memory(share // GIB * GIB if share > 4 * GIB else share)
            return None
        if key.kind == INT:
            counted = _COUNTED.fullmatch(value) if "processors" in key.names[0] else None
            if counted:
                return str(int(counted[1]))
            return value.lstrip("0") if re.fullmatch(r"0\d{1,8}", value) else None
        if key.kind == BOOL:
            return {"t": "true", "f": "false", "y": "true", "n": "false"}.get(
                value.lower(), _nearest(value.lower(), ["true", "false"])
            )
        if key.names[0] == "experimental.autoMemoryReclaim":
            truth = {"1": "true", "0": "false"}.get(value, value.lower())
            truth = meant(_TRUTH, truth) or truth
            if truth in {"true", "false"}:
                return "dropCache" if truth == "true" else "disabled"
        words = {word.lower(): word for word in key.kind.split("|")}
        return words.get(_nearest(value.lower(), list(words)) or "")

    def _version(self, entry: Entry, key: Key) -> None:
        """Whether the Windows or WSL that the file is for knows the setting, where it is known."""
        if not _asks(entry.value, key):
            return
        wsl, build = self.facts.wsl, self._build()
        if wsl is not None and wsl < key.wsl:
            least = ".".join(map(str, key.wsl))
            message = f"{_this_wsl(wsl)} does not know {entry.key}, {least} and later do."
            self._ignored_here(message, entry)
        elif build is not None and build < key.windows:
            name = "Windows 11" if key.windows == WINDOWS_11 else "Windows 11 22H2"
            if key.enforced:
                message = f"Windows build {build} cannot do {entry.key}: it needs {name}."
                self._ignored_here(message, entry)
            else:
                message = (
                    f"Microsoft documents {entry.key} for {name} only: with Windows build {build} "
                    "it may have no effect."
                )
                self._ignored_here(message, entry, level=NOTE)

    def _ignored_here(self, message: str, entry: Entry, *, level: str = "") -> None:
        self._add("ignored-here", message, entry, level=level)

    def _build(self) -> int | None:
        windows = self.facts.windows
        return windows[2] if windows is not None and len(windows) > 2 else None  # noqa: PLR2004

    def _line_of(self, name: str) -> Entry | None:
        """The line that makes a setting, where WSL takes its value."""
        key = KEYS[self.dialect][name.lower()]
        entry = self.first.get(key)
        readable = entry is not None and PLACEHOLDER not in entry.value
        return entry if readable and is_valid(key, entry.value) else None  # type: ignore[union-attr]

    def _together(self) -> None:
        """What settings do to each other."""


class _Wslconfig(_Judge):
    """A .wslconfig."""

    def _valid_value(self, entry: Entry, key: Key) -> None:
        name = key.names[0]
        value = entry.value
        if key.kind == SIZE:
            self._size(entry, name, parse_memory(value) or 0)
        elif key.kind == PATH and value:
            self._path(entry, name)
        elif key.kind == TEXT:
            self._text(entry, name)
        elif name == "wsl2.processors":
            self._processors(entry)
        elif name == "experimental.sparseVhd" and is_true(value):
            wsl = self.facts.wsl
            if wsl is not None and wsl >= FIRST_WITHOUT_SPARSE:
                message = (
                    f"{_this_wsl(wsl)} makes no sparse disks, as data on them has been damaged."
                )
                self._ignored_here(message, entry)
        elif name == "wsl2.networkingMode":
            self._mode_here(entry)
        self._version(entry, key)
        self._policy(entry, key)

    def _size(self, entry: Entry, name: str, size: int) -> None:
        if name not in {"wsl2.memory", "wsl2.swap", "wsl2.defaultVhdSize"}:
            return
        facts = self.facts
        is_memory = name == "wsl2.memory"
        if 0 < size < (SMALLEST_MEMORY if is_memory else SMALLEST_SIZE):
            raised = ", which WSL raises to 256 MB" if is_memory else ""
            suggestion = meant(KEYS[WSLCONFIG][name.lower()], entry.value)
            if entry.value.isdigit():
                told = f"{entry.key}={entry.value} means {_counted(size, 'byte')}{raised}"
                told += "." if suggestion else ": write its unit, MB or GB."
            else:
                told = f"{entry.key}={entry.value} is far too small{raised}."
            self._add("size-too-small", told, entry, at_value=True, suggestion=suggestion)
        elif is_memory and facts.memory is not None and size > vm_share.nominal(facts.memory):
            total = human_size(vm_share.nominal(facts.memory))
            self._larger(
                f"{entry.value} is more than the {total} of this computer: WSL takes all of it.",
                entry,
            )

    def _swap(self) -> None:
        """The swap file against the room that its drive has."""
        swap, file, free = (
            self._line_of("wsl2.swap"),
            self._line_of("wsl2.swapFile"),
            self.facts.free_disk,
        )
        if swap is None or free is None or (file and file.value[:1] not in {"", "C", "c"}):
            return
        size = parse_memory(swap.value) or 0
        if size > free:
            self._larger(
                f"A swap file of {human_size(size)} can grow larger than the {human_size(free)} "
                "that are free on the system drive.",
                swap,
                level=NOTE,
            )

    def _processors(self, entry: Entry) -> None:
        count, cpus = number(entry.value) or 0, self.facts.cpus
        if cpus is not None and count > cpus:
            self._larger(
                f"{count} processors are more than the {cpus} of this computer: WSL takes all.",
                entry,
            )

    def _larger(self, message: str, entry: Entry, *, level: str = "") -> None:
        self._add("larger-than-host", message, entry, at_value=True, level=level, here_only=True)

    def _mode_here(self, entry: Entry) -> None:
        mode, wsl, build = entry.value.lower(), self.facts.wsl, self._build()
        message = ""
        if mode == "mirrored" and wsl is not None and wsl < FIRST_WITH_MIRRORED:
            message = f"{_this_wsl(wsl)} has no mirrored networking, 2.0.0 and later have"
        elif mode == "mirrored" and build is not None and build < WINDOWS_11_22H2:
            message = f"Windows build {build} cannot do mirrored networking, Windows 11 22H2 and later can"
        elif mode == "consomme" and wsl is not None and wsl < FIRST_WITH_CONSOMME:
            message = f"{_this_wsl(wsl)} does not know the mode consomme, 2.9.0 and later do"
        if message:
            self._ignored_here(f"{message}: WSL falls back to NAT.", entry)

    def _policy(self, entry: Entry, key: Key) -> None:
        policies = self.facts.policies or {}
        policy = _POLICIES.get(key.names[0].lower())
        if policy is None or policies.get(policy) != 0:
            return
        value = entry.value.lower()
        drops = {
            "wsl2.firewall": value in {"false", "0"},
            "wsl2.nestedVirtualization": is_true(value),
            "wsl2.networkingMode": value not in {"none", self._default_mode()},
            "wsl2.kernelDebugPort": number(value) != 0,
        }
        if drops.get(key.names[0], bool(value)):
            self._add(
                "overridden-by-policy",
                f"The policy {policy} of this computer forbids {entry.key}: WSL ignores the line.",
                entry,
                here_only=True,
            )

    # -- texts and paths -------------------------------------------------------------------------

    def _text(self, entry: Entry, name: str) -> None:
        value = entry.value
        if name == "wsl2.macAddress" and value and not _MAC.fullmatch(value):
            self._add(
                "invalid-value",
                f"{_quoted(value)} is no MAC address such as 00:15:5d:00:00:01: WSL does not start.",
                entry,
                at_value=True,
                level=ERROR,
                refused=True,
            )
        elif name == "experimental.dnsTunnelingIpAddress" and not _is_ipv4(value):
            message = f"{_quoted(value)} is no IPv4 address: WSL turns DNS tunneling off."
            self._add("invalid-value", message, entry, at_value=True)
        elif name == "experimental.ignoredPorts" and value:
            self._ports(entry)
        elif not value.isascii():
            self._damaged(entry, name)

    def _ports(self, entry: Entry) -> None:
        wrong = [part.strip() for part in entry.value.split(",") if not _is_port(part)]
        if wrong:
            shown = ", ".join(map(_quoted, wrong[:3]))
            message = f"{shown}: WSL takes single ports from 1 to 65535, with commas between them."
            self._add("invalid-value", message, entry, at_value=True)

    def _damaged(self, entry: Entry, name: str) -> None:
        letter = next(c for c in entry.value if not c.isascii())
        self._add(
            "non-ascii-value",
            f"WSL damages the letter {_quoted(letter)} in {entry.key}{_consequence(name)}."
            if KEYS[self.dialect][name.lower()].kind == PATH
            else f"WSL damages the letter {_quoted(letter)}: {entry.key} gets another value.",
            entry,
            at_value=True,
            level=ERROR if name in _NEEDED else "",
        )

    def _path(self, entry: Entry, name: str) -> None:
        value, line = entry.value, self.lines[entry.line, entry.column]
        level = ERROR if name in _NEEDED else ""
        if line.value_end is None:
            message = "The backslash at the end of the line joins the next line to the path"
            self._bad_path("path-invalid", message, entry, name, None)
        elif any(char < " " for char in value):
            message = "Single backslashes became control characters in this path"
            self._bad_path("path-escapes", message, entry, name, _doubled(line.value))
        elif not value.isascii():
            self._damaged(entry, name)
        elif variable := _VARIABLE.search(value):
            message = f"WSL does not expand {variable[0]} in a path"
            self._bad_path("path-invalid", message, entry, name, None)
        elif not _WHOLE_PATH.match(value):
            quoted = value.strip("'")
            drive = _DRIVE_IN_WSL.fullmatch(quoted)
            suggestion = None
            if drive:
                suggestion = f"{drive[1].upper()}:\\\\" + drive[2].replace("/", "\\\\")
            elif _WHOLE_PATH.match(quoted):
                suggestion = _doubled(quoted)
            message = f"{_quoted(value)} is not the whole path of a file on Windows"
            self._bad_path("path-invalid", message, entry, name, suggestion)
        elif remark := re.search(r"\s(?:;|//)", value):
            message = "The path goes on after the blank, as only `#` starts a comment"
            plain = _doubled(value[: remark.start()].rstrip())
            self._bad_path("path-invalid", message, entry, name, plain)
        else:
            self._exists(entry, name, level)

    def _bad_path(
        self, code: str, message: str, entry: Entry, name: str, suggestion: str | None
    ) -> None:
        needed = name in _NEEDED
        self._add(
            code,
            f"{message}{_consequence(name)}.",
            entry,
            at_value=True,
            level=ERROR if needed else "",
            suggestion=suggestion,
            # No file on Windows can have such a name; any other might exist after all.
            refused=needed and code == "path-escapes",
        )

    def _exists(self, entry: Entry, name: str, level: str) -> None:
        look = self.facts.path_exists
        if look is None or name not in {*_NEEDED, "wsl2.systemDistro", "wsl2.swapFile"}:
            return
        path = entry.value.replace("/", "\\")
        if name == "wsl2.swapFile":
            path = path.rpartition("\\")[0]
            path = f"{path}\\" if path.endswith(":") else path
        if look(path) is False:
            self._add(
                "path-missing",
                f"There is no {path} on this computer{_consequence(name)}.",
                entry,
                at_value=True,
                level=level,
                refused=name in _NEEDED,
                here_only=True,
            )

    # -- settings together -----------------------------------------------------------------------

    def _default_mode(self) -> str:
        told = (self.facts.policies or {}).get("DefaultNetworkingMode")
        return _MODES[told] if told in {0, 1, 3, 4} else "nat"

    def _mode(self) -> str:
        """The networking mode that holds."""
        entry = self._line_of("wsl2.networkingMode")
        mode = entry.value.lower() if entry else self._default_mode()
        forbidden = (self.facts.policies or {}).get("AllowNetworkingModeUserSetting") == 0
        if entry and forbidden and mode != "none":
            mode = self._default_mode()
        wsl, build = self.facts.wsl, self._build()
        if mode == "mirrored" and (
            (wsl is not None and wsl < FIRST_WITH_MIRRORED)
            or (build is not None and build < WINDOWS_11_22H2)
        ):
            return "nat"
        return "consomme" if mode == "virtioproxy" else mode

    def _is_on(self, name: str, *, default: bool) -> bool:
        entry = self._line_of(name)
        return is_true(entry.value) if entry else default

    def _together(self) -> None:
        safe = self._line_of("wsl2.safeMode")
        if safe is not None and is_true(safe.value):
            message = (
                "WSL runs in safe mode: without network, Windows drives, GPU, swap and systemd."
            )
            self._add("safe-mode", message, safe)
            return
        self._swap()
        mode = self._mode()
        self._mirrored(mode)
        self._bridged(mode)
        self._dns(mode)
        virtio = self._line_of("wsl2.virtio9p")
        if virtio is not None and is_true(virtio.value):
            self._no_effect("WSL refuses virtio9p and uses 9p as before.", virtio)
        modules, kernel = self._line_of("wsl2.kernelModules"), self._line_of("wsl2.kernel")
        if modules is not None and modules.value and not (kernel and kernel.value):
            self._add(
                "modules-without-kernel",
                "kernelModules is set without kernel: WSL refuses to start a distribution.",
                modules,
                refused=True,
            )

    def _no_effect(self, message: str, entry: Entry, *, level: str = "") -> None:
        if not any(p.line == entry.line for p in self._found):  # else it is ignored anyway
            self._add("no-effect", message, entry, level=level)

    def _mirrored(self, mode: str) -> None:
        forwarding = self._line_of("wsl2.localhostForwarding")
        firewall = self._line_of("wsl2.firewall")
        ports = self._line_of("experimental.ignoredPorts")
        loopback = self._line_of("experimental.hostAddressLoopback")
        if mode == "mirrored":
            if forwarding is not None:
                on = is_true(forwarding.value)
                self._no_effect(
                    "localhostForwarding has no effect with mirrored networking, where localhost "
                    "is shared in any case.",
                    forwarding,
                    level=NOTE if on else WARNING,
                )
            if firewall is not None and not is_true(firewall.value):
                self._no_effect(
                    "With mirrored networking the firewall is always on: firewall=false has no "
                    "effect.",
                    firewall,
                )
            return
        chosen = self._line_of("wsl2.networkingMode")
        if chosen is not None and chosen.value.lower() == "mirrored":
            return  # which cannot be had here, and that has been said
        if ports is not None and ports.value:
            self._no_effect(_only_mirrored("ignoredPorts", mode), ports)
        if loopback is not None and is_true(loopback.value):
            self._no_effect(_only_mirrored("hostAddressLoopback", mode), loopback)

    def _bridged(self, mode: str) -> None:
        chosen = self._line_of("wsl2.networkingMode")
        switch = self._line_of("wsl2.vmSwitch")
        if mode == "bridged" and chosen is not None:
            self._add(
                "deprecated", "Microsoft has deprecated bridged networking.", chosen, at_value=True
            )
            if switch is None or not switch.value:
                self._add(
                    "bridged-without-switch",
                    "Bridged networking needs vmSwitch, which is not set: WSL starts without any "
                    "network.",
                    chosen,
                    at_value=True,
                )
        elif switch is not None and switch.value:
            message = f"vmSwitch counts with networkingMode=bridged only; the mode is {mode}."
            self._no_effect(message, switch)

    def _dns(self, mode: str) -> None:
        tunneling = self._line_of("wsl2.dnsTunneling")
        address = self._line_of("experimental.dnsTunnelingIpAddress")
        parsing = self._line_of("experimental.bestEffortDnsParsing")
        off = tunneling is not None and not is_true(tunneling.value)
        if mode in {"none", "bridged"}:
            if tunneling is not None and not off:
                message = f"There is no DNS tunneling with networkingMode={mode}."
                self._no_effect(message, tunneling)
            off = True
        if off and address is not None and _is_ipv4(address.value):
            self._no_effect(
                "dnsTunnelingIpAddress counts with DNS tunneling only, which is off.", address
            )
        if off and parsing is not None and is_true(parsing.value):
            self._no_effect(
                "bestEffortDnsParsing counts with DNS tunneling only, which is off.", parsing
            )


class _WslConf(_Judge):
    """An /etc/wsl.conf."""

    def _valid_value(self, entry: Entry, key: Key) -> None:
        name, value = key.names[0], entry.value
        if name == "automount.options":
            self._options(entry)
        elif name == "automount.root" and value and not value.startswith("/"):
            message = (
                f"{_quoted(value)} is no path from the root of the distribution, such as /mnt/."
            )
            drive = re.fullmatch(r"([A-Za-z]):[\\/]*", value)
            suggestion = "/" if drive else f"/{value.strip('/')}/"
            suggestion = suggestion if re.fullmatch(r"[\w./-]+", suggestion) else None  # type: ignore[assignment]
            self._add("automount-root", message, entry, at_value=True, suggestion=suggestion)
        elif name == "filesystem.umask" and re.fullmatch(r"[1-9][0-7]{1,3}", value):
            message = f"umask={value} is read as a decimal number, octal {int(value):o}."
            self._add("umask-decimal", message, entry, at_value=True, suggestion=f"0{value}")
        self._version(entry, key)

    def _options(self, entry: Entry) -> None:
        options = [option for option in entry.value.split(",") if option]
        known = [*("metadata uid= gid= umask= fmask= dmask= case=".split())]
        wrong = [o for o in options if not _DRVFS.fullmatch(o) and o not in _MOUNT_FLAGS]
        if not wrong:
            return
        option = wrong[0]
        stripped = option.strip()
        suggestion = None
        if stripped != option and (_DRVFS.fullmatch(stripped) or stripped in _MOUNT_FLAGS):
            what = f"the blank makes {_quoted(option)} another option"
            suggestion = ",".join(part.strip() for part in options)
        else:
            name = option.partition("=")[0].strip()
            what = f"{_quoted(option)} is no option of a Windows drive"
            if f"{name}=" in known:
                what = f"{_quoted(option)} has a value that the option does not take"
            else:
                near = _nearest(name, [k.rstrip("=") for k in known])
                if near:
                    suggestion = option.replace(name, near, 1).strip()
        message = f"{what}: drives may not be mounted as meant."
        self._add(
            "automount-options", _sentence(message), entry, at_value=True, suggestion=suggestion
        )


# -- words ---------------------------------------------------------------------------------------


def _is_in(line: int, lines: list[int]) -> bool:
    at = bisect_left(lines, line)
    return at < len(lines) and lines[at] == line


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _these(count: int, noun: str) -> str:
    return f"the {noun}" if count == 1 else f"the {count} {noun}s"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shown(text: str) -> str:
    """Text of the file without what cannot be written in UTF-8: bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode()


def _quoted(text: str) -> str:
    """A part of the file as a message shows it: short, with its control characters escaped."""
    short = text if len(text) <= MOST else text[:MOST] + "..."
    printable = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)
    return f"`{''.join(printable)}`" if text else "an empty value"


def _doubled(raw: str) -> str:
    """A value with every backslash doubled that is not."""
    return re.sub(r"\\\\|\\(?!\")", lambda _: "\\\\", raw)


def _nearest(name: str, names: list[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name.lower()[:MOST], names, n=1, cutoff=_CLOSE)), None)


def _section(key: Key) -> str:
    """The section where a key belongs."""
    return key.names[0].partition(".")[0]


def _sections(dialect: str) -> list[str]:
    return list(dict.fromkeys(map(_section, KEYS[dialect].values())))


def _wanted(key: Key) -> str:
    """What a key takes, as the end of "is not ..."."""
    if key.kind == SIZE:
        return "a size such as 8GB or 512MB"
    if key.kind == BOOL:
        return "true or false"
    if key.kind == INT:
        return "a whole number"
    return "one of " + ", ".join(key.kind.split("|"))


def _default(key: Key) -> str:
    told = f", {key.default}," if key.default else ""
    return f"the default{told} holds"


def _asks(value: str, key: Key) -> bool:
    """Whether a value asks for something other than what WSL does without the line."""
    if key.kind == BOOL:
        return is_true(value)
    return bool(value) and value.lower() != key.default.lower()


def _this_wsl(wsl: tuple[int, ...]) -> str:
    return f"WSL {'.'.join(map(str, wsl))}" if wsl else "The WSL that came with Windows"


def _only_mirrored(name: str, mode: str) -> str:
    return f"{name} counts with networkingMode=mirrored only; the mode is {mode}."


def _consequence(name: str) -> str:
    """What follows from a path that leads nowhere."""
    if name in _NEEDED:
        return ": WSL starts no distribution"
    return ": there is no swap" if name == "wsl2.swapFile" else ": the line has no effect"


def _is_ipv4(value: str) -> bool:
    match = _IPV4.fullmatch(value)
    return bool(match) and all(int(part) < _OCTET_END for part in match.groups())  # type: ignore[union-attr]


def _is_port(text: str) -> bool:
    match = _PORT.fullmatch(text)
    return bool(match) and 0 < int(match[1]) < _PORT_END  # type: ignore[index]
