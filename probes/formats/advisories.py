"""Vulnerabilities of the engine, containerd and runc by upstream version: a dated table.

Only versions built by upstream can be judged by it: distributions fix old versions in place
(Debian's runc 1.1.5+ds1-1+deb12u1 is not upstream's 1.1.5).

Sources: each entry's advisory; runc CHANGELOG.md, containerd security advisories, the engine's
release notes on docs.docker.com.
"""

from __future__ import annotations

import re

from probes.record import NamedTuple

TABLE_DATE = "2026-11-24"
"""The day for which this table was put together."""

ENGINE, CONTAINERD, RUNC = "engine", "containerd", "runc"

ALWAYS, AUTHZ, SWARM, FIREWALLD, INTERNAL, TCP = (
    "",
    "an authorization plugin is loaded",
    "the node is part of a swarm",
    "firewalld runs",
    "a network is internal",
    "the API listens on TCP",
)
"""When a vulnerability matters: always, or where the host has what it needs."""


class Advisory(NamedTuple):
    """One vulnerability, or several that were fixed together."""

    ids: tuple[str, ...]
    component: str
    fixed: tuple[str, ...]
    """The first fixed version of every line that got the fix."""
    effect: str
    grave: bool
    """Whether a container or an image can take over the host or other tenants."""
    when: str
    url: str
    since: str = ""
    """The first affected version; empty for "all before"."""


def _ghsa(repository: str, identity: str) -> str:
    return f"https://github.com/{repository}/security/advisories/GHSA-{identity}"


_AFTER_25 = "26.0.0"
"""25.0 is maintained by others than 29: which of its versions have these fixes is not known here."""

