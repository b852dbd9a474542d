"""The products that bring an engine: which are installed, which run, which contexts lead to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from probes import desktop_host, engine
from probes.desktop_host import MACOS, WINDOWS
from probes.engine_identity import provider_at, provider_named
from probes.host.questions import Unreadable
from probes.model import Missing, have, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.host import Host, Process


def _with_homebrew(program: str) -> tuple[str, ...]:
    return tuple(f"{f}/{program}" for f in ("/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"))


PLACES = {
    "docker-desktop": (
        "/Applications/Docker.app",
        "/opt/docker-desktop",
        r"C:\Program Files\Docker\Docker",
    ),
    "orbstack": ("/Applications/OrbStack.app",),
    "rancher-desktop": (
        "/Applications/Rancher Desktop.app",
        "/opt/rancher-desktop",
        r"C:\Program Files\Rancher Desktop",
    ),
    "colima": _with_homebrew("colima"),
    "podman": (
        "/opt/podman/bin/podman",
        *_with_homebrew("podman"),
        r"C:\Program Files\RedHat\Podman",
    ),
    "docker-engine": (
        "/usr/bin/dockerd",
        "/usr/sbin/dockerd",
        "/snap/bin/docker",
        r"C:\Program Files\Docker\dockerd.exe",
        r"C:\Windows\System32\dockerd.exe",
    ),
    "lima": _with_homebrew("limactl"),
    "finch": ("/Applications/Finch", *_with_homebrew("finch"), r"C:\Program Files\Finch"),
    "minikube": (*_with_homebrew("minikube"), r"C:\Program Files\Kubernetes\Minikube"),
}
"""Where each product's program lies. Lima is also a part of Colima, which Homebrew installs with it."""

_ON_A_MAC = ("/Applications/", "/opt/homebrew/")

AT_THE_DEFAULT = ("docker-desktop", "orbstack", "rancher-desktop", "colima", "podman")
"""Products that may hold the default socket or pipe, in the order in which that is likely."""

_PROGRAMS = {
    "com.docker.backend": "docker-desktop",
    "com.docker.back": "docker-desktop",
    "orbstack": "orbstack",
    "orbstack helper": "orbstack",
    "rancher desktop": "rancher-desktop",
    "rancher-desktop": "rancher-desktop",
    "colima": "colima",
    "win-sshproxy": "podman",
}
"""Processes that only one product has, in lower case; Linux cuts a name after 15 letters."""

_OF_LIMA = (
    ("/.colima/", "colima"),
    ("/colima/", "colima"),
    ("finch", "finch"),
    ("rancher", "rancher-desktop"),
)
"""Parts of the command line of a VM that Lima carries for another product."""


class Context(NamedTuple):
    """A docker context of this user."""

    name: str
    endpoint: str
    provider: str | None
    """Whose engine it leads to; None where that cannot be told."""
    remote: bool
    """Whether the engine is reached over the network."""


class Installed(NamedTuple):
    """A product that this host has."""

    provider: str
    path: str
    """Where its program lies; empty where only its processes or contexts are seen."""
    running: bool | Missing
    contexts: tuple[str, ...]


def installed_at(host: Host, provider: str) -> str:
    """Where a product's program lies; empty where it is in none of the usual places.

    Raises: Unreadable where the platform cannot be told.
    """
    where = desktop_host.platform(host)
    mine = (path for path in PLACES[provider] if path.startswith("C:") == (where == WINDOWS))
    if where != MACOS:
        mine = (path for path in mine if not path.startswith(_ON_A_MAC))
    return next((path for path in mine if engine.is_there(host, path)), "")


def contexts(host: Host) -> tuple[Context, ...]:
    """The named contexts (docker/cli cli/context/store), by name; unreadable ones are left out.

    Raises: Unreadable where the user's home folder cannot be told.
    """
    return host.derive(_contexts)


def _contexts(host: Host) -> tuple[Context, ...]:
    meta = desktop_host.join(host, engine.docker_config_dir(host), "contexts", "meta")
    try:
        folders = host.list(meta)
    except Unreadable:
        return ()
    found = []
    for folder in folders:
        try:
            told = json.loads(host.read_text(desktop_host.join(host, meta, folder, "meta.json")))
            name, endpoint = str(told["Name"]), str(told["Endpoints"]["docker"]["Host"])
        except (Unreadable, ValueError, KeyError, TypeError):
            continue
        whose = provider_at(endpoint) or provider_named(name)
        remote = not endpoint.startswith(("unix://", "npipe://"))
        found.append(Context(name, endpoint, None if remote else whose, remote))
    return tuple(sorted(found, key=lambda context: context.name))


def _owner(process: Process) -> str:
    """The product that a process of this host belongs to; empty for any other process."""
    name = process.name.lower().removesuffix(".exe")
    words = " ".join(process.argv).replace("\\", "/").lower()
    if name in _PROGRAMS:
        return _PROGRAMS[name]
    if name == "limactl" and "hostagent" in process.argv:
        return next((provider for part, provider in _OF_LIMA if part in words), "lima")
    if name in {"gvproxy", "vfkit", "krunkit"}:  # minikube and others use them as well
        return "podman" if "podman" in words else ""
    return ""


def running(processes: Iterable[Process]) -> frozenset[str]:
    """The products that have a process; docker-engine for a dockerd of this host."""
    seen = [p for p in processes if not p.nested]
    mine = {_owner(p) for p in seen} - {""}
    return frozenset(mine | ({"docker-engine"} if engine.dockerds(seen) else set()))


def inventory(host: Host) -> tuple[Installed, ...]:
    """Every product of which this host has a program, a process or a context.

    Raises: Unreadable where the platform cannot be told.
    """
    processes = known(host.processes)
    runs = processes if isinstance(processes, Missing) else running(processes)
    named = have(known(lambda: contexts(host)), ())
    found = []
    for provider in PLACES:
        path = installed_at(host, provider)
        mine = tuple(context.name for context in named if context.provider == provider)
        works: bool | Missing = runs if isinstance(runs, Missing) else provider in runs
        if provider == "minikube" and path:
            works = Missing("minikube's own process does not tell", look="minikube profile list")
        if path or mine or works is True:
            found.append(Installed(provider, path, works, mine))
    return tuple(found)
