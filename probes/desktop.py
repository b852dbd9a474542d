r"""Docker Desktop: its version, its settings against this computer, and whether it can be reached.

What its files say as files (spelling, types) is the topic of the settings file; its disks, its log
and WSL's share of the computer have topics of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import desktop_host, desktop_settings, engine, engine_host, vm_share
from probes.desktop_host import LINUX, MACOS, WINDOWS, WSL2, OtherPlatform
from probes.desktop_settings import (
    GRPC_FUSE,
    HYPERKIT,
    NO_SHARING,
    OSXFS,
    QEMU,
    VIRTIOFS,
    VMM,
    VZ,
    WSL,
    camel,
)
from probes.formats.desktop_releases import TABLE_DATE, flaws, released_by
from probes.formats.sizes import GIB, MIB, human_size
from probes.formats.timestamps import parse_stamp
from probes.formats.versions import parse_version
from probes.host.questions import Absent, Garbled
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
)
from probes.reachability import proxy_of
from probes.record import NamedTuple
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.desktop_host import Hardware
    from probes.desktop_settings import Settings, SignIn
    from probes.engine import Engine
    from probes.host import Host
    from probes.host.questions import Service

OUTDATED_DAYS = Threshold(
    "desktop-outdated",
    183,
    "days",
    "Versions more than six months older than the newest cannot be downloaded any more, and get no "
    "mends (docker/docs content/manuals/desktop/release-notes.md).",
)

VMM_MEMORY = 4 * GIB
"""What Docker VMM needs at least (docker/docs content/manuals/desktop/features/vmm.md)."""

SMALL_SWAPLESS = 4 * GIB
"""With less memory than this a VM without swap kills the first larger build."""

WITH_FRAMEWORK = (21, 6)
"""Darwin of macOS 12.5, from which on Apple's framework is the default (docker/docs pull request
20986) and VirtioFS works (docker/docs settings-reference.md)."""

WITH_ROSETTA = (22,)
"""Darwin of macOS 13, which Rosetta in a VM needs (docker/docs settings-reference.md)."""

LONGEST_USER = 33
"""Letters of a user's name that leave Docker Desktop's sockets below the 104 of a path on macOS
(docker/docs content/manuals/desktop/troubleshoot-and-support/troubleshoot/topics.md)."""

_OF_ROSETTA = (
    "/Library/Apple/usr/share/rosetta",
    "/Library/Apple/usr/libexec/oah/libRosettaRuntime",
)

_MANUAL = "https://docs.docker.com/desktop/"
_SETTINGS = f"{_MANUAL}settings-and-maintenance/settings/"
_VMM = f"{_MANUAL}features/vmm/"
_QEMU_ENDS = (
    "https://www.docker.com/blog/docker-desktop-for-mac-qemu-virtualization-option-to-be-deprecated"
    "-in-90-days/"
)
_LOCKS = "https://docs.docker.com/enterprise/security/hardened-desktop/settings-management/"
_APPLIES = "computers with Docker Desktop"
HELPER = "com.docker.vmnetd"
"""The daemon of launchd that works for Docker Desktop as an administrator."""

_ON_MAC = "Docker Desktop on macOS"
_ON_ARM = "Docker Desktop on Macs with Apple silicon"
_WITH_LIMITS = "Docker Desktop on macOS and Linux, and on Windows with Hyper-V"

TOPIC = Topic["Desktop"](
    "desktop", "Docker Desktop", engine=(*engine.ENGINE_PATHS, engine_host.CONTAINERS)
)


class Integration(NamedTuple):
    """Docker Desktop's integration with the WSL distribution that this is."""

    distribution: str
    is_default: bool | Missing
    docker: str
    """How /usr/bin/docker is there: ``absent``, ``dangling`` or ``present``."""
    socket: bool
    """Whether /var/run/docker.sock exists."""
    own_engine: bool
    """Whether the distribution has an engine of its own."""


class Sockets(NamedTuple):
    """The sockets of Docker Desktop for Mac."""

    own: bool
    """~/.docker/run/docker.sock, which it always makes."""
    default: bool
    """/var/run/docker.sock, which leads to it or to another engine's."""