ADVISORIES = (
    Advisory(
        ("CVE-2019-5736",),
        RUNC,
        ("1.0.0-rc7",),
        "a container can overwrite runc on the host and so become root there",
        grave=True,
        when=ALWAYS,
        url="https://github.com/advisories/GHSA-gxmr-w5mj-v8hh",
    ),
    Advisory(
        ("CVE-2021-30465",),
        RUNC,
        ("1.0.0-rc95",),
        "a symbolic link in a volume can mount the host into a container",
        grave=True,
        when=ALWAYS,
        url=_ghsa("opencontainers/runc", "c3xm-pvg7-gh7r"),
    ),
    Advisory(
        ("CVE-2023-25809", "CVE-2023-27561", "CVE-2023-28642"),
        RUNC,
        ("1.1.5",),
        "AppArmor and SELinux can be bypassed by links in /proc, and rootless containers can "
        "write to the host's cgroups",
        grave=False,
        when=ALWAYS,
        url=_ghsa("opencontainers/runc", "g2j6-57v7-gm8c"),
    ),
    Advisory(
        ("CVE-2024-21626",),
        RUNC,
        ("1.1.12",),
        "an image can leave its container through a leaked file descriptor (Leaky Vessels)",
        grave=True,
        when=ALWAYS,
        url=_ghsa("opencontainers/runc", "xr7r-f8xq-vfvv"),
        since="1.0.0-rc93",
    ),
    Advisory(
        ("CVE-2024-45310",),
        RUNC,
        ("1.1.14", "1.2.0-rc.3"),
        "a container can create empty files on the host",
        grave=False,
        when=ALWAYS,
        url=_ghsa("opencontainers/runc", "jfvp-7x6p-h2pv"),
    ),
    Advisory(
        ("CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"),
        RUNC,
        ("1.2.8", "1.3.3", "1.4.0-rc.3"),
        "an image can redirect what runc writes to /proc and so leave its container",
        grave=True,
        when=ALWAYS,
        url=_ghsa("opencontainers/runc", "cgrx-mc8f-2prm"),
    ),
    Advisory(
        ("CVE-2026-41579",),
        RUNC,
        ("1.3.6", "1.4.3", "1.5.0-rc.3"),
        "an image whose /dev is a symbolic link makes runc write to a few places on the host",
        grave=False,
        when=ALWAYS,
        url=_ghsa("opencontainers/runc", "xjvp-4fhw-gc47"),
    ),
    Advisory(
        ("CVE-2020-15257",),
        CONTAINERD,
        ("1.3.9", "1.4.3"),
        "a container in the host's network can drive containerd's shims and become root",
        grave=True,
        when=ALWAYS,
        url=_ghsa("containerd/containerd", "36xw-fx78-c5r4"),
    ),
    Advisory(
        ("CVE-2024-40635",),
        CONTAINERD,
        ("1.6.38", "1.7.27", "2.0.4"),
        "an image with a user number above 2^31 runs as root",
        grave=False,
        when=ALWAYS,
        url=_ghsa("containerd/containerd", "265r-hfxg-fhmg"),
    ),
    Advisory(
        ("CVE-2024-25621",),
        CONTAINERD,
        ("1.7.29", "2.0.7", "2.1.5", "2.2.0"),
        "folders of containerd are open to every user of the host",
        grave=False,
        when=ALWAYS,
        url=_ghsa("containerd/containerd", "pwhc-rpq9-4c8w"),
    ),
    Advisory(
        ("CVE-2025-47290",),
        CONTAINERD,
        ("2.1.1",),
        "unpacking a crafted image can change any file of the host",
        grave=True,
        when=ALWAYS,
        url=_ghsa("containerd/containerd", "cm76-qm8v-3j95"),
        since="2.1.0",
    ),
    Advisory(
        ("CVE-2026-47262",),
        CONTAINERD,
        ("1.7.33", "2.0.10", "2.1.9", "2.2.5", "2.3.2"),
        "a container of a crafted image can make containerd run out of memory",
        grave=False,
        when=ALWAYS,
        url=_ghsa("containerd/containerd", "jpcc-p29g-p8mq"),
    ),
    Advisory(
        ("CVE-2026-95839",),
        CONTAINERD,
        ("2.2.10", "2.3.7", "2.4.2"),
        "pulling a crafted image can crash containerd",
        grave=False,
        when=ALWAYS,
        url=_ghsa("containerd/containerd", "vwhp-8p66-mq4f"),
        since="2.2.0",
    ),
    Advisory(
        ("CVE-2023-28840", "CVE-2023-28841", "CVE-2023-28842"),
        ENGINE,
        ("20.10.24", "23.0.3"),
        "traffic of encrypted overlay networks may travel in the clear and be forged",
        grave=False,
        when=SWARM,
        url=_ghsa("moby/moby", "232p-vwff-86mp"),
    ),
    Advisory(
        ("CVE-2024-23651", "CVE-2024-23652", "CVE-2024-23653"),
        ENGINE,
        ("25.0.2",),
        "a Dockerfile can leave its build container and delete or read the host's files",
        grave=True,
        when=ALWAYS,
        url=_ghsa("moby/buildkit", "4v98-7qmw-rqr8"),
        since="18.09.0",
    ),
    Advisory(
        ("CVE-2024-24557",),
        ENGINE,
        ("24.0.9", "25.0.2"),
        "an image from a registry can poison the cache of the classic builder",
        grave=False,
        when=ALWAYS,
        url=_ghsa("moby/moby", "xw73-rw38-6vjc"),
    ),
    Advisory(
        ("CVE-2024-29018",),
        ENGINE,
        ("23.0.11", "25.0.5", "26.0.0-rc3"),
        "containers of an internal network can send data out through DNS",
        grave=False,
        when=INTERNAL,
        url=_ghsa("moby/moby", "mq39-4gv4-mvpx"),
    ),
    Advisory(
        ("CVE-2024-41110",),
        ENGINE,
        ("23.0.15", "25.0.6", "26.1.5", "27.1.1"),
        "a request with an empty body gets past authorization plugins",
        grave=True,
        when=AUTHZ,
        url=_ghsa("moby/moby", "v23v-6jw2-98fq"),
    ),
    Advisory(
        ("CVE-2025-54388",),
        ENGINE,
        ("28.3.3",),
        "after a reload of firewalld, ports published on loopback can be reached from outside",
        grave=False,
        when=FIREWALLD,
        url=_ghsa("moby/moby", "x4rx-4gw3-53p4"),
        since="28.2.0",
    ),
    Advisory(
        ("CVE-2025-54410",),
        ENGINE,
        ("25.0.13", "28.0.0"),
        "after a reload of firewalld, containers of different networks can reach each other",
        grave=False,
        when=FIREWALLD,
        url=_ghsa("moby/moby", "4vq8-7jfc-9cvp"),
    ),
    Advisory(
        ("CVE-2026-34040",),
        ENGINE,
        ("25.0.16", "29.3.1"),
        "a request with an oversized body gets past authorization plugins",
        grave=True,
        when=AUTHZ,
        url=_ghsa("moby/moby", "x744-4wpc-v9h2"),
    ),
    Advisory(
        ("CVE-2026-41567", "CVE-2026-41568", "CVE-2026-42306"),
        ENGINE,
        ("25.0.17", "29.5.1"),
        "docker cp into a container of a malicious image can run its programs as root on the host",
        grave=True,
        when=ALWAYS,
        url=_ghsa("moby/moby", "x86f-5xw2-fm2r"),
    ),
    Advisory(
        ("CVE-2026-32288",),
        ENGINE,
        ("29.5.0",),
        "pulling a crafted image can exhaust the daemon's memory",
        grave=False,
        when=ALWAYS,
        url="https://docs.docker.com/engine/release-notes/29/",
        since=_AFTER_25,
    ),
    Advisory(
        ("CVE-2026-97032", "CVE-2026-78659", "CVE-2026-78663", "CVE-2026-78669"),
        ENGINE,
        ("29.9.0",),
        "an HTTP/2 client can crash the daemon or exhaust its memory",
        grave=False,
        when=TCP,
        url="https://docs.docker.com/engine/release-notes/29/",
        since=_AFTER_25,
    ),
)

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(?:[-~.]?(?:rc|beta|alpha)\.?(\d+))?")


def version_key(text: str) -> tuple[int, int, int, int] | None:
    """A version in its order, release candidates before the release they lead to.

    >>> version_key("1.0.0-rc95"), version_key("v1.4.0-rc.3"), version_key("1.1.12")
    ((1, 0, 0, 95), (1, 4, 0, 3), (1, 1, 12, 1000000))
    >>> version_key("dev") is None
    True
    """
    match = _VERSION.search(text)
    if match is None:
        return None
    candidate = int(match[4]) if match[4] else 1_000_000
    return int(match[1]), int(match[2]), int(match[3] or 0), candidate


def affecting(component: str, version: str) -> list[Advisory]:
    """The advisories that a version built by upstream is open to, oldest first.

    A line that got a fix is affected below it; a line that got none is affected when a later line
    had to be fixed.

    >>> [a.ids[0] for a in affecting("runc", "1.2.7")]
    ['CVE-2025-31133', 'CVE-2026-41579']
    >>> affecting("runc", "1.4.3"), affecting("runc", "unknown")
    ([], [])
    """
    key = version_key(version)
    if key is None:
        return []
    return [a for a in ADVISORIES if a.component == component and _is_open(a, key)]


def _is_open(advisory: Advisory, key: tuple[int, int, int, int]) -> bool:
    since = version_key(advisory.since)
    if since is not None and key < since:
        return False
    fixes = sorted(fix for fix in map(version_key, advisory.fixed) if fix is not None)
    for fix in fixes:
        if fix[:2] == key[:2]:
            return key < fix
    return key < fixes[-1]
