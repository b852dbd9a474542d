r"""The disks of desktop engines' VMs: what they take on the computer, what is in them, what is left.

Such a disk is one file, which grows as the VM writes and is as large as its limit from the start
where the file system keeps sparse files: its apparent size says nothing. What counts is what it
takes on the drive.

Where the files lie: Docker Desktop with WSL 2 ``%LOCALAPPDATA%\Docker\wsl`` or the folder of its
setting CustomWslDistroDir, below which Docker Desktop makes ``DockerDesktopWSL`` (microsoft/WSL
issues 40243 and 4699, users' paths); Hyper-V ``C:\ProgramData\DockerDesktop\vm-data`` (docker/for-win
issue 5347); macOS and Linux docker/docs content/manuals/desktop/troubleshoot-and-support/faqs/
macfaqs.md; Colima abiosoft/colima issues 817 and 1414; OrbStack orbstack/orbstack issues 29 and 2186.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import desktop_host, desktop_settings, disk, engine
from probes.desktop_host import LINUX, MACOS, WSL2, OtherPlatform
from probes.formats.sizes import GIB, MIB, human_size
from probes.host.questions import Absent, Garbled, Unreadable
from probes.model import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    Missing,
    Topic,
    Verdict,
    absent_as,
    fail,
    have,
    known,
    need,
    ok,
    skip,
    unknown,
)
from probes.record import NamedTuple
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probes.desktop_settings import Settings
    from probes.host import Host

BLOAT_GIB = Threshold(
    "vm-disk-bloated",
    10,
    "GiB",
    "that could be given back: logs, the VM's own system and file system, which `docker system df` "
    "does not count, come to a few GiB",
)
BLOAT_TIMES = Threshold(
    "vm-disk-bloated-times",
    2,
    "times",
    "what is in it: a disk in use always has some blocks that it has not given back yet",
)
LEFT_OVER_GIB = Threshold("vm-disk-left-over", 2, "GiB", "a VM's disk without any image is smaller")

DESKTOP, COLIMA, ORBSTACK = "docker-desktop", "colima", "orbstack"

DATA_DISK, TWO_DISTRIBUTIONS, HYPER_V = "docker_data.vhdx", "docker-desktop-data", "Hyper-V"
RAW, QCOW2, LIMA, ORB = "Docker.raw", "Docker.qcow2", "Lima", "OrbStack"
"""What kind of file it is. Up to Docker Desktop 4.29 there were two WSL distributions, of which
docker-desktop-data held images and volumes. New installations have DATA_DISK since 4.30 (docker/docs
content/manuals/desktop/features/wsl/_index.md), and 4.36 moves the others over (release notes)."""

_OF_WSL = (DATA_DISK, TWO_DISTRIBUTIONS)

LXSS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Lxss"


FSTRIM = "docker run --rm --privileged -v /v alpine fstrim -v /v"
"""Tells the VM's disk which of its blocks are free: a volume lies on the same file system as images
(FITRIM acts on the whole of it, fstrim(8)). Docker's own image for it, docker/desktop-reclaim-space,
is there for amd64 only."""

TOPIC = Topic["DesktopDisk"]("desktop-disk", "Disks of desktop engines", engine=(disk.USAGE_PATH,))


class VmDisk(NamedTuple):
    """One file that is or was the disk of an engine's VM."""

    path: str
    """As this host opens it."""
    shown: str
    """As the computer's own system names it."""
    provider: str
    """DESKTOP, COLIMA or ORBSTACK."""
    layout: str
    instance: str
    """The name of the VM where one user may have several (Colima's profiles)."""
    current: bool
    """Whether the engine would use it now; else it is left over from another layout."""
    size: int
    """Its apparent size."""
    taken: int | Missing
    """Bytes that it takes on the drive."""
    total: int | Missing
    """Bytes of the drive."""
    available: int | Missing


class Distribution(NamedTuple):
    """The WSL distribution that this is, and its disk."""

    name: str
    shown: str
    taken: int
    used: int
    """Bytes that its file system has in use."""


