"""Disk space: how much is left where the engine writes, and what can be had back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import engine, engine_host, storage
from probes.formats.sizes import GIB, human_size
from probes.formats.versions import major_minor
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
    need,
    ok,
    skip,
)
from probes.record import NamedTuple
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from probes.host import Host

USAGE_PATH = "/system/df?verbose=1"
"""``verbose`` brings the single items from API 1.52 (engine 29) on, where the plain answer has
only sums; engines before that ignore it (moby daemon/server/router/system)."""
USAGE = f"engine GET {USAGE_PATH}"

SPACE_LOW_PERCENT = Threshold(
    "disk-space-low",
    10,
    "%",
    "a large image or a day of builds; the engine's own build cache aims at keeping 20 % free "
    "(moby builder/builder-next/worker/gc.go)",
)
SPACE_CRITICAL_PERCENT = Threshold(
    "disk-space-critical",
    2,
    "%",
    "ext4 and XFS slow down and databases begin to refuse writes; one image pull fills it",
)
LOW_AT_MOST, LOW_AT_LEAST, LOW_SMALL_PERCENT = 20 * GIB, 5 * GIB, 20
"""Percentages mislead on very large and very small disks: 20 GiB are enough for anybody, and less
than 5 GiB are little on any but a small disk (SD cards), where 20 % count instead."""
CRITICAL_AT_MOST, CRITICAL_AT_LEAST, CRITICAL_SMALL_PERCENT = 2 * GIB, 1 * GIB, 5
"""The same for the point at which it is about to break: one image is 1 to 2 GiB."""

INODES_LOW_PERCENT = Threshold(
    "inodes-low", 10, "%", "one node_modules folder is 50,000 files, 1 % of a 75 GB ext4"
)
INODES_CRITICAL_PERCENT = Threshold(
    "inodes-critical", 2, "%", "one image of a language toolchain needs that"
)

WORTH_PERCENT = Threshold(
    "reclaimable-share",
    5,
    "%",
    "of the file system: less than that is not worth a decision on a large disk",
)
DANGLING_GIB = Threshold("images-dangling", 5, "GiB", "a handful of builds of one large image")
UNUSED_GIB = Threshold("images-unused", 20, "GiB", "what a desktop of current projects keeps")
CACHE_GIB = Threshold(
    "build-cache-large", 20, "GiB", "Docker Desktop's own limit of the build cache is 20 GB"
)
CACHE_PERCENT = Threshold(
    "build-cache-share",
    20,
    "%",
    "of the file system: twice the 10 % that engines before 28 keep of it when they collect",
)
VOLUMES_GIB = Threshold("volumes-orphaned", 5, "GiB", "one forgotten database")
STOPPED_GIB = Threshold("containers-stopped", 5, "GiB", "files written inside stopped containers")
STOPPED_COUNT = Threshold(
    "containers-stopped-count", 20, "containers", "CIS Docker Benchmark 6.2: avoid container sprawl"
)

UNUSED_DAYS = 7
"""What was made or used within a week is left alone when something is to be removed."""

ANONYMOUS_ONLY_SINCE = 23
"""Engine from which ``docker volume prune`` spares named volumes (API 1.42 version history)."""

_ID_LENGTH = 64

TOPIC = Topic["Disk"]("disk", "Disk space", engine=(USAGE_PATH,))


class Place(NamedTuple):
    """A file system that the engine fills."""

    path: str
    mount: str
    fstype: str
    filesystem: str
    total: int
    available: int
    """Free to everyone but root, in bytes."""
    inodes: int
    """0 where the file system makes inodes as needed."""
    inodes_available: int


class Kind(NamedTuple):
    """One kind of thing that takes space."""

    number: int
    size: int
    unused: int
    """How many nothing uses."""
    reclaimable: int
    """Bytes of those."""


class Usage(NamedTuple):
    """What ``docker system df -v`` tells. A kind is Missing where this engine does not tell it."""

    images: Kind | Missing
    dangling: Kind | Missing
    """Images without a tag; ``reclaimable`` counts only what they share with nothing."""
    containers: Kind | Missing
    """``unused`` are those that do not run; ``size`` is what was written inside them."""
    dead: tuple[str, ...] | Missing
    """Names of containers whose removal failed."""
    anonymous: Kind | Missing
    """Volumes that the engine named itself."""
    named: Kind | Missing
    cache: Kind | Missing


class Disk(NamedTuple):
    """Free space and what takes it."""

    data_root: Place | Missing
    containerd_root: Place | Missing
    """Where images lie with the containerd image store; inapplicable without it."""
    usage: Usage | Missing
    version: str | Missing


@TOPIC.probe
def look(host: Host) -> Disk:
    """Ask statvfs(3), which needs no rights, and the engine."""
    return Disk(
        data_root=known(lambda: place(host, *storage.data_root(host))),
        containerd_root=known(lambda: _containerd_root(host)),
        usage=known(lambda: parse_usage(engine.get(host, USAGE_PATH))),
        version=engine.look(host).version,
    )


def _containerd_root(host: Host) -> Place:
    storage.docker_engine(host)
    if not storage.uses_containerd_store(host):
        raise engine.NotHere("the engine does not use the containerd image store")
    return place(host, *storage.containerd_root(host))


def place(host: Host, path: str, source: str = "") -> Place:
    """The file system under a path of the engine."""
    found = storage.directory(host, "", path, source)
    space = host.statvfs(path)
    return Place(
        path=path,
        mount=found.mount,
        fstype=found.fstype,
        filesystem=found.filesystem,
        total=space.total,
        available=space.available,
        inodes=space.inodes,
        inodes_available=space.inodes_available,
    )


# -- docker system df ----------------------------------------------------------------------------


def parse_usage(answer: Any) -> Usage:  # noqa: ANN401 - any JSON
    """GET /system/df in the shapes that engines of all ages answer with.

    >>> parse_usage({"BuildCacheUsage": {"TotalCount": 3, "TotalSize": 90, "Reclaimable": 60}}).cache
    Kind(number=3, size=90, unused=0, reclaimable=60)
    """
    told = answer if isinstance(answer, dict) else {}
    images, image_sums = _items(told, *IMAGES)
    containers, _ = _items(told, *CONTAINERS)
    volumes = volume_rows(told)
    cache, cache_sums = _items(told, *CACHE)
    untold = Missing("this engine does not tell it (GET /system/df)", look="docker system df -v")
    layers = number(told.get("LayersSize"))
    return Usage(
        images=untold if images is None else _images(images, image_sums, layers),
        dangling=untold if images is None else _dangling(images),
        containers=untold if containers is None else _containers(containers),
        dead=untold
        if containers is None
        else tuple(engine_host.name_of(c) for c in containers if c.get("State") == "dead"),
        anonymous=untold if volumes is None else _volumes(volumes, anonymous=True),
        named=untold if volumes is None else _volumes(volumes, anonymous=False),
        cache=untold if cache is None and not cache_sums else _cache(cache or [], cache_sums),
    )


IMAGES = ("Images", "ImageUsage", "ImagesDiskUsage")
CONTAINERS = ("Containers", "ContainerUsage", "ContainersDiskUsage")
VOLUMES = ("Volumes", "VolumeUsage", "VolumesDiskUsage")
CACHE = ("BuildCache", "BuildCacheUsage", "BuildCacheDiskUsage")
"""What engines of different ages call each kind in GET /system/df."""


def _items(
    told: dict[str, Any], old: str, *new: str
) -> tuple[list[dict[str, Any]] | None, dict[str, Any]]:
    """The items of a kind, and the sums that newer engines add; None where it is not told."""
    sums: dict[str, Any] = next((told[n] for n in new if isinstance(told.get(n), dict)), {})
    listed = told[old] if old in told else sums.get("Items")
    if listed is None and (old in told or number(sums.get("TotalCount")) == 0):
        # Go writes an empty list as null, or leaves it out.
        listed = []
    if not isinstance(listed, list):
        return None, sums
    return [item for item in listed if isinstance(item, dict)], sums


def rows(answer: Any, kind: tuple[str, ...]) -> list[dict[str, Any]] | None:  # noqa: ANN401
    """The items of one kind (:data:`IMAGES` and so on) of GET /system/df; None if untold."""
    return _items(answer if isinstance(answer, dict) else {}, *kind)[0]


def volume_rows(answer: Any) -> list[dict[str, Any]] | None:  # noqa: ANN401 - any JSON
    """The volumes of GET /system/df with their sizes; None where this engine does not tell."""
    return rows(answer, VOLUMES)


def number(value: object) -> int:
    """A whole number in an engine's answer, 0 for what is none."""
    try:
        return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
    except (ValueError, OverflowError):  # no engine tells a NaN; a record may
        return 0


