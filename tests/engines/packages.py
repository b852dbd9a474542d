"""Finds or downloads the Docker Engines of three Debian releases, without installing anything.

Each engine is a folder of unpacked packages in a cache outside the source tree. The packages come
from the machine's own Debian mirror through an apt configuration of our own, so apt checks every
signature and hash, and the system's package lists and installed packages stay as they are.

    python -m tests.engines.packages        # download all, print the versions
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LAYOUT = 1
LOCK_WAIT_S = 900.0
COMMAND_S = 600.0

SUITES: Mapping[str, str] = {"20": "bookworm", "26": "trixie", "28": "forky"}
VERSIONS: tuple[str, ...] = tuple(SUITES)

_TOOLS = "tools"
_TOOLS_SUITE = "bookworm"
_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "20": ("docker.io", "containerd"),
    "26": ("docker.io", "docker-cli", "containerd", "docker-buildx", "docker-compose"),
    "28": ("docker.io", "docker-cli", "containerd", "docker-buildx", "docker-compose"),
    # Only bookworm's runc and tini run on bookworm's libc, and every newer one.
    _TOOLS: (
        "runc",
        "tini",
        "busybox-static",
        "iptables",
        "libip4tc2",
        "libip6tc2",
        "libxtables12",
        "libnftnl11",
        "libmnl0",
        "libnfnetlink0",
        "libnetfilter-conntrack3",
        "libseccomp2",
        "libdevmapper1.02.1",
    ),
}
# CLI plugins of an engine whose own release has none: 20.10's docker-compose is the old Python one.
_PLUGINS_FROM: Mapping[str, str] = {"20": "26"}

_DEBIAN_NAMES = frozenset(
    {"bookworm", "trixie", "forky", "duke", "sid", "oldstable", "stable", "testing", "unstable"}
)


class EngineUnavailable(RuntimeError):  # noqa: N818 - a state of the machine, not a mistake
    """Real engines cannot be had on this machine; the message says why in one sentence."""


@dataclass(frozen=True)
class AptSource:
    """Where the machine gets Debian from: the mirror and the key that signs it."""

    uri: str
    signed_by: str = ""
    trusted: bool = False


@dataclass(frozen=True)
class Unpacked:
    """A folder of unpacked packages."""

    name: str
    suite: str
    root: Path
    packages: Mapping[str, str]
    """Package name to its Debian version."""

    @property
    def bin_dirs(self) -> list[Path]:
        """The folders to put on PATH."""
        names = ("bin", "usr/sbin", "usr/bin", "sbin")
        return [self.root / name for name in names if (self.root / name).is_dir()]

    @property
    def lib_dirs(self) -> list[Path]:
        """The folders to put on LD_LIBRARY_PATH."""
        found = [*self.root.glob("usr/lib/*-linux-gnu*"), *self.root.glob("lib/*-linux-gnu*")]
        return sorted(path for path in found if path.is_dir())

    def program(self, name: str) -> Path:
        """The program of that name in this folder."""
        for folder in self.bin_dirs:
            if (folder / name).exists():
                return folder / name
        raise EngineUnavailable(f"the packages of {self.suite} hold no program {name}")


@dataclass(frozen=True)
class EnginePackages(Unpacked):
    """One release's dockerd, docker and containerd."""

    version: str = ""
    """What `dockerd --version` says, without Debian's suffix: 20.10.24."""

    @property
    def major(self) -> str:
        """The name the tests use: 20, 26 or 28."""
        return self.version.split(".", 1)[0]

    @property
    def plugin_dir(self) -> Path | None:
        """The folder of docker-buildx and docker-compose, if this release has them."""
        for folder in ("usr/libexec/docker/cli-plugins", "usr/lib/docker/cli-plugins"):
            if (self.root / folder).is_dir():
                return self.root / folder
        return None


