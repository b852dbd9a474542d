"""Named tuples that cost a third of those of ``typing``.

There are 150 of them, and typing compiles every annotation of every field to see whether it could
be a type: 14 ms of each start, for something that mypy does better. To mypy this *is*
:class:`typing.NamedTuple`, and classes are written in the same way.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Maker(type):
        """Makes a named tuple out of a class statement: its fields, defaults and methods."""

        def __new__(
            cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]
        ) -> type[tuple[Any, ...]]:
            if bases != (NamedTuple,):
                raise TypeError(f"{name}: a named tuple has no other base class")
            fields = tuple(namespace["__annotations__"])  # text: the future import is everywhere
            defaults = [field for field in fields if field in namespace]
            if defaults != [*fields[len(fields) - len(defaults) :]]:
                raise TypeError(f"{name}: a field without a default follows one with a default")
            made = namedtuple(  # noqa: PYI024 - this is how it comes about
                name,
                fields,
                defaults=[namespace[field] for field in defaults],
                module=namespace["__module__"],
            )
            for key, value in namespace.items():
                if key not in fields and key != "__module__":
                    setattr(made, key, value)
            return made

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {"__doc__": "The base to name."})
