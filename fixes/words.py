"""The settings of an edit in words, as a person would write them into the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fixes.model import DAEMON_JSON, JSON, JSON_REPAIR, LIMITS, NAMES, WHOLE

if TYPE_CHECKING:
    from fixes.model import EditFile


def setting_words(change: EditFile) -> list[str]:
    """One line a setting: ``"log-opts.max-size": "10m"``, ``[Service] LimitNOFILE=65536``, ..."""
    if change.format == JSON_REPAIR:
        return ["what is no JSON in it is taken out"]
    if change.format == WHOLE:
        return str(change.settings[""]).splitlines()
    return [_words(change.format, key, value) for key, value in change.settings.items()]


def _words(format: str, key: Any, value: Any) -> str:  # noqa: A002, ANN401 - as the editors have it
    from probes.formats.json_edit import REMOVED

    gone = value is None or value is REMOVED or value is False
    if format in {DAEMON_JSON, JSON}:
        name = ".".join(key)
        gone = value is REMOVED
        return f"remove {name}" if gone else f'"{name}": {json.dumps(value, ensure_ascii=False)}'
    if format == NAMES:
        return f"remove {key}" if gone else str(key)
    if format == LIMITS:
        name = " ".join(key)
        return f"remove {name}" if gone else f"{name} {value}"
    name = f"[{key[0]}] {key[1]}" if isinstance(key, tuple) else str(key)
    if gone:
        return f"remove {name}"
    if isinstance(value, tuple):
        return ", ".join(f"{name}={item}" for item in value)
    return f"{name}={value}"
