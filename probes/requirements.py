"""Requirements: whether this machine is what the engine is documented and built for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from probes import configuration, desktop_host, engine, engine_host
from probes.engine_identity import IN_A_VM
from probes.formats import distribution_support as support
from probes.formats.mountinfo import mount_of
from probes.formats.os_release import manager_of, parse_os_release
from probes.formats.sizes import GIB, human_size
from probes.formats.timestamps import day_number
from probes.formats.versions import parse_version
from probes.host.questions import Absent, Garbled, Unreadable
from probes.model import (
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
)
from probes.record import NamedTuple
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from probes.formats.distribution_support import Life
    from probes.formats.os_release import PackageManager
    from probes.host import Host

MEMORY_MINIMUM = Threshold(
    "memory-minimum",
    4.0,
    "GB",
    "The documented minimum of Docker's products (docs.docker.com/desktop/setup/install/linux).",
)
MEMORY_RECOMMENDED = Threshold(
    "memory-recommended",
    8.0,
    "GB",
    "Twice the minimum: what a build, a database and the system itself use together.",
)
MEMORY_RESERVED_SHARE = 0.15
"""Memory that is bought and never seen: the firmware, the kernel, a crash kernel (up to 256 MiB)
and graphics (up to 1 GiB of 8). A "4 GB" server that counts in powers of ten has 3.73 GiB before
any of that; 3.7 and 3.5 GiB are a "4 GB" machine, 15.6 GiB is a "16 GB" one."""

DISK_MINIMUM = Threshold(
    "disk-minimum",
    20.0,
    "GB",
    "A few images with their build cache: one language toolchain image alone is 1 to 4 GB, and a "
    "file system that fills up takes the daemon and every container with it.",
)
GB = 1000**3
"""Disks are sold, and Docker's documentation counts, in powers of ten."""

ENGINE_MINIMUM = (24, 0)
"""The oldest engine whose behaviour these checks and the current CLI count on: BuildKit as the
default builder came with 23, ``--validate`` with 23, the last removed storage drivers with 24."""

ENDING_DAYS = 60
"""How long before its end of life a release is mentioned: time for one maintenance window."""

BITS_64 = frozenset(
    "x86_64 amd64 aarch64 arm64 s390x ppc64le ppc64 riscv64 loongarch64 mips64 mips64le".split()
)
"""What uname(2) calls 64-bit machines."""

ARCHITECTURES_32 = frozenset({"386", "arm", "mips", "mipsle"})
"""What Go calls 32-bit ones (GOARCH)."""

NO_32_BIT_SINCE = "29"
"""The first engine without packages for 32-bit Raspberry Pi OS (docs.docker.com/engine/install/
raspberry-pi-os)."""

TOPIC = Topic["Requirements"]("requirements", "Requirements")


class Memory(NamedTuple):
    """How much memory the engine can count on."""

    total: int
    """Bytes that the machine has."""
    limit: int | None
    """Bytes that the container, in which all this runs, may use; None outside of one."""
    source: str
    locator: str

    @property
    def usable(self) -> int:
        """The smaller of the two."""
        return self.total if self.limit is None else min(self.total, self.limit)


class Cpus(NamedTuple):
    """How many processors the engine has."""

    number: int
    source: str
    locator: str


class Disk(NamedTuple):
    """The file system on which the engine keeps something."""

    path: str
    asked: str
    """The path whose file system was asked; a parent where the engine has made none yet."""
    available: int
    total: int


class Requirements(NamedTuple):
    """What the engine has to work with."""

    machine: str | Missing
    """As uname(2) calls it."""
    userland_bits: int | Missing
    engine_arch: str | Missing
    """The daemon's own architecture, in Go's words."""
    memory: Memory | Missing
    cpus: Cpus | Missing
    container: str | Missing
    """The kind of container this is; empty for none."""
    disks: tuple[Disk, ...] | Missing
    images: int | Missing
    engine_version: str | Missing
    engine_version_source: str
    distribution_build: bool | Missing
    """Whether the engine was built by a distribution and not by Docker."""
    distribution: Life | Missing
    distribution_source: str
    today: str | Missing
    manager: PackageManager | None
    platform: str | Missing = desktop_host.LINUX
    """As desktop_host.platform tells it."""


# -- looking -------------------------------------------------------------------------------------


def operating_system(host: Host) -> dict[str, str]:
    """os-release(5) of this host; Absent where there is none."""
    return host.derive(_operating_system)


def _operating_system(host: Host) -> dict[str, str]:
    try:
        return parse_os_release(host.read_text("/etc/os-release"))
    except Absent:
        return parse_os_release(host.read_text("/usr/lib/os-release"))


