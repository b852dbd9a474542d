"""Judging configuration files alone: what their program refuses, chokes on or ignores in them."""

from __future__ import annotations

import os
import re
import stat
import sys
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from probes.formats.file_kinds import is_pascal, kind_of_content, may_be_of_desktop
from probes.formats.problems import Problem
from probes.host import redaction
from probes.model import ERROR, finding
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.formats.daemon_json import HostFacts
    from probes.formats.desktop_settings_judge import DesktopFacts
    from probes.formats.wsl_judge import WslFacts
    from probes.host import Host
    from probes.judged_file import JudgedKind
    from probes.model import Finding

SIZE_LIMIT = 4 << 20
"""Bytes of one file. The largest real daemon.json seen has 6 KB."""

PATIENCE = 2.0
"""Seconds to ask this machine what files are judged for; without an answer nothing is assumed, and
of engines the newest."""

CONTENT = 1 << 16
"""Bytes from the beginning by which the kind of a file is told."""

WINDOWS = {"10": (10, 0, 19045), "11": (10, 0, 26100)}
"""The last build of Windows 10, and the build of Windows 11 24H2."""


class LintError(Exception):
    """A file that cannot be judged: one line naming it and the remedy."""


class Target:
    """What files are judged for: what was asked for, else what this machine tells."""

    def __init__(
        self,
        *,
        engine: str | None = None,
        wsl: tuple[int, ...] | None = None,
        windows: tuple[int, ...] | None = None,
        memory: int | None = None,
        cpus: int | None = None,
    ) -> None:
        self.asked_engine = engine
        self._asked: dict[str, Any] = {
            "wsl": wsl,
            "windows": windows,
            "memory": memory,
            "cpus": cpus,
        }

    @cached_property
    def host(self) -> Host:
        """This machine."""
        from probes.host import Host
        from probes.host.live import LiveSource

        return Host(LiveSource(), seconds=PATIENCE)

    @cached_property
    def engine(self) -> tuple[str, str]:
        """The version of the engine and where it is from: asked for, here, else the newest known."""
        from probes import engine
        from probes.host import Unreadable

        if self.asked_engine is not None:
            return self.asked_engine, "as asked"
        try:
            return str(engine.version(self.host)["Version"]), "here"
        except (Unreadable, KeyError):
            return newest_engine(), "the newest known: no engine answers here"

    def wsl_facts(self, data: bytes) -> WslFacts:
        """What is known of the Windows and the computer that a file of WSL is for."""
        from probes.wsl_config import wsl_facts

        asked = {name: value for name, value in self._asked.items() if value is not None}
        return wsl_facts(self.host, data)._replace(**asked)

    def desktop_facts(self, data: bytes) -> DesktopFacts:
        """What is known of the computer that a file of Docker Desktop is for."""
        from probes.desktop_settings_file import desktop_facts

        asked = {k: v for k, v in self._asked.items() if v is not None and k in {"memory", "cpus"}}
        return desktop_facts(self.host, data)._replace(**asked)


class Judgement(NamedTuple):
    """What came of one file."""

    problems: tuple[Problem, ...]
    judged_for: str
    """The version and computer it was judged for, in words; empty for none in particular."""
    refused_by: str = ""
    """Who does not start with it, as the end of "refused by ..."."""


class Kind(NamedTuple):
    """One kind of file: how it is recognised, who judges it, where its checks are."""

    names: str
    """A pattern of its names, in lower case."""
    module: str
    """The topic's module, imported when used."""
    judged: str
    """The name of its JudgedKind there."""
    judge: Callable[[bytes, Target, str], Judgement]
    aliases: tuple[str, ...] = ()
    """Other words for ``--kind``."""

    @property
    def kind(self) -> JudgedKind[Any]:
        """Its table of codes and its verdicts."""
        kind: JudgedKind[Any] = getattr(import_module(self.module), self.judged)
        return kind

    def findings(self, problems: tuple[Problem, ...], path: str) -> list[Finding]:
        """The problems as the doctor reports them, one for each."""
        checks = {check.id: check for check in import_module(self.module).TOPIC.checks}
        kind = self.kind
        return [finding(checks[p.code], kind.verdict(p, path)) for p in problems]


def _daemon_json(data: bytes, target: Target, path: str) -> Judgement:
    from probes.formats.daemon_json import judge

    engine, because = target.engine
    # A major version alone means the last of its releases.
    whole = f"{engine}.99" if engine.lstrip("v").isdigit() else engine
    problems = judge(data, engine=whole, host=this_machine(), path=path)
    return Judgement(tuple(problems), f"engine {engine} ({because})", f"engine {engine}")


def _wslconfig(data: bytes, target: Target, path: str) -> Judgement:
    from probes.formats.wsl_judge import judge_wslconfig

    facts = target.wsl_facts(data)
    return Judgement(judge_wslconfig(data, facts, path=path), _wsl_words(facts), "WSL")