def cache_dir() -> Path:
    """The folder that keeps downloads between runs."""
    chosen = os.environ.get("HULLCHECK_TEST_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hullcheck-tests"


def engine(version: str) -> EnginePackages:
    """The packages of one engine, downloaded if the cache has none yet.

    Args:
        version: "20", "26" or "28"; a longer form such as "20.10" is understood.

    Raises:
        EngineUnavailable: they cannot be had here.
    """
    key = version.split(".", 1)[0]
    if key not in SUITES:
        raise ValueError(f"no engine {version!r}: there are {', '.join(VERSIONS)}")
    root, manifest = _obtained(key)
    return EnginePackages(
        name=key,
        suite=SUITES[key],
        root=root,
        packages=manifest["packages"],
        version=manifest["version"],
    )


def tools() -> Unpacked:
    """What every engine needs besides itself: runc, iptables, tini, busybox and their libraries."""
    root, manifest = _obtained(_TOOLS)
    return Unpacked(_TOOLS, _TOOLS_SUITE, root, manifest["packages"])


def busybox() -> Path:
    """A static busybox: the content of the test images."""
    return tools().program("busybox")


def cli_plugins(version: str) -> dict[str, Path]:
    """The CLI plugins for that engine's CLI: name (docker-buildx) to file."""
    key = version.split(".", 1)[0]
    folder = engine(_PLUGINS_FROM.get(key, key)).plugin_dir
    return {path.name: path for path in sorted(folder.iterdir())} if folder else {}


_failures: dict[str, str] = {}


def _obtained(name: str) -> tuple[Path, dict[str, Any]]:
    """The folder and manifest of one unit; a failure is remembered, so it costs time once."""
    if name in _failures:
        raise EngineUnavailable(_failures[name])
    try:
        return _obtain(name)
    except EngineUnavailable as exc:
        _failures[name] = str(exc)
        raise


@cache
def _obtain(name: str) -> tuple[Path, dict[str, Any]]:
    target = cache_dir() / f"{name}-{SUITES.get(name, _TOOLS_SUITE)}"
    manifest = _manifest(target)
    if manifest:
        return target, manifest
    if sys.platform != "linux":
        raise EngineUnavailable("real engines need Linux")
    for program in ("apt-get", "apt-cache", "dpkg"):
        if shutil.which(program) is None:
            raise EngineUnavailable(
                f"real engines come from Debian packages, and there is no {program}"
            )
    with locked(f"{name}.lock"):
        manifest = _manifest(target)  # another process may have been faster
        if not manifest:
            manifest = _download(name, target)
    return target, manifest


def _manifest(target: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((target / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("layout") == LAYOUT else None


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock of the cache against other processes.

    Raises:
        EngineUnavailable: the cache cannot be written, or another process never let go.
    """
    import fcntl  # the fixtures are loaded on Windows as well

    try:
        cache_dir().mkdir(parents=True, exist_ok=True)
        handle = (cache_dir() / name).open("w")
    except OSError as exc:
        raise EngineUnavailable(f"the cache folder cannot be written: {exc}") from exc
    with handle:
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EngineUnavailable(
                        f"another process holds {cache_dir() / name} for too long"
                    ) from None
                time.sleep(0.2)
        yield


def run_tool(
    argv: Sequence[str | Path], *, cwd: Path | None = None, timeout: float = COMMAND_S
) -> str:
    """Run a packaging command and return what it printed.

    Raises:
        EngineUnavailable: it failed; the message ends with its last line.
    """
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            timeout=timeout,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise EngineUnavailable(f"{argv[0]} could not run: {exc}") from exc
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        telling = [line for line in lines if line.startswith(("E:", "W:"))] or lines
        raise EngineUnavailable(f"{Path(argv[0]).name} failed: {telling[0]}")
    return done.stdout


def apt_sources() -> list[AptSource]:
    """The machine's own Debian mirrors, those signed by Debian's archive key first."""
    folder = Path("/etc/apt")
    found: list[AptSource] = []
    for path in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        if path.suffix == ".list":
            found += _one_line_sources(text)
        elif path.suffix == ".sources":
            found += _deb822_sources(text)
    unique = list(dict.fromkeys(found))
    return sorted(unique, key=lambda source: "debian-archive" not in source.signed_by)


def _one_line_sources(text: str) -> Iterator[AptSource]:
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if not match:
            continue
        options, uri, suite, components = match.groups()
        if suite in _DEBIAN_NAMES and "main" in components.split():
            named = dict(item.split("=", 1) for item in (options or "").split() if "=" in item)
            yield AptSource(uri, named.get("signed-by", ""), named.get("trusted") == "yes")


def _deb822_sources(text: str) -> Iterator[AptSource]:
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in " \t" and name:
                fields[name] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if (
            fields.get("enabled", "yes").lower() != "no"
            and "deb" in fields.get("types", "").split()
            and "main" in fields.get("components", "").split()
            and _DEBIAN_NAMES.intersection(fields.get("suites", "").split())
            and fields.get("uris")
        ):
            yield AptSource(
                fields["uris"].split()[0],
                fields.get("signed-by", ""),
                fields.get("trusted", "").lower() == "yes",
            )


@contextlib.contextmanager
def _apt(name: str, suite: str) -> Iterator[tuple[Path, Path]]:
    """A private apt for one suite, its lists fetched: (configuration file, scratch folder)."""
    for stale in cache_dir().glob(f".{name}-*"):  # of a killed run: we hold the lock
        shutil.rmtree(stale, ignore_errors=True)
    sources = apt_sources()
    if not sources:
        raise EngineUnavailable("this machine's apt sources name no Debian mirror")
    problem: EngineUnavailable | None = None
    for source in sources:
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=cache_dir()) as scratch:
            folder = Path(scratch)
            config = _write_apt_config(folder, suite, source)
            try:
                run_tool(["apt-get", "-c", config, "update", "--error-on=any"])
                run_tool(["apt-cache", "-c", config, "show", "docker.io"])
            except EngineUnavailable as exc:
                problem = problem or exc
                continue
            yield config, folder
            return
    raise EngineUnavailable(f"the packages of {suite} cannot be listed: {problem}")


def _write_apt_config(folder: Path, suite: str, source: AptSource) -> Path:
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "cache/archives/partial").mkdir(parents=True)
    (folder / "debs").mkdir()
    (folder / "status").touch()
    stanza = f"Types: deb\nURIs: {source.uri}\nSuites: {suite}\nComponents: main\n"
    if source.signed_by:
        stanza += f"Signed-By: {source.signed_by}\n"
    if source.trusted:
        stanza += "Trusted: yes\n"
    (folder / "debian.sources").write_text(stanza)
    config = folder / "apt.conf"
    config.write_text(
        f"""
Dir::State "{folder}";
Dir::State::lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/debian.sources";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Acquire::Retries "2";
Acquire::http::Timeout "30";
APT::Sandbox::User "root";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
"""
    )
    return config


def _download(name: str, target: Path) -> dict[str, Any]:
    """Fetch and unpack one unit; its folder appears under its name only when it is whole."""
    suite = SUITES.get(name, _TOOLS_SUITE)
    with _apt(name, suite) as (config, scratch):
        if name in SUITES:
            offered = re.search(
                r"^Version: (?:\d+:)?((\d+)[\d.]*)",
                run_tool(["apt-cache", "-c", config, "show", "docker.io"]),
                re.MULTILINE,
            )
            if offered is None or offered[2] != name:
                shipped = offered[1] if offered else "an unreadable version"
                raise EngineUnavailable(f"{suite} now ships Docker {shipped}, not {name}")
        run_tool(["apt-get", "-c", config, "download", *_PACKAGES[name]], cwd=scratch / "debs")
        root = scratch / "root"
        root.mkdir()
        packages: dict[str, str] = {}
        for deb in sorted((scratch / "debs").glob("*.deb")):
            run_tool(["dpkg", "-x", deb, root])
            shown = run_tool(["dpkg-deb", "--show", "--showformat=${Package}\t${Version}", deb])
            package, version = shown.split("\t")
            packages[package] = version
        missing = set(_PACKAGES[name]) - set(packages)
        if missing:
            raise EngineUnavailable(f"{suite} gave no {', '.join(sorted(missing))}")
        manifest = {"layout": LAYOUT, "suite": suite, "packages": packages}
        if name == _TOOLS:
            _link_tools(root)
        else:
            manifest["version"] = _dockerd_version(root, name, suite)
        (root / "manifest.json").write_text(json.dumps(manifest, indent=1))
        root.chmod(0o755)
        if target.exists():  # left by another layout
            shutil.rmtree(target)
        root.rename(target)
    return manifest


def _link_tools(root: Path) -> None:
    """Make the names that the packages' own install scripts would have made."""
    binaries = root / "bin"
    binaries.mkdir(exist_ok=True)
    for name, program in {
        "iptables": "xtables-nft-multi",
        "ip6tables": "xtables-nft-multi",
        "docker-init": "tini",
        "runc": "runc",
    }.items():
        for folder in ("usr/sbin", "usr/bin"):
            if (root / folder / program).exists() and not (binaries / name).exists():
                (binaries / name).symlink_to(Path("..") / folder / program)


def _dockerd_version(root: Path, name: str, suite: str) -> str:
    """Run the unpacked dockerd: it must start here, and be the major version asked for."""
    libraries = os.pathsep.join(map(str, tools().lib_dirs))
    dockerd = Unpacked(name, suite, root, {}).program("dockerd")
    said = run_tool(["env", f"LD_LIBRARY_PATH={libraries}", dockerd, "--version"], timeout=60)
    match = re.search(r"version (\d+)(\.[\d.]*\d)", said)
    if match is None or match[1] != name:
        raise EngineUnavailable(f"{suite} now ships {said.strip()}, not Docker {name}")
    return match[1] + match[2]


def ensure_system_packages(programs: Mapping[str, str] | None = None) -> None:
    """Install the few system packages the engines need, where this is allowed.

    Args:
        programs: program to the package that holds it; those already there cost nothing.

    Raises:
        EngineUnavailable: one is missing and cannot be installed.
    """
    wanted = {"ip": "iproute2", "ps": "procps"} if programs is None else programs
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    missing = {
        program: package
        for program, package in wanted.items()
        if shutil.which(program, path=path) is None
    }
    if not missing:
        return
    names = ", ".join(sorted(missing))
    if os.geteuid() != 0:
        raise EngineUnavailable(f"{names} is missing, and only root may install it")
    if shutil.which("apt-get") is None:
        raise EngineUnavailable(f"{names} is missing, and there is no apt-get to install it")
    install = ["apt-get", "install", "-y", "--no-install-recommends", *sorted(missing.values())]
    with locked("system.lock"):
        try:
            run_tool(install)
        except EngineUnavailable:  # most often: no package lists yet
            run_tool(["apt-get", "update"])
            run_tool(install)


def main(argv: Sequence[str] | None = None) -> int:
    """Download every engine and print what is there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("versions", nargs="*", default=list(VERSIONS), metavar="VERSION")
    parser.add_argument("--rootfs", action="store_true", help="also build the systemd host's image")
    options = parser.parse_args(argv)
    reports = [_report(version) for version in options.versions]
    if options.rootfs:
        from tests.engines import systemd_host

        try:
            reports.append((True, f"systemd host: {systemd_host.root_archive()}"))
        except EngineUnavailable as exc:
            reports.append((False, f"systemd host: unavailable: {exc}"))
    sys.stdout.write("".join(f"{text}\n" for _, text in reports))
    return 0 if all(fine for fine, _ in reports) else 1


def _report(version: str) -> tuple[bool, str]:
    try:
        found = engine(version)
        tools()
        plugins = ", ".join(cli_plugins(version)) or "none"
    except EngineUnavailable as exc:
        return False, f"{version}: unavailable: {exc}"
    parts = ", ".join(f"{name} {number}" for name, number in sorted(found.packages.items()))
    return True, (
        f"{found.major}: Docker {found.version} of {found.suite} in {found.root}\n"
        f"    {parts}\n    CLI plugins: {plugins}"
    )


if __name__ == "__main__":
    sys.exit(main())
