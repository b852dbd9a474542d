"""Carries out an :class:`~fixes.model.EditFile` on bytes: which format is edited by which editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixes.model import (
    DAEMON_JSON,
    JSON,
    JSON_REPAIR,
    LIMITS,
    NAMES,
    SYSCTL,
    UNIT,
    WHOLE,
    WSL_CONF,
    WSLCONFIG,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixes.model import EditFile


class Unedited(ValueError):  # noqa: N818 - a fact about the file
    """A file that an edit does not fit; it is left as it is. The text says why, for a report."""


def edited(data: bytes | None, change: EditFile) -> bytes:
    """The file's bytes after the change; ``data`` None where the file does not exist.

    Raises: Unedited where the file is not what its format says, or has no place for the change.
    """
    try:
        return _EDITORS[change.format](data, change)
    except ValueError as error:
        raise Unedited(f"{change.path}: {error}") from error


def _json(data: bytes | None, change: EditFile) -> bytes:
    from probes.formats.json_edit import edit_json

    return edit_json(data, change.settings)


def _json_repair(data: bytes | None, change: EditFile) -> bytes:  # noqa: ARG001 - one signature
    from probes.formats.json_edit import repair_json

    return repair_json(data or b"").data


def _sysctl(data: bytes | None, change: EditFile) -> bytes:
    from probes.formats.sysctl_edit import edit_sysctl

    return edit_sysctl(data, change.settings, header=change.header)


def _unit(data: bytes | None, change: EditFile) -> bytes:
    from probes.formats.unit_edit import edit_unit

    return edit_unit(data, change.settings, header=change.header)


def _limits(data: bytes | None, change: EditFile) -> bytes:
    from probes.formats.limits_edit import edit_limits

    return edit_limits(data, change.settings, header=change.header)


def _names(data: bytes | None, change: EditFile) -> bytes:
    from probes.formats.name_list_edit import edit_names

    wanted = change.settings
    return edit_names(
        data,
        add=[name for name, listed in wanted.items() if listed],
        remove=[name for name, listed in wanted.items() if not listed],
        header=change.header,
    )


def _wsl(data: bytes | None, change: EditFile) -> bytes:
    from probes.formats.wsl_config import edit_wsl

    return edit_wsl(data, change.settings, change.format)


def _whole(data: bytes | None, change: EditFile) -> bytes:
    text: Any = change.settings[""]
    wanted = str(text).encode()
    if data is not None and data != wanted:
        raise Unedited("it exists already, with another content")
    return wanted


_EDITORS: dict[str, Callable[[bytes | None, EditFile], bytes]] = {
    DAEMON_JSON: _json,
    JSON: _json,
    JSON_REPAIR: _json_repair,
    SYSCTL: _sysctl,
    UNIT: _unit,
    LIMITS: _limits,
    NAMES: _names,
    WSLCONFIG: _wsl,
    WSL_CONF: _wsl,
    WHOLE: _whole,
}
"""Format -> its editor. Settings: for JSON a tuple of keys -> a value or
:data:`probes.formats.json_edit.REMOVED`; for sysctl a key -> text or None; for units and the WSL
files (section, key) -> values or None; for limits (domain, type, item) -> text or None; for name
lists a name -> whether it is to be listed; for a whole file "" -> its text."""
