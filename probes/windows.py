"""Windows itself, as far as virtual machines and containers depend on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import desktop_host, desktop_settings, disk, engine
from probes.desktop_host import SYSTEM_DRIVE, WINDOWS, WSL1
from probes.formats.sizes import human_size
from probes.formats.wsl_output import parse_port_ranges
from probes.host.questions import Absent, Garbled, Service
from probes.model import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    Missing,
    Topic,
    Verdict,
    fail,
    known,
    need,
    ok,
    skip,
)
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.host import Host

TOPIC = Topic["Windows"]("windows", "Windows")

FIRST_WITH_WSL2 = 19041
"""Windows 10 2004; 1903 and 1909 got it in updates that have ended (learn.microsoft.com
windows/wsl/install-manual)."""

OLDEST_FOR_DESKTOP = 19045
"""Windows 10 22H2, the oldest that Docker Desktop is made for (docker/docs
content/manuals/desktop/setup/install/windows-install.md)."""

COMMON_PORTS = {
    80: "HTTP",
    443: "HTTPS",
    3000: "Node.js, Grafana",
    3306: "MySQL",
    4200: "Angular",
    5000: "Flask, registries",
    5173: "Vite",
    5432: "PostgreSQL",
    6379: "Redis",
    8000: "Django",
    8080: "web servers",
    8443: "HTTPS",
    9000: "PHP, MinIO",
    9090: "Prometheus",
    27017: "MongoDB",
}
"""Ports that projects publish under the number that their makers document."""

DYNAMIC_START = 49152
"""Where Windows takes ports for itself from (learn.microsoft.com troubleshoot/windows-server/networking/
default-dynamic-port-range-tcpip-chang); programs have moved it to 1024 on many computers."""

SERVICES = ("WslService", "LxssManager", "vmcompute", "hns")
"""WSL (of the Store, of Windows), the machines' and the networks' service (microsoft/WSL
src/windows/common/WslClient.cpp asks for vmcompute)."""

_SHARING = "SharedAccess"
"""Internet Connection Sharing, whose NAT WSL uses (learn.microsoft.com windows/wsl/troubleshooting)."""

_VM = frozenset({"vmmem", "vmmemwsl", "vmwp"})
"""Processes of a virtual machine that runs."""

_ASKED = (
    "powershell.exe",
    "-NoProfile",
    "-NonInteractive",
    "-Command",
    (
        "(Get-CimInstance Win32_ComputerSystem).HypervisorPresent;"
        "(Get-CimInstance Win32_Processor | Select-Object -First 1).VirtualizationFirmwareEnabled"
    ),
)

_DESKTOP_TROUBLE = (
    "https://docs.docker.com/desktop/troubleshoot-and-support/troubleshoot/topics/#virtualization"
)
_ON_WINDOWS = "Windows"
_WHERE = "Windows, and WSL distributions"


class Virtualization(NamedTuple):
    """What Windows says of the processor's virtualization."""

    hypervisor: bool
    """Whether a hypervisor runs below Windows."""
    firmware: bool
    """Whether the firmware has it switched on. Windows says no where a hypervisor hides it."""


class Windows(NamedTuple):
    """The Windows that this host is, or that is around this distribution."""

    where: str | Missing
    build: int | Missing
    wants: str | Missing
    """What needs a virtual machine: ``wsl2``, ``hyper-v``, empty for nothing."""
    running: bool | Missing
    """Whether a virtual machine runs, so that all that it needs is there."""
    services: dict[str, Service | Missing] | Missing
    """By their names; Absent for one that is not installed."""
    virtualization: Virtualization | Missing
    """Asked for only where no virtual machine runs."""
    reserved: tuple[tuple[int, int], ...] | Missing
    """Ranges of TCP ports."""
    containers: str | Missing
    """Of which system the engine's containers are: linux or windows."""
    drive: tuple[int, int] | Missing
    """Bytes of the system drive, and how many are free."""
    desktop: bool | Missing


