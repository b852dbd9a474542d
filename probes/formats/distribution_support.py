"""Until when distributions get security updates: a dated table.

``ends`` is the last day of the updates that everyone gets without paying and without opting in
(for Debian that includes LTS, for Ubuntu it does not include ESM); ``extended`` the last day of
those that need a contract or a subscription.

Sources, read for the date of the table: debian.org/releases and wiki.debian.org/LTS, the
distro-info-data package (Debian, Ubuntu), docs.fedoraproject.org/en-US/releases/eol,
access.redhat.com/support/policy/updates/errata, centos.org/cl-vs-cs, rockylinux.org, wiki.almalinux.org,
oracle.com/a/ocom/docs/elsp-lifetime-069338.pdf, suse.com/lifecycle, en.opensuse.org/Lifetime,
alpinelinux.org/releases, aws.amazon.com/amazon-linux-2/faqs, nixos.org/manual (release cycle),
linuxmint.com/download_all.php, endoflife.date for cross-checking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE_DATE = "2026-11-24"
"""The day for which this table was put together."""

SUPPORTED, EXTENDED, ENDED, ROLLING, NEWER, NOT_KNOWN = (
    "supported",
    "extended",
    "ended",
    "rolling",
    "newer",
    "unknown",
)


class Release(NamedTuple):
    """One release of a distribution; dates are ISO days."""

    version: str
    ends: str
    extended: str = ""


class Distribution(NamedTuple):
    """One distribution: its releases from the newest to the oldest."""

    name: str
    source: str
    releases: tuple[Release, ...]
    extended_by: str = ""
    """What a person pays for to get the extended updates."""


class Life(NamedTuple):
    """Where a host's distribution stands."""

    name: str
    version: str
    status: str
    """supported, extended, ended, rolling, newer (than the table) or unknown."""
    ends: str = ""
    extended: str = ""
    extended_by: str = ""
    source: str = ""
    newest: str = ""
    """The newest release of the table, where there is one."""


def _releases(text: str) -> tuple[Release, ...]:
    return tuple(Release(*line.split()) for line in text.strip().splitlines())


_EL = _releases("""
    10 2035-05-31
    9 2032-05-31
    8 2029-05-31
""")

_DEBIAN = _releases("""
    13 2030-06-30 2035-06-30
    12 2028-06-30 2033-06-30
    11 2026-08-31 2031-06-30
    10 2024-06-30 2029-06-30
    9 2022-06-30 2027-06-30
    8 2020-06-30 2025-06-30
    7 2018-05-31
""")

