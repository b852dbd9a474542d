"""Docker Desktop: what its VM gets, how it shares files, whether it rests when it is idle."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from fixes.model import (
    JSON,
    START_DESKTOP,
    EditFile,
    Effect,
    Family,
    Parameter,
    by_hand,
    nothing,
    propose,
)
from probes import desktop_host, desktop_settings, vm_share
from probes.desktop_host import LINUX, MACOS, OtherPlatform
from probes.desktop_settings import Settings, camel
from probes.formats.sizes import GIB, MIB, human_size, parse_size
from probes.host.questions import Absent, Unreadable
from probes.model import Missing, known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixes.model import Proposal, Request
    from probes.host import Host

FAMILY = Family()

FIRST_WITH_VIRTIOFS = (21, 6)
"""Darwin of macOS 12.5, which VirtioFS needs (docker/docs settings-reference.md)."""

SHORTEST_PAUSE = 30
"""Seconds that AutoPauseTimeoutSeconds must be above (docker/docs resource-saver.md)."""

DEFAULT_PAUSE = 300

SMALLEST_MEMORY = GIB
"""Below this nobody limits the VM on purpose: the engine alone needs half of it."""

_PROFILE = Parameter(
    "profile",
    "the folder of the Windows user who runs Docker Desktop",
    "inside WSL: that folder as seen from here, e.g. /mnt/c/Users/ann",
)


def _settings(host: Host, request: Request) -> Settings:
    return desktop_settings.read(host, request.given.get("profile", ""))


def _set(
    host: Host,
    request: Request,
    fix: str,
    settings: Settings,
    *,
    wanted: Mapping[str, Any],
    reason: str,
    notes: tuple[str, ...] = (),
) -> Proposal:
    """The edit of keys in PascalCase, unless an administrator or a running Desktop is against it."""
    locks = desktop_settings.locked(host)
    held = [camel(name) for name in wanted if camel(name) in locks]
    if held:
        path = desktop_settings.admin_path(host)
        owner = known(lambda: host.stat(path).owner)
        whose = "" if isinstance(owner, Missing) else f" (its owner: {owner})"
        return by_hand(
            f"{', '.join(held)}: locked in {path}{whose}",
            "ask whoever administers Docker Desktop in your organisation to change it there",
        )
    try:
        runs = desktop_settings.is_running(host)
        why = "Docker Desktop runs, and writes over its settings when it ends"
    except Unreadable as error:
        runs = True
        why = (
            f"whether Docker Desktop runs cannot be told ({error.reason}); it would write over this"
        )
    if runs:
        given = (f' --set "{name}={value}"' for name, value in request.given.items())
        again = f"hullcheck fix {fix} --apply{''.join(given)}"
        return by_hand(
            f"{reason}. {why}: quit it first",
            "docker desktop stop   # before 4.37: Quit Docker Desktop in its menu",
            again,
            "docker desktop start",
            notes=notes,
        )
    return propose(
        reason,
        EditFile(
            settings.path, JSON, {(settings.key(name),): value for name, value in wanted.items()}
        ),
        effects=(Effect(START_DESKTOP, command="docker desktop start"),),
        notes=notes,
    )


@FAMILY.fix(
    "desktop-resources",
    "Fit Docker Desktop's VM to this computer",
    applies="Docker Desktop on macOS and Linux, and on Windows with Hyper-V",
    parameters=(
        Parameter("memory", "half of the computer's", "memory for the VM, e.g. 8GB"),
        Parameter("cpus", "all but a quarter, two at most", "processors for the VM"),
        Parameter("swap", "a quarter of the VM's memory", "swap of the VM, e.g. 2GB; 0 for none"),
        Parameter(
            "disk", "what it is, or half of its file system", "limit of the VM's disk, e.g. 256GB"
        ),
        _PROFILE,
    ),
)
def desktop_resources(host: Host, request: Request) -> Proposal:
    """Gives the VM that runs the containers a share of the computer and leaves the rest to the host.

    ## What it changes
    `MemoryMiB`, `Cpus`, `SwapMiB` and `DiskSizeMiB` in settings-store.json (`memoryMiB` and so on
    in settings.json, up to 4.34), where they are not set or do not fit this computer. A limit that
    leaves the host enough stays as it is. With WSL 2 Docker Desktop does not heed them: there
    `hullcheck fix wsl-memory` sets WSL's.

    ## Where the values come from
    The computer's memory and processors. Half of the memory, with 4 GB left for the host and 2 GB
    for the VM at least; all processors but a quarter, of which two at most are held back; swap of a
    quarter of the VM's memory. The disk's limit is raised to half of the file system that holds it,
    where there is room for that and the limit is smaller; the disk grows as it is filled.

    ## What it costs
    A build that needs more memory than the limit swaps, and is killed when that is full too. The
    disk's limit is never lowered: on macOS that deletes the disk with all images and volumes.

    ## How it is verified
    The settings are read again. `docker info` shows CPUs and Total Memory when Docker Desktop has
    started.

    ## How it is undone
    The settings file gets its former content back, while Docker Desktop is stopped. A disk that was
    allowed to grow keeps its new limit until it is set again.
    """
    settings = _settings(host, request)
    if desktop_settings.uses_wsl(host, settings):
        return by_hand(
            "Docker Desktop runs on WSL 2, which limits it: these settings do not count",
            "hullcheck fix wsl-memory",
        )
    computer = desktop_host.hardware(host)
    if "memory" not in request.given and vm_share.nominal(computer.memory) < 4 * GIB:
        return by_hand(
            f"this computer has {human_size(computer.memory)} of memory: Docker Desktop needs 4 GB",
            "choose a limit yourself: hullcheck fix desktop-resources --set memory=1GB",
        )
    wanted, words = _resources(settings, request.given, computer)
    disk = _disk(host, settings, request.given)
    if disk is not None:
        wanted["DiskSizeMiB"] = disk // MIB
        words.append(f"a disk of up to {human_size(disk)}")
    if not wanted:
        return nothing(f"{settings.path} already fits this computer")
    reason = f"Docker Desktop's VM gets {', '.join(words)}"
    return _set(host, request, "desktop-resources", settings, wanted=wanted, reason=reason)


def _resources(
    settings: Settings, given: Mapping[str, str], computer: desktop_host.Hardware
) -> tuple[dict[str, Any], list[str]]:
    """Which of memory, processors and swap have to change, and what they come to in words."""
    wanted: dict[str, Any] = {}
    words = []
    memory = _bytes(settings, "MemoryMiB")
    # Docker Desktop's own default.
    default = computer.memory // 2
    size = _chosen(given, "memory", SMALLEST_MEMORY, computer.memory)
    now = default if memory is None else memory
    if size is None and not SMALLEST_MEMORY <= now <= vm_share.most_memory(computer.memory):
        size = vm_share.memory(computer.memory)
    if size is not None and size != memory:
        now = size
        wanted["MemoryMiB"] = size // MIB
        words.append(
            f"{human_size(size)} of this computer's "
            f"{human_size(vm_share.nominal(computer.memory))} of memory"
        )

    cpus = _whole(settings.get("Cpus"))
    count = _chosen_cpus(given, computer.cpus)
    if count is None and (cpus is None or not 1 <= cpus <= computer.cpus):
        count = vm_share.processors(computer.cpus)
        if count == computer.cpus and cpus is None:
            count = None  # which is the default
    if count is not None and count != cpus:
        wanted["Cpus"] = count
        words.append(f"{count} of {computer.cpus} processors")

    swap = _bytes(settings, "SwapMiB")
    size = _chosen(given, "swap", 0, None)
    if size is None and swap is None and now:
        size = vm_share.swap(now)
    if size is not None and size != swap:
        wanted["SwapMiB"] = size // MIB
        words.append(f"{human_size(size)} of swap" if size else "no swap")
    return wanted, words


def _disk(host: Host, settings: Settings, given: Mapping[str, str]) -> int | None:
    """The new limit of the VM's disk in bytes; None where it stays.

    Raises: ValueError for one below the present limit; Absent where the present one is not known
    and another one was asked for.
    """
    now = _bytes(settings, "DiskSizeMiB")
    if now is None:
        # A sparse file of the size of its limit.
        size = known(lambda: host.stat(_disk_image(host, settings)).size)
        now = None if isinstance(size, Missing) else size
    asked = _chosen(given, "disk", GIB, None)
    if asked is not None:
        if now is None:
            raise Absent(
                "the present limit of Docker Desktop's disk cannot be told, and a lower one would "
                "delete the disk: set it in Docker Desktop, Settings > Resources"
            )
        if asked < now:
            raise ValueError(
                f"disk: the limit is {human_size(now)}, and a lower one would delete the disk with "
                "all images and volumes"
            )
        return None if asked == now else asked
    space = known(lambda: host.statvfs(posixpath.dirname(_disk_image(host, settings))))
    if now is None or isinstance(space, Missing):
        return None
    half = space.total // 2 // GIB * GIB
    # What it may grow by must be there, and a tenth of the file system besides.
    return half if half > now and half - now <= space.available - space.total // 10 else None


def _disk_image(host: Host, settings: Settings) -> str:
    """Where the disk of the VM lies on macOS and Linux (docker/docs faqs/macfaqs.md).

    Raises: Absent on Windows, where the disk of Hyper-V's VM tells nothing of its limit.
    """
    default = {
        MACOS: "Library/Containers/com.docker.docker/Data/vms/0/data",
        LINUX: ".docker/desktop/vms/0/data",
    }.get(desktop_host.platform(host))
    if default is None:
        raise Absent("Hyper-V's disk does not tell its limit")
    folder = settings.get("DataFolder")
    if not isinstance(folder, str) or not folder:
        folder = posixpath.join(host.gauge("session")["home"], default)
    return posixpath.join(folder, "Docker.raw")


def _bytes(settings: Settings, name: str) -> int | None:
    """A size in MiB, in bytes; None where it is not set, or set to what is none."""
    value = _whole(settings.get(name))
    return None if value is None or value < 0 else value * MIB


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _chosen(given: Mapping[str, str], name: str, least: int, most: int | None) -> int | None:
    """The user's own size in bytes, whole MiB; None without one. Raises: ValueError."""
    text = given.get(name)
    if text is None:
        return None
    size = parse_size(text)
    if size is None or (0 < size < MIB) or size % MIB:
        raise ValueError(f"{name}: write a size with MB or GB, like 8GB, not {text}")
    if size < least:
        raise ValueError(f"{name}: {text} is less than {human_size(least)}")
    if most is not None and size > most:
        raise ValueError(f"{name}: {text} is more than this computer's {human_size(most)}")
    return size


