"""WSL: its version, its distributions, what its VM takes, its network, and what reaches out of it.

Whether the two files are written as WSL reads them is judged by the topic wsl-config; here it is
judged what they ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import desktop_host, desktop_settings, engine, reachability, vm_share
from probes.desktop_host import WINDOWS, WSL1, WSL2, WSL_CONF_PATH, OtherPlatform, Versions
from probes.formats.resolv_conf import name_servers
from probes.formats.routes import network_of, parse_proc_route
from probes.formats.sizes import GIB, MIB, human_size
from probes.formats.wsl_config import (
    WSL_CONF,
    WSLCONFIG,
    WslConfig,
    WslEncodingError,
    format_memory,
    parse_memory,
    parse_wsl,
)
from probes.formats.wsl_keys import is_true, setting
from probes.formats.wsl_output import Row, parse_list
from probes.host.questions import Absent, Garbled, Refused
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
    from probes.desktop_host import Hardware
    from probes.host import Host

TOPIC = Topic["Wsl"]("wsl", "WSL")

FIRST_FOR_DESKTOP = (2, 1, 5)
"""What Docker Desktop asks for; with older ones upgrades hang and memory is not given back
(docker/docs content/manuals/desktop/features/wsl/_index.md)."""

FIRST_WITH_EXPERIMENTS = (2, 0, 0)
"""The WSL that brought autoMemoryReclaim, sparseVhd, mirrored networking and DNS tunneling
(Windows Subsystem for Linux September 2023 update)."""

FIRST_WITHOUT_SPARSE = (2, 5, 6)
"""Since then WSL ignores sparseVhd and refuses --set-sparse without --allow-unsafe "due to potential
data corruption" (microsoft/WSL src/windows/common/WslCoreFilesystem.cpp; the version by its users,
issues 13075 and 12103)."""

WINDOWS_11_22H2 = (10, 0, 22621)
"""Before it mirrored networking falls back to NAT, and DNS tunneling is off (MicrosoftDocs/WSL
wsl-config.md)."""

SMALLEST_MEMORY = 256 * MIB
"""WSL raises a smaller value to this (WslCoreConfig.cpp ``Initialize``)."""

RECLAIM = "experimental.autoMemoryReclaim"
SPARSE = "experimental.sparseVhd"
MODE = "wsl2.networkingMode"

TUNNEL = "10.255.255.254"
"""The name server of DNS tunneling (dnsTunnelingIpAddress)."""

DRIFT = Threshold(
    "wsl-clock-drift",
    30,
    "seconds",
    "Less than half a minute is no trouble to TLS, tokens or make; the two clocks are read one after "
    "the other, in whole seconds.",
)

_DOCS = "https://learn.microsoft.com/windows/wsl/wsl-config"
_DESKTOP_WSL = "https://docs.docker.com/desktop/features/wsl/"
_WHERE = "Windows with WSL, and WSL distributions"
_INSIDE = "WSL distributions"
_SHUTDOWN = "wsl --shutdown   # ends all distributions and Docker Desktop's containers"


class Wsl(NamedTuple):
    """WSL as this host sees it."""

    where: str | Missing
    """WINDOWS, WSL1 or WSL2; inapplicable where there is no WSL."""
    versions: Versions | Missing
    distributions: tuple[Row, ...] | Missing
    desktop: bool | Missing
    """Whether Docker Desktop is installed."""
    uses: bool | Missing
    """Whether an engine's containers run in WSL's machine."""
    path: str | Missing
    """Of .wslconfig."""
    wslconfig: WslConfig | Missing
    wsl_conf: WslConfig | Missing
    """Of this distribution."""
    hardware: Hardware | Missing
    """Asked for only where .wslconfig has a limit to compare with, or none."""
    needs: tuple[vm_share.Need, ...] | Missing
    """Of the containers that run."""
    own_dockerd: bool | Missing
    """Whether this distribution has a dockerd of its own."""
    systemd: bool | Missing
    """Whether systemd runs in this distribution."""
    interop: str | Missing
    """What switches interop off; empty where it is on."""
    windows_helpers: tuple[str, ...] | Missing
    """Credential helpers of config.json that are Windows programs."""
    resolv: tuple[str, ...] | Missing
    """Name servers of /etc/resolv.conf."""
    gateway: str | Missing
    """Of the default route: Windows, in NAT mode."""
    drift: float | Missing
    """Seconds by which this distribution's clock is ahead of the computer's."""

    def wanted(self, name: str) -> str | None:
        """What .wslconfig says for ``section.key``, as WSL reads it; None where it does not."""
        return setting(need(self.wslconfig), name, WSLCONFIG)

    def conf(self, name: str) -> str | None:
        """The same of this distribution's wsl.conf."""
        return setting(need(self.wsl_conf), name, WSL_CONF)

    def seen(self, name: str, wanted: str = "") -> Evidence:
        """Where that value was read."""
        return Evidence(need(self.path), name, self.wanted(name) or "not set", wanted)


@TOPIC.probe
def look(host: Host) -> Wsl:
    """Read the two files, and ask wsl.exe for its version and the distributions."""
    where = known(lambda: desktop_host.require_wsl(host))
    if isinstance(where, Missing):
        return Wsl(*((where,) * len(Wsl._fields)))
    versions = known(lambda: desktop_host.wsl_versions(host))
    seen = engine.look(host)
    path = known(lambda: desktop_host.wslconfig_path(host))
    wslconfig = path if isinstance(path, Missing) else known(lambda: read(host, path, WSLCONFIG))
    uses = known(lambda: _uses(host, where, seen))
    limits = isinstance(wslconfig, WslConfig) and uses is True
    return Wsl(
        where=where,
        versions=versions,
        distributions=known(lambda: distributions(host)),
        desktop=known(lambda: desktop_settings.installed(host)),
        uses=uses,
        path=path,
        wslconfig=wslconfig,
        wsl_conf=known(lambda: _wsl_conf(host, where)),
        hardware=known(lambda: desktop_host.hardware(host))
        if limits
        else Missing("it was not asked for: no engine runs in WSL", "inapplicable"),
        needs=known(lambda: _needs(host, seen)),
        own_dockerd=known(lambda: where != WINDOWS and has_dockerd(host)),
        systemd=known(lambda: _systemd(host, where)),
        interop=known(lambda: _interop(host, where)),
        windows_helpers=known(lambda: _windows_helpers(host, where)),
        resolv=known(lambda: _resolv(host, where)),
        gateway=known(lambda: _gateway(host, where)),
        drift=known(lambda: _drift(host, where)),
    )