class DesktopDisk(NamedTuple):
    """The VMs' disks, and what the engine that answers keeps in its own."""

    disks: tuple[VmDisk, ...] | Missing
    """Inapplicable where there is none."""
    provider: str | Missing
    """Of the engine that answers."""
    instance: str
    """The name by which it goes itself, e.g. ``colima-work``; empty where it does not tell."""
    used: int | Missing
    """Bytes of its images, containers, volumes and build cache."""
    limit: int | Missing | None
    """Docker Desktop's setting DiskSizeMiB in bytes; None where its default holds."""
    installed: bool | Missing
    """Whether Docker Desktop is; Missing where there is no disk to ask it for."""
    distribution: Distribution | Missing
    system: str
    """The platform."""


# -- looking -------------------------------------------------------------------------------------


@TOPIC.probe
def look(host: Host) -> DesktopDisk:
    """Ask for the files by their known places; no folder is searched."""
    settings = known(lambda: desktop_settings.read(host))
    told = known(lambda: engine.info(host))
    disks = known(lambda: _disks(host, settings))
    return DesktopDisk(
        disks=disks,
        provider=engine.look(host).provider,
        instance="" if isinstance(told, Missing) else str(told.get("Name") or ""),
        used=known(lambda: _used(engine.get(host, disk.USAGE_PATH))),
        limit=_limit(settings),
        installed=disks
        if isinstance(disks, Missing)
        else known(lambda: desktop_settings.installed(host)),
        distribution=known(lambda: _distribution(host)),
        system=have(known(lambda: desktop_host.platform(host)), ""),
    )


def _used(answer: Any) -> int:  # noqa: ANN401 - any JSON
    """Bytes of all that ``docker system df`` counts. Raises: Garbled where it does not tell."""
    # Empty lists may be left out; the size of the images never is.
    if not (
        isinstance(answer, dict) and any(key in answer for key in ("LayersSize", *disk.IMAGES[1:]))
    ):
        raise Garbled("this engine does not tell the size of its images", look="docker system df")
    usage = disk.parse_usage(answer)
    total = 0
    for kind in (usage.images, usage.containers, usage.anonymous, usage.named, usage.cache):
        if isinstance(kind, Missing):
            raise Garbled(kind.reason, look=kind.look)
        total += max(kind.size, 0)
    return total


def _limit(settings: Settings | Missing) -> int | Missing | None:
    if isinstance(settings, Missing):
        return settings
    value = settings.get("DiskSizeMiB")
    good = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value * MIB if good else None


class _Place(NamedTuple):
    shown: str
    provider: str
    layout: str
    instance: str = ""


def _disks(host: Host, settings: Settings | Missing) -> tuple[VmDisk, ...]:
    found: list[VmDisk] = []
    failure: Unreadable | None = None
    uses_wsl = _uses_wsl(host, settings)
    for place in dict.fromkeys(_places(host, settings)):
        try:
            path = (
                desktop_host.as_read_here(host, place.shown) if "\\" in place.shown else place.shown
            )
            told = host.stat(path)
        except Unreadable as error:
            if error.kind != "absent":
                failure = failure or error
            continue
        if told.kind != "file":
            continue
        space = known(lambda path=path: host.statvfs(_folder(path)))  # type: ignore[misc]
        # Of one layout each the first place is the one that the settings lead to.
        taken_place = any(d.current and d.provider == DESKTOP for d in found)
        found.append(
            VmDisk(
                path=path,
                shown=place.shown,
                provider=place.provider,
                layout=place.layout,
                instance=place.instance,
                current=place.provider != DESKTOP
                or (not taken_place and (place.layout in _OF_WSL) is uses_wsl),
                size=told.size,
                taken=known(lambda path=path: host.allocated(path)),  # type: ignore[misc]
                total=space if isinstance(space, Missing) else space.total,
                available=space if isinstance(space, Missing) else space.available,
            )
        )
    if not found:
        if failure is not None:
            raise failure
        raise OtherPlatform("there is no disk of a container engine's VM on this computer")
    return tuple(found)


