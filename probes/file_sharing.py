r"""Files of the computer inside containers: which mounts cross the border of a VM, and how.

A container of a desktop engine runs in a VM. What it mounts of the computer comes through a network
file system of some kind, which costs most where many small files are read and where a database
writes. How Docker Desktop's paths look: ``/run/desktop/mnt/host/c/...`` with WSL 2,
``/host_mnt/...`` on macOS, Linux and Hyper-V (docker/for-win#12766, docker/for-mac#6614, users'
``docker inspect``); newer versions give back what the user wrote.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from probes import desktop_host, desktop_settings, engine, engine_host
from probes.desktop_host import LINUX, MACOS, WINDOWS, WSL2, OtherPlatform
from probes.desktop_settings import GRPC_FUSE, NINE_P, VIRTIOFS, VMM
from probes.host.questions import Unreadable
from probes.model import (
    NOTE,
    WARNING,
    Evidence,
    Missing,
    Topic,
    Verdict,
    fail,
    have,
    known,
    need,
    ok,
    skip,
)
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.host import Host, Mount

TOPIC = Topic["FileSharing"](
    "file-sharing",
    "Files shared with containers",
    engine=(*engine.ENGINE_PATHS, engine_host.CONTAINERS),
)

DRIVE, FOLDER = "drive", "folder"
"""What a mount's source is: on a drive of Windows, or in another folder of the VM's host."""

MARKS = frozenset(
    ".git,compose.yaml,compose.yml,docker-compose.yml,docker-compose.yaml,Dockerfile,package.json,"
    "composer.json,pyproject.toml,Gemfile,go.mod,pom.xml,build.gradle,.devcontainer".split(",")
)
"""What lies in the folder of a project."""

_DATA = (
    ("/var/lib/postgresql", "PostgreSQL's data"),
    ("/bitnami/postgresql", "PostgreSQL's data"),
    ("/var/lib/mysql", "MySQL's data"),
    ("/bitnami/mysql", "MySQL's data"),
    ("/bitnami/mariadb", "MariaDB's data"),
    ("/data/db", "MongoDB's data"),
    ("/bitnami/mongodb", "MongoDB's data"),
    ("/var/lib/cassandra", "Cassandra's data"),
    ("/usr/share/elasticsearch/data", "Elasticsearch's data"),
    ("/usr/share/opensearch/data", "OpenSearch's data"),
    ("/var/lib/clickhouse", "ClickHouse's data"),
    ("/var/opt/mssql", "SQL Server's data"),
    ("/opt/oracle/oradata", "Oracle's data"),
    ("/var/lib/rabbitmq", "RabbitMQ's data"),
    ("/var/lib/influxdb", "InfluxDB's data"),
)
"""Where images keep the data of databases (their own pages on Docker Hub)."""

_FOLDERS_OF_MANY = ("node_modules", "vendor", ".venv")
"""Folders of many small files that package managers fill."""

_TROUBLED_BY_VMM = ("MongoDB's data", "Cassandra's data")
"""Databases that may fail on VirtioFS with Docker VMM (docker/docs features/vmm.md)."""

_ON_DRIVE = re.compile(
    r"(?:/run/desktop/mnt/host|/mnt/host|/host_mnt)/([a-z])(?:/|$)|([A-Za-z]):[\\/]"
)
_WSL_MOUNT = re.compile(r"/mnt/([a-z])(?:/|$)")
"""A drive as WSL distributions mount it by default: those of Rancher Desktop and podman machine."""

_OF_COMPUTER = {
    MACOS: re.compile(r"(?:/host_mnt)?/(?:Users|Volumes|private|tmp|var/folders)(?:/|$)"),
    LINUX: re.compile(r"(?:/host_mnt)?/home(?:/|$)"),
}

_FILE = re.compile(r"\.(?:conf|cnf|cfg|ini|ya?ml|json|toml|env|sh|sql|pem|crt|key|lock|txt|sock)$")
"""Mounts of single files: read once, whatever the way."""

_CONSISTENCY = ("cached", "delegated", "consistent")

_SHARED_ON_MAC = ("/Users", "/Volumes", "/private", "/tmp", "/var/folders")  # noqa: S108
"""Docker Desktop's default (docker/docs content/manuals/desktop/settings-and-maintenance)."""

_SHARING = "https://docs.docker.com/desktop/settings-and-maintenance/settings/#file-sharing"
_BEST = "https://docs.docker.com/desktop/features/wsl/best-practices/"


