"""systemd.network(5) files: which interfaces a file takes, and whether it leaves them alone."""

from __future__ import annotations

import re

from probes.record import NamedTuple

_CLASS_NEGATION = re.compile(r"\[\^")

KNOWN_KEYS = frozenset({"Name", "Type", "Kind", "Driver"})
"""What can be told of an interface that does not exist yet. A file that also asks for a MAC
address, a path or a host matches no interface that Docker makes, as far as can be told here."""


class NetworkUnit(NamedTuple):
    """The part of a .network file that decides about an interface."""

    match: tuple[tuple[str, str], ...]
    """Key and value of the lines of [Match], in order."""
    unmanaged: bool


def parse_network_unit(text: str) -> NetworkUnit:
    r"""The [Match] section and [Link] Unmanaged=.

    >>> parse_network_unit("[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n")
    NetworkUnit(match=(('Name', 'en* eth*'),), unmanaged=False)
    """
    section, match, unmanaged = "", [], False
    for raw in text.replace("\\\n", " ").splitlines():
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line.startswith("["):
            section = line
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            continue
        if section == "[Match]":
            match.append((key, value))
        elif section == "[Link]" and key == "Unmanaged":
            unmanaged = value.lower() in {"yes", "true", "1", "on", "y", "t"}
    return NetworkUnit(tuple(match), unmanaged)


def unit_matches(unit: NetworkUnit, interface: dict[str, str]) -> bool:
    """Whether a file takes an interface with these properties (by the names of its keys).

    Patterns are shell globs; a leading ``!`` turns the whole list round (systemd.network(5)).

    >>> bridge = {"Name": "docker0", "Type": "bridge", "Kind": "bridge", "Driver": "bridge"}
    >>> unit_matches(NetworkUnit((("Name", "*"),), False), bridge)
    True
    >>> unit_matches(NetworkUnit((("Name", "!docker* veth*"),), False), bridge)
    False
    """
    values: dict[str, str] = {}
    for key, value in unit.match:
        if key not in KNOWN_KEYS:
            return False
        values[key] = f"{values.get(key, '')} {value}".strip() if value else ""
    wanted = {key: value for key, value in values.items() if value}
    return bool(wanted) and all(_listed(interface[key], wanted[key]) for key in wanted)


def _listed(value: str, patterns: str) -> bool:
    from fnmatch import fnmatchcase

    turned = patterns.startswith("!")
    words = patterns.removeprefix("!").split()
    # fnmatch(3) negates a class with ^ as well, Python's only with !.
    found = any(fnmatchcase(value, _CLASS_NEGATION.sub("[!", word)) for word in words)
    return found is not turned
