"""How we look: the seam to a machine, the formats we read, and one file per topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probes.model import Check, Topic

PROBES = {
    "reachability": "probes.reachability",
    "providers": "probes.providers",
    "desktop": "probes.desktop",
    "desktop-settings-file": "probes.desktop_settings_file",
    "daemon-config": "probes.daemon_config",
    "windows": "probes.windows",
    "wsl": "probes.wsl",
    "wsl-config": "probes.wsl_config",
    "systemd-unit": "probes.systemd_unit",
    "storage": "probes.storage",
    "disk": "probes.disk",
    "desktop-disk": "probes.desktop_disk",
    "file-sharing": "probes.file_sharing",
    "logging": "probes.container_logging",
    "network": "probes.network",
    "dns": "probes.dns",
    "network-interfaces": "probes.network_interfaces",
    "published-ports": "probes.published_ports",
    "firewall": "probes.firewall",
    "daemon-security": "probes.daemon_security",
    "daemon-log": "probes.daemon_log",
    "desktop-log": "probes.desktop_log",
    "kernel": "probes.kernel",
    "sysctls": "probes.sysctls",
    "cgroups": "probes.cgroups",
    "ulimits": "probes.ulimits",
    "clock": "probes.clock",
    "packaging": "probes.packaging",
    "requirements": "probes.requirements",
    "buildkit": "probes.buildkit",
    "swarm": "probes.swarm",
}
"""Topic id -> module, imported when the topic is wanted. The order is that of a report."""


def load_topic(id: str) -> Topic[Any]:  # noqa: A002
    """The topic of that id. Raises KeyError for one that does not exist."""
    from importlib import import_module

    topic: Topic[Any] = import_module(PROBES[id]).TOPIC
    return topic


def load_topics() -> list[Topic[Any]]:
    """All topics, in report order."""
    return [load_topic(name) for name in PROBES]


def load_checks() -> dict[str, Check]:
    """Every check by its id, in report order."""
    return {check.id: check for topic in load_topics() for check in topic.checks}
