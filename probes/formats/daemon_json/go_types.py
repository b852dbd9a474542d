"""What Go's decoder says about a value of the wrong type, key by key.

`mismatches` walks a document along the shapes of moby's ``Config`` struct, as
``json.Unmarshal(b, &config)`` does, and yields every value that does not fit, in the order of
the document. Names are matched without regard to case, as Go does it; what has no field is
passed over.

Two dialects of messages exist, because two decoders do: Go up to 1.26 (engine 26.1.5 of our
references) names the embedded structs and stops at the first error of a type that decodes
itself; the decoder that is the default from Go 1.27 on (engine 28.5.2 of our references) names
the path in the document and reports the first error in it.

Sources: Go 1.24 ``encoding/json/decode.go``; Go 1.27 ``encoding/json/v2_inject.go`` and
``encoding/json/v2/arshal_default.go``; moby v26.1.5 and v28.5.2 ``daemon/config``, ``opts``,
``libnetwork/ipamutils``, ``api/types/system/runtime.go``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probes.formats.daemon_json import go_values, keys
from probes.formats.json_document import Document, Node, quote_text
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Mismatch(NamedTuple):
    """A value that the engine cannot decode.

    ``path`` leads to it from the top level; ``text`` is Go's message for this engine; ``wanted``
    says in plain words what belongs there. ``stops`` is true for errors at which the older
    decoder stops at once, so that they win over earlier ones.
    """

    node: Node
    path: tuple[str, ...]
    text: str
    wanted: str
    stops: bool


class Shape(NamedTuple):
    """A Go type.

    ``kind`` selects the rule, ``go`` is the type as Go prints it, ``wanted`` the same in plain
    words. ``inner`` is the shape of elements; ``fields`` those of a struct, and ``struct`` its
    bare name. A shape with ``own`` decodes itself (it has an ``UnmarshalJSON`` that calls
    ``json.Unmarshal`` again), so that messages start anew in it; a ``strict`` one refuses names
    it has no field for.
    """

    kind: str
    go: str
    wanted: str
    inner: Shape | None = None
    fields: tuple[Field, ...] = ()
    struct: str = ""
    own: bool = False
    strict: bool = False


class Field(NamedTuple):
    """A field of a struct: its name in JSON, its shape, and the embedded structs around it."""

    name: str
    shape: Shape
    embedded: str = ""


TEXT: Final = Shape("string", "string", "a text in double quotes")
BOOL: Final = Shape("bool", "bool", "true or false, without quotes")
INT: Final = Shape("int", "int", "a whole number, without quotes")
INT64: Final = Shape("int", "int64", "a whole number, without quotes")
UINT32: Final = Shape("uint32", "uint32", "a whole number, without quotes")
ANY: Final = Shape("any", "interface {}", "any value")
LOG_FORMAT: Final = Shape("string", "log.OutputFormat", 'the text "text" or "json"')
IP: Final = Shape("ip", "net.IP", "an IP address in double quotes")
ADDRESS: Final = Shape("address", "netip.Addr", "an IP address in double quotes")
PREFIX: Final = Shape("prefix", "netip.Prefix", 'a subnet in double quotes, e.g. "10.10.0.0/16"')
SIZE: Final = Shape("size", "opts.MemBytes", 'a size in double quotes, e.g. "64M"')
DURATION: Final = Shape("duration", "config.Duration", 'a time in double quotes, e.g. "48h"')


def _list(inner: Shape, go: str, wanted: str) -> Shape:
    return Shape("list", go, wanted, inner)


def _map(inner: Shape, go: str, wanted: str) -> Shape:
    return Shape("map", go, wanted, inner)


TEXTS: Final = _list(TEXT, "[]string", "a list of texts")
TEXT_MAP: Final = _map(TEXT, "map[string]string", "an object whose values are all texts")
BOOL_MAP: Final = _map(BOOL, "map[string]bool", "an object whose values are true or false")


def _struct(name: str, go: str, wanted: str, *fields: Field, own: bool = False) -> Shape:
    return Shape("struct", go, wanted, None, fields, name, own)


_ULIMIT = _struct(
    "Ulimit",
    "units.Ulimit",
    'an object such as {"Name": "nofile", "Soft": 64000, "Hard": 64000}',
    Field("Name", TEXT),
    Field("Hard", INT64),
    Field("Soft", INT64),
)
_RUNTIME_FIELDS = (
    Field("path", TEXT),
    Field("runtimeArgs", TEXTS),
    Field("runtimeType", TEXT),
    Field("options", _map(ANY, "map[string]interface {}", "an object")),
)


def _runtimes(engine: tuple[int, ...]) -> Shape:
    package = "system" if engine >= (25, 0) else "types"
    fields = _RUNTIME_FIELDS if engine >= (24, 0) else _RUNTIME_FIELDS[:2]
    wanted = 'an object such as {"path": "/usr/bin/crun"}'
    runtime = _struct("Runtime", f"{package}.Runtime", wanted, *fields)
    return _map(
        runtime, f"map[string]{package}.Runtime", "an object with a runtime under each name"
    )


def _pools(engine: tuple[int, ...]) -> Shape:
    pool = _struct(
        "NetworkToSplit",
        "ipamutils.NetworkToSplit",
        'an object such as {"base": "10.10.0.0/16", "size": 24}',
        Field("base", PREFIX if engine >= (27, 0) else TEXT),
        Field("size", INT),
    )
    return Shape(
        "list",
        "[]*ipamutils.NetworkToSplit",
        "a list of objects with base and size",
        pool,
        own=True,
    )


def _anonymous(*fields: tuple[str, str]) -> str:
    """A struct without a name, as Go prints its type."""
    inside = "; ".join(f'{name} {go} "json:\\",omitempty\\""' for name, go in fields)
    return f"struct {{ {inside} }}"


def _builder(engine: tuple[int, ...]) -> Shape:
    filters = Shape("filters", "map[string]map[string]bool", "a list of texts")
    own = engine >= (28, 0)
    spaces = ("ReservedSpace", "MaxUsedSpace", "MinFreeSpace") if own else ()
    rule_names = (*spaces, "KeepStorage")
    gc_names = (*(f"Default{name}" for name in spaces), "DefaultKeepStorage")
    rule_go = gc_go = ""
    if own:
        texts = tuple((name, "string") for name in rule_names)
        rule_go = _anonymous(("All", "bool"), ("Filter", "config.BuilderGCFilter"), *texts)
        texts = tuple((name, "string") for name in gc_names)
        gc_go = _anonymous(("Enabled", "bool"), ("Policy", "[]config.BuilderGCRule"), *texts)
    rule = _struct(
        "BuilderGCRule",
        rule_go or "config.BuilderGCRule",
        "an object",
        Field("All", BOOL),
        Field("Filter", filters),
        *(Field(name, TEXT) for name in rule_names),
        own=own,
    )
    gc = _struct(
        "BuilderGCConfig",
        gc_go or "config.BuilderGCConfig",
        'an object such as {"enabled": true, "defaultKeepStorage": "20GB"}',
        Field("Enabled", BOOL),
        Field("Policy", _list(rule, "[]config.BuilderGCRule", "a list of objects")),
        *(Field(name, TEXT) for name in gc_names),
        own=own,
    )
    entitlements = _struct(
        "BuilderEntitlements",
        "config.BuilderEntitlements",
        "an object",
        Field("network-host", BOOL),
        Field("security-insecure", BOOL),
    )
    history = _struct(
        "BuilderHistoryConfig",
        "config.BuilderHistoryConfig",
        "an object",
        Field("MaxAge", DURATION),
        Field("MaxEntries", INT64),
    )
    fields = [Field("GC", gc), Field("Entitlements", entitlements)]
    if engine >= (26, 0):
        fields.append(Field("History", history))
    return _struct("BuilderConfig", "config.BuilderConfig", "an object", *fields)


_PROXIES = _struct(
    "Proxies",
    "config.Proxies",
    "an object with http-proxy, https-proxy and no-proxy",
    Field("http-proxy", TEXT),
    Field("https-proxy", TEXT),
    Field("no-proxy", TEXT),
)
_NRI = _struct(
    "nriOpts",
    "opts.nriOpts",
    "an object",
    Field("enable", BOOL),
    Field("plugin-path", TEXT),
    Field("plugin-config-path", TEXT),
    Field("socket-path", TEXT),
    own=True,
)._replace(strict=True)
_SIMPLE: Final[dict[str, Shape]] = {
    "string": TEXT,
    "bool": BOOL,
    "int": INT,
    "int64": INT64,
    "uint32": UINT32,
    "ip": IP,
    "size": SIZE,
    "log format": LOG_FORMAT,
    "list of string": TEXTS,
    "list of address": _list(ADDRESS, "[]netip.Addr", "a list of IP addresses"),
    "map of string": TEXT_MAP,
    "map of bool": BOOL_MAP,
    "map of map of string": _map(
        TEXT_MAP, "map[string]map[string]string", "an object with an object per driver"
    ),
    "ulimits": _map(_ULIMIT, "map[string]*units.Ulimit", "an object with an object per limit"),
    "nri": _NRI,
}


def shape_of(name: str, engine: tuple[int, ...]) -> Shape:
    """The shape of a type named in the table of keys, in an engine of this version."""
    if name == "runtimes":
        return _runtimes(engine)
    if name == "pools":
        return _pools(engine)
    if name == "builder":
        return _builder(engine)
    if name == "list of ip":
        if engine < (25, 0):
            return TEXTS
        inner = ADDRESS if engine >= (29, 0) else IP
        return _list(inner, f"[]{inner.go}", "a list of IP addresses")
    return _SIMPLE[name]


def config_struct(engine: tuple[int, ...]) -> Shape:
    """The struct that an engine of this version decodes the file into."""
    fields = [
        Field(key.name, shape_of(key.type, engine), key.go_path) for key in keys.field_names(engine)
    ]
    if engine >= (23, 0):
        fields.append(Field("proxies", _PROXIES, keys.COMMON))
    return _struct("Config", "config.Config", "an object", *fields)


def fold(name: str) -> str:
    """A name as Go compares names of fields: without case, by Unicode's simple folding."""
    # Only these two letters outside ASCII fold to one inside it.
    return name.lower().replace("\u017f", "s").replace("\u212a", "k")


