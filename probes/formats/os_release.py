"""os-release(5): which distribution this is, and with which packages it is mended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASSIGNMENT = re.compile(r"^\s*([A-Z][A-Z0-9_]*)=(.*?)\s*$")
_ESCAPED = re.compile(r"\\(.)")


def parse_os_release(text: str) -> dict[str, str]:
    r"""The variables of the file; what is no assignment is passed over.

    >>> parse_os_release('NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n# x\n')
    {'NAME': 'Debian GNU/Linux', 'VERSION_ID': '12', 'ID': 'debian'}
    """
    values = {}
    for line in text.splitlines():
        match = _ASSIGNMENT.match(line)
        if match is None:
            continue
        name, value = match[1], match[2]
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            quote, value = value[0], value[1:-1]
            value = _ESCAPED.sub(r"\1", value) if quote == '"' else value
        values[name] = value
    return values


class PackageManager(NamedTuple):
    """The commands of one family of distributions."""

    name: str
    install: str
    """Followed by package names."""
    upgrade: str
    """Brings the named packages to the newest version of the configured repositories."""
    remove: str
    """Followed by package names; leaves configuration and data in place."""

    def installing(self, *packages: str) -> str:
        """The command that installs the packages."""
        return f"{self.install} {' '.join(packages)}"

    def upgrading(self, *packages: str) -> str:
        """The command that brings the packages up to date."""
        return f"{self.upgrade} {' '.join(packages)}"

    def removing(self, *packages: str) -> str:
        """The command that removes the packages and keeps data."""
        return f"{self.remove} {' '.join(packages)}"


MANAGERS = {
    manager.name: manager
    for manager in (
        PackageManager(
            "apt",
            "sudo apt-get install",
            "sudo apt-get update && sudo apt-get install --only-upgrade",
            "sudo apt-get remove",
        ),
        PackageManager("dnf", "sudo dnf install", "sudo dnf upgrade --refresh", "sudo dnf remove"),
        PackageManager("yum", "sudo yum install", "sudo yum update", "sudo yum remove"),
        PackageManager("zypper", "sudo zypper install", "sudo zypper update", "sudo zypper remove"),
        PackageManager(
            "apk", "sudo apk add", "sudo apk update && sudo apk add --upgrade", "sudo apk del"
        ),
        # Arch supports no partial upgrades: the whole system goes along.
        PackageManager("pacman", "sudo pacman -S", "sudo pacman -Syu", "sudo pacman -R"),
    )
}

_FAMILY = {
    "debian": "apt",
    "ubuntu": "apt",
    "raspbian": "apt",
    "fedora": "dnf",
    "rhel": "dnf",
    "centos": "dnf",
    "rocky": "dnf",
    "almalinux": "dnf",
    "ol": "dnf",
    "amzn": "dnf",
    "suse": "zypper",
    "sles": "zypper",
    "opensuse": "zypper",
    "alpine": "apk",
    "arch": "pacman",
    "manjaro": "pacman",
}

_YUM_UNTIL = 7
"""RHEL 8 and its rebuilds brought dnf; Amazon Linux 2 has yum as well."""


def manager_of(release: Mapping[str, str]) -> PackageManager | None:
    """The package manager of a distribution or of one it says it is like; None where unknown.

    >>> manager_of({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}).name
    'apt'
    >>> manager_of({"ID": "centos", "VERSION_ID": "7"}).name, manager_of({"ID": "nixos"})
    ('yum', None)
    """
    for identity in [release.get("ID", ""), *release.get("ID_LIKE", "").split()]:
        family = _FAMILY.get(identity) or _FAMILY.get(identity.partition("-")[0])
        if family is None:
            continue
        major = release.get("VERSION_ID", "").partition(".")[0]
        if family == "dnf" and identity != "fedora" and major.isdigit():
            family = "yum" if int(major) <= _YUM_UNTIL else "dnf"
        return MANAGERS[family]
    return None
