"""What package managers say is installed: dpkg-query, rpm -q, apk's database, pacman's folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_PACMAN = r"^(.+)-([^-]+-[^-]+)$"


class Package(NamedTuple):
    """One installed package."""

    name: str
    version: str
    manager: str
    """dpkg, rpm, apk, pacman or snap."""


DPKG_FORMAT = "${Package}\\t${db:Status-Abbrev}\\t${Version}\\n"
RPM_FORMAT = "%{NAME}\\t%{VERSION}-%{RELEASE}\\n"


def parse_dpkg(text: str) -> tuple[Package, ...]:
    r"""The installed ones of ``dpkg-query -W -f`` with :data:`DPKG_FORMAT`.

    A package that was removed keeps its configuration and is listed with the state ``rc``.

    >>> parse_dpkg("docker.io\tii \t20.10.24+dfsg1-1+deb12u1+b6\ndocker-ce\trc \t5:24.0.7\n")
    (Package(name='docker.io', version='20.10.24+dfsg1-1+deb12u1+b6', manager='dpkg'),)
    """
    rows = (line.split("\t") for line in text.splitlines())
    return tuple(
        Package(row[0], row[2], "dpkg")
        for row in rows
        if len(row) == 3 and row[1][1:2] == "i"  # noqa: PLR2004 - name, state, version
    )


def parse_rpm(text: str) -> tuple[Package, ...]:
    r"""The installed ones of ``rpm -q --qf`` with :data:`RPM_FORMAT`.

    >>> parse_rpm("docker-ce\t28.5.2-1.el9\npackage podman-docker is not installed\n")
    (Package(name='docker-ce', version='28.5.2-1.el9', manager='rpm'),)
    """
    rows = (line.split("\t") for line in text.splitlines())
    return tuple(Package(row[0], row[1], "rpm") for row in rows if len(row) == 2)  # noqa: PLR2004


def parse_apk(text: str, wanted: Iterable[str]) -> tuple[Package, ...]:
    r"""The wanted packages of /lib/apk/db/installed, apk-installed(5).

    >>> parse_apk("C:Q1\nP:docker\nV:28.3.3-r2\nA:x86_64\n\nC:Q1\nP:musl\nV:1.2.5\n", ["docker"])
    (Package(name='docker', version='28.3.3-r2', manager='apk'),)
    """
    names = set(wanted)
    found = []
    name = ""
    for line in text.splitlines():
        if line.startswith("P:"):
            name = line[2:]
        elif line.startswith("V:") and name in names:
            found.append(Package(name, line[2:], "apk"))
    return tuple(found)


def parse_pacman(folders: Iterable[str], wanted: Iterable[str]) -> tuple[Package, ...]:
    """The wanted packages by the folder names of /var/lib/pacman/local.

    >>> parse_pacman(["docker-1:28.5.1-1", "docker-buildx-0.29.1-1", "ALPM_DB_VERSION"], ["docker"])
    (Package(name='docker', version='1:28.5.1-1', manager='pacman'),)
    """
    names = set(wanted)
    matches = (re.match(_PACMAN, folder) for folder in folders)
    return tuple(
        Package(match[1], match[2], "pacman") for match in matches if match and match[1] in names
    )