def system_name(host: Host) -> tuple[str, str]:
    """What this host's system is called, and its version: ("Debian GNU/Linux", "12").

    On macOS sw_vers(1) tells; where it does not, Darwin's major version, which macOS counts: 20 was
    11, 24 was 15, and 25 is 26 (Apple's release notes).

    Raises: Absent where it is not told; Unreadable.
    """
    where = desktop_host.platform(host)
    system = host.gauge("system")
    if where == desktop_host.WINDOWS:
        if not system["kernel_version"]:
            raise Absent("which Windows this is is not told", look="winver")
        return str(system["kernel_version"]), ""
    if where == desktop_host.MACOS:
        told = known(lambda: host.output("sw_vers", "-productVersion").strip())
        if isinstance(told, str) and told[:1].isdigit():
            return "macOS", told
        major = str(system["release"]).partition(".")[0]
        if not major.isdigit() or int(major) < _DARWIN_OF_MACOS_11:
            raise Absent("which macOS this is is not told", look="sw_vers")
        number = int(major) - (9 if int(major) < _DARWIN_OF_MACOS_26 else -1)
        return "macOS", str(number)
    names = operating_system(host)
    return names.get("NAME", ""), names.get("VERSION_ID", "")


_DARWIN_OF_MACOS_11, _DARWIN_OF_MACOS_26 = 20, 25


def package_manager(host: Host) -> PackageManager | None:
    """The package manager of this host's distribution; None where unknown."""
    release = have(known(lambda: operating_system(host)), {})
    return manager_of(release)


def life(host: Host) -> Life:
    """Where this host's distribution stands today. Raises Unreadable where that is not told."""
    return host.derive(_life)


def _life(host: Host) -> Life:
    if not _is_linux(host):
        raise engine.NotHere("this host is no Linux distribution")
    day = today(host)
    try:
        return support.life_of(operating_system(host), day)
    except Absent:
        told = host.gauge("distribution")
        if not told.get("id") and host.exists("/etc/synoinfo.conf"):
            raise engine.NotHere("Synology tells itself how long it maintains a DSM") from None
        if not told.get("id"):
            raise Garbled("this host does not tell which distribution it is") from None
        release = {"ID": told["id"], "VERSION_ID": told["version"], "NAME": told["name"]}
        return support.life_of(release, day)


def _is_linux(host: Host) -> bool:
    """Whether this host is one that an engine runs on without a VM."""
    return desktop_host.platform(host) not in {desktop_host.WINDOWS, desktop_host.MACOS}


def today(host: Host) -> str:
    """The host's date in UTC, as an ISO day."""
    return time.strftime("%Y-%m-%d", time.gmtime(host.now()))


@TOPIC.probe
def look(host: Host) -> Requirements:
    """Ask the machine that the engine runs on: this one, or what the engine tells of another."""
    seen = engine.look(host)
    told = known(lambda: engine.info(host))
    elsewhere = _elsewhere(seen)
    container = known(lambda: engine_host.container_of(host))
    release = have(absent_as(lambda: operating_system(host), {}), {})
    no_release = not release
    memory: Memory | Missing
    cpus: Cpus | Missing
    if elsewhere is None:
        system = known(lambda: host.gauge("system"))
        # Windows writes AMD64 and ARM64.
        machine = system if isinstance(system, Missing) else str(system["machine"]).lower()
        memory = known(lambda: _memory(host, container))
        cpus = known(lambda: Cpus(int(host.gauge("cpus")["logical"]), "this host", "CPUs"))
        bits = known(lambda: _userland_bits(host))
        distribution = known(lambda: life(host))
    elif isinstance(told, Missing):
        machine = memory = cpus = distribution = bits = elsewhere
    else:
        machine = str(told.get("Architecture") or "") or Missing("the engine does not tell it")
        memory = _told_memory(told)
        cpus = _told_cpus(told)
        bits = distribution = elsewhere
    return Requirements(
        machine=machine,
        userland_bits=bits,
        engine_arch=known(lambda: _engine_arch(host)),
        memory=memory,
        cpus=cpus,
        container="" if elsewhere is not None else container,
        disks=known(lambda: _disks(host, seen, told)) if elsewhere is None else elsewhere,
        images=told if isinstance(told, Missing) else _number(told.get("Images")),
        engine_version=known(lambda: _docker_version(host, seen)),
        engine_version_source="dockerd --version"
        if isinstance(seen.version, Missing)
        else "engine GET /version",
        distribution_build=known(lambda: _packaged_by_distribution(host))
        if isinstance(seen.platform_name, Missing)
        else seen.platform_name == "" and not built_by_docker_once(have(seen.version, "")),
        distribution=distribution,
        distribution_source="the host" if no_release else "/etc/os-release",
        today=known(lambda: today(host)),
        manager=manager_of(release),
        platform=known(lambda: desktop_host.platform(host)),
    )


