"""Packaging: which build of the engine this is, whether it is maintained, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import configuration, desktop_host, engine, engine_host, requirements
from probes.formats import advisories, engine_support
from probes.formats import distribution_support as support
from probes.formats.os_release import manager_of
from probes.formats.package_databases import (
    DPKG_FORMAT,
    RPM_FORMAT,
    parse_apk,
    parse_dpkg,
    parse_pacman,
    parse_rpm,
)
from probes.formats.timestamps import day_number
from probes.formats.versions import major_minor, parse_version
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

if TYPE_CHECKING:
    from probes.formats.distribution_support import Life
    from probes.formats.os_release import PackageManager
    from probes.formats.package_databases import Package
    from probes.host import Host

LONG_ENDED_DAYS = 365
"""An engine line that ended a year ago has missed several rounds of fixes: runc, BuildKit and the
engine's own have had new advisories every two to six months (2019 to 2026)."""

CONTAINERD_GRACE_DAYS = 180
"""Docker's packages moved to a new containerd line up to half a year after the old one ended."""

MINORS_BEHIND = 2
"""Minor releases of a maintained line that one may be behind: only the newest gets fixes, and they
come about monthly (29.0 of 2025-11 to 29.10 of 2026-11)."""

MAJORS_APART = 2
"""Major releases between CLI and engine beyond which features differ visibly."""

RAISED_FLOOR = (1, 44)
"""The oldest API version that 29.0 to 29.2 serve (moby/moby#51186); 29.3 went back to 1.40."""

DOCKER, DISTRIBUTION, MIRANTIS = "docker", "distribution", "mirantis"

PACKAGES = tuple(
    "docker-ce docker-ce-cli docker.io docker-cli docker docker-engine docker-ee docker-latest "
    "moby-engine moby-cli moby-containerd containerd.io containerd runc docker-buildx-plugin "
    "docker-buildx docker-cli-buildx docker-compose-plugin docker-compose docker-compose-v2 "
    "docker-cli-compose podman podman-docker docker-desktop nerdctl".split()
)
"""Packages that have to do with an engine, in all distributions."""

ENGINE_PACKAGES = ("docker-ce", "docker.io", "moby-engine", "docker", "docker-engine", "docker-ee")
"""Packages that hold a dockerd. Debian's package "docker" does not (it docks windows)."""

PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""docker/cli cli-plugins/manager/manager_unix.go, after the user's own folder."""

WINDOWS_PLUGIN_FOLDERS = (("ProgramData", r"C:\ProgramData"), ("ProgramFiles", r"C:\Program Files"))
"""Variables, and what they hold mostly: the folders are Docker\\cli-plugins below them (docker/cli
cli-plugins/manager/manager_windows.go)."""

OWN_FOLDERS = 3
"""The user's folder and the two of /usr/local: what lies there came without a package."""

PATHS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/snap/bin")

MAC_PATHS = ("/opt/homebrew/bin", "/Applications/Docker.app/Contents/Resources/bin")
"""Where a Mac has programs that the PATH of launchd and of ssh does not name."""

MACHINES = {
    "x86_64": (62, 3),
    "amd64": (62, 3),
    "aarch64": (183, 40),
    "arm64": (183, 40),
    "armv7l": (40,),
    "armv6l": (40,),
    "i686": (3,),
    "ppc64le": (21,),
    "s390x": (22,),
    "riscv64": (243,),
    "loongarch64": (258,),
}
"""ELF e_machine numbers that run on each machine, elf.h."""

INSTALL = "https://docs.docker.com/engine/install/"

PRODUCTS = {
    "docker-desktop": "Docker Desktop",
    "rancher-desktop": "Rancher Desktop",
    "orbstack": "OrbStack",
    "colima": "Colima",
    "lima": "Lima's instance",
    "minikube": "minikube",
    "finch": "Finch",
}
"""What people call the providers that bring an engine with them."""

TOPIC = Topic["Packaging"](
    "packaging", "Packages and versions", engine=("/networks", engine_host.CONTAINERS)
)


class Cli(NamedTuple):
    """What answers to the command docker."""

    kind: str
    """docker, podman or nerdctl."""
    version: str
    path: str
    """With symbolic links resolved."""


class Plugin(NamedTuple):
    """One file in a folder of CLI plugins."""

    name: str
    path: str
    trouble: str
    """Why it cannot run; empty where nothing was seen."""
    dangling: bool


class Running(NamedTuple):
    """A dockerd of this host, outside of containers."""

    pid: int
    uid: int
    program: str
    data_root: str
    config_file: str


class ComposeV1(NamedTuple):
    """The Python docker-compose."""

    path: str
    packaged: bool


class Packaging(NamedTuple):
    """What is installed and where it comes from."""

    flavour: str
    provider: str | Missing
    here: bool | Missing
    """Whether the engine runs on this host, or would: then its packages are this host's."""
    version: str | Missing
    platform: str | Missing
    builder: str | Missing
    """docker, distribution or mirantis."""
    api: str | Missing
    min_api: str | Missing
    components: tuple[tuple[str, str], ...] | Missing
    packages: tuple[Package, ...] | Missing
    snap: bool | Missing
    ubuntu_core: bool
    nodocker: bool
    daemons: tuple[Running, ...] | Missing
    cli: Cli | Missing
    plugins: tuple[Plugin, ...]
    compose_v1: ComposeV1 | None
    compose_v2: bool
    """Whether a stand-alone docker-compose of the second generation is there."""
    init_wanted: bool | Missing
    init_path: str
    init_there: bool | Missing
    conditions: tuple[str, ...]
    """What advisories ask for, of that which this host has."""
    socket_clients: tuple[str, ...] | Missing
    """Containers that the engine's socket is mounted into."""
    life: Life | Missing
    distribution: str
    today: str | Missing
    manager: PackageManager | None
    data_root: str = ""
    plugin_place: str = "/usr/local/lib/docker/cli-plugins/docker-{}"
    """Where a plugin is put by hand; {} stands for its name."""
    plugins_unread: Missing | None = None
    """Why a folder of plugins could not be looked into."""


# -- looking -------------------------------------------------------------------------------------


def packages(host: Host) -> tuple[Package, ...]:
    """The installed packages among :data:`PACKAGES`.

    Raises: NotHere where the host has no package database that is known.
    """
    return host.derive(_packages)


def _packages(host: Host) -> tuple[Package, ...]:
    if engine.is_there(host, "/var/lib/dpkg/info"):
        # The list of a removed package stays: the state is asked for what has one.
        names = [
            name for name in PACKAGES if engine.is_there(host, f"/var/lib/dpkg/info/{name}.list")
        ]
        return (
            parse_dpkg(host.run("dpkg-query", "-W", "-f", DPKG_FORMAT, *names).out) if names else ()
        )
    for path in ("/lib/apk/db/installed", "/usr/lib/apk/db/installed"):
        text = absent_as(lambda path=path: host.read_text(path), None)  # type: ignore[misc]
        if isinstance(text, str):
            return parse_apk(text, PACKAGES)
    if engine.is_there(host, "/var/lib/pacman/local"):
        return parse_pacman(host.list("/var/lib/pacman/local"), PACKAGES)
    if engine.is_there(host, "/var/lib/rpm") or engine.is_there(host, "/usr/lib/sysimage/rpm"):
        return parse_rpm(host.run("rpm", "-q", "--qf", RPM_FORMAT, *PACKAGES).out)
    raise engine.NotHere("this host has no package database that hullcheck knows")


def packages_like(host: Host, *patterns: str) -> tuple[Package, ...]:
    """The installed packages whose names fit one of the patterns of a shell.

    Raises: NotHere where the host has no package database that is known.
    """
    from fnmatch import fnmatchcase

    if engine.is_there(host, "/var/lib/dpkg/info"):
        return parse_dpkg(host.run("dpkg-query", "-W", "-f", DPKG_FORMAT, *patterns).out)
    if engine.is_there(host, "/var/lib/pacman/local"):
        folders = host.list("/var/lib/pacman/local")
        names = {folder.rsplit("-", 2)[0] for folder in folders}
        wanted = {name for name in names if any(fnmatchcase(name, p) for p in patterns)}
        return parse_pacman(folders, wanted)
    if engine.is_there(host, "/var/lib/rpm") or engine.is_there(host, "/usr/lib/sysimage/rpm"):
        return parse_rpm(host.run("rpm", "-qa", "--qf", RPM_FORMAT, *patterns).out)
    raise engine.NotHere("this host has no package database that hullcheck knows")