DISTRIBUTIONS: dict[str, Distribution] = {
    "debian": Distribution(
        "Debian", "https://www.debian.org/releases/", _DEBIAN, "Freexian's paid ELTS"
    ),
    "raspbian": Distribution(
        "Raspberry Pi OS (32-bit)",
        "https://www.debian.org/releases/",
        tuple(Release(*r[:2]) for r in _DEBIAN[:5]),
    ),
    "ubuntu": Distribution(
        "Ubuntu",
        "https://ubuntu.com/about/release-cycle",
        _releases("""
            26.10 2027-07-15
            26.04 2031-05-29 2036-04-23
            25.10 2026-07-09
            25.04 2026-01-15
            24.10 2025-07-10
            24.04 2029-05-31 2034-04-25
            23.10 2024-07-11
            23.04 2024-01-25
            22.10 2023-07-20
            22.04 2027-06-01 2032-04-21
            21.10 2022-07-14
            21.04 2022-01-20
            20.10 2021-07-22
            20.04 2025-05-29 2030-04-23
            19.10 2020-07-17
            19.04 2020-01-23
            18.10 2019-07-18
            18.04 2023-05-31 2028-04-01
            17.10 2018-07-19
            16.04 2021-04-30 2026-04-23
            14.04 2019-04-25 2024-04-25
        """),
        "Ubuntu Pro (ESM)",
    ),
    "fedora": Distribution(
        "Fedora",
        "https://docs.fedoraproject.org/en-US/releases/eol/",
        _releases("""
            44 2027-06-02
            43 2026-12-09
            42 2026-05-27
            41 2025-12-15
            40 2025-05-13
            39 2024-11-26
            38 2024-05-21
            37 2023-12-05
            36 2023-05-16
            35 2022-12-13
            34 2022-06-07
            33 2021-11-30
            32 2021-05-25
            31 2020-11-24
            30 2020-05-26
        """),
    ),
    "rhel": Distribution(
        "Red Hat Enterprise Linux",
        "https://access.redhat.com/support/policy/updates/errata",
        _releases("""
            10 2035-05-31 2039-05-31
            9 2032-05-31 2036-05-31
            8 2029-05-31 2033-05-31
            7 2024-06-30 2029-05-31
            6 2020-11-30 2024-06-30
        """),
        "Red Hat's Extended Life Cycle Support",
    ),
    "centos": Distribution(
        "CentOS Linux",
        "https://www.centos.org/cl-vs-cs/",
        _releases("""
            8 2021-12-31
            7 2024-06-30
            6 2020-11-30
        """),
    ),
    "centos-stream": Distribution(
        "CentOS Stream",
        "https://www.centos.org/cl-vs-cs/",
        _releases("""
            10 2030-05-31
            9 2027-05-31
            8 2024-05-31
        """),
    ),
    "rocky": Distribution("Rocky Linux", "https://wiki.rockylinux.org/rocky/version/", _EL),
    "almalinux": Distribution("AlmaLinux", "https://wiki.almalinux.org/release-notes/", _EL),
    "ol": Distribution(
        "Oracle Linux",
        "https://www.oracle.com/a/ocom/docs/elsp-lifetime-069338.pdf",
        _releases("""
            10 2035-06-30
            9 2032-06-30 2035-06-30
            8 2029-07-31 2032-07-31
            7 2024-12-31 2028-06-30
            6 2021-03-31 2024-12-31
        """),
        "Oracle's Extended Support",
    ),
    "sles": Distribution(
        "SUSE Linux Enterprise Server",
        "https://www.suse.com/lifecycle",
        _releases("""
            16.0 2027-11-30 2030-11-30
            15.7 2031-07-31 2034-07-31
            15.6 2025-12-31 2028-12-31
            15.5 2024-12-31 2027-12-31
            15.4 2023-12-31 2026-12-31
            15.3 2022-12-31 2025-12-31
            15.2 2021-12-31 2024-12-31
            15.1 2021-01-31 2024-01-31
            12.5 2024-10-31 2027-10-31
            12.4 2020-06-30 2023-06-30
        """),
        "SUSE's LTSS",
    ),
    "opensuse-leap": Distribution(
        "openSUSE Leap",
        "https://en.opensuse.org/Lifetime",
        _releases("""
            16.0 2027-10-31
            15.6 2026-04-30
            15.5 2024-12-31
            15.4 2023-12-07
            15.3 2022-12-31
            15.2 2022-01-04
            15.1 2021-02-02
            15.0 2019-12-03
        """),
    ),
    "alpine": Distribution(
        "Alpine Linux",
        "https://alpinelinux.org/releases/",
        _releases("""
            3.24 2028-06-01
            3.23 2027-11-01
            3.22 2027-05-01
            3.21 2026-11-01
            3.20 2026-04-01
            3.19 2025-11-01
            3.18 2025-05-09
            3.17 2024-11-22
            3.16 2024-05-23
            3.15 2023-11-01
            3.14 2023-05-01
            3.13 2022-11-01
            3.12 2022-05-01
            3.11 2021-11-01
            3.10 2021-05-01
        """),
    ),
    "amzn": Distribution(
        "Amazon Linux",
        "https://aws.amazon.com/amazon-linux-2/faqs/",
        _releases("""
            2023 2029-06-30
            2 2026-06-30
            2018.03 2023-12-31
        """),
    ),
    "nixos": Distribution(
        "NixOS",
        "https://nixos.org/manual/nixos/stable/release-notes",
        _releases("""
            26.05 2026-12-31
            25.11 2026-06-30
            25.05 2025-12-31
            24.11 2025-06-30
            24.05 2024-12-31
            23.11 2024-06-30
            23.05 2023-12-31
            22.11 2023-06-30
        """),
    ),
    "linuxmint": Distribution(
        "Linux Mint",
        "https://linuxmint.com/download_all.php",
        _releases("""
            22 2029-04-30
            21 2027-04-30
            20 2025-04-30
            19 2023-04-30
            6 2026-01-01
            5 2024-07-01
            4 2022-08-01
        """),
    ),
    "pop": Distribution(
        "Pop!_OS",
        "https://support.system76.com/articles/pop-basics/",
        _releases("""
            24.04 2029-05-31
            22.04 2027-06-01
            21.10 2022-07-24
            21.04 2022-03-13
            20.10 2021-09-28
            20.04 2025-05-29
        """),
    ),
}
"""By the ID of os-release(5). LMDE releases share Mint's ID, with numbers of their own."""