def _folder(path: str) -> str:
    return path.rpartition("\\" if "\\" in path else "/")[0]


def _uses_wsl(host: Host, settings: Settings | Missing) -> bool:
    """Whether Docker Desktop's VM is that of WSL: by the engine that runs, else by its settings."""
    if desktop_host.platform(host) in {MACOS, LINUX}:
        return False
    backend = engine.look(host).backend
    if backend in {"wsl2", "hyper-v"}:
        return backend == "wsl2"
    if isinstance(settings, Missing):
        return True
    return have(known(lambda: desktop_settings.uses_wsl(host, settings)), otherwise=True)


def _places(host: Host, settings: Settings | Missing) -> Iterator[_Place]:
    """Where disks may be, those that the settings name first."""
    where = desktop_host.platform(host)
    home = host.gauge("session")["home"]
    if where not in {MACOS, LINUX}:
        yield from _windows_places(host, settings)
        return
    folder = _text(settings, "DataFolder")
    default = {
        MACOS: f"{home}/Library/Containers/com.docker.docker/Data/vms/0/data",
        LINUX: f"{home}/.docker/desktop/vms/0/data",
    }[where]
    for data in (folder.rstrip("/"), default) if folder else (default,):
        yield _Place(f"{data}/Docker.raw", DESKTOP, RAW)
        yield _Place(f"{data}/Docker.qcow2", DESKTOP, QCOW2)
    if where == MACOS:
        # Where it lay until 2018.
        old = f"{home}/Library/Containers/com.docker.docker/Data/com.docker.driver.amd64-linux"
        yield _Place(f"{old}/Docker.raw", DESKTOP, RAW)
        yield _Place(f"{old}/Docker.qcow2", DESKTOP, QCOW2)
        orb = f"{home}/Library/Group Containers/HUAQ24HBR6.dev.orbstack/data"
        yield _Place(f"{orb}/data.img.raw", ORBSTACK, ORB)
        yield _Place(f"{orb}/data.img", ORBSTACK, ORB)
    colima = have(known(lambda: host.env("COLIMA_HOME")), None) or f"{home}/.colima"
    names = known(lambda: host.list(f"{colima}/_lima"))
    for name in () if isinstance(names, Missing) else names:
        if name.startswith("colima"):
            # Newer versions give the engine's data a disk of their own.
            yield _Place(f"{colima}/_lima/_disks/{name}/datadisk", COLIMA, LIMA, name)
            yield _Place(f"{colima}/_lima/{name}/diffdisk", COLIMA, LIMA, name)


def _windows_places(host: Host, settings: Settings | Missing) -> Iterator[_Place]:
    roots = []
    custom = _text(settings, "CustomWslDistroDir").replace("/", "\\").rstrip("\\")
    local = desktop_host.local_app_data(host)
    for root in (custom, f"{local}\\Docker\\wsl"):
        if root:
            roots += [root, f"{root}\\DockerDesktopWSL"]
    for root in roots:
        yield _Place(f"{root}\\disk\\docker_data.vhdx", DESKTOP, DATA_DISK)
    for root in roots:
        yield _Place(f"{root}\\data\\ext4.vhdx", DESKTOP, TWO_DISTRIBUTIONS)
    folder = _text(settings, "DataFolder").replace("/", "\\").rstrip("\\")
    default = f"{desktop_host.SYSTEM_DRIVE}\\ProgramData\\DockerDesktop\\vm-data"
    for data in (folder, default) if folder else (default,):
        yield _Place(f"{data}\\DockerDesktop.vhdx", DESKTOP, HYPER_V)


def _text(settings: Settings | Missing, name: str) -> str:
    value = None if isinstance(settings, Missing) else settings.get(name)
    return value if isinstance(value, str) else ""


