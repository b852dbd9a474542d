"""sysctl.d(5): which file decides over a kernel setting at boot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d")
"""By falling precedence for files of the same name, sysctl.d(5)."""


class SysctlLine(NamedTuple):
    """One assignment in one file."""

    key: str
    """As below /proc/sys, with slashes: net/ipv4/ip_forward."""
    value: str
    path: str
    line: int


def normal_key(key: str) -> str:
    """A key as the path below /proc/sys.

    If the first separator is a dot, dots and slashes change places; else it is a path already.

    >>> normal_key("net.ipv4.conf.eth0/100.forwarding"), normal_key("net/ipv4/ip_forward")
    ('net/ipv4/conf/eth0.100/forwarding', 'net/ipv4/ip_forward')
    """
    key = key.strip()
    first = min((key.index(c) for c in "./" if c in key), default=-1)
    if first >= 0 and key[first] == ".":
        return key.translate({ord("."): "/", ord("/"): "."})
    return key


def parse_sysctl(text: str, path: str) -> list[SysctlLine]:
    r"""The assignments of one file; ``-key`` without a value only shields it from globs.

    >>> lines = parse_sysctl("# CIS 3.1.1\n-net.ipv4.ip_forward = 0\nvm/swappiness=10\n", "a.conf")
    >>> [(line.key, line.value, line.line) for line in lines]
    [('net/ipv4/ip_forward', '0', 2), ('vm/swappiness', '10', 3)]
    """
    found = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        key, equals, value = line.partition("=")
        key = key.strip().removeprefix("-").strip()
        if equals and key:
            found.append(SysctlLine(normal_key(key), value.strip(), path, number))
    return found


def order(names: Mapping[str, Iterable[str]]) -> list[str]:
    """The files that are read, first to last: sorted by name, one file for each name.

    ``names`` maps each folder to the names in it. A later file overrides an earlier one.

    >>> order({"/etc/sysctl.d": ["99-z.conf", "10-a.conf"], "/usr/lib/sysctl.d": ["10-a.conf"]})
    ['/etc/sysctl.d/10-a.conf', '/etc/sysctl.d/99-z.conf']
    """
    winners: dict[str, str] = {}
    for folder in FOLDERS:
        for name in names.get(folder, ()):
            if name.endswith(".conf"):
                winners.setdefault(name, f"{folder}/{name}")
    return [winners[name] for name in sorted(winners)]


def _matches(pattern: str, key: str) -> bool:
    from fnmatch import fnmatchcase

    # A star stays within one step of the path, glob(7).
    left, right = pattern.split("/"), key.split("/")
    return len(left) == len(right) and all(map(fnmatchcase, right, left))


def winner(lines: Iterable[SysctlLine], *keys: str) -> SysctlLine | None:
    r"""The line that decides over a key, of lines in reading order; an exact key beats a glob.

    Several keys are names of one setting (net/ipv4/ip_forward is net/ipv4/conf/all/forwarding):
    the last line for any of them decides.

    >>> lines = parse_sysctl("net.ipv4.conf.*.forwarding=1\nnet.ipv4.ip_forward=0", "f")
    >>> winner(lines, "net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding").value
    '0'
    """
    exact: SysctlLine | None = None
    by_glob: SysctlLine | None = None
    for line in lines:
        if line.key in keys:
            exact = line
        elif "*" in line.key and any(_matches(line.key, key) for key in keys):
            by_glob = line
    return exact or by_glob