@TOPIC.probe
def look(host: Host) -> Windows:
    """Ask services and the registry; PowerShell only where no virtual machine runs."""
    where = known(lambda: desktop_host.require_wsl(host))
    if isinstance(where, Missing):
        return Windows(*((where,) * len(Windows._fields)))
    wants = known(lambda: _wants(host))
    running = known(lambda: _runs(host, where))
    asks = where == WINDOWS and running is False and bool(wants)
    return Windows(
        where=where,
        build=known(lambda: _build(host, where)),
        wants=wants,
        running=running,
        services={
            name: known(lambda name=name: desktop_host.service(host, name))  # type: ignore[misc]
            for name in (*SERVICES, _SHARING)
        }
        if where == WINDOWS
        else Missing("it is told on Windows itself", "inapplicable"),
        virtualization=known(lambda: _virtualization(host))
        if asks
        else Missing("a virtual machine runs, or none is needed", "inapplicable"),
        reserved=known(lambda: _reserved(host)),
        containers=known(lambda: _containers(host)),
        drive=known(lambda: _drive(host)),
        desktop=known(lambda: desktop_settings.installed(host)),
    )


def _containers(host: Host) -> str:
    system = engine.version(host).get("Os") or engine.info(host).get("OSType")
    if not system:
        raise Absent("the engine does not tell whose containers it runs", look="docker version")
    return str(system)


def _wants(host: Host) -> str:
    """What a virtual machine is needed for here."""
    backend = engine.backend_here(host)
    if backend in {"wsl2", "hyper-v"}:
        return backend
    if desktop_settings.installed(host):
        settings = desktop_settings.read(host)
        return "wsl2" if desktop_settings.uses_wsl(host, settings) else "hyper-v"
    from probes.wsl import distributions

    return "wsl2" if any(row.version != 1 for row in distributions(host)) else ""


def _runs(host: Host, where: str) -> bool:
    if where != WINDOWS:
        return where != WSL1
    if engine.backend_here(host) in {"wsl2", "hyper-v"}:
        return True
    return any(process.name.lower() in _VM for process in host.processes())


def _build(host: Host, where: str) -> int:
    if where == WINDOWS:
        words = str(host.gauge("system")["release"]).split(".")
        if len(words) < 3 or not words[2].isdigit():  # noqa: PLR2004 - 10.0.26100
            raise Garbled("Windows tells no build", look="ver")
        return int(words[2])
    windows = desktop_host.wsl_versions(host).windows
    if not windows:
        raise Absent("which Windows this is cannot be told from here", look="cmd.exe /c ver")
    return windows[2]


def _virtualization(host: Host) -> Virtualization:
    words = desktop_host.windows_output(host, *_ASKED).split()
    answers = [{"True": True, "False": False}.get(word) for word in words]
    hypervisor = answers[0] if answers else None
    firmware = answers[-1] if answers else None
    if hypervisor is None or firmware is None:
        raise Garbled("Windows tells nothing of virtualization", look="systeminfo")
    return Virtualization(hypervisor, firmware)


def _reserved(host: Host) -> tuple[tuple[int, int], ...]:
    return parse_port_ranges(
        desktop_host.windows_output(
            host, "netsh.exe", "int", "ipv4", "show", "excludedportrange", "protocol=tcp"
        )
    )


def _drive(host: Host) -> tuple[int, int]:
    told = host.statvfs(desktop_host.as_read_here(host, f"{SYSTEM_DRIVE}\\"))
    return told.total, told.available


def _service(windows: Windows, name: str) -> Service | None:
    """A service; None where it is not installed."""
    told: Any = need(windows.services)[name]
    if isinstance(told, Missing) and told.kind == "absent":
        return None
    service: Service = need(told)
    return service


def _needless(windows: Windows, wanted: str = "") -> Verdict | None:
    if need(windows.where) != WINDOWS:
        return skip("it is told on Windows itself")
    wants = need(windows.wants)
    if not wants:
        return skip("nothing here needs a virtual machine")
    return skip(f"Docker Desktop uses {wants}") if wanted and wants != wanted else None