def _packaged_by_distribution(host: Host) -> bool:
    """Whether the engine that may not be asked came in a package of the distribution."""
    from probes import packaging

    flavour = packaging.flavour(host)
    return bool(flavour) and flavour not in {"docker-ce", "static"}


def built_by_docker_once(version: str) -> bool:
    """Whether the version is one of Docker's own builds from before they said so (18.09).

    >>> built_by_docker_once("18.06.2-ce"), built_by_docker_once("28.3.3-ce")  # openSUSE's
    (True, False)
    """
    return version.endswith(("-ce", "-ee")) and parse_version(version)[:2] < (18, 9)


def _docker_version(host: Host, seen: engine.Engine) -> str:
    if seen.provider == "podman":
        raise engine.NotHere("podman has version numbers of its own")
    return engine.version_here(host)


def _elsewhere(seen: engine.Engine) -> Missing | None:
    """Why this machine is not the one that the engine runs on; None where it is, or has none.

    A desktop product's VM lives in this machine: its documented minimum is about this machine.
    """
    if seen.provider in IN_A_VM:
        return None
    if seen.local is False:
        return Missing(f"the engine runs elsewhere ({seen.endpoint})", "inapplicable")
    if not seen.reachable and seen.endpoint.startswith(("tcp://", "ssh://", "http")):
        return Missing(
            f"the engine is on another machine ({seen.endpoint}) and does not answer",
            "inapplicable",
        )
    return None


def _number(value: Any) -> int | Missing:  # noqa: ANN401 - any JSON
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return Missing("the engine does not tell it")


def _told_memory(told: dict[str, Any]) -> Memory | Missing:
    total = _number(told.get("MemTotal"))
    if isinstance(total, Missing) or total <= 0:
        return Missing("the engine does not tell how much memory it has")
    return Memory(total, None, "engine GET /info", "MemTotal")


def _told_cpus(told: dict[str, Any]) -> Cpus | Missing:
    count = _number(told.get("NCPU"))
    if isinstance(count, Missing) or count <= 0:
        return Missing("the engine does not tell how many CPUs it has")
    return Cpus(count, "engine GET /info", "NCPU")


def _memory(host: Host, container: str | Missing) -> Memory:
    try:
        text = host.read_text("/proc/meminfo")
    except Unreadable:
        return Memory(int(host.gauge("memory")["total"]), None, "this host", "memory")
    total = _mem_total(text)
    limit = _container_limit(host) if have(container, "") else None
    if limit is not None and limit >= total:
        limit = None
    return Memory(total, limit, "/proc/meminfo", "MemTotal")


def _mem_total(text: str) -> int:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == "MemTotal" and value.split()[:1] and value.split()[0].isdigit():
            return int(value.split()[0]) * 1024
    raise Garbled("/proc/meminfo names no MemTotal", look="head -1 /proc/meminfo")


def _container_limit(host: Host) -> int | None:
    """The memory limit of the container we are in: that of its cgroup namespace's root.

    Only asked inside a container: on a host, the limit found there would be that of a login
    session, which an engine does not share.
    """
    v2 = known(lambda: host.read_text("/sys/fs/cgroup/memory.max").strip())
    v1 = known(lambda: host.read_text("/sys/fs/cgroup/memory/memory.limit_in_bytes").strip())
    for text in (v2, v1):
        if isinstance(text, str) and text.isdigit():
            return int(text)
    return None


def _userland_bits(host: Host) -> int:
    """32 or 64: the width of the programs here, which a 64-bit kernel does not tell.

    The auxiliary vector, getauxval(3), is pairs of machine words that end with two zeroes.
    """
    if not _is_linux(host):
        raise engine.NotHere("only on Linux the programs can be narrower than the engine's kernel")
    data = known(lambda: host.read_bytes("/proc/self/auxv"))
    if isinstance(data, bytes):
        width = _word_width(data)
        if width:
            return width
    text = host.output("getconf", "LONG_BIT").strip()
    if text not in {"32", "64"}:
        raise Garbled("getconf LONG_BIT does not answer with a number", look="getconf LONG_BIT")
    return int(text)


def _word_width(data: bytes) -> int:
    for width, size in ((64, 16), (32, 8)):
        for order in ("<", ">"):
            # Keys of the vector are small numbers (linux/auxvec.h: below 64).
            if len(data) % size == 0 and _is_vector(data, size, order):
                return width
    return 0


def _is_vector(data: bytes, size: int, order: str) -> bool:
    endian: Literal["little", "big"] = "little" if order == "<" else "big"
    half = size // 2
    keys = [int.from_bytes(data[at : at + half], endian) for at in range(0, len(data), size)]
    return len(keys) > 1 and keys[-1] == 0 and all(key < 64 for key in keys)  # noqa: PLR2004


def _engine_arch(host: Host) -> str:
    arch = engine.version(host).get("Arch")
    if not isinstance(arch, str) or not arch:
        raise Garbled("the engine does not tell its architecture")
    return arch


