"""Docker Desktop's settings files: the user's, the administrator's, and its engine's daemon.json."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes import configuration, desktop_host, desktop_settings
from probes.desktop_host import LINUX, MACOS, WINDOWS, WSL1, WSL2, OtherPlatform
from probes.desktop_settings import OLD, STORE
from probes.formats.desktop_settings_codes import (
    ADMIN_CODES,
    ADMIN_DOCS,
    DOCS,
    SETTINGS_CODES,
)
from probes.formats.desktop_settings_judge import (
    DesktopFacts,
    judge_admin_settings,
    judge_settings,
)
from probes.formats.desktop_settings_keys import BY_LOWER
from probes.formats.json_document import JsonDocumentError, decode
from probes.formats.versions import parse_version
from probes.host.questions import Unreadable
from probes.judged_file import Judged, JudgedKind
from probes.model import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    Missing,
    Topic,
    Verdict,
    fail,
    have,
    known,
    missing,
    need,
    ok,
    skip,
    unknown,
)
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.formats.json_document import Document
    from probes.host import Host
    from probes.model import Verdicts

TOPIC = Topic["DesktopSettingsFiles"]("desktop-settings-file", "Docker Desktop's settings files")

_APPLIES = "computers with Docker Desktop"
_ENGINE_DOCS = "https://docs.docker.com/desktop/settings-and-maintenance/settings/#docker-engine"

CLOCK_GRAIN = 2.0
"""Seconds by which times of files are told apart at least: FAT keeps them in steps of two."""

_PLATFORMS = {WINDOWS: WINDOWS, WSL1: WINDOWS, WSL2: WINDOWS, MACOS: MACOS, LINUX: LINUX}
"""Where Docker Desktop itself runs, as seen from where we look."""

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class LeftOver(NamedTuple):
    """A settings.json that was changed after the settings-store.json beside it."""

    path: str
    store: str
    """The path of the file that is read."""
    differs: tuple[tuple[str, str, str], ...]
    """Key as settings.json spells it, its value there, its value in the file that is read."""


class EngineKey(NamedTuple):
    """A key of Docker Desktop's daemon.json."""

    name: str
    value: Any
    """Text, or the kind of what is none."""
    line: int
    column: int


class EngineFile(NamedTuple):
    """Docker Desktop's daemon.json, as far as Docker Desktop itself has a say in it."""

    path: str
    platform: str
    keys: tuple[EngineKey, ...]


class DesktopSettingsFiles(NamedTuple):
    """The files as Docker Desktop reads them, and what lies beside them."""

    settings: Judged
    admin: Judged
    left_over: LeftOver | Missing | None
    engine: EngineFile | Missing


@TOPIC.probe
def look(host: Host) -> DesktopSettingsFiles:
    """Read the files and judge them for the computer that they are for."""
    try:
        where = _where(host)
    except Unreadable as error:
        no = missing(error)
        return DesktopSettingsFiles(Judged(no, no), Judged(no, no), no, no)
    settings, admin = _settings(host), _admin(host)
    if not isinstance(settings.problems, Missing) or not isinstance(admin.problems, Missing):
        there = known(lambda: desktop_settings.installed(host))
        if there is False:
            no = missing(OtherPlatform("Docker Desktop is not installed on this host"))
            return DesktopSettingsFiles(Judged(no, no), Judged(no, no), no, no)
    return DesktopSettingsFiles(
        settings=settings,
        admin=admin,
        left_over=known(lambda: _left_over(host)),
        engine=known(lambda: _engine_file(host, where)),
    )


def _where(host: Host) -> str:
    """The platform Docker Desktop runs on. Raises: OtherPlatform where it cannot be here."""
    seen = desktop_host.platform(host)
    if seen not in _PLATFORMS:
        raise OtherPlatform("Docker Desktop does not run on this kind of host")
    if seen in {WSL1, WSL2}:
        desktop_host.require_wsl(host)
    if seen == LINUX and not desktop_settings.installed(host):
        raise OtherPlatform("Docker Desktop is not installed on this host")
    return _PLATFORMS[seen]


