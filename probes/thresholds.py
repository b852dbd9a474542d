"""The thresholds that an owner may set otherwise: declared beside the check that uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Threshold:
    """A number a check compares with. ``value`` is the default unless the owner set another.

    The same numbers apply to every host of one process: they are the owner's, not the host's.
    """

    __slots__ = ("default", "id", "unit", "value", "why")

    def __init__(self, id: str, default: float, unit: str, why: str) -> None:  # noqa: A002
        self.id = id
        self.default = default
        self.unit = unit
        self.why = why
        """The reason for the default, with its source."""
        self.value = default
        _DECLARED[id] = self


_DECLARED: dict[str, Threshold] = {}


def load() -> dict[str, Threshold]:
    """All declared thresholds by id, of all topics."""
    from probes import load_topics

    load_topics()
    return dict(_DECLARED)


def override(values: Mapping[str, float]) -> None:
    """Set the owner's values; all others are at their default again."""
    for name, threshold in (load() if values else _DECLARED).items():
        threshold.value = values.get(name, threshold.default)