def _disks(host: Host, seen: engine.Engine, told: dict[str, Any] | Missing) -> tuple[Disk, ...]:
    if seen.provider in IN_A_VM:
        raise engine.NotHere(f"{seen.provider} keeps its data on the disk of its VM")
    if not _is_linux(host):
        raise engine.NotHere("on this host engines keep their data on the disk of a VM")
    paths = [_data_root(host, seen)]
    if not isinstance(told, Missing) and _keeps_images_in_containerd(told):
        paths.append("/var/lib/containerd")
    disks: list[Disk] = []
    for path in paths:
        disk = _disk(host, path)
        if all((d.total, d.available) != (disk.total, disk.available) for d in disks):
            disks.append(disk)
    return tuple(disks)


def _data_root(host: Host, seen: engine.Engine) -> str:
    if isinstance(seen.data_root, str) and seen.data_root.startswith("/"):
        return seen.data_root
    configured = known(lambda: configuration.setting(host, "data-root").value)
    if isinstance(configured, str) and configured.startswith("/"):
        return configured
    return "/var/lib/docker" if host.derive(engine.installed) else "/var/lib"


def _keeps_images_in_containerd(told: dict[str, Any]) -> bool:
    """Whether images lie in the system's containerd: the default of fresh engines since 29."""
    status = told.get("DriverStatus")
    rows = status if isinstance(status, list) else []
    snapshotter = ["driver-type", "io.containerd.snapshotter.v1"] in rows
    containerd = told.get("Containerd")
    address = containerd.get("Address") if isinstance(containerd, dict) else None
    return snapshotter and address == "/run/containerd/containerd.sock"


def _disk(host: Host, path: str) -> Disk:
    """The file system under a path; where the path cannot be asked, its parent on the same one."""
    asked = path
    while True:
        vfs = known(lambda asked=asked: host.statvfs(asked))  # type: ignore[misc]
        if not isinstance(vfs, Missing):
            return Disk(path, asked, vfs.available, vfs.total)
        parent = asked.rpartition("/")[0] or "/"
        if asked == "/" or not _same_file_system(host, path, parent, vfs.kind):
            host.statvfs(asked)  # raises what was found
        asked = parent


def _same_file_system(host: Host, path: str, parent: str, kind: str) -> bool:
    """Whether the parent of what cannot be asked stands for it."""
    if kind != "denied":
        return kind == "absent"
    mounts = known(host.mounts)
    below = None if isinstance(mounts, Missing) else mount_of(path, mounts)
    # A folder we may not enter tells nothing, unless it is known where it lies.
    return below is not None and (parent + "/").startswith(below.target.rstrip("/") + "/")


# -- judging -------------------------------------------------------------------------------------

_TO_64_BIT = (
    (
        "Reinstall with the 64-bit image of the distribution: there is no upgrade from 32 to 64 bit. "
        "Save volumes and compose files first."
    ),
)


@TOPIC.check(
    "cpu-not-64-bit",
    WARNING,
    "The processor is not run in 64-bit mode",
    references=(
        "https://docs.docker.com/engine/install/",
        "https://docs.docker.com/engine/install/raspberry-pi-os/",
    ),
)
def cpu_not_64_bit(facts: Requirements) -> Verdict:
    """The kernel of the engine's machine is a 32-bit one: i686, armv6 or armv7.

    ## What it reads
    The machine name of uname(2); for an engine on another machine the Architecture that GET /info
    tells.

    ## Why it matters
    The engine is documented for 64-bit processors. Most images are built for amd64 and arm64 only,
    so a pull fails with "no matching manifest"; no process can use more than about 3 GB; and
    packages end: 29 is the first engine without any for 32-bit Raspberry Pi OS.

    ## How to mend it
    Where the processor can do 64 bit (`grep -w lm /proc/cpuinfo` on x86; every Raspberry Pi from
    the 3 on), install the 64-bit image of the distribution. Otherwise the machine stays with the
    images and the engine that exist for it.

    ## What could go wrong
    This is a new installation: copy volumes, compose files and daemon.json away first.

    ## Why this severity
    A warning: what runs goes on running, but images and security updates run out.
    """
    machine = need(facts.machine)
    seen = Evidence("uname(2)", "machine", machine, "a 64-bit machine, such as x86_64 or aarch64")
    if machine in BITS_64:
        return ok(f"{machine} is a 64-bit machine", seen)
    if not _is_32_bit(machine):
        return skip(f"{machine} is a machine this check does not know")
    return fail(
        f"This is a 32-bit machine ({machine}): the engine is documented for 64-bit ones, and many "
        "images do not exist for it.",
        seen,
        mend=_TO_64_BIT,
    )


