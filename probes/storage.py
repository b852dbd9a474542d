"""Storage: which driver and which file systems carry images and containers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes import configuration, engine, engine_host
from probes.daemon_control import UNKNOWN, Control, control
from probes.formats.mountinfo import NETWORK_FILE_SYSTEMS, mount_of
from probes.formats.versions import major_minor
from probes.host.questions import Absent, Denied, Garbled, Unreadable
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

if TYPE_CHECKING:
    from probes.host import Host, Mount

INFO = "engine GET /info"
DEFAULT_DATA_ROOT = "/var/lib/docker"
DEFAULT_CONTAINERD_ROOT = "/var/lib/containerd"
CONTAINERD_STORE = "io.containerd.snapshotter.v1"
"""DriverStatus "driver-type" of the containerd image store (moby daemon/containerd/service.go)."""

REMOVED_DRIVERS = {"aufs": "24.0", "overlay": "24.0", "devicemapper": "25.0"}
"""Storage drivers and the engine release without them (docker/cli docs/deprecated.md)."""

OVERLAY_IN_USER_NAMESPACES = (5, 13)
"""Kernel from which on rootless engines can use overlay2, SELinux or not (5.11 without SELinux;
docs.docker.com/engine/security/rootless, kernel commit 459c7c565ac3)."""

CONTAINERD_STORE_SINCE = 23
"""First engine release with a containerd image store at all (moby 23.0 release notes)."""

ORPHANED_LAYERS = 20
"""Layer directories that the engine's own list does not know. A pull under way has a handful."""

MEMORY_FILE_SYSTEMS = frozenset({"tmpfs", "ramfs"})

UNSUITABLE_FILE_SYSTEMS = {
    "overlay": "it is itself the overlay of a container or a live system, on which overlay2 "
    "cannot lie",
    "aufs": "overlay2 cannot lie on it",
    "ecryptfs": "overlay2 refuses it",
    "vfat": "it keeps no owners, modes or links",
    "exfat": "it keeps no owners, modes or links",
    "msdos": "it keeps no owners, modes or links",
    "ntfs": "it keeps no Linux owners and modes",
    "ntfs3": "overlay2 cannot lie on it",
    "hfsplus": "overlay2 cannot lie on it",
    "fuseblk": "it is a FUSE file system, mostly NTFS",
}
"""File systems that cannot carry image layers (moby daemon/graphdriver/overlayutils and overlay2,
kernel Documentation/filesystems/overlayfs.rst: the upper file system needs trusted xattrs,
d_type and whiteouts)."""

_LAYER = re.compile(r"[0-9a-f]{64}")

TOPIC = Topic["Storage"]("storage", "Storage")


class Directory(NamedTuple):
    """A directory that the engine fills, and the file system under it."""

    role: str
    """``data root`` or ``containerd root``."""
    path: str
    source: str
    """Where the path was read."""
    mount: str
    """The mount point of its file system."""
    fstype: str
    filesystem: str
    """Equal for directories that share their free space."""


class IdleStore(NamedTuple):
    """An image store that this engine does not use."""

    name: str
    path: str
    images: int
    layers: int


class LayerCount(NamedTuple):
    """overlay2's layer directories, and how many the engine's own list accounts for."""

    path: str
    directories: int
    accounted: int


class Storage(NamedTuple):
    """What carries the images and containers of a Docker Engine on this host."""

    driver: str | Missing
    driver_status: dict[str, str] | Missing
    rootless: bool | Missing
    kernel: str | Missing
    configured_driver: configuration.Setting | Missing
    synology: bool | Missing
    data_root: Directory | Missing
    root: Directory | Missing
    """The file system at ``/``."""
    containerd_root: Directory | Missing
    containerd_store: bool | Missing
    """Whether images live in containerd's store instead of a storage driver's."""
    overlay_options: dict[str, str] | Missing
    """redirect_dir and metacopy of the kernel's overlay module, Y or N; empty without it."""
    idle_store: IdleStore | Missing | None
    layers: LayerCount | Missing
    site: Control | Missing


# -- asked by other topics as well ---------------------------------------------------------------


def docker_engine(host: Host) -> None:
    """Nothing, where a Docker Engine is on this host.

    Raises: an Unreadable of kind inapplicable for none, another machine's, and podman's.
    """
    engine_host.engine_host(host)
    if engine.look(host).provider == "podman":
        raise engine.NotHere("podman keeps images, logs and cache its own way")


def _daemon(host: Host) -> engine.Daemon | None:
    """The daemon, or None while it is down. Raises: Unreadable where it cannot be told."""
    try:
        return engine.daemon(host)
    except Absent:
        return None


def data_root(host: Host) -> tuple[str, str]:
    """The engine's data root, and where that was read; told with the engine down as well.

    Raises: Unreadable; inapplicable where the engine is not on this host.
    """
    engine_host.engine_host(host)
    try:
        told = engine.info(host)
    except Unreadable as error:
        if error.kind == "inapplicable":
            raise
        return _configured_data_root(host)
    path = told.get("DockerRootDir")
    if not isinstance(path, str) or not path.startswith("/"):
        raise Garbled("the engine does not tell its DockerRootDir", look="docker info")
    return path, INFO


