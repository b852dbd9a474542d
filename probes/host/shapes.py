"""The shapes of answers. A live host gives them by itself; a record may hold anything."""

from __future__ import annotations

from typing import Any

NONE = type(None)


class Row(tuple[Any, ...]):
    """The shape of a list of so many values, one shape for each."""

    __slots__ = ()


def fits(value: Any, shape: Any) -> bool:  # noqa: ANN401 - any JSON, any shape
    """Whether a value has a shape.

    A shape is a type or a tuple of types, ``[shape of each item]``, a :class:`Row`,
    ``{key: shape}`` for the keys that must be there, or ``{"*": shape of every value}``.
    """
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return False
        if "*" in shape:
            return all(fits(item, shape["*"]) for item in value.values())
        return all(key in value and fits(value[key], item) for key, item in shape.items())
    if isinstance(shape, Row):
        return (
            isinstance(value, (list, tuple))
            and len(value) == len(shape)
            and all(map(fits, value, shape))
        )
    if isinstance(shape, list):
        return isinstance(value, (list, tuple)) and all(fits(item, shape[0]) for item in value)
    return isinstance(value, shape)


_GROUPS = [Row((int, str))]

GAUGES: dict[str, Any] = {
    "session": {"uid": int, "name": str, "home": str, "groups": _GROUPS, "granted_groups": _GROUPS},
    "system": dict.fromkeys(("platform", "machine", "release", "kernel_version", "hostname"), str),
    "memory": dict.fromkeys(("total", "available", "swap_total", "swap_free"), int),
    "cpus": dict.fromkeys(("logical", "physical", "usable"), (int, NONE)),
    "adjtimex": dict.fromkeys(("state", "status", "offset", "maxerror", "esterror"), int),
    "distribution": dict.fromkeys(("id", "version", "name"), str),
    "identity": str,
    "interfaces": {
        "*": {
            "up": (bool, NONE),
            "mtu": (int, NONE),
            "addresses": [{"family": int, "address": str, "netmask": (str, NONE)}],
        }
    },
}
"""What a reading must tell to be one, by its name."""

STAT = Row((str, int, int, int, int, (int, float), int, int, str, str))
PROCESS = Row((int, int, int, str, [str], (int, float), bool))
"""As it is written now; before, the last one could be missing."""
PING = {"milliseconds": (int, float), "headers": {"*": str}}
VARIABLE = (str, NONE)
