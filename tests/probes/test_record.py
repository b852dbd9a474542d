"""Records are named tuples to the reader, and to all that asks."""

from __future__ import annotations

import pytest

from probes.record import NamedTuple


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 2

    @property
    def total(self) -> int:
        return self.x + self.y


def test_a_record_is_a_named_tuple():
    point = Point(1)
    assert point == (1, 2)
    assert point._replace(y=5).total == 6
    assert Point._fields == ("x", "y")
    assert Point.__doc__ == "A place."
    assert (Point.__name__, Point.__module__) == ("Point", __name__)
    assert repr(point) == "Point(x=1, y=2)"


def declare(bases, annotations, **defaults):
    namespace = {"__module__": __name__, "__annotations__": annotations, **defaults}
    return type(NamedTuple)("Wrong", bases, namespace)


def test_a_field_without_a_default_after_one_with_a_default_is_refused():
    with pytest.raises(TypeError, match="without a default"):
        declare((NamedTuple,), {"x": "int", "y": "int"}, x=1)


def test_no_other_base_class():
    with pytest.raises(TypeError, match="no other base"):
        declare((NamedTuple, dict), {"x": "int"})