def _configured_data_root(host: Host) -> tuple[str, str]:
    import json

    process = _daemon(host)
    flags = engine.flag_values(process.argv, "data-root") if process else []
    if flags:
        return flags[-1], "dockerd --data-root"
    path = control(host).config_file
    try:
        value = json.loads(host.read_text(path) or "{}").get("data-root")
    except Absent:
        value = None
    except (ValueError, AttributeError):
        raise Garbled(f"{path} is not valid JSON", look=f"hullcheck lint {path}") from None
    if isinstance(value, str) and value.startswith("/"):
        return value, path
    if process and process.uid:
        home = engine.home_of(host, process.uid)
        return f"{home}/.local/share/docker", "the default of rootless engines"
    return DEFAULT_DATA_ROOT, "the default"


def uses_containerd_store(host: Host) -> bool:
    """Whether the engine keeps its images in containerd's store."""
    return CONTAINERD_STORE in driver_status(engine.info(host)).get("driver-type", "")


def containerd_root(host: Host) -> tuple[str, str]:
    """The directory in which the engine's containerd keeps its data, and where that was read.

    A containerd that dockerd starts itself lives under the data root (moby
    daemon/internal/libcontainerd/supervisor); the system's own has it on its command line, in its
    configuration, or at its default.
    """
    if _managed_containerd(host):
        return f"{data_root(host)[0]}/containerd/daemon", "dockerd starts its own containerd"
    found = [p for p in host.processes() if p.name == "containerd" and not p.nested]
    argv = found[0].argv if len(found) == 1 else ()
    flags = engine.flag_values(argv, "root")
    if flags:
        return flags[-1], "containerd --root"
    named = [*engine.flag_values(argv, "config"), *engine.flag_values(argv, "c", dashes="-")]
    path = named[-1] if named else "/etc/containerd/config.toml"
    try:
        text = host.read_text(path)
    except Absent:
        return DEFAULT_CONTAINERD_ROOT, "the default"
    written = _toml_root(text)
    return (written, path) if written else (DEFAULT_CONTAINERD_ROOT, "the default")


def _toml_root(text: str) -> str:
    """The top-level ``root`` of a containerd configuration, or nothing."""
    top = re.split(r"(?m)^\s*\[", text, maxsplit=1)[0]
    found = re.search(r"""(?m)^\s*root\s*=\s*["']([^"'\n]+)["']""", top)
    return found[1] if found else ""


def _managed_containerd(host: Host) -> bool:
    told = engine.info(host).get("Containerd")
    address = told.get("Address") if isinstance(told, dict) else None
    if isinstance(address, str) and address:
        return address.endswith("/containerd/containerd.sock") and not address.startswith(
            ("/run/containerd/", "/var/run/containerd/")
        )
    daemon = engine.daemon(host).pid
    return any(p.name == "containerd" and p.ppid == daemon for p in host.processes())


def directory(host: Host, role: str, path: str, source: str) -> Directory:
    """A directory with the file system under it.

    Raises: Unreadable, Absent if it does not exist.
    """
    try:
        real = host.realpath(path)
    except Denied:
        real = path
    mount = mount_of(real, host.mounts())
    if mount is None:
        raise Garbled(f"the mount table has nothing for {real}", look=f"findmnt -T {real}")
    return Directory(role, path, source, mount.target, mount.fstype, _filesystem(mount))


def _filesystem(mount: Mount) -> str:
    """What tells file systems apart by the space they share.

    btrfs subvolumes and the datasets of one ZFS pool have device numbers of their own and share
    their free space.
    """
    if mount.fstype == "btrfs":
        return f"btrfs {mount.source}"
    if mount.fstype == "zfs":
        return f"zfs pool {mount.source.partition('/')[0]}"
    return mount.device


def driver_status(info: dict[str, Any]) -> dict[str, str]:
    """/info DriverStatus, a list of pairs, as a mapping; odd entries are passed over."""
    pairs = info.get("DriverStatus")
    return {
        str(pair[0]): str(pair[1])
        for pair in (pairs if isinstance(pairs, list) else [])
        if isinstance(pair, list) and len(pair) == 2  # noqa: PLR2004 - a pair
    }


# -- looking -------------------------------------------------------------------------------------


@TOPIC.probe
def look(host: Host) -> Storage:
    """Ask the engine, the mount table, and (as root) the engine's own folders."""
    here = known(lambda: docker_engine(host))
    if isinstance(here, Missing):
        return Storage(**dict.fromkeys(Storage._fields, here))
    told = known(lambda: engine.info(host))
    status = told if isinstance(told, Missing) else driver_status(told)
    system = known(lambda: host.gauge("system"))
    return Storage(
        driver=told if isinstance(told, Missing) else engine.text(told, "Driver"),
        driver_status=status,
        rootless=engine.look(host).rootless,
        kernel=system if isinstance(system, Missing) else str(system["release"]),
        configured_driver=known(lambda: configuration.setting(host, "storage-driver")),
        synology=known(lambda: host.exists("/etc/synoinfo.conf")),
        data_root=known(lambda: directory(host, "data root", *data_root(host))),
        root=known(lambda: directory(host, "root", "/", "")),
        containerd_root=known(
            lambda: directory(host, "containerd root", *containerd_root(host)),
        ),
        containerd_store=known(lambda: uses_containerd_store(host)),
        overlay_options=known(lambda: _overlay_options(host)),
        idle_store=known(lambda: _idle_store(host)),
        layers=known(lambda: _layers(host)),
        site=known(lambda: control(host)),
    )