def read(host: Host, path: str, dialect: str) -> WslConfig:
    """A file of WSL's, parsed; an empty one where there is none. Raises: Garbled, Unreadable."""
    try:
        return parse_wsl(host.read_bytes(path), dialect)
    except Absent:
        return WslConfig((), ())
    except WslEncodingError as error:
        raise Garbled(f"{path}: {error}; save it as UTF-8") from None


def distributions(host: Host) -> tuple[Row, ...]:
    """Every distribution of this Windows user. Raises: OtherPlatform, Unreadable."""
    desktop_host.require_wsl(host)
    try:
        return parse_list(desktop_host.windows_output(host, "wsl.exe", "--list", "--verbose"))
    except Refused:
        return ()  # WSL_E_DEFAULT_DISTRO_NOT_FOUND: there is none


def has_dockerd(host: Host) -> bool:
    """Whether this distribution has a dockerd of its own installed."""
    return any(
        engine.is_there(host, path)
        for path in engine.INSTALLED_AT["linux"]
        if path.endswith("/dockerd")
    )


def _uses(host: Host, where: str, seen: engine.Engine) -> bool:
    if engine.backend_here(host) == "wsl2":
        return True
    if where == WSL2 and has_dockerd(host):
        return True
    if seen.reachable or not desktop_settings.installed(host):
        return False
    return desktop_settings.uses_wsl(host, desktop_settings.read(host))


def _wsl_conf(host: Host, where: str) -> WslConfig:
    if where == WINDOWS:
        raise OtherPlatform("wsl.conf lies inside each distribution")
    return read(host, WSL_CONF_PATH, WSL_CONF)


def _needs(host: Host, seen: engine.Engine) -> tuple[vm_share.Need, ...]:
    from probes.engine_host import containers

    if not seen.reachable:
        return ()
    found = {
        found
        for row in containers(host)
        if row.get("State") == "running"
        if (found := vm_share.need_of(str(row.get("Image") or "")))
    }
    return tuple(sorted(found))


def _systemd(host: Host, where: str) -> bool:
    if where != WSL2:
        raise OtherPlatform("systemd runs in WSL 2 distributions only")
    return host.exists("/run/systemd/system")


_BINFMT = "/proc/sys/fs/binfmt_misc"


def _interop(host: Host, where: str) -> str:
    """WslInterop in binfmt_misc starts Windows programs; under systemd it may be named differently."""
    if where == WINDOWS:
        raise OtherPlatform("interop starts Windows programs in WSL distributions")
    if (
        setting(read(host, WSL_CONF_PATH, WSL_CONF), "interop.enabled", WSL_CONF) or ""
    ).lower() in {
        "false",
        "0",
    }:
        return f"{WSL_CONF_PATH} has enabled=false in [interop]"
    names = [name for name in host.list(_BINFMT) if name.startswith("WSLInterop")]
    if not names:
        return f"{_BINFMT} has no WSLInterop"
    if all(host.read_text(f"{_BINFMT}/{name}").startswith("disabled") for name in names):
        return f"{_BINFMT}/{names[0]} is disabled"
    return ""


def _windows_helpers(host: Host, where: str) -> tuple[str, ...]:
    if where == WINDOWS:
        raise OtherPlatform("on Windows they are at home")
    named = reachability.helpers_named(engine.cli_config(host))
    return tuple(sorted({name for _, name in named if name.endswith(".exe")}))


def _resolv(host: Host, where: str) -> tuple[str, ...]:
    if where != WSL2:
        raise OtherPlatform("WSL 1 uses Windows' own network")
    return name_servers(host.read_text("/etc/resolv.conf"))


def _gateway(host: Host, where: str) -> str:
    if where != WSL2:
        raise OtherPlatform("WSL 1 uses Windows' own network")
    for route in parse_proc_route(host.read_text("/proc/net/route")):
        if route.destination == "0.0.0.0/0" and route.gateway:
            return route.gateway
    raise Absent("there is no default route", look="ip route")


def _drift(host: Host, where: str) -> float:
    if where != WSL2:
        raise OtherPlatform("only WSL 2 has a clock of its own")
    path = "/sys/class/rtc/rtc0/since_epoch"
    text = host.read_text(path).strip()
    if not text.isdigit():
        raise Garbled(f"{path} holds no number", look="sudo hwclock --show")
    return host.now() - int(text)


# -- its version and its distributions -----------------------------------------------------------