class NoFolder(Unreadable):
    """hullcheck was not started from a shell that tells its folder."""

    kind = "inapplicable"


class Bind(NamedTuple):
    """One bind mount of a running container."""

    container: str
    source: str
    """As the engine names it."""
    target: str
    mode: str
    crosses: str
    """DRIVE or FOLDER where it crosses the border of a VM; else empty."""

    @property
    def data(self) -> str:
        """What it holds, where that is known to suffer from the way; else empty."""
        target = posixpath.normpath(self.target)
        for place, what in _DATA:
            if target == place or target.startswith(f"{place}/"):
                return what
        name = posixpath.basename(target)
        return f"a folder {name}" if name in _FOLDERS_OF_MANY else ""

    @property
    def is_file(self) -> bool:
        """Whether it looks like a single file by its name."""
        return bool(_FILE.search(self.target))


class FileSharing(NamedTuple):
    """What running containers mount of this computer, and the folder that hullcheck was started in."""

    platform: str | Missing
    """Inapplicable where containers run on the kernel of this very host, or on another machine."""
    sharing: str | Missing
    """Docker Desktop's way of sharing files, in desktop_settings' words; inapplicable for others."""
    hypervisor: str | Missing
    binds: tuple[Bind, ...] | Missing
    folder: str | Missing
    """The folder that hullcheck was started in."""
    folder_on: str | Missing
    """Inside WSL the file system of a Windows drive that it lies on (9p, drvfs, virtiofs)."""
    is_project: bool | Missing
    """Whether that folder holds what a project's does."""
    shared: tuple[str, ...] | Missing
    """Folders that Docker Desktop shares with containers; inapplicable where it shares all."""
    settings_path: str


# -- looking -------------------------------------------------------------------------------------


@TOPIC.probe
def look(host: Host) -> FileSharing:
    """One question to the engine, and the mount table inside WSL."""
    where = known(lambda: _where(host))
    if isinstance(where, Missing):
        return FileSharing(where, where, where, where, where, where, where, where, "")
    told = engine.look(host)
    is_desktop = told.provider == "docker-desktop"
    settings = known(lambda: desktop_settings.read(host)) if is_desktop else _NOT_DESKTOP
    folder = known(lambda: _folder(host))
    drives = known(lambda: _drives(host)) if where == WSL2 else ()
    provider = have(told.provider, "")
    rows = known(lambda: engine_host.containers(host))
    return FileSharing(
        platform=where,
        sharing=known(lambda: desktop_settings.file_sharing(host)) if is_desktop else _NOT_DESKTOP,
        hypervisor=known(lambda: desktop_settings.hypervisor(host)) if is_desktop else _NOT_DESKTOP,
        binds=rows
        if isinstance(rows, Missing)
        else tuple(_binds(rows, where, provider, have(drives, ()))),
        folder=folder,
        folder_on=drives
        if isinstance(drives, Missing)
        else folder
        if isinstance(folder, Missing)
        else _file_system(drives, folder),
        is_project=folder if isinstance(folder, Missing) else known(lambda: _marked(host, folder)),
        shared=settings
        if isinstance(settings, Missing)
        else known(lambda: _shared(host, where, settings)),
        settings_path="" if isinstance(settings, Missing) else settings.path,
    )


_NOT_DESKTOP = Missing("the engine is not Docker Desktop's", "inapplicable")


def _where(host: Host) -> str:
    """The platform, where containers run in a VM. Raises: OtherPlatform, Unreadable."""
    where = desktop_host.platform(host)
    told = engine.look(host)
    if where not in {WINDOWS, MACOS, LINUX, WSL2}:
        raise OtherPlatform("containers do not run on this kind of host")
    if where == WSL2:
        desktop_host.require_wsl(host)
    if where == LINUX and told.provider != "docker-desktop":
        raise OtherPlatform("containers run on this host's own kernel, with its own files")
    if not told.endpoint.startswith(("unix://", "npipe://", "tcp://localhost", "tcp://127.")):
        raise OtherPlatform(f"the engine is on another machine ({told.endpoint or 'unknown'})")
    return where


def _folder(host: Host) -> str:
    told = host.env("PWD")
    if not told:
        raise NoFolder("no shell has told in which folder hullcheck was started (PWD)")
    return told


def _marked(host: Host, folder: str) -> bool:
    return bool(MARKS & set(host.list(folder)))