def _distribution(host: Host) -> Distribution:
    if desktop_host.platform(host) != WSL2:
        raise OtherPlatform("this is no WSL 2 distribution")
    desktop_host.require_wsl(host)
    name = desktop_host.distribution(host)
    values = _registered(host, name)
    folder = str(values.get("BasePath") or "").removeprefix("\\\\?\\")
    if not folder:
        raise Absent(f"the registry does not tell where {name} lies")
    shown = f"{folder}\\{values.get('VhdFileName') or 'ext4.vhdx'}"
    path = desktop_host.as_read_here(host, shown)
    size = host.stat(path).size
    taken = absent_as(lambda: host.allocated(path), 0)
    space = host.statvfs("/")
    # The file system through which Windows' drives are seen need not tell blocks.
    return Distribution(name, shown, have(taken, 0) or size, space.total - space.free)


def _registered(host: Host, name: str) -> Mapping[str, Any]:
    """What the registry keeps of a distribution (microsoft/WSL DistributionRegistration.cpp)."""
    for key in desktop_host.registry(host, LXSS).keys:
        values = desktop_host.registry(host, f"{LXSS}\\{key}").values
        if values.get("DistributionName") == name:
            return values
    raise Absent(f"the registry knows no distribution {name}")


# -- judging -------------------------------------------------------------------------------------


def answering(facts: DesktopDisk) -> VmDisk | None:
    """The disk in which the engine that answers keeps its data; None where that is not known."""
    if isinstance(facts.disks, Missing) or isinstance(facts.provider, Missing):
        return None
    for one in facts.disks:
        if one.current and one.provider == facts.provider:
            if one.provider == COLIMA and one.instance != facts.instance:
                continue
            return one
    return None


def _judged(facts: DesktopDisk) -> VmDisk | Verdict:
    """The disk of the engine that answers, or why none can be judged by what is in it."""
    need(facts.disks)
    if isinstance(facts.provider, Missing):
        if facts.provider.kind == "inapplicable":
            return skip(facts.provider.reason)
        return unknown(
            f"what is in the VM's disk cannot be told: {facts.provider.reason}",
            look="docker system df",
        )
    found = answering(facts)
    if found is None:
        return skip("the engine that answers keeps its data in none of the disks that were found")
    if found.provider == ORBSTACK:
        return skip(
            "OrbStack gives freed blocks back by itself, and keeps Linux machines there too"
        )
    return found


def _low(one: VmDisk) -> bool:
    if isinstance(one.available, Missing) or isinstance(one.total, Missing):
        return False
    return one.available < disk.low_bytes(one.total)[0]


def _compact_steps(one: VmDisk) -> tuple[str, ...]:
    """How the space comes back here."""
    if one.provider == COLIMA:
        profile = one.instance.removeprefix("colima").removeprefix("-")
        named = f" --profile {profile}" if profile else ""
        return (f"colima ssh{named} -- sudo fstrim -av",)
    if one.layout in {RAW, QCOW2}:
        return (
            f"{FSTRIM}   # gives the blocks that are free in the VM back to this computer",
            f'ls -ls "{one.shown}"   # the first number is what the file takes, in blocks',
        )
    return (f"{FSTRIM}   # tells the VM's disk which blocks are free", *_compact_vhdx(one.shown))


def _compact_vhdx(path: str) -> tuple[str, ...]:
    return (
        (
            "quit Docker Desktop, then: wsl --shutdown   # ends all distributions; the disk is in use "
            "until then (error 0x80070020)"
        ),
        (
            "as administrator, with Hyper-V's tools (Windows Pro): "
            f"powershell -Command \"Optimize-VHD -Path '{path}' -Mode Full\""
        ),
        (
            f'else as administrator: diskpart, and there: select vdisk file="{path}", then attach '
            "vdisk readonly, compact vdisk, detach vdisk, exit"
        ),
    )