@TOPIC.check(
    "wsl-outdated",
    ERROR,
    "WSL is older than Docker Desktop asks for",
    references=(_DESKTOP_WSL, "https://github.com/microsoft/WSL/releases"),
    applies=_WHERE,
)
def wsl_outdated(wsl: Wsl) -> Verdict:
    """Docker Desktop is installed, and WSL is older than 2.1.5, or the one that is part of Windows.

    ## What it reads
    `wsl.exe --version`, which the WSL that is part of Windows does not know; inside a distribution
    `wslinfo --version` where interop is off.

    ## Why it matters
    Docker Desktop with older versions hangs when it starts or upgrades, and memory that it has once
    taken is not given back.

    ## How to mend it
    `wsl --update`, in a terminal of an administrator where Windows asks for it; then
    `wsl --shutdown`.

    ## What could go wrong
    `wsl --shutdown` ends all distributions and Docker Desktop's containers.

    ## Why this severity
    An error with Docker Desktop, whose makers do not support it; a note without it.
    """
    versions = need(wsl.versions)
    desktop = need(wsl.desktop) and need(wsl.uses)
    name = ".".join(map(str, versions.wsl)) or "the one that is part of Windows"
    least = ".".join(map(str, FIRST_FOR_DESKTOP))
    seen = Evidence("wsl.exe --version", "WSL", name, f"{least} or later")
    if versions.wsl >= FIRST_FOR_DESKTOP:
        return ok(f"WSL is {name}", seen)
    if not desktop and (versions.wsl or not need(wsl.distributions)):
        return skip(f"WSL is {name}, and nothing here asks for a newer one")
    return fail(
        f"WSL is {name}: Docker Desktop asks for {least}."
        if desktop
        else "WSL is the one that is part of Windows, which gets no new features any more.",
        seen,
        mend=("wsl --update", _SHUTDOWN),
        severity="" if desktop else NOTE,
    )


@TOPIC.check(
    "wsl-distribution-version-1",
    WARNING,
    "The default distribution is a WSL 1, which Docker Desktop cannot be integrated into",
    references=(_DESKTOP_WSL, "https://learn.microsoft.com/windows/wsl/compare-versions"),
    applies="Windows with WSL",
)
def wsl_distribution_version_1(wsl: Wsl) -> Verdict:
    """Docker Desktop is installed, and the distribution that `wsl` opens is one of WSL 1.

    ## What it reads
    `wsl.exe --list --verbose`: the version of the default distribution.

    ## Why it matters
    WSL 1 has no Linux kernel: no engine runs in it, and Docker Desktop cannot put its command and
    socket there. `docker` is not found, or reaches nothing.

    ## How to mend it
    `wsl --set-version NAME 2`, or make another distribution the default: `wsl --set-default NAME`.

    ## What could go wrong
    The conversion takes minutes and the distribution's size on the disk meanwhile; export it before
    (`wsl --export NAME FILE`). Files on Windows drives become slower from inside WSL 2.

    ## Why this severity
    A warning: docker works from Windows itself.
    """
    if not need(wsl.desktop):
        return skip("Docker Desktop is not installed")
    if need(wsl.where) != WINDOWS:
        return skip("it is told from Windows; for this distribution see wsl1-no-engine")
    found = next((row for row in need(wsl.distributions) if row.default), None)
    if found is None:
        return skip("there is no WSL distribution")
    seen = Evidence("wsl.exe --list --verbose", found.name, f"version {found.version}", "version 2")
    if found.version != 1:
        return ok(f"{found.name} is a WSL 2", seen)
    return fail(
        f"The default distribution {found.name} is a WSL 1: Docker Desktop cannot be integrated into "
        "it.",
        seen,
        subject=found.name,
        mend=(f"wsl --set-version {found.name} 2   # takes minutes",),
    )


# -- what its machine takes ----------------------------------------------------------------------


def _memory(wsl: Wsl) -> int:
    """Bytes that .wslconfig allows; 0 where it says nothing that WSL takes."""
    return parse_memory(wsl.wanted("wsl2.memory") or "0") or 0


def _no_machine(wsl: Wsl) -> Verdict | None:
    if need(wsl.where) == WSL1:
        return skip("WSL 1 has no virtual machine")
    if not need(wsl.uses):
        return skip("no engine runs in WSL's machine")
    return None


@TOPIC.check(
    "wsl-memory-unlimited",
    NOTE,
    "Nothing limits the memory of WSL's machine",
    references=(
        "https://github.com/microsoft/WSL/issues/4166",
        "https://github.com/microsoft/WSL/issues/8725",
        _DOCS,
    ),
    applies=_WHERE,
)
def wsl_memory_unlimited(wsl: Wsl) -> Verdict:
    """.wslconfig sets no `memory`: WSL's machine may take half of the computer's.

    ## What it reads
    `memory` in `[wsl2]` of .wslconfig, and the computer's own memory: on Windows directly, from
    inside WSL through PowerShell.

    ## Why it matters
    All distributions and Docker Desktop share one machine. It caches every file that it has read, and
    VmmemWSL in the task manager grows up to the limit; Windows' own programs get slow first.

    ## How to mend it
    Set a limit, as large as the containers need: `hullcheck fix wsl-memory` computes one from the
    computer's memory and shows it.

    ## What could go wrong
    Below what the containers need the machine swaps and then kills processes. The limit counts
    after `wsl --shutdown`.

    ## Why this severity
    A note: half of the memory is WSL's own default, and a computer with enough of it does not
    suffer.
    """
    if verdict := _no_machine(wsl):
        return verdict
    memory = _memory(wsl)
    if memory >= SMALLEST_MEMORY:
        return ok(
            f"WSL's machine may take {human_size(memory)}", wsl.seen("wsl2.memory", "a limit")
        )
    if wsl.wanted("wsl2.memory"):
        return skip("what is set is no size that WSL takes: see wslconfig-size-too-small")
    total = vm_share.nominal(need(wsl.hardware).memory)
    limit = vm_share.memory(total)
    return fail(
        f"WSL's machine may take half of this computer's {human_size(total)}, and keeps what it has "
        f"taken for files. A limit of {format_memory(limit)} leaves Windows {human_size(total - limit)}.",
        wsl.seen("wsl2.memory", format_memory(limit)),
        mend=(f"[wsl2] memory={format_memory(limit)} in {need(wsl.path)}", _SHUTDOWN),
    )