def _drives(host: Host) -> tuple[Mount, ...]:
    """The mounts of Windows' drives in this distribution (microsoft/WSL src/linux/init/drvfs.cpp)."""
    return tuple(
        mount
        for mount in host.mounts()
        if mount.fstype == "drvfs"
        or (mount.fstype == "9p" and any(x.startswith("aname=drvfs") for x in mount.super_options))
        or (mount.fstype == "virtiofs" and mount.source.startswith("drvfs"))
    )


def _file_system(drives: Iterable[Mount], path: str) -> str:
    """The file system of the Windows drive that a path lies on; empty for one of Linux' own."""
    for mount in drives:
        if path == mount.target or path.startswith(f"{mount.target.rstrip('/')}/"):
            return mount.fstype
    return ""


def _binds(
    rows: Iterable[dict[str, Any]], where: str, provider: str, drives: tuple[Mount, ...]
) -> Iterable[Bind]:
    for row in rows:
        mounts = row.get("Mounts")
        if row.get("State") != "running" or not isinstance(mounts, list):
            continue
        for mount in mounts:
            if isinstance(mount, dict) and mount.get("Type") == "bind":
                source = str(mount.get("Source") or "")
                yield Bind(
                    container=engine_host.name_of(row),
                    source=source,
                    target=str(mount.get("Destination") or ""),
                    mode=str(mount.get("Mode") or ""),
                    crosses=crosses(source, where, provider, drives),
                )


def crosses(source: str, where: str, provider: str, drives: tuple[Mount, ...] = ()) -> str:
    r"""DRIVE or FOLDER for a mount's source that lies outside of the engine's VM; else empty.

    >>> crosses("/run/desktop/mnt/host/c/Users/ann/shop", "wsl2", "docker-desktop")
    'drive'
    >>> crosses("/run/desktop/mnt/host/wsl/docker-desktop-bind-mounts/Ubuntu/4f", "wsl2", "")
    ''
    >>> crosses("/host_mnt/Users/ann/shop", "macos", "docker-desktop")
    'folder'
    """
    if where in {WINDOWS, WSL2}:
        if _ON_DRIVE.match(source) or _file_system(drives, source):
            return DRIVE
        foreign = provider not in {"docker-desktop", "docker-engine"}
        return DRIVE if foreign and _WSL_MOUNT.match(source) else ""
    pattern = _OF_COMPUTER.get(where)
    return FOLDER if pattern is not None and pattern.match(source) else ""


def _shared(host: Host, where: str, settings: desktop_settings.Settings) -> tuple[str, ...]:
    """What Docker Desktop shares. Raises: OtherPlatform on Windows, where it asks or shares all."""
    if where not in {MACOS, LINUX}:
        raise OtherPlatform("Docker Desktop on Windows asks before it shares a folder")
    told = settings.get("FilesharingDirectories")
    home = str(host.gauge("session")["home"])
    default = _SHARED_ON_MAC if where == MACOS else (home,)
    named = [x for x in told if isinstance(x, str)] if isinstance(told, list) else list(default)
    synchronised = settings.get("SynchronizedDirectories")
    if isinstance(synchronised, list) and synchronised:
        # A share of its own kind, whose entries are written in more than one way.
        named += [home, *default]
    return tuple(named)


# -- judging -------------------------------------------------------------------------------------


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def shown(source: str) -> str:
    r"""A mount's source as its owner wrote it.

    >>> shown("/run/desktop/mnt/host/c/Users/ann/shop"), shown("/host_mnt/Users/ann")
    ('C:/Users/ann/shop', '/Users/ann')
    """
    found = _ON_DRIVE.match(source)
    if found and found[1]:
        return f"{found[1].upper()}:/{source[found.end() :]}"
    return source.removeprefix("/host_mnt") or source


