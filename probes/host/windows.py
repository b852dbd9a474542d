"""What only Windows has: its registry, its services, its own ways to tell about itself.

The modules of Windows (winreg, ctypes.windll, psutil's services) are handed in, so that everything
here also runs where they do not exist.
"""

# mypy looks at this file as it is on Linux, where these modules have nothing in them.
# mypy: disable-error-code="attr-defined, unused-ignore"

from __future__ import annotations

import os
from typing import Any

from probes.host.questions import Absent, Denied, Garbled

HIVES = {"HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER"}

CURRENT_VERSION = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
"""Where Windows says which it is. ProductName still says Windows 10 on Windows 11."""

NAMES_LIMIT = 1000
"""Values and keys read of one registry key. Lxss has one key a distribution."""


def registry_key(key: str, winreg: Any = None) -> dict[str, Any]:  # noqa: ANN401 - a module
    r"""The values and the names of the keys below ``HIVE\path``.

    Texts, numbers and lists of texts as they are; binary values as hexadecimal text. The 64-bit
    view is read whatever this Python is (KEY_WOW64_64KEY, Microsoft's documentation of winreg).

    Raises: Absent, Denied, Garbled.
    """
    if winreg is None:
        import winreg
    hive, _, path = key.partition("\\")
    if hive not in HIVES:
        raise Garbled(f"{key} names no hive of the registry")
    try:
        handle = winreg.OpenKey(
            getattr(winreg, HIVES[hive]), path, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        )
    except FileNotFoundError:
        raise Absent(f"the registry has no {key}") from None
    except PermissionError:
        raise Denied(
            f"{key} may not be read by this user", look=f'reg query "{key}" (as administrator)'
        ) from None
    with handle:
        subkeys, values, _ = winreg.QueryInfoKey(handle)
        names = [winreg.EnumKey(handle, n) for n in range(min(subkeys, NAMES_LIMIT))]
        told = [winreg.EnumValue(handle, n) for n in range(min(values, NAMES_LIMIT))]
    return {
        "values": {str(name): _plain(value) for name, value, _ in told},
        "keys": sorted(names),
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - what winreg gives
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, (str, int)):
        return value
    return [str(part) for part in value] if isinstance(value, (list, tuple)) else ""


def service(name: str, services: Any = None) -> dict[str, str]:  # noqa: ANN401 - a module
    """Whether a service runs and how it starts, in psutil's words.

    Raises: Absent, Denied.
    """
    if services is None:
        import psutil as services
    try:
        found = services.win_service_get(name)
        return {"status": str(found.status()), "start": str(found.start_type())}
    except services.NoSuchProcess:
        raise Absent(f"there is no service {name}") from None
    except services.AccessDenied:
        raise Denied(f"the service {name} may not be asked", look=f"sc.exe query {name}") from None


def system(winreg: Any = None, environ: Any = os.environ) -> dict[str, str]:  # noqa: ANN401
    """The gauge of the same name; the release is that of the build, with its update revision."""
    told = registry_key(CURRENT_VERSION, winreg)["values"]
    build, revision = told.get("CurrentBuild") or "0", told.get("UBR") or 0
    major, minor = (
        told.get("CurrentMajorVersionNumber") or 10,
        told.get("CurrentMinorVersionNumber") or 0,
    )
    return {
        "platform": "windows",
        # The first is set where a program runs that was made for another processor.
        "machine": environ.get("PROCESSOR_ARCHITEW6432")
        or environ.get("PROCESSOR_ARCHITECTURE", ""),
        "release": f"{major}.{minor}.{build}.{revision}",
        "kernel_version": product_name(told),
        "hostname": environ.get("COMPUTERNAME", ""),
    }


def product_name(told: dict[str, Any]) -> str:
    """The name by which people know this Windows, from the values of CURRENT_VERSION.

    >>> product_name({"ProductName": "Windows 10 Pro", "CurrentBuild": "26100",
    ...               "DisplayVersion": "24H2"})
    'Windows 11 Pro 24H2'
    """
    name, build = str(told.get("ProductName") or "Windows"), str(told.get("CurrentBuild") or "")
    if build.isdigit() and int(build) >= FIRST_WINDOWS_11 and "Server" not in name:
        name = name.replace("Windows 10", "Windows 11")
    release = told.get("DisplayVersion") or told.get("ReleaseId") or ""
    return f"{name} {release}".strip()


FIRST_WINDOWS_11 = 22000
"""The build of Windows 11 21H2, Microsoft's release information."""


def session(environ: Any = os.environ, shell: Any = None) -> dict[str, Any]:  # noqa: ANN401
    """The gauge of the same name.

    Windows has no numbers for users: 0 stands for one with the rights of an administrator, 1 for
    one without. Its groups grant nothing that a check here asks for.
    """
    if shell is None:
        import ctypes

        shell = ctypes.windll.shell32
    profile = environ.get("USERPROFILE", "")
    return {
        "uid": 0 if shell.IsUserAnAdmin() else 1,
        "name": environ.get("USERNAME", ""),
        "home": profile,
        "groups": [],
        "granted_groups": [],
    }


def machine_guid(winreg: Any = None) -> str:  # noqa: ANN401 - a module
    """What tells this installation of Windows from all others. Never leaves the live host."""
    told = registry_key(r"HKLM\SOFTWARE\Microsoft\Cryptography", winreg)["values"]
    if not told.get("MachineGuid"):
        raise Absent("the registry has no MachineGuid")
    return str(told["MachineGuid"])


def allocated(path: str, kernel: Any = None) -> int:  # noqa: ANN401 - a library
    """Bytes that a file takes on its drive: fewer than its size where it is sparse or compressed.

    GetCompressedFileSizeW, Microsoft's documentation of fileapi.h: 0xFFFFFFFF in the lower half
    means a failure when the last error is not 0.

    Raises: OSError.
    """
    import ctypes

    if kernel is None:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.GetCompressedFileSizeW.argtypes = [
            ctypes.c_wchar_p,
            ctypes.POINTER(ctypes.c_ulong),
        ]
        kernel.GetCompressedFileSizeW.restype = ctypes.c_ulong
    high = ctypes.c_ulong(0)
    low = kernel.GetCompressedFileSizeW(path, ctypes.byref(high))
    if low == _INVALID_SIZE:
        code = ctypes.get_last_error()
        if code:
            raise ctypes.WinError(code)
    return int((high.value & _INVALID_SIZE) << 32) | int(low)


_INVALID_SIZE = 0xFFFFFFFF