@TOPIC.check(
    "vm-disk-bloated",
    NOTE,
    "The VM's disk takes far more space than what is in it",
    references=(
        "https://github.com/microsoft/WSL/issues/4699",
        "https://github.com/docker/for-win/issues/244",
        "https://docs.docker.com/desktop/troubleshoot-and-support/faqs/macfaqs/",
    ),
    applies="computers with Docker Desktop or Colima",
)
def vm_disk_bloated(facts: DesktopDisk) -> Verdict:
    """The file that is the VM's disk takes space for blocks that are free inside the VM.

    ## What it reads
    What the file takes on the drive (not its apparent size, which is the limit of a sparse file),
    and GET /system/df: images, containers, volumes and build cache.

    ## Why it matters
    A virtual disk grows as the VM writes. After a prune the blocks are free in the VM and still
    taken on the computer: a .vhdx never gets smaller by itself, and a sparse Docker.raw only by a
    TRIM. The drive fills up with nothing.

    ## How to mend it
    On Windows: fstrim in the VM, then compact the .vhdx with Optimize-VHD or diskpart while WSL is
    shut down. Tools that compact a distribution's ext4.vhdx leave Docker's docker_data.vhdx out. On
    macOS, Linux and with Colima fstrim is enough. To have less in it first: `docker system df`,
    then prune.

    ## What could go wrong
    Compacting needs a shutdown of WSL, which ends all distributions and containers. Do not interrupt
    it, and do not lower the disk limit instead: on macOS that deletes the disk with all images and
    volumes. A copy of the file beforehand is worth having.

    ## Why this severity
    A note while the drive has space; a warning when it is low.
    """
    one = _judged(facts)
    if isinstance(one, Verdict):
        return one
    taken, used = need(one.taken), need(facts.used)
    back = taken - used
    seen = (
        Evidence(one.shown, "space on the drive", human_size(taken), f"about {human_size(used)}"),
        Evidence(disk.USAGE, "images, containers, volumes, build cache", human_size(used), ""),
    )
    if back < BLOAT_GIB.value * GIB or taken < BLOAT_TIMES.value * used:
        shown = (
            f" (it shows as {human_size(one.size)}, which is its limit: the file is sparse)"
            if one.size > 2 * taken
            else ""
        )
        return ok(
            f"{one.shown} takes {human_size(taken)}{shown}; the engine keeps {human_size(used)} in it",
            *seen,
            subject=one.shown,
        )
    return fail(
        f"{one.shown} takes {human_size(taken)} on the drive, and the engine keeps "
        f"{human_size(used)} in it: up to {human_size(back)} can be given back.",
        *seen,
        subject=one.shown,
        mend=_compact_steps(one),
        severity=WARNING if _low(one) else "",
    )


@TOPIC.check(
    "vm-disk-low-host",
    WARNING,
    "The drive that holds the VM's disk is nearly full",
    references=(
        "https://docs.docker.com/desktop/settings-and-maintenance/settings/",
        "https://learn.microsoft.com/windows/wsl/disk-space",
    ),
    applies="computers with Docker Desktop, Colima or OrbStack",
)
def vm_disk_low_host(facts: DesktopDisk) -> list[Verdict]:
    """The drive on which the VM's disk grows has little space left.

    ## What it reads
    The free space of the drive that holds each VM's disk, and how far the disk may still grow. What
    is low is what disk-space-low takes for it: 10 % of the drive, but at most 20 GiB, and 5 GiB on
    all but small drives.

    ## Why it matters
    The VM does not know how full the drive is: it believes in its own limit. When the drive is
    full, writes fail in the middle, the VM stops, and its file system may be damaged.

    ## How to mend it
    Free space on the drive; prune in the engine and give the space back (see vm-disk-bloated); or
    move the disk to a larger drive: Settings > Resources > Disk image location.

    ## What could go wrong
    Never free space by deleting the disk's file: it holds all images, containers and volumes. A move
    needs the space once more on the new drive while it copies.

    ## Why this severity
    A warning; an error when less than 2 % (at most 2 GiB) is left.
    """
    verdicts: list[Verdict] = []
    drives: set[tuple[int, int]] = set()
    for one in need(facts.disks):
        if not one.current:
            continue
        total, available = need(one.total), need(one.available)
        if (total, available) in drives:
            continue
        drives.add((total, available))
        low, critical = disk.low_bytes(total)
        free = f"{human_size(available)} of {human_size(total)}"
        seen = Evidence(
            f"statvfs({_folder(one.path)})", "available", free, f"at least {human_size(low)}"
        )
        if available >= low:
            verdicts.append(ok(f"{free} are free for {one.shown}", seen, subject=one.shown))
            continue
        room = max(one.size - have(one.taken, one.size), 0)
        grow = f", and may grow by another {human_size(room)}" if room > available else ""
        verdicts.append(
            fail(
                f"{free} are free on the drive of {one.shown}, which takes "
                f"{human_size(have(one.taken, one.size))}{grow}: when the drive is full the VM stops "
                "in the middle of writing.",
                seen,
                subject=one.shown,
                severity=ERROR if available < critical else "",
                mend=(
                    "docker system df; docker builder prune; docker image prune -a",
                    *_compact_steps(one),
                )
                if one.provider != ORBSTACK
                else ("docker system df; docker builder prune; docker image prune -a",),
            )
        )
    return verdicts or [skip("no disk of a VM is in use here")]


