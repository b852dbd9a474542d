"""Version numbers as engines, kernels and packages print them, compared by their numbers."""

from __future__ import annotations

import re

_NUMBERS = re.compile(r"(?:^|[^0-9.])v?(\d+(?:\.\d+)*)")


def parse_version(text: str) -> tuple[int, ...]:
    """The leading numbers of a version; empty when it has none.

    >>> parse_version("20.10.24+dfsg1"), parse_version("v1.7.24~ds1"), parse_version("dev")
    ((20, 10, 24), (1, 7, 24), ())
    """
    match = _NUMBERS.search(" " + text.strip())
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def major_minor(text: str) -> tuple[int, int]:
    """The first two numbers, 0 for one that is not there.

    >>> major_minor("28.5.2"), major_minor("6")
    ((28, 5), (6, 0))
    """
    numbers = (*parse_version(text), 0, 0)
    return numbers[0], numbers[1]
