"""The settings of a decoded daemon.json as the engine sees them.

Objects that are not settings themselves are flattened into the top level for the check of names
(``configValuesSet`` of moby's daemon/config/config.go), but only top-level keys reach the typed
configuration, with two exceptions: ``proxies`` is a struct of its own, and a boolean that is also
a flag is set through that flag even from inside an unknown object.

Source: moby v28.5.2 daemon/config/config.go (``getConflictFreeConfiguration``), observed with
dockerd 26.1.5 and 28.5.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes.formats.daemon_json import go_types, go_values, keys
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.formats.json_document import Document, Member, Node

_MOST_PRINTED = 1000
_SMALL, _LARGE = 4, 6
_DEEPEST = 100  # values nested deeper are not settings of anything

SET_BY_FLAG = frozenset(
    {
        "allow-direct-routing",
        "cri-containerd",
        "experimental",
        "icc",
        "init",
        "ip-forward",
        "ip-forward-no-drop",
        "ip-masq",
        "ip6tables",
        "iptables",
        "ipv6",
        "live-restore",
        "no-new-privileges",
        "raw-logs",
        "rootless",
        "selinux-enabled",
        "userland-proxy",
    }
)
"""Booleans whose flag writes straight into the configuration, so that a flattened value counts."""


class Flattened(NamedTuple):
    """A key after flattening: its member, and the member of the object around it, if any."""

    member: Member
    parent: Member | None

    @property
    def path(self) -> str:
        """The dotted path as written in the file."""
        inner = self.member.key
        return f"{self.parent.key}.{inner}" if self.parent else inner


class Setting(NamedTuple):
    """An effective setting: its value as Python data, where it stands, and its dotted path."""

    value: Any
    line: int
    column: int
    path: str
    node: Node


def last_members(members: tuple[Member, ...]) -> dict[str, Member]:
    """The members of an object by key; of duplicates the last one, as Go's maps have it."""
    return {member.key: member for member in members}


def flatten(root: Node, engine: tuple[int, ...]) -> dict[str, list[Flattened]]:
    """Name to the places that set it, after flattening.

    More than one place means that the engine takes either of them, at random.
    """
    flat: dict[str, list[Flattened]] = {}
    for member in last_members(root.value).values():
        if member.value.kind == "object" and not keys.is_flat(member.key, engine):
            for inner in last_members(member.value.value).values():
                flat.setdefault(inner.key, []).append(Flattened(inner, member))
        else:
            flat.setdefault(member.key, []).append(Flattened(member, None))
    return flat


def plain(node: Node, depth: int = 0) -> Any:  # noqa: ANN401 - JSON is any of its types
    """A node as Python data; numbers become int, or float where they are not whole."""
    if depth > _DEEPEST:
        return None
    if node.kind == "array":
        return [plain(item, depth + 1) for item in node.value]
    if node.kind == "object":
        return {member.key: plain(member.value, depth + 1) for member in node.value}
    if node.kind == "number":
        whole = go_values.fits_integer(node.value, "int64")
        return int(node.value) if whole else float(node.value)
    return node.value


def printed(node: Node) -> str:
    """A JSON value as Go's ``%v`` prints it after decoding."""
    if node.kind == "null":
        return "<nil>"
    if node.kind == "bool":
        return "true" if node.value else "false"
    if node.kind == "number":
        return _printed_float(float(node.value))
    if node.kind == "array":
        return "[" + " ".join(printed(item) for item in node.value[:_MOST_PRINTED]) + "]"
    if node.kind == "object":
        members = sorted({item.key: item.value for item in node.value}.items())
        return "map[" + " ".join(f"{key}:{printed(value)}" for key, value in members) + "]"
    return str(node.value)


def _printed_float(value: float) -> str:
    """``strconv.FormatFloat(value, 'g', -1, 64)``: an exponent below 1e-4 and from 1e6 on."""
    from decimal import Decimal

    shortest = Decimal(repr(value)).normalize()
    size = shortest.adjusted() if value else 0
    if -_SMALL <= size < _LARGE:
        plain = f"{shortest:f}"
        return "-0" if plain == "0" and str(value).startswith("-") else plain
    sign, figures, _ = shortest.as_tuple()
    mantissa = "".join(map(str, figures))
    mantissa = mantissa[0] + ("." + mantissa[1:] if len(mantissa) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if size < 0 else '+'}{abs(size):02d}"