def own_size(image: dict[str, Any]) -> int:
    """What goes when this image goes; 0 where the engine did not work it out (-1)."""
    size, shared = number(image.get("Size")), number(image.get("SharedSize"))
    return max(size - shared, 0) if shared >= 0 else 0


def is_unused(image: dict[str, Any]) -> bool:
    """Whether no container, running or not, is made of an image."""
    return image.get("Containers") == 0


def tags(image: dict[str, Any]) -> list[str]:
    """The names that an image has; none for a dangling one."""
    named = image.get("RepoTags")
    return [
        str(tag) for tag in (named if isinstance(named, list) else []) if tag != "<none>:<none>"
    ]


def _images(images: list[dict[str, Any]], sums: dict[str, Any], layers: int) -> Kind:
    unused = [i for i in images if is_unused(i)]
    total = number(sums.get("TotalSize")) or layers
    if sums:
        free = number(sums.get("Reclaimable"))
    else:
        # As docker/cli cli/command/formatter/disk_usage.go: all layers less what used images own.
        free = max(total - sum(own_size(i) for i in images if i.get("Containers") != 0), 0)
    # Both count what used images share among each other as free: no more than the unused ones hold.
    most = sum(number(i.get("Size")) for i in unused)
    return Kind(len(images), total, len(unused), min(free, most))