@TOPIC.check(
    "bind-mount-across-vm",
    WARNING,
    "A container works on files that lie outside of the engine's VM",
    references=(
        _BEST,
        _SHARING,
        "https://github.com/docker/for-win/issues/188",
        "https://github.com/microsoft/WSL/issues/4197",
        "https://github.com/docker/for-mac/issues/6614",
    ),
    applies="containers of engines in a VM: Docker Desktop, Colima, Rancher Desktop..., and WSL",
)
def bind_mount_across_vm(facts: FileSharing) -> list[Verdict] | Verdict:
    r"""A running container has a folder mounted that it only reaches through the border of the VM.

    ## What it reads
    The bind mounts of running containers as the engine lists them, and where their sources lie: on a
    drive of Windows (WSL 2 reaches it through 9p), or in a folder of macOS or Linux that the VM is
    shown. Mounts of single files are left out. On macOS and Linux only the data of databases and
    folders of package managers are judged: an ordinary project works well there.

    ## Why it matters
    Every file that is opened is a message to the computer and back. One user's writes of 100 MB came
    to 9 MB/s on C: and to 769 MB/s in a volume. Changes on a Windows drive wake no watcher in the
    container: hot reload does not fire. Databases need locks and owners that such file systems only
    imitate.

    ## How to mend it
    Data of databases and folders that a package manager fills belong in a named volume. A project on
    a Windows drive belongs into the file system of a WSL distribution (`\\wsl.localhost\...` in
    Explorer), and docker is called from there.

    ## What could go wrong
    A new volume is empty: copy the data with the database stopped. Programs on Windows are slow with
    files in WSL in turn: edit them through the editor's WSL mode.

    ## Why this severity
    A warning: it works, slowly; and a database may lose data that way.
    """
    where = need(facts.platform)
    binds = need(facts.binds)
    across = [bind for bind in binds if bind.crosses]
    found: dict[str, list[Bind]] = {}
    for bind in across:
        # With Hyper-V there is no other place for a project.
        slow = bind.crosses == DRIVE and have(facts.sharing, NINE_P) == NINE_P
        if bind.data or (slow and not bind.is_file):
            found.setdefault(bind.container, []).append(bind)
    if not found:
        return ok(
            f"of {len(binds)} bind mounts none holds what should not cross the border of the VM",
            Evidence("engine GET /containers/json", "Mounts", f"{len(across)} cross it"),
        )
    way = _way(facts, where)
    return [_across(name, rows, way, facts) for name, rows in found.items()]


def _way(facts: FileSharing, where: str) -> str:
    if where in {WINDOWS, WSL2}:
        return "gRPC FUSE" if have(facts.sharing, NINE_P) == GRPC_FUSE else "9p"
    named = {VIRTIOFS: "VirtioFS", GRPC_FUSE: "gRPC FUSE"}
    return named.get(have(facts.sharing, ""), "the VM's file sharing")


def _across(name: str, rows: list[Bind], way: str, facts: FileSharing) -> Verdict:
    data = [bind for bind in rows if bind.data]
    first = (data or rows)[0]
    what = f"{first.data} ({shown(first.source)})" if first.data else shown(first.source)
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    words = f"Container {name} has {what}{more} mounted through {way}"
    troubled = facts.hypervisor == VMM and any(b.data in _TROUBLED_BY_VMM for b in data)
    if troubled:
        words += ", on which this database may fail with Docker VMM"
    mend = [
        f"put {bind.target} of {name} into a named volume: -v NAME:{bind.target}, with the data copied "
        "while it is stopped"
        for bind in data[:3]
    ]
    if any(not bind.data for bind in rows):
        mend.append(
            "move the project into a WSL distribution's own file system (e.g. ~/projects) and call "
            "docker from there"
        )
    return fail(
        f"{words}: every access crosses the border of the VM.",
        *(
            Evidence(
                "engine GET /containers/json",
                f"{name} {bind.target}",
                bind.source,
                "a named volume" if bind.data else "a folder inside WSL",
            )
            for bind in rows[:5]
        ),
        subject=name,
        mend=tuple(mend),
    )


@TOPIC.check(
    "project-on-windows-drive",
    WARNING,
    "This project lies on a drive of Windows",
    references=(
        _BEST,
        "https://github.com/microsoft/WSL/issues/4197",
        "https://github.com/microsoft/WSL/issues/4739",
        "https://github.com/docker/for-win/issues/12766",
    ),
    applies="WSL 2 distributions",
)
def project_on_windows_drive(facts: FileSharing) -> Verdict:
    r"""The folder that hullcheck was started in is a project below /mnt/c or another Windows drive.

    ## What it reads
    The current folder, what lies in it (.git, a Dockerfile, package.json...), and the mount table.

    ## Why it matters
    WSL 2 reaches Windows' drives through 9p: `git status`, `npm install` and builds, which send the
    folder to the engine first, take many times as long as on the distribution's own disk. inotify
    does not tell of changes there, so that hot reload does not fire.

    ## How to mend it
    Clone or copy the project to a folder of the distribution (~/projects), and open it with the
    editor's WSL mode. Windows sees it as \\wsl.localhost\DISTRIBUTION\home\....

    ## What could go wrong
    Line ends and modes may differ in a copy: clone it where you can. Windows' own backup does not
    cover files inside the distribution.

    ## Why this severity
    A warning: everything works, slowly.
    """
    if need(facts.platform) != WSL2:
        return skip("this is no WSL 2 distribution")
    folder = need(facts.folder)
    system = need(facts.folder_on)
    seen = Evidence("/proc/self/mountinfo", folder, system or "a file system of Linux", "ext4")
    if not system:
        return ok(f"{folder} is on this distribution's own disk", seen)
    if not need(facts.is_project):
        return skip(f"{folder} is on a drive of Windows, and does not look like a project")
    import shlex

    return fail(
        f"{folder} lies on a drive of Windows, which this distribution reaches through {system}: "
        "builds, git and package managers are slow, and hot reload does not fire.",
        seen,
        mend=(
            f"cp -a -- {shlex.quote(folder)} ~/   # or clone it anew, into a folder below ~",
            "open it from there, with the editor's WSL mode",
        ),
    )


