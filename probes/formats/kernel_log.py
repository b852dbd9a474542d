"""The kernel's log as dmesg(1) and journalctl(1) print it, and what in it concerns containers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

_LINE = r"^(?:.*?kernel: )?(?:<\d+>)?\[\s*(\d+\.\d+)\]\s*(.*)$"
_PREFIXED = r"^(?:<\d+>)?\[?\s*(\d+\.\d+)\]?\s+(?:\S+ kernel: )?(.*)$"


class KernelLine(NamedTuple):
    """One line of the log."""

    seconds: float
    """Since boot."""
    text: str


def parse_kernel_log(text: str, about: Collection[str] = ()) -> list[KernelLine]:
    r"""The lines that carry the seconds since boot, of dmesg or ``journalctl -o short-monotonic``.

    ``about`` leaves out all lines in which none of these texts stands, before they are parsed.

    >>> parse_kernel_log("[ 1104.415100] hce3: port 1 entered disabled state\n")
    [KernelLine(seconds=1104.4151, text='hce3: port 1 entered disabled state')]
    >>> parse_kernel_log("[   12.5] web-07 kernel: nf_conntrack: table full\n")
    [KernelLine(seconds=12.5, text='nf_conntrack: table full')]
    >>> parse_kernel_log("Nov 24 10:00:00 web-07 kernel: [   12.500000] ok\n")
    [KernelLine(seconds=12.5, text='ok')]
    """
    found = []
    wanted = [words for words in about if words in text]
    if about and not wanted:
        return []
    for line in text.splitlines():
        if wanted and not any(words in line for words in wanted):
            continue
        match = re.match(_LINE, line) or re.match(_PREFIXED, line)
        if match:
            message = re.sub(r"^\S+ kernel: ", "", match[2])
            found.append(KernelLine(float(match[1]), message))
    return found
