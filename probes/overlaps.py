"""Checks that can say the same thing of a host: the owner hears of it once.

A line in a log and the state that it came from, a file and the daemon that runs by it, a symptom
and its cause: where both fail, the check that explains it better keeps its finding, with the
evidence of the other, and the other one steps back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.model import FAIL, SEVERITIES, SKIP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.model import Finding

_IPTABLES = ("docker-chains-missing", "iptables-rules-split")
_NO_MODULES = ("kernel-modules-gone",)
_NAMES = ("resolv-conf-missing", "daemon-dns-loopback", "docker-network-hides-dns")

TOLD_BY: dict[str, tuple[str, ...]] = {
    # the machine and its packages
    "disk-below-minimum": ("disk-space-low",),
    "engine-below-minimum": ("engine-end-of-life",),
    "several-engines": ("two-engines-installed",),
    "api-floor-raised": ("log-client-too-old",),
    "clock-unsynchronised": ("clock-before-engine-build",),
    # Windows, WSL and Docker Desktop
    "windows-drive-low": ("vm-disk-low-host",),
    "credential-helper-missing": ("wsl-interop-off", "wsl-windows-path-off"),
    "engine-clock-apart": ("wsl-clock-drift",),
    "remote-engine-unreachable": ("minikube-docker-env-stale",),
    "engine-not-running": ("wsl1-no-engine",),
    "wsl-service-disabled": ("virtual-machine-platform-missing",),
    # the daemon's configuration
    "daemon-json-tcp-without-tls": ("api-tcp-unprotected",),
    "seccomp-profile-missing": ("daemon-json-seccomp-profile-missing",),
    "log-driver-unregistered": ("daemon-json-log-driver-unknown",),
    # the kernel and its limits
    "overlay-unavailable": _NO_MODULES,
    "iptable-raw-missing": _NO_MODULES,
    "iptables-legacy-unsupported": _NO_MODULES,
    "interface-forwarding-off": ("ip-forward-off",),
    "conntrack-overflowed": ("conntrack-nearly-full",),
    "nofile-set-on-docker-only": ("nofile-low", "nofile-infinite"),
    "memory-cgroup-off": ("cgroup-driver-none",),
    "pids-limit-off": ("cgroup-driver-none",),
    "cgroup-controllers-missing": ("cgroup-driver-none",),
    # the daemon's log, and what it speaks of
    "log-config-unknown-key": (
        "daemon-json-unknown-key",
        "daemon-json-removed-key",
        "daemon-json-key-too-new",
        "daemon-json-flag-as-key",
    ),
    "log-config-flag-conflict": ("daemon-json-flag-conflict",),
    "log-config-not-json": (
        "daemon-json-syntax",
        "daemon-json-encoding",
        "daemon-json-not-an-object",
        "daemon-json-wrong-type",
        "daemon-json-number-out-of-range",
    ),
    "log-config-refused": ("daemon-json-invalid-value", "daemon-json-mirror-invalid"),
    "log-config-contradiction": (
        "daemon-json-exclusive-keys",
        "daemon-json-cgroup-driver-invalid",
        "daemon-json-cgroup-parent-invalid",
        "daemon-json-runtime-invalid",
        "swarm-with-live-restore",
    ),
    "log-default-runtime-missing": ("daemon-json-default-runtime-missing",),
    "log-logging-driver-unknown": (
        "daemon-json-log-driver-unknown",
        "daemon-json-log-opt-unknown",
        "log-driver-unregistered",
        "log-option-invalid",
    ),
    "log-logging-driver-failed": ("daemon-json-log-opt-value", "log-option-invalid"),
    "log-seccomp-profile-refused": (
        "daemon-json-seccomp-profile-missing",
        "seccomp-profile-missing",
    ),
    "log-tls-files-refused": ("daemon-json-tls-files-missing", "daemon-json-tls-files-unset"),
    "log-userns-user-missing": ("daemon-json-userns-user-missing",),
    "log-storage-driver-refused": (
        "daemon-json-storage-driver-removed",
        "daemon-json-storage-driver-unknown",
        "daemon-json-storage-opt-unknown",
    ),
    "log-dtype-missing": ("data-root-no-d-type",),
    "log-second-daemon": ("two-engines-installed",),
    "log-overlay-mount-failed": ("kernel-modules-gone", "overlay-unavailable"),
    "log-veth-refused": ("kernel-modules-gone", "kernel-options-missing"),
    "log-disk-full": ("disk-space-low", "inodes-low"),
    "log-device-busy": ("container-removal-failed",),
    "log-pool-exhausted": ("address-pool-exhausted",),
    "log-iptables-chain-missing": _IPTABLES,
    "log-iptables-mixed": ("iptables-rules-split",),
    "log-iptables-unusable": (
        "iptables-legacy-unsupported",
        "iptable-raw-missing",
        "kernel-modules-gone",
        "kernel-options-missing",
    ),
    "log-listener-refused": ("docker-socket-not-a-socket",),
    "log-container-dns-failing": _NAMES,
    "log-registry-name-unresolved": _NAMES,
    "log-registry-timeout": ("daemon-proxy-dead",),
    "log-certificate-expired": ("clock-before-engine-build",),
    "log-sysctl-reopen-denied": ("lxc-blocks-runc",),
    "log-runtime-binary-missing": ("docker-init-missing",),
    "log-inotify-exhausted": ("inotify-instances-low", "inotify-watches-low"),
    "log-keyring-quota": ("root-keyring-quota-low", "keyring-quota-nearly-used"),
    "log-files-exhausted": ("daemon-descriptors-nearly-used", "open-files-nearly-used"),
    "log-tasks-exhausted": ("unit-tasks-limited", "process-numbers-nearly-used"),
    "log-memory-exhausted": ("overcommit-nearly-used",),
    "log-limit-not-applied": (
        "memory-cgroup-off",
        "swap-limit-off",
        "cpu-quota-off",
        "pids-limit-off",
        "cgroup-controllers-missing",
    ),
    "log-start-limit": ("unit-start-limit-hit",),
    "log-swarm-locked": ("swarm-node-out-of-service",),
    "log-swarm-certificate-expired": ("swarm-certificate-ending", "swarm-node-out-of-service"),
    "log-swarm-no-leader": ("swarm-quorum-at-risk",),
    "log-swarm-node-lost": ("swarm-node-down",),
}
"""For each check those that tell its owner the same, and more, when they fail as well."""


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, in their order, with each failure told once.

    Where both have a subject (a path, a container) it has to be the same one. The finding that
    stays takes over the evidence and, where it is the worse one, the severity.
    """
    merged = list(findings)
    for at, finding in enumerate(merged):
        if finding.outcome != FAIL or finding.id not in TOLD_BY:
            continue
        by = _teller(finding, merged)
        if by is None:
            continue
        teller = merged[by]
        merged[by] = teller._replace(
            severity=min(teller.severity, finding.severity, key=SEVERITIES.index),
            evidence=(*teller.evidence, *finding.evidence),
        )
        reason = f"{teller.id} tells of it"
        merged[at] = finding._replace(
            outcome=SKIP, summary=reason, reason=reason, evidence=(), mend=(), fixes=()
        )
    return merged


def _teller(finding: Finding, findings: list[Finding]) -> int | None:
    for name in TOLD_BY[finding.id]:
        for at, other in enumerate(findings):
            if other.id != name or other.outcome != FAIL:
                continue
            if not (finding.subject and other.subject) or finding.subject == other.subject:
                return at
    return None