def _is_32_bit(machine: str) -> bool:
    return machine in {"i386", "i486", "i586", "i686", "x86", "386", "arm", "armhf"} or (
        machine.startswith(("armv5", "armv6", "armv7", "armv8l"))
    )


@TOPIC.check(
    "userland-32-bit",
    WARNING,
    "A 32-bit system runs on a 64-bit kernel",
    references=(
        "https://docs.docker.com/engine/install/raspberry-pi-os/",
        "https://docs.docker.com/engine/release-notes/29/",
    ),
    applies="hosts with a 64-bit kernel",
)
def userland_32_bit(facts: Requirements) -> Verdict:
    """The kernel is 64-bit, the programs on top of it, the engine among them, are 32-bit.

    ## What it reads
    The word width of the programs here (getauxval(3), `getconf LONG_BIT`) and the architecture the
    daemon was built for (Arch in GET /version), beside the machine name of the kernel.

    ## Why it matters
    Raspberry Pi OS boots a 64-bit kernel under a 32-bit system by default on newer boards, so
    `uname -m` says aarch64 while the engine is an armhf one. It pulls arm/v7 images, which are
    getting rare, and packages for it ended with engine 29.

    ## How to mend it
    Install the 64-bit image of the distribution. The board can do it: its kernel already is.

    ## What could go wrong
    This is a new installation: copy volumes, compose files and daemon.json away first. Putting a
    64-bit engine into a 32-bit system by hand leaves it without updates.

    ## Why this severity
    A warning: what runs goes on running, but images and security updates run out.
    """
    machine = need(facts.machine)
    if machine not in BITS_64:
        return skip(f"the kernel is not a 64-bit one ({machine})")
    arch = have(facts.engine_arch, "")
    if arch in ARCHITECTURES_32:
        return fail(
            f"The engine is a 32-bit build ({arch}) on a 64-bit kernel ({machine}): it pulls 32-bit "
            f"images, and its packages end before engine {NO_32_BIT_SINCE}.",
            Evidence("engine GET /version", "Arch", arch, "a 64-bit architecture"),
            mend=_TO_64_BIT,
        )
    if arch and isinstance(facts.userland_bits, Missing):
        return ok(f"the engine is a 64-bit build ({arch})")
    bits = need(facts.userland_bits)
    seen = Evidence("getauxval(3)", "word width", f"{bits} bit", "64 bit")
    if bits == 64 or arch:  # noqa: PLR2004 - bits
        # With a 64-bit engine it is only our own Python that is narrow.
        return ok(f"kernel ({machine}) and programs are 64-bit", seen)
    return fail(
        f"The programs here are 32-bit on a 64-bit kernel ({machine}): an engine installed here "
        f"would be a 32-bit one, whose packages end before engine {NO_32_BIT_SINCE}.",
        seen,
        mend=_TO_64_BIT,
    )


@TOPIC.check(
    "memory-below-minimum",
    WARNING,
    "Less memory than the documented minimum",
    references=("https://docs.docker.com/desktop/setup/install/linux/",),
)
def memory_below_minimum(facts: Requirements) -> Verdict:
    """The machine has clearly less memory than the documented minimum of 4 GB.

    ## What it reads
    MemTotal of /proc/meminfo, and in a container (LXC, Docker) the limit of its cgroup, whichever
    is smaller; for an engine on another machine the MemTotal that GET /info tells. Firmware, kernel
    and graphics keep a part of what was bought, so 15 % less than the minimum still passes: a "4
    GB" machine shows 3.4 to 3.9 GiB.

    ## Why it matters
    The daemon and containerd take 100 to 200 MB, every build and every image that is unpacked some
    hundred more. What is left over runs out under the first database, and the kernel then kills
    the largest process, mostly the one that mattered.

    ## How to mend it
    Give the machine more memory: a larger plan, a larger limit of the container or VM. Until then,
    limit each container (`docker run --memory`, `mem_limit` in compose) so that one cannot take the
    others down, and build images elsewhere.

    ## What could go wrong
    A limit that is too tight kills the container it was set for: look at `docker stats` first.

    ## Why this severity
    A warning: small services do run in less; it is builds and growth that end badly.
    """
    memory = need(facts.memory)
    wanted = MEMORY_MINIMUM.value
    if memory.usable >= wanted * GIB * (1 - MEMORY_RESERVED_SHARE):
        return ok(f"{human_size(memory.usable)} of memory", _memory_seen(memory, wanted))
    return fail(
        f"{_memory_words(memory, facts.container)}, less than the documented minimum of "
        f"{wanted:g} GB: builds and databases are likely to be killed.",
        _memory_seen(memory, wanted),
        mend=_memory_mend(memory, facts),
    )