def _settings(host: Host) -> Judged:
    """The file that Docker Desktop reads: the newer one where it is there."""
    place = known(lambda: desktop_settings.folder(host))
    if isinstance(place, Missing):
        return Judged(place, place)
    path, data = "", Missing("", "absent")
    for name in (STORE, OLD):
        path = desktop_host.join(host, place, name)
        told = known(lambda path=path: host.read_bytes(path))  # type: ignore[misc]
        if not isinstance(told, Missing):
            facts = _facts(host)
            return Judged(path, judge_settings(told, facts, path=path, store=name == STORE))
        if told.kind != "absent":
            return Judged(path, told)
        data = told
    return Judged(desktop_host.join(host, place, STORE), data)


def _admin(host: Host) -> Judged:
    path = known(lambda: desktop_settings.admin_path(host))
    if isinstance(path, Missing):
        return Judged(path, path)
    data = known(lambda: host.read_bytes(path))
    if isinstance(data, Missing):
        return Judged(path, data)
    return Judged(path, judge_admin_settings(data, _facts(host), path=path))


# -- the computer that the files are for ---------------------------------------------------------


def desktop_facts(host: Host, data: bytes) -> DesktopFacts:
    """What this host tells of the computer that a settings file with these bytes is for.

    Nothing where Docker Desktop cannot be here: the file is of another computer then. The hardware
    is asked for only where the file limits it: from inside WSL that takes half a second.
    """
    if isinstance(known(lambda: _where(host)), Missing):
        return DesktopFacts()
    facts = _facts(host)
    lower = data.lower().replace(b"\0", b"")
    if b'"cpus"' in lower or b'"memorymib"' in lower:
        hardware = known(lambda: desktop_host.hardware(host))
        if not isinstance(hardware, Missing):
            facts = facts._replace(memory=hardware.memory, cpus=hardware.cpus)
    return facts


def _facts(host: Host) -> DesktopFacts:
    """What is known without asking for the hardware, which the topic of Docker Desktop judges."""
    version = known(lambda: parse_version(desktop_settings.version(host)))
    return DesktopFacts(
        platform=have(known(lambda: _where(host)), None),
        machine=have(known(lambda: str(host.gauge("system")["machine"])), None),
        version=have(version, ()) or None,
        path_exists=lambda path: _exists(host, path),
    )


def _exists(host: Host, path: str) -> bool | None:
    """Whether a path of the settings exists; None where this host does not tell."""
    if desktop_host.platform(host) in {MACOS, LINUX}:
        return have(known(lambda: host.exists(path)), None) if path.startswith("/") else None
    if not _DRIVE.match(path):
        return None
    return have(known(lambda: host.exists(desktop_host.as_read_here(host, path))), None)


# -- beside the files ----------------------------------------------------------------------------


def _left_over(host: Host) -> LeftOver | None:
    """The older settings.json where somebody has changed it after the newer file.

    Raises: Absent where there are not both; Unreadable.
    """
    place = desktop_settings.folder(host)
    store, old = (desktop_host.join(host, place, name) for name in (STORE, OLD))
    if host.stat(old).mtime <= host.stat(store).mtime + CLOCK_GRAIN:
        return None
    ours, theirs = _members(host, old), _members(host, store)
    differs = []
    for lower, (name, value) in ours.items():
        key = BY_LOWER.get(lower)
        told = theirs.get(key.name.lower()) if key else None
        if key and not key.secret and told is not None and told[1] != value:
            differs.append((name, value, told[1]))
    return LeftOver(old, store, tuple(differs)) if differs else None


def _members(host: Host, path: str) -> dict[str, tuple[str, str]]:
    """Names in small letters -> the name and the source of its value; none of what is no object."""
    document = _document(host, path)
    root = document.root if document else None
    if document is None or root is None or root.kind != "object":
        return {}
    return {m.key.lower(): (m.key, _short(document.source(m.value))) for m in root.value}


