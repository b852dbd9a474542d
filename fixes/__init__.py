"""How we mend: remedies that propose, a plan of their proposals, a transaction that applies it.

The table says which module holds a fix and which checks' findings it mends, so that a report can
name the fix of a finding without importing any.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from fixes.model import Family, Fix


class Entry(NamedTuple):
    """A fix in the table."""

    module: str
    """Below ``fixes.remedies``."""
    mends: tuple[str, ...]


FIXES: dict[str, Entry] = {
    # -- daemon.json: logs, networks, the file itself -------------------------------------------
    # -- daemon.json: other settings; open files -------------------------------------------------
    # -- the kernel ------------------------------------------------------------------------------
    # -- systemd ---------------------------------------------------------------------------------
    # -- the docker CLI and its users ------------------------------------------------------------
    # -- WSL and Docker Desktop ------------------------------------------------------------------
    # -- space: what it deletes is gone ----------------------------------------------------------
}
"""Fix id -> where it is and what it mends, in the order in which a plan takes them."""


@lru_cache(maxsize=1)
def by_check() -> dict[str, tuple[str, ...]]:
    """Check id -> the ids of the fixes that mend its findings."""
    found: dict[str, tuple[str, ...]] = {}
    for id_, entry in FIXES.items():
        for check in entry.mends:
            found[check] = (*found.get(check, ()), id_)
    return found


def load(id_: str) -> Fix:
    """The fix of that id. Raises KeyError for one that does not exist."""
    from importlib import import_module

    family: Family = import_module(f"fixes.remedies.{FIXES[id_].module}").FAMILY
    return next(fix for fix in family.fixes if fix.id == id_)


def load_all() -> list[Fix]:
    """Every fix, in the table's order."""
    return [load(id_) for id_ in FIXES]