@TOPIC.check(
    "project-not-shared",
    WARNING,
    "This project lies in a folder that Docker Desktop does not share",
    references=(
        _SHARING,
        "https://github.com/docker/for-mac/issues/3258",
        "https://github.com/docker/cli/issues/2879",
    ),
    applies="Docker Desktop on macOS and Linux",
)
def project_not_shared(facts: FileSharing) -> Verdict:
    """The folder that hullcheck was started in is a project that containers cannot mount.

    ## What it reads
    FilesharingDirectories of Docker Desktop's settings (by default /Users, /Volumes, /private, /tmp
    and /var/folders on macOS, the home folder on Linux), the current folder, and what lies in it.

    ## Why it matters
    `docker run -v` and `docker compose up` fail with "Mounts denied: The path ... is not shared from
    the host and is not known to Docker".

    ## How to mend it
    Settings > Resources > File sharing: add the folder, then Apply; or move the project below your
    home folder.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers. Share the folder of the project, not the
    whole disk.

    ## Why this severity
    A warning: only mounts of this folder fail.
    """
    need(facts.platform)
    shared = need(facts.shared)
    folder = need(facts.folder)
    seen = Evidence(
        facts.settings_path, "FilesharingDirectories", ", ".join(shared), f"{folder} below one"
    )
    if any(_below(folder, one) for one in shared):
        return ok(f"{folder} is shared with containers", seen)
    if not need(facts.is_project):
        return skip(f"{folder} does not look like a project")
    return fail(
        f"{folder} is in none of the folders that Docker Desktop shares with containers: mounts of it "
        "are denied.",
        seen,
        mend=(f"Docker Desktop: Settings > Resources > File sharing: add {folder}, then Apply",),
    )


@TOPIC.check(
    "mount-consistency-ignored",
    NOTE,
    "Mount options without any effect",
    references=("https://github.com/docker/for-mac/issues/5402",),
    applies="containers of engines in a VM",
)
def mount_consistency_ignored(facts: FileSharing) -> Verdict:
    """Bind mounts say :cached, :delegated or :consistent, which nothing heeds any more.

    ## What it reads
    The options of the running containers' bind mounts, as the engine lists them.

    ## Why it matters
    They were hints for osxfs, the way of sharing files before gRPC FUSE and VirtioFS. Whoever adds
    them to make a mount fast makes nothing fast.

    ## How to mend it
    Take them out of compose files and scripts, when you next touch them.

    ## What could go wrong
    Nothing: they do nothing.

    ## Why this severity
    A note: there is no harm in them.
    """
    need(facts.platform)
    if have(facts.sharing, "") == desktop_settings.OSXFS:
        return skip("osxfs heeds them")
    told = [
        bind
        for bind in need(facts.binds)
        if set(_CONSISTENCY) & set(re.split(r"[,\s]+", bind.mode))
    ]
    if not told:
        return ok(
            "no bind mount has such an option",
            Evidence("engine GET /containers/json", "Mounts.Mode", "none of them"),
        )
    names = tuple(dict.fromkeys(bind.container for bind in told))
    return fail(
        f"{len(told)} bind mounts of {', '.join(names[:3])} have :cached, :delegated or :consistent, "
        "which nothing heeds any more.",
        *(
            Evidence("engine GET /containers/json", f"{b.container} {b.target}", b.mode, "none")
            for b in told[:5]
        ),
        mend=("take :cached, :delegated and :consistent out of the mounts; they do nothing",),
    )
