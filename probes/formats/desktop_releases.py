"""Releases of Docker Desktop: a dated table, and the versions that are known to be bad.

Source: the release notes, docker/docs content/manuals/desktop/release-notes.md, as they stood on
TABLE_DATE, and those of the years before in pull requests to it. The table has gaps: a version that
is not in it was released no later than the next one that is, which is all that is claimed of it.
"""

from __future__ import annotations

from probes.formats.versions import parse_version
from probes.record import NamedTuple

TABLE_DATE = "2026-08-22"
"""The day of the newest release notes that were read."""

_RELEASED = (
    ((4, 0, 0), "2021-08-31"),
    ((4, 1, 0), "2021-09-30"),
    ((4, 27, 1), "2024-02-01"),
    ((4, 35, 0), "2024-10-24"),
    ((4, 37, 1), "2024-12-17"),
    ((4, 37, 2), "2025-01-09"),
    ((4, 41, 0), "2025-04-28"),
    ((4, 42, 0), "2025-06-04"),
    ((4, 43, 0), "2025-07-03"),
    ((4, 46, 0), "2025-09-11"),
    ((4, 49, 0), "2025-10-23"),
    ((4, 51, 0), "2025-11-13"),
    ((4, 53, 0), "2025-11-27"),
    ((4, 55, 0), "2025-12-16"),
    ((4, 57, 0), "2026-01-19"),
    ((4, 60, 0), "2026-02-09"),
    ((4, 62, 0), "2026-02-23"),
    ((4, 63, 0), "2026-03-02"),
    ((4, 66, 0), "2026-03-23"),
    ((4, 71, 0), "2026-04-27"),
    ((4, 75, 0), "2026-05-26"),
    ((4, 80, 0), "2026-06-29"),
    ((4, 84, 0), "2026-07-27"),
    ((4, 86, 0), "2026-08-10"),
)
"""Version -> the day it came out, oldest first."""


def released_by(version: str) -> str:
    """The ISO day by which a version was out; empty for one newer than the table.

    >>> released_by("4.80.0"), released_by("4.78.0"), released_by("4.11.1"), released_by("4.90.0")
    ('2026-06-29', '2026-06-29', '2024-02-01', '')
    """
    numbers = parse_version(version)
    return next((day for known, day in _RELEASED if numbers <= known), "")


class Flaw(NamedTuple):
    """What is known to be wrong with some versions."""

    since: tuple[int, ...]
    fixed: tuple[int, ...]
    """The first version without it."""
    platforms: frozenset[str]
    """In desktop_host's words."""
    what: str
    """A clause about the version."""
    unsafe: bool
    reference: str
    only_with: str = ""
    """A way of file sharing, in desktop_settings' words; empty for all."""


_MAC = frozenset({"macos"})
_WINDOWS = frozenset({"windows", "wsl2"})
_ALL = _MAC | _WINDOWS | {"linux"}

FLAWS = (
    Flaw(
        (4, 25),
        (4, 44, 3),
        _MAC | _WINDOWS,
        "lets every container reach the engine's API, and with it the computer's files "
        "(CVE-2025-9074, mended in 4.44.3)",
        unsafe=True,
        reference="https://nvd.nist.gov/vuln/detail/CVE-2025-9074",
    ),
    Flaw(
        (4, 30, 0),
        (4, 30, 1),
        _MAC,
        "breaks bind mounts with gRPC FUSE",
        unsafe=False,
        reference="https://github.com/docker/for-mac/issues/7274",
        only_with="grpcfuse",
    ),
    Flaw(
        (4, 36, 0),
        (4, 36, 1),
        _MAC,
        "has a helper (com.docker.vmnetd) that macOS takes for malware, mended in 4.36.1",
        unsafe=False,
        reference="https://github.com/docker/for-mac/issues/7520",
    ),
    Flaw(
        (4, 37, 0),
        (4, 37, 2),
        _MAC,
        "has a helper (com.docker.vmnetd) that macOS takes for malware, mended in 4.37.2",
        unsafe=False,
        reference="https://github.com/docker/for-mac/issues/7520",
    ),
    Flaw(
        (4, 42, 0),
        (4, 42, 1),
        _WINDOWS,
        "lets docker hang in WSL distributions when Resource Saver sets in, mended in 4.42.1",
        unsafe=False,
        reference="https://github.com/docker/for-win/issues/14656",
    ),
)


def flaws(version: str, platform: str, sharing: str) -> tuple[Flaw, ...]:
    """What is known to be wrong with a version on a platform with a way of file sharing.

    >>> [flaw.fixed for flaw in flaws("4.30.0", "macos", "grpcfuse")]
    [(4, 44, 3), (4, 30, 1)]
    """
    numbers = parse_version(version)
    return tuple(
        flaw
        for flaw in FLAWS
        if flaw.since <= numbers < flaw.fixed
        and platform in flaw.platforms
        and flaw.only_with in {"", sharing}
    )