def _dangling(images: list[dict[str, Any]]) -> Kind:
    found = [i for i in images if is_unused(i) and not tags(i)]
    own = sum(own_size(i) for i in found)
    return Kind(len(found), own, len(found), own)


STOPPED = ("exited", "created", "dead")
"""States of containers that do not run; "dead" are those whose removal failed."""


def _containers(containers: list[dict[str, Any]]) -> Kind:
    stopped = [c for c in containers if c.get("State") in STOPPED]
    return Kind(
        len(containers),
        sum(number(c.get("SizeRw")) for c in containers),
        len(stopped),
        sum(number(c.get("SizeRw")) for c in stopped),
    )


def is_anonymous(name: str, labels: object) -> bool:
    """Whether the engine named a volume itself: a label since 23.0, 64 hex digits before.

    >>> is_anonymous("db-data", None), is_anonymous("4f" * 32, None)
    (False, True)
    """
    if isinstance(labels, dict) and "com.docker.volume.anonymous" in labels:
        return True
    return len(name) == _ID_LENGTH and all(c in "0123456789abcdef" for c in name)


def volume_use(volume: dict[str, Any]) -> tuple[int, int | None]:
    """Bytes of a volume (0 where that is not told), and how many containers name it."""
    usage = volume.get("UsageData")
    told = usage if isinstance(usage, dict) else {}
    count = told.get("RefCount")
    return max(number(told.get("Size")), 0), count if isinstance(count, int) else None


def _volumes(volumes: list[dict[str, Any]], *, anonymous: bool) -> Kind:
    sizes, unused = [], []
    for volume in volumes:
        if is_anonymous(str(volume.get("Name")), volume.get("Labels")) is not anonymous:
            continue
        size, used = volume_use(volume)
        sizes.append(size)
        if used == 0:
            unused.append(size)
    return Kind(len(sizes), sum(sizes), len(unused), sum(unused))


def is_idle(record: dict[str, Any]) -> bool:
    """Whether a record of the build cache is neither in use nor shared with an image."""
    return not record.get("Shared") and not record.get("InUse")