@TOPIC.check(
    "wsl-memory-too-large",
    WARNING,
    "WSL's machine may take memory that Windows needs",
    references=(_DOCS, "https://github.com/docker/for-win/issues/12944"),
    applies=_WHERE,
)
def wsl_memory_too_large(wsl: Wsl) -> Verdict:
    """`memory` in .wslconfig leaves Windows less than 4 GB, or less than half on a small computer.

    ## What it reads
    `memory` in `[wsl2]` of .wslconfig against the computer's own memory.

    ## Why it matters
    When containers use what they may, Windows pages its own programs out to the disk: the whole
    computer stands still, WSL too.

    ## How to mend it
    `hullcheck fix wsl-memory`, which leaves Windows its share.

    ## What could go wrong
    Containers that used more are killed, or swap.

    ## Why this severity
    A warning: it hurts only when the machine fills up.
    """
    if verdict := _no_machine(wsl):
        return verdict
    memory = _memory(wsl)
    if memory < SMALLEST_MEMORY:
        return skip("no limit is set that WSL takes")
    total = vm_share.nominal(need(wsl.hardware).memory)
    most = vm_share.most_memory(total)
    seen = wsl.seen("wsl2.memory", f"at most {format_memory(most)}")
    if memory > total:
        return skip("the limit is more than the computer has: see wslconfig-larger-than-host")
    if memory <= most:
        return ok(f"Windows keeps {human_size(total - memory)}", seen)
    wanted = format_memory(vm_share.memory(total))
    return fail(
        f"WSL's machine may take {human_size(memory)} of this computer's {human_size(total)}: "
        f"Windows keeps {human_size(total - memory)}, and needs {human_size(total - most)}.",
        seen,
        mend=(f"[wsl2] memory={wanted} in {need(wsl.path)}", _SHUTDOWN),
    )


@TOPIC.check(
    "wsl-memory-too-small",
    WARNING,
    "WSL's machine has less memory than its containers need",
    references=(_DOCS, "https://github.com/microsoft/WSL/issues/8725"),
    applies=_WHERE,
)
def wsl_memory_too_small(wsl: Wsl) -> Verdict:
    """`memory` in .wslconfig is less than an engine needs, or a running container asks for.

    ## What it reads
    `memory` in `[wsl2]` of .wslconfig; the images of the running containers, of which some have a
    minimum by their makers' word (SQL Server, Elasticsearch, GitLab).

    ## Why it matters
    The kernel kills processes when memory is out: builds end with "Killed", databases with exit
    code 137, and the whole machine may stop.

    ## How to mend it
    Raise the limit: `hullcheck fix wsl-memory --set memory=SIZE`.

    ## What could go wrong
    Windows gets less; see wsl-memory-too-large.

    ## Why this severity
    A warning: small containers run.
    """
    if verdict := _no_machine(wsl):
        return verdict
    memory = _memory(wsl)
    if memory < SMALLEST_MEMORY:
        return skip("no limit is set that WSL takes")
    wants = max((want for want in have(wsl.needs, ())), key=lambda want: want.memory, default=None)
    least = max(vm_share.SMALLEST_SET, wants.memory if wants else 0)
    seen = wsl.seen("wsl2.memory", f"at least {format_memory(least)}")
    if memory >= least:
        return ok(f"WSL's machine may take {human_size(memory)}", seen)
    hardware = have(wsl.hardware, None)
    wanted = max(least, vm_share.memory(hardware.memory) if hardware else 2 * GIB)
    why = (
        f"{wants.name} asks for {human_size(wants.memory)} ({wants.source})"
        if wants and wants.memory == least
        else "the engine and one build do not fit"
    )
    return fail(
        f"WSL's machine may take {human_size(memory)} only: {why}.",
        seen,
        mend=(f"hullcheck fix wsl-memory --set memory={format_memory(wanted)}", _SHUTDOWN),
    )


@TOPIC.check(
    "wsl-memory-reclaim-off",
    NOTE,
    "WSL does not give memory back to Windows",
    references=(_DOCS, "https://github.com/microsoft/WSL/issues/4166"),
    applies=_WHERE,
)
def wsl_memory_reclaim_off(wsl: Wsl) -> Verdict:
    """`autoMemoryReclaim=disabled` stands in .wslconfig.

    ## What it reads
    `autoMemoryReclaim` in `[experimental]` of .wslconfig. Not set, it is dropCache in current
    versions of WSL.

    ## Why it matters
    The machine keeps the memory in which it has cached files, until `wsl --shutdown`.

    ## How to mend it
    `hullcheck fix wsl-memory-reclaim`, which sets dropCache.

    ## What could go wrong
    After an idle time files are read from the disk again.

    ## Why this severity
    A note: somebody has chosen it.
    """
    if verdict := _no_machine(wsl):
        return verdict
    versions = need(wsl.versions)
    if versions.wsl < FIRST_WITH_EXPERIMENTS:
        return skip("this WSL has no such setting")
    now = (wsl.wanted(RECLAIM) or "").lower()
    seen = wsl.seen(RECLAIM, "dropCache")
    if now != "disabled":
        return ok("WSL gives memory back when it is idle", seen)
    return fail(
        "WSL is told to keep all memory in which it has cached files, until it is shut down.",
        seen,
        mend=(f"[experimental] autoMemoryReclaim=dropCache in {need(wsl.path)}", _SHUTDOWN),
    )


