"""The JSON Schemas of the documents we write, shipped with the package."""

from __future__ import annotations

import json
from typing import Any

NAMES = (
    "report-1",
    "lint-1",
    "effective-1",
    "facts-1",
    "bundle-manifest-1",
    "plan-1",
    "applied-1",
    "history-1",
)


def load(name: str) -> dict[str, Any]:
    """The schema of that name: ``report-1``. Raises KeyError for one that does not exist."""
    if name not in NAMES:
        raise KeyError(name)
    from importlib.resources import files

    schema: dict[str, Any] = json.loads(
        files("agent.schemas").joinpath(f"{name}.json").read_text(encoding="utf-8")
    )
    return schema