def _overlay_options(host: Host) -> dict[str, str]:
    found = {}
    for name in ("redirect_dir", "metacopy"):
        path = f"/sys/module/overlay/parameters/{name}"
        try:
            found[name] = host.read_text(path).strip()
        except Absent:
            continue
    return found


def _idle_store(host: Host) -> IdleStore | None:
    root = data_root(host)[0]
    if uses_containerd_store(host):
        images = _count(host, f"{root}/image/overlay2/imagedb/content/sha256")
        path = f"{root}/overlay2"
        return IdleStore("overlay2", path, images, _count(host, path)) if images else None
    if major_minor(str(engine.version(host).get("Version")))[0] < CONTAINERD_STORE_SINCE:
        return None
    path = f"{containerd_root(host)[0]}/io.containerd.snapshotter.v1.overlayfs/snapshots"
    snapshots = _count(host, path)
    if not snapshots:
        return None
    # Kubernetes and nerdctl keep theirs there too: only Docker's own namespace counts.
    argv = ["ctr", "--namespace", "moby", "images", "list", "--quiet"]
    if _managed_containerd(host):
        argv[1:1] = ["--address", str(engine.info(host)["Containerd"]["Address"])]
    images = len(host.output(*argv).split())
    return IdleStore("containerd", path, images, snapshots) if images else None


def _count(host: Host, path: str) -> int:
    try:
        return len(host.list(path))
    except Absent:
        return 0
    except Denied as error:
        raise Denied(error.reason, look=f"sudo ls {path} | wc -l") from None


def _layers(host: Host) -> LayerCount:
    if engine.info(host).get("Driver") != "overlay2":
        raise engine.NotHere("layers are counted for the storage driver overlay2 only")
    root = data_root(host)[0]
    path, database = f"{root}/overlay2", f"{root}/image/overlay2/layerdb"
    try:
        # The folders first: a layer that is made in between is then accounted and not missed.
        directories = sum(1 for name in host.list(path) if _LAYER.fullmatch(name))
        accounted = _count(host, f"{database}/sha256") + _count(host, f"{database}/mounts")
    except Denied as error:
        raise Denied(error.reason, look=f"sudo ls {path} | wc -l") from None
    return LayerCount(path, directories, accounted)


# -- the driver ----------------------------------------------------------------------------------

_DRIVER_PAGE = "https://docs.docker.com/engine/storage/drivers/select-storage-driver/"


def _driver_seen(facts: Storage, wanted: str) -> Evidence:
    return Evidence(INFO, "Driver", str(need(facts.driver)), wanted)


def _where(facts: Storage) -> Control:
    return have(facts.site, UNKNOWN)


def _change_driver(facts: Storage, driver: str) -> tuple[str, ...]:
    where = _where(facts)
    chosen = facts.configured_driver
    if isinstance(chosen, configuration.Setting) and chosen.source == "flag":
        edit = f"Replace {chosen.where} on dockerd's command line by --storage-driver={driver}"
    else:
        edit = f'Set "storage-driver": "{driver}" in {where.config_file}'
    return (
        (
            "Save what you need first, the change hides all images and containers: "
            "docker save -o images.tar IMAGE..., docker commit CONTAINER IMAGE"
        ),
        edit,
        f"{where.restart}   # stops the containers",
        (
            "docker load -i images.tar, and start the containers anew; then remove the old driver's "
            "folder from the data root"
        ),
    )


@TOPIC.check(
    "storage-driver-vfs",
    ERROR,
    "Every layer is a full copy (storage driver vfs)",
    references=(_DRIVER_PAGE, "https://docs.docker.com/engine/storage/drivers/vfs-driver/"),
    applies="Docker Engines on this host",
)
def storage_driver_vfs(facts: Storage) -> Verdict:
    """The engine uses vfs, the storage driver that shares nothing between layers.

    ## What it reads
    GET /info: the storage driver; the mount table: the file system under the data root; the
    daemon's configuration: whether somebody asked for vfs.

    ## Why it matters
    With vfs each layer of an image and each container is a complete copy of everything below it.
    A 1 GB image of ten layers takes up to 10 GB, starting a container copies gigabytes, and builds
    are many times slower. The engine falls back to it in silence when nothing else works.

    ## How to mend it
    Mostly the data root lies on a file system that overlay2 cannot use: another container's
    overlay, eCryptfs, a network share. Put the data root on ext4, XFS or btrfs. In a container that
    is a volume at /var/lib/docker. If vfs was configured, take that out.

    ## What could go wrong
    With another driver all present images and containers are hidden, not deleted: save what you
    need before, and remove `vfs` from the data root afterwards.

    ## Why this severity
    An error: vfs is meant for testing the engine, and disks fill up many times faster than anybody
    reckons.
    """
    driver = need(facts.driver)
    seen = _driver_seen(facts, "overlay2")
    if driver != "vfs":
        return ok(f"the storage driver is {driver}, which shares layers", seen)
    chosen, root = facts.configured_driver, facts.data_root
    evidence = [seen]
    if isinstance(chosen, configuration.Setting) and chosen.value == "vfs" and chosen.where:
        evidence.append(Evidence(chosen.where, "storage-driver", "vfs", "overlay2, or not set"))
        cause, steps = f"because {chosen.where} asks for it", _change_driver(facts, "overlay2")
    elif isinstance(root, Directory) and _unsuitable(root.fstype):
        evidence.append(Evidence("/proc/self/mountinfo", root.mount, root.fstype, "ext4, xfs..."))
        cause = f"because {root.path} lies on {root.fstype}"
        steps = (
            (
                f"Put {root.path} on ext4, XFS or btrfs (for an engine in a container: a volume, "
                f"-v NAME:{root.path}); images and containers have to be saved and loaded again"
            ),
        )
    else:
        cause = "because no better driver worked when it started"
        steps = (
            "journalctl -u docker.service | grep -iE 'overlay|graphdriver'   # says why",
            *_change_driver(facts, "overlay2"),
        )
    return fail(
        f"The engine copies every layer in full (storage driver vfs), {cause}: images take many "
        "times their size on the disk, and builds and starts are slow.",
        *evidence,
        mend=steps,
    )


