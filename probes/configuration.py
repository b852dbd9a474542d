"""The daemon's effective configuration: defaults, its file, its flags, its environment.

Other topics ask :func:`setting` for one key; ``hullcheck effective`` shows them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from probes.host import Host


class Setting(NamedTuple):
    """One key of daemon.json as it applies to the running daemon."""

    key: str
    value: Any
    """JSON; the default of this engine version where nobody set it."""
    source: str
    """default, file, flag, environment."""
    where: str
    """E.g. ``/etc/docker/daemon.json line 4``, ``dockerd command line``, or empty for defaults."""


def setting(host: Host, key: str) -> Setting:
    """The effective value of a daemon.json key for the daemon behind the user's endpoint.

    Raises: Unreadable; its kind is inapplicable when the daemon runs elsewhere or there is none.
    """
    raise NotImplementedError
