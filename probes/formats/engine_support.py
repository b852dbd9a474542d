"""Until when upstream maintains the lines of the engine and of containerd: a dated table.

Sources: moby project/BRANCHES-AND-TAGS.md (which branches are maintained, and by whom), the dates
of the commits that marked a branch unmaintained, containerd RELEASES.md and endoflife.date.
"""

from __future__ import annotations

from probes.formats.versions import major_minor, parse_version
from probes.record import NamedTuple

TABLE_DATE = "2026-11-24"
"""The day for which these tables were put together."""

NEWEST_ENGINE = (29, 10)
"""The newest minor release of the engine known to this table (29.10.0 of 2026-11-16)."""

MAINTAINED = ""
"""The end of a line that has no announced end."""

_ENGINE_LINES = {
    "29": MAINTAINED,
    "28": "2026-05-13",
    "27": "2025-05-03",
    "26.1": "2025-02-17",
    "26.0": "2024-06-08",
    "25.0": "2026-12-04",
    "24.0": "2024-06-08",
    "23.0": "2025-05-19",
    "20.10": "2023-12-10",
    "19.03": "2021-01-08",
    "18.09": "2019-08-22",
    "18.06": "2018-12-08",
}
_CONTAINERD_LINES = {
    "2.3": "2028-04-30",
    "2.2": "2026-11-06",
    "2.1": "2026-07-03",
    "2.0": "2027-03-01",
    "1.7": "2026-09-30",
    "1.6": "2025-08-23",
    "1.5": "2023-02-28",
    "1.4": "2022-03-03",
    "1.3": "2021-03-04",
    "1.2": "2020-10-15",
}

ENGINE_BEFORE, CONTAINERD_BEFORE = "2018-12-08", "2019-10-23"
"""Every line older than the oldest of a table had ended by then."""


class Line(NamedTuple):
    """A release line, and the last day on which upstream maintained it."""

    name: str
    ends: str
    """ISO day; empty where no end is announced."""


def engine_line(version: str) -> Line | None:
    """The line of an engine version; None for one newer than the table, or no version.

    >>> engine_line("28.5.2"), engine_line("25.0.13").ends, engine_line("31.0.0")
    (Line(name='28', ends='2026-05-13'), '2026-12-04', None)
    >>> engine_line("17.12.1-ce")
    Line(name='17.12', ends='2018-12-08')
    """
    if not parse_version(version):
        return None
    major, minor = major_minor(version)
    if major > NEWEST_ENGINE[0]:
        return None
    for name in (f"{major}.{minor:02}", f"{major}.{minor}", str(major)):
        if name in _ENGINE_LINES:
            return Line(name, _ENGINE_LINES[name])
    return Line(f"{major}.{minor:02}" if major < 20 else str(major), ENGINE_BEFORE)  # noqa: PLR2004


def containerd_line(version: str) -> Line | None:
    """The line of a containerd version; None for one newer than the table, or no version.

    >>> containerd_line("v1.7.27"), containerd_line("1.0.2").ends, containerd_line("2.9.0")
    (Line(name='1.7', ends='2026-09-30'), '2019-10-23', None)
    """
    if not parse_version(version):
        return None
    major, minor = major_minor(version)
    name = f"{major}.{minor}"
    if name in _CONTAINERD_LINES:
        return Line(name, _CONTAINERD_LINES[name])
    newest = max(major_minor(line) for line in _CONTAINERD_LINES)
    return None if (major, minor) > newest else Line(name, CONTAINERD_BEFORE)


_CLIENT_API = (
    ((29, 6), (1, 55)),
    ((29, 3), (1, 54)),
    ((29, 2), (1, 53)),
    ((29, 0), (1, 52)),
    ((28, 3), (1, 51)),
    ((28, 2), (1, 50)),
    ((28, 1), (1, 49)),
    ((28, 0), (1, 48)),
    ((27, 2), (1, 47)),
    ((27, 0), (1, 46)),
    ((26, 0), (1, 45)),
    ((25, 0), (1, 44)),
    ((24, 0), (1, 43)),
    ((23, 0), (1, 42)),
    ((20, 10), (1, 41)),
    ((19, 3), (1, 40)),
    ((18, 9), (1, 39)),
)
"""The API version that a CLI of this release, or later, speaks at most.

moby api/common.go up to 28.x, MaxAPIVersion of its client module from 29.0 on.
"""


def client_api(version: str) -> tuple[int, int] | None:
    """The newest API version a docker CLI speaks; None for one that the table does not know.

    >>> client_api("20.10.24+dfsg1"), client_api("29.9.0"), client_api("17.06")
    ((1, 41), (1, 55), None)
    """
    release = major_minor(version)
    for since, api in _CLIENT_API:
        if release >= since:
            return api
    return None


def client_floor(version: str) -> tuple[int, int]:
    """The oldest API version a docker CLI can fall back to (moby client, MinAPIVersion).

    29.0 raised it to 1.44 together with the daemon (moby/moby#51119); 29.3 lowered both to 1.40.

    >>> client_floor("29.1.0"), client_floor("29.4.0"), client_floor("28.5.2")
    ((1, 44), (1, 40), (1, 24))
    """
    release = major_minor(version)
    if release >= (29, 3):
        return (1, 40)
    return (1, 44) if release >= (29, 0) else (1, 24)