@TOPIC.check(
    "memory-below-recommended",
    NOTE,
    "Less memory than recommended",
    references=("https://docs.docker.com/engine/containers/resource_constraints/",),
)
def memory_below_recommended(facts: Requirements) -> Verdict:
    """The machine meets the minimum of 4 GB, but not the recommended 8 GB.

    ## What it reads
    The same as memory-below-minimum, with the same allowance of 15 % for what firmware, kernel and
    graphics keep: a machine sold with 8 GB passes with 6.8 GiB.

    ## Why it matters
    With less than 8 GB, one build beside a database and a few services is enough to make the kernel
    kill something. It is worth knowing before, not after.

    ## How to mend it
    Limit each container's memory (`docker run --memory`, `mem_limit` in compose), so that a leak
    hits the one that leaks; or give the machine more memory.

    ## What could go wrong
    A limit that is too tight kills the container it was set for: look at `docker stats` first.

    ## Why this severity
    A note: plenty of hosts do their work in 4 GB.
    """
    memory = need(facts.memory)
    wanted = MEMORY_RECOMMENDED.value
    if memory.usable < MEMORY_MINIMUM.value * GIB * (1 - MEMORY_RESERVED_SHARE):
        return skip("there is less than the minimum: memory-below-minimum says so")
    if memory.usable >= wanted * GIB * (1 - MEMORY_RESERVED_SHARE):
        return ok(f"{human_size(memory.usable)} of memory", _memory_seen(memory, wanted))
    return fail(
        f"{_memory_words(memory, facts.container)}: enough to start with, below the recommended "
        f"{wanted:g} GB for builds and databases.",
        _memory_seen(memory, wanted),
        mend=(
            "docker stats --no-stream   # what each container uses now",
            "Set a limit for each: docker run --memory 512m ..., or mem_limit in compose.",
        ),
    )


def _memory_words(memory: Memory, container: str | Missing) -> str:
    if memory.limit is not None:
        return (
            f"This {have(container, '') or 'container'} may use {human_size(memory.limit)} of its "
            f"host's {human_size(memory.total)} of memory"
        )
    return f"{human_size(memory.total)} of memory"


def _memory_seen(memory: Memory, wanted: float) -> Evidence:
    if memory.limit is not None:
        return Evidence(
            "the cgroup of this container",
            "memory limit",
            human_size(memory.limit),
            f"{wanted:g} GB",
        )
    return Evidence(memory.source, memory.locator, human_size(memory.total), f"{wanted:g} GB")


def _memory_mend(memory: Memory, facts: Requirements) -> tuple[str, ...]:
    if facts.platform == desktop_host.WSL2:
        return (
            (
                f"Set memory={MEMORY_RECOMMENDED.value:g}GB below [wsl2] in %UserProfile%\\.wslconfig "
                "of Windows, where the computer has it."
            ),
            "wsl --shutdown   # in Windows; ends all distributions and Docker Desktop's containers",
        )
    if memory.limit is not None and have(facts.container, "") == "lxc":
        return (
            (
                f"On the host of this container: lxc config set <name> limits.memory "
                f"{MEMORY_RECOMMENDED.value:g}GB (Proxmox: pct set <id> --memory "
                f"{MEMORY_RECOMMENDED.value * 1024:.0f})"
            ),
        )
    return (
        (
            "Give the machine more memory, or limit what each container may take: "
            "docker run --memory 512m ..., mem_limit in compose."
        ),
    )


@TOPIC.check(
    "single-cpu",
    NOTE,
    "There is only one CPU",
    references=("https://docs.docker.com/engine/containers/resource_constraints/#cpu",),
)
def single_cpu(facts: Requirements) -> Verdict:
    """The engine's machine has one processor for the daemon and all containers.

    ## What it reads
    The number of CPUs the kernel has; for an engine on another machine the NCPU that GET /info
    tells.

    ## Why it matters
    One busy container, a build or an image being unpacked keeps everything else waiting, the
    daemon's own answers and health checks included: containers are then restarted for being slow.

    ## How to mend it
    Give a virtual machine a second CPU. Otherwise hold back the container that hogs it:
    `docker update --cpus 0.8 NAME` leaves a fifth to the rest.

    ## What could go wrong
    A container that is held back answers more slowly.

    ## Why this severity
    A note: one CPU is enough for a few quiet services.
    """
    cpus = need(facts.cpus)
    seen = Evidence(cpus.source, cpus.locator, str(cpus.number), "2 or more")
    if cpus.number > 1:
        return ok(f"{cpus.number} CPUs", seen)
    return fail(
        "One CPU serves the daemon and all containers: a busy one keeps the others, and health "
        "checks, waiting.",
        seen,
        mend=(
            "Give the virtual machine a second CPU, or hold the busiest container back:",
            "docker update --cpus 0.8 <name>",
        ),
    )