def _as_flag(node: Node) -> bool:
    """What setting a boolean flag to the printed value makes of it."""
    return bool(go_values.parse_bool(printed(node)))


class Settings:
    """Typed access to what the engine decodes; values of the wrong type are absent."""

    def __init__(self, document: Document, engine: tuple[int, ...]) -> None:
        self.document = document
        self.engine = engine
        root = document.root
        self._members = root.value if root is not None and root.kind == "object" else ()
        self.flat = flatten(root, engine) if root is not None and root.kind == "object" else {}

    def nodes(self, name: str) -> list[Node]:
        """Every top-level value of a key, in order, without null."""
        folded = go_types.fold(name)
        return [
            member.value
            for member in self._members
            if go_types.fold(member.key) == folded and member.value.kind != "null"
        ]

    def node(self, name: str, kind: str) -> Node | None:
        """The value that counts, when it is of the given kind of JSON."""
        found = self.nodes(name)
        return found[-1] if found and found[-1].kind == kind else None

    def text(self, name: str) -> tuple[str, Node] | None:
        """A text that is not empty (an empty one means the default)."""
        node = self.node(name, "string")
        return (node.value, node) if node is not None and node.value else None

    def number(self, name: str) -> tuple[int, Node] | None:
        """A whole number."""
        node = self.node(name, "number")
        if node is None or not go_values.fits_integer(node.value, "int64"):
            return None
        return int(node.value), node

    def texts(self, name: str) -> list[tuple[str, Node]]:
        """The texts of a list; null counts as the empty text, as in Go."""
        node = self.node(name, "array")
        if node is None or any(item.kind not in {"string", "null"} for item in node.value):
            return []
        return [(item.value or "", item) for item in node.value]

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean as it ends up: the file's true, else what the flag of that name was set to.

        Setting such a flag to what is no boolean (null, a list) leaves it false, so that null
        turns off what is on by default (pflag ``boolValue.Set`` ignores no error, its caller does).
        """
        node = self.node(name, "bool")
        if node is not None and node.value:
            return True
        places = self.flat.get(name)
        if name in SET_BY_FLAG and places:
            place = next((item for item in places if item.parent is None), places[0])
            return _as_flag(place.member.value)
        return default if node is None else False

    def map_members(self, name: str) -> dict[str, Member]:
        """The entries of an object; duplicates of the whole object are merged, as in Go."""
        merged: dict[str, Member] = {}
        for node in self.nodes(name):
            if node.kind == "object":
                merged.update(last_members(node.value))
        return merged


def effective_keys(document: Document, engine: str) -> dict[str, Setting]:
    """Every setting that takes effect, by its name in the table of keys.

    Of duplicates the last one counts (objects are merged), null sets nothing, keys that the
    engine ignores or does not know are absent, booleans inside unknown objects are present.
    Objects appear whole, e.g. ``log-opts``; the proxies under their own names.
    """
    version = keys.engine_version(engine)
    settings = Settings(document, version)
    found: dict[str, Setting] = {}
    for name, node, path in _effective(settings, version):
        position = document.position(node.start)
        value = plain(node)
        if name in SET_BY_FLAG:
            value = settings.flag(name, default=False)
        if node.kind == "object" and keys.BY_NAME[name].type != "builder":
            value = {key: plain(member.value) for key, member in settings.map_members(name).items()}
        found[name] = Setting(value, position.line, position.column, path, node)
    return found


def _effective(settings: Settings, engine: tuple[int, ...]) -> Iterator[tuple[str, Node, str]]:
    for key in keys.KEYS:
        ignored = key.ignored_since is not None and engine[:2] >= key.ignored_since
        if not key.exists_in(engine) or ignored:
            continue
        if key.parent:
            members = settings.map_members(key.parent)
            if key.name in members and members[key.name].value.kind != "null":
                yield key.name, members[key.name].value, f"{key.parent}.{key.name}"
            continue
        nodes = settings.nodes(key.name)
        if nodes:
            yield key.name, nodes[-1], key.name
        elif key.name in SET_BY_FLAG:
            for place in settings.flat.get(key.name, [])[:1]:
                yield key.name, place.member.value, place.path