@TOPIC.check(
    "wsl-reclaim-gradual-breaks-dockerd",
    WARNING,
    "autoMemoryReclaim=gradual may keep this distribution's dockerd from starting",
    references=(
        "https://github.com/microsoft/WSL/issues/10497",
        "https://github.com/ddev/ddev/issues/5356",
    ),
    applies=_INSIDE,
)
def wsl_reclaim_gradual_breaks_dockerd(wsl: Wsl) -> Verdict:
    """WSL reclaims memory gradually, and a dockerd of this distribution runs under systemd.

    ## What it reads
    `autoMemoryReclaim` in `[experimental]` of .wslconfig; whether this distribution has a dockerd
    of its own and runs systemd.

    ## Why it matters
    With gradual the cgroup controllers are mounted so that dockerd ends with "Devices cgroup isn't
    mounted" after the next start.

    ## How to mend it
    `hullcheck fix wsl-memory-reclaim`, which sets dropCache here.

    ## What could go wrong
    Nothing; it counts after `wsl --shutdown`.

    ## Why this severity
    A warning: it was seen with several versions, not with all.
    """
    if need(wsl.where) == WINDOWS:
        return skip("it is told from inside a distribution with a dockerd of its own")
    if not need(wsl.own_dockerd) or not need(wsl.systemd):
        return skip("no dockerd of this distribution runs under systemd")
    now = (wsl.wanted(RECLAIM) or "").lower()
    seen = wsl.seen(RECLAIM, "dropCache")
    if now != "gradual":
        return ok("memory is not reclaimed gradually", seen)
    return fail(
        "With autoMemoryReclaim=gradual this distribution's dockerd may not start under systemd any "
        'more ("Devices cgroup isn\'t mounted").',
        seen,
        mend=(f"[experimental] autoMemoryReclaim=dropCache in {need(wsl.path)}", _SHUTDOWN),
    )


@TOPIC.check(
    "wsl-sparse-vhd-unsafe",
    NOTE,
    "New WSL disks are made sparse, which has damaged file systems",
    references=(
        "https://github.com/microsoft/WSL/issues/12103",
        "https://github.com/microsoft/WSL/issues/4699",
    ),
    applies=_WHERE,
)
def wsl_sparse_vhd_unsafe(wsl: Wsl) -> Verdict:
    """`sparseVhd=true` stands in .wslconfig of a WSL that still makes sparse disks.

    ## What it reads
    `sparseVhd` in `[experimental]` of .wslconfig, and the version of WSL: 2.5.6 and later ignore
    it, "due to potential data corruption".

    ## Why it matters
    Sparse disks give freed space back to Windows by themselves. File systems on them have been
    damaged, and so WSL's makers switched them off.

    ## How to mend it
    `wsl --update`; then compact disks by hand (vm-disk-bloated has the steps). For a disk that
    is sparse already: `wsl --manage NAME --set-sparse false`.

    ## What could go wrong
    The disk takes its full size again.

    ## Why this severity
    A note: most such disks are sound. Keep a backup (`wsl --export`).
    """
    if need(wsl.where) == WSL1:
        return skip("WSL 1 has no virtual disks")
    versions = need(wsl.versions)
    if not FIRST_WITH_EXPERIMENTS <= versions.wsl < FIRST_WITHOUT_SPARSE:
        return skip("this WSL makes no sparse disks")
    seen = wsl.seen(SPARSE, "false")
    if not is_true(wsl.wanted(SPARSE)):
        return ok("new disks are not sparse", seen)
    return fail(
        "Disks of new distributions are made sparse, as WSL's makers do not any more since 2.5.6: "
        "file systems on them have been damaged.",
        seen,
        mend=("wsl --update", "keep backups: wsl --export NAME FILE"),
    )


@TOPIC.check(
    "wsl-custom-kernel",
    NOTE,
    "WSL runs a kernel of its user's",
    references=(
        "https://github.com/docker/for-win/issues/15049",
        "https://github.com/microsoft/WSL/issues/11957",
    ),
    applies=_WHERE,
)
def wsl_custom_kernel(wsl: Wsl) -> Verdict:
    """`kernel` in .wslconfig names another kernel than the one that comes with WSL.

    ## What it reads
    `kernel` in `[wsl2]` of .wslconfig. Whether the file exists is judged by wslconfig-path-missing.

    ## Why it matters
    Docker Desktop needs options that are built in (iso9660, overlay, netfilter). Without them it
    says "starting" for ever. Updates of WSL bring no kernel then.

    ## How to mend it
    While docker does not start: put `#` before the line, then `wsl --shutdown`.

    ## What could go wrong
    What the kernel was made for is gone meanwhile.

    ## Why this severity
    A note: it is a choice, and worth knowing when something fails.
    """
    if verdict := _no_machine(wsl):
        return verdict
    kernel = wsl.wanted("wsl2.kernel")
    seen = wsl.seen("wsl2.kernel", "the kernel of WSL")
    if not kernel:
        return ok("WSL runs its own kernel", seen)
    return fail(
        "WSL runs a kernel of its user's: Docker needs options built into it, and updates of WSL "
        "do not renew it.",
        seen,
        mend=(
            f"where docker does not start: put # before kernel= in {need(wsl.path)}",
            _SHUTDOWN,
        ),
    )


# -- its network ---------------------------------------------------------------------------------


@TOPIC.check(
    "wsl-networking-none",
    ERROR,
    "WSL's machine has no network",
    references=(_DOCS,),
    applies=_WHERE,
)
def wsl_networking_none(wsl: Wsl) -> Verdict:
    """`networkingMode=none` stands in .wslconfig.

    ## What it reads
    `networkingMode` in `[wsl2]` of .wslconfig.

    ## Why it matters
    Nothing can be pulled, and published ports lead nowhere.

    ## How to mend it
    Remove the line, for NAT; then `wsl --shutdown`.

    ## What could go wrong
    Whoever wanted WSL off the network has it on again.

    ## Why this severity
    An error for a machine that runs containers.
    """
    if verdict := _no_machine(wsl):
        return verdict
    mode = (wsl.wanted(MODE) or "nat").lower()
    seen = wsl.seen(MODE, "nat")
    if mode != "none":
        return ok(f"WSL's network is in mode {mode}", seen)
    return fail(
        "WSL's machine is kept off the network: nothing can be pulled or reached.",
        seen,
        mend=(f"remove networkingMode=none from {need(wsl.path)}", _SHUTDOWN),
    )


