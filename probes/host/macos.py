"""What only macOS has: sysctlbyname, and the platform's own identifier."""

from __future__ import annotations

import re

from probes.host.questions import Absent


def sysctl_number(name: str) -> int | None:
    """An integer of sysctl(3); None where this kernel has none of that name."""
    import ctypes

    value, size = ctypes.c_int64(0), ctypes.c_size_t(8)
    try:
        ask = ctypes.CDLL(None).sysctlbyname
    except AttributeError:  # no macOS
        return None
    failed = ask(name.encode(), ctypes.byref(value), ctypes.byref(size), None, 0)
    return None if failed else value.value


def platform_uuid() -> str:
    """What tells this Mac from all others. Never leaves the live host.

    ioreg(8) prints it among the properties of the platform expert.

    Raises: Absent, and what a command raises.
    """
    from probes.host.commands import run_command

    _, out, _ = run_command(["ioreg", "-rd1", "-c", "IOPlatformExpertDevice"], timeout=3.0)
    return uuid_in(out)


def uuid_in(text: str) -> str:
    """The platform's UUID in what ioreg prints. Raises Absent.

    >>> uuid_in('    "IOPlatformUUID" = "0FB5A4C2-0000-5A00-9C11-1234567890AB"')
    '0FB5A4C2-0000-5A00-9C11-1234567890AB'
    """
    found = re.search(r'"IOPlatformUUID" = "([0-9A-F-]+)"', text)
    if found is None:
        raise Absent("this Mac tells no IOPlatformUUID")
    return found[1]