class Desktop(NamedTuple):
    """Docker Desktop on this computer, as far as it can be seen from here."""

    platform: str | Missing
    """WINDOWS, MACOS, LINUX or WSL2; inapplicable where there is no Docker Desktop."""
    engine: Engine
    in_use: bool
    """Whether it provides the engine that docker talks to."""
    version: str | Missing
    now: float | Missing
    """Seconds since the epoch."""
    running: bool | Missing
    settings: Settings | Missing
    locks: Mapping[str, Any] | Missing
    """What an administrator has locked: key in camelCase -> the value that holds."""
    admin_path: str
    """The file that locks; empty where its place is not known."""
    hypervisor: str | Missing
    sharing: str | Missing
    hardware: Hardware | Missing
    given: int | Missing
    """Bytes of memory that the VM tells itself (/info MemTotal)."""
    needs: tuple[vm_share.Need, ...] | Missing
    """Of the containers that run."""
    running_containers: int | Missing
    foreign: tuple[str, ...] | Missing
    """Running containers whose images are made for amd64."""
    apple_silicon: bool | Missing
    darwin: tuple[int, ...] | Missing
    home: str | Missing
    rosetta: bool | Missing
    """Whether Rosetta is installed."""
    integration: Integration | Missing
    sockets: Sockets | Missing
    helper: Service | Missing
    """What launchd says of com.docker.vmnetd; Absent where it is not installed."""
    sign_in: SignIn | Missing
    """This and the integration are asked for where no engine answers."""

    def value(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """What holds for a key in PascalCase; None for the default."""
        settings = need(self.settings)
        return desktop_settings.effective(settings, have(self.locks, {}), name)

    def is_off(self, name: str) -> bool:
        """Whether a switch is off that is on by default: older files without it are no proof of on."""
        if isinstance(self.settings, Missing):
            return True
        value = self.value(name)
        return value is False or (value is None and not self.settings.is_store)

    def seen(self, name: str, wanted: str = "") -> Evidence:
        """Where that value was read."""
        key, locks = camel(name), have(self.locks, {})
        settings = need(self.settings)
        if key in locks:
            return Evidence(self.admin_path, key, _word(locks[key]), wanted)
        return Evidence(settings.path, settings.key(name), _word(settings.get(name)), wanted)

    def change(self, *names: str, to: str) -> tuple[str, ...]:
        """How the keys are changed: in the window, or by whoever has locked them."""
        locks = have(self.locks, {})
        held = [camel(name) for name in names if camel(name) in locks]
        if held:
            return (
                (
                    f"{', '.join(held)}: locked in {self.admin_path}; ask whoever administers "
                    "Docker Desktop in your organisation to change it there"
                ),
            )
        return (f"Docker Desktop: {to}",)


def _word(value: object) -> str:
    if value is None:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- looking -------------------------------------------------------------------------------------


@TOPIC.probe
def look(host: Host) -> Desktop:
    """Find out whether Docker Desktop is here at all, and only then ask for the rest."""
    told = engine.look(host)
    in_use = told.provider == "docker-desktop"
    where = known(lambda: _where(host, in_use=in_use))
    version = known(lambda: desktop_settings.version(host)) if in_use else where
    if isinstance(where, Missing):
        return _without(where, told, version, known(host.now), in_use=in_use)
    rows = known(lambda: engine_host.containers(host)) if in_use else _NOT_IN_USE
    running = (
        rows
        if isinstance(rows, Missing)
        else [row for row in rows if row.get("State") == "running"]
    )
    arm = known(lambda: desktop_settings.is_apple_silicon(host))
    return Desktop(
        platform=where,
        engine=told,
        in_use=in_use or _is_target(host),
        version=known(lambda: desktop_settings.version(host)),
        now=known(host.now),
        running=in_use or known(lambda: _runs(host)),
        settings=known(lambda: desktop_settings.read(host)),
        locks=known(lambda: desktop_settings.locked(host)),
        admin_path=have(known(lambda: desktop_settings.admin_path(host)), ""),
        hypervisor=known(lambda: desktop_settings.hypervisor(host)),
        sharing=known(lambda: desktop_settings.file_sharing(host)),
        hardware=known(lambda: _hardware(host)),
        given=known(lambda: _memory(engine.info(host))) if in_use else _NOT_IN_USE,
        needs=running if isinstance(running, Missing) else _needs(running),
        running_containers=running if isinstance(running, Missing) else len(running),
        foreign=running if isinstance(running, Missing) else known(lambda: _foreign(running)),
        apple_silicon=arm,
        darwin=known(lambda: _darwin(host)),
        home=known(lambda: str(host.gauge("session")["home"])),
        rosetta=known(lambda: any(host.exists(path) for path in _OF_ROSETTA))
        if where == MACOS and arm is True
        else _NOT_APPLE_SILICON,
        integration=_ANSWERS if told.reachable else known(lambda: _integration(host)),
        sockets=known(lambda: _sockets(host)),
        helper=known(lambda: _helper(host)),
        sign_in=_ANSWERS if told.reachable else known(lambda: desktop_settings.sign_in(host)),
    )


_NOT_IN_USE = Missing("docker talks to another engine than Docker Desktop's", "inapplicable")
_ANSWERS = Missing("docker reaches an engine: nothing stands in its way", "inapplicable")
"""Nothing more is asked then: from inside WSL it takes a program of Windows for each answer."""
_NOT_APPLE_SILICON = Missing("this is no Mac with Apple silicon", "inapplicable")


def _without(
    why: Missing, told: Engine, version: str | Missing, now: float | Missing, *, in_use: bool
) -> Desktop:
    """Facts of a host on which there is no Docker Desktop to look at."""
    return Desktop(
        platform=why,
        engine=told,
        in_use=in_use,
        version=version,
        now=now,
        running=why,
        settings=why,
        locks=why,
        admin_path="",
        hypervisor=why,
        sharing=why,
        hardware=why,
        given=why,
        needs=why,
        running_containers=why,
        foreign=why,
        apple_silicon=why,
        darwin=why,
        home=why,
        rosetta=why,
        integration=why,
        sockets=why,
        helper=why,
        sign_in=why,
    )


def _where(host: Host, *, in_use: bool) -> str:
    """The platform of a host that has Docker Desktop. Raises: OtherPlatform, Unreadable."""
    where = desktop_host.platform(host)
    if where not in {WINDOWS, MACOS, LINUX, WSL2}:
        raise OtherPlatform("Docker Desktop does not run on this kind of host")
    if where == WSL2:
        desktop_host.require_wsl(host)
    if where != LINUX and not in_use:
        settings = known(lambda: desktop_settings.read(host))
        if isinstance(settings, Missing) and settings.kind == "inapplicable":
            raise desktop_settings.NoDesktop(settings.reason)
    # What cannot be told of one with settings (the registry, without interop) is not held against it.
    if have(known(lambda: desktop_settings.installed(host)), otherwise=where != LINUX):
        return where
    raise OtherPlatform("Docker Desktop is not installed on this host")


def _is_target(host: Host) -> bool:
    """Whether docker would talk to Docker Desktop, by its context's name or its socket."""
    where = known(lambda: engine.target(host))
    if isinstance(where, Missing):
        return False
    url = where.endpoint.url
    own = (
        "/.docker/run/docker.sock",
        "/.docker/desktop/docker.sock",
        "dockerDesktopLinuxEngine",
        "dockerDesktopWindowsEngine",
    )
    return where.context == "desktop-linux" or url.endswith(own)


def _runs(host: Host) -> bool:
    # The kernel of Linux cuts the name to 15 bytes.
    seen = have(known(host.processes), ())
    if any(p.name.startswith(desktop_settings.BACKEND[:15]) and not p.nested for p in seen):
        return True
    return desktop_settings.is_running(host)


def _hardware(host: Host) -> Hardware:
    # With WSL 2 nothing is judged by it, and from inside it costs half a second.
    if desktop_host.platform(host) in {WINDOWS, WSL2} and desktop_settings.hypervisor(host) == WSL:
        raise OtherPlatform("with WSL 2 Docker Desktop's VM is WSL's, which limits it")
    return desktop_host.hardware(host)


def _memory(info: dict[str, Any]) -> int:
    value = info.get("MemTotal")
    if not isinstance(value, int) or value <= 0:
        raise Garbled("the engine does not tell its memory", look="docker info")
    return value


def _needs(rows: list[dict[str, Any]]) -> tuple[vm_share.Need, ...]:
    found = (vm_share.need_of(str(row.get("Image") or "")) for row in rows)
    return tuple(dict.fromkeys(need for need in found if need is not None))


def _foreign(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Containers of images for amd64, by ImageManifestDescriptor (Engine API 1.48 and later).

    Raises: Absent where the image store does not tell.
    """
    found = []
    for row in rows:
        descriptor = row.get("ImageManifestDescriptor")
        system = descriptor.get("platform") if isinstance(descriptor, dict) else None
        if not isinstance(system, dict):
            raise Absent(
                "for which processor the images of the containers are made is not told",
                look="docker image inspect -f '{{.Architecture}}' IMAGE",
            )
        if system.get("architecture") == "amd64":
            found.append(engine_host.name_of(row))
    return tuple(found)


def _darwin(host: Host) -> tuple[int, ...]:
    if desktop_host.platform(host) != MACOS:
        raise OtherPlatform("this is no Mac")
    numbers = parse_version(str(host.gauge("system")["release"]))
    if not numbers:
        raise Garbled("the version of macOS is not told", look="sw_vers")
    return numbers


def _integration(host: Host) -> Integration:
    if desktop_host.platform(host) != WSL2:
        raise OtherPlatform("this is no WSL 2 distribution")
    link = absent_as(lambda: host.lstat("/usr/bin/docker"), None)
    if link is None:
        docker = "absent"
    else:
        docker = "present" if host.exists("/usr/bin/docker") else "dangling"
    name = desktop_host.distribution(host)
    return Integration(
        distribution=name,
        is_default=known(lambda: _default_distribution(host) == name),
        docker=docker,
        socket=host.exists(engine.DEFAULT_SOCKET),
        own_engine=engine.installed(host),
    )


def _default_distribution(host: Host) -> str:
    lxss = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Lxss"
    guid = str(desktop_host.registry(host, lxss).values.get("DefaultDistribution") or "")
    if not guid:
        raise Absent("the registry names no default distribution", look="wsl.exe --list")
    return str(desktop_host.registry(host, f"{lxss}\\{guid}").values.get("DistributionName") or "")


def _helper(host: Host) -> Service:
    """Raises: OtherPlatform; Absent where there is no helper, as Docker Desktop works without."""
    if desktop_host.platform(host) != MACOS:
        raise OtherPlatform(_ON_MAC)
    if not host.exists(f"/Library/LaunchDaemons/{HELPER}.plist"):
        raise Absent(f"{HELPER} is not installed")
    return host.service(HELPER)


def _sockets(host: Host) -> Sockets:
    if desktop_host.platform(host) != MACOS:
        raise OtherPlatform("only on macOS tools look for Docker Desktop at /var/run/docker.sock")
    home = host.gauge("session")["home"]
    return Sockets(
        own=host.exists(f"{home}/.docker/run/docker.sock"),
        default=host.exists(engine.DEFAULT_SOCKET),
    )


# -- what the checks share -----------------------------------------------------------------------


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _limited(facts: Desktop) -> Hardware:
    """The computer, where Docker Desktop limits its VM itself: not with WSL 2."""
    need(facts.platform)
    if facts.hypervisor == WSL:
        need(Missing("with WSL 2 it is WSL that limits the VM: see wsl-memory-*", "inapplicable"))
    need(facts.settings)
    return need(facts.hardware)


def memory(facts: Desktop) -> int:
    """Bytes that the VM is given: as it is set, else Docker Desktop's default, half of the computer."""
    size = _whole(facts.value("MemoryMiB"))
    return need(facts.hardware).memory // 2 if size is None or size < 0 else size * MIB


def _on_mac(facts: Desktop) -> None:
    if need(facts.platform) != MACOS:
        need(Missing("this is no Mac", "inapplicable"))


def _on_arm(facts: Desktop) -> None:
    _on_mac(facts)
    if not need(facts.apple_silicon):
        need(_NOT_APPLE_SILICON)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004


# -- its version ---------------------------------------------------------------------------------


@TOPIC.check(
    "desktop-outdated",
    WARNING,
    "Docker Desktop is more than half a year old",
    references=(
        f"{_MANUAL}release-notes/",
        "https://github.com/docker/for-mac/issues/7520",
        "https://nvd.nist.gov/vuln/detail/CVE-2025-9074",
    ),
    applies=_APPLIES,
)
def desktop_outdated(facts: Desktop) -> Verdict:
    """The version of Docker Desktop has been out for more than six months, or is known to be bad.

    ## What it reads
    Docker Desktop's version: as the engine tells it (`docker version`, Server), else that of the
    app on macOS and of the installer on Windows. It is compared with a table of release dates that
    hullcheck carries; a version newer than the table is taken for new.

    ## Why it matters
    Docker keeps only the versions of the last six months for download and mends nothing in others.
    An old one has an old engine, old Compose and Buildx, and known holes: before 4.44.3 every
    container could reach the engine's API on Windows and macOS.

    ## How to mend it
    `docker desktop update`, or Docker Desktop's menu: Check for updates. Before 4.39 there is no
    such command: download the installer.

    ## What could go wrong
    The update restarts the engine with all containers. New versions need a newer system: macOS and
    Windows of the last years. Images and volumes stay; a copy of what must not be lost does no harm.

    ## Why this severity
    A warning: what works today goes on working. An error where the version has a hole through which
    a container gets at the computer.
    """
    version, now = need(facts.version), need(facts.now)
    where = have(facts.platform, LINUX)
    bad = flaws(version, where, have(facts.sharing, ""))
    by = released_by(version)
    days = (now - (parse_stamp(f"{by}T00:00:00Z") or now)) / 86_400 if by else 0.0
    seen = Evidence(
        "Docker Desktop",
        "version",
        f"{version}, released by {by}" if by else f"{version}, newer than {TABLE_DATE}",
        f"one of the last {OUTDATED_DAYS.value:g} days",
    )
    old = days > OUTDATED_DAYS.value
    if not old and not bad:
        return ok(f"Docker Desktop {version} is not old", seen)
    words = [f"came out {days / 30.4:.0f} months ago or before that"] if old else []
    words += [flaw.what for flaw in bad]
    return fail(
        f"Docker Desktop {version} {'; it '.join(words)}.",
        seen,
        *(Evidence("known flaws", flaw.reference, flaw.what) for flaw in bad),
        mend=(
            "docker desktop update   # or in its menu: Check for updates",
            f"or the installer of {_MANUAL}release-notes/",
        ),
        severity=ERROR if any(flaw.unsafe for flaw in bad) else "",
    )


# -- the VM's share of the computer --------------------------------------------------------------


@TOPIC.check(
    "desktop-memory-low",
    WARNING,
    "Docker Desktop's VM has too little memory",
    references=(_SETTINGS,),
    applies=_WITH_LIMITS,
)
def desktop_memory_low(facts: Desktop) -> Verdict:
    """The VM that runs the containers has less memory than its engine needs for one build.

    ## What it reads
    MemoryMiB of Docker Desktop's settings (the default is half of the computer's memory) and the
    computer's memory.

    ## Why it matters
    When the VM's memory is used up, the kernel in it kills a process: containers end with exit code
    137, builds with "Killed" or "signal: killed".

    ## How to mend it
    Settings > Resources > Memory limit, then Apply. The value in the finding leaves the computer
    enough for itself.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers. Memory that the VM has taken is not there
    for other programs.

    ## Why this severity
    A warning: containers run until the memory is needed, and then die without a word of why.
    """
    computer = _limited(facts)
    size, least = memory(facts), vm_share.SMALLEST_SET
    seen = facts.seen("MemoryMiB", f"{least // MIB} at least")
    if size >= least:
        return ok(f"the VM may use {human_size(size)} of memory", seen)
    if vm_share.nominal(computer.memory) < vm_share.HOST_KEEPS:
        return skip(f"this computer itself has only {human_size(computer.memory)} of memory")
    best = vm_share.memory(computer.memory)
    return fail(
        f"Docker Desktop's VM has {human_size(size)} of memory, of which the engine alone takes half a "
        f"GiB: {human_size(best)} of this computer's "
        f"{human_size(vm_share.nominal(computer.memory))} leave the host enough.",
        seen,
        mend=_memory_limit(facts, best),
    )


def _memory_limit(facts: Desktop, size: int) -> tuple[str, ...]:
    return facts.change(
        "MemoryMiB", to=f"Settings > Resources > Memory limit: {human_size(size)}, then Apply"
    )


@TOPIC.check(
    "desktop-memory-needed",
    WARNING,
    "What runs needs more memory than Docker Desktop's VM has",
    references=(_SETTINGS, *(need.source for need in vm_share.needs())),
    applies=_WITH_LIMITS,
)
def desktop_memory_needed(facts: Desktop) -> Verdict:
    """The VM has less memory than the makers of what runs in it ask for.

    ## What it reads
    MemoryMiB of Docker Desktop's settings (the default is half of the computer's memory), whether
    Kubernetes is on, and the images of the containers that run: of Kubernetes, SQL Server,
    Elasticsearch and GitLab the minimum is known.

    ## Why it matters
    They do not start, end with exit code 137, or start again and again.

    ## How to mend it
    Settings > Resources > Memory limit, then Apply; or stop what is not needed.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers. Memory that the VM has taken is not there
    for other programs.

    ## Why this severity
    A warning: below the minimum of its makers, and it may run with little to do. A note where this
    computer has no more to give.
    """
    computer = _limited(facts)
    size = memory(facts)
    runs = list(have(facts.needs, ()))
    if facts.value("KubernetesEnabled") is True:
        runs.append(vm_share.KUBERNETES)
    lacking = [one for one in runs if one.memory > size]
    seen = facts.seen("MemoryMiB", f"{max((x.memory for x in runs), default=0) // MIB} at least")
    if not lacking:
        need(facts.needs)
        return ok(f"{human_size(size)} are enough for what is known of what runs", seen)
    asked = max(one.memory for one in lacking)
    best = max(vm_share.memory(computer.memory), asked)
    words = (
        f"{_names(tuple(one.name for one in lacking))} need {human_size(asked)} by the makers' word, "
        f"and Docker Desktop's VM has {human_size(size)}"
    )
    seen_too = [Evidence("what runs", x.name, human_size(x.memory), x.source) for x in lacking]
    if best > vm_share.most_memory(computer.memory):
        return fail(
            f"{words}; this computer's {human_size(vm_share.nominal(computer.memory))} do not give "
            "more.",
            seen,
            *seen_too,
            mend=("stop some of it, or run it elsewhere",),
            severity=NOTE,
        )
    return fail(
        f"{words}: {human_size(best)} of this computer's "
        f"{human_size(vm_share.nominal(computer.memory))} leave the host enough.",
        seen,
        *seen_too,
        mend=_memory_limit(facts, best),
    )


@TOPIC.check(
    "desktop-memory-too-large",
    WARNING,
    "Docker Desktop's VM may take nearly all of the computer's memory",
    references=(_SETTINGS,),
    applies=_WITH_LIMITS,
)
def desktop_memory_too_large(facts: Desktop) -> Verdict:
    """The memory limit of the VM leaves the computer's own system less than it needs.

    ## What it reads
    MemoryMiB of Docker Desktop's settings and the computer's memory.

    ## Why it matters
    macOS and Windows then swap: windows stall, the disk is busy, and the VM, whose memory is swapped
    out as well, gets slower than it would be with less.

    ## How to mend it
    Settings > Resources > Memory limit: half of the computer's memory is Docker Desktop's own
    default, and what the finding names.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers. What needs more memory than the new limit is
    killed in the VM.

    ## Why this severity
    A warning: it shows when the VM is full, not before.
    """
    computer = _limited(facts)
    size, most = memory(facts), vm_share.most_memory(computer.memory)
    seen = facts.seen("MemoryMiB", f"{most // MIB} at most")
    if size <= most:
        return ok(f"the VM leaves the computer {human_size(computer.memory - size)}", seen)
    best = vm_share.memory(computer.memory)
    return fail(
        f"Docker Desktop's VM may take {human_size(size)} of this computer's "
        f"{human_size(vm_share.nominal(computer.memory))} of memory; its own system needs "
        f"{human_size(vm_share.nominal(computer.memory) - most)}. {human_size(best)} are a fair share.",
        seen,
        mend=_memory_limit(facts, best),
    )


@TOPIC.check(
    "desktop-processors-unfit",
    WARNING,
    "Docker Desktop's number of processors does not fit this computer",
    references=(_SETTINGS,),
    applies=_WITH_LIMITS,
)
def desktop_processors_unfit(facts: Desktop) -> Verdict:
    """The VM is given more processors than the computer has, or none.

    ## What it reads
    Cpus of Docker Desktop's settings and the computer's logical processors. Without the key the VM
    has all of them, which is Docker's default and no finding.

    ## Why it matters
    A number that the computer does not have comes with settings that were copied from another one:
    the VM may not start.

    ## How to mend it
    Settings > Resources > CPU limit, then Apply.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers.

    ## Why this severity
    A warning: Docker Desktop may cut the number down to what there is.
    """
    computer = _limited(facts)
    value = facts.value("Cpus")
    count, best = _whole(value), vm_share.processors(computer.cpus)
    seen = facts.seen("Cpus", f"1 to {computer.cpus}")
    if value is None:
        return ok("the VM may use all processors, which is the default", seen)
    if count is None or not 1 <= count <= computer.cpus:
        return fail(
            f"Docker Desktop's VM is to have {value} processors, and this computer has "
            f"{computer.cpus}: {best} leave the host enough.",
            seen,
            mend=_cpu_limit(facts, best),
        )
    return ok(f"the VM has {count} of {computer.cpus} processors", seen)


def _cpu_limit(facts: Desktop, count: int) -> tuple[str, ...]:
    return facts.change("Cpus", to=f"Settings > Resources > CPU limit: {count}, then Apply")


@TOPIC.check(
    "desktop-one-processor",
    NOTE,
    "Docker Desktop's VM has one of many processors",
    references=(_SETTINGS,),
    applies=_WITH_LIMITS,
)
def desktop_one_processor(facts: Desktop) -> Verdict:
    """The VM is limited to a single processor on a computer with four or more.

    ## What it reads
    Cpus of Docker Desktop's settings and the computer's logical processors.

    ## Why it matters
    Builds, databases and the engine wait for each other, and everything feels slow.

    ## How to mend it
    Settings > Resources > CPU limit, then Apply; the finding names how many leave the host enough.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers.

    ## Why this severity
    A note: it may be meant, on a computer that must stay quiet.
    """
    computer = _limited(facts)
    seen = facts.seen("Cpus", "more than 1")
    if facts.value("Cpus") != 1 or computer.cpus < 4:  # noqa: PLR2004 - an ordinary computer
        return ok("the VM is not limited to one of many processors", seen)
    best = vm_share.processors(computer.cpus)
    return fail(
        f"Docker Desktop's VM has one of {computer.cpus} processors: builds and containers wait for "
        f"each other. {best} leave the host enough.",
        seen,
        mend=_cpu_limit(facts, best),
    )


@TOPIC.check(
    "desktop-swap-off",
    NOTE,
    "Docker Desktop's small VM has no swap",
    references=(_SETTINGS,),
    applies=_WITH_LIMITS,
)
def desktop_swap_off(facts: Desktop) -> Verdict:
    """Swap is turned off for a VM with little memory.

    ## What it reads
    SwapMiB and MemoryMiB of Docker Desktop's settings.

    ## Why it matters
    A build that needs a little more than there is would be slow for a minute with swap; without it
    the kernel kills it.

    ## How to mend it
    Settings > Resources > Swap, then Apply; the finding names a quarter of the VM's memory.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers. Swap takes that much space on the disk.

    ## Why this severity
    A note: swap of 0 is sometimes set on purpose, for containers that must not get slow.
    """
    _limited(facts)
    size = memory(facts)
    seen = facts.seen("SwapMiB", "above 0 where there is little memory")
    if facts.value("SwapMiB") != 0 or size >= SMALL_SWAPLESS:
        return ok("the VM has swap, or memory enough to do without", seen)
    best = vm_share.swap(size)
    return fail(
        f"Docker Desktop's VM has {human_size(size)} of memory and no swap: what needs more is killed "
        f"at once. {human_size(best)} of swap carry it over.",
        seen,
        mend=facts.change(
            "SwapMiB", to=f"Settings > Resources > Swap: {human_size(best)}, then Apply"
        ),
    )


# -- what carries the VM -------------------------------------------------------------------------


@TOPIC.check(
    "desktop-hypervisor-removed",
    WARNING,
    "Docker Desktop runs on a hypervisor that Docker gives up",
    references=(_VMM, _QEMU_ENDS),
    applies=_ON_MAC,
)
def desktop_hypervisor_removed(facts: Desktop) -> Verdict:
    """The VM runs on HyperKit or QEMU instead of Apple's virtualization framework.

    ## What it reads
    The process that carries the VM; while Docker Desktop is stopped, UseVirtualizationFramework and
    UseLibkrun of its settings.

    ## Why it matters
    HyperKit (Intel) is deprecated, and QEMU (Apple silicon) since 4.44: both are slower than Apple's
    framework, take more processor time when idle, and have neither VirtioFS nor Rosetta. A later
    version starts without them.

    ## How to mend it
    Settings > General > Virtual Machine Manager: Apple Virtualization framework, then Apply.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers; images and volumes stay. Files on bind mounts
    may belong to another user under VirtioFS than under gRPC FUSE (docker/for-mac#6243).

    ## Why this severity
    A warning: it works, and stops working with some later update.
    """
    _on_mac(facts)
    found = need(facts.hypervisor)
    seen = Evidence("Docker Desktop", "virtual machine manager", found, "vz or docker-vmm")
    if found not in {HYPERKIT, QEMU}:
        return ok(f"the VM runs on {_NAMES[found]}", seen)
    if have(facts.darwin, WITH_FRAMEWORK) < WITH_FRAMEWORK:
        return skip(
            f"{_NAMES[found]} is all that this macOS has: Apple's framework needs macOS 12.5"
        )
    since = (
        "Docker has deprecated it" if found == HYPERKIT else "Docker has deprecated it with 4.44"
    )
    return fail(
        f"Docker Desktop's VM runs on {_NAMES[found]}: {since}, and it has neither VirtioFS nor "
        "Rosetta.",
        seen,
        mend=_take_apples(facts) if facts.is_off("UseVirtualizationFramework") else _RESTART,
    )


def _take_apples(facts: Desktop) -> tuple[str, ...]:
    return facts.change(
        "UseVirtualizationFramework",
        "UseLibkrun",
        to="Settings > General > Virtual Machine Manager: Apple Virtualization framework, then Apply",
    )


_RESTART = ("docker desktop restart   # the settings are right, and not in effect yet",)


_NAMES = {
    VZ: "Apple's virtualization framework",
    VMM: "Docker VMM",
    HYPERKIT: "HyperKit",
    QEMU: "QEMU",
    WSL: "WSL 2",
    desktop_settings.HYPER_V: "Hyper-V",
}


@TOPIC.check(
    "desktop-vmm-memory-low",
    WARNING,
    "Docker VMM has less memory than it needs",
    references=(_VMM,),
    applies=_ON_ARM,
)
def desktop_vmm_memory_low(facts: Desktop) -> Verdict:
    """Docker VMM carries the VM, which has less than the 4 GB that it needs.

    ## What it reads
    The virtual machine manager and MemoryMiB of Docker Desktop's settings.

    ## Why it matters
    Docker states 4 GB as the least for Docker VMM: with less the VM does not start, or dies under
    load.

    ## How to mend it
    Settings > Resources > Memory limit: 4 GB or more; or take Apple's framework as the virtual
    machine manager, which does with less.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers.

    ## Why this severity
    A warning: below the vendor's minimum, and it may run all the same.
    """
    _on_arm(facts)
    if need(facts.hypervisor) != VMM:
        return skip("the VM is not carried by Docker VMM")
    need(facts.hardware)
    size = memory(facts)
    seen = facts.seen("MemoryMiB", f"{VMM_MEMORY // MIB} at least")
    if size >= VMM_MEMORY:
        return ok(f"Docker VMM has {human_size(size)}", seen)
    return fail(
        f"Docker VMM has {human_size(size)} of memory and needs {human_size(VMM_MEMORY)}.",
        seen,
        mend=facts.change(
            "MemoryMiB",
            to=f"Settings > Resources > Memory limit: {human_size(VMM_MEMORY)} or more, then Apply",
        ),
    )


@TOPIC.check(
    "desktop-vmm-on-intel",
    NOTE,
    "Docker VMM is asked for on an Intel Mac",
    references=(_VMM,),
    applies="Docker Desktop on Intel Macs",
)
def desktop_vmm_on_intel(facts: Desktop) -> Verdict:
    """The settings ask for Docker VMM, which there is on Apple silicon only.

    ## What it reads
    UseLibkrun of Docker Desktop's settings and the processor.

    ## Why it matters
    The settings come from another computer: the rest of them need not fit this one either.

    ## How to mend it
    Settings > General > Virtual Machine Manager: Apple Virtualization framework, then Apply.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers.

    ## Why this severity
    A note: Docker Desktop takes another virtual machine manager by itself.
    """
    _on_mac(facts)
    if need(facts.apple_silicon):
        return skip("this Mac has Apple silicon")
    seen = facts.seen("UseLibkrun", "not set")
    if facts.value("UseLibkrun") is not True:
        return ok("Docker VMM is not asked for", seen)
    return fail(
        "The settings ask for Docker VMM, which an Intel Mac cannot run.",
        seen,
        mend=_take_apples(facts),
    )


# -- how files are shared ------------------------------------------------------------------------


@TOPIC.check(
    "desktop-file-sharing-slow",
    WARNING,
    "Docker Desktop shares files in a slow way",
    references=(
        _SETTINGS,
        "https://github.com/docker/roadmap/issues/7",
        "https://github.com/docker/for-mac/issues/1592",
    ),
    applies=_ON_MAC,
)
def desktop_file_sharing_slow(facts: Desktop) -> Verdict:
    """Bind mounts go through gRPC FUSE or osxfs instead of VirtioFS.

    ## What it reads
    UseVirtualizationFrameworkVirtioFS, UseGrpcfuse, UseVirtualizationFramework and UseLibkrun of
    Docker Desktop's settings, and the version of macOS: VirtioFS needs 12.5 and Apple's framework.

    ## Why it matters
    Every access of a container to a file of the Mac goes this way. VirtioFS is the default since
    2023 and many times faster with trees of small files: vendor folders, node_modules, git. osxfs is
    a legacy since 2020, and its removal is announced.

    ## How to mend it
    Settings > General > file sharing implementation: VirtioFS, then Apply.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers. Files may belong to another user inside
    containers than before, which a few images (databases above all) do not take
    (docker/for-mac#6243, #6614): keep their data in a named volume, which is faster still.

    ## Why this severity
    A warning: nothing breaks, and every build and reload waits.
    """
    _on_mac(facts)
    sharing = need(facts.sharing)
    seen = Evidence("Docker Desktop", "file sharing", _WAYS[sharing], "VirtioFS")
    if sharing == VIRTIOFS:
        return ok("files are shared through VirtioFS", seen)
    if sharing == NO_SHARING:
        return skip("no way of file sharing is on: see desktop-file-sharing-none")
    keys = [
        name
        for name in ("UseVirtualizationFramework", "UseVirtualizationFrameworkVirtioFS")
        if facts.is_off(name)
    ]
    if have(facts.darwin, WITH_FRAMEWORK) < WITH_FRAMEWORK:
        return skip(f"{_WAYS[sharing]} is all that this macOS has: VirtioFS needs macOS 12.5")
    framework = "UseVirtualizationFramework" in keys
    return fail(
        f"Docker Desktop shares files through {_WAYS[sharing]}: bind mounts are far slower than "
        "through VirtioFS"
        + (", which needs Apple's virtualization framework." if framework else "."),
        seen,
        *(facts.seen(name, "true") for name in keys),
        mend=facts.change(
            *keys,
            to="Settings > General > "
            + ("Virtual Machine Manager: Apple Virtualization framework, and " if framework else "")
            + "file sharing implementation: VirtioFS, then Apply",
        )
        if keys
        else _RESTART,
    )


_WAYS = {
    VIRTIOFS: "VirtioFS",
    GRPC_FUSE: "gRPC FUSE",
    OSXFS: "osxfs",
    NO_SHARING: "none",
    desktop_settings.NINE_P: "9p",
}


@TOPIC.check(
    "desktop-file-sharing-none",
    ERROR,
    "All ways of sharing files are turned off",
    references=(f"{_LOCKS}configure-json-file/",),
    applies=_ON_MAC,
)
def desktop_file_sharing_none(facts: Desktop) -> Verdict:
    """VirtioFS and gRPC FUSE are both off, so that there is no way left to share files.

    ## What it reads
    UseVirtualizationFrameworkVirtioFS and UseGrpcfuse of Docker Desktop's settings, and its version:
    up to 4.37 osxfs stood in for both.

    ## Why it matters
    Docker Desktop does not start with an error, as one of the two must be on.

    ## How to mend it
    Quit Docker Desktop, take both keys out of the settings file or make the first one true, start it.

    ## What could go wrong
    A mistake in the settings file makes Docker Desktop start with all defaults: keep a copy of it.

    ## Why this severity
    An error: the engine does not start. A warning while it answers all the same.
    """
    _on_mac(facts)
    if need(facts.sharing) != NO_SHARING:
        return ok(
            f"files are shared through {_WAYS[need(facts.sharing)]}",
            Evidence("Docker Desktop", "file sharing", _WAYS[need(facts.sharing)]),
        )
    keys = ("UseVirtualizationFrameworkVirtioFS", "UseGrpcfuse")
    path = need(facts.settings).path
    return fail(
        "VirtioFS and gRPC FUSE are both turned off: Docker Desktop has no way left to share files.",
        *(facts.seen(name, "true for one of them") for name in keys),
        mend=(
            "docker desktop stop   # or quit it in its menu",
            f"{path}: make UseVirtualizationFrameworkVirtioFS true",
            "docker desktop start",
        )
        if not any(camel(name) in have(facts.locks, {}) for name in keys)
        else facts.change(*keys, to=""),
        severity=WARNING if facts.in_use and facts.engine.reachable else "",
    )


# -- Rosetta -------------------------------------------------------------------------------------


@TOPIC.check(
    "rosetta-off",
    WARNING,
    "Images for Intel processors run without Rosetta",
    references=(_SETTINGS, "https://github.com/docker/desktop-feedback/issues/382"),
    applies=_ON_ARM,
)
def rosetta_off(facts: Desktop) -> Verdict:
    """Rosetta is turned off, and containers of images for amd64 run on this Mac.

    ## What it reads
    UseVirtualizationFrameworkRosetta of Docker Desktop's settings, and for which processor the images
    of the running containers are made (Engine API 1.48, containerd image store).

    ## Why it matters
    Without Rosetta, QEMU emulates the other processor: several times slower, and some programs die
    with a segmentation fault (signal 11, exit code 139).

    ## How to mend it
    Settings > General > Use Rosetta for x86_64/amd64 emulation, then Apply; better still an image
    for arm64: most have one.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers. A few programs do not run under Rosetta
    either (AVX, some JVMs: docker/for-mac#6773, #7320).

    ## Why this severity
    A warning: it is slow, and some of it crashes. Where Rosetta is off and no image needs it there
    is no finding.
    """
    _on_arm(facts)
    if need(facts.hypervisor) != VZ:
        return skip("Rosetta works with Apple's virtualization framework only")
    if have(facts.darwin, WITH_ROSETTA) < WITH_ROSETTA:
        return skip("Rosetta in a VM needs macOS 13")
    seen = facts.seen("UseVirtualizationFrameworkRosetta", "true where images are for amd64")
    if facts.value("UseVirtualizationFrameworkRosetta") is not False:
        return ok("Rosetta is not turned off", seen)
    foreign = need(facts.foreign)
    if not foreign:
        return ok("no running container is of an image for amd64", seen)
    return fail(
        f"Rosetta is turned off, and {_names(foreign)} run images for amd64: QEMU emulates them, "
        "slowly and with crashes.",
        seen,
        Evidence("engine GET /containers/json", "ImageManifestDescriptor", _names(foreign)),
        mend=(
            *facts.change(
                "UseVirtualizationFrameworkRosetta",
                to="Settings > General > Use Rosetta for x86_64/amd64 emulation, then Apply",
            ),
            "or use images for arm64: docker pull --platform linux/arm64 IMAGE",
        ),
    )


@TOPIC.check(
    "rosetta-without-apple-framework",
    WARNING,
    "Rosetta is on, and the hypervisor cannot use it",
    references=(_VMM, _SETTINGS),
    applies=_ON_ARM,
)
def rosetta_without_apple_framework(facts: Desktop) -> Verdict:
    """Rosetta is turned on with a virtual machine manager that has none.

    ## What it reads
    UseVirtualizationFrameworkRosetta of Docker Desktop's settings and the virtual machine manager.

    ## Why it matters
    Only Apple's virtualization framework has Rosetta: with QEMU and Docker VMM images for amd64 are
    emulated slowly, whatever the setting says.

    ## How to mend it
    Settings > General > Virtual Machine Manager: Apple Virtualization framework; or turn Rosetta
    off, where all images are for arm64.

    ## What could go wrong
    Docker Desktop restarts, and with it all containers.

    ## Why this severity
    A warning: somebody wanted Rosetta and does not have it. A note with Docker VMM while no image
    for amd64 is seen to run: its speed with files may be worth more.
    """
    _on_arm(facts)
    found = need(facts.hypervisor)
    seen = facts.seen("UseVirtualizationFrameworkRosetta", "with Apple's virtualization framework")
    if facts.value("UseVirtualizationFrameworkRosetta") is not True:
        return ok("Rosetta is not asked for", seen)
    if found == VZ:
        return ok("Rosetta is on, and Apple's framework carries the VM", seen)
    return fail(
        f"Rosetta is turned on, and {_NAMES[found]} cannot use it: images for amd64 are emulated "
        "slowly.",
        seen,
        Evidence("Docker Desktop", "virtual machine manager", found, VZ),
        mend=_take_apples(facts),
        severity=NOTE if found == VMM and not have(facts.foreign, ()) else "",
    )


@TOPIC.check(
    "rosetta-not-installed",
    WARNING,
    "Rosetta is on, and macOS does not have it",
    references=(
        "https://github.com/docker/for-mac/issues/6718",
        "https://github.com/docker/for-mac/issues/6487",
    ),
    applies=_ON_ARM,
)
def rosetta_not_installed(facts: Desktop) -> Verdict:
    """Docker Desktop is to use Rosetta, which is not installed on this Mac.

    ## What it reads
    UseVirtualizationFrameworkRosetta of Docker Desktop's settings, and the folders in which macOS
    keeps Rosetta.

    ## Why it matters
    The VM may not start with Rosetta turned on where macOS has none; at best images for amd64 are
    emulated by QEMU.

    ## How to mend it
    `softwareupdate --install-rosetta`, then restart Docker Desktop.

    ## What could go wrong
    Nothing known; the installation asks to agree to Apple's licence.

    ## Why this severity
    A warning: the folders are not documented by Apple, and newer versions of Docker Desktop install
    Rosetta themselves.
    """
    _on_arm(facts)
    if facts.value("UseVirtualizationFrameworkRosetta") is not True or need(facts.hypervisor) != VZ:
        return skip("Rosetta is not turned on")
    seen = Evidence(_OF_ROSETTA[0], "", "there" if need(facts.rosetta) else "missing", "there")
    if facts.rosetta is True:
        return ok("Rosetta is installed", seen)
    return fail(
        "Docker Desktop is to use Rosetta, and this Mac does not have it: the VM may not start.",
        seen,
        facts.seen("UseVirtualizationFrameworkRosetta"),
        mend=("softwareupdate --install-rosetta", "docker desktop restart"),
    )


# -- rest ----------------------------------------------------------------------------------------


@TOPIC.check(
    "resource-saver-off",
    NOTE,
    "Docker Desktop's VM runs on although nothing runs in it",
    references=(f"{_MANUAL}use-desktop/resource-saver/",),
    applies=_WITH_LIMITS,
)
def resource_saver_off(facts: Desktop) -> Verdict:
    """Resource Saver is turned off, and no container runs.

    ## What it reads
    UseResourceSaver of Docker Desktop's settings and the number of running containers. With WSL 2
    Resource Saver stops no VM, and is off in newer versions: nothing is said there.

    ## Why it matters
    The idle VM keeps its memory and wakes the processor, which a laptop's battery pays for. With
    Resource Saver it stops after five minutes without a container.

    ## How to mend it
    Settings > Resources > Advanced > Resource Saver, then Apply.

    ## What could go wrong
    The first command after a pause waits 3 to 10 seconds for the VM.

    ## Why this severity
    A note: it costs battery and memory, and may be off on purpose.
    """
    need(facts.platform)
    if need(facts.hypervisor) == WSL:
        return skip("with WSL 2 the VM belongs to all distributions and goes on anyway")
    seen = facts.seen("UseResourceSaver", "true")
    if facts.value("UseResourceSaver") is not False:
        return ok("Docker Desktop rests when no container runs", seen)
    if not facts.engine.reachable:
        return skip("Docker Desktop's engine does not run")
    count = need(facts.running_containers)
    if count:
        return ok(f"{count} containers run: there is nothing to save", seen)
    size = have(facts.given, 0)
    held = f" with up to {human_size(size)} of memory" if size else ""
    return fail(
        f"Resource Saver is turned off: the VM goes on{held} although no container runs.",
        seen,
        mend=facts.change(
            "UseResourceSaver", to="Settings > Resources > Advanced > Resource Saver, then Apply"
        ),
    )


# -- reaching it ---------------------------------------------------------------------------------


def _integrated(facts: Desktop, here: Integration) -> bool | Missing:
    """Whether the settings turn the integration on for this distribution."""
    named = facts.value("IntegratedWslDistros")
    if isinstance(named, list) and here.distribution in named:
        return True
    # On for the default distribution unless it is turned off (docker/docs features/wsl/_index.md).
    if facts.value("EnableIntegrationWithDefaultWslDistro") is False:
        return False
    return here.is_default


@TOPIC.check(
    "desktop-integration-off",
    ERROR,
    "Docker Desktop's integration is off for this distribution",
    references=(
        f"{_MANUAL}features/wsl/",
        "https://github.com/docker/for-win/issues/14720",
    ),
    applies="WSL 2 distributions beside Docker Desktop",
)
def desktop_integration_off(facts: Desktop) -> Verdict:
    """This WSL distribution has no engine, and Docker Desktop does not serve it.

    ## What it reads
    /usr/bin/docker (Docker Desktop links it into a folder that is there while the integration is
    on), /var/run/docker.sock, IntegratedWslDistros and EnableIntegrationWithDefaultWslDistro of
    Docker Desktop's settings on Windows, and which distribution is the default one.

    ## Why it matters
    `docker` is not found, or cannot be run: "The command 'docker' could not be found in this WSL 2
    distro. We recommend to activate the WSL integration in Docker Desktop settings."

    ## How to mend it
    Docker Desktop: Settings > Resources > WSL integration: turn this distribution on, then Apply.
    Or install an engine in the distribution itself, if that is what you want.

    ## What could go wrong
    Apply restarts Docker Desktop's engine with all containers. Docker Desktop puts its own docker
    and its plugins into the distribution.

    ## Why this severity
    An error: docker cannot be used here.
    """
    here = need(facts.integration)
    settings = need(facts.settings)
    if here.own_engine:
        return skip("this distribution has an engine of its own")
    if facts.engine.chosen_by != "default":
        return skip(f"docker is sent to {facts.engine.endpoint} by {facts.engine.chosen_by}")
    if here.socket:
        return ok(
            "Docker Desktop's socket is in this distribution",
            Evidence(engine.DEFAULT_SOCKET, "", "there"),
        )
    on = _integrated(facts, here)
    seen = (
        Evidence(
            settings.path,
            settings.key("IntegratedWslDistros"),
            _word(settings.get("IntegratedWslDistros")),
            here.distribution,
        ),
        facts.seen("EnableIntegrationWithDefaultWslDistro"),
        Evidence("/usr/bin/docker", "", here.docker, "a link into a folder that exists"),
    )
    if need(on):
        return ok(f"the settings turn the integration on for {here.distribution}", *seen)
    return fail(
        f"Docker Desktop is installed, and its integration is off for {here.distribution}: there is "
        "no engine in this distribution.",
        *seen,
        mend=facts.change(
            "IntegratedWslDistros",
            to=f"Settings > Resources > WSL integration: turn {here.distribution} on, then Apply",
        ),
    )


@TOPIC.check(
    "desktop-integration-stuck",
    WARNING,
    "Docker Desktop runs, and its integration does not arrive",
    references=(f"{_MANUAL}features/wsl/", "https://github.com/docker/for-win/issues/14720"),
    applies="WSL 2 distributions with Docker Desktop's integration",
)
def desktop_integration_stuck(facts: Desktop) -> Verdict:
    """The integration is turned on for this distribution, Docker Desktop runs, and there is no socket.

    ## What it reads
    The same as desktop-integration-off, and whether com.docker.backend runs on Windows.

    ## Why it matters
    docker cannot be used in this distribution, although all switches are right: the agent that
    Docker Desktop starts in the distribution hangs or was killed.

    ## How to mend it
    Restart Docker Desktop. If that does not help: quit it, `wsl --shutdown`, and start it again; then
    turn the integration of this distribution off, Apply, on, Apply.

    ## What could go wrong
    `wsl --shutdown` ends all distributions with everything that runs in them.

    ## Why this severity
    A warning: right after its start Docker Desktop takes a while until the socket is there.
    """
    here = need(facts.integration)
    if here.own_engine or facts.engine.chosen_by != "default":
        return skip("docker of this distribution does not talk to Docker Desktop")
    if here.socket:
        return ok(
            "Docker Desktop's socket is in this distribution",
            Evidence(engine.DEFAULT_SOCKET, "", "there"),
        )
    if not need(_integrated(facts, here)):
        return skip("the integration is off: see desktop-integration-off")
    if not need(facts.running):
        return skip("Docker Desktop does not run: see desktop-not-running")
    return fail(
        f"Docker Desktop runs, its integration is on for {here.distribution}, and "
        f"{engine.DEFAULT_SOCKET} is not there.",
        Evidence(engine.DEFAULT_SOCKET, "", "missing", "the socket of Docker Desktop's engine"),
        facts.seen("IntegratedWslDistros"),
        mend=(
            "docker desktop restart   # on Windows",
            "else quit Docker Desktop, then on Windows: wsl --shutdown, and start it again",
        ),
    )


@TOPIC.check(
    "desktop-not-running",
    ERROR,
    "Docker Desktop does not run",
    references=(f"{_MANUAL}features/wsl/",),
    applies="WSL 2 distributions with Docker Desktop's integration; elsewhere see engine-not-running",
)
def desktop_not_running(facts: Desktop) -> Verdict:
    """This distribution uses Docker Desktop's engine, and Docker Desktop is not started on Windows.

    ## What it reads
    /var/run/docker.sock of this distribution, the settings of the integration, and whether
    com.docker.backend runs on Windows.

    ## Why it matters
    docker cannot be used: "Cannot connect to the Docker daemon", or docker itself is a link that
    leads nowhere, since Docker Desktop takes its folder away when it ends.

    ## How to mend it
    Start Docker Desktop on Windows, from the start menu or with `docker desktop start`.

    ## What could go wrong
    Containers with a restart policy start with it.

    ## Why this severity
    An error: docker cannot be used here until it is started.
    """
    if need(facts.platform) != WSL2:
        return skip("an engine that is not running is told by engine-not-running")
    here = need(facts.integration)
    if here.own_engine or facts.engine.chosen_by != "default":
        return skip("docker of this distribution does not talk to Docker Desktop")
    if need(facts.running):
        return ok(
            "Docker Desktop runs", Evidence("Windows", desktop_settings.BACKEND, "is running")
        )
    if not need(_integrated(facts, here)):
        return skip("the integration is off: see desktop-integration-off")
    return fail(
        f"Docker Desktop, whose engine {here.distribution} uses, does not run on Windows.",
        Evidence("tasklist.exe", desktop_settings.BACKEND, "not there", "running"),
        mend=("docker.exe desktop start   # or start Docker Desktop from Windows' start menu",),
    )


@TOPIC.check(
    "desktop-socket-missing",
    NOTE,
    "Tools that look for /var/run/docker.sock do not find Docker Desktop",
    references=(
        "https://github.com/docker/for-mac/issues/6536",
        "https://github.com/docker/for-mac/issues/6532",
        _SETTINGS,
    ),
    applies=_ON_MAC,
)
def desktop_socket_missing(facts: Desktop) -> Verdict:
    """Docker Desktop runs, and /var/run/docker.sock is not there.

    ## What it reads
    ~/.docker/run/docker.sock, which Docker Desktop makes for its user, and /var/run/docker.sock,
    which needs an administrator's password and is not made by default since 4.13.

    ## Why it matters
    docker itself finds its engine by the context. Tools that know no contexts (older SDKs,
    Testcontainers, some IDE plugins) say "Is the docker daemon running?", and with
    `docker context use default` docker does as well.

    ## How to mend it
    Settings > Advanced > Allow the default Docker socket to be used; or, for one shell, set
    DOCKER_HOST to unix://$HOME/.docker/run/docker.sock.

    ## What could go wrong
    The switch asks for an administrator's password. DOCKER_HOST overrides every context.

    ## Why this severity
    A note: docker works; only tools that insist on that path do not.
    """
    sockets = need(facts.sockets)
    if not sockets.own:
        return skip("Docker Desktop does not run: its own socket is not there")
    seen = Evidence(
        engine.DEFAULT_SOCKET, "", "there" if sockets.default else "missing", "a link to it"
    )
    if sockets.default:
        return ok(f"{engine.DEFAULT_SOCKET} is there", seen)
    return fail(
        f"Docker Desktop runs, and {engine.DEFAULT_SOCKET} does not exist: tools that know no docker "
        "contexts do not find it.",
        seen,
        mend=(
            *facts.change(
                "EnableDefaultDockerSocket",
                to="Settings > Advanced > Allow the default Docker socket to be used, then Apply",
            ),
            (
                "or for one shell: export DOCKER_HOST=$(docker context inspect desktop-linux "
                "-f '{{.Endpoints.docker.Host}}')"
            ),
        ),
    )


@TOPIC.check(
    "desktop-helper-disabled",
    NOTE,
    "macOS keeps Docker Desktop's helper from running",
    references=("https://docs.docker.com/desktop/setup/install/mac-permission-requirements/",),
    applies=_ON_MAC,
)
def desktop_helper_disabled(facts: Desktop) -> Verdict:
    """Launchd has been told not to start com.docker.vmnetd.

    ## What it reads
    /Library/LaunchDaemons/com.docker.vmnetd.plist, which is there when the helper has been
    installed, and launchd's list of what is switched off (`launchctl print-disabled system`).

    ## Why it matters
    The helper does for Docker Desktop what needs an administrator: it makes /var/run/docker.sock and
    opens ports below 1024. Without it these fail, or a password is asked for at each start.

    ## How to mend it
    System Settings > General > Login Items & Extensions > Allow in the Background > Docker.

    ## What could go wrong
    Nothing; the switch can be turned again.

    ## Why this severity
    A note: all else works without the helper, and somebody may have wanted it so.
    """
    if isinstance(facts.helper, Missing) and facts.helper.kind == "absent":
        return skip("the helper is not installed, and Docker Desktop works without it")
    helper = need(facts.helper)
    seen = Evidence("launchctl print-disabled system", HELPER, helper.start, "enabled")
    if helper.start != "disabled":
        return ok(f"launchd may start {HELPER}", seen)
    return fail(
        f"{HELPER} is installed and macOS may not start it: ports below 1024 and "
        f"{engine.DEFAULT_SOCKET} need it.",
        seen,
        mend=(
            "System Settings > General > Login Items & Extensions > Allow in the Background > Docker",
            f"or: sudo launchctl enable system/{HELPER}, then start Docker Desktop again",
        ),
    )


@TOPIC.check(
    "desktop-user-name-too-long",
    WARNING,
    "The user's name is too long for Docker Desktop's sockets",
    references=(f"{_MANUAL}troubleshoot-and-support/troubleshoot/topics/",),
    applies=_ON_MAC,
)
def desktop_user_name_too_long(facts: Desktop) -> Verdict:
    """The path of this user's home makes Docker Desktop's sockets longer than macOS allows.

    ## What it reads
    The length of the home folder's name. The path of a socket may have 104 characters on macOS.

    ## Why it matters
    Docker Desktop cannot make its sockets below ~/Library/Containers and does not start.

    ## How to mend it
    Use an account with a shorter name: 33 characters are the most.

    ## What could go wrong
    Renaming an account by hand damages it; make a new one and move the files.

    ## Why this severity
    A warning: the length that just works differs a little between versions.
    """
    _on_mac(facts)
    name = need(facts.home).rstrip("/").rpartition("/")[2]
    seen = Evidence("home folder", "name", f"{len(name)} characters", f"{LONGEST_USER} at most")
    if len(name) <= LONGEST_USER:
        return ok("the user's name is short enough", seen)
    if facts.in_use and facts.engine.reachable:
        return ok("the name is long, and Docker Desktop runs all the same", seen)
    return fail(
        f"The name of this user's folder has {len(name)} characters: Docker Desktop's sockets below "
        "it are longer than macOS allows.",
        seen,
        mend=(f"use an account whose name has {LONGEST_USER} characters at most",),
    )


# -- who may, who must ---------------------------------------------------------------------------


@TOPIC.check(
    "desktop-api-tcp-exposed",
    WARNING,
    "The engine's API is open to every program on this computer",
    references=(_SETTINGS, "https://docs.docker.com/engine/security/protect-access/"),
    applies="Docker Desktop on Windows",
)
def desktop_api_tcp_exposed(facts: Desktop) -> Verdict:
    """Docker Desktop listens on tcp://localhost:2375 without TLS.

    ## What it reads
    ExposeDockerAPIOnTCP2375 of Docker Desktop's settings.

    ## Why it matters
    Whoever reaches that port controls the engine without a password: every program of every user,
    every container (through host.docker.internal), and what a browser can be made to send. The
    engine can mount the computer's files.

    ## How to mend it
    Settings > General: turn "Expose daemon on tcp://localhost:2375 without TLS" off. Tools that
    needed it take the named pipe (npipe:////./pipe/docker_engine) or, inside WSL, the integration.

    ## What could go wrong
    Old tools that only know DOCKER_HOST=tcp://localhost:2375 no longer connect.

    ## Why this severity
    A warning: the port is bound to this computer, and everything on it may use it.
    """
    if need(facts.platform) not in {WINDOWS, WSL2}:
        return skip("this setting is one of Windows")
    seen = facts.seen("ExposeDockerAPIOnTCP2375", "false")
    if facts.value("ExposeDockerAPIOnTCP2375") is not True:
        return ok("the API is not exposed on TCP", seen)
    return fail(
        "Docker Desktop offers its API on tcp://localhost:2375 without TLS: every program and "
        "container on this computer controls the engine.",
        seen,
        mend=facts.change(
            "ExposeDockerAPIOnTCP2375",
            to="Settings > General: turn 'Expose daemon on tcp://localhost:2375 without TLS' off",
        ),
    )


@TOPIC.check(
    "desktop-locked-by-admin",
    NOTE,
    "An administrator has set what the settings say otherwise",
    references=(_LOCKS,),
    applies="Docker Desktop in organisations",
)
def desktop_locked_by_admin(facts: Desktop) -> Verdict:
    """admin-settings.json locks values that differ from those of this user's settings.

    ## What it reads
    The locked keys of admin-settings.json, and the same keys of Docker Desktop's own settings.

    ## Why it matters
    What is locked holds, whatever the user's file says: changing it there changes nothing.

    ## How to mend it
    Ask whoever administers Docker Desktop in your organisation. The lock counts only for members of
    a Business organisation who are signed in.

    ## What could go wrong
    Editing admin-settings.json yourself goes around a policy.

    ## Why this severity
    A note: it is meant, and good to know when a setting does not do anything.
    """
    need(facts.platform)
    locks, settings = need(facts.locks), need(facts.settings)
    if not locks:
        return skip("nothing is locked by an administrator")
    against = []
    for key, value in locks.items():
        name = key[:1].upper() + key[1:]
        own = settings.get(name)
        if own is not None and own != value and isinstance(value, (bool, int)):
            against.append((key, value, own))
    seen = Evidence(facts.admin_path, "locked keys", ", ".join(sorted(locks)))
    if not against:
        return ok(f"{len(locks)} keys are locked, and none says other than the settings", seen)
    keys = tuple(key for key, _, _ in against)
    return fail(
        f"An administrator has locked {_names(keys)}: what this user's settings say of it does not "
        "count.",
        *(Evidence(facts.admin_path, key, _word(value), _word(own)) for key, value, own in against),
        mend=(f"ask whoever administers Docker Desktop in your organisation ({facts.admin_path})",),
    )


@TOPIC.check(
    "desktop-sign-in-enforced",
    WARNING,
    "Docker Desktop may wait for a member of the company to sign in",
    references=("https://docs.docker.com/enterprise/security/enforce-sign-in/methods/",),
    applies="Docker Desktop in organisations",
)
def desktop_sign_in_enforced(facts: Desktop) -> Verdict:
    r"""A sign-in is enforced, Docker Desktop runs, and its engine does not answer.

    ## What it reads
    allowedOrgs in the registry (HKLM\SOFTWARE\Policies\Docker\Docker Desktop), in a configuration
    profile or desktop.plist on macOS, and in registry.json; whether Docker Desktop runs, and whether
    its engine answers.

    ## Why it matters
    Until a member of one of the organisations signs in, Docker Desktop shows "Sign in required!" and
    starts no engine.

    ## How to mend it
    Sign in with the account that the organisation knows (Docker Desktop, or `docker login`), then
    restart Docker Desktop.

    ## What could go wrong
    The policy is the company's: taking it away goes around it.

    ## Why this severity
    A warning: the engine may be down for another reason. No finding while it answers.
    """
    need(facts.platform)
    told = need(facts.sign_in)
    if not told.organisations:
        return ok("no sign-in is enforced")
    seen = Evidence(told.source, "allowedOrgs", ", ".join(told.organisations))
    if not facts.in_use:
        return skip("docker talks to another engine")
    if not need(facts.running):
        return skip("Docker Desktop does not run")
    return fail(
        f"Docker Desktop runs without an engine, and a member of {_names(told.organisations)} must "
        "sign in before it starts one.",
        seen,
        mend=(
            "sign in to Docker Desktop with the account that the organisation knows",
            "docker desktop restart",
        ),
    )


# -- proxies -------------------------------------------------------------------------------------

_PROXIES = (
    ("ProxyHTTPMode", "OverrideProxy", "Docker Desktop"),
    ("ContainersProxyHTTPMode", "ContainersOverrideProxy", "containers"),
)
_PROXY_KINDS = ("HTTP", "HTTPS", "PAC")


def _proxies(facts: Desktop) -> list[tuple[str, str, str]]:
    """What is set for a manual proxy: (key, address, whose)."""
    found = []
    for mode, stem, whose in _PROXIES:
        if facts.value(mode) == "manual":
            for kind in _PROXY_KINDS:
                value = facts.value(stem + kind)
                if isinstance(value, str) and value.strip():
                    found.append((stem + kind, value.strip(), whose))
    return found


@TOPIC.check(
    "desktop-proxy-empty",
    WARNING,
    "A manual proxy is chosen, and none is named",
    references=(_SETTINGS,),
    applies=_APPLIES,
)
def desktop_proxy_empty(facts: Desktop) -> list[Verdict] | Verdict:
    """The proxy is set to manual configuration, with no address.

    ## What it reads
    ProxyHTTPMode and ContainersProxyHTTPMode of Docker Desktop's settings, and the addresses that
    belong to them.

    ## Why it matters
    With manual configuration Docker Desktop does not take the proxy of the system: pulls go directly
    and time out where only a proxy leads out.

    ## How to mend it
    Settings > Resources > Proxies: name the proxy, or choose the system's.

    ## What could go wrong
    A proxy that is named must let the registries through, also those of your own company.

    ## Why this severity
    A warning: without a proxy around nothing happens, with one nothing is pulled.
    """
    need(facts.platform)
    named = {whose for _, _, whose in _proxies(facts)}
    found: list[Verdict] = []
    manual = [
        (mode, stem, whose) for mode, stem, whose in _PROXIES if facts.value(mode) == "manual"
    ]
    for mode, stem, whose in manual:
        seen = facts.seen(mode, f"{stem}HTTP, {stem}HTTPS or {stem}PAC")
        if whose in named:
            found.append(ok("a manual proxy is named", seen, subject=whose))
            continue
        found.append(
            fail(
                f"A manual proxy is chosen for {whose}, and no address is named: everything goes "
                "out directly.",
                seen,
                subject=whose,
                mend=facts.change(
                    mode,
                    to="Settings > Resources > Proxies: name the proxy, or choose the system's",
                ),
            )
        )
    return found or skip("no manual proxy is chosen")


@TOPIC.check(
    "desktop-proxy-invalid",
    WARNING,
    "Docker Desktop's proxy has an address that cannot be used",
    references=(_SETTINGS,),
    applies=_APPLIES,
)
def desktop_proxy_invalid(facts: Desktop) -> list[Verdict] | Verdict:
    """The address of a manual proxy is none.

    ## What it reads
    OverrideProxyHTTP, OverrideProxyHTTPS and those of containers in Docker Desktop's settings, while
    the proxy is set to manual configuration. Names and passwords in them are not shown.

    ## Why it matters
    Every pull fails with "proxyconnect" or "invalid URL", or goes around the proxy.

    ## How to mend it
    Settings > Resources > Proxies: an address like http://proxy.example:3128.

    ## What could go wrong
    Docker Desktop restarts its engine.

    ## Why this severity
    A warning: what needs the proxy fails, what is here already goes on.
    """
    need(facts.platform)
    found: list[Verdict] = []
    for key, address, whose in _proxies(facts):
        if key.endswith("PAC"):
            continue
        told = proxy_of(key, address)
        # What stands before an @ is a name and a password, and may be taken for host and port.
        named = told.host and "@" not in address
        shown = Evidence(
            need(facts.settings).path,
            need(facts.settings).key(key),
            f"{told.host}:{told.port}" if named else "an address",
            "http://HOST:PORT",
        )
        if not told.wrong:
            found.append(ok("the proxy's address is one", shown, subject=key))
            continue
        found.append(
            fail(
                f"The proxy of {whose} cannot be used"
                + (": its address is none." if "@" in address else f": {told.wrong}."),
                shown,
                subject=key,
                mend=facts.change(
                    key, to="Settings > Resources > Proxies: an address like http://HOST:PORT"
                ),
            )
        )
    return found or skip("no manual proxy is named")