@TOPIC.check(
    "disk-below-minimum",
    WARNING,
    "Little free space where the engine keeps its data",
    references=(
        "https://docs.docker.com/engine/manage-resources/pruning/",
        "https://docs.docker.com/engine/daemon/#daemon-data-directory",
    ),
    applies="engines on this host, and hosts that have none yet",
)
def disk_below_minimum(facts: Requirements) -> list[Verdict]:
    """The file system of the engine's data has less free space than the required 20 GB.

    ## What it reads
    The data root that the engine tells (GET /info), its file system by statvfs(3), and that of
    /var/lib/containerd where the images lie there. Without an engine: the place where it would be.

    ## Why it matters
    Images, volumes, build cache and container logs all grow there. When it is full, containers
    fail in odd ways, databases stop, and the daemon may not start again.

    ## How to mend it
    Enlarge the file system, or move the data root to a larger one (`data-root` in daemon.json).
    `docker system df` shows what takes the space, `docker image prune` and `docker builder prune`
    free what nothing uses.

    ## What could go wrong
    Prune only what you know: `docker system prune --volumes` deletes data of stopped containers. A
    moved data root starts empty: copy the old one with the daemon stopped.

    ## Why this severity
    A warning before the engine is put to use; a note where it already holds images, since the
    space is then needed for growth only.
    """
    in_use = have(facts.images, 0) > 0
    verdicts = []
    for disk in need(facts.disks):
        seen = Evidence(
            f"statvfs({disk.asked})",
            "available",
            f"{disk.available / GB:.1f} GB",
            f"{DISK_MINIMUM.value:g} GB",
        )
        if disk.available >= DISK_MINIMUM.value * GB:
            verdicts.append(
                ok(
                    f"{disk.available / GB:.0f} GB are free for {disk.path}",
                    seen,
                    subject=disk.path,
                )
            )
            continue
        verdicts.append(
            fail(
                f"{disk.available / GB:.1f} GB of {disk.total / GB:.0f} GB are free for "
                f"{disk.path}; {DISK_MINIMUM.value:g} GB are required, so that images, build cache "
                "and logs do not fill it.",
                seen,
                subject=disk.path,
                severity=NOTE if in_use else "",
                mend=(
                    "docker system df   # what takes the space",
                    "docker image prune && docker builder prune   # deletes unused layers and cache",
                    "or enlarge the file system, or set data-root in daemon.json to a larger one",
                )
                if in_use
                else (
                    (
                        f"Enlarge the file system of {disk.asked}, or put data-root in daemon.json on a "
                        "larger one before the engine is used."
                    ),
                ),
            )
        )
    return verdicts


@TOPIC.check(
    "engine-below-minimum",
    WARNING,
    "The engine is older than version 24",
    references=(
        "https://docs.docker.com/engine/release-notes/",
        "https://docs.docker.com/engine/install/",
    ),
    applies="Docker engines",
)
def engine_below_minimum(facts: Requirements) -> Verdict:
    """The engine is older than 24.0, the oldest that today's tools and documentation count on.

    ## What it reads
    Version and Platform.Name of GET /version.

    ## Why it matters
    Current compose files, BuildKit features and CLI releases assume it: `docker` 29 can no longer
    talk to much older engines, and images with newer manifests or zstd layers are refused.

    ## How to mend it
    Upgrade with the distribution, or change to Docker's own packages, which follow upstream. Take a
    backup of volumes first; existing containers and images are kept.

    ## What could go wrong
    The daemon restarts, and every container with it unless live-restore is on. Options that were
    removed in between (aufs, devicemapper, `graph`, cluster-store) keep the new one from starting.

    ## Why this severity
    A warning. A note where a distribution built it and still maintains it with its release.
    """
    version = need(facts.engine_version)
    numbers = parse_version(version)
    if not numbers:
        return skip(f"{version} is a version without a number")
    seen = Evidence(
        facts.engine_version_source, "Version", version, f"{ENGINE_MINIMUM[0]}.{ENGINE_MINIMUM[1]}"
    )
    if numbers[:2] >= ENGINE_MINIMUM:
        return ok(f"engine {version}", seen)
    kept = have(facts.distribution_build, False)  # noqa: FBT003 - a fact, not a switch
    by = have(facts.distribution, None)
    maintained = kept and by is not None and by.status in {support.SUPPORTED, support.ROLLING}
    return fail(
        f"Engine {version} is older than {ENGINE_MINIMUM[0]}, the oldest that current compose, "
        "BuildKit and CLI releases count on"
        + (f"; {by.name} {by.version} still maintains it." if maintained and by else "."),
        seen,
        severity=NOTE if maintained else "",
        mend=(
            (
                "Change to Docker's own packages (images, containers and volumes stay): "
                "https://docs.docker.com/engine/install/"
            ),
            "or upgrade the distribution to a release with a newer engine",
        ),
    )