@TOPIC.check(
    "storage-driver-removed",
    WARNING,
    "The next engine has no such storage driver",
    references=("https://docs.docker.com/engine/deprecated/", _DRIVER_PAGE),
    applies="Docker Engines on this host",
)
def storage_driver_removed(facts: Storage) -> Verdict:
    """The engine uses a storage driver that later releases do not have any more.

    ## What it reads
    GET /info: the storage driver.

    ## Why it matters
    aufs and overlay (the first one, not overlay2) ended with Docker Engine 24, devicemapper with
    25. An engine that is upgraded past that release does not start, and all images and containers
    in the old driver's format are out of reach until it is downgraded. A routine upgrade of
    packages can do it.

    ## How to mend it
    Save the images, switch to overlay2, load them again, re-create the containers. Volumes stay.

    ## What could go wrong
    The switch hides all images and containers. `docker commit` what was changed inside containers
    and keep the old folder until everything runs again. XFS needs ftype=1 for overlay2.

    ## Why this severity
    A warning: it works until the upgrade, and then it does not start.
    """
    driver = need(facts.driver)
    seen = _driver_seen(facts, "overlay2")
    last = REMOVED_DRIVERS.get(driver)
    if last is None:
        return ok(f"the storage driver {driver} is in current engines", seen)
    if have(facts.synology, otherwise=False):
        return skip("Synology's packages choose the storage driver and migrate it themselves")
    return fail(
        f"The storage driver {driver} was removed in Docker Engine {last}: after that upgrade the "
        "daemon does not start and images and containers are out of reach.",
        seen,
        mend=_change_driver(facts, "overlay2"),
    )


@TOPIC.check(
    "storage-driver-btrfs",
    NOTE,
    "Layers are btrfs subvolumes",
    references=(
        "https://docs.docker.com/engine/storage/drivers/btrfs-driver/",
        "https://github.com/moby/moby/issues/27653",
    ),
    applies="Docker Engines on this host",
)
def storage_driver_btrfs(facts: Storage) -> Verdict:
    """The engine uses the btrfs driver, which makes a subvolume of every layer.

    ## What it reads
    GET /info: the storage driver. Synology's engines are left out: their packages choose it.

    ## Why it matters
    Each layer and container is a btrfs subvolume. They do not go away with `rm`, are left behind by
    a crash or a failed removal, count in every snapshot tool, and thousands of them make balance
    and qgroups crawl. overlay2 works on btrfs, shares page cache between containers, and is what
    everybody else runs and tests. Engines from before 23.0 chose btrfs by themselves.

    ## How to mend it
    Save the images, set `storage-driver` to overlay2, restart, load them again.

    ## What could go wrong
    The switch hides all images and containers; volumes stay. Old subvolumes have to be removed with
    `btrfs subvolume delete`, a plain `rm -r` does not do it.

    ## Why this severity
    A note: btrfs works and is supported; it only costs more care.
    """
    seen = _driver_seen(facts, "overlay2")
    if need(facts.driver) != "btrfs":
        return ok(f"the storage driver is {facts.driver}", seen)
    if have(facts.synology, otherwise=False):
        return skip("Synology's packages choose the storage driver")
    return fail(
        "Layers are btrfs subvolumes (storage driver btrfs): removals and crashes leave subvolumes "
        "behind that no rm removes; overlay2 works on btrfs as well.",
        seen,
        mend=_change_driver(facts, "overlay2"),
    )


