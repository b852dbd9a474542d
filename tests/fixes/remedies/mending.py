"""Fixes on recorded machines: what one proposes, and what a check says once that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixes import FIXES, load
from fixes.editing import edited
from fixes.model import UNIT, EditFile, RemoveFile, Request
from probes import load_topics
from probes.host import Host, Unreadable
from probes.model import FAIL, Finding, judge

if TYPE_CHECKING:
    from fixes.model import Proposal
    from tests.hosts.machine import Machine

CHECKS = {check.id: (topic, check) for topic in load_topics() for check in topic.checks}


def findings(machine: Machine, check: str) -> list[Finding]:
    """All that one check says of a machine."""
    topic, judged = CHECKS[check]
    return judge(judged, topic.look(Host(machine)))


def outcomes(machine: Machine, check: str) -> set[str]:
    return {finding.outcome for finding in findings(machine, check)}


def proposal(machine: Machine, fix: str, **given: str) -> Proposal:
    """What the fix proposes, asked by its name as the command line does."""
    failing = [f for c in FIXES[fix].mends for f in findings(machine, c) if f.outcome == FAIL]
    request = Request(tuple(failing), {k.replace("_", "-"): v for k, v in given.items()})
    return load(fix).plan(Host(machine), request)


def comes_to(machine: Machine, fix: str, **given: str) -> str:
    """The outcome of a proposal, or the kind of the Unreadable that was raised in its place."""
    try:
        return proposal(machine, fix, **given).outcome
    except Unreadable as error:
        return error.kind


def edits(proposed: Proposal) -> dict[str, Any]:
    """The settings of each file that is edited."""
    found: dict[str, Any] = {}
    for change in proposed.changes:
        if isinstance(change, EditFile):
            found.setdefault(change.path, {}).update(change.settings)
    return found


def commands(proposed: Proposal) -> list[tuple[Any, Any]]:
    """Each command with the one that takes it back."""
    return [(c.argv, c.undo) for c in proposed.changes if not isinstance(c, (EditFile, RemoveFile))]


def kinds(proposed: Proposal) -> list[tuple[str, str]]:
    return [(effect.kind, effect.subject) for effect in proposed.effects]


def apply(machine: Machine, proposed: Proposal) -> None:
    """Edit the machine's files; of units, tell systemctl what systemd would make of them."""
    for change in proposed.changes:
        if isinstance(change, RemoveFile):
            machine.links.pop(change.path, None)
            machine.files.pop(change.path, None)
        elif isinstance(change, EditFile):
            machine.files[change.path] = edited(machine.files.get(change.path), change)
            if change.format == UNIT:
                _load(machine, change)


def _load(machine: Machine, change: EditFile) -> None:
    folder = change.path.rpartition("/")[0]
    name = folder.rpartition("/")[2].removesuffix(".d")
    units = machine.user_units if "/.config/" in change.path else machine.units
    unit = units[name]
    if folder.endswith(".d"):
        paths = {*unit.get("DropInPaths", "").split(), change.path}
        unit["DropInPaths"] = " ".join(sorted(paths, key=lambda path: path.rpartition("/")[2]))
    for (_, key), values in change.settings.items():
        if key in {"TasksMax", "Delegate", "KillMode", "RequiresMountsFor", "LimitNOFILE"}:
            unit[key] = " ".join(values)