def _document(host: Host, path: str) -> Document | None:
    """The file as JSON; None for what is none. Raises: Unreadable."""
    try:
        return decode(host.read_bytes(path))
    except JsonDocumentError:
        return None


def _short(source: str) -> str:
    words = " ".join(source[:400].split())
    return words if len(words) <= 60 else f"{words[:57]}..."  # noqa: PLR2004 - half a line


def _engine_file(host: Host, where: str) -> EngineFile:
    """Raises: NotHere where docker does not use Docker Desktop; Absent without a file."""
    path = configuration.desktop_file(host)
    document = _document(host, path)
    root = document.root if document else None
    if document is None or root is None or root.kind != "object":
        return EngineFile(path, where, ())
    keys = []
    for member in root.value:
        if member.key in {"hosts", "data-root"}:
            at = document.position(member.key_start)
            node = member.value
            value = node.value if node.kind == "string" else _short(document.source(node))
            keys.append(EngineKey(member.key, value, at.line, at.column))
    return EngineFile(path, where, tuple(keys))


# -- one check for every code of the judges ------------------------------------------------------


def _user_files(files: DesktopSettingsFiles) -> tuple[Judged, ...]:
    return (files.settings,)


def _admin_files(files: DesktopSettingsFiles) -> tuple[Judged, ...]:
    return (files.admin,)


SETTINGS_KIND = JudgedKind(
    STORE,
    SETTINGS_CODES,
    _user_files,
    applies=_APPLIES,
    unreadable="desktop-settings-unreadable",
    reader="Docker Desktop",
)
SETTINGS_KIND.add_to(TOPIC)

ADMIN_KIND = JudgedKind(
    "admin-settings.json",
    ADMIN_CODES,
    _admin_files,
    applies=_APPLIES,
    unreadable="admin-settings-unreadable",
    reader="Docker Desktop",
)
ADMIN_KIND.add_to(TOPIC)

JUDGED_WITH_THE_COMPUTER = {
    "desktop-settings-unfit-resources": (
        "desktop-memory-low, desktop-memory-too-large and desktop-processors-unfit"
    ),
    "desktop-settings-api-exposed": "desktop-api-tcp-exposed",
    "desktop-settings-sharing-off": "desktop-file-sharing-none",
    "desktop-settings-rosetta-without-framework": "rosetta-without-apple-framework",
    "desktop-settings-docker-vmm-on-intel": "desktop-vmm-on-intel",
    "admin-settings-api-exposed": "desktop-api-tcp-exposed",
    "admin-settings-sharing-off": "desktop-file-sharing-none",
}
"""Codes of files alone -> the checks that judge the same on a computer, with what an administrator
has locked and with what runs. There they are not said twice."""


def _left_to(others: str) -> Callable[[DesktopSettingsFiles], Verdicts]:
    return lambda _: skip(f"judged together with the computer: see {others}")


TOPIC.checks[:] = [
    check._replace(judge=_left_to(JUDGED_WITH_THE_COMPUTER[check.id]))
    if check.id in JUDGED_WITH_THE_COMPUTER
    else check
    for check in TOPIC.checks
]


# -- the files as a whole ------------------------------------------------------------------------


@TOPIC.check(
    "desktop-settings-unreadable",
    ERROR,
    "Docker Desktop's settings file cannot be read",
    references=(DOCS,),
    applies=_APPLIES,
)
def desktop_settings_unreadable(files: DesktopSettingsFiles) -> Verdict:
    """Where the settings should be there is a folder, a loop of links or something huge.

    ## What it reads
    `settings-store.json` in Docker Desktop's folder, or `settings.json` where the newer one is not
    there: what kind of thing it is, its size, and whether it can be read.

    ## Why it matters
    Docker Desktop reads it when it starts and writes it when it ends. It does neither with a folder.

    ## How to mend it
    Quit Docker Desktop, move the thing away, and start it: it writes a new file with its defaults.

    ## What could go wrong
    All settings are at their defaults then, the place of the VM's disk among them: where that was
    another one, images and volumes are not found until it is set again.

    ## Why this severity
    An error: Docker Desktop does not start with it. Where it cannot be told which user's folder is
    meant, or this user may not read the file, the answer is unknown.
    """
    return _unreadable(files.settings, "quit Docker Desktop, move {} away and start it again")


