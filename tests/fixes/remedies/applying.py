"""What a proposal makes of a host: its changes carried out on the answers of a fake one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from fixes import load
from fixes.editing import edited
from fixes.model import KINDS, Proposal, Request
from probes.formats.sysctl_files import normal_key
from probes.host import Host
from probes.model import judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixes.model import Change
    from probes.model import Finding, Topic


def planned(fix: str, host: Host, *findings: Finding, **given: str) -> Proposal:
    """What a fix proposes; a parameter's dash is written as an underscore."""
    named = {name.replace("_", "-"): value for name, value in given.items()}
    return load(fix).plan(host, Request(findings, named))


def applied(host: Host, proposal: Proposal) -> Host:
    """The host after the changes, all its memories forgotten."""
    source: Any = copy.copy(host.source)
    source.files, source.engine = dict(source.files), copy.deepcopy(source.engine)
    source.stats = dict(source.stats)
    for change in proposal.changes:
        _DO[KINDS[type(change)]](source, change)
    return Host(source)


def _edit(source: Any, change: Any) -> None:
    path = source._resolve(change.path)
    source.files[path] = edited(source.files.get(path), change)


def _sysctl(source: Any, change: Any) -> None:
    path = f"/proc/sys/{normal_key(change.key)}"
    assert " ".join(source.files[path].decode().split()) == change.before
    source.files[path] = change.value.encode() + b"\n"
    # Where the kernel tells the same limit again.
    if change.key == "fs.file-max":
        used = source.files["/proc/sys/fs/file-nr"].split()[0]
        source.files["/proc/sys/fs/file-nr"] = used + b"\t0\t" + change.value.encode() + b"\n"
    if change.key == "kernel.keys.maxkeys":
        table = source.files["/proc/key-users"].decode()
        quota = f"/{change.before} "
        source.files["/proc/key-users"] = table.replace(quota, f"/{change.value} ").encode()


def _command(source: Any, change: Any) -> None:
    program, name = change.argv
    assert (program, change.undo) == ("modprobe", ("modprobe", "-r", name))
    source.files["/proc/modules"] += f"{name} 16384 0 - Live 0x0\n".encode()
    if name == "br_netfilter":
        source.files["/proc/sys/net/bridge/bridge-nf-call-iptables"] = b"1\n"


def _empty(source: Any, change: Any) -> None:
    source.files[change.path] = b""
    source.stats[change.path] = {**source.stats.get(change.path, {}), "size": 0}


def _engine(source: Any, change: Any) -> None:
    """One object is gone from all answers of the engine; a prune takes every idle record."""
    usage = source.engine.get("/system/df?verbose=1", {})
    if change.action == "prune-build-cache":
        usage["BuildCache"] = [r for r in usage["BuildCache"] if r["InUse"] or r["Shared"]]
        return
    for answer in (usage, source.engine):
        for key, rows in answer.items():
            if isinstance(rows, list) and rows and isinstance(rows[0], dict):
                answer[key] = [row for row in rows if not _is(row, change.subject)]


def _is(row: Mapping[str, Any], subject: str) -> bool:
    if subject in (row.get("RepoTags") or ()):
        row["RepoTags"].remove(subject)
        return not row["RepoTags"]
    return subject in (row.get("Id"), row.get("Name"))


_DO = {
    "edit": _edit,
    "sysctl": _sysctl,
    "command": _command,
    "empty": _empty,
    "engine": _engine,
}


def findings(topic: Topic[Any], host: Host, check: str) -> list[Finding]:
    """What a check says of the host."""
    return [f for c in topic.checks if c.id == check for f in judge(c, topic.look(host))]


def outcomes(topic: Topic[Any], host: Host, check: str) -> set[str]:
    """How a check judges the host: pass, fail..."""
    found = findings(topic, host, check)
    assert found, check
    return {finding.outcome for finding in found}


def edits(proposal: Proposal) -> dict[str, dict[Any, Any]]:
    """Path -> settings of the files that are edited."""
    return {c.path: dict(c.settings) for c in proposal.changes if KINDS[type(c)] == "edit"}


def kinds(proposal: Proposal) -> list[str]:
    return [KINDS[type(change)] for change in proposal.changes]


def only(proposal: Proposal, kind: str) -> list[Change]:
    return [change for change in proposal.changes if KINDS[type(change)] == kind]