@TOPIC.check(
    "wsl-networking-mirrored-with-docker",
    NOTE,
    "With mirrored networking published ports are reached by localhost only",
    references=(
        "https://github.com/microsoft/WSL/issues/10494",
        "https://github.com/microsoft/WSL/issues/11034",
        _DOCS,
    ),
    applies=_WHERE,
)
def wsl_networking_mirrored_with_docker(wsl: Wsl) -> Verdict:
    """WSL's network is mirrored, an engine runs in it, and hostAddressLoopback is off.

    ## What it reads
    `networkingMode`, `hostAddressLoopback` and the versions that mirrored mode needs: WSL 2.0 and
    Windows 11 22H2. Older ones fall back to NAT.

    ## Why it matters
    In mirrored mode Windows reaches published ports at `localhost`, not at its own address, and
    with some versions they have not been reachable at all.

    ## How to mend it
    `hostAddressLoopback=true` in `[experimental]` (in `[wsl2]` it is ignored), or NAT:
    `hullcheck fix wsl-networking --set mode=nat`.

    ## What could go wrong
    With the loopback on, programs that listen on the computer's address are reached from WSL.

    ## Why this severity
    A note: localhost works for most.
    """
    if verdict := _no_machine(wsl):
        return verdict
    mode = (wsl.wanted(MODE) or "nat").lower()
    if mode != "mirrored":
        return ok(f"WSL's network is in mode {mode}", wsl.seen(MODE))
    versions = need(wsl.versions)
    if versions.wsl < FIRST_WITH_EXPERIMENTS or (
        versions.windows and versions.windows < WINDOWS_11_22H2
    ):
        return skip("this computer falls back to NAT: see wslconfig-ignored-here")
    seen = wsl.seen("experimental.hostAddressLoopback", "true")
    if is_true(wsl.wanted("experimental.hostAddressLoopback")):
        return ok("the computer's own address leads to published ports too", seen)
    return fail(
        "WSL's network is mirrored: published ports answer at localhost, not at this computer's own "
        "address.",
        wsl.seen(MODE, "nat, or hostAddressLoopback=true"),
        seen,
        mend=(
            f"[experimental] hostAddressLoopback=true in {need(wsl.path)}, or networkingMode=nat",
            _SHUTDOWN,
        ),
    )


@TOPIC.check(
    "wsl-localhost-forwarding-off",
    NOTE,
    "Ports of this distribution's engine are not reached at localhost from Windows",
    references=(_DOCS,),
    applies=_INSIDE,
)
def wsl_localhost_forwarding_off(wsl: Wsl) -> Verdict:
    """`localhostForwarding=false` stands in .wslconfig, and this distribution has its own dockerd.

    ## What it reads
    `localhostForwarding` and `networkingMode` in `[wsl2]` of .wslconfig. Docker Desktop forwards
    ports itself, and mirrored mode needs no forwarding.

    ## Why it matters
    `docker run -p 8080:80` works in the distribution, and http://localhost:8080 does not in
    Windows' browser.

    ## How to mend it
    Remove the line; then `wsl --shutdown`.

    ## What could go wrong
    Ports of the distribution are reached from Windows again, as by default.

    ## Why this severity
    A note: somebody has chosen it, and the distribution's own address works.
    """
    if verdict := _no_machine(wsl):
        return verdict
    if need(wsl.where) == WINDOWS or not need(wsl.own_dockerd):
        return skip("no dockerd of this distribution publishes ports")
    seen = wsl.seen("wsl2.localhostForwarding", "true")
    if (wsl.wanted("wsl2.localhostForwarding") or "true").lower() not in {"false", "0"}:
        return ok("localhost of Windows leads to the distribution", seen)
    if (wsl.wanted(MODE) or "nat").lower() == "mirrored":
        return skip("mirrored networking needs no forwarding")
    return fail(
        "Published ports are not reached at localhost from Windows: localhostForwarding is off.",
        seen,
        mend=(f"remove localhostForwarding=false from {need(wsl.path)}", _SHUTDOWN),
    )


@TOPIC.check(
    "wsl-dns-tunneling-off",
    NOTE,
    "WSL does not look names up through Windows",
    references=(_DOCS, "https://github.com/microsoft/WSL/issues/1350"),
    applies=_WHERE,
)
def wsl_dns_tunneling_off(wsl: Wsl) -> Verdict:
    """`dnsTunneling=false` stands in .wslconfig where Windows and WSL could do it.

    ## What it reads
    `dnsTunneling` in .wslconfig; the versions of WSL (2.0) and Windows (11 22H2) that know it.

    ## Why it matters
    Names that only Windows can look up, those of a VPN or a company above all, are unknown in
    distributions and containers.

    ## How to mend it
    `hullcheck fix wsl-networking`, or remove the line; then `wsl --shutdown`.

    ## What could go wrong
    Programs that ask name servers of their own are not affected.

    ## Why this severity
    A note: without a VPN both ways work.
    """
    if verdict := _no_machine(wsl):
        return verdict
    versions = need(wsl.versions)
    if versions.wsl < FIRST_WITH_EXPERIMENTS or (
        versions.windows and versions.windows < WINDOWS_11_22H2
    ):
        return skip("this Windows or WSL cannot do it")
    mode = (wsl.wanted(MODE) or "nat").lower()
    if mode not in {"nat", "mirrored"}:
        return skip(f"networking mode {mode} has no DNS tunneling")
    seen = wsl.seen("wsl2.dnsTunneling", "true")
    if (wsl.wanted("wsl2.dnsTunneling") or "true").lower() not in {"false", "0"}:
        return ok("names are looked up through Windows", seen)
    return fail(
        "WSL looks names up by itself: those that only Windows knows, of a VPN above all, are unknown "
        "in distributions and containers.",
        seen,
        mend=(f"remove dnsTunneling=false from {need(wsl.path)}", _SHUTDOWN),
    )


