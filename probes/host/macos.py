"""What only macOS has: sysctlbyname, launchd, and the platform's own identifier."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes.host.questions import Absent

if TYPE_CHECKING:
    from collections.abc import Callable


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


def service(
    label: str, run: Callable[[list[str], float], list[Any]] | None = None
) -> dict[str, str]:
    """A daemon of the system that launchd knows: its status and how it is started.

    launchctl(1): ``print`` describes one that is loaded, ``print-disabled`` lists those that an
    administrator, or System Settings > General > Login Items, keeps from being loaded.

    Raises: Absent where launchd knows no such daemon, and what a command raises.
    """
    if run is None:
        from probes.host.commands import run_command

        run = run_command
    code, out, _ = run(["launchctl", "print", f"system/{label}"], 3.0)
    _, switches, _ = run(["launchctl", "print-disabled", "system"], 3.0)
    disabled = _is_disabled(switches, label)
    if code and not disabled:
        raise Absent(f"launchd knows no {label}", look=f"launchctl print system/{label}")
    running = not code and re.search(r"^\s*state = running$", out, re.MULTILINE) is not None
    return {
        "status": "running" if running else "stopped",
        "start": "disabled" if disabled else "automatic",
    }


def _is_disabled(switches: str, label: str) -> bool:
    r"""Whether ``launchctl print-disabled`` has a label switched off; before macOS 13 as true.

    >>> _is_disabled('disabled services = {\n\t"com.docker.vmnetd" => disabled\n}', "com.docker.vmnetd")
    True
    """
    found = re.search(rf'"{re.escape(label)}" => (\w+)', switches)
    return found is not None and found[1] in {"disabled", "true"}
