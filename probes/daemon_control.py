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
    certificates: str = "/etc/docker/certs.d"
    """Below it a registry's own authority goes to NAME/ca.crt."""


UNKNOWN = Control(engine.DEFAULT_CONFIG, "restart the Docker daemon", "restart the Docker daemon")
"""Stands in where the daemon cannot be told."""


def _in_a_vm(config_file: str, restart: str, certificates: str = "") -> Control:
    return Control(
        config_file,
        restart,
        restart,
        certificates=certificates or "(in the VM) /etc/docker/certs.d",
    )


_DESKTOP = "Apply & restart in Docker Desktop's Settings > Docker Engine"

IN_A_VM = {
    # docker/docs content/manuals/desktop/settings-and-maintenance/settings.md, "Docker Engine"
    "docker-desktop": _in_a_vm(
        "Docker Desktop's Settings > Docker Engine",
        _DESKTOP,
        # docker/docs content/manuals/desktop/troubleshoot-and-support/faqs/macfaqs.md, "TLS certificates"
        "~/.docker/certs.d",
    ),
    # docs.orbstack.dev/docker: Settings > Docker, kept in ~/.orbstack/config/docker.json
    "orbstack": _in_a_vm("OrbStack's Settings > Docker", "orb restart docker"),
    # abiosoft/colima embedded/defaults/colima.yaml: "docker" holds the daemon's configuration
    "colima": _in_a_vm("the section docker of colima.yaml (colima start --edit)", "colima restart"),
    "rancher-desktop": _in_a_vm(
        "/etc/docker/daemon.json in the VM (a provisioning script keeps it)",
        "quit Rancher Desktop and start it again",
    ),
    "lima": _in_a_vm(
        "the daemon.json in the VM (limactl shell NAME)", "limactl stop NAME && limactl start NAME"
    ),
    "minikube": _in_a_vm(
        "minikube's options (minikube start --docker-opt=KEY=VALUE)",
        "minikube stop && minikube start",
    ),
}
"""How the engines in the VMs of desktop products are configured: no file of this host is theirs."""


ELSEWHERE = Control(
    f"{engine.DEFAULT_CONFIG} of the engine's own machine",
    "restart the Docker daemon there",
    "restart the Docker daemon there",
)
"""An engine that is reached over the network."""

PODMAN = Control(
    "podman's own configuration (/etc/containers)",
    "podman reads it with its next command",
    "podman reads it with its next command",
    certificates="/etc/containers/certs.d",
)
"""containers-registries.conf(5), containers-certs.d(5): podman reads no daemon.json."""


def advice(host: Host) -> Control:
    """What to tell the owner of the engine, wherever it runs; never raises."""
    seen = engine.look(host)
    if seen.provider == "podman":
        return PODMAN
    if isinstance(seen.provider, str) and seen.provider in IN_A_VM:
        return IN_A_VM[seen.provider]
    found = known(lambda: control(host))
    if isinstance(found, Control):
        return found
    return ELSEWHERE if seen.local is False else UNKNOWN


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
