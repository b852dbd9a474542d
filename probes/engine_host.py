"""Whether this host's kernel is the one that the user's engine runs its containers on.

Topics about the kernel, its settings and the service manager ask here before they judge: advice
about this machine is wrong for an engine in a VM, in another namespace or on another machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import engine
from probes.engine_identity import IN_A_VM
from probes.host.questions import Absent, Unreadable
from probes.model import Missing

if TYPE_CHECKING:
    from probes.host import Host


class OtherKernel(Unreadable):
    """The engine's containers run on a kernel that is not this one."""

    kind = "inapplicable"


def engine_host(host: Host) -> bool:
    """True, where the engine is installed here, whether or not it runs or may be asked.

    Raises: an Unreadable of kind inapplicable where there is no engine or it is elsewhere.
    """
    return host.derive(_engine_host)


def _engine_host(host: Host) -> bool:
    told = engine.look(host)
    if told.provider in IN_A_VM:
        raise OtherKernel(f"{told.provider} runs its containers in a VM with a kernel of its own")
    system = host.gauge("system")
    if system["platform"] != "linux":
        raise OtherKernel("containers of Linux run in a VM on this host, with a kernel of its own")
    if system["release"].endswith("-Microsoft"):  # as desktop_host.platform tells it
        raise OtherKernel("WSL 1 has no kernel of Linux: no engine runs in it")
    if told.provider == "podman" and told.local is True:
        return True  # it may have no process to see
    if isinstance(told.daemon, Missing) and told.daemon.kind == "inapplicable":
        raise OtherKernel(told.daemon.reason)
    if isinstance(told.daemon, Missing) and not told.endpoint.startswith("unix://"):
        raise OtherKernel(f"the engine is on another machine ({told.endpoint or 'unknown'})")
    return True


def is_rootless(host: Host) -> bool:
    """Whether the engine is rootless: as it says itself, else by where its socket is and whose."""
    told = engine.look(host)
    if not isinstance(told.rootless, Missing):
        return told.rootless
    if told.rootless.kind == "inapplicable":
        raise OtherKernel(told.rootless.reason)
    path = told.endpoint.removeprefix("unix://")
    if path.startswith("/run/user/"):
        return True
    try:
        return host.stat(path).uid != 0
    except Unreadable:
        raise Absent(told.rootless.reason, look=told.rootless.look) from None


def container_of(host: Host) -> str:
    """What this host is a container of: lxc, docker, podman, systemd-nspawn...; empty for none.

    systemd writes /run/systemd/container (systemd.exec CONTAINER_INTERFACE); without systemd the
    engines leave /.dockerenv and /run/.containerenv.
    """
    return host.derive(_container_of)


def _container_of(host: Host) -> str:
    try:
        name = host.read_text("/run/systemd/container").strip()
    except Unreadable as error:
        if error.kind != "absent":
            raise
        name = ""
    if name == "wsl":
        # WSL 2 distributions are containers of one VM: their kernel is the host's for all we ask.
        return ""
    if name:
        return name
    if host.exists("/dev/.lxc") or host.exists("/dev/.lxd-mounts"):
        return "lxc"
    try:
        # A machine may have been made from an image, /.dockerenv and all: kernel threads are only
        # seen in the machine's own process namespace.
        if host.read_text("/proc/2/comm").strip() == "kthreadd":
            return ""
    except Unreadable as error:
        if error.kind == "slow":
            raise
    if host.exists("/.dockerenv"):
        return "docker"
    return "podman" if host.exists("/run/.containerenv") else ""


def containers(host: Host) -> list[dict[str, Any]]:
    """All containers as ``GET /containers/json?all=1`` lists them."""
    answer = engine.get(host, CONTAINERS)
    return [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []


CONTAINERS = "/containers/json?all=1"


def image_of(row: dict[str, Any]) -> str:
    """The image's name of a container, without registry, folder, tag and digest.

    >>> image_of({"Image": "docker.elastic.co/elasticsearch/elasticsearch:8.15.0"})
    'elasticsearch'
    """
    name = str(row.get("Image") or "").partition("@")[0]
    return name.rpartition("/")[2].partition(":")[0].lower()


def name_of(row: dict[str, Any]) -> str:
    """A container's name, else the start of its id."""
    names = row.get("Names")
    if isinstance(names, list) and names:
        return str(names[0]).lstrip("/")
    return str(row.get("Id") or "")[:12]