@TOPIC.check(
    "storage-driver-fuse-overlayfs",
    NOTE,
    "Files go through FUSE without need",
    references=(
        "https://docs.docker.com/engine/security/rootless/troubleshoot/",
        "https://github.com/moby/moby/issues/42302",
    ),
    applies="Docker Engines on this host",
)
def storage_driver_fuse_overlayfs(facts: Storage) -> Verdict:
    """fuse-overlayfs is configured, and this kernel does not need it any more.

    ## What it reads
    GET /info: the storage driver and whether the engine is rootless; the kernel's release; the
    daemon's configuration.

    ## Why it matters
    With fuse-overlayfs every file access of a container takes a detour through a user process:
    builds and package installs are several times slower than with the kernel's overlay. Rootless
    engines needed it before kernel 5.11 (5.13 with SELinux); later ones choose overlay2 themselves.

    ## How to mend it
    Set `storage-driver` to overlay2, or remove the setting, and load the images again.

    ## What could go wrong
    Images and containers are hidden by the change. A home directory on NFS cannot carry overlay2:
    there fuse-overlayfs is right.

    ## Why this severity
    A note: all works, only slower than it has to.
    """
    driver = need(facts.driver)
    seen = _driver_seen(facts, "overlay2")
    if driver != "fuse-overlayfs":
        return ok(f"the storage driver is {driver}", seen)
    kernel = need(facts.kernel)
    if major_minor(kernel) < OVERLAY_IN_USER_NAMESPACES:
        return ok(f"kernel {kernel} has no safe overlay for rootless engines yet", seen)
    chosen, root = need(facts.configured_driver), facts.data_root
    if isinstance(root, Directory) and root.fstype in NETWORK_FILE_SYSTEMS:
        return ok(f"{root.path} lies on {root.fstype}, which overlay2 cannot use", seen)
    if chosen.value != driver or not chosen.where or chosen.source not in {"file", "flag"}:
        return ok("the engine chose fuse-overlayfs itself: nothing else worked, or data was there")
    return fail(
        f"{chosen.where} asks for fuse-overlayfs; with kernel {kernel} overlay2 works here too, "
        "and is several times faster.",
        seen,
        Evidence(chosen.where, "storage-driver", driver, "overlay2, or not set"),
        Evidence("uname(2)", "release", kernel, "5.13 or later"),
        mend=_change_driver(facts, "overlay2"),
    )


@TOPIC.check(
    "overlay-diff-not-native",
    NOTE,
    "Image builds compare files one by one",
    references=(
        "https://github.com/moby/moby/pull/34342",
        "https://docs.kernel.org/filesystems/overlayfs.html",
    ),
    applies="rootful Docker Engines with overlay2",
)
def overlay_diff_not_native(facts: Storage) -> Verdict:
    """A kernel option makes overlay2 find a layer's changes the slow way.

    ## What it reads
    GET /info: "Native Overlay Diff" of overlay2; redirect_dir and metacopy of the kernel's overlay
    module in /sys/module/overlay/parameters.

    ## Why it matters
    With redirect_dir or metacopy on, the upper directory of an overlay is not the plain list of
    changes that an image layer needs. overlay2 then walks both directory trees and compares every
    file: saving a layer of a large image takes minutes instead of seconds.

    ## How to mend it
    `options overlay redirect_dir=off metacopy=off` in /etc/modprobe.d/, and a reboot.

    ## What could go wrong
    With metacopy off, a chown of a large file inside a container copies it. Do not change the
    options while containers have directories that were renamed with them on: re-create those.

    ## Why this severity
    A note: only builds and commits are slower, all else is the same.
    """
    if need(facts.driver) != "overlay2":
        return skip(f"the storage driver is {facts.driver}, not overlay2")
    status = need(facts.driver_status)
    native = status.get("Native Overlay Diff")
    if native is None:
        return skip("this engine does not tell whether it uses the native overlay diff")
    seen = Evidence(INFO, "DriverStatus Native Overlay Diff", native, "true")
    if native == "true":
        return ok("overlay2 uses the native overlay diff", seen)
    if have(facts.rootless, otherwise=False) or status.get("userxattr") == "true":
        return skip("in a user namespace there is no native overlay diff")
    options = {k: v for k, v in need(facts.overlay_options).items() if v in {"Y", "on"}}
    if not options:
        return skip("the kernel options that prevent the native overlay diff are off")
    names = " and ".join(options)
    return fail(
        f"The kernel's overlay module has {names} on, so the engine compares files one by one when "
        "it saves a layer: image builds and commits are slow.",
        seen,
        *(Evidence(f"/sys/module/overlay/parameters/{k}", "", v, "N") for k, v in options.items()),
        mend=(
            (
                "echo 'options overlay redirect_dir=off metacopy=off' | sudo tee "
                "/etc/modprobe.d/docker-overlay.conf"
            ),
            "sudo reboot   # the module is in use until then",
        ),
    )


# -- the file systems ----------------------------------------------------------------------------


@TOPIC.check(
    "data-root-no-d-type",
    ERROR,
    "The file system hides file types from overlay2",
    references=(
        "https://github.com/moby/moby/issues/10294",
        "https://docs.docker.com/engine/storage/drivers/overlayfs-driver/",
    ),
    applies="Docker Engines on this host with an overlay driver",
)
def data_root_no_d_type(facts: Storage) -> Verdict:
    """The file system under the data root was made without file types in its directories.

    ## What it reads
    GET /info: "Supports d_type" of the storage driver.

    ## Why it matters
    Overlay marks deleted files with special entries that it recognises by their type. XFS made with
    ftype=0 (the default before 2015) does not store types: deleted files come back, directories
    cannot be removed ("directory not empty", "invalid argument"), and images come out wrong.

    ## How to mend it
    Only a new file system helps: `mkfs.xfs -n ftype=1`, or ext4. Stop the engine, copy the data
    root elsewhere, make the file system anew, copy it back; or point data-root at another one.

    ## What could go wrong
    mkfs deletes all that is on the file system. `xfs_info` on the mount point shows ftype before
    you believe anybody, us included.

    ## Why this severity
    An error: data inside images and containers is silently wrong.
    """
    value = need(facts.driver_status).get("Supports d_type")
    if value is None:
        return skip(f"the storage driver {have(facts.driver, '')} does not tell of d_type")
    seen = Evidence(INFO, "DriverStatus Supports d_type", value, "true")
    if value != "false":
        return ok("the file system stores file types (d_type)", seen)
    root = facts.data_root
    place, mount = (
        (root.path, root.mount) if isinstance(root, Directory) else ("the data root", "MOUNT")
    )
    return fail(
        f"The file system of {place} does not store file types (XFS with ftype=0): deleted files "
        "reappear in containers and images come out wrong.",
        seen,
        mend=(
            f"xfs_info {mount} | grep ftype   # says ftype=0",
            (
                "Copy the data away, make the file system anew with ftype=1 (mkfs.xfs -n ftype=1; this "
                "deletes all that is on it), copy the data back"
            ),
            (
                f"or set data-root in {_where(facts).config_file} to a directory on another file "
                "system; images have to be pulled again there"
            ),
        ),
    )