@TOPIC.check(
    "wsl-resolv-conf-stale",
    WARNING,
    "resolv.conf names a Windows address that is not there any more",
    references=("https://github.com/microsoft/WSL/issues/1350", _DOCS),
    applies=_INSIDE,
)
def wsl_resolv_conf_stale(wsl: Wsl) -> Verdict:
    """/etc/resolv.conf is kept by hand, and asks a former address of Windows for names.

    ## What it reads
    `generateResolvConf` in wsl.conf, /etc/resolv.conf, and the default route: in NAT mode the
    gateway is Windows, with another address after each start (172.16.0.0/12).

    ## Why it matters
    No name can be looked up: neither apt nor docker pull works, as of some restart of Windows.

    ## How to mend it
    Remove `generateResolvConf=false`, and the file, and let WSL write it; or name servers that
    do not move.

    ## What could go wrong
    Servers that were added by hand are gone from the file.

    ## Why this severity
    A warning: other servers in the file may still answer.
    """
    if need(wsl.where) != WSL2:
        return skip("it is told from inside a WSL 2 distribution")
    if (wsl.conf("network.generateResolvConf") or "true").lower() not in {"false", "0"}:
        return skip("WSL writes /etc/resolv.conf itself")
    servers, gateway = need(wsl.resolv), need(wsl.gateway)
    old = [s for s in servers if _is_nat(s) and s != gateway]
    seen = Evidence("/etc/resolv.conf", "nameserver", ", ".join(servers) or "none", gateway)
    if not old or gateway in servers:
        return ok("no former address of Windows is asked", seen)
    return fail(
        f"/etc/resolv.conf asks {old[0]} for names, a former address of Windows, which is {gateway} "
        "now.",
        seen,
        Evidence(WSL_CONF_PATH, "network.generateResolvConf", "false", "true"),
        mend=(
            f"remove generateResolvConf=false from {WSL_CONF_PATH}",
            "sudo rm /etc/resolv.conf",
            "wsl --shutdown",
        ),
    )


_NAT = "172.16.0.0/12"
"""The private network of which Windows takes an address for WSL's machine, another at each start."""


def _is_nat(server: str) -> bool:
    network, address = network_of(_NAT), network_of(server)
    return address is not None and network is not None and address.subnet_of(network)  # type: ignore[arg-type]


# -- between the distribution and Windows --------------------------------------------------------


@TOPIC.check(
    "wsl-interop-off",
    NOTE,
    "Windows programs cannot be started from this distribution",
    references=(_DOCS, "https://github.com/docker/for-win/issues/12091"),
    applies=_INSIDE,
)
def wsl_interop_off(wsl: Wsl) -> Verdict:
    """Interop is switched off in this distribution.

    ## What it reads
    `enabled` in `[interop]` of wsl.conf, and the entry WSLInterop in /proc/sys/fs/binfmt_misc.

    ## Why it matters
    docker-credential-desktop.exe, which Docker Desktop writes into config.json, cannot run: every
    pull from a registry with a login fails. And hullcheck sees Windows' files only: neither its
    registry nor wsl.exe can be asked, and what needs them is unknown.

    ## How to mend it
    Remove `enabled=false` from wsl.conf, then `wsl --terminate NAME`. Under systemd an entry that
    is gone comes back with `sudo systemctl restart systemd-binfmt`. Or run hullcheck on Windows.

    ## What could go wrong
    Programs of the distribution can start Windows programs again, with its user's rights.

    ## Why this severity
    A warning where a credential helper is a Windows program, else a note.
    """
    if need(wsl.where) == WINDOWS:
        return skip("it is told from inside a distribution")
    off = need(wsl.interop)
    if not off:
        return ok("interop is on", Evidence(_BINFMT, "WSLInterop", "enabled"))
    helpers = have(wsl.windows_helpers, ())
    effect = (
        f"docker-credential-{helpers[0]} cannot run, and registries with a login fail"
        if helpers
        else "hullcheck cannot ask Windows' registry, services and wsl.exe"
    )
    return fail(
        f"Interop is off in this distribution: {effect}.",
        Evidence(off.partition(" ")[0], "", off.partition(" ")[2], "interop on"),
        mend=(
            f"remove enabled=false from [interop] of {WSL_CONF_PATH}, then: wsl --terminate NAME",
            "or look from Windows: hullcheck doctor in PowerShell",
        ),
        severity=WARNING if helpers else "",
    )


@TOPIC.check(
    "wsl-windows-path-off",
    WARNING,
    "Windows' folders are not in PATH, where a credential helper is",
    references=(
        "https://github.com/docker/for-win/issues/12091",
        "https://github.com/docker/compose/issues/7495",
    ),
    applies=_INSIDE,
)
def wsl_windows_path_off(wsl: Wsl) -> Verdict:
    """`appendWindowsPath=false` stands in wsl.conf, and config.json names a Windows program.

    ## What it reads
    `appendWindowsPath` in `[interop]` of wsl.conf, and the credential helpers of config.json.

    ## Why it matters
    docker looks for the helper in PATH and does not find it: logins and pulls fail with "executable
    file not found in $PATH".

    ## How to mend it
    A link in a folder of PATH to the helper keeps PATH short; or remove the line and
    `wsl --terminate NAME`; or take credsStore out of config.json and log in again.

    ## What could go wrong
    With Windows' folders in PATH every mistyped command looks through them, slowly.

    ## Why this severity
    A warning: images without a login can still be pulled, with some clients.
    """
    if need(wsl.where) == WINDOWS:
        return skip("it is told from inside a distribution")
    helpers = need(wsl.windows_helpers)
    if not helpers:
        return skip("no credential helper is a Windows program")
    off = (wsl.conf("interop.appendWindowsPath") or "true").lower() in {"false", "0"}
    seen = Evidence(WSL_CONF_PATH, "interop.appendWindowsPath", "false" if off else "true", "true")
    if not off:
        return ok("Windows' folders are in PATH", seen)
    program = f"docker-credential-{helpers[0]}"
    return fail(
        f"config.json names {program}, a Windows program, and Windows' folders are kept out of PATH.",
        seen,
        mend=(
            (
                f"sudo ln -s '/mnt/c/Program Files/Docker/Docker/resources/bin/{program}' "
                f"/usr/local/bin/{program}"
            ),
            f"or remove appendWindowsPath=false from {WSL_CONF_PATH}, then: wsl --terminate NAME",
        ),
    )