def _chosen_cpus(given: Mapping[str, str], cpus: int) -> int | None:
    text = given.get("cpus")
    if text is None:
        return None
    count = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= count <= cpus:
        raise ValueError(f"cpus: write a number from 1 to the {cpus} of this computer, not {text}")
    return count


@FAMILY.fix(
    "desktop-file-sharing",
    "Share files with containers through VirtioFS",
    applies="Docker Desktop on macOS 12.5 or later",
)
def desktop_file_sharing(host: Host, request: Request) -> Proposal:
    """Has Docker Desktop share folders of the Mac through VirtioFS, the fastest of its ways.

    ## What it changes
    `UseVirtualizationFrameworkVirtioFS`, and where it is off `UseVirtualizationFramework`, which it
    needs, become true in settings-store.json (settings.json up to 4.34, in camelCase). gRPC FUSE
    stays as it is set: where both are true, VirtioFS is taken.

    ## Where the values come from
    The settings, and the version of macOS: VirtioFS needs 12.5. Docker VMM has no other way.

    ## What it costs
    Files may belong to another user inside containers than with gRPC FUSE, which some images do not
    expect (docker/for-mac#6243, #6614). With `UseVirtualizationFramework` the VM starts on Apple's
    framework instead of HyperKit or QEMU; images and volumes stay.

    ## How it is verified
    The settings are read again.

    ## How it is undone
    The settings file gets its former content back, while Docker Desktop is stopped.
    """
    if desktop_host.platform(host) != MACOS:
        raise OtherPlatform("only Docker Desktop on macOS has a choice of file sharing")
    settings = _settings(host, request)
    if settings.get("UseLibkrun") is True:
        return nothing("Docker VMM shares files through VirtioFS only")
    # Both are on by default.
    wanted = {
        name: True
        for name in ("UseVirtualizationFrameworkVirtioFS", "UseVirtualizationFramework")
        if settings.get(name) is False
    }
    if not wanted:
        return nothing("Docker Desktop already shares files through VirtioFS")
    release = host.gauge("system")["release"]
    if _numbers(release) < FIRST_WITH_VIRTIOFS:
        return by_hand(
            f"VirtioFS needs macOS 12.5, and this is Darwin {release}",
            "update macOS, or keep what is read much in a named volume",
        )
    notes: tuple[str, ...] = (
        (
            "Files may belong to another user inside containers than before "
            "(docker/for-mac#6243): undo it if an image complains."
        ),
    )
    if "UseVirtualizationFramework" in wanted:
        notes += ("The VM starts on Apple's virtualization framework from then on.",)
    return _set(
        host,
        request,
        "desktop-file-sharing",
        settings,
        wanted=wanted,
        reason="Docker Desktop shares files through VirtioFS",
        notes=notes,
    )


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdigit())


