"""What the engine takes without a word, and what its next release will refuse.

Singular keys, swallowed objects, ignored keys, duplicates, null where it does something.

Source: moby v28.5.2 daemon/config/config.go (``configValuesSet``, ``skipValidateOptions``),
observed with dockerd 26.1.5 and 28.5.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.formats.daemon_json import keys, names
from probes.formats.daemon_json.settings import SET_BY_FLAG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.formats.daemon_json.report import Report
    from probes.formats.daemon_json.settings import Flattened, Settings
    from probes.formats.json_document import Member, Node

_MOST_DUPLICATES = 100
_REMOVED_NEXT: dict[str, tuple[tuple[int, int], str]] = {
    # name: first release that warns, what to do instead
    "graph": ((20, 10), "use data-root"),
    "cluster-store": ((20, 10), "leave it out: classic Swarm is gone"),
    "cluster-store-opts": ((20, 10), "leave it out: classic Swarm is gone"),
    "cluster-advertise": ((20, 10), "leave it out: classic Swarm is gone"),
    "oom-score-adjust": ((24, 0), "set OOMScoreAdjust= in docker.service"),
    "api-cors-header": ((26, 0), "use a reverse proxy for CORS headers"),
}


def judge_quiet(report: Report, settings: Settings) -> None:
    """Report what has no effect although nobody says so."""
    for places in settings.flat.values():
        for place in places:
            _judge_place(report, settings, place)
    root = settings.document.root
    if root is not None:
        _swallowed(report, settings, root)
        _duplicates(report, root)
    for name, (since, instead) in _REMOVED_NEXT.items():
        key = keys.BY_NAME[name]
        if settings.engine[:2] < since or not key.parses_in(settings.engine):
            continue
        works = key.exists_in(settings.engine)
        gone = (key.removed if works else key.parsed_until) or (0, 0)
        now = "still works in this engine" if works else "does nothing any more"
        for place in settings.flat.get(name, []):
            report.add(
                "daemon-json-removed-next",
                f"{name} {now}, and engines from {gone[0]}.{gone[1]} on do not start with it: "
                f"{instead}.",
                place.member,
                key=place.path,
                known_in=key.known_in,
            )


def _judge_place(report: Report, settings: Settings, place: Flattened) -> None:
    name, engine = place.member.key, settings.engine
    if keys.singular_exists(name, engine):
        plural = keys.SINGULAR[name]
        report.add(
            "daemon-json-singular-key",
            f"{name} is the name of a flag; the engine accepts it here and ignores it, the key "
            f"is {plural}.",
            place.member,
            key=place.path,
            suggestion=plural,
        )
        return
    if name in keys.FLAG_ONLY and name not in {"config-file", "validate"}:
        report.add(
            "daemon-json-ignored-key",
            f"{name} is a flag that {keys.FLAG_ONLY[name]}; in the file it has no effect.",
            place.member,
            key=place.path,
        )
        return
    key = keys.BY_NAME.get(name)
    if key is None or not key.parses_in(engine):
        return
    if key.ignored_since and engine[:2] >= key.ignored_since:
        since = key.ignored_since
        report.add(
            "daemon-json-ignored-key",
            f"{name} has had no effect since {since[0]}.{since[1]}; it can be left out.",
            place.member,
            key=place.path,
            level="note",
        )
        return
    default_on = key.default == "true" or (name == "ip6tables" and engine >= (27, 0))
    is_null = place.parent is None and place.member.value.kind == "null"
    if name in SET_BY_FLAG and default_on and is_null:
        report.add(
            "daemon-json-null-turns-off",
            f"{name}: null is not the default; the engine takes it for false.",
            place.member.value,
            key=place.path,
            suggestion="false",
        )
    if key.parent and place.parent is None and place.member.value.kind != "null":
        report.add(
            "daemon-json-ignored-key",
            f"{name} has no effect at the top level; it belongs inside {key.parent}.",
            place.member,
            key=place.path,
            suggestion=f"{key.parent}.{name}",
        )
        return
    inside_own = place.parent is not None and place.parent.key == key.parent
    if place.parent is None or inside_own:
        return
    if name in SET_BY_FLAG:
        return  # see _swallowed: this one takes effect
    report.add(
        "daemon-json-ignored-key",
        f"{name} has no effect inside {place.parent.key}; it belongs to the top level.",
        place.member,
        key=place.path,
        suggestion=name,
    )


def _swallowed(report: Report, settings: Settings, root: Node) -> None:
    """Objects under a name that is no key: their content is taken for top-level keys."""
    for member in _last_objects(root):
        name = member.key
        if keys.is_flat(name, settings.engine) or name == "proxies":
            continue
        if keys.singular_exists(name, settings.engine) or name in keys.BY_NAME:
            # Refused for its type, or a singular key whose content was judged by name.
            if name in keys.SINGULAR and not member.value.value:
                report.add(
                    "daemon-json-singular-key",
                    f"{name} is the name of a flag and ignored; the key is {keys.SINGULAR[name]}.",
                    member,
                    key=name,
                    suggestion=keys.SINGULAR[name],
                )
                continue
            if name in keys.BY_NAME:
                continue
        inner = [item.key for item in member.value.value]
        if any(not keys.is_accepted(item, settings.engine) for item in inner):
            continue  # the engine refuses the inner name
        live = [item for item in inner if item in SET_BY_FLAG]
        nearest = keys.SINGULAR.get(name) or names.nearest_key(name, settings.engine)
        hint = f" The nearest key is {nearest}." if nearest else ""
        if not inner:
            effect = "and the empty object does nothing"
        elif live:
            effect = f"but {', '.join(sorted(set(live)))} inside it takes effect all the same"
        else:
            effect = "and nothing inside it takes effect"
        report.add(
            "daemon-json-swallowed-object",
            f"{name} is no key, {effect}: the engine accepts any object whose content looks like "
            f"keys.{hint}",
            member,
            key=name,
            suggestion=nearest,
        )


def _last_objects(root: Node) -> Iterator[Member]:
    last = {member.key: member for member in root.value}
    for member in last.values():
        if member.value.kind == "object":
            yield member


def _duplicates(report: Report, root: Node) -> None:
    """Keys that stand twice in one object, at any depth."""
    reported = 0
    pending: list[tuple[str, Node]] = [("", root)]
    while pending and reported < _MOST_DUPLICATES:
        path, node = pending.pop()
        if node.kind == "array":
            pending.extend((path, item) for item in node.value if item.kind in {"object", "array"})
            continue
        seen: dict[str, Member] = {}
        for member in node.value:
            inner = f"{path}.{member.key}" if path else member.key
            if member.value.kind in {"object", "array"}:
                pending.append((inner, member.value))
            first = seen.setdefault(member.key, member)
            if first is member or reported >= _MOST_DUPLICATES:
                continue
            reported += 1
            line = report.document.position(first.key_start).line
            merged = not path and keys.is_flat(member.key, keys.NEWEST)
            which = "the two are merged" if merged else "only the last one counts"
            report.add(
                "daemon-json-duplicate-key",
                f"{inner} stands here a second time (first in line {line}); {which}, without a "
                "word.",
                member,
                key=inner,
            )
