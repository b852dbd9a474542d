"""A small, real transaction: fixes that edit files in a folder, this machine, a journal of its own."""

from __future__ import annotations

from pathlib import Path

from fixes import transaction
from fixes.health import Examination
from fixes.journal import Journal
from fixes.model import JSON, EditFile, Fix, Request, propose
from fixes.plan import Consents, make
from probes.host import Host
from probes.host.live import LiveSource


def open_host():
    return Host(LiveSource(), seconds=10)


def examine():
    return Examination(open_host(), ())


def fix_of(*changes, id="test-fix", effects=(), steps=(), on_request=False, risk="safe"):  # noqa: A002
    """A fix that proposes these changes."""
    return Fix(
        id, "Change what a test wants changed", risk, (), "tests", (), "",
        lambda host, request: propose("a test wants it", *changes, effects=effects, steps=steps),
        on_request,
    )  # fmt: skip


def edit(path, settings=None, format=JSON, **more):  # noqa: A002
    settings = {("log-driver",): "local"} if settings is None else settings
    return EditFile(str(path), format, settings, **more)


def plan_of(*fixes, consents=None):
    consents = consents or Consents(named=frozenset(fix.id for fix in fixes))
    return make(open_host(), [(fix, Request()) for fix in fixes], consents)


def context(folder, **more):
    return transaction.Context(Journal(str(folder)), open_host, examine, version="test", **more)


def apply(plan, made):
    with made.journal.locked():
        return transaction.apply(plan, examine(), made)


def undo(id, made):  # noqa: A002
    with made.journal.locked():
        return transaction.undo(made.journal.entry(id), examine(), made)


def recover(made):
    with made.journal.locked():
        made.journal.clean()
        return [transaction.recover(entry, made) for entry in made.journal.unfinished()]


def left_overs(*folders):
    """Files of ours that should not be there when nothing is going on."""
    return [
        str(path)
        for folder in folders
        for path in Path(folder).rglob("*")
        if path.name.startswith((".hullcheck-", ".new-"))
    ]