@FAMILY.fix(
    "desktop-resource-saver",
    "Let Docker Desktop rest when no container runs",
    applies="Docker Desktop",
    parameters=(
        Parameter("seconds", "what is set, else 300", "idle seconds until it rests, above 30"),
        _PROFILE,
    ),
)
def desktop_resource_saver(host: Host, request: Request) -> Proposal:
    """Has Docker Desktop stop its VM when no container has run for some minutes.

    ## What it changes
    `UseResourceSaver` becomes true in settings-store.json (settings.json up to 4.34, in camelCase),
    and `AutoPauseTimeoutSeconds` what `--set seconds=` asks for.

    ## Where the values come from
    Docker's own default: on, after 300 seconds. 30 seconds are the least.

    ## What it costs
    The first command afterwards waits 3 to 10 seconds for the VM. With WSL 2 the VM belongs to all
    distributions and goes on: only the engine pauses, and its memory stays taken; there
    `hullcheck fix wsl-memory-reclaim` gives memory back.

    ## How it is verified
    The settings are read again.

    ## How it is undone
    The settings file gets its former content back, while Docker Desktop is stopped.
    """
    settings = _settings(host, request)
    text = request.given.get("seconds")
    wanted: dict[str, Any] = {}
    if settings.get("UseResourceSaver") is False:
        wanted["UseResourceSaver"] = True
    now = _whole(settings.get("AutoPauseTimeoutSeconds"))
    now = DEFAULT_PAUSE if now is None else now
    seconds = now
    if text is not None:
        seconds = int(text) if text.isascii() and text.isdigit() else 0
        if seconds <= SHORTEST_PAUSE:
            raise ValueError(f"seconds: write a number above {SHORTEST_PAUSE}, not {text}")
        if seconds != now:
            wanted["AutoPauseTimeoutSeconds"] = seconds
    if not wanted:
        return nothing(f"Docker Desktop already rests after {now} seconds without a container")
    notes: tuple[str, ...] = ()
    if desktop_settings.uses_wsl(host, settings):
        notes = (
            (
                "With WSL 2 only the engine pauses: for its memory, see "
                "hullcheck fix wsl-memory-reclaim."
            ),
        )
    return _set(
        host,
        request,
        "desktop-resource-saver",
        settings,
        wanted=wanted,
        reason=f"Docker Desktop rests after {seconds} seconds without a container",
        notes=notes,
    )