@TOPIC.check(
    "virtualization-off",
    ERROR,
    "The processor's virtualization is off",
    references=(
        _DESKTOP_TROUBLE,
        "https://github.com/docker/for-win/issues/14082",
        "https://github.com/microsoft/WSL/issues/8693",
    ),
    applies=_ON_WINDOWS,
)
def virtualization_off(windows: Windows) -> Verdict:
    """No hypervisor runs below Windows: neither WSL 2 nor Hyper-V can start a machine.

    ## What it reads
    Whether a virtual machine runs; where none does, what Windows says of the hypervisor and of the
    firmware (one call of PowerShell, in no language).

    ## Why it matters
    WSL 2 ends with 0x80370102 or HCS_E_HYPERV_NOT_INSTALLED, Docker Desktop with "Virtualization
    support not detected".

    ## How to mend it
    Switch on Intel VT-x, AMD-V or SVM in the firmware's settings. Where it is on there:
    `bcdedit /set hypervisorlaunchtype auto` as administrator. Then restart the computer. In a virtual
    machine its host has to allow nested virtualization.

    ## What could go wrong
    Some older programs for virtual machines get slower beside Windows' hypervisor.

    ## Why this severity
    An error: no container starts.
    """
    if verdict := _needless(windows):
        return verdict
    if need(windows.running):
        return ok("a virtual machine runs", Evidence("processes", "vmmem", "running"))
    told = need(windows.virtualization)
    seen = (
        Evidence("Win32_ComputerSystem", "HypervisorPresent", str(told.hypervisor), "True"),
        Evidence("Win32_Processor", "VirtualizationFirmwareEnabled", str(told.firmware), "True"),
    )
    if told.hypervisor:
        return ok("a hypervisor runs below Windows", *seen)
    if told.firmware:
        return fail(
            "The firmware allows virtualization, and no hypervisor has been started below Windows.",
            *seen,
            mend=(
                "as administrator: wsl --install --no-distribution",
                "as administrator: bcdedit /set hypervisorlaunchtype auto",
                "restart the computer",
            ),
        )
    return fail(
        "Virtualization is switched off in the computer's firmware: no virtual machine can start.",
        *seen,
        mend=(
            (
                "switch on Intel VT-x, AMD-V or SVM in the firmware's settings (Settings > System > "
                "Recovery > Advanced startup), or nested virtualization of the VM that this is"
            ),
            "restart the computer",
        ),
    )


@TOPIC.check(
    "virtual-machine-platform-missing",
    ERROR,
    "Windows' Virtual Machine Platform is not installed",
    references=(
        _DESKTOP_TROUBLE,
        "https://learn.microsoft.com/windows/wsl/install-manual",
        "https://github.com/microsoft/WSL/issues/12519",
    ),
    applies=_ON_WINDOWS,
)
def virtual_machine_platform_missing(windows: Windows) -> Verdict:
    """WSL 2 is needed, and the service that starts its machine does not exist.

    ## What it reads
    The service vmcompute, which the optional feature Virtual Machine Platform brings, and for which
    wsl.exe itself looks.

    ## Why it matters
    WSL 2 does not start: `wsl --status` says that virtualization is not enabled.

    ## How to mend it
    As administrator `wsl --install --no-distribution`, then restart the computer.

    ## What could go wrong
    A restart of the computer is needed.

    ## Why this severity
    An error: no container starts.
    """
    if verdict := _needless(windows, "wsl2"):
        return verdict
    found = _service(windows, "vmcompute")
    seen = Evidence(
        "services", "vmcompute", found.status if found else "not installed", "installed"
    )
    if found:
        return ok("the service that starts virtual machines is there", seen)
    return fail(
        "The service that starts WSL's machine does not exist: the Virtual Machine Platform is not "
        "installed.",
        seen,
        mend=(
            "as administrator: wsl --install --no-distribution",
            "restart the computer",
        ),
    )


@TOPIC.check(
    "wsl-service-disabled",
    ERROR,
    "A service that WSL needs is disabled",
    references=("https://learn.microsoft.com/windows/wsl/troubleshooting",),
    applies=_ON_WINDOWS,
)
def wsl_service_disabled(windows: Windows) -> list[Verdict]:
    """WslService, LxssManager, vmcompute or hns is set to never start.

    ## What it reads
    How these services are started. One that is not installed is judged elsewhere.

    ## Why it matters
    WSL ends with "The service cannot be started" (0x80070422), and Docker Desktop hangs.

    ## How to mend it
    As administrator `sc.exe config NAME start= demand`, then `sc.exe start NAME`.

    ## What could go wrong
    Whoever disabled it, a tuning program for example, may do so again.

    ## Why this severity
    An error: no container starts.
    """
    if verdict := _needless(windows, "wsl2"):
        return [verdict]
    verdicts = []
    for name in SERVICES:
        service = _service(windows, name)
        if service is None:
            continue
        seen = Evidence("services", name, service.start, "not disabled")
        if service.start != "disabled":
            verdicts.append(ok(f"{name} may start", seen, subject=name))
            continue
        verdicts.append(
            fail(
                f"The service {name} is disabled: WSL does not start.",
                seen,
                subject=name,
                mend=(
                    f"as administrator: sc.exe config {name} start= demand",
                    f"as administrator: sc.exe start {name}",
                ),
            )
        )
    return verdicts or [skip("none of WSL's services is installed")]