@TOPIC.check(
    "admin-settings-unreadable",
    ERROR,
    "admin-settings.json cannot be read",
    references=(ADMIN_DOCS,),
    applies=_APPLIES,
)
def admin_settings_unreadable(files: DesktopSettingsFiles) -> Verdict:
    """Where the administrator's settings should be there is a folder or something huge.

    ## What it reads
    `admin-settings.json` in the place that Docker's manual names for this system: what kind of
    thing it is, its size, and whether it can be read.

    ## Why it matters
    Docker Desktop stops at its start when it cannot read the file (docker/for-win#14293).

    ## How to mend it
    Have the administrator put the file in its place, or remove what is there.

    ## What could go wrong
    Without the file nothing is locked: what the company wants enforced is not.

    ## Why this severity
    An error: Docker Desktop does not start. A file that this user may not read gives unknown.
    """
    return _unreadable(files.admin, "have your administrator look at {}")


def _unreadable(file: Judged, mend: str) -> Verdict:
    path, problems = need(file.path), file.problems
    if not isinstance(problems, Missing):
        return ok(f"{path} can be read", Evidence(path, "", "a regular file"))
    if problems.kind == "absent":
        return skip(f"there is no {path}, and none is needed")
    if problems.kind != "garbled":
        return unknown(problems.reason, look=problems.look)
    return fail(
        f"{problems.reason}: Docker Desktop needs a small text file there.",
        Evidence(path, "", problems.reason, "a small text file"),
        subject=path,
        mend=(mend.format(path),),
        line=1,
        column=1,
    )


@TOPIC.check(
    "desktop-settings-left-over",
    NOTE,
    "Settings were changed in a file that Docker Desktop does not read any more",
    references=(DOCS, "https://github.com/docker/docs/pull/21003"),
    applies="computers with Docker Desktop 4.35 or later",
)
def desktop_settings_left_over(files: DesktopSettingsFiles) -> Verdict:
    """settings.json says something else than settings-store.json, and was changed later.

    ## What it reads
    Whether both files are there, when each was changed, and the keys that stand in both. Those that
    may hold a password are left out.

    ## Why it matters
    Docker Desktop reads settings-store.json since 4.35. Many guides still name settings.json: what
    is written there has no effect, and nothing says so.

    ## How to mend it
    Quit Docker Desktop, make the change in settings-store.json (where keys begin with a capital
    letter) or in Docker Desktop's window, and move settings.json away.

    ## What could go wrong
    A version before 4.35, installed again, would look for settings.json.

    ## Why this severity
    A note: nothing is broken; it explains why an edit had no effect.
    """
    found = files.left_over
    if isinstance(found, Missing) and found.kind == "absent":
        return skip("there are not both a settings.json and a settings-store.json")
    found = need(found)
    if found is None:
        return ok("settings.json is no later than settings-store.json, or says the same")
    names = ", ".join(name for name, _, _ in found.differs[:5])
    return fail(
        f"{found.path} was changed after {found.store} and says otherwise ({names}): Docker Desktop "
        "does not read it.",
        *(
            Evidence(found.path, name, value, f"{told} in {STORE}")
            for name, value, told in found.differs[:5]
        ),
        subject=found.path,
        mend=(f"make the change in {found.store} while Docker Desktop is stopped",),
    )


# -- Docker Desktop's daemon.json ----------------------------------------------------------------


def _key(files: DesktopSettingsFiles, name: str) -> tuple[EngineFile, EngineKey | None] | Verdict:
    if isinstance(files.engine, Missing) and files.engine.kind == "absent":
        return skip(f"Docker Desktop's engine has no daemon.json here: {files.engine.reason}")
    file = need(files.engine)
    return file, next((key for key in file.keys if key.name == name), None)