def _unsuitable(fstype: str) -> str:
    if fstype in NETWORK_FILE_SYSTEMS:
        return "it lies on another machine"
    if fstype.startswith("fuse."):
        return "it is a FUSE file system"
    return UNSUITABLE_FILE_SYSTEMS.get(fstype, "")


def _carriers(facts: Storage) -> list[Directory]:
    """The directories that hold layers: containerd's root only where the engine uses its store."""
    found = [need(facts.data_root)]
    if have(facts.containerd_store, otherwise=False):
        found.append(need(facts.containerd_root))
    return found


def _mount_seen(place: Directory, wanted: str) -> Evidence:
    return Evidence("/proc/self/mountinfo", place.mount, place.fstype, wanted)


@TOPIC.check(
    "data-root-on-network",
    ERROR,
    "The engine's data lies on a network share",
    references=(_DRIVER_PAGE, "https://docs.docker.com/engine/daemon/#daemon-data-directory"),
    applies="Docker Engines on this host",
)
def data_root_on_network(facts: Storage) -> list[Verdict]:
    """Images and containers are kept on a file system whose files live on another machine.

    ## What it reads
    GET /info: the data root; the mount table: what lies under it and, for the containerd image
    store, under containerd's root.

    ## Why it matters
    Overlay needs whiteouts, extended attributes and locks that NFS, SMB, 9p and their like do not
    have. The engine falls back to copying whole layers, refuses to start, or damages its databases
    when the connection breaks. When the server is slow, every container hangs.

    ## How to mend it
    Keep the data root on a local disk. Put only volumes on the share, with the volume driver's NFS
    options (`docker volume create --opt type=nfs ...`).

    ## What could go wrong
    Moving the data root leaves images behind: copy it with the engine stopped and all attributes
    (`rsync -aHAX --numeric-ids`), or pull the images again.

    ## Why this severity
    An error: it is unsupported, and a broken connection can cost the data.
    """
    return [_on_network(facts, place) for place in _carriers(facts)]


def _on_network(facts: Storage, place: Directory) -> Verdict:
    seen = _mount_seen(place, "a local file system")
    if place.fstype not in NETWORK_FILE_SYSTEMS:
        return ok(f"{place.path} lies on {place.fstype}", seen, subject=place.path)
    return fail(
        f"{place.path} lies on the network file system {place.fstype} ({place.mount}): the engine "
        "cannot overlay layers there, and a lost connection damages its data.",
        seen,
        subject=place.path,
        mend=_move(facts, place),
    )


def _move(facts: Storage, place: Directory) -> tuple[str, ...]:
    if place.role == "containerd root":
        return (
            (
                "Stop docker and containerd, copy the folder with all attributes: sudo rsync -aHAX "
                f"--numeric-ids {place.path}/ /NEW/containerd/"
            ),
            'Set root = "/NEW/containerd" at the top of /etc/containerd/config.toml',
            "sudo systemctl start containerd docker",
        )
    where = _where(facts)
    return (
        (
            "Stop docker, copy the folder with all attributes: sudo rsync -aHAX --numeric-ids "
            f"{place.path}/ /NEW/docker/"
        ),
        f'Set "data-root": "/NEW/docker" in {where.config_file}',
        where.restart,
    )


@TOPIC.check(
    "data-root-in-memory",
    WARNING,
    "The engine's data is lost at the next boot",
    references=("https://docs.docker.com/engine/daemon/#daemon-data-directory",),
    applies="Docker Engines on this host",
)
def data_root_in_memory(facts: Storage) -> list[Verdict]:
    """Images, containers and volumes are kept in memory.

    ## What it reads
    GET /info: the data root; the mount table: whether tmpfs or ramfs lies under it.

    ## Why it matters
    Everything the engine has, named volumes included, is gone after a reboot, and until then it
    takes the memory that the containers should have.

    ## How to mend it
    Put the data root on a disk. On build machines that start empty on purpose, accept the finding
    with that reason.

    ## What could go wrong
    Nothing is lost by copying the folder to a disk with the engine stopped.

    ## Why this severity
    A warning: a boot takes the data, and on some machines that is wanted.
    """
    verdicts = []
    for place in _carriers(facts):
        seen = _mount_seen(place, "a file system on a disk")
        if place.fstype not in MEMORY_FILE_SYSTEMS:
            verdicts.append(
                ok(f"{place.path} lies on {place.fstype}", seen, subject=place.path),
            )
            continue
        verdicts.append(
            fail(
                f"{place.path} lies in memory ({place.fstype} at {place.mount}): all images, "
                "containers and volumes are gone after the next boot.",
                seen,
                subject=place.path,
                mend=_move(facts, place),
            )
        )
    return verdicts