def _limit_of(one: VmDisk, facts: DesktopDisk) -> int | Missing | None:
    """How large the disk may become; None where nothing but its drive limits it."""
    if one.layout in {RAW, LIMA}:
        return one.size
    if one.layout in {HYPER_V, QCOW2}:
        return facts.limit
    return None


@TOPIC.check(
    "vm-disk-limit-near",
    WARNING,
    "The VM's disk is nearly as full as its limit allows",
    references=(
        "https://github.com/docker/for-mac/issues/2449",
        "https://docs.docker.com/desktop/settings-and-maintenance/settings/",
    ),
    applies="Docker Desktop on macOS, Linux and Hyper-V, and Colima",
)
def vm_disk_limit_near(facts: DesktopDisk) -> Verdict:
    """The engine fills the disk that its VM was given, whatever space the computer has.

    ## What it reads
    GET /system/df, and the limit of the disk: the apparent size of Docker.raw (a sparse file is as
    large as its limit), else the setting DiskSizeMiB. A WSL disk grows up to 1 TB, so that its drive
    is the limit: vm-disk-low-host.

    ## Why it matters
    "No space left on device" in pulls, builds and databases, on a computer with hundreds of free
    gigabytes.

    ## How to mend it
    Prune, or raise the limit: Settings > Resources > Disk usage limit; Colima: `colima stop`, then
    `colima start --disk N`.

    ## What could go wrong
    Lowering the limit on a Mac deletes the disk with all images and volumes. Raising it is safe, and
    cannot be taken back without that.

    ## Why this severity
    A warning; an error when what is left is less than one image needs.
    """
    one = _judged(facts)
    if isinstance(one, Verdict):
        return one
    limit = _limit_of(one, facts)
    if limit is None:
        return skip("only its drive limits this disk: see vm-disk-low-host")
    limit, used = need(limit), need(facts.used)
    low, critical = disk.low_bytes(limit)
    left = limit - used
    seen = Evidence(
        disk.USAGE,
        "images, containers, volumes, build cache",
        f"{human_size(used)} of {human_size(limit)}",
        f"at most {human_size(limit - low)}",
    )
    if left >= low:
        return ok(
            f"the engine keeps {human_size(used)} in a disk that may become {human_size(limit)}",
            seen,
            subject=one.shown,
        )
    raise_limit = (
        f"colima stop; colima start --disk {2 * limit // GIB}"
        if one.provider == COLIMA
        else "raise it: Settings > Resources > Disk usage limit"
    )
    return fail(
        f"The engine keeps {human_size(used)} in a disk that is limited to {human_size(limit)}: "
        f"{human_size(max(left, 0))} are left in the VM, however much this computer has.",
        seen,
        subject=one.shown,
        severity=ERROR if left < critical else "",
        mend=("docker system df; docker builder prune; docker image prune -a", raise_limit),
    )