@TOPIC.check(
    "distribution-end-of-life",
    WARNING,
    "The distribution gets no more security updates",
    references=(
        "https://docs.docker.com/engine/install/",
        "https://www.debian.org/releases/",
        "https://ubuntu.com/about/release-cycle",
        "https://endoflife.date/tags/linux-distribution",
    ),
    applies="hosts whose distribution is in the table",
)
def distribution_end_of_life(facts: Requirements) -> Verdict:
    """The release of the distribution has reached its end of life.

    ## What it reads
    ID and VERSION_ID of /etc/os-release, compared on today's date with a table of ends of life. The
    date of the table is shown with the finding; a distribution or a release that is not in it is
    skipped, and rolling ones have no end.

    ## Why it matters
    Containers share the host's kernel: what can break out of one is fixed there, and in runc,
    containerd and the engine. None of them gets fixes any more, and Docker stops building packages
    for a release when its maker does.

    ## How to mend it
    Upgrade to a release that is maintained, one step at a time, or set up a new host and move the
    volumes. With a paid extension (ESM, ELS, LTSS, ELTS) the finding can be waived until that ends.

    ## What could go wrong
    An upgrade restarts the engine and may change the storage driver's or the firewall's defaults.
    Back up volumes, and try it on a copy.

    ## Why this severity
    A warning: nothing breaks on that day, and every vulnerability from then on stays. A note while
    paid updates still exist, since whether you have them cannot be seen.
    """
    told = need(facts.distribution)
    if told.status == support.NOT_KNOWN:
        return skip(_unknown_distribution(told))
    table = f"table of {support.TABLE_DATE}"
    seen = Evidence(
        facts.distribution_source,
        "VERSION_ID",
        f"{told.name} {told.version}".strip(),
        f"supported ({table})",
    )
    if told.status == support.ROLLING:
        return ok(f"{told.name} is a rolling release: it has no end of life", seen)
    if told.status == support.NEWER:
        return ok(f"{told.name} {told.version} is newer than the {table}", seen)
    if told.status == support.SUPPORTED:
        return ok(f"{told.name} {told.version} gets security updates until {told.ends}", seen)
    until = Evidence(told.source, "end of life", told.ends, f"after {have(facts.today, 'today')}")
    mend = (
        (
            f"Upgrade to a maintained release ({told.name} {told.newest} is the newest in the table): "
            f"{told.source}"
        ),
    )
    if told.name == "CentOS Linux":
        mend = ("Change to a rebuild that is maintained, such as AlmaLinux or Rocky Linux 9.",)
    if told.status == support.EXTENDED:
        return fail(
            f"{told.name} {told.version} ended on {told.ends}; until {told.extended} only "
            f"{told.extended_by} brings security updates.",
            seen,
            until,
            severity=NOTE,
            mend=(*mend, f"or make sure that {told.extended_by} is enabled, and waive this"),
        )
    return fail(
        f"{told.name} {told.version} has had no security updates since {told.ends}: the kernel all "
        "containers share, and the engine, are no longer fixed.",
        seen,
        until,
        mend=mend,
    )


def _unknown_distribution(told: Life) -> str:
    name = f"{told.name} {told.version}".strip() or "the distribution"
    return f"{name} is not in the table of {support.TABLE_DATE}: ask its maker"


@TOPIC.check(
    "distribution-support-ending",
    NOTE,
    "The distribution's security updates end soon",
    references=("https://endoflife.date/tags/linux-distribution",),
    applies="hosts whose distribution is in the table",
)
def distribution_support_ending(facts: Requirements) -> Verdict:
    """The release of the distribution ends within 60 days, and a newer one is there.

    ## What it reads
    The same as distribution-end-of-life: /etc/os-release and a dated table.

    ## Why it matters
    After that day the kernel, runc, containerd and the engine get no fixes. An upgrade needs a
    backup, a rehearsal and a maintenance window: sixty days are not much.

    ## How to mend it
    Plan the upgrade to the next release, as the distribution describes it.

    ## What could go wrong
    An upgrade restarts the engine and every container that is not covered by live-restore.

    ## Why this severity
    A note: everything is still maintained today.
    """
    told, day = need(facts.distribution), need(facts.today)
    if told.status != support.SUPPORTED:
        return skip("whether it has ended is what distribution-end-of-life says")
    if told.version == told.newest:
        return ok(f"{told.name} {told.version} is the newest release in the table")
    left = day_number(told.ends) - day_number(day)
    seen = Evidence(
        told.source, "end of life", told.ends, f"more than {ENDING_DAYS} days after {day}"
    )
    if left > ENDING_DAYS:
        return ok(f"{told.name} {told.version} gets security updates until {told.ends}", seen)
    return fail(
        f"The security updates of {told.name} {told.version} end on {told.ends}, in {left} days.",
        seen,
        mend=(f"Plan the upgrade to a newer release, such as {told.newest}: {told.source}",),
    )