def flavour(host: Host) -> str:
    """Which build of an engine this is: docker-ce, docker.io, moby-engine, snap, static, synology...

    "docker" is a distribution's own package of that name, or a distribution's build on another
    machine; "none" is said where there is no engine.
    """
    return host.derive(_flavour)


def _flavour(host: Host) -> str:
    seen = engine.look(host)
    provider = have(seen.provider, "")
    if provider not in {"", "docker-engine"}:
        return provider
    platform, version = have(seen.platform_name, ""), have(seen.version, "")
    if platform.startswith("Mirantis"):
        return MIRANTIS
    community = platform.startswith("Docker Engine")
    if seen.reachable and seen.local is False:
        return "docker-ce" if community else _by_version(version) or "docker"
    if not seen.reachable and not seen.endpoint.startswith("unix://"):
        raise engine.NotHere("the engine is on another machine and does not answer")
    if not seen.reachable and engine.has_none(host):
        return "none"
    names = {p.name for p in have(known(lambda: packages(host)), ())}
    if community:
        return "docker-ce" if "docker-ce" in names else "static"
    candidates = [name for name in ENGINE_PACKAGES if name in names and _holds_engine(host, name)]
    if seen.reachable and candidates[:1] == ["docker-ce"]:
        candidates = candidates[1:]  # its build would have said so
    if candidates:
        return candidates[0]
    return _unpackaged(host, version, names)


def _by_version(version: str) -> str:
    return "docker.io" if "+dfsg" in version else ""


def _unpackaged(host: Host, version: str, names: set[str]) -> str:
    if _by_version(version):
        return _by_version(version)
    if engine.is_there(host, "/etc/synoinfo.conf"):
        return "synology"
    if _has_snap(host) and not _program(host, "dockerd"):
        return "snap"
    if _program(host, "dockerd").startswith("/nix/store/"):
        return "nix"
    if "podman" in names and not _program(host, "dockerd"):
        return "podman"
    return "static"


def _holds_engine(host: Host, name: str) -> bool:
    return name != "docker" or not engine.is_there(host, "/var/lib/dpkg/info")


def _has_snap(host: Host) -> bool:
    return engine.is_there(host, "/snap/docker/current") or engine.is_there(
        host, "/var/lib/snapd/snap/docker/current"
    )


def _program(host: Host, name: str) -> str:
    """Where a program is, links resolved; empty where it is in no folder that is searched."""
    given = host.env("PATH") or ""
    where = desktop_host.platform(host)
    if where == desktop_host.WINDOWS:
        folders = [f.rstrip("\\") for f in given.split(";") if f[1:3] == ":\\"]
        name = f"{name}.exe"
    else:
        folders = [f for f in given.split(":") if f.startswith("/")]
        folders += [*PATHS, *(MAC_PATHS if where == desktop_host.MACOS else ())]
    for folder in dict.fromkeys(folders):
        path = known(lambda folder=folder: host.realpath(desktop_host.join(host, folder, name)))  # type: ignore[misc]
        if isinstance(path, str):
            return path
    return ""


@TOPIC.probe
def look(host: Host) -> Packaging:
    """Ask the engine for its versions, and the host for its packages and the CLI's plugins."""
    seen = engine.look(host)
    told = known(lambda: engine.version(host))
    release = have(absent_as(lambda: requirements.operating_system(host), {}), {})
    cli = known(lambda: _cli(host))
    builder = _builder(seen)
    compose = _program(host, "docker-compose")
    v1, v2 = _compose(host, compose)
    init_path = have(known(lambda: str(configuration.setting(host, "init-path").value or "")), "")
    components = told if isinstance(told, Missing) else _components(told)
    return Packaging(
        flavour=have(known(lambda: flavour(host)), "none"),
        provider=seen.provider,
        here=seen.local if seen.reachable else known(lambda: _would_be_here(host, seen)),
        version=seen.version,
        platform=seen.platform_name,
        builder=builder,
        api=seen.api_version,
        min_api=seen.min_api_version,
        components=components,
        packages=known(lambda: packages(host)),
        snap=known(lambda: _has_snap(host)),
        ubuntu_core=release.get("ID") == "ubuntu-core",
        nodocker=engine.is_there(host, "/etc/containers/nodocker"),
        daemons=known(lambda: _daemons(host)),
        cli=cli,
        plugins=tuple(_plugins(host)),
        compose_v1=v1,
        compose_v2=v2,
        init_wanted=known(lambda: configuration.setting(host, "init").value is True),
        init_path=init_path,
        init_there=known(lambda: _init_there(host, init_path)),
        conditions=_conditions(host, seen, builder),
        socket_clients=known(lambda: _socket_clients(host, seen)),
        life=known(lambda: requirements.life(host)),
        distribution=release.get("PRETTY_NAME") or release.get("NAME") or "the distribution",
        today=known(lambda: requirements.today(host)),
        manager=manager_of(release),
        data_root=have(seen.data_root, ""),
        plugin_place=_plugin_place(host),
        plugins_unread=_plugins_unread(host),
    )


def _would_be_here(host: Host, seen: engine.Engine) -> bool:
    if not seen.endpoint.startswith("unix://"):
        return False
    if engine.has_none(host):
        raise engine.NoEngine("there is no container engine on this host")
    return True


def _builder(seen: engine.Engine) -> str | Missing:
    if isinstance(seen.platform_name, Missing):
        return seen.platform_name
    if seen.provider == "podman":
        return Missing("podman is not built by Docker and has versions of its own", "inapplicable")
    if seen.platform_name.startswith(("Docker Engine", "Docker Desktop")):
        return DOCKER
    if requirements.built_by_docker_once(have(seen.version, "")):
        return DOCKER
    return MIRANTIS if seen.platform_name.startswith("Mirantis") else DISTRIBUTION