@TOPIC.check(
    "internet-sharing-disabled",
    WARNING,
    "Windows' connection sharing is disabled, on which WSL's network rests",
    references=("https://learn.microsoft.com/windows/wsl/troubleshooting",),
    applies=_ON_WINDOWS,
)
def internet_sharing_disabled(windows: Windows) -> Verdict:
    """The service SharedAccess is disabled.

    ## What it reads
    How the service SharedAccess (Internet Connection Sharing) is started.

    ## Why it matters
    WSL's machine gets no address in NAT mode: distributions and containers have no network.

    ## How to mend it
    As administrator `sc.exe config SharedAccess start= demand`. A policy of the company may disable
    it again: mirrored networking then works without it.

    ## What could go wrong
    Nothing; it starts when it is asked for.

    ## Why this severity
    A warning: mirrored networking, and Hyper-V's own switch, do not need it.
    """
    if verdict := _needless(windows, "wsl2"):
        return verdict
    service = _service(windows, _SHARING)
    if service is None:
        return skip("the service is not installed")
    seen = Evidence("services", _SHARING, service.start, "not disabled")
    if service.start != "disabled":
        return ok("connection sharing may start", seen)
    return fail(
        "Internet Connection Sharing is disabled: WSL's machine gets no network in NAT mode.",
        seen,
        mend=(f"as administrator: sc.exe config {_SHARING} start= demand", "wsl --shutdown"),
    )


@TOPIC.check(
    "windows-too-old",
    ERROR,
    "This Windows is too old for WSL 2 and Docker Desktop",
    references=(
        "https://docs.docker.com/desktop/setup/install/windows-install/",
        "https://learn.microsoft.com/windows/wsl/install-manual",
    ),
    applies=_WHERE,
)
def windows_too_old(windows: Windows) -> Verdict:
    """The build of Windows is below what WSL 2 or Docker Desktop need.

    ## What it reads
    The build number: 19041 (Windows 10 2004) has WSL 2, 19045 (22H2) is the oldest that Docker Desktop
    is made for.

    ## Why it matters
    Docker Desktop does not install or update. Before build 20175 WSL's machine took up to 80 % of the
    memory by itself.

    ## How to mend it
    Settings > Windows Update.

    ## What could go wrong
    A large update, with a restart.

    ## Why this severity
    An error below 19041, a warning below 19045 with Docker Desktop.
    """
    build = need(windows.build)
    desktop = need(windows.desktop)
    seen = Evidence("Windows", "build", str(build), f"{OLDEST_FOR_DESKTOP} or later")
    if build >= OLDEST_FOR_DESKTOP:
        return ok(f"Windows is of build {build}", seen)
    if build >= FIRST_WITH_WSL2 and not desktop:
        return skip("it has WSL 2, and Docker Desktop is not installed")
    if not desktop and not need(windows.wants):
        return skip("nothing here needs a newer one")
    return fail(
        f"Windows of build {build} has no WSL 2."
        if build < FIRST_WITH_WSL2
        else f"Windows of build {build} is older than Docker Desktop is made for (22H2, 19045).",
        seen,
        mend=("Settings > Windows Update > Check for updates",),
        severity="" if build < FIRST_WITH_WSL2 else WARNING,
    )


