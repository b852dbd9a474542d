"""Property lists of macOS, XML and binary (Apple's plist(5)): what a file says under a key."""

from __future__ import annotations

from typing import Any

from probes.host.questions import Garbled


def parse_plist(data: bytes) -> dict[str, Any]:
    """The dictionary that a property list holds.

    Raises: Garbled for what is no property list, or holds something else.
    """
    import plistlib
    import struct
    from xml.parsers.expat import ExpatError

    try:
        value = plistlib.loads(data)
    except (
        plistlib.InvalidFileException,
        ExpatError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
        OverflowError,
        RecursionError,
        struct.error,
    ):
        raise Garbled("it is no property list") from None
    if not isinstance(value, dict):
        raise Garbled("this property list is no dictionary")
    return value


def plist_text(data: bytes, key: str) -> str:
    """A text in a property list; empty where there is none under that key. Raises: Garbled."""
    value = parse_plist(data).get(key)
    return value if isinstance(value, str) else ""
