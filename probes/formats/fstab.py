"""/etc/fstab, fstab(5): the file systems that are mounted at boot."""

from __future__ import annotations

import re

from probes.record import NamedTuple

_OCTAL = re.compile(r"\\([0-7]{3})")


class FstabEntry(NamedTuple):
    """One file system of the table."""

    source: str
    target: str
    fstype: str
    options: tuple[str, ...]
    line: int


def parse_fstab(text: str) -> list[FstabEntry]:
    r"""The entries in order; comments and short lines are passed over.

    >>> found = parse_fstab("# data\nUUID=1f /srv/my\\040data ext4 defaults,nofail 0 2\n")
    >>> found[0].target, found[0].options
    ('/srv/my data', ('defaults', 'nofail'))
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if len(fields) < 3 or fields[0].startswith("#"):  # noqa: PLR2004 - fstab(5)
            continue
        source, target = (_OCTAL.sub(lambda m: chr(int(m[1], 8)), f) for f in fields[:2])
        options = fields[3] if len(fields) > 3 else "defaults"  # noqa: PLR2004 - fstab(5)
        target = target.rstrip("/") or "/"
        found.append(FstabEntry(source, target, fields[2], tuple(options.split(",")), number))
    return found