@TOPIC.check(
    "vm-disk-format-old",
    NOTE,
    "The VM's disk has a format of old versions",
    references=(
        "https://docs.docker.com/desktop/troubleshoot-and-support/faqs/macfaqs/",
        "https://docs.docker.com/desktop/features/wsl/",
    ),
    applies="computers with Docker Desktop",
)
def vm_disk_format_old(facts: DesktopDisk) -> Verdict:
    """Docker Desktop goes on using a disk of a format that new installations no longer get.

    ## What it reads
    Which file is the VM's disk: Docker.qcow2 instead of Docker.raw on macOS and Linux, or the disk
    of the distribution docker-desktop-data instead of docker_data.vhdx on Windows.

    ## Why it matters
    A qcow2 image is slower and gives freed space back only by a long compaction. The second
    distribution is from before Docker Desktop 4.30: it works, and guides and tools mean other paths.

    ## How to mend it
    docker-desktop-data: update Docker Desktop, which since 4.36 moves such an installation over to
    one distribution by itself. A qcow2 image: only a new disk is a Docker.raw. Save what you need
    (`docker save`, a tar of each volume), then Troubleshoot > Clean / Purge data, and load it again.

    ## What could go wrong
    A purge deletes all images, containers and volumes: check the copies before. Copy the .vhdx away
    before the update, with WSL shut down.

    ## Why this severity
    A note: it works.
    """
    current = [d for d in need(facts.disks) if d.current and d.provider == DESKTOP]
    if not current:
        return skip("Docker Desktop has no disk here")
    one = current[0]
    seen = Evidence(one.shown, "format", one.layout, f"{RAW} or {DATA_DISK}")
    if one.layout not in {QCOW2, TWO_DISTRIBUTIONS}:
        return ok(f"the VM's disk is {one.layout}", seen, subject=one.shown)
    what = (
        "a qcow2 image, which is slower than Docker.raw and keeps freed space"
        if one.layout == QCOW2
        else "that of the distribution docker-desktop-data, which Docker Desktop before 4.30 made"
    )
    purge = (
        "keep what you need: docker save, and a tar of each volume",
        "then Troubleshoot > Clean / Purge data: makes a new disk, and deletes all that is in the old",
    )
    update = (
        f"wsl --shutdown, then a copy of {one.shown}",
        "update Docker Desktop: since 4.36 it moves such an installation over by itself",
    )
    return fail(
        f"The VM's disk {one.shown} is {what}.",
        seen,
        subject=one.shown,
        mend=purge if one.layout == QCOW2 else update,
    )


@TOPIC.check(
    "vm-disk-left-over",
    NOTE,
    "A VM's disk that nothing uses takes space",
    references=(
        "https://github.com/microsoft/WSL/issues/40243",
        "https://docs.docker.com/desktop/features/wsl/",
    ),
    applies="computers with Docker Desktop",
)
def vm_disk_left_over(facts: DesktopDisk) -> list[Verdict]:
    """The disk of another layout, backend or installation of Docker Desktop was left behind.

    ## What it reads
    Which disks lie in the places of Docker Desktop's layouts and backends, which of them its
    settings lead to, and whether Docker Desktop is installed at all.

    ## Why it matters
    A change from Hyper-V to WSL 2, a move of the disk image, an update that made a new layout, and
    some ways of uninstalling leave the old file, with tens of gigabytes, for ever.

    ## How to mend it
    It may hold images and volumes that are nowhere else. Rename the file first, use Docker Desktop
    for a week, and delete it when nothing is missed. `wsl -l -v` must not list docker-desktop-data
    where its disk is to go; else `wsl --unregister docker-desktop-data` removes both.

    ## What could go wrong
    Deleting is final. A change back to the other backend finds an empty engine then.

    ## Why this severity
    A note: it only takes space.
    """
    verdicts: list[Verdict] = []
    disks = [d for d in need(facts.disks) if d.provider == DESKTOP]
    gone = facts.installed is False
    for one in disks:
        if one.current and not gone:
            continue
        taken = need(one.taken)
        seen = Evidence(one.shown, "space on the drive", human_size(taken), "no such file")
        if taken < LEFT_OVER_GIB.value * GIB:
            verdicts.append(
                ok(
                    f"{one.shown} is not in use, and takes only {human_size(taken)}",
                    seen,
                    subject=one.shown,
                )
            )
            continue
        why = (
            "Docker Desktop is neither running nor where it is installed"
            if gone
            else "Docker Desktop's settings lead to another disk"
        )
        verdicts.append(
            fail(
                f"{one.shown} takes {human_size(taken)}, and {why}.",
                seen,
                subject=one.shown,
                mend=_left_over_steps(one, facts.system),
            )
        )
    if not disks:
        return [skip("Docker Desktop has no disk here")]
    return verdicts or [ok("every disk of Docker Desktop that was found is in use")]