@TOPIC.check(
    "wsl-automount-off",
    NOTE,
    "Windows drives are not mounted in this distribution",
    references=(_DOCS,),
    applies=_INSIDE,
)
def wsl_automount_off(wsl: Wsl) -> Verdict:
    """`enabled=false` stands in `[automount]` of wsl.conf.

    ## What it reads
    `enabled` in `[automount]` of wsl.conf.

    ## Why it matters
    /mnt/c is empty: containers that mount folders of Windows drives get empty ones, and hullcheck
    cannot read .wslconfig and Docker Desktop's settings from here.

    ## How to mend it
    `hullcheck fix wsl-automount`; it counts after `wsl --terminate NAME`.

    ## What could go wrong
    Programs of the distribution can read and write Windows' files again.

    ## Why this severity
    A note: whoever switched it off may have wanted just that.
    """
    if need(wsl.where) == WINDOWS:
        return skip("it is told from inside a distribution")
    off = (wsl.conf("automount.enabled") or "true").lower() in {"false", "0"}
    seen = Evidence(WSL_CONF_PATH, "automount.enabled", "false" if off else "true", "true")
    if not off:
        return ok("Windows drives are mounted", seen)
    return fail(
        "Windows drives are not mounted here: folders of them are empty in containers, and Windows' "
        "own files cannot be looked at.",
        seen,
        mend=(f"remove enabled=false from [automount] of {WSL_CONF_PATH}", "wsl --terminate NAME"),
    )


@TOPIC.check(
    "wsl-systemd-off",
    NOTE,
    "This distribution's dockerd has no systemd to start it",
    references=("https://learn.microsoft.com/windows/wsl/systemd", _DOCS),
    applies=_INSIDE,
)
def wsl_systemd_off(wsl: Wsl) -> Verdict:
    """A dockerd is installed in this distribution, which runs without systemd.

    ## What it reads
    Whether dockerd is installed here, whether systemd runs, and `systemd` in `[boot]` of wsl.conf.

    ## Why it matters
    `systemctl start docker` fails, dockerd has to be started by hand after each start of WSL, and
    nothing starts it again when it ends.

    ## How to mend it
    `hullcheck fix wsl-systemd`; it counts after `wsl --terminate NAME`.

    ## What could go wrong
    The distribution starts some seconds later, with its services. A dockerd that `[boot] command`
    starts is then one too many.

    ## Why this severity
    A note: dockerd works without it.
    """
    if need(wsl.where) != WSL2:
        return skip("systemd runs in WSL 2 distributions only")
    if not need(wsl.own_dockerd):
        return skip("no dockerd is installed in this distribution")
    runs = need(wsl.systemd)
    seen = Evidence("/run/systemd/system", "", "there" if runs else "missing", "there")
    if runs:
        return ok("systemd runs", seen)
    if is_true(wsl.conf("boot.systemd")):
        return fail(
            "wsl.conf asks for systemd, and it does not run: the distribution has not been "
            "started anew since.",
            seen,
            mend=("wsl --terminate NAME",),
        )
    return fail(
        "A dockerd is installed here and nothing starts it: this distribution runs without systemd.",
        seen,
        Evidence(WSL_CONF_PATH, "boot.systemd", wsl.conf("boot.systemd") or "not set", "true"),
        mend=(f"[boot] systemd=true in {WSL_CONF_PATH}", "wsl --terminate NAME"),
    )


@TOPIC.check(
    "wsl-clock-drift",
    WARNING,
    "WSL's clock is apart from the computer's",
    references=(
        "https://github.com/microsoft/WSL/issues/10006",
        "https://github.com/microsoft/WSL/issues/5324",
        "https://github.com/docker/for-win/issues/10347",
    ),
    applies=_INSIDE,
)
def wsl_clock_drift(wsl: Wsl) -> Verdict:
    """The clock of WSL's machine differs from the hardware clock that Windows keeps for it.

    ## What it reads
    /sys/class/rtc/rtc0/since_epoch against the distribution's own time.

    ## Why it matters
    The machine stands still while the computer sleeps, and may wake with the old time. Signatures,
    tokens and certificates are then refused, apt says "Release file is not valid yet", and make
    builds too much or too little.

    ## How to mend it
    `sudo hwclock -s` sets it at once, for all distributions and Docker Desktop; `wsl --update`
    brings a WSL that does so after sleep.

    ## What could go wrong
    Programs see time jump.

    ## Why this severity
    A warning: what is refused depends on how far the clock is off.
    """
    if need(wsl.where) != WSL2:
        return skip("it is told from inside a WSL 2 distribution")
    if isinstance(wsl.drift, Missing) and wsl.drift.kind == "absent":
        return skip("this machine shows no hardware clock: see engine-clock-apart")
    drift, most = need(wsl.drift), DRIFT.value
    seen = Evidence(
        "/sys/class/rtc/rtc0/since_epoch", "", f"{abs(drift):.0f} s apart", f"at most {most:.0f} s"
    )
    if abs(drift) <= most:
        return ok("both clocks agree", seen)
    side = "behind" if drift < 0 else "ahead of"
    return fail(
        f"This distribution's clock is {abs(drift):.0f} s {side} the computer's, as after sleep.",
        seen,
        mend=("sudo hwclock -s", "wsl --update   # in a Windows terminal"),
    )
