"""Which topics can have anything to say about a host: the others need not even be imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import PROBES, desktop_host, engine
from probes.model import known

if TYPE_CHECKING:
    from probes.host import Host

_AROUND_WSL = frozenset({"wsl", "wsl-config", "windows"})
"""Topics about the Windows of this host and its WSL."""

_AROUND_DESKTOP = frozenset(
    {"desktop", "desktop-settings-file", "desktop-disk", "desktop-log", "file-sharing", "providers"}
)
"""Topics about an engine in a VM on this host."""


def relevant(host: Host) -> list[str]:
    """The topics that can apply to the host, in report order; all where its kind is unknown."""
    on = known(lambda: desktop_host.platform(host))
    if on == desktop_host.MACOS:
        left_out = _AROUND_WSL
    elif on == desktop_host.LINUX:
        left_out = _AROUND_WSL if _desktop_on_linux(host) else _AROUND_WSL | _AROUND_DESKTOP
    else:
        left_out = frozenset()
    return [topic for topic in PROBES if topic not in left_out]


def _desktop_on_linux(host: Host) -> bool:
    """Whether Docker Desktop for Linux is installed, or this shell is minikube's."""
    if known(lambda: host.env("MINIKUBE_ACTIVE_DOCKERD")) not in {None, ""}:
        return True
    there = known(lambda: host.exists(desktop_host.DESKTOP_ON_LINUX))
    # Of a host that was not looked at, the engine may still tell.
    return there if isinstance(there, bool) else engine.look(host).provider == "docker-desktop"