class _Place(NamedTuple):
    """Where the decoder is: for its two dialects, and for people."""

    struct: str
    stack: tuple[str, ...]
    pointer: tuple[str, ...]
    root: str
    path: tuple[str, ...]

    def inside(self, token: str) -> _Place:
        return self._replace(pointer=(*self.pointer, token), path=(*self.path, token))


class _Decoder:
    """One call of ``json.Unmarshal``, with the nested calls of types that decode themselves."""

    def __init__(self, document: Document, *, modern: bool) -> None:
        self._document = document
        self._modern = modern

    def walk(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        """Every mismatch of a value with its shape, in document order."""
        if shape.own:
            yield from self._walk_own(shape, node, place)
            return
        if shape.kind == "size":
            yield from self._walk_size(shape, node, place)
            return
        if shape.kind == "filters":
            yield from self._walk_filters(shape, node, place)
            return
        if node.kind == "null" or shape.kind == "any":
            return
        rule = _LEAVES.get(shape.kind)
        if rule is not None:
            yield from rule(self, shape, node, place)
        elif shape.kind == "list":
            yield from self._walk_list(shape, node, place)
        elif shape.kind == "map":
            yield from self._walk_map(shape, node, place)
        else:
            yield from self._walk_struct(shape, node, place)

    def _walk_own(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        """A nested call of ``json.Unmarshal``: only its own first error leaves it."""
        shape = shape._replace(own=False)
        if self._modern:
            inner = place._replace(pointer=(), root="")
            found = list(self.walk(shape, node, inner))
        else:
            # The older decoder puts its own place in front of the inner error.
            found = list(self.walk(shape, node, place._replace(struct="\0")))
            found.sort(key=lambda item: not item.stops)
            found = [
                item._replace(text=item.text.replace("\0", place.struct, 1), stops=True)
                for item in found
            ]
        yield from found

    def _walk_list(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        if node.kind != "array":
            yield self._wrong(shape, node, place)
        elif shape.inner is not None:
            for index, item in enumerate(node.value):
                yield from self.walk(shape.inner, item, place.inside(str(index)))

    def _walk_map(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        if node.kind != "object":
            yield self._wrong(shape, node, place)
        elif shape.inner is not None:
            for member in node.value:
                yield from self.walk(shape.inner, member.value, place.inside(member.key))

    def _walk_struct(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        if node.kind != "object":
            yield self._wrong(shape, node, place)
            return
        exact = {field.name: field for field in shape.fields}
        folded = {fold(field.name): field for field in reversed(shape.fields)}
        for member in node.value:
            field = exact.get(member.key) or folded.get(fold(member.key))
            if field is None:
                if shape.strict:
                    text = f"json: unknown field {quote_text(member.key)}"
                    path = (*place.path, member.key)
                    wanted = f"absent: {place.path[-1]} has no such key"
                    yield Mismatch(member.value, path, text, wanted, stops=False)
                continue
            embedded = tuple(field.embedded.split(".")) if field.embedded else ()
            # Inside a nested call the outer struct's name wins, see _walk_own.
            struct = place.struct if place.struct == "\0" else shape.struct
            inside = place.inside(member.key)._replace(
                struct=struct, stack=(*place.stack, *embedded, field.name)
            )
            yield from self.walk(field.shape, member.value, inside)

    def _walk_size(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        # opts.MemBytes decodes the source text itself, so null and escapes fail too.
        source = self._document.source(node)
        if len(source) <= len('""') or node.kind != "string":
            text: str | None = f"invalid size: {quote_text(source)}"
        else:
            parse = go_values.ram_in_bytes if self._modern else go_values.old_ram_in_bytes
            text = parse(source[1:-1]).error
        if text is not None:
            yield Mismatch(node, place.path, text, shape.wanted, stops=True)

    def _walk_filters(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        """Filters of the build cache: a list of texts, or an old form (an object of objects)."""
        texts = TEXTS._replace(own=True)
        if not list(self.walk(texts, node, place)):
            return
        old = _map(BOOL_MAP, shape.go, shape.wanted)._replace(own=True)
        yield from self.walk(old, node, place)

    def walk_bool(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        """A boolean."""
        if node.kind != "bool":
            yield self._wrong(shape, node, place)

    def walk_text(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        """A text."""
        if node.kind != "string":
            yield self._wrong(shape, node, place)

    def walk_number(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        """A whole number of the type's range."""
        if node.kind != "number":
            yield self._wrong(shape, node, place)
        elif not go_values.fits_integer(node.value, shape.go):
            yield self._wrong(shape, node, place, value=f"number {node.value}")

    def walk_parsed(self, shape: Shape, node: Node, place: _Place) -> Iterator[Mismatch]:
        """Types that parse a text themselves (``UnmarshalText``)."""
        if node.kind != "string":
            yield self._wrong(shape, node, place, note=": JSON value must be string type")
            return
        error = _PARSERS[shape.kind](node.value)
        if error is not None:
            yield Mismatch(node, place.path, error, shape.wanted, stops=True)

    def _wrong(
        self, shape: Shape, node: Node, place: _Place, *, value: str = "", note: str = ""
    ) -> Mismatch:
        text = f"json: cannot unmarshal {value or node.kind} into {self.into(place)} of type {shape.go}"
        if self._modern:
            text += note
        # "array", "object", "string", "number" and "bool" are Go's names as well as ours.
        return Mismatch(node, place.path, text, shape.wanted, stops=False)

    def into(self, place: _Place) -> str:
        """Where a value was to go, as the decoder names it."""
        if not self._modern:
            if not place.stack:
                return "Go value"
            return f"Go struct field {place.struct}.{'.'.join(place.stack)}"
        if not place.pointer:
            return "Go value"
        tokens = [token.replace("~", "~0").replace("/", "~1") for token in place.pointer]
        field = ".".join(tokens)
        if not field and not place.root:
            return "Go value"
        last = field.rsplit(".", 1)[-1]
        index = last != "" and not last.strip("0123456789")
        return f"{'' if index else 'Go struct field '}{place.root}.{field}"


_Rule = "Callable[[_Decoder, Shape, Node, _Place], Iterator[Mismatch]]"
_LEAVES: Final[dict[str, Callable[[_Decoder, Shape, Node, _Place], Iterator[Mismatch]]]] = {
    "bool": _Decoder.walk_bool,
    "string": _Decoder.walk_text,
    "int": _Decoder.walk_number,
    "uint32": _Decoder.walk_number,
    "ip": _Decoder.walk_parsed,
    "address": _Decoder.walk_parsed,
    "prefix": _Decoder.walk_parsed,
    "duration": _Decoder.walk_parsed,
}
_PARSERS: Final[dict[str, Callable[[str], str | None]]] = {
    "ip": go_values.ip_error,
    "address": go_values.address_error,
    "prefix": go_values.prefix_error,
    "duration": go_values.duration_error,
}


def mismatches(document: Document, root: Node, engine: tuple[int, ...]) -> list[Mismatch]:
    """Every value of the wrong type, with the one that the engine reports first.

    ``root`` is the top-level object. ``engine`` is a version as of `keys.engine_version`; from
    28.0 on the messages are those of Go 1.27's decoder.
    """
    modern = engine >= (28, 0)
    place = _Place("", (), (), "Config", ())
    found = list(_Decoder(document, modern=modern).walk(config_struct(engine), root, place))
    if not modern:
        found.sort(key=lambda item: not item.stops)  # stable: document order among equals
    return found


def huge_number_text(document: Document, engine: tuple[int, ...]) -> str | None:
    """Go's message for the first number that no float64 holds, or None.

    The file is first decoded into a map of anything, where every number becomes a float64.
    """
    if document.huge_number is None:
        return None
    path, node = document.huge_number
    if engine < (28, 0):
        return f"json: cannot unmarshal number {node.value} into Go value of type float64"
    into = _Decoder(document, modern=True).into(_Place("", (), path, "", path))
    return f"json: cannot unmarshal number {node.value} into {into} of type float64"
