"""Time: whether the host's clock is kept right, and whether the engine's clock agrees with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import desktop_host, engine
from probes.engine_host import container_of, engine_host
from probes.formats.timestamps import parse_stamp
from probes.host.questions import Garbled
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
from probes.record import NamedTuple
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from probes.host import Host

STA_UNSYNC = 0x0040
"""Status bit "clock unsynchronised", adjtimex(2)."""

ERROR_BOUND = Threshold(
    "clock-error-bound",
    3.0,
    "s",
    "Between corrections the kernel lets its bound grow by 500 microseconds a second (adjtimex(2), "
    "linux/timex.h MAXFREQ), and systemd-timesyncd corrects every 2048 s at most: a bound of 3 s "
    "means no correction for 100 minutes.",
)

APART = Threshold(
    "engine-clock-apart",
    15.0,
    "s",
    "The two clocks are read a few seconds apart within one run. Registry tokens are valid from "
    "the moment they are issued and for 60 s at least (distribution token specification).",
)

SETTLING_SECONDS = 600.0
"""After a boot a time service may need this long: NTP polls every 64 s at first (RFC 5905) and
wants several answers, and the network comes late."""

STEERED = {
    "hv_utils": "Hyper-V's time service",
    "vboxguest": "VirtualBox's guest additions",
}
"""Kernel modules of guest tools that set the clock from outside. They call settimeofday(2), which
leaves STA_UNSYNC set (kernel/time/timekeeping.c, do_settimeofday64 calls ntp_clear)."""

TOPIC = Topic["Clock"]("clock", "Time")


class Clock(NamedTuple):
    """The kernel's clock discipline, and the engine's clock beside it."""

    synchronised: bool | Missing
    error_seconds: float | Missing
    """The kernel's own bound of the clock's error."""
    container: str | Missing
    """What this host is a container of (its clock is its host's); empty for none."""
    steered_by: str | Missing
    """Guest tools that set this clock without telling the kernel's discipline; empty for none."""
    clocksource: str | Missing
    """kvm-clock, hyperv_clocksource_tsc_page, tsc, arch_sys_counter..."""
    uptime: float | Missing
    """Seconds since boot."""
    systemd: bool | Missing
    """Whether systemd runs this host, so that timedatectl works."""
    now: float | Missing
    """Seconds since the epoch by this host's clock."""
    engine_now: float | Missing
    """The same by the engine's."""
    engine_built: float | Missing
    """When the engine was built, seconds since the epoch: no right clock is behind it."""
    local: bool | Missing
    """Whether the engine runs on this host's kernel."""
    platform: str | Missing = desktop_host.LINUX
    """As desktop_host.platform tells it."""


@TOPIC.probe
def look(host: Host) -> Clock:
    """Ask the kernel; no daemon is asked, so it works with chrony, ntpd and timesyncd alike."""
    state = known(lambda: _discipline(host))
    return Clock(
        synchronised=state if isinstance(state, Missing) else not state["status"] & STA_UNSYNC,
        error_seconds=state if isinstance(state, Missing) else state["maxerror"] / 1e6,
        container=known(lambda: container_of(host)),
        steered_by=known(lambda: _steered_by(host)),
        clocksource=absent_as(
            lambda: host.read_text(
                "/sys/devices/system/clocksource/clocksource0/current_clocksource"
            ).strip(),
            "",
        ),
        uptime=known(lambda: _uptime(host)),
        systemd=known(lambda: host.exists("/run/systemd/system")),
        now=known(host.now),
        engine_now=known(lambda: _time_of(engine.info(host).get("SystemTime"), "SystemTime")),
        engine_built=known(lambda: _time_of(engine.version(host).get("BuildTime"), "BuildTime")),
        local=known(lambda: _local(host)),
        platform=known(lambda: desktop_host.platform(host)),
    )


def _discipline(host: Host) -> dict[str, int]:
    """What adjtimex(2) tells.

    Raises: OtherPlatform where there is no such call; Unreadable.
    """
    if desktop_host.platform(host) in {desktop_host.WINDOWS, desktop_host.MACOS}:
        raise desktop_host.OtherPlatform("this host keeps its own time, and tells no error of it")
    told: dict[str, int] = host.gauge("adjtimex")
    return told


def _local(host: Host) -> bool:
    local = engine.look(host).local
    # An engine that does not answer tells nothing, and its socket may still say that it is here.
    return engine_host(host) if isinstance(local, Missing) else local


def _steered_by(host: Host) -> str:
    for module, name in STEERED.items():
        if host.exists(f"/sys/module/{module}"):
            return name
    # WSL 2 builds hv_utils into its kernel, where it has no folder in every version.
    release = str(host.gauge("system")["release"]).lower()
    return STEERED["hv_utils"] if "microsoft" in release else ""


def _uptime(host: Host) -> float:
    words = host.read_text("/proc/uptime").split()
    try:
        return float(words[0])
    except (ValueError, IndexError):
        raise Garbled("/proc/uptime holds no number", look="cat /proc/uptime") from None


def _time_of(text: object, what: str) -> float:
    """Seconds since the epoch of an RFC 3339 time; the engine writes up to nine decimals."""
    seconds = parse_stamp(str(text))
    if seconds is None:
        raise Garbled(f"the engine does not tell its {what}")
    return seconds


def has_timedatectl(clock: Clock) -> bool:
    """Whether timedatectl can be used on this host."""
    return have(clock.systemd, otherwise=True)


@TOPIC.check(
    "clock-unsynchronised",
    WARNING,
    "Nothing keeps the clock right",
    references=(
        "man:adjtimex(2)",
        "man:timedatectl(1)",
        "https://docs.kernel.org/virt/kvm/x86/timekeeping.html",
    ),
    applies="Linux hosts that keep their own clock: not containers, whose clock is their host's",
)
def clock_unsynchronised(clock: Clock) -> Verdict:
    """The kernel says that no time service is steering its clock.

    ## What it reads
    The status word of adjtimex(2), which chrony, ntpd and systemd-timesyncd all maintain. No
    service is named, so none can be missed. Guest tools that set a VM's clock from outside
    (Hyper-V and WSL 2, VirtualBox) do not maintain it: with them the kernel cannot tell, and this
    check says so instead of guessing.

    ## Why it matters
    A clock that drifts by minutes makes registries refuse tokens, TLS certificates look expired or
    not yet valid, builds rebuild (or not) for no visible reason, and swarm nodes fall out.

    ## How to mend it
    `sudo timedatectl set-ntp true` where systemd-timesyncd is there; else install `chrony`. Then
    `timedatectl` shows "System clock synchronized: yes" within a few minutes.

    ## What could go wrong
    A clock that was far off jumps once when it is first set: databases and cron jobs notice.

    ## Why this severity
    A warning: nothing breaks today, and it always breaks in the end. In a KVM guest, whose clock
    (kvm-clock) ticks with its host's and is off by seconds only after months, it is a note.
    """
    if container := have(clock.container, ""):
        return skip(f"this is a {container} container: its clock is its host's to keep")
    synchronised = need(clock.synchronised)
    seen = Evidence(
        "adjtimex(2)", "status", "synchronised" if synchronised else "STA_UNSYNC", "synchronised"
    )
    if synchronised:
        return ok("a time service keeps the clock right", seen)
    if steered := have(clock.steered_by, ""):
        return skip(
            f"{steered} sets this clock from outside without telling the kernel, "
            "which therefore cannot say whether it is right"
        )
    uptime = have(clock.uptime, SETTLING_SECONDS)
    if uptime < SETTLING_SECONDS:
        return skip(f"this host booted {uptime:.0f} s ago: a time service may still be settling")
    in_kvm = have(clock.clocksource, "") == "kvm-clock"
    pace = (
        "it keeps pace with the hypervisor's (kvm-clock), but nothing corrects what it is off by."
        if in_kvm
        else "tokens and certificates fail once it has drifted."
    )
    return fail(
        f"No time service steers this host's clock: {pace}",
        seen,
        mend=(
            "sudo timedatectl set-ntp true",
            "where that says NTP is not supported, install the package chrony",
        )
        if has_timedatectl(clock)
        else ("install the package chrony and start chronyd at boot", "chronyc tracking"),
        severity=NOTE if in_kvm else "",
    )


@TOPIC.check(
    "clock-error-large",
    WARNING,
    "The clock has not been corrected for long",
    references=("man:adjtimex(2)", "man:systemd-timesyncd.service(8)"),
    applies="Linux hosts whose kernel clock is synchronised",
)
def clock_error_large(clock: Clock) -> Verdict:
    """A time service did steer this clock, and has not reached its servers for a while.

    ## What it reads
    The kernel's own upper bound of the clock's error, adjtimex(2) maxerror. Each correction sets
    it back; between corrections it grows by half a millisecond a second, until at 16 s the kernel
    declares the clock unsynchronised.

    ## Why it matters
    A bound of seconds means that NTP packets have not come through for hours: a firewall, a dead
    server, a stopped service. The clock is still nearly right, and from now on it drifts.

    ## How to mend it
    `timedatectl timesync-status` or `chronyc sources -v` names the servers and when they last
    answered. UDP port 123 must be let out.

    ## What could go wrong
    Nothing is changed by looking. A service that reaches its server again slews the clock gently.

    ## Why this severity
    A warning: the clock is right today, and nobody is keeping it so.
    """
    if container := have(clock.container, ""):
        return skip(f"this is a {container} container: its clock is its host's to keep")
    if not need(clock.synchronised):
        return skip("the clock is not synchronised at all: see clock-unsynchronised")
    bound = need(clock.error_seconds)
    seen = Evidence("adjtimex(2)", "maxerror", f"{bound:.3f} s", f"at most {ERROR_BOUND.value:g} s")
    if bound <= ERROR_BOUND.value:
        return ok(f"the clock is right to within {bound:.3f} s", seen)
    return fail(
        f"The kernel can vouch for this clock only to {bound:.1f} s: its time service has not been "
        "corrected by a server for over an hour.",
        seen,
        mend=("chronyc sources -v", "or: timedatectl timesync-status", "let UDP port 123 out"),
    )


@TOPIC.check(
    "engine-clock-apart",
    WARNING,
    "The engine's clock differs from this host's",
    references=(
        "https://github.com/docker/for-mac/issues/17",
        "https://distribution.github.io/distribution/spec/auth/token/",
    ),
    applies="engines with a kernel of their own: in a VM or on another machine",
)
def engine_clock_apart(clock: Clock) -> Verdict:
    """The engine runs on another kernel than this host, and their clocks do not agree.

    ## What it reads
    SystemTime of `docker info` and this host's clock, read within seconds of each other. Containers
    on this very host share its clock, so the check only applies to VMs and remote engines.

    ## Why it matters
    After a laptop has slept, the VM of a desktop engine may wake with the time it fell asleep.
    Pulls then fail with "token not yet valid" or "certificate has expired", and files on shared
    folders look as if they came from the future: make and webpack rebuild everything or nothing.

    ## How to mend it
    Restart the engine's VM (quit and start the desktop application, `wsl --shutdown`, `colima
    restart`). On a remote engine mend its time service.

    ## What could go wrong
    A restart of the VM stops all its containers; those without a restart policy stay down.

    ## Why this severity
    A warning: pulls and builds fail in ways that point everywhere but at the clock.
    """
    if need(clock.local):
        return skip("the engine runs on this host's kernel and shares its clock")
    here, there = need(clock.now), need(clock.engine_now)
    apart = there - here
    seen = Evidence(
        "engine GET /info",
        "SystemTime",
        f"{apart:+.0f} s from this host's clock",
        f"within {APART.value:g} s",
    )
    if abs(apart) <= APART.value:
        return ok("the engine's clock agrees with this host's", seen)
    side = "ahead of" if apart > 0 else "behind"
    return fail(
        f"The engine's clock is {abs(apart):.0f} s {side} this host's: tokens and certificates are "
        "refused and builds see wrong file times.",
        seen,
        mend=("restart the engine's VM, or mend the time service of the engine's machine",),
    )


_WINDOWS_SETS = ("w32tm /resync   # on Windows, in a terminal of an administrator",)
_SET = {
    desktop_host.LINUX: (
        "sudo timedatectl set-ntp true",
        "or by hand: sudo date -s 'YYYY-MM-DD hh:mm'",
    ),
    desktop_host.MACOS: ("sudo sntp -sS time.apple.com",),
    desktop_host.WINDOWS: _WINDOWS_SETS,
    desktop_host.WSL1: _WINDOWS_SETS,
    desktop_host.WSL2: (*_WINDOWS_SETS, "sudo hwclock -s   # WSL's clock is then set by Windows'"),
}
"""How a clock is set, by platform."""


@TOPIC.check(
    "clock-before-engine-build",
    ERROR,
    "The clock is years behind",
    references=("https://www.raspberrypi.com/documentation/computers/configuration.html",),
    applies="hosts whose engine tells when it was built",
)
def clock_before_engine_build(clock: Clock) -> Verdict:
    """This host's clock shows a time at which its own engine did not exist yet.

    ## What it reads
    BuildTime of `docker version` and this host's clock. A clock that is behind the build of a
    program that runs under it is wrong beyond doubt, whatever any time service says.

    ## Why it matters
    Boards without a battery-backed clock (Raspberry Pi and its relatives) start in the past when
    no time server answers. Every TLS connection then fails with "certificate is not yet valid":
    no pull, no push, no webhook.

    ## How to mend it
    Let UDP port 123 out and start a time service; to be able to pull at once, set the clock by
    hand with `sudo date -s '2026-01-31 12:00'`.

    ## What could go wrong
    The jump ahead makes cron run what it missed and lets certificates, sessions and timers run
    out at once. Set the clock before the databases start.

    ## Why this severity
    An error: nothing that uses TLS works until it is mended.
    """
    here, built = need(clock.now), need(clock.engine_built)
    days = (built - here) / 86400
    seen = Evidence(
        "engine GET /version",
        "BuildTime",
        f"{days:+.0f} days from this host's clock",
        "in the past",
    )
    if days <= 1:  # build times may carry a zone or be set to midnight
        return ok("the clock is later than the engine's build", seen)
    return fail(
        f"This host's clock is {days:.0f} days behind the day its engine was built: every TLS "
        "certificate looks not yet valid.",
        seen,
        mend=_SET.get(have(clock.platform, ""), _SET[desktop_host.LINUX]),
    )