def _components(told: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = told.get("Components")
    return tuple(
        (str(row.get("Name") or ""), str(row.get("Version") or ""))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    )


def _cli(host: Host) -> Cli:
    path = _program(host, "docker")
    if not path:
        raise engine.NotHere("there is no command docker on this host")
    packaged = _packaged_cli(host) if path == "/usr/bin/docker" else ""
    if packaged:
        return Cli("docker", packaged, path)
    text = host.output("docker", "--version").strip()
    words = text.split()
    kind = words[0].lower() if words else ""
    if kind not in {"docker", "podman", "nerdctl"} or len(words) < 3:  # noqa: PLR2004
        raise Garbled(f"docker --version says {text[:80]!r}", look="docker --version")
    return Cli(kind, words[2].rstrip(","), path)


def _packaged_cli(host: Host) -> str:
    """The CLI's version by its package, which spares starting it (50 ms)."""
    found = {p.name: p for p in have(known(lambda: packages(host)), ())}
    if "podman-docker" in found:
        return ""
    for name in ("docker-ce-cli", "docker-cli", "moby-cli"):
        if name in found:
            return found[name].version.rpartition(":")[2].partition("-")[0]
    return ""


def _daemons(host: Host) -> tuple[Running, ...]:
    return tuple(
        Running(
            p.pid,
            p.uid,
            have(known(lambda p=p: host.readlink(f"/proc/{p.pid}/exe")), p.argv[0]),  # type: ignore[misc]
            next(iter(engine.flag_values(p.argv, "data-root")), "/var/lib/docker"),
            next(iter(engine.flag_values(p.argv, "config-file")), ""),
        )
        for p in engine.dockerds(host.processes())
    )


def _plugin_folders(host: Host) -> list[str]:
    """Where the CLI looks for plugins: the user's own folder, then those of this platform."""
    own = desktop_host.join(host, engine.docker_config_dir(host), "cli-plugins")
    if desktop_host.platform(host) != desktop_host.WINDOWS:
        return [own, *PLUGIN_FOLDERS]
    return [
        own,
        *(
            desktop_host.join(host, host.env(name) or usual, "Docker", "cli-plugins")
            for name, usual in WINDOWS_PLUGIN_FOLDERS
        ),
    ]


def _plugin_place(host: Host) -> str:
    where = desktop_host.platform(host)
    if where in {desktop_host.WINDOWS, desktop_host.MACOS}:
        name = "docker-{}.exe" if where == desktop_host.WINDOWS else "docker-{}"
        return desktop_host.join(host, _plugin_folders(host)[0], name)
    return f"{PLUGIN_FOLDERS[0]}/docker-{{}}"


def _plugins(host: Host) -> list[Plugin]:
    folders = _plugin_folders(host)
    suffix = ".exe" if desktop_host.platform(host) == desktop_host.WINDOWS else ""
    extra = have(known(lambda: engine.cli_config(host).get("cliPluginsExtraDirs")), None)
    if isinstance(extra, list):
        folders += [folder for folder in extra if isinstance(folder, str)]
    found = []
    for place, folder in enumerate(folders):
        names = have(known(lambda folder=folder: host.list(folder)), ())  # type: ignore[misc]
        for file in names:
            name = file.removesuffix(suffix)
            if name.startswith("docker-") and name[7:].isalnum() and file.endswith(suffix):
                path = desktop_host.join(host, folder, file)
                found.append(_plugin(host, name, path, own=place < OWN_FOLDERS))
    return found


def _plugins_unread(host: Host) -> Missing | None:
    for folder in _plugin_folders(host):
        names = known(lambda folder=folder: host.list(folder))  # type: ignore[misc]
        if isinstance(names, Missing) and names.kind != "absent":
            return names
    return None


def _plugin(host: Host, name: str, path: str, *, own: bool) -> Plugin:
    seen = known(lambda: host.stat(path))
    if isinstance(seen, Missing):
        gone = seen.kind == "absent"
        leads = have(known(lambda: host.readlink(path)), "") if gone else ""
        return Plugin(name, path, f"it leads to {leads}, which is gone" if leads else "", gone)
    if seen.kind != "file":
        return Plugin(name, path, f"it is a {seen.kind}", dangling=False)
    where = desktop_host.platform(host)
    if where == desktop_host.WINDOWS:
        return Plugin(name, path, "", dangling=False)  # its files have no such modes
    if not seen.mode & 0o111:
        return Plugin(name, path, f"it is not executable ({seen.mode:04o})", dangling=False)
    own = own and where != desktop_host.MACOS  # programs of another format, for both processors
    trouble = have(known(lambda: _wrong_machine(host, path)), "") if own else ""
    return Plugin(name, path, trouble, dangling=False)


def _wrong_machine(host: Host, path: str) -> str:
    """Whether a program was built for another processor: the first bytes of an ELF file, elf(5)."""
    machine = str(host.gauge("system")["machine"])
    text = host.output("od", "-An", "-v", "-tu1", "-N20", path)
    data = bytes(int(word) for word in text.split() if word.isdigit() and int(word) < 256)  # noqa: PLR2004
    if len(data) < 20 or data[:2] == b"#!":  # noqa: PLR2004 - the header's part with e_machine
        return "" if data[:2] == b"#!" else "it is cut off"
    if data[:4] != b"\x7fELF":
        return "it is no program (a web page that was downloaded in its place?)"
    number = int.from_bytes(data[18:20], "little" if data[5] == 1 else "big")
    wanted = MACHINES.get(machine)
    if wanted is None or number in wanted:
        return ""
    names = {62: "x86_64", 183: "aarch64", 40: "arm", 3: "i386", 21: "ppc64", 22: "s390x"}
    return f"it was built for {names.get(number, f'ELF machine {number}')}, this is {machine}"


def _compose(host: Host, path: str) -> tuple[ComposeV1 | None, bool]:
    """What the command docker-compose is: the Python one, or the second generation's."""
    if not path:
        return None, False
    text = known(lambda: host.read_text(path))
    if isinstance(text, str):
        first = text.partition("\n")[0]
        if first.startswith("#!") and "python" in first and "compose" in text:
            package = path.startswith("/usr/bin/") and engine.is_there(
                host, "/usr/lib/python3/dist-packages/compose"
            )
            return ComposeV1(path, package), False
        return None, True
    said = known(lambda: host.output("docker-compose", "version", "--short"))
    if isinstance(said, str) and said.strip().startswith("1."):
        return ComposeV1(path, packaged=False), False
    return None, isinstance(said, str)


def _init_there(host: Host, path: str) -> bool:
    if path:
        return host.exists(path)
    # moby daemon/config: "docker-init" is looked up in these folders, then in PATH (since 24).
    folders = ("/usr/libexec/docker", "/usr/local/libexec/docker", "/usr/lib/docker")
    if any(engine.is_there(host, f"{folder}/docker-init") for folder in folders):
        return True
    return bool(_program(host, "docker-init"))


def _conditions(
    host: Host,
    seen: engine.Engine,
    builder: str | Missing,
) -> tuple[str, ...]:
    """Which conditions of the advisories that this engine is open to are met here."""
    if builder == DISTRIBUTION or isinstance(seen.version, Missing):
        return ()
    asked = {a.when for a in advisories.affecting(advisories.ENGINE, seen.version)}
    info = have(known(lambda: engine.info(host)), {})
    tests = {
        advisories.AUTHZ: lambda: bool(_in(info, "Plugins").get("Authorization")),
        advisories.SWARM: lambda: _in(info, "Swarm").get("LocalNodeState") == "active",
        advisories.FIREWALLD: lambda: _firewalld(host, info, seen),
        advisories.INTERNAL: lambda: _internal(engine.get(host, "/networks")),
        advisories.TCP: lambda: (
            "is accessible on" in str(info.get("Warnings"))
            or any("tcp://" in word for word in engine.daemon(host).argv)
        ),
    }
    return tuple(when for when, test in tests.items() if when in asked and known(test) is True)


def _internal(networks: Any) -> bool:  # noqa: ANN401 - any JSON
    rows = networks if isinstance(networks, list) else []
    return any(isinstance(row, dict) and row.get("Internal") is True for row in rows)


def _in(info: dict[str, Any], key: str) -> dict[str, Any]:
    value = info.get(key)
    return value if isinstance(value, dict) else {}


def _firewalld(host: Host, info: dict[str, Any], seen: engine.Engine) -> bool:
    driver = _in(info, "FirewallBackend").get("Driver")
    if isinstance(driver, str):
        return "firewalld" in driver
    if seen.rootless is True:
        return False  # its rules are in a network namespace of its own
    return seen.local is True and host.run("systemctl", "is-active", "firewalld").code == 0


def _socket_clients(host: Host, seen: engine.Engine) -> tuple[str, ...]:
    """Only asked of an engine that cuts old clients off."""
    floor = major_minor(have(seen.min_api_version, "0"))
    if floor < RAISED_FLOOR:
        return ()
    names = []
    for row in engine_host.containers(host):
        mounts = row.get("Mounts")
        for mount in mounts if isinstance(mounts, list) else []:
            if isinstance(mount, dict) and str(mount.get("Source")).endswith("/docker.sock"):
                names.append(f"{engine_host.name_of(row)} ({row.get('Image')})")
                break
    return tuple(names)


# -- judging: what is installed ------------------------------------------------------------------


def _names(facts: Packaging) -> dict[str, Package]:
    return {package.name: package for package in have(facts.packages, ())}


def _is_no_engine(found: dict[str, Package]) -> bool:
    """Debian's package docker docks windows; Alpine's only pulls in docker-engine and the CLI."""
    return found["docker"].manager == "dpkg" or (
        found["docker"].manager == "apk" and "docker-engine" in found
    )


def _engine_packages(facts: Packaging) -> list[Package]:
    found = _names(facts)
    return [
        found[name]
        for name in ENGINE_PACKAGES
        if name in found and not (name == "docker" and _is_no_engine(found))
    ]


@TOPIC.check(
    "two-engines-installed",
    WARNING,
    "Two Docker engines are installed and want the same socket",
    references=(
        "https://github.com/docker-archive/docker-snap/issues/4",
        "https://github.com/canonical/docker-snap/issues/272",
    ),
)
def two_engines_installed(facts: Packaging) -> Verdict:
    """A package and the snap are both installed, or two dockerd share one data folder.

    ## What it reads
    The package database, /snap/docker, and the command lines of the dockerd processes outside of
    containers. A rootless engine beside the system's is fine, and so is a private one with a data
    folder and a socket of its own.

    ## Why it matters
    Both want /run/docker.sock. Whichever starts first after a boot gets it, so containers and images
    seem to vanish; their AppArmor profiles clash ("cannot stop container: permission denied"), and
    two daemons on one data folder destroy it.

    ## How to mend it
    Keep one. Disable the other first and look whether anything is missed; remove it later.

    ## What could go wrong
    The one that is switched off takes its containers and volumes with it. Look into both first
    (`docker ps -a`, `sudo snap run docker ps -a`), and copy what you need.

    ## Why this severity
    A warning while one of them runs; an error when both do.
    """
    daemons = have(facts.daemons, ())
    rooted = [d for d in daemons if d.uid == 0]
    for index, one in enumerate(rooted):
        for other in rooted[index + 1 :]:
            if (one.data_root, one.config_file) == (other.data_root, other.config_file):
                return fail(
                    f"Two dockerd ({one.pid} and {other.pid}) run with the same data folder "
                    f"{one.data_root}: they damage each other's data.",
                    Evidence(f"/proc/{one.pid}/exe", "", one.program, "one daemon"),
                    Evidence(f"/proc/{other.pid}/exe", "", other.program),
                    severity=ERROR,
                    mend=(
                        f"ps -o pid,lstart,args -p {one.pid},{other.pid}   # which was started how",
                        "Stop the one that no service manager started.",
                    ),
                )
    found = _engine_packages(facts)
    if not need(facts.snap):
        return ok("one way of installing an engine is used at most")
    if not found:
        need(facts.packages)
        return ok("the snap is the only engine")
    package = found[0]
    snap_runs = any("/snap/docker/" in d.program for d in rooted)
    other_runs = any("/snap/" not in d.program for d in rooted)
    unit = "docker.service docker.socket"
    return fail(
        f"{package.name} {package.version} and the snap docker are both installed and want "
        "/run/docker.sock: which one answers depends on who starts first.",
        Evidence(f"{package.manager} database", package.name, package.version, "one engine"),
        Evidence("/snap/docker/current", "", "installed"),
        severity=ERROR if snap_runs and other_runs else "",
        mend=(
            "docker ps -a && sudo snap run docker ps -a   # what each has",
            "sudo snap disable docker   # keeps its data; undo: sudo snap enable docker",
            f"or: sudo systemctl mask --now {unit}   # to keep the snap; stops its containers",
        ),
    )


@TOPIC.check(
    "engine-snap",
    WARNING,
    "The engine is the snap, which confines it",
    references=(
        "https://github.com/canonical/docker-snap/issues/272",
        "https://github.com/canonical/docker-snap/issues/190",
        "https://github.com/canonical/docker-snap/issues/36",
    ),
    applies="hosts other than Ubuntu Core",
)
def engine_snap(facts: Packaging) -> Verdict:
    """The engine runs as a snap, inside of a confinement that changes how it behaves.

    ## What it reads
    The data root that the engine tells (below /var/snap/docker) and the host's distribution.

    ## Why it matters
    Bind mounts outside of /home do not work or show an empty folder, `docker compose` cannot read
    files in /etc, /srv or /opt, daemon.json lies in /var/snap/docker/current/config and not in
    /etc/docker, and AppArmor keeps some containers from being stopped. Most guides do not fit.

    ## How to mend it
    Move to Docker's own packages: save images and volumes, remove the snap, install docker-ce.

    ## What could go wrong
    Removing the snap removes its data (a snapshot is kept for a while: `snap saved`). Back up
    volumes first.

    ## Why this severity
    A warning: it works until the first bind mount. On Ubuntu Core there is no other way.
    """
    if facts.flavour != "snap":
        return skip(f"the engine is not the snap ({facts.flavour})")
    if facts.ubuntu_core:
        return skip("on Ubuntu Core the snap is the way to install it")
    return fail(
        "The engine is the snap: bind mounts outside of /home fail, and its daemon.json is in "
        "/var/snap/docker/current/config.",
        Evidence("/snap/docker/current", "", "the snap docker is installed", "docker-ce")
        if facts.provider != "snap"
        else Evidence("engine GET /info", "DockerRootDir", facts.data_root, "/var/lib/docker"),
        mend=(
            (
                "docker save -o ~/images.tar $(docker images --format '{{.Repository}}:{{.Tag}}' | "
                "grep -v '<none>')   # and back up the volumes"
            ),
            "sudo snap remove docker   # removes its containers and volumes",
            f"Install docker-ce: {INSTALL}ubuntu/",
        ),
    )


@TOPIC.check(
    "docker-is-podman",
    NOTE,
    "The command docker is podman",
    references=(
        "https://docs.podman.io/en/latest/markdown/podman-system-service.1.html",
        "https://github.com/solo-io/packer-plugin-arm-image/issues/106",
    ),
    applies="hosts with the package podman-docker",
)
def docker_is_podman(facts: Packaging) -> Verdict:
    """What answers to `docker` on this host is podman, through the package podman-docker.

    ## What it reads
    `docker --version`, and /etc/containers/nodocker, with which the owner of a host says that this
    is meant.

    ## Why it matters
    daemon.json does not exist for podman, containers of each user are apart, there is no daemon that
    restarts containers at boot, and `docker info` has another form: scripts and guides for Docker
    fail in odd ways.

    ## How to mend it
    If it is meant, say so: `sudo touch /etc/containers/nodocker`. Otherwise remove podman-docker and
    install an engine.

    ## What could go wrong
    Containers of podman are not seen by Docker, and the other way round.

    ## Why this severity
    A note: podman does its work.
    """
    cli = need(facts.cli)
    seen = Evidence("docker --version", "", f"{cli.kind} {cli.version}", "docker")
    if cli.kind != "podman":
        return ok(f"docker is {cli.kind} {cli.version}", seen)
    if facts.nodocker:
        return ok("docker is podman, and /etc/containers/nodocker says that this is meant", seen)
    remove = facts.manager.removing("podman-docker") if facts.manager else "Remove podman-docker."
    return fail(
        f"The command docker is podman {cli.version} here: there is no daemon and no daemon.json.",
        seen,
        mend=("sudo touch /etc/containers/nodocker   # if that is meant", f"or: {remove}"),
    )


@TOPIC.check(
    "conflicting-packages",
    WARNING,
    "Packages of different makers of the engine are mixed",
    references=(
        "https://docs.docker.com/engine/install/debian/#uninstall-old-versions",
        "https://github.com/docker/docker-ce-packaging/blob/master/deb/common/control",
    ),
    applies="hosts with dpkg, rpm, apk or pacman",
)
def conflicting_packages(facts: Packaging) -> Verdict:
    """Packages that exclude each other are installed side by side.

    ## What it reads
    The package database: docker-ce, docker.io, moby-engine and docker (each holds an engine),
    containerd.io beside containerd, and podman-docker beside a docker CLI.

    ## Why it matters
    They ship the same files. Whichever was unpacked last wins until the next update, so dockerd,
    containerd and runc of different makers meet, services are defined twice, and updates fail.

    ## How to mend it
    Keep the packages of one maker. Images, containers and volumes in /var/lib/docker stay.

    ## What could go wrong
    Removing the engine's package stops all containers: plan a window. Do not purge: that removes
    the data.

    ## Why this severity
    A warning: it works until the next update.
    """
    need(facts.packages)
    found = _names(facts)
    engines = [package.name for package in _engine_packages(facts)]
    pairs = []
    if len(engines) > 1:
        pairs.append(tuple(engines))
    if "containerd.io" in found and "containerd" in found:
        pairs.append(("containerd.io", "containerd"))
    docker_cli = next((n for n in ("docker-ce-cli", "docker-cli", "moby-cli") if n in found), "")
    if "podman-docker" in found and (docker_cli or engines):
        pairs.append((docker_cli or engines[0], "podman-docker"))
    if not pairs:
        return ok("no packages that exclude each other are installed")
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    extra = [name for pair in pairs for name in pair[1:]]
    return fail(
        f"{' and '.join(pairs[0])} are both installed, and hold the same programs: an update of "
        "one breaks the other.",
        *(Evidence(f"{found[n].manager} database", n, found[n].version, "one") for n in names),
        mend=(
            f"{facts.manager.removing(*extra)}   # or the others; stops containers, keeps data"
            if facts.manager
            else f"Remove {', '.join(extra)}, or the others.",
        ),
    )


# -- judging: what is still maintained -----------------------------------------------------------


def _upgrade(facts: Packaging, *names: str) -> str:
    """How this host's engine is brought up to date."""
    if isinstance(facts.provider, str) and facts.provider not in {"docker-engine", "snap"}:
        return f"Update {PRODUCTS.get(facts.provider, facts.provider)}: the engine comes with it."
    if facts.here is not True:
        return f"On the engine's own host: upgrade {names[0]} ({INSTALL})."
    if facts.flavour == "snap":
        return "sudo snap refresh docker"
    if facts.flavour == "synology":
        return "Update Container Manager in DSM's Package Center: the engine comes with it."
    if facts.flavour == "nix":
        return "Update the channel or flake input, then: sudo nixos-rebuild switch"
    installed = [name for name in names if name in _names(facts)]
    if facts.manager is None or not installed:
        return f"Replace the binaries by those of a maintained release: {INSTALL}binaries/"
    return f"{facts.manager.upgrading(*installed)}   # restarts the engine"


@TOPIC.check(
    "engine-end-of-life",
    WARNING,
    "The engine is no longer maintained",
    references=(
        "https://github.com/moby/moby/blob/master/project/BRANCHES-AND-TAGS.md",
        "https://endoflife.date/docker-engine",
    ),
    applies="engines built by Docker or Mirantis",
)
def engine_end_of_life(facts: Packaging) -> Verdict:
    """The release line of the engine gets no more fixes from those who built it.

    ## What it reads
    Version and Platform.Name of GET /version, compared with a dated table of the branches that moby
    maintains: 29, and 25.0 until 2026-12-04. An engine that a distribution built (docker.io,
    moby-engine...) is maintained by that distribution, and lives as long as its release does.

    ## Why it matters
    Vulnerabilities of the engine, and of the BuildKit in it, stay open. New kernels, firewalls and
    registries are no longer tested with it.

    ## How to mend it
    Upgrade within Docker's repository. Read the release notes of every major version in between.

    ## What could go wrong
    The daemon restarts, and every container with it unless live-restore is on. Options that were
    removed keep the new one from starting: `hullcheck lint --engine 29 /etc/docker/daemon.json`
    finds them before. A fresh 29 uses the containerd image store; an upgraded one stays with
    overlay2.

    ## Why this severity
    A warning in the first year, then an error.
    """
    builder, version = need(facts.builder), need(facts.version)
    seen = Evidence(
        "engine GET /version",
        "Version",
        version,
        f"a maintained line (table of {engine_support.TABLE_DATE})",
    )
    if builder == DISTRIBUTION:
        return skip(f"{version} is maintained by whoever built it: {_maker(facts)}")
    line = engine_support.engine_line(version)
    if line is None:
        return skip(f"engine {version} is newer than the table of {engine_support.TABLE_DATE}")
    today = need(facts.today)
    if not line.ends or today <= line.ends:
        until = f" until {line.ends}" if line.ends else ""
        return ok(f"the line {line.name} is maintained{until}", seen)
    days = day_number(today) - day_number(line.ends)
    newest = ".".join(str(part) for part in engine_support.NEWEST_ENGINE)
    return fail(
        f"Engine {version} gets no more fixes: its line {line.name} ended on {line.ends}, "
        f"{days} days ago; {newest} is current.",
        seen,
        severity=ERROR if days > LONG_ENDED_DAYS else "",
        mend=(_upgrade(facts, "docker-ce", "docker-ce-cli", "containerd.io"),),
    )


def _maker(facts: Packaging) -> str:
    if facts.flavour in {"snap", "synology"}:
        return {"snap": "Canonical", "synology": "Synology"}[facts.flavour]
    return facts.distribution if facts.here is True else "its distribution"


@TOPIC.check(
    "engine-behind",
    NOTE,
    "The engine is several releases behind",
    references=("https://docs.docker.com/engine/release-notes/29/",),
    applies="engines of the newest line that Docker built",
)
def engine_behind(facts: Packaging) -> Verdict:
    """The engine is of the maintained line, and more than two minor releases behind.

    ## What it reads
    Version and Platform.Name of GET /version, compared with the newest release in a dated table.

    ## Why it matters
    Only the newest minor release gets fixes: those of the last months are missing here.

    ## How to mend it
    Upgrade within Docker's repository; a minor release changes no defaults that matter.

    ## What could go wrong
    The daemon restarts, and every container with it unless live-restore is on.

    ## Why this severity
    A note: what is vulnerable is said by engine-vulnerable and runc-vulnerable.
    """
    builder, version = need(facts.builder), need(facts.version)
    if builder != DOCKER:
        return skip("the engine was not built by Docker: its maker decides on its releases")
    major, minor = major_minor(version)
    newest = engine_support.NEWEST_ENGINE
    if major != newest[0]:
        return skip(f"{version} is not of the line {newest[0]}")
    shown = f"{newest[0]}.{newest[1]}"
    seen = Evidence(
        "engine GET /version",
        "Version",
        version,
        f"{shown} (table of {engine_support.TABLE_DATE})",
    )
    behind = newest[1] - minor
    if behind <= MINORS_BEHIND:
        return ok(f"engine {version} is up to date", seen)
    return fail(
        f"Engine {version} is {behind} releases behind {shown}: only the newest gets fixes.",
        seen,
        mend=(_upgrade(facts, "docker-ce", "docker-ce-cli", "containerd.io"),),
    )


def _component(facts: Packaging, name: str) -> str:
    """A component's version. Raises through need() where the engine does not tell."""
    for key, version in need(facts.components):
        if key == name and version:
            return version
    return need(Missing(f"the engine does not tell its {name}", "inapplicable"))


def _from_distribution(facts: Packaging, name: str, version: str) -> bool:
    """Whether a component was built by a distribution, which fixes old versions in place."""
    if any(mark in version for mark in ("dfsg", "+ds", "~ds", "ubuntu")):
        return True
    if facts.here is True and name != advisories.ENGINE:
        names = _names(facts)
        if "containerd.io" in names or "moby-containerd" in names:
            return "moby-containerd" in names
        if name in names:
            return True
    return need(facts.builder) == DISTRIBUTION


@TOPIC.check(
    "containerd-end-of-life",
    WARNING,
    "containerd is no longer maintained",
    references=(
        "https://github.com/containerd/containerd/blob/main/RELEASES.md",
        "https://containerd.io/releases/",
    ),
    applies="engines with a containerd built by its project or by Docker",
)
def containerd_end_of_life(facts: Packaging) -> Verdict:
    """The release line of containerd, which runs all containers, gets no more fixes.

    ## What it reads
    The component containerd of GET /version, the package that it comes from, and a dated table of
    containerd's lines. One that a distribution built is maintained by the distribution.

    ## Why it matters
    containerd runs as root and unpacks every image: its vulnerabilities stay open.

    ## How to mend it
    Upgrade containerd.io from Docker's repository, together with the engine.

    ## What could go wrong
    Containers go on running while containerd restarts, but the engine restarts with it in most
    setups. From 1.x to 2.x, a config.toml of your own has to be migrated
    (`containerd config migrate`).

    ## Why this severity
    A note in the first half year, when new packages may not be there yet, then a warning.
    """
    version = _component(facts, "containerd")
    seen = Evidence(
        "engine GET /version",
        "Components containerd",
        version,
        f"a maintained line (table of {engine_support.TABLE_DATE})",
    )
    if _from_distribution(facts, "containerd", version):
        return skip(f"containerd {version} is maintained by the distribution")
    line = engine_support.containerd_line(version)
    if line is None:
        return skip(f"containerd {version} is newer than the table")
    today = need(facts.today)
    if today <= line.ends:
        return ok(f"containerd {line.name} is maintained until {line.ends}", seen)
    days = day_number(today) - day_number(line.ends)
    return fail(
        f"containerd {version} gets no more fixes: its line {line.name} ended on {line.ends}.",
        seen,
        severity=NOTE if days <= CONTAINERD_GRACE_DAYS else "",
        mend=(_upgrade(facts, "containerd.io", "containerd"),),
    )


# -- judging: versions that do not fit -----------------------------------------------------------


def _api(text: str) -> tuple[int, int]:
    return major_minor(text)


@TOPIC.check(
    "client-engine-incompatible",
    ERROR,
    "CLI and engine have no API version in common",
    references=(
        "https://docs.docker.com/reference/api/engine/#api-version-matrix",
        "https://github.com/moby/moby/pull/51186",
    ),
    applies="hosts with a docker CLI and an engine that answers",
)
def client_engine_incompatible(facts: Packaging) -> Verdict:
    """The docker CLI of this host and the engine speak no common version of the API.

    ## What it reads
    `docker --version` (which contacts nobody), ApiVersion and MinAPIVersion of GET /version, and
    the API versions that each CLI release can speak.

    ## Why it matters
    Every command is refused: "client version 1.41 is too old. Minimum supported API version is
    1.44", or "client is too new".

    ## How to mend it
    Upgrade whichever is older. On 29.0 to 29.2 the engine can be told to accept older clients
    (`min-api-version`); 29.3 does so by itself.

    ## What could go wrong
    An upgrade of the engine restarts it.

    ## Why this severity
    An error: docker does not work.
    """
    cli = need(facts.cli)
    if cli.kind != "docker":
        return skip(f"the command docker is {cli.kind}")
    api, floor = _api(need(facts.api)), _api(have(facts.min_api, "1.12"))
    most, least = engine_support.client_api(cli.version), engine_support.client_floor(cli.version)
    seen = (
        Evidence("docker --version", "", cli.version),
        Evidence(
            "engine GET /version",
            "MinAPIVersion, ApiVersion",
            f"{have(facts.min_api, '?')} to {need(facts.api)}",
        ),
    )
    if most is not None and most < floor:
        return fail(
            f"The CLI {cli.version} speaks API {most[0]}.{most[1]} at most, and the engine wants "
            f"{floor[0]}.{floor[1]}: every command is refused.",
            *seen,
            mend=(_upgrade_cli(facts),),
        )
    if least > api:
        return fail(
            f"The CLI {cli.version} needs API {least[0]}.{least[1]}, and the engine "
            f"{have(facts.version, '')} only has {api[0]}.{api[1]}: every command is refused.",
            *seen,
            mend=(_upgrade(facts, "docker-ce", "docker.io", "moby-engine", "docker"),),
        )
    return ok(f"CLI {cli.version} and engine {have(facts.version, '')} speak a common API", *seen)


def _upgrade_cli(facts: Packaging) -> str:
    names = _names(facts)
    name = next((n for n in ("docker-ce-cli", "docker-cli", "moby-cli") if n in names), "")
    if name and facts.manager:
        return facts.manager.upgrading(name)
    return f"Upgrade the docker CLI: {INSTALL}"


@TOPIC.check(
    "client-engine-far-apart",
    NOTE,
    "CLI and engine are of very different age",
    references=("https://docs.docker.com/reference/api/engine/#api-version-matrix",),
    applies="hosts with a docker CLI and an engine that answers",
)
def client_engine_far_apart(facts: Packaging) -> Verdict:
    """More than two major releases lie between the docker CLI and the engine.

    ## What it reads
    `docker --version` (which contacts nobody) and Version of GET /version.

    ## Why it matters
    They talk, in the words of the older one: options that the CLI's help shows are refused or
    silently ignored by the engine. On one host it mostly means that one of them was not upgraded.

    ## How to mend it
    Upgrade the older one.

    ## What could go wrong
    An upgrade of the engine restarts it.

    ## Why this severity
    A note: common commands work.
    """
    cli, version = need(facts.cli), need(facts.version)
    if cli.kind != "docker" or facts.provider == "podman":
        return skip("CLI and engine are not both Docker's")
    ours, theirs = parse_version(cli.version), parse_version(version)
    if not ours or not theirs:
        return skip("one of the versions has no number")
    seen = (
        Evidence("docker --version", "", cli.version),
        Evidence("engine GET /version", "Version", version),
    )
    # 20.10 was followed by 23: the numbers between were never released.
    steps = [18, 19, 20, 23, 24, 25, 26, 27, 28, 29]
    apart = abs(_step(steps, ours[0]) - _step(steps, theirs[0]))
    if apart <= MAJORS_APART:
        return ok(f"CLI {cli.version} and engine {version} are of similar age", *seen)
    older = "CLI" if ours < theirs else "engine"
    return fail(
        f"The CLI is {cli.version} and the engine {version}, {apart} major releases apart: the "
        f"{older} was left behind.",
        *seen,
        mend=_level(facts, older),
    )


def _level(facts: Packaging, older: str) -> tuple[str, ...]:
    if older == "CLI":
        return (_upgrade_cli(facts),)
    engines = ("docker-ce", "docker.io", "moby-engine", "docker")
    if facts.builder == DISTRIBUTION:
        # The release of a distribution stays with its version: upgrading changes nothing.
        return (
            "Use the CLI that came with the engine (type -a docker shows all there are),",
            f"or change to Docker's own packages for both: {INSTALL}",
        )
    return (_upgrade(facts, *engines),)


def _step(steps: list[int], major: int) -> int:
    return sum(step <= major for step in steps) + max(major - steps[-1], 0)


@TOPIC.check(
    "api-floor-raised",
    WARNING,
    "The engine refuses clients that containers on it may be",
    references=(
        "https://github.com/traefik/traefik/issues/12253",
        "https://github.com/moby/moby/pull/51186",
        "https://docs.docker.com/engine/release-notes/29/",
    ),
    applies="engines 29.0 to 29.2, or with a raised min-api-version",
)
def api_floor_raised(facts: Packaging) -> Verdict:
    """The engine refuses API versions below 1.44, and containers talk to it through its socket.

    ## What it reads
    MinAPIVersion of GET /version, and which containers have the engine's socket mounted.

    ## Why it matters
    Traefik, Portainer, watchtower, dozzle and CI runners from before the end of 2025 ask for an
    older version and get "client version 1.24 is too old. Minimum supported API version is 1.44":
    they run, and see no containers.

    ## How to mend it
    Upgrade the engine to 29.3 or later, which accepts 1.40 again, and the images that talk to it. Or
    let the engine accept older clients: `"min-api-version": "1.24"` in daemon.json.

    ## What could go wrong
    min-api-version is an unknown key for engines before 29: those do not start with it.

    ## Why this severity
    A warning: whether these clients are old enough to be refused is in their own logs.
    """
    if facts.provider == "podman":
        return skip("podman has an API of its own")
    text = need(facts.min_api)
    seen = Evidence("engine GET /version", "MinAPIVersion", text, "1.40 or lower")
    if _api(text) < RAISED_FLOOR:
        return ok(f"the engine accepts clients from API {text} on", seen)
    clients = need(facts.socket_clients)
    if not clients:
        return ok(f"the engine wants API {text}, and no container has its socket", seen)
    return fail(
        f"The engine refuses clients below API {text}, and {', '.join(clients)} talk to it: those "
        "built before the end of 2025 get no answer.",
        seen,
        *(Evidence("engine GET /containers/json", "Mounts", name) for name in clients),
        mend=(
            "docker logs --tail 50 <name> 2>&1 | grep 'is too old'   # whether it is refused",
            _upgrade(facts, "docker-ce", "docker-ce-cli"),
            'or set "min-api-version": "1.24" in daemon.json and restart the engine',
        ),
    )


# -- judging: what is missing or broken ----------------------------------------------------------


def _plugins_wanted(facts: Packaging) -> Verdict | None:
    """Why plugins of the CLI are not looked for; None where they are."""
    cli = need(facts.cli)
    if cli.kind != "docker":
        return skip(f"the command docker is {cli.kind}")
    if cli.path.startswith(("/nix/store/", "/gnu/store/", "/snap/")) or "/snapd/" in cli.path:
        return skip(f"{cli.path} brings plugins of its own")
    if not _names(facts) and facts.provider != "docker-engine":
        return skip("the docker CLI was not installed for an engine of this host")
    return None


def _working(facts: Packaging, name: str) -> list[Plugin]:
    return [p for p in facts.plugins if p.name == name and not p.trouble and not p.dangling]


def _plugin_package(facts: Packaging, plugin: str) -> str:
    """The command that installs a plugin on this host."""
    names, manager = _names(facts), facts.manager
    by_hand = (
        f"Put the plugin at {facts.plugin_place.replace('{}', plugin)}: "
        f"https://github.com/docker/{plugin}/releases"
    )
    if manager is None:
        return by_hand
    if "docker-ce-cli" in names:
        return manager.installing(f"docker-{plugin}-plugin")
    if manager.name == "apk":
        return manager.installing(f"docker-cli-{plugin}")
    life = have(facts.life, None)
    if manager.name == "apt" and life is not None:
        if life.name == "Debian" and parse_version(life.version) and life.version < "13":
            return by_hand  # bookworm has no buildx, and the Python compose only
        if plugin == "compose" and life.name == "Ubuntu":
            return manager.installing("docker-compose-v2")
    if life is not None and life.name == "Amazon Linux":
        return by_hand
    return manager.installing(f"docker-{plugin}")


@TOPIC.check(
    "buildx-missing",
    NOTE,
    "The CLI has no buildx",
    references=(
        "https://docs.docker.com/engine/deprecated/#legacy-builder-for-linux-images",
        "https://docs.docker.com/build/concepts/overview/",
    ),
    applies="hosts with a docker CLI of 23.0 or later",
)
def buildx_missing(facts: Packaging) -> Verdict:
    """The docker CLI finds no buildx plugin, so that `docker build` uses the old builder.

    ## What it reads
    The folders in which the CLI looks for plugins: ~/.docker/cli-plugins, /usr/local/lib/docker,
    /usr/local/libexec/docker, /usr/lib/docker, /usr/libexec/docker, and cliPluginsExtraDirs of
    config.json.

    ## Why it matters
    Since 23.0 BuildKit comes through buildx. Without it, `docker build` says "the legacy builder is
    deprecated", builds more slowly, and fails at `RUN --mount`, here-documents and
    `COPY --link`; with DOCKER_BUILDKIT=1 it does not build at all.

    ## How to mend it
    Install the plugin's package.

    ## What could go wrong
    Nothing: images and containers are not touched.

    ## Why this severity
    A note: a host that only runs containers does not need it.
    """
    verdict = _plugins_wanted(facts)
    if verdict is not None:
        return verdict
    cli = need(facts.cli)
    if parse_version(cli.version) < (23,):
        return skip(f"the CLI {cli.version} builds without buildx")
    found = _working(facts, "docker-buildx")
    if found:
        return ok(f"buildx is there: {found[0].path}")
    if facts.plugins_unread:
        need(facts.plugins_unread)
    return fail(
        f"The docker CLI {cli.version} has no buildx plugin: docker build falls back to the "
        "deprecated builder, without RUN --mount.",
        Evidence("cli-plugins folders", "docker-buildx", "missing", "a plugin"),
        mend=(_plugin_package(facts, "buildx"),),
    )


@TOPIC.check(
    "compose-missing",
    NOTE,
    "There is no docker compose",
    references=("https://docs.docker.com/compose/install/linux/",),
    applies="hosts with a docker CLI",
)
def compose_missing(facts: Packaging) -> Verdict:
    """Neither the compose plugin nor a stand-alone docker-compose is installed.

    ## What it reads
    The folders in which the CLI looks for plugins, and docker-compose in PATH.

    ## Why it matters
    `docker compose up` says "docker: 'compose' is not a docker command", in scripts and deployments
    as well.

    ## How to mend it
    Install the plugin's package.

    ## What could go wrong
    Nothing: images and containers are not touched.

    ## Why this severity
    A note: it may not be needed here.
    """
    verdict = _plugins_wanted(facts)
    if verdict is not None:
        return verdict
    found = _working(facts, "docker-compose")
    if found:
        return ok(f"compose is there: {found[0].path}")
    if facts.compose_v2:
        return ok("docker-compose is there, of the second generation")
    if facts.compose_v1 is not None:
        return skip("the Python docker-compose is there: compose-v1 says what that means")
    if facts.plugins_unread:
        need(facts.plugins_unread)
    return fail(
        "docker compose is not installed: no plugin in the CLI's folders, no docker-compose in PATH.",
        Evidence("cli-plugins folders", "docker-compose", "missing", "a plugin"),
        mend=(_plugin_package(facts, "compose"),),
    )


@TOPIC.check(
    "compose-v1",
    WARNING,
    "docker-compose is the Python one, which has ended",
    references=(
        "https://docs.docker.com/compose/releases/migrate/",
        "https://github.com/docker/compose/releases/tag/1.29.2",
    ),
    applies="hosts with a command docker-compose",
)
def compose_v1(facts: Packaging) -> Verdict:
    """The command docker-compose is version 1, written in Python, which ended in July 2023.

    ## What it reads
    The file docker-compose in PATH; where it is a program, what it says of its version.

    ## Why it matters
    It gets no fixes, breaks with newer Python packages (urllib3, requests) and does not know newer
    keys of compose files.

    ## How to mend it
    Install the plugin and use `docker compose`. Then remove the old command.

    ## What could go wrong
    Version 2 names containers web-1 where version 1 named them web_1: scripts that use the names
    need to be changed (`--compatibility` keeps the old ones). Run `docker compose config` first.

    ## Why this severity
    A warning; a note where a distribution's package keeps it working.
    """
    found = facts.compose_v1
    if found is None:
        return skip("there is no Python docker-compose")
    both = _working(facts, "docker-compose")
    seen = Evidence(found.path, "", "a Python program", "the compose plugin")
    if both:
        return fail(
            f"{found.path} is the Python docker-compose, which ended in July 2023; docker compose "
            "(version 2) is installed beside it.",
            seen,
            severity=NOTE,
            mend=("Use docker compose in scripts, then remove the old one.",),
        )
    return fail(
        f"{found.path} is the Python docker-compose, which ended in July 2023, and there is no "
        "docker compose.",
        seen,
        severity=NOTE if found.packaged else "",
        mend=(
            _plugin_package(facts, "compose"),
            "docker compose config   # in each project, before the first up",
        ),
    )


@TOPIC.check(
    "cli-plugin-broken",
    WARNING,
    "A plugin of the docker CLI cannot run",
    references=("https://docs.docker.com/reference/cli/docker/#cli-plugin-options",),
    applies="hosts with plugins of the docker CLI",
)
def cli_plugin_broken(facts: Packaging) -> list[Verdict] | Verdict:
    """A file in a folder of CLI plugins leads nowhere, or cannot be run on this machine.

    ## What it reads
    The files docker-* in the plugin folders: where their links lead, whether they are executable,
    and for those that came without a package, the processor they were built for.

    ## Why it matters
    Leftovers of Docker Desktop in ~/.docker/cli-plugins make docker print a warning with every
    `docker info`. A plugin of the wrong processor, or without the executable bit, hides the working
    one of the system: `docker compose` fails with "exec format error".

    ## How to mend it
    Move the file away; the one of the system's folder is then used.

    ## What could go wrong
    Nothing: the file can be moved back.

    ## Why this severity
    A warning where it hides a plugin that works or is the only one; a note for a link that leads
    nowhere, which docker passes over.
    """
    broken = [p for p in facts.plugins if p.trouble]
    if not facts.plugins:
        return skip("the docker CLI has no plugins here")
    if not broken:
        return ok(f"all {len(facts.plugins)} plugins of the docker CLI can run")
    return [
        fail(
            f"The CLI plugin {p.path} cannot run: {p.trouble}.",
            Evidence(p.path, "", p.trouble, "a program that runs here"),
            subject=p.path,
            severity=NOTE if p.dangling else "",
            mend=(f"mv {p.path} {p.path}.broken",)
            if "not executable" not in p.trouble
            else (f"chmod +x {p.path}",),
        )
        for p in broken
    ]


@TOPIC.check(
    "docker-init-missing",
    WARNING,
    "init is on, and docker-init is not installed",
    references=(
        "https://docs.docker.com/reference/cli/docker/container/run/#init",
        "https://docs.docker.com/reference/cli/dockerd/",
    ),
    applies="engines of this host with init: true",
)
def docker_init_missing(facts: Packaging) -> Verdict:
    """daemon.json wants an init process in every container, and its program is missing.

    ## What it reads
    The effective setting `init`, the component docker-init of GET /version, and the folders in
    which the daemon looks for docker-init (or init-path).

    ## Why it matters
    New containers do not start: "exec: docker-init: executable file not found in $PATH".

    ## How to mend it
    Install the package that holds it (tini on most distributions, docker-ce brings it along), or
    take `init` out of daemon.json.

    ## What could go wrong
    Without an init, processes whose parents end stay as zombies in containers that start many.

    ## Why this severity
    A warning: containers that run go on running, new ones fail.
    """
    if need(facts.init_wanted) is not True:
        return skip("init is not on")
    if any(name == "docker-init" for name, _ in have(facts.components, ())):
        return ok("the engine found its docker-init")
    if need(facts.init_there):
        return ok("docker-init is installed")
    name = facts.init_path or "docker-init"
    package = {"apt": "tini", "apk": "tini"}.get(facts.manager.name if facts.manager else "", "")
    return fail(
        f"init is on in the engine's configuration, and {name} is not installed: new containers "
        "do not start.",
        Evidence("engine GET /version", "Components docker-init", "missing", "a version"),
        Evidence(name, "", "does not exist"),
        mend=(
            facts.manager.installing(package)
            if package and facts.manager
            else "Install tini as /usr/bin/docker-init",
            'or take "init": true out of daemon.json and restart the engine',
        ),
    )


# -- judging: known vulnerabilities --------------------------------------------------------------


def _vulnerable(facts: Packaging, component: str, version: str, *names: str) -> Verdict:
    found = advisories.affecting(component, version)
    met = {advisories.ALWAYS, *facts.conditions}
    found = [a for a in found if a.when in met]
    table = f"table of {advisories.TABLE_DATE}"
    seen = Evidence("engine GET /version", component, version, f"no known advisory ({table})")
    if advisories.version_key(version) is None:
        return skip(f"{component} {version} is a version without a number")
    if not found:
        return ok(f"no advisory of the {table} is open for {component} {version}", seen)
    ids = [identity for a in found for identity in a.ids]
    built_by_distribution = _from_distribution(facts, component, version)
    if built_by_distribution:
        return _backported(facts, component, version, seen, ids)
    worst = next((a for a in reversed(found) if a.grave), found[-1])
    more = f" and {len(ids) - len(worst.ids)} more" if len(ids) > len(worst.ids) else ""
    return fail(
        f"{component} {version} is open to {', '.join(worst.ids)}{more}: {worst.effect}.",
        seen,
        *(
            Evidence(a.url, ", ".join(a.ids), a.effect, f"fixed in {', '.join(a.fixed)}")
            for a in found
        ),
        severity=ERROR if any(a.grave for a in found) else WARNING,
        mend=(
            _upgrade(facts, *names),
            *(
                ("docker restart $(docker ps -q)   # running containers keep the old one",)
                if component == advisories.RUNC
                else ()
            ),
        ),
    )


def _backported(
    facts: Packaging, component: str, version: str, seen: Evidence, ids: list[str]
) -> Verdict:
    """A distribution fixes without changing the upstream version: its number proves nothing."""
    told = facts.life if facts.here is True else None
    if isinstance(told, support.Life) and told.status == support.ENDED:
        return fail(
            f"{component} {version} comes from {facts.distribution}, which gets no more fixes: "
            f"{ids[-1]} and later ones stay open unless it was fixed before {told.ends}.",
            seen,
            severity=NOTE,
            mend=("Upgrade the distribution, or change to Docker's own packages.",),
        )
    return ok(
        f"{component} {version} is built by a distribution, which fixes it in place: its advisories "
        f"say whether {ids[-1]} is fixed",
        seen,
    )


@TOPIC.check(
    "runc-vulnerable",
    ERROR,
    "runc has known vulnerabilities",
    references=(
        "https://github.com/opencontainers/runc/security/advisories",
        "https://github.com/opencontainers/runc/issues/4968",
        "CIS Docker Benchmark 1.1.2",
    ),
    applies="engines whose runc was built by its project or by Docker",
)
def runc_vulnerable(facts: Packaging) -> Verdict:
    """The version of runc, which starts every container as root, has known vulnerabilities.

    ## What it reads
    The component runc of GET /version, compared with a dated table of advisories and the versions
    they were fixed in. A runc that a distribution built is fixed in place, under its old number:
    the distribution's own advisories decide, and nothing is claimed here.

    ## Why it matters
    Several of them let an image, or a Dockerfile that somebody else wrote, become root on the host.

    ## How to mend it
    Upgrade containerd.io, which brings runc along. Containers that run keep their old one: restart
    them afterwards.

    ## What could go wrong
    The engine restarts, and containers with it unless live-restore is on. In LXC, the runc of
    November 2025 needs an AppArmor profile on the LXC host that allows it (opencontainers/
    runc#4968).

    ## Why this severity
    An error where a container can take over the host; a warning for the lesser ones.
    """
    version = _component(facts, "runc")
    return _vulnerable(facts, advisories.RUNC, version, "containerd.io", "runc")


@TOPIC.check(
    "containerd-vulnerable",
    WARNING,
    "containerd has known vulnerabilities",
    references=("https://github.com/containerd/containerd/security/advisories",),
    applies="engines whose containerd was built by its project or by Docker",
)
def containerd_vulnerable(facts: Packaging) -> Verdict:
    """The version of containerd, which unpacks images as root, has known vulnerabilities.

    ## What it reads
    The component containerd of GET /version, compared with a dated table of advisories. One that a
    distribution built is fixed in place: the distribution's own advisories decide.

    ## Why it matters
    Users of the host, or an image, get rights that they should not have.

    ## How to mend it
    Upgrade containerd.io from Docker's repository.

    ## What could go wrong
    Containers go on running while containerd restarts; the engine may restart with it.

    ## Why this severity
    A warning; an error where a container can take over the host.
    """
    version = _component(facts, "containerd")
    return _vulnerable(facts, advisories.CONTAINERD, version, "containerd.io", "containerd")


@TOPIC.check(
    "engine-vulnerable",
    WARNING,
    "The engine has known vulnerabilities",
    references=(
        "https://github.com/moby/moby/security/advisories",
        "https://docs.docker.com/engine/release-notes/",
        "CIS Docker Benchmark 1.1.2",
    ),
    applies="engines built by Docker or Mirantis",
)
def engine_vulnerable(facts: Packaging) -> Verdict:
    """The version of the engine has known vulnerabilities that matter on this host.

    ## What it reads
    Version of GET /version, compared with a dated table of advisories. Those that need an
    authorization plugin, swarm, firewalld, an internal network or a TCP listener only count where
    there is one. A distribution fixes in place: its own advisories decide.

    ## Why it matters
    Depending on the advisory: a Dockerfile that reads the host's files, published ports that are
    open after a firewall reload, or authorization that can be got past.

    ## How to mend it
    Upgrade within Docker's repository.

    ## What could go wrong
    The daemon restarts, and every container with it unless live-restore is on.

    ## Why this severity
    A warning; an error where the host can be taken over.
    """
    version = need(facts.version)
    need(facts.builder)
    return _vulnerable(
        facts, advisories.ENGINE, version, "docker-ce", "docker-ce-cli", "containerd.io"
    )
