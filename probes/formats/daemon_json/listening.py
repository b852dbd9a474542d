"""Addresses that the engine checks when it reads the file: hosts, mirrors, fixed-cidr-v6.

Sources: moby v26.1.5 and v28.5.2 ``opts/hosts.go``, ``registry/config.go``,
``libnetwork/drivers/bridge/bridge_linux.go``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.formats.daemon_json import go_urls, go_values
from probes.formats.json_document import quote_text
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.formats.daemon_json.settings import Settings
    from probes.formats.json_document import Node


_EN_SPACES = "".join(map(chr, range(0x2000, 0x200B)))


class Fault(NamedTuple):
    """A value that the engine refuses.

    ``wrong`` completes "key: …" in plain words; ``text`` is the engine's message; ``suggestion``
    a value that would do, as JSON, or ""; ``code`` names the page of the problem.
    """

    node: Node
    key: str
    wrong: str
    text: str
    suggestion: str = ""
    code: str = "daemon-json-invalid-value"


def host_faults(settings: Settings) -> Iterator[Fault]:
    """Listening addresses that ``opts.ValidateHost`` refuses."""
    for text, node in settings.texts("hosts"):
        fault = host_fault(text, settings.engine)
        if fault:
            yield Fault(node, "hosts", f'"{text}" is no address to listen on', fault)


def host_fault(text: str, engine: tuple[int, ...]) -> str:
    """What ``opts.ValidateHost`` says of a listening address, "" when it is fine."""
    return _parse_host(text, engine)[0]


def _parse_host(text: str, engine: tuple[int, ...]) -> tuple[str, str]:
    """Fault, and for a TCP address its normal form (``opts.ParseTCPAddr``)."""
    address = text.strip("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + _EN_SPACES)
    if not address:
        return "", ""
    proto, separator, rest = address.partition("://")
    if not separator:
        proto = "tcp"
    start = f"invalid bind address ({address}): "
    if proto == "fd":
        return "", ""
    if proto in {"unix", "npipe"}:
        return start + f"invalid {proto} address: {rest}" if "://" in rest else "", ""
    if proto != "tcp":
        return start + f"unsupported proto '{proto}'", ""
    strict = engine >= (28, 0)
    url, fault = go_urls.parse_url(address if separator else f"tcp://{address}", strict=strict)
    if url is None:
        return start + fault, ""
    if url.path:
        return start + "should not contain a path element", ""
    host, port = go_urls.host_and_port(url.host)
    if port and not go_values.atoi(port):
        return start + f"invalid port: {port}", ""
    host = host or "localhost"
    shown = f"[{host}]" if ":" in host else host
    return "", f"tcp://{shown}:{port or 2375}"


def second_look(settings: Settings) -> Iterator[Fault]:
    """Addresses whose normal form, checked once more after it was made, is refused."""
    for text, node in settings.texts("hosts"):
        fault, normal = _parse_host(text, settings.engine)
        if fault or not normal:
            continue
        fault = host_fault(normal, settings.engine)
        if fault:
            yield Fault(node, "hosts", f'"{text}" is no address to listen on', fault)


def mirror_faults(settings: Settings) -> Iterator[Fault]:
    """Mirrors that ``registry.ValidateMirror`` refuses (before 28.3 only at start)."""
    for text, node in settings.texts("registry-mirrors"):
        wrong, fault = _mirror_fault(text, settings.engine)
        if fault:
            host = text.partition("://")[2] or text
            yield Fault(node, "registry-mirrors", wrong, fault, quote_text(f"https://{host}"))


def _mirror_fault(text: str, engine: tuple[int, ...]) -> tuple[str, str]:
    hint = ": must use either 'https://' or 'http://'" if engine >= (28, 3) else ""
    if engine >= (28, 3):
        scheme, separator, _ = text.partition("://")
        if not separator or not scheme:
            return (
                f'"{text}" has no scheme: write https:// or http:// in front',
                f"invalid mirror: no scheme specified for {quote_text(text)}{hint}",
            )
    url, fault = go_urls.parse_url(text, strict=engine >= (28, 0))
    if url is None:
        return (
            f'"{text}" is no URL',
            f"invalid mirror: {quote_text(text)} is not a valid URI: {fault}",
        )
    shown = quote_text(text)
    if url.scheme not in {"http", "https"}:
        return (
            f'"{text}" does not start with https:// or http://',
            f"invalid mirror: unsupported scheme {quote_text(url.scheme)} in {shown}{hint}",
        )
    if url.query or url.fragment:
        return (
            f'"{text}" has a query or fragment at its end',
            f"invalid mirror: query or fragment at end of the URI {shown}",
        )
    if url.user is not None:
        from urllib.parse import quote, unquote

        userinfo = text.partition("://")[2].partition("/")[0].rpartition("@")[0]
        name = quote(unquote(url.user), safe="-_.~$&+,;=")
        masked = text.replace(f"//{userinfo}@", f"//{name}:xxxxx@", 1)
        return (
            "may not hold a user name or password",
            f"invalid mirror: username/password not allowed in URI {quote_text(masked)}",
        )
    return "", ""


def fixed_cidr_v6_faults(settings: Settings) -> Iterator[Fault]:
    """A fixed-cidr-v6 that ``bridge.ValidateFixedCIDRV6`` refuses."""
    found = settings.text("fixed-cidr-v6")
    if not found:
        return
    value, node = found
    prefix = "invalid fixed-cidr-v6: "
    old = settings.engine < (27, 0)
    fault = go_values.cidr_error(value) if old else go_values.parse_prefix_fault(value)
    if fault:
        yield Fault(
            node,
            "fixed-cidr-v6",
            f'"{value}" is no IPv6 subnet such as fd00:1::/64',
            (prefix if old else prefix * 2) + fault,
        )
        return
    import ipaddress

    network = ipaddress.ip_network(value, strict=False)
    address = ipaddress.ip_address(value.rpartition("/")[0])
    mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped
    link_local = ipaddress.IPv6Network("fe80::/64")
    if not isinstance(network, ipaddress.IPv6Network) or mapped:
        shown = _prefix_text(value)
        text = (
            "fixed-cidr-v6 is not an IPv6 subnet"
            if old
            else f"invalid fixed-cidr-v6: '{shown}' is not a valid IPv6 subnet"
        )
        yield Fault(node, "fixed-cidr-v6", "is no IPv6 subnet", prefix + text)
        return
    if not old and address.is_multicast:
        yield Fault(
            node,
            "fixed-cidr-v6",
            "is a multicast range, from which no container can get an address",
            f"{prefix * 2}multicast subnet '{_prefix_text(value)}' is not allowed",
        )
        return
    if old:
        clash = network.network_address in link_local and network.prefixlen != link_local.prefixlen
        text = "clash with the Link-Local prefix 'fe80::/64'"
    else:
        clash = network != link_local and network.overlaps(link_local)
        text = f"{prefix}'{_prefix_text(value)}' clashes with the Link-Local prefix 'fe80::/64'"
    if clash:
        yield Fault(node, "fixed-cidr-v6", "overlaps the link-local range fe80::/64", prefix + text)


def _prefix_text(value: str) -> str:
    """A subnet as netip prints it: the address in its short form, host bits kept."""
    import ipaddress

    address, _, bits = value.rpartition("/")
    parsed = ipaddress.ip_address(address)
    text = str(parsed)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        text = f"::ffff:{parsed.ipv4_mapped}"
    return f"{text}/{bits}"
