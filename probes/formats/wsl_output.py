"""What ``wsl.exe`` and ``netsh`` print, in any language.

Labels are translated; the order of lines, the states of distributions and the shape of values are
not (microsoft/WSL src/windows/common/WslClient.cpp, localization/strings). So nothing here looks
for a word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

STATES = ("Running", "Stopped", "Installing", "Uninstalling", "Converting", "Exporting")
"""Literals of the code, never translated."""

_ROW = re.compile(
    r"(?P<default>\*)?[ \t]{0,9}(?P<name>[^\s*][^\n*]{0,99}?)[ \t]{1,99}(?P<state>"
    + "|".join(STATES)
    + r")[ \t]{1,99}(?P<version>[12])(?:[ \t]{0,9}#.*)?$"
)
"""Bounded everywhere: any text may come here."""
_HEADER = re.compile(r"NAME[ \t]{1,99}STATE[ \t]{1,99}VERSION$")

_NUMBERS = r"\d+(?:\.\d+){2,3}"
_VALUE = re.compile(rf"[:\uff1a][ \t]*(?P<numbers>{_NUMBERS})(?P<rest>-\S+)?")
_LABELLED = re.compile(r"^[ \t#]*[^:\uff1a\n]{2,60}[:\uff1a][ \t]*(?P<value>\S.*?)[ \t]*$")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

CODES = re.compile(
    r"\bWsl/[A-Za-z]+(?:/[A-Za-z0-9_]+)+|\b(?:HCS|WSL)_E_[A-Z_]+|\b0x[0-9a-fA-F]{8}\b"
)
"""Error codes, which are not translated either."""


class Row(NamedTuple):
    """One distribution of ``wsl --list --verbose``."""

    name: str
    state: str
    """One of STATES."""
    version: int
    """1 or 2: of WSL, not of the distribution."""
    default: bool


class Told(NamedTuple):
    """What ``wsl --version`` tells, as it is written; empty where it does not."""

    wsl: str
    kernel: str
    windows: str


class Status(NamedTuple):
    """What ``wsl --status`` tells."""

    default: str
    """The default distribution; empty for none."""
    version: int | None
    """The version of WSL that new distributions get."""


def parse_list(text: str) -> tuple[Row, ...]:
    r"""The distributions in the output of ``wsl --list --verbose``, in its order.

    >>> parse_list("  NAME      STATE           VERSION\n* Ubuntu    Running         2\n")
    (Row(name='Ubuntu', state='Running', version=2, default=True),)
    """
    return tuple(
        Row(row["name"].strip(), row["state"], int(row["version"]), bool(row["default"]))
        for line in text.splitlines()
        if (row := _ROW.match(_bare(line)))
    )


def _bare(line: str) -> str:
    """A line without the blanks around it, and the comment sign that scripts put before it."""
    return line.strip(" \t").lstrip("# \t")


def is_list(text: str) -> bool:
    """Whether a text is the output of ``wsl --list --verbose``, or a part of it."""
    lines = [line for line in text.splitlines() if line.strip()]
    return any(_HEADER.match(_bare(line)) for line in lines) or bool(parse_list(text))


def parse_version(text: str) -> Told | None:
    r"""The versions in the output of ``wsl --version``; None where it is none.

    Seven lines, or one that an editor made of them: WSL first, its kernel second, Windows last.

    >>> parse_version("WSL-Version: 2.6.1.0\nKernelversion: 6.6.87.2-1\nWindows: 10.0.26100.6899")
    Told(wsl='2.6.1.0', kernel='6.6.87.2-1', windows='10.0.26100.6899')
    """
    values = [m["numbers"] + (m["rest"] or "") for m in _VALUE.finditer(text)]
    if len(values) < 2:  # noqa: PLR2004 - one number is no such output
        return None
    first = values[0]
    windows = values[-1] if len(values) > 2 and values[-1].startswith("10.") else ""  # noqa: PLR2004
    is_kernel = re.match(r"[4-9]\.\d+\.\d+", values[1])
    if not is_kernel or not re.fullmatch(r"[0-9]\.\d{1,2}\.\d{1,3}(?:\.\d+)?", first):
        return None
    return Told(first, values[1], windows)


def parse_status(text: str) -> Status | None:
    r"""The two settings in the output of ``wsl --status``; None where it is none.

    >>> parse_status("Standarddistribution: Ubuntu-24.04\nStandardversion: 2\n")
    Status(default='Ubuntu-24.04', version=2)
    """
    values = [m["value"] for line in text.splitlines() if (m := _LABELLED.match(line))][:2]
    if not values:
        return None
    version = int(values[-1]) if values[-1] in {"1", "2"} else None
    names = values[:1] if len(values) > 1 or version is None else []
    default = names[0] if names and _NAME.fullmatch(names[0]) else ""
    return Status(default, version) if version is not None else None


def codes(text: str) -> tuple[str, ...]:
    """The error codes in a text, each once.

    >>> codes("Error code: Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED")
    ('Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED',)
    """
    return tuple(dict.fromkeys(CODES.findall(text)))


def parse_port_ranges(text: str) -> tuple[tuple[int, int], ...]:
    r"""First and last port of each range of ``netsh int ipv4 show excludedportrange protocol=tcp``.

    >>> parse_port_ranges("Start Port    End Port\n----------    --------\n     50000       50059     *\n")
    ((50000, 50059),)
    """
    return tuple(_ranges(text))


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    for line in text.splitlines():
        found = re.match(r"^[ \t]*(\d{1,5})[ \t]+(\d{1,5})[ \t]*\*?[ \t]*$", line)
        if found and 0 < int(found[1]) <= int(found[2]) <= 65535:  # noqa: PLR2004 - ports
            yield int(found[1]), int(found[2])