@TOPIC.check(
    "data-root-unsuitable-file-system",
    WARNING,
    "The file system cannot carry image layers",
    references=(_DRIVER_PAGE, "https://docs.kernel.org/filesystems/overlayfs.html"),
    applies="Docker Engines on this host that do not fall back to vfs",
)
def data_root_unsuitable_file_system(facts: Storage) -> list[Verdict]:
    """The data root lies on a file system on which overlay cannot work properly.

    ## What it reads
    GET /info: the data root; the mount table: the file system under it. An engine that has already
    fallen back to vfs is reported by storage-driver-vfs instead.

    ## Why it matters
    Overlay needs a file system with Linux owners, links, file types and trusted extended
    attributes. Without them layers come out wrong, renames fail with EXDEV or EINVAL, or the engine
    quietly chooses a driver that copies everything.

    ## How to mend it
    Put the data root on ext4, XFS (ftype=1) or btrfs. An engine inside a container wants a volume
    at /var/lib/docker, not the container's own overlay.

    ## What could go wrong
    Moving it needs the engine stopped and a copy with all attributes.

    ## Why this severity
    A warning: it often seems to work, until an image needs what is missing.
    """
    if have(facts.driver, "") == "vfs":
        return [skip("storage-driver-vfs reports what the vfs fallback comes from")]
    verdicts = []
    for place in _carriers(facts):
        seen = _mount_seen(place, "ext4, xfs or btrfs")
        why = _unsuitable(place.fstype)
        if place.fstype in NETWORK_FILE_SYSTEMS:
            verdicts.append(skip("data-root-on-network reports it", subject=place.path))
        elif why:
            verdicts.append(
                fail(
                    f"{place.path} lies on {place.fstype}: {why}. Layers can come out wrong.",
                    seen,
                    subject=place.path,
                    mend=_move(facts, place),
                )
            )
        else:
            verdicts.append(ok(f"{place.path} lies on {place.fstype}", seen, subject=place.path))
    return verdicts


@TOPIC.check(
    "data-root-shares-root-partition",
    NOTE,
    "The engine's data shares the root file system",
    references=("CIS Docker Benchmark 1.1.1",),
    applies="Docker Engines on this host",
    tags=("hardening",),
)
def data_root_shares_root_partition(facts: Storage) -> Verdict:
    """Images, volumes and logs of containers fill the same file system as the system itself.

    ## What it reads
    GET /info: the data root; the mount table: whether it and `/` share their free space.

    ## Why it matters
    When containers fill the disk, the system's own logs, package manager and logins fail too. On a
    file system of its own only the engine stops.

    ## How to mend it
    Mount a file system at the data root, copy the data with the engine stopped.

    ## What could go wrong
    Without `RequiresMountsFor` in the unit the engine can start before the mount and work in the
    empty directory under it.

    ## Why this severity
    A hardening note: most hosts do well with one file system and watch its space instead.
    """
    place, root = need(facts.data_root), need(facts.root)
    seen = _mount_seen(place, "a file system of its own")
    if place.filesystem != root.filesystem:
        return ok(f"{place.path} has a file system of its own", seen)
    return fail(
        f"{place.path} shares the file system of / ({place.fstype}): containers that fill it stop "
        "the whole system.",
        seen,
        mend=(
            (
                f"Mount a file system of its own at {place.path} (copy the data with the engine "
                "stopped), and add RequiresMountsFor to docker.service"
            ),
        ),
    )


@TOPIC.check(
    "containerd-store-not-on-data-root",
    WARNING,
    "Images do not go where the data root was moved",
    references=(
        "https://github.com/docker/cli/issues/6645",
        "https://github.com/moby/moby/issues/50517",
        "https://docs.docker.com/engine/storage/containerd/",
    ),
    applies="Docker Engines on this host with the containerd image store",
)
def containerd_store_not_on_data_root(facts: Storage) -> Verdict:
    """The data root is on another file system, but images are kept in /var/lib/containerd.

    ## What it reads
    GET /info: storage driver, its driver-type and the data root; containerd's command line and
    configuration; the mount table.

    ## Why it matters
    With the containerd image store (default of fresh Docker Engines from 29 on), images and
    container file systems live in containerd's root, /var/lib/containerd, whatever `data-root`
    says. Who moved the data root to a large disk fills the system disk instead, and `df` on the
    large one shows it empty.

    ## How to mend it
    Move containerd's root to the large disk as well: `root` in /etc/containerd/config.toml.

    ## What could go wrong
    Everything that uses this containerd moves with it, Kubernetes included. Stop docker and
    containerd before copying, and copy with all attributes.

    ## Why this severity
    A warning: the wrong disk fills up.
    """
    if not need(facts.containerd_store):
        return skip("the engine does not use the containerd image store")
    data, store = need(facts.data_root), need(facts.containerd_root)
    seen = (
        Evidence(INFO, "DriverStatus driver-type", CONTAINERD_STORE),
        Evidence(data.source, data.path, f"on {data.mount} ({data.fstype})"),
        Evidence(
            store.source, store.path, f"on {store.mount} ({store.fstype})", f"on {data.mount}"
        ),
    )
    if data.filesystem == store.filesystem:
        return ok(f"{store.path} and {data.path} share one file system", *seen)
    if store.path != DEFAULT_CONTAINERD_ROOT or store.mount == store.path:
        return ok(f"images have a place of their own, {store.path} on {store.mount}", *seen)
    parent, _, _ = data.path.rstrip("/").rpartition("/")
    inside = data.mount == data.path
    target = f"{data.path}/containerd-root" if inside else f"{parent}/containerd"
    return fail(
        f"The data root {data.path} is on {data.mount}, but images and containers are kept in "
        f"{store.path} on {store.mount}: that file system fills up instead.",
        *seen,
        mend=(
            "sudo systemctl stop docker.socket docker containerd   # stops all containers",
            f"sudo mkdir -p {target} && sudo rsync -aHAX --numeric-ids {store.path}/ {target}/",
            f'Set root = "{target}" at the top of /etc/containerd/config.toml',
            "sudo systemctl start containerd docker; then remove the old folder",
        ),
    )


