"""How this host's daemon is configured and restarted by hand: for instructions, nothing more."""

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
            return Control(
                f"{home}/.config/docker/daemon.json",
                "systemctl --user restart docker",
                "systemctl --user reload docker",
            )
        if systemd:
            return Control(
                engine.DEFAULT_CONFIG,
                "sudo systemctl restart docker",
                "sudo systemctl reload docker",
            )
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
        systemctl = "systemctl --user" if daemon.uid else "sudo systemctl"
        name = unit.removesuffix(".service")
        return Control(path, f"{systemctl} restart {name}", f"{systemctl} reload {name}")
    if have(known(lambda: host.exists("/sbin/openrc-run")), otherwise=False):
        return Control(path, "sudo rc-service docker restart", hang_up)
    return Control(path, "restart dockerd the way it was started", hang_up)
