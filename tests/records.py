"""Facts are named tuples; a test states them as "this host, but with that"."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T", bound=tuple[Any, ...])


def replace(facts: T, **changes: Any) -> T:
    """The same facts with some of them changed."""
    return facts._replace(**changes)  # type: ignore[attr-defined, no-any-return]