def _wsl_conf(data: bytes, target: Target, path: str) -> Judgement:
    from probes.formats.wsl_judge import judge_wsl_conf

    facts = target.wsl_facts(data)
    return Judgement(judge_wsl_conf(data, facts, path=path), _wsl_words(facts), "WSL")


def _settings(data: bytes, target: Target, path: str) -> Judgement:
    from probes.formats.desktop_settings_judge import judge_settings

    name = os.path.basename(path).lower()
    # A file of another name is what its keys are spelt like.
    store = "store" in name or ("settings" not in name and is_pascal(data))
    facts = target.desktop_facts(data)
    return Judgement(judge_settings(data, facts, path=path, store=store), _desktop_words(facts))


def _admin_settings(data: bytes, target: Target, path: str) -> Judgement:
    from probes.formats.desktop_settings_judge import judge_admin_settings

    facts = target.desktop_facts(data)
    return Judgement(judge_admin_settings(data, facts, path=path), _desktop_words(facts))


def _desktop_words(facts: DesktopFacts) -> str:
    from probes.formats.sizes import human_size

    words = [f"Docker Desktop on {facts.platform}"] if facts.platform else []
    if facts.version:
        words.append(f"version {'.'.join(map(str, facts.version))}")
    if facts.memory is not None:
        words.append(f"{human_size(facts.memory)} of memory")
    if facts.cpus is not None:
        words.append(f"{facts.cpus} processors")
    return ", ".join(words) or "any Docker Desktop"


def _wsl_words(facts: WslFacts) -> str:
    from probes.formats.sizes import human_size

    words = []
    if facts.windows is not None:
        words.append(f"Windows build {facts.windows[2] if len(facts.windows) > 2 else '?'}")  # noqa: PLR2004
    if facts.wsl is not None:
        words.append(f"WSL {'.'.join(map(str, facts.wsl)) or 'of Windows'}")
    if facts.memory is not None:
        words.append(f"{human_size(facts.memory)} of memory")
    if facts.cpus is not None:
        words.append(f"{facts.cpus} processors")
    return ", ".join(words) or "any Windows and WSL"


_COPY = r"(?:[.~_-](?:json|txt|bak|backup|old|orig|example|sample|template|tmpl|ini|dist|default|\d+)|~)*"
"""What copies of a file are called by, behind its name."""

_KINDS = {
    "daemon.json": Kind(
        r"(docker[-_.]?)?daemon.*\.json([.~].*)?|dockerd.*\.json",
        "probes.daemon_config",
        "KIND",
        _daemon_json,
    ),
    ".wslconfig": Kind(
        rf"(.*[._-])?wslconfig{_COPY}",
        "probes.wsl_config",
        "WSLCONFIG_KIND",
        _wslconfig,
        ("wslconfig",),
    ),
    "wsl.conf": Kind(
        rf"(.*[._-])?wsl\.conf{_COPY}",
        "probes.wsl_config",
        "WSL_CONF_KIND",
        _wsl_conf,
        ("wslconf",),
    ),
    "settings-store.json": Kind(
        rf"(docker[-_.]?)?(desktop[-_.]?)?settings-store{_COPY}",
        "probes.desktop_settings_file",
        "SETTINGS_KIND",
        _settings,
        ("docker-settings",),
    ),
    "settings.json": Kind(
        rf"(docker[-_.]?)?(desktop[-_.]?)?settings{_COPY}",
        "probes.desktop_settings_file",
        "SETTINGS_KIND",
        _settings,
    ),
    "admin-settings.json": Kind(
        rf"(docker[-_.]?)?(desktop[-_.]?)?admin-settings{_COPY}",
        "probes.desktop_settings_file",
        "ADMIN_KIND",
        _admin_settings,
    ),
}

KINDS = tuple(word for name, kind in _KINDS.items() for word in (name, *kind.aliases))
"""What ``--kind`` takes."""

_OTHER_KINDS = {
    "package.json",
    "package-lock.json",
    "devcontainer.json",
    "config.json",
    "tsconfig.json",
}


class Linted(NamedTuple):
    """One judged file."""

    path: str
    kind: str
    judgement: Judgement

    @property
    def problems(self) -> tuple[Problem, ...]:
        """In the order of their lines."""
        return self.judgement.problems

    @property
    def refused(self) -> bool:
        """Whether the program that reads it does not start with it."""
        return any(problem.refused_by_engine for problem in self.problems)

    def findings(self) -> list[Finding]:
        """The problems as the doctor reports them, one for each."""
        return _KINDS[self.kind].findings(self.problems, self.path)


