"""The object ``builder``: names that are never refused, sizes that are read at start.

Source: moby v26.1.5 and v28.5.2 ``daemon/config/builder.go``,
``builder/builder-next/worker/gc.go``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.formats.daemon_json import go_values

if TYPE_CHECKING:
    from probes.formats.daemon_json.report import Report
    from probes.formats.daemon_json.settings import Settings
    from probes.formats.json_document import Member, Node


_BUILDER_KEYS = ("gc", "entitlements", "history")
_GC_KEYS = ("enabled", "policy", "defaultkeepstorage")
_GC_KEYS_28 = ("defaultreservedspace", "defaultmaxusedspace", "defaultminfreespace")
_SIZE_OR_SHARE = r"[0-9]+(?:\.[0-9]+)?\s*%\Z"


def judge_build_cache(report: Report, settings: Settings) -> None:
    """Report what the engine overlooks, or chokes on, inside builder."""
    node = settings.node("builder", "object")
    for member in node.value if node is not None else ():
        if member.key.lower() not in _BUILDER_KEYS:
            _builder_key(report, member, "builder", "gc, entitlements and history")
        elif member.key.lower() == "gc" and member.value.kind == "object":
            _builder_gc(report, settings, member.value)


def _builder_key(report: Report, member: Member, around: str, known: str) -> None:
    report.add(
        "daemon-json-builder-key-unknown",
        f"{around} has {known}; {member.key} is ignored without a word.",
        member,
        key=f"{around}.{member.key}",
    )


def _builder_gc(report: Report, settings: Settings, gc: Node) -> None:
    newer = settings.engine >= (28, 0)
    for member in gc.value:
        name = member.key.lower()
        if name not in _GC_KEYS and not (newer and name in _GC_KEYS_28):
            _builder_key(report, member, "builder.gc", "enabled, policy and defaultKeepStorage")
        elif name.startswith("default"):
            _builder_space(report, settings, member, "builder.gc")
        elif name == "policy" and member.value.kind == "array":
            for rule in member.value.value:
                for item in rule.value if rule.kind == "object" else ():
                    _builder_rule(report, settings, item, newer=newer)


def _builder_rule(report: Report, settings: Settings, item: Member, *, newer: bool) -> None:
    name = item.key.lower()
    spaces = ("keepstorage", *(("reservedspace", "maxusedspace", "minfreespace") if newer else ()))
    if name in spaces:
        _builder_space(report, settings, item, "builder.gc.policy")
    elif name not in {"all", "filter"}:
        _builder_key(report, item, "builder.gc.policy", "all, filter and keepStorage")


def _builder_space(report: Report, settings: Settings, member: Member, around: str) -> None:
    value = member.value.value
    if member.value.kind != "string" or not value:
        return
    share = settings.engine >= (28, 0) and re.match(_SIZE_OR_SHARE, value)
    if share or not go_values.ram_in_bytes(value).error:
        return
    report.add(
        "daemon-json-builder-gc-value",
        f'{around}.{member.key} must be a size such as "20GB"; the engine does not start its '
        "builder.",
        member.value,
        key=f"{around}.{member.key}",
    )