def _left_over_steps(one: VmDisk, system: str) -> tuple[str, ...]:
    name = one.shown.rpartition("\\" if "\\" in one.shown else "/")[2]
    rename = (
        f'ren "{one.shown}" {name}.old'
        if system not in {MACOS, LINUX}
        else f'mv "{one.shown}" "{one.shown}.old"'
    )
    listed = (
        ("wsl -l -v   # must not list docker-desktop-data, whose disk this is",)
        if one.layout == TWO_DISTRIBUTIONS
        else ()
    )
    return (
        "look whether anything is missed: docker image ls; docker volume ls",
        *listed,
        f"quit Docker Desktop, then: {rename}",
        "delete it after a week in which nothing was missed",
    )


@TOPIC.check(
    "distribution-disk-bloated",
    NOTE,
    "This WSL distribution's disk takes far more space than what is in it",
    references=(
        "https://learn.microsoft.com/windows/wsl/disk-space",
        "https://github.com/microsoft/WSL/issues/4699",
    ),
    applies="WSL 2 distributions",
)
def distribution_disk_bloated(facts: DesktopDisk) -> Verdict:
    """The .vhdx of this distribution takes space for blocks that are free in its file system.

    ## What it reads
    Where the registry says that the distribution's disk is, what the file takes on the drive of
    Windows, and statvfs(3) of /.

    ## Why it matters
    A .vhdx grows and never gets smaller by itself: after large builds, an engine's prune or the
    removal of a project the drive of Windows stays as full as before.

    ## How to mend it
    `sudo fstrim -v /` in the distribution, then compact its .vhdx with Optimize-VHD or diskpart
    while WSL is shut down. WSL 2.0 to 2.5.5 can also make it sparse: `wsl --manage NAME
    --set-sparse true`; later ones refuse that, as sparse disks have been damaged.

    ## What could go wrong
    The shutdown of WSL ends all distributions. Do not interrupt the compaction; a copy by
    `wsl --export NAME FILE` beforehand is worth having.

    ## Why this severity
    A note: it only takes space.
    """
    one = need(facts.distribution)
    back = one.taken - one.used
    seen = Evidence(one.shown, "space on the drive", human_size(one.taken), human_size(one.used))
    if back < BLOAT_GIB.value * GIB or one.taken < BLOAT_TIMES.value * one.used:
        return ok(
            f"{one.shown} takes {human_size(one.taken)}; {human_size(one.used)} are in use in it",
            seen,
            subject=one.name,
        )
    return fail(
        f"{one.shown} takes {human_size(one.taken)} on the drive of Windows, and {one.name} has "
        f"{human_size(one.used)} in use: up to {human_size(back)} can be given back.",
        seen,
        subject=one.name,
        mend=("sudo fstrim -v /", *_compact_vhdx(one.shown)),
    )