def lint(path: str, *, kind: str | None, target: Target) -> Linted:
    """Judge one file (``-`` for standard input).

    Raises: LintError for a file that is absent, unreadable or of no known kind.
    """
    name = "standard input" if path == "-" else path
    data = _read(path)
    told = data if isinstance(data, bytes) else b""
    chosen = _named(kind) if kind else kind_of(path, told)
    if isinstance(data, _NoFile):
        if chosen is None:
            raise LintError(f"{name}: This is no configuration file: {data.what}.")
        return Linted(name, chosen, Judgement((_unreadable(data, chosen),), ""))
    if chosen is None:
        raise LintError(f"{name}: cannot tell what kind of file this is: say so with --kind")
    judgement = _KINDS[chosen].judge(data, target, name)
    clean = tuple(_redacted(problem) for problem in judgement.problems)
    return Linted(name, chosen, judgement._replace(problems=clean))


def _named(kind: str) -> str:
    return next(name for name, k in _KINDS.items() if kind in {name, *k.aliases})


def kind_of(path: str, data: bytes) -> str | None:
    """The kind that a file's name, else its content, tells."""
    name = os.path.basename(path).lower()
    for kind, known in _KINDS.items():
        if re.fullmatch(known.names, name):
            if kind == "settings.json" and not may_be_of_desktop(data[:CONTENT]):
                return None  # many programs call theirs so, editors above all
            return kind
    if name in _OTHER_KINDS:
        return None
    return kind_of_content(data[:CONTENT], is_json=name.endswith(".json"))


class _NoFile(NamedTuple):
    """What stands where a file should be."""

    what: str
    stops: bool
    """Whether it keeps a program from starting that needs the file."""


def _read(path: str) -> bytes | _NoFile:
    try:
        if path == "-":
            data = sys.stdin.buffer.read(SIZE_LIMIT + 1) if sys.stdin else b""
        elif path == "/dev/stdin" or path.startswith(("/dev/fd/", "/proc/self/fd/")):
            # The pipe of a shell's <(...): it is waited for, as nothing else is.
            with open(path, "rb") as file:
                data = file.read(SIZE_LIMIT + 1)
        else:
            data = _read_file(path)
    except OSError as error:
        import errno

        if error.errno == errno.ELOOP:
            return _NoFile("a loop of symbolic links", stops=True)
        if error.errno == errno.EISDIR:
            return _NoFile("a directory stands where the file should be", stops=True)
        raise LintError(f"{path or repr(path)}: cannot be read: {error.strerror}") from None
    if len(data) > SIZE_LIMIT:
        size = os.path.getsize(path) if os.path.isfile(path) else len(data)
        return _NoFile(f"{size} bytes: something else was written there", stops=False)
    return data


def _read_file(path: str) -> bytes:
    import errno

    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, "is a directory")
        if not stat.S_ISREG(mode):
            raise LintError(f"{path}: is no regular file: name a file, or - for standard input")
        return file.read(SIZE_LIMIT + 1)


def _unreadable(found: _NoFile, kind: str) -> Problem:
    return Problem(
        _KINDS[kind].kind.unreadable,
        ERROR,
        f"This is no configuration file: {found.what}.",
        line=1,
        column=1,
        refused_by_engine=found.stops and kind == "daemon.json",
    )


def this_machine() -> HostFacts:
    """What this machine tells of files, users and groups that a daemon.json may name."""
    from probes.formats.daemon_json import HostFacts

    return HostFacts(
        file_exists=os.path.exists,
        user_exists=_user_exists,
        group_exists=_group_exists,
        has_subordinate_ids=_has_subordinate_ids,
    )


def _user_exists(name: str) -> bool:
    try:
        import pwd
    except ImportError:  # Windows: the file is for another computer
        return True
    try:
        pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)
    except (KeyError, OverflowError):
        return False
    return True


def _group_exists(name: str) -> bool:
    try:
        import grp
    except ImportError:
        return True
    try:
        grp.getgrgid(int(name)) if name.isdigit() else grp.getgrnam(name)
    except (KeyError, OverflowError):
        return False
    return True


def _has_subordinate_ids(name: str) -> bool:
    """Whether subuid(5) and subgid(5) have ranges for a user; true where that cannot be told."""
    for path in ("/etc/subuid", "/etc/subgid"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                if not any(line.partition(":")[0] == name for line in file):
                    return False
        except FileNotFoundError:
            return False
        except OSError:
            return True
    return True


def _redacted(problem: Problem) -> Problem:
    """The problem without secrets: its words quote the file."""
    clean = redaction.redact_text
    return problem._replace(
        message=clean(problem.message),
        engine_text=problem.engine_text and clean(problem.engine_text),
        suggestion=problem.suggestion and clean(problem.suggestion),
    )


def newest_engine() -> str:
    """The version assumed where no engine tells its own."""
    from probes.formats.daemon_json.keys import NEWEST

    return ".".join(str(part) for part in NEWEST)
