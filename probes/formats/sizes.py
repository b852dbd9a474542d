"""Sizes: as Docker reads them (go-units) and as people read them."""

from __future__ import annotations

import re

KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40

_SIZE = re.compile(r"(?i)^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:ib|b)?\s*$")


def parse_size(text: str) -> int | None:
    """Bytes of a size as log options and shm sizes have it (docker/go-units ``RAMInBytes``).

    Units are binary, in either case, with or without b or ib. None for what is not a size.

    >>> parse_size("10m"), parse_size("1.5GB"), parse_size("10 megs")
    (10485760, 1610612736, None)
    """
    match = _SIZE.match(text)
    if not match:
        return None
    return int(float(match[1]) * (1 << (10 * " kmgtp".index(match[2].lower() or " "))))


def human_size(size: float) -> str:
    """A size in the largest unit that leaves a number of at least 1.

    >>> human_size(38 * GIB), human_size(1536), human_size(12)
    ('38 GiB', '1.5 KiB', '12 B')
    """
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024 or unit == "TiB":  # noqa: PLR2004 - binary units
            return f"{size:.1f}".removesuffix(".0") + f" {unit}"
        size /= 1024
    raise AssertionError(size)
