"""How this host's daemon is configured, reloaded and restarted: for people, and for the fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import engine
from probes.formats.systemd_show import unit_of_cgroup
from probes.host.questions import Absent
from probes.model import Missing, have, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.host import Host


class Control(NamedTuple):
    """What an owner types on this host. Commands, or a sentence where none is known."""

    config_file: str
    restart: str
    reload: str
    """Makes the daemon read its file again (SIGHUP); containers are untouched."""
    restart_argv: tuple[str, ...] = ()
    """The same as a command for a program; only where systemd runs the daemon."""
    reload_argv: tuple[str, ...] = ()
    """Empty where the daemon is sent the signal itself."""


UNKNOWN = Control(engine.DEFAULT_CONFIG, "restart the Docker daemon", "restart the Docker daemon")
"""Stands in where the daemon cannot be told."""


def control(host: Host) -> Control:
    """How the daemon behind the user's endpoint is controlled; also when it is down.

    Raises: Unreadable; inapplicable when it is elsewhere or there is none.
    """
    return host.derive(_control)


def _control(host: Host) -> Control:
    systemd = have(known(lambda: host.exists("/run/systemd/system")), otherwise=False)
    try:
        daemon = engine.daemon(host)
    except Absent:
        if systemd and engine.target(host).endpoint.url.startswith("unix:///run/user/"):
            home = host.gauge("session")["home"]
            return _by_systemd(f"{home}/.config/docker/daemon.json", "docker", user=True)
        if systemd:
            return _by_systemd(engine.DEFAULT_CONFIG, "docker", user=False)
        return UNKNOWN
    path = daemon.config_file
    hang_up = f"sudo kill -HUP {daemon.pid}"
    if path.startswith("/var/snap/"):
        return Control(path, "sudo snap restart docker", hang_up)
    groups = known(lambda: host.read_text(f"/proc/{daemon.pid}/cgroup"))
    if isinstance(groups, Missing):
        unit = "docker.service" if systemd else ""
    else:
        unit = unit_of_cgroup(groups)
    if unit:
        return _by_systemd(path, unit.removesuffix(".service"), user=bool(daemon.uid))
    if have(known(lambda: host.exists("/sbin/openrc-run")), otherwise=False):
        return Control(path, "sudo rc-service docker restart", hang_up)
    return Control(path, "restart dockerd the way it was started", hang_up)


def _by_systemd(path: str, unit: str, *, user: bool) -> Control:
    systemctl = ("systemctl", "--user") if user else ("systemctl",)
    restart, reload = (*systemctl, "restart", unit), (*systemctl, "reload", unit)
    sudo = "" if user else "sudo "
    return Control(path, sudo + " ".join(restart), sudo + " ".join(reload), restart, reload)