@TOPIC.check(
    "ports-reserved-by-windows",
    WARNING,
    "Windows has reserved ports that projects publish",
    references=(
        "https://github.com/docker/for-win/issues/3171",
        "https://github.com/docker/for-win/issues/5811",
    ),
    applies=_WHERE,
)
def ports_reserved_by_windows(windows: Windows) -> Verdict:
    """A range of ports that Windows keeps for itself covers one that is widely used.

    ## What it reads
    `netsh int ipv4 show excludedportrange protocol=tcp`, in any language, against the ports that
    web servers, databases and development servers have by default.

    ## Why it matters
    `docker run -p` of such a port fails with "An attempt was made to access a socket in a way
    forbidden by its access permissions", though nothing listens there.

    ## How to mend it
    Restarting the service winnat gives other ranges until the next start. For good: let the dynamic
    ports begin at 49152 again, then restart the computer. Or publish another port.

    ## What could go wrong
    Restarting winnat cuts the network of containers for a moment.

    ## Why this severity
    A warning: only containers with these ports do not start.
    """
    ranges = need(windows.reserved)
    taken = {
        port: use
        for port, use in COMMON_PORTS.items()
        if any(first <= port <= last for first, last in ranges)
    }
    source = "netsh int ipv4 show excludedportrange protocol=tcp"
    if not taken:
        return ok(
            "no port that projects commonly publish is reserved",
            Evidence(source, "ranges", str(len(ranges))),
        )
    words = ", ".join(f"{port} ({use})" for port, use in taken.items())
    hit = [r for r in ranges if any(r[0] <= port <= r[1] for port in taken)]
    return fail(
        f"Windows has reserved ports that containers often publish: {words}.",
        Evidence(source, "", ", ".join(f"{first}-{last}" for first, last in hit), "none of them"),
        mend=(
            "as administrator: net stop winnat; net start winnat",
            (
                "for good, as administrator: netsh int ipv4 set dynamicport tcp "
                f"start={DYNAMIC_START} num=16384, then restart the computer"
            ),
            "or publish another port",
        ),
    )


@TOPIC.check(
    "windows-containers-mode",
    NOTE,
    "The engine runs containers of Windows",
    references=("https://docs.docker.com/desktop/setup/install/windows-install/",),
    applies=_ON_WINDOWS,
)
def windows_containers_mode(windows: Windows) -> Verdict:
    r"""The engine that answers runs Windows containers, not those of Linux.

    ## What it reads
    Os of the engine's version, else OSType of its info.

    ## Why it matters
    Images of Linux, which nearly all are, end with "no matching manifest for windows/amd64".

    ## How to mend it
    Docker Desktop's menu > Switch to Linux containers, or
    `& "C:\Program Files\Docker\Docker\DockerCli.exe" -SwitchLinuxEngine`.

    ## What could go wrong
    Containers of Windows are out of reach until it is switched back; they are kept.

    ## Why this severity
    A note: it may be what is wanted.
    """
    system = need(windows.containers)
    seen = Evidence("engine GET /version", "Os", system, "linux")
    if system != "windows":
        return ok("the engine runs containers of Linux", seen)
    return fail(
        "The engine runs containers of Windows: images of Linux cannot be run.",
        seen,
        mend=(
            "Docker Desktop's menu: Switch to Linux containers",
            'or: & "C:\\Program Files\\Docker\\Docker\\DockerCli.exe" -SwitchLinuxEngine',
        ),
    )


@TOPIC.check(
    "windows-drive-low",
    WARNING,
    "Windows' own drive is nearly full",
    references=("https://github.com/microsoft/WSL/issues/4699",),
    applies=_WHERE,
)
def windows_drive_low(windows: Windows) -> Verdict:
    """Less than a tenth of drive C: is free, or less than 20 GiB on a large one.

    ## What it reads
    How large drive C: is, and what is free.

    ## Why it matters
    The disks of WSL and Docker grow on it. When it is full their file systems turn read-only, and
    databases in containers are damaged.

    ## How to mend it
    Settings > System > Storage > Cleanup recommendations; `docker system df` shows what containers
    hold (see vm-disk-bloated).

    ## What could go wrong
    What has been deleted is gone.

    ## Why this severity
    A warning, and an error below 5 GiB.
    """
    total, free = need(windows.drive)
    low, critical = disk.low_bytes(total)
    seen = Evidence(
        f"drive {SYSTEM_DRIVE}", "free", human_size(free), f"at least {human_size(low)}"
    )
    if free >= low:
        return ok(f"{human_size(free)} are free on {SYSTEM_DRIVE}", seen)
    return fail(
        f"Only {human_size(free)} of {human_size(total)} are free on drive {SYSTEM_DRIVE}, on which "
        "the disks of WSL and Docker grow.",
        seen,
        mend=("Settings > System > Storage > Cleanup recommendations", "docker system df"),
        severity=ERROR if free < critical else "",
    )
