"""Whose a file is: what another tool keeps is not edited behind its back.

A tool that manages a file writes it again at its next run, and our change is gone, or its run
fails on a file it does not know. The plan then names the owner and gives the change to make there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.host.questions import Unreadable
from probes.model import Missing, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.host import Host

HEADER_LINES = 12
"""Lines at the top in which a tool names itself: the templates of all of them begin with it."""

OURS = "hullcheck"
"""The word in the header of files that we have made ourselves."""


class Owner(NamedTuple):
    """Who keeps a file, and where the change belongs instead."""

    name: str
    """Ansible, snap, the package docker-ce..."""
    because: str
    """Where that was seen: one clause."""
    instead: str
    """What the owner of the host does: one sentence."""


_TEMPLATE = "make the change in what {} writes the file from, and let it run"

_HEADERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bansible[ _-]managed\b", re.IGNORECASE), "Ansible"),
    (re.compile(r"\b(managed|generated|controlled|written) by puppet\b", re.IGNORECASE), "Puppet"),
    (re.compile(r"\b(managed|generated|dynamically generated) by chef\b", re.IGNORECASE), "Chef"),
    (re.compile(r"\b(managed|generated) by salt(stack)?\b", re.IGNORECASE), "Salt"),
    (re.compile(r"\bmanaged by (terraform|opentofu)\b", re.IGNORECASE), "Terraform"),
    (re.compile(r"\bcfengine\b", re.IGNORECASE), "CFEngine"),
    (re.compile(r"\bcloud-init\b", re.IGNORECASE), "cloud-init"),
    (re.compile(r"\btuned\b.*\bprofile\b", re.IGNORECASE), "TuneD"),
    (
        re.compile(r"\b(managed|generated|created|maintained) by ([\w.@/+-]{2,40})", re.IGNORECASE),
        "",
    ),
    (re.compile(r"\bdo not (edit|modify|change)\b", re.IGNORECASE), "another tool"),
)
"""Words in a header -> the tool; an empty name stands for the word that was found."""

_PATHS: tuple[tuple[str, Owner], ...] = (
    (
        "/nix/store/",
        Owner(
            "NixOS",
            "it leads into /nix/store",
            "set it in the NixOS configuration (virtualisation.docker.daemon.settings, "
            "boot.kernel.sysctl) and run nixos-rebuild switch",
        ),
    ),
    (
        "/var/snap/",
        Owner(
            "snap",
            "it lies in a snap's data",
            "make the change in that file, which the snap leaves to you, and run "
            "sudo snap restart docker",
        ),
    ),
    (
        "/var/packages/",
        Owner(
            "Synology DSM",
            "it lies in /var/packages",
            "DSM writes it anew at updates: make the change there, and check it after each update",
        ),
    ),
    (
        "/usr/",
        Owner(
            "the distribution's packages",
            "it lies below /usr",
            "override it by a file of the same name below /etc",
        ),
    ),
    (
        "/lib/",
        Owner(
            "the distribution's packages",
            "it lies below /lib",
            "override it by a file of the same name below /etc",
        ),
    ),
    (
        "/run/",
        Owner(
            "whoever writes it at boot",
            "it lies below /run, which is made anew at every boot",
            "find out who makes it, and change it there",
        ),
    ),
)


def owner_of(host: Host, path: str) -> Owner | None:
    """Who else keeps the file at this path; None where nobody does, or where it is ours.

    A file that is not there belongs to whoever keeps its folder. Raises: Unreadable where it is
    there and its beginning cannot be seen.
    """
    target = _leads_to(host, path)
    for prefix, owner in _PATHS:
        if target.startswith(prefix):
            return owner
    try:
        head = host.read_text(path).splitlines()[:HEADER_LINES]
    except Unreadable as error:
        if error.kind == "absent":
            return None
        raise
    comments = [line for line in head if line.lstrip()[:1] in {"#", ";"} or "//" in line[:4]]
    for line in comments:
        if OURS in line:
            return None
        for pattern, name in _HEADERS:
            found = pattern.search(line)
            if found:
                tool = name or found[2]
                return Owner(tool, f"its header says: {line.strip()[:80]}", _TEMPLATE.format(tool))
    return _package_owner(host, path)


def _leads_to(host: Host, path: str) -> str:
    """Where the path, or the nearest folder of it that is there, leads."""
    place, rest = path, ""
    while True:
        target = known(lambda place=place: host.realpath(place))  # type: ignore[misc]
        if not isinstance(target, Missing):
            return target.rstrip("/") + rest
        if target.kind != "absent" or place.count("/") < 2:  # noqa: PLR2004 - /etc is as far
            return path
        place, _, name = place.rpartition("/")
        rest = f"/{name}{rest}"


def _package_owner(host: Host, path: str) -> Owner | None:
    """The package that brought the file, asked of the package manager that is here."""
    for argv, package in _QUERIES:
        answer = known(lambda argv=argv: host.run(*argv, path))  # type: ignore[misc]
        if isinstance(answer, Missing) or answer.code != 0:
            continue
        found = package.search(answer.out)
        if found:
            name = found[1]
            return Owner(
                f"the package {name}",
                f"{argv[0]} says that the package {name} brought it",
                "make the change in the file yourself, and look at it after updates of the package",
            )
    return None


_QUERIES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (
        ("dpkg-query", "-S"),
        re.compile(r"^([a-z0-9][a-z0-9+.-]*(?::[a-z0-9-]+)?)(?:, [^/\n]+)?: /", re.MULTILINE),
    ),
    (
        ("rpm", "-qf", "--queryformat", "%{NAME}\n"),
        re.compile(r"^([A-Za-z0-9][\w+.-]*)$", re.MULTILINE),
    ),
    (("pacman", "-Qqo"), re.compile(r"^([a-z0-9@][\w@+.-]*)$", re.MULTILINE)),
    (("apk", "info", "--who-owns"), re.compile(r" is owned by (\S+?)-\d")),
)
"""Which package owns a file: dpkg-query(1), rpm(8), pacman(8), apk(8)."""
