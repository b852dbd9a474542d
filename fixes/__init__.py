"""How we mend: remedies that propose, a plan of their proposals, a transaction that applies it.

The table says which module holds a fix and which checks' findings it mends, so that a report can
name the fix of a finding without importing any.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from fixes.model import Family, Fix


class Entry(NamedTuple):
    """A fix in the table."""

    module: str
    """Below ``fixes.remedies``."""
    mends: tuple[str, ...]


FIXES: dict[str, Entry] = {
    # -- daemon.json: logs, networks, the file itself -------------------------------------------
    "daemon-json-repair": Entry("daemon_file", ("daemon-json-syntax", "daemon-json-encoding")),
    "daemon-json-keys": Entry(
        "daemon_file",
        (
            "daemon-json-unknown-key",
            "daemon-json-removed-key",
            "daemon-json-key-too-new",
            "daemon-json-singular-key",
            "daemon-json-flag-as-key",
            "daemon-json-ignored-key",
        ),
    ),
    "daemon-json-types": Entry("daemon_file", ("daemon-json-wrong-type",)),
    "daemon-json-flags": Entry("daemon_file", ("daemon-json-flag-conflict",)),
    "log-options": Entry(
        "container_logs",
        ("log-option-invalid", "daemon-json-log-opt-unknown", "daemon-json-log-opt-value"),
    ),
    "log-rotation": Entry("container_logs", ("log-rotation-unbounded",)),
    "address-pools": Entry(
        "engine_networks",
        (
            "docker-network-hides-route",
            "docker-network-hides-dns",
            "address-pool-exhausted",
            "daemon-json-pool-invalid",
            "daemon-json-pool-size",
            "daemon-json-pool-overlap",
            "daemon-json-pool-few-networks",
            "daemon-json-pool-host-bits",
        ),
    ),
    "bridge-mtu": Entry("engine_networks", ("bridge-mtu-above-egress",)),
    "daemon-dns": Entry("engine_networks", ("daemon-dns-loopback", "host-dns-only-loopback")),
    "storage-migration": Entry(
        "storage_migration",
        (
            "storage-driver-vfs",
            "storage-driver-removed",
            "storage-driver-btrfs",
            "storage-driver-fuse-overlayfs",
            "data-root-no-d-type",
            "data-root-on-network",
            "data-root-in-memory",
            "data-root-unsuitable-file-system",
            "data-root-shares-root-partition",
            "containerd-store-not-on-data-root",
        ),
    ),
    # -- daemon.json: other settings; open files -------------------------------------------------
    "live-restore": Entry("daemon_settings", ("live-restore-off",)),
    "live-restore-in-swarm": Entry("daemon_settings", ("swarm-with-live-restore",)),
    "builder-gc": Entry("daemon_settings", ("build-cache-gc-off",)),
    "daemon-debug": Entry("daemon_settings", ("daemon-debug-on",)),
    "userland-proxy": Entry("daemon_settings", ("userland-proxies-many", "userland-proxy-on")),
    "no-new-privileges": Entry("daemon_settings", ("no-new-privileges-off",)),
    "icc": Entry("daemon_settings", ("default-bridge-icc-on",)),
    "default-ulimits": Entry("open_files", ("nofile-infinite", "nofile-low")),
    # -- the kernel ------------------------------------------------------------------------------
    "kernel-modules": Entry(
        "kernel_modules",
        (
            "kernel-modules-gone",
            "overlay-unavailable",
            "iptable-raw-missing",
            "bridge-filtering-off",
        ),
    ),
    "ip-forward": Entry(
        "kernel_settings",
        ("ip-forward-off", "ip-forward-reset-by-file", "interface-forwarding-off"),
    ),
    "ipv6-forward": Entry(
        "kernel_settings", ("ipv6-forward-off", "ipv6-router-advertisements-ignored")
    ),
    "listen-backlog": Entry("kernel_settings", ("listen-backlog-low",)),
    "conntrack": Entry("kernel_settings", ("conntrack-nearly-full",)),
    "inotify": Entry("kernel_settings", ("inotify-watches-low", "inotify-instances-low")),
    "max-map-count": Entry("kernel_settings", ("max-map-count-low",)),
    "process-numbers": Entry("kernel_settings", ("process-numbers-nearly-used",)),
    "keyring-quota": Entry(
        "kernel_settings", ("root-keyring-quota-low", "keyring-quota-nearly-used")
    ),
    "open-files": Entry("kernel_settings", ("open-files-nearly-used",)),
    "overcommit": Entry("kernel_settings", ("overcommit-nearly-used", "overcommit-off-for-redis")),
    "user-namespaces": Entry("kernel_settings", ("user-namespaces-off",)),
    "rootless-low-ports": Entry("kernel_settings", ("rootless-low-port-refused",)),
    "rootless-ping": Entry("kernel_settings", ("rootless-ping-refused",)),
    # -- systemd ---------------------------------------------------------------------------------
    "engine-nofile": Entry(
        "open_files", ("nofile-set-on-docker-only", "daemon-descriptors-nearly-used")
    ),
    "engine-tasks-max": Entry("engine_unit", ("unit-tasks-limited",)),
    "engine-oom-score": Entry("engine_unit", ("engine-oom-unprotected",)),
    "engine-delegate": Entry("engine_unit", ("cgroups-not-delegated",)),
    "engine-kill-mode": Entry("engine_unit", ("kill-mode-not-process",)),
    "engine-after-mount": Entry("engine_unit", ("data-root-mount-unordered",)),
    "engine-proxy": Entry("engine_unit", ("daemon-proxy-dead",)),
    "exec-start-reset": Entry("engine_unit", ("exec-start-not-reset",)),
    "units-reload": Entry("engine_unit", ("unit-reload-pending",)),
    "engine-at-boot": Entry("engine_unit", ("unit-disabled-at-boot",)),
    "engine-start": Entry(
        "engine_unit", ("engine-not-running", "docker-socket-left-over", "unit-start-limit-hit")
    ),
    # -- the docker CLI and its users ------------------------------------------------------------
    "docker-group": Entry(
        "docker_cli", ("user-not-in-docker-group", "docker-group-not-in-session")
    ),
    "docker-context": Entry(
        "docker_cli",
        ("docker-context-missing", "docker-context-dead", "docker-host-overrides-context"),
    ),
    "credential-helper": Entry("docker_cli", ("credential-helper-missing",)),
    "docker-socket-mode": Entry("docker_cli", ("docker-socket-world-writable",)),
    "docker-config-private": Entry("docker_cli", ("registry-login-readable",)),
    "docker-config-owner": Entry("docker_cli", ("docker-config-foreign-owner",)),
    "cli-plugin-link": Entry("docker_cli", ("cli-plugin-broken",)),
    # -- WSL and Docker Desktop ------------------------------------------------------------------
    "wslconfig-cleanup": Entry(
        "wsl",
        (
            "wslconfig-wrong-section",
            "wslconfig-removed-key",
            "wslconfig-value-misspelt",
            "wslconfig-size-too-small",
        ),
    ),
    "wsl-memory": Entry("wsl", ("wsl-memory-unlimited", "wsl-memory-too-large")),
    "wsl-memory-reclaim": Entry(
        "wsl", ("wsl-memory-reclaim-off", "wsl-reclaim-gradual-breaks-dockerd")
    ),
    "wsl-sparse-vhd": Entry("wsl", ()),
    "wsl-networking": Entry("wsl", ("wsl-dns-tunneling-off",)),
    "wsl-systemd": Entry("wsl", ("wsl-systemd-off",)),
    "wsl-automount": Entry("wsl", ("wsl-automount-off",)),
    "desktop-resources": Entry(
        "docker_desktop",
        (
            "vm-disk-limit-near",
            "desktop-memory-low",
            "desktop-memory-too-large",
            "desktop-processors-unfit",
        ),
    ),
    "desktop-file-sharing": Entry(
        "docker_desktop",
        (
            "desktop-file-sharing-slow",
            "desktop-file-sharing-none",
            "desktop-hypervisor-removed",
        ),
    ),
    "desktop-resource-saver": Entry("docker_desktop", ("resource-saver-off",)),
    # -- space: what it deletes is gone ----------------------------------------------------------
    "build-cache": Entry("disk_space", ("build-cache-large",)),
    "dangling-images": Entry("disk_space", ("images-dangling",)),
    "unused-images": Entry("disk_space", ("images-unused",)),
    "stopped-containers": Entry("disk_space", ("containers-stopped",)),
    "unused-volumes": Entry("disk_space", ("volumes-orphaned",)),
    "idle-networks": Entry("disk_space", ("unused-networks",)),
    "container-log": Entry("disk_space", ("container-log-large",)),
}
"""Fix id -> where it is and what it mends, in the order in which a plan takes them."""


@lru_cache(maxsize=1)
def by_check() -> dict[str, tuple[str, ...]]:
    """Check id -> the ids of the fixes that mend its findings."""
    found: dict[str, tuple[str, ...]] = {}
    for id_, entry in FIXES.items():
        for check in entry.mends:
            found[check] = (*found.get(check, ()), id_)
    return found


def load(id_: str) -> Fix:
    """The fix of that id. Raises KeyError for one that does not exist."""
    from importlib import import_module

    family: Family = import_module(f"fixes.remedies.{FIXES[id_].module}").FAMILY
    return next(fix for fix in family.fixes if fix.id == id_)


def load_all() -> list[Fix]:
    """Every fix, in the table's order."""
    return [load(id_) for id_ in FIXES]