ROLLING_IDS = frozenset(
    "arch archarm manjaro endeavouros garuda cachyos artix gentoo void opensuse-tumbleweed kali "
    "solus chimera clear-linux-os".split()
)
"""Distributions without releases: they have no end of life as long as they are updated."""

_ALIASES = {"opensuse": "opensuse-leap", "sled": "sles", "sles_sap": "sles", "sle_hpc": "sles"}


def life_of(release: Mapping[str, str], today: str) -> Life:
    """Where the distribution of an os-release file stands on an ISO day.

    >>> life_of({"ID": "debian", "VERSION_ID": "12"}, "2026-11-24")[:4]
    ('Debian', '12', 'supported', '2028-06-30')
    >>> life_of({"ID": "ubuntu", "VERSION_ID": "20.04"}, "2026-11-24").status
    'extended'
    >>> life_of({"ID": "rocky", "VERSION_ID": "9.4"}, "2026-11-24").version
    '9'
    >>> life_of({"ID": "plamo", "VERSION_ID": "8"}, "2026-11-24").status
    'unknown'
    """
    identity, version = release.get("ID", ""), release.get("VERSION_ID", "")
    shown = release.get("NAME") or identity
    identity = _ALIASES.get(identity, identity)
    if identity == "centos" and "stream" in release.get("NAME", "").lower():
        identity = "centos-stream"
    if identity in ROLLING_IDS or (identity in {"debian", "alpine"} and _is_unstable(version)):
        return Life(shown, version, ROLLING)
    known = DISTRIBUTIONS.get(identity)
    if known is None:
        return Life(shown, version, NOT_KNOWN)
    found = _release_for(known, version)
    newest = known.releases[0].version
    if found is None:
        status = NEWER if _numbers(version) > _numbers(newest) else NOT_KNOWN
        return Life(known.name, version, status, source=known.source, newest=newest)
    if today <= found.ends:
        status = SUPPORTED
    else:
        status = EXTENDED if found.extended and today <= found.extended else ENDED
    return Life(
        known.name,
        found.version,
        status,
        found.ends,
        found.extended,
        known.extended_by,
        known.source,
        newest,
    )


def _is_unstable(version: str) -> bool:
    # Debian testing and unstable have no VERSION_ID; Alpine edge has 3.25.0_alpha20260601.
    return not version or "_alpha" in version


def _release_for(known: Distribution, version: str) -> Release | None:
    by_version = {release.version: release for release in known.releases}
    parts = version.split(".")
    for length in range(len(parts), 0, -1):
        found = by_version.get(".".join(parts[:length]))
        if found is not None:
            return found
    # SLES 16 and Leap 16 may be written without their minor number.
    return by_version.get(f"{version}.0")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