# -- what lies about -----------------------------------------------------------------------------


@TOPIC.check(
    "image-store-left-behind",
    NOTE,
    "An unused image store still takes space",
    references=(
        "https://docs.docker.com/engine/storage/containerd/",
        "https://github.com/docker/for-mac/issues/7187",
    ),
    applies="Docker Engines on this host; needs root",
)
def image_store_left_behind(facts: Storage) -> Verdict:
    """The store that this engine does not use still holds images.

    ## What it reads
    GET /info: which of the two image stores is in use. For the other one, as root: the image list
    of overlay2 under the data root, or containerd's images in Docker's namespace (`ctr`).

    ## Why it matters
    An engine has either the classic store (overlay2 under the data root) or containerd's. Changing
    over hides the images and containers of the other store, and no docker command sees them or
    frees their space: gigabytes stay on the disk for good.

    ## How to mend it
    If nothing of it is needed: change back, `docker system prune -a`, change over again. The change
    is the `containerd-snapshotter` entry under `features` in daemon.json, and a restart.

    ## What could go wrong
    Containers of the hidden store have files of their own in there. Look with the old store on
    (`docker ps -a`) before pruning. Deleting the folders by hand breaks the other store's records.

    ## Why this severity
    A note: it only takes space.
    """
    idle = need(facts.idle_store)
    if idle is None:
        return ok("only one image store holds images")
    in_use = "containerd" if idle.name == "overlay2" else "overlay2"
    turn = "false" if idle.name == "overlay2" else "true"
    back = "true" if idle.name == "overlay2" else "false"
    where = _where(facts)
    return fail(
        f"The engine uses the {in_use} image store, but the {idle.name} store still holds "
        f"{idle.images} images ({idle.layers} layers) that no docker command sees or removes.",
        Evidence(idle.path, "images", str(idle.images), "0"),
        mend=(
            f"sudo du -sxh {idle.path}   # how much it is",
            (
                f'Set "features": {{"containerd-snapshotter": {turn}}} in {where.config_file}, '
                f"{where.restart}; look with docker ps -a and docker images, save what you need, then "
                "docker system prune -a   # deletes all that is unused in that store"
            ),
            f'Set "containerd-snapshotter" to {back} again and restart',
        ),
    )


@TOPIC.check(
    "overlay-layers-orphaned",
    NOTE,
    "Layer folders belong to no image or container",
    references=(
        "https://github.com/moby/moby/issues/45939",
        "https://github.com/docker/cli/issues/4656",
    ),
    applies="Docker Engines on this host with overlay2; needs root",
)
def overlay_layers_orphaned(facts: Storage) -> Verdict:
    """overlay2 holds layers that the engine's own list does not know.

    ## What it reads
    As root, three lists of names: the folders in overlay2, the layers and the container mounts in
    image/overlay2/layerdb. Folders of the build cache are named otherwise and not counted, so the
    number is the least that it can be.

    ## Why it matters
    A crash, a full disk or a power cut in the middle of a pull or a removal leaves layers behind.
    `docker system df` does not show them and no prune frees them.

    ## How to mend it
    There is no safe command that removes them. When they take too much: save images and volumes,
    stop the engine, move the data root aside, start with an empty one and load everything again.

    ## What could go wrong
    Scripts that delete such folders by guess break images that share them. Do not.

    ## Why this severity
    A note: space is lost, nothing else.
    """
    layers = need(facts.layers)
    lost = layers.directories - layers.accounted
    seen = Evidence(
        layers.path,
        "layer folders",
        str(layers.directories),
        f"at most {layers.accounted}, the layers and containers in image/overlay2/layerdb",
    )
    if lost < ORPHANED_LAYERS:
        return ok("the layer folders belong to images and containers", seen)
    return fail(
        f"At least {lost} of {layers.directories} layer folders in {layers.path} belong to no "
        "image or container: no docker command shows or frees their space.",
        seen,
        mend=(
            f"sudo du -sxh {layers.path}; docker system df   # the difference is what is lost",
            (
                "If it is much: save images (docker save) and volumes, stop docker, rename the data "
                "root, start docker with an empty one, load everything again. Delete no single folders."
            ),
        ),
    )
