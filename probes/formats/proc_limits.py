"""/proc/PID/limits, proc(5): a process's resource limits."""

from __future__ import annotations

import re

from probes.record import NamedTuple

_LINE = re.compile(r"^Max (.+?)\s{2,}(\d+|unlimited)\s+(\d+|unlimited)", re.MULTILINE)


class Limit(NamedTuple):
    """One limit; None is unlimited."""

    soft: int | None
    hard: int | None


def _number(text: str) -> int | None:
    return None if text == "unlimited" else int(text)


def parse_limits(text: str) -> dict[str, Limit]:
    r"""The limits by the kernel's names for them, without "Max".

    >>> parse_limits("Limit                     Soft Limit           Hard Limit           Units\n"
    ...     "Max core file size        0                    unlimited            bytes     \n"
    ...     "Max open files            1024                 524288               files     \n")
    {'core file size': Limit(soft=0, hard=None), 'open files': Limit(soft=1024, hard=524288)}
    """
    return {name: Limit(_number(soft), _number(hard)) for name, soft, hard in _LINE.findall(text)}