@TOPIC.check(
    "desktop-daemon-json-hosts",
    WARNING,
    "Docker Desktop's daemon.json asks for other addresses of the engine",
    references=(
        "https://docs.docker.com/engine/daemon/troubleshoot/",
        "https://github.com/docker/for-win/issues/5984",
        "https://github.com/docker/for-mac/issues/6165",
    ),
    applies="Docker Desktop on Windows and macOS",
)
def desktop_daemon_json_hosts(files: DesktopSettingsFiles) -> Verdict:
    """`hosts` in daemon.json is not supported on Docker Desktop for Windows and Mac.

    ## What it reads
    `.docker/daemon.json` of the user who runs Docker Desktop.

    ## Why it matters
    Docker Desktop gives its engine addresses of its own. Some versions do not start with `hosts`
    in the file (docker/for-win#2178, #5984), others ignore it (docker/for-mac#6165).

    ## How to mend it
    Take `hosts` out, in Settings > Docker Engine or in the file. On Windows, Settings > General has
    a switch for tcp://localhost:2375; another computer is best let in over ssh.

    ## What could go wrong
    The engine restarts, and containers stop.

    ## Why this severity
    A warning: it depends on the version whether Docker Desktop starts with it.
    """
    found = _key(files, "hosts")
    if isinstance(found, Verdict):
        return found
    file, key = found
    if file.platform == LINUX:
        return skip("Docker's manual says so of Windows and macOS only")
    if key is None:
        return ok(
            f"{file.path} leaves the addresses to Docker Desktop",
            Evidence(file.path, "hosts", "not set"),
        )
    return fail(
        f"{file.path} sets hosts, which Docker Desktop does not support: it does not start with it, or "
        "ignores it.",
        Evidence(file.path, f"line {key.line}: hosts", str(key.value), "not set"),
        subject=file.path,
        mend=(f"take hosts out of {file.path} (Settings > Docker Engine)",),
        line=key.line,
        column=key.column,
    )


@TOPIC.check(
    "desktop-daemon-json-data-root",
    WARNING,
    "Docker Desktop's daemon.json moves the engine's data inside the VM",
    references=(_ENGINE_DOCS, "https://github.com/docker/for-win/issues/3122"),
    applies=_APPLIES,
)
def desktop_daemon_json_data_root(files: DesktopSettingsFiles) -> Verdict:
    r"""`data-root` in daemon.json names a folder inside Docker Desktop's VM, not on this computer.

    ## What it reads
    `.docker/daemon.json` of the user who runs Docker Desktop.

    ## Why it matters
    The engine runs in the VM and looks for the folder there (docker/for-win#3122): the data does
    not move to the drive that was meant, and images and volumes are gone from view. With a path of
    Windows (`D:\\docker`) the engine does not start (docker/for-win#8461, #10875).

    ## How to mend it
    Take `data-root` out of the file. Settings > Resources > Advanced > Disk image location moves
    the whole disk to another drive.

    ## What could go wrong
    What was pulled since lies in the other folder of the VM's disk, and is not seen afterwards.

    ## Why this severity
    An error for a path of Windows, with which the engine does not start; else a warning.
    """
    found = _key(files, "data-root")
    if isinstance(found, Verdict):
        return found
    file, key = found
    if key is None:
        return ok(
            f"{file.path} leaves the data where it is", Evidence(file.path, "data-root", "not set")
        )
    windows = isinstance(key.value, str) and bool(_DRIVE.match(key.value) or "\\" in key.value)
    what = (
        "a path of Windows, and the engine in the VM does not start with it"
        if windows
        else "a folder inside the VM, not on this computer"
    )
    return fail(
        f"data-root in {file.path} is {what}.",
        Evidence(file.path, f"line {key.line}: data-root", str(key.value), "not set"),
        subject=file.path,
        mend=(
            f"take data-root out of {file.path}",
            "Docker Desktop: Settings > Resources > Advanced > Disk image location",
        ),
        severity=ERROR if windows else "",
        line=key.line,
        column=key.column,
    )