def _cache(records: list[dict[str, Any]], sums: dict[str, Any]) -> Kind:
    own = [r for r in records if not r.get("Shared")]
    idle = [r for r in records if is_idle(r)]
    if sums:
        count = number(sums.get("TotalCount")) or len(records)
        return Kind(
            count, number(sums.get("TotalSize")), len(idle), number(sums.get("Reclaimable"))
        )
    return Kind(
        len(records),
        sum(number(r.get("Size")) for r in own),
        len(idle),
        sum(number(r.get("Size")) for r in idle),
    )


# -- what can be had back ------------------------------------------------------------------------


OLDER = f"until={UNUSED_DAYS * 24}h"
"""The filter of docker's prunes for it."""


class Reclaim(NamedTuple):
    """A way to get space back."""

    size: int
    words: str
    command: str


def reclaims(facts: Disk) -> list[Reclaim]:
    """What can be had back, the most first; nothing that is not known to be worth a command."""
    usage = facts.usage
    if isinstance(usage, Missing):
        return []
    found = []
    cache, images, dangling = have(usage.cache, None), have(usage.images, None), usage.dangling
    untagged = dangling.reclaimable if isinstance(dangling, Kind) else 0
    if cache:
        found.append(
            Reclaim(
                cache.reclaimable,
                "build cache",
                "docker builder prune --filter until=24h   # the next builds are slower",
            )
        )
    if untagged:
        found.append(
            Reclaim(
                untagged,
                "untagged images",
                "docker image prune   # images without a tag that no container uses",
            )
        )
    if images:
        found.append(
            Reclaim(
                max(images.reclaimable - untagged, 0),
                "unused images",
                f"docker image prune -a --filter {OLDER}   # images no container uses, older "
                "than a week; they have to be pulled or built again",
            )
        )
    containers = have(usage.containers, None)
    if containers:
        found.append(
            Reclaim(
                containers.reclaimable,
                "stopped containers",
                f"docker container prune   # deletes the {containers.unused} stopped containers "
                "with their files and logs",
            )
        )
    anonymous = have(usage.anonymous, None)
    if anonymous:
        found.append(
            Reclaim(anonymous.reclaimable, "unused anonymous volumes", _volume_prune(facts))
        )
    return sorted((r for r in found if r.size >= GIB // 10), key=lambda r: -r.size)


def _volume_prune(facts: Disk) -> str:
    look = "docker volume ls -f dangling=true   # look first, then: "
    if major_minor(have(facts.version, ""))[0] >= ANONYMOUS_ONLY_SINCE:
        return f"{look}docker volume prune   # deletes unused anonymous volumes for good"
    return (
        f"{look}docker volume rm NAME...   # deletes data for good; `docker volume prune` of this "
        "engine would take the named ones too"
    )


def _steps(facts: Disk) -> tuple[str, ...]:
    found = reclaims(facts)
    steps = [f"{r.command} (up to {human_size(r.size)})" for r in found]
    if isinstance(facts.usage, Missing):
        steps.append("docker system df   # what takes the space")
    elif not found:
        steps.append("Nothing of Docker's can be pruned: enlarge the file system, or move data")
    return tuple(steps)


def _freeable(facts: Disk) -> str:
    found = reclaims(facts)
    if not found:
        return ""
    parts = ", ".join(f"{human_size(r.size)} of {r.words}" for r in found)
    return f"; up to {parts} can be had back"


# -- checks --------------------------------------------------------------------------------------


def _places(facts: Disk) -> list[Place]:
    """The file systems that the engine fills, each once."""
    found = [need(facts.data_root)]
    other = facts.containerd_root
    if isinstance(other, Missing):
        if other.kind != "inapplicable" and not isinstance(facts.version, Missing):
            need(other)
    elif other.filesystem != found[0].filesystem:
        found.append(other)
    return found


def low_bytes(total: int) -> tuple[int, int]:
    """Bytes below which a file system of this size is low, and critical.

    >>> [tuple(x // GIB for x in low_bytes(n * GIB)) for n in (16, 100, 1000)]
    [(3, 0), (10, 2), (20, 2)]
    """

    def line(percent: float, most: int, least: int, small: int) -> int:
        return int(max(min(total * percent / 100, most), min(least, total * small / 100)))

    return (
        line(SPACE_LOW_PERCENT.value, LOW_AT_MOST, LOW_AT_LEAST, LOW_SMALL_PERCENT),
        line(
            SPACE_CRITICAL_PERCENT.value,
            CRITICAL_AT_MOST,
            CRITICAL_AT_LEAST,
            CRITICAL_SMALL_PERCENT,
        ),
    )


@TOPIC.check(
    "disk-space-low",
    WARNING,
    "The engine's disk is nearly full",
    references=(
        "https://docs.docker.com/engine/manage-resources/pruning/",
        "https://github.com/moby/moby/issues/21925",
    ),
    applies="engines on this host",
)
def disk_space_low(facts: Disk) -> list[Verdict]:
    """Little space is left on a file system that the engine writes to.

    ## What it reads
    statvfs(3) of the data root and, with the containerd image store, of containerd's root: what is
    free to others than root. GET /system/df tells what of Docker's can be had back.

    ## Why it matters
    Pulls and builds fail half-way, databases in containers stop or corrupt, the daemon cannot write
    its own state, and after a restart containers may be missing. What is low: 10 % of the file
    system, but at most 20 GiB, and 5 GiB on all but small disks.

    ## How to mend it
    Free what is cheapest to get back: build cache, then untagged images, then unused images. The
    commands with the most to gain are listed first, with what they cost. Container logs are not in
    Docker's own count: container-log-large looks at them.

    ## What could go wrong
    Each prune deletes for good. Volumes hold data: look at them before. `docker system prune -a
    --volumes` takes everything that does not run at that moment.

    ## Why this severity
    A warning; an error when less than 2 % (at most 2 GiB) is left, which one image pull fills.
    """
    verdicts = []
    for here in _places(facts):
        low, critical = low_bytes(here.total)
        percent = 100 * here.available / here.total if here.total else 100
        free = f"{human_size(here.available)} of {human_size(here.total)} ({percent:.0f} %)"
        seen = Evidence(f"statvfs({here.path})", "available", free, f"at least {human_size(low)}")
        if here.available >= low:
            verdicts.append(ok(f"{free} are free for {here.path}", seen, subject=here.path))
            continue
        full = here.available < critical
        verdicts.append(
            fail(
                f"{free} are free on {here.mount}, where the engine keeps {here.path}"
                f"{_freeable(facts)}.",
                seen,
                subject=here.path,
                severity=ERROR if full else "",
                mend=_steps(facts),
            )
        )
    return verdicts


@TOPIC.check(
    "inodes-low",
    WARNING,
    "The engine's disk can hold few more files",
    references=("man:statvfs(3)", "https://docs.docker.com/engine/manage-resources/pruning/"),
    applies="engines on this host whose file system has a fixed number of inodes",
)
def inodes_low(facts: Disk) -> list[Verdict]:
    """The file system runs out of inodes before it runs out of space.

    ## What it reads
    statvfs(3) of the data root and, with the containerd image store, of containerd's root. btrfs
    and ZFS, which make inodes as needed, are skipped.

    ## Why it matters
    Every file takes an inode, and ext4 fixes their number when it is made. Images of small files
    (node_modules, Python packages) use them up while df still shows space: everything fails with
    "No space left on device", which nobody believes.

    ## How to mend it
    Prune images and build cache. For good: a file system with more inodes (`mkfs.ext4 -i 8192`),
    or XFS, which adds them as needed.

    ## What could go wrong
    Prunes delete for good; a new file system deletes all that is on it.

    ## Why this severity
    A warning; an error below 2 %, which one image can need.
    """
    verdicts = []
    for here in _places(facts):
        if not here.inodes:
            verdicts.append(skip(f"{here.fstype} makes inodes as it needs them", subject=here.path))
            continue
        percent = 100 * here.inodes_available / here.inodes
        free = f"{here.inodes_available:,} of {here.inodes:,} ({percent:.0f} %)"
        seen = Evidence(
            f"statvfs({here.path})",
            "inodes available",
            free,
            f"at least {INODES_LOW_PERCENT.value:g} %",
        )
        if percent >= INODES_LOW_PERCENT.value:
            verdicts.append(ok(f"{free} inodes are free for {here.path}", seen, subject=here.path))
            continue
        verdicts.append(
            fail(
                f"{free} inodes are free on {here.mount}: soon no file can be made in "
                f"{here.path}, however much space is left.",
                seen,
                subject=here.path,
                severity=ERROR if percent < INODES_CRITICAL_PERCENT.value else "",
                mend=(*_steps(facts), f"df -i {here.mount}; sudo du --inodes -xd2 {here.path}"),
            )
        )
    return verdicts


def _worth(facts: Disk, floor: Threshold) -> int:
    """Bytes from which something is worth a decision: the floor, and a share of a large disk.

    Images lie in containerd's root where the engine uses that store, else in the data root; an
    engine elsewhere does not tell the size of its disk, then only the floor counts.
    """
    sizes = [p.total for p in (facts.containerd_root, facts.data_root) if isinstance(p, Place)]
    share = int(sizes[0] * WORTH_PERCENT.value / 100) if sizes else 0
    return max(int(floor.value * GIB), share)


def _kind(facts: Disk, name: str) -> Kind:
    return need(getattr(need(facts.usage), name))  # type: ignore[no-any-return]


@TOPIC.check(
    "images-dangling",
    NOTE,
    "Untagged images take space",
    references=(
        "https://docs.docker.com/reference/cli/docker/image/prune/",
        "CIS Docker Benchmark 6.1",
    ),
    applies="every engine",
)
def images_dangling(facts: Disk) -> Verdict:
    """Images that lost their tag and that no container uses take up space.

    ## What it reads
    GET /system/df: images without a tag and without a container, and what they share with no other
    image. What they share among each other is not counted: it is the least that comes back.

    ## Why it matters
    Each rebuild under the same tag leaves the image before it without a name. Nobody can use it by
    accident, nobody looks for it, and it stays for ever.

    ## How to mend it
    `docker image prune`; on build machines from cron or a systemd timer.

    ## What could go wrong
    An untagged image that you meant to keep is gone; tag it before (`docker tag ID NAME`).

    ## Why this severity
    A note: it matters when space is short, and disk-space-low says when that is.
    """
    kind = _kind(facts, "dangling")
    line = _worth(facts, DANGLING_GIB)
    seen = Evidence(
        USAGE,
        "images without tag and container",
        f"{kind.number}, {human_size(kind.reclaimable)}",
        f"less than {human_size(line)}",
    )
    if kind.reclaimable < line:
        return ok(
            f"{kind.number} untagged images hold {human_size(kind.reclaimable)}",
            seen,
        )
    return fail(
        f"{kind.number} images have neither a tag nor a container and take at least "
        f"{human_size(kind.reclaimable)}.",
        seen,
        mend=("docker image prune   # deletes images without a tag that no container uses",),
    )


@TOPIC.check(
    "images-unused",
    NOTE,
    "Images that no container uses take space",
    references=(
        "https://docs.docker.com/reference/cli/docker/image/prune/",
        "CIS Docker Benchmark 6.1",
    ),
    applies="every engine",
)
def images_unused(facts: Disk) -> Verdict:
    """Tagged images without any container, running or stopped, take up a lot of space.

    ## What it reads
    GET /system/df: the images and how many containers each has, counted as `docker system df`
    counts its RECLAIMABLE; untagged images are left to images-dangling.

    ## Why it matters
    Old releases of everything that was ever deployed or tried stay until somebody removes them.

    ## How to mend it
    `docker image prune -a --filter until=168h` keeps those of the last week.

    ## What could go wrong
    Removed images have to be pulled or built again. A host without access to the registry, or an
    image that exists nowhere else, cannot: `docker save` it first. The filter goes by when the
    image was made, not by when it was pulled.

    ## Why this severity
    A note: on a machine with space it is a convenience.
    """
    kind, dangling = _kind(facts, "images"), _kind(facts, "dangling")
    free, count = max(kind.reclaimable - dangling.reclaimable, 0), kind.unused - dangling.number
    line = _worth(facts, UNUSED_GIB)
    seen = Evidence(
        USAGE,
        "tagged images without container",
        f"{count} of {kind.number}, {human_size(free)}",
        f"less than {human_size(line)}",
    )
    if free < line:
        return ok(f"unused tagged images hold {human_size(free)}", seen)
    return fail(
        f"{count} of {kind.number} images have no container and take up to {human_size(free)}.",
        seen,
        mend=(
            "docker images   # look for what exists nowhere else",
            (
                f"docker image prune -a --filter {OLDER}   # the rest has to be pulled or built "
                "again when it is needed"
            ),
        ),
    )


@TOPIC.check(
    "build-cache-large",
    NOTE,
    "The build cache is large",
    references=(
        "https://docs.docker.com/build/cache/garbage-collection/",
        "https://github.com/moby/buildkit/issues/3665",
    ),
    applies="every engine with BuildKit",
)
def build_cache_large(facts: Disk) -> Verdict:
    """The engine's build cache holds a large part of the disk.

    ## What it reads
    GET /system/df: the records of the build cache that are shared with no image. statvfs(3): the
    size of the file system. build-cache-gc-off says whether the engine limits it at all.

    ## Why it matters
    Every build step leaves a record. Old ones are never used again, and the disk fills up in the
    middle of a build.

    ## How to mend it
    `docker builder prune --filter until=168h` removes what was not used for a week. For good, give
    the engine a limit: `builder.gc` in daemon.json.

    ## What could go wrong
    The next builds have to do again what was in there, downloads included.

    ## Why this severity
    A note on a disk with space: the cache is there to be used. A warning when space is short too.
    """
    kind = _kind(facts, "cache")
    root = have(facts.containerd_root, None) or have(facts.data_root, None)
    share = int(root.total * CACHE_PERCENT.value / 100) if root else 0
    line = max(int(CACHE_GIB.value * GIB), share)
    seen = Evidence(USAGE, "build cache", human_size(kind.size), f"less than {human_size(line)}")
    if kind.size < line:
        return ok(f"the build cache holds {human_size(kind.size)}", seen)
    short = root is not None and root.available < low_bytes(root.total)[0]
    part = f", {100 * kind.size / root.total:.0f} % of {root.mount}" if root else ""
    return fail(
        f"The build cache holds {human_size(kind.size)}{part} in {kind.number} records, of which "
        f"{human_size(kind.reclaimable)} are not in use.",
        seen,
        severity=WARNING if short else "",
        mend=(
            (
                f"docker builder prune --filter {OLDER}   # what was not used for a week; the builds "
                "that need it take longer once"
            ),
        ),
    )


@TOPIC.check(
    "volumes-orphaned",
    NOTE,
    "Anonymous volumes are left behind",
    references=("https://docs.docker.com/reference/cli/docker/volume/prune/",),
    applies="every engine",
)
def volumes_orphaned(facts: Disk) -> Verdict:
    """Volumes that nobody named and that no container uses take up space.

    ## What it reads
    GET /system/df: volumes with a name of 64 hex digits or the engine's own label, and without a
    container. Named volumes are never counted: a name means that somebody wants it.

    ## Why it matters
    Images declare volumes, and each container of them gets a new one. `docker rm` without `-v` and
    `docker compose down` without `-v` leave it behind, databases and all, and no one can tell what
    it was for.

    ## How to mend it
    Look at the largest, then prune. Engines before 23 delete unused named volumes in the same
    prune: name the volumes to remove there instead.

    ## What could go wrong
    A volume can hold the only copy of a database whose container was re-created. Deleting is final.

    ## Why this severity
    A note: it only takes space, and the cure is dangerous.
    """
    kind = _kind(facts, "anonymous")
    line = _worth(facts, VOLUMES_GIB)
    seen = Evidence(
        USAGE,
        "anonymous volumes without container",
        f"{kind.unused}, {human_size(kind.reclaimable)}",
        f"less than {human_size(line)}",
    )
    if kind.reclaimable < line:
        return ok(f"unused anonymous volumes hold {human_size(kind.reclaimable)}", seen)
    return fail(
        f"{kind.unused} anonymous volumes have no container and take "
        f"{human_size(kind.reclaimable)}.",
        seen,
        mend=("docker system df -v   # the sizes of the volumes", _volume_prune(facts)),
    )


@TOPIC.check(
    "containers-stopped",
    NOTE,
    "Stopped containers pile up",
    references=(
        "CIS Docker Benchmark 6.2",
        "https://docs.docker.com/reference/cli/docker/container/prune/",
    ),
    applies="every engine",
)
def containers_stopped(facts: Disk) -> Verdict:
    """Many containers that do not run are kept, or a few that hold much.

    ## What it reads
    GET /system/df: containers that exited or were never started, and what was written inside them.

    ## Why it matters
    Each keeps its files, its log and its anonymous volumes, holds its image against pruning, and
    its name against re-use. Runs without `--rm` are where most come from.

    ## How to mend it
    `docker container prune`; use `--rm` for one-off runs.

    ## What could go wrong
    Files that were written inside a stopped container, and its log, are gone for good. One that is
    started by hand now and then is pruned too: look at `docker ps -a` before.

    ## Why this severity
    A note: they do nothing but lie about.
    """
    kind = _kind(facts, "containers")
    line, many = _worth(facts, STOPPED_GIB), STOPPED_COUNT.value
    seen = Evidence(
        USAGE,
        "containers that do not run",
        f"{kind.unused} of {kind.number}, {human_size(kind.reclaimable)} written inside",
        f"at most {many:g}, and less than {human_size(line)}",
    )
    if kind.unused <= many and kind.reclaimable < line:
        return ok(f"{kind.unused} of {kind.number} containers are stopped", seen)
    return fail(
        f"{kind.unused} of {kind.number} containers are stopped and hold "
        f"{human_size(kind.reclaimable)} of their own, beside their logs and volumes.",
        seen,
        mend=(
            "docker ps -a --filter status=exited --filter status=created   # look first",
            (
                f"docker container prune --filter {OLDER}   # deletes stopped containers older than "
                "a week, with their files and logs"
            ),
        ),
    )


@TOPIC.check(
    "container-removal-failed",
    WARNING,
    "A container could not be removed",
    references=("https://github.com/moby/moby/issues/22260",),
    applies="every engine",
)
def container_removal_failed(facts: Disk) -> Verdict:
    """A container is in state "dead": its removal failed half-way.

    ## What it reads
    GET /system/df: the state of each container.

    ## Why it matters
    Its files cannot be deleted, mostly because a mount of it is still held in another process's
    mount namespace ("device or resource busy"). It can be neither started nor used, keeps its space
    and its name, and blocks a compose project that wants to re-create it.

    ## How to mend it
    `docker rm -f NAME` once more. If it still says busy, `grep` for the container's id in
    /proc/*/mountinfo shows the process that holds the mount: restart that one.

    ## What could go wrong
    Do not delete its folder by hand: the engine then trips over its own records.

    ## Why this severity
    A warning: something on this host holds mounts that it should not.
    """
    dead = need(need(facts.usage).dead)
    seen = Evidence(USAGE, "containers in state dead", ", ".join(dead) or "none", "none")
    if not dead:
        return ok("no container is half removed", seen)
    names = ", ".join(dead[:5]) + (" ..." if len(dead) > 5 else "")  # noqa: PLR2004 - to name a few
    return fail(
        f"The removal of {len(dead)} container(s) failed half-way ({names}): they keep their space "
        "and names and cannot be started.",
        seen,
        mend=(
            f"docker rm -f {' '.join(dead[:5])}",
            "if it is busy: sudo grep -l CONTAINER_ID /proc/*/mountinfo   # who holds its mount",
        ),
    )
