"""URLs as Go's ``net/url.Parse`` takes them, with its messages.

Sources: Go 1.24.4 and 1.27 ``net/url/url.go``. The newer one (``strict``) wants IPv6 addresses in
brackets, one address in them, and for http one colon in the host.
"""

from __future__ import annotations

import re

from probes.formats.daemon_json import go_values
from probes.formats.json_document import quote_text
from probes.record import NamedTuple


class Url(NamedTuple):
    """The parts of a URL that moby looks at. ``user`` is the user name, None without one."""

    scheme: str
    user: str | None
    host: str
    path: str
    query: str
    fragment: str


_BAD_PERCENT = r"(?as)%(?![0-9a-fA-F]{2}).{0,2}"
_ODD_USERINFO = r"[^A-Za-z0-9\-._:~!$&'()*+,;=%@]"
_HOST_CHARACTERS = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~!$&'()*+,;=:[]<>\""
)
_HIGH_BIT = 0x80


def parse_url(text: str, *, strict: bool = False) -> tuple[Url | None, str]:
    """The URL, or None and Go's message."""
    start = f"parse {quote_text(text)}: "
    rest, _, fragment = text.partition("#")
    if any(char < " " or char == "\x7f" for char in text):
        return None, start + "net/url: invalid control character in URL"
    if rest in {"", "*"} and not (rest == "" and text):
        return Url("", None, "", rest, "", fragment), ""
    scheme, rest, fault = _scheme(rest)
    if fault:
        return None, start + fault
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, None, "", "", query, fragment), ""
        if ":" in rest.split("/", 1)[0]:
            return None, start + "first path segment in URL cannot contain colon"
    user, host, path = None, "", rest
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, tail = rest[2:].partition("/")
        path = slash + tail
        fault, user, host = _authority(scheme, authority, strict=strict)
        if fault:
            return None, start + fault
    bad = re.search(_BAD_PERCENT, path) or re.search(_BAD_PERCENT, fragment)
    if bad:
        return None, start + f"invalid URL escape {quote_text(bad.group())}"
    return Url(scheme, user, host, path, query, fragment), ""


def host_and_port(host: str) -> tuple[str, str]:
    """Name and port of the host of a URL, brackets taken off (``url.splitHostPort``)."""
    name, colon, port = host.rpartition(":")
    if not colon or not re.match(r"[0-9]*\Z", port, re.ASCII):
        name, port = host, ""
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    return name, port


def _scheme(text: str) -> tuple[str, str, str]:
    """Scheme, rest and fault, as ``url.getScheme`` finds them."""
    for at, char in enumerate(text):
        if char.isascii() and char.isalpha():
            continue
        if char in "0123456789+-.":
            if at == 0:
                return "", text, ""
            continue
        if char == ":":
            if at == 0:
                return "", text, "missing protocol scheme"
            return text[:at].lower(), text[at + 1 :], ""
        return "", text, ""
    return "", text, ""


def _authority(scheme: str, text: str, *, strict: bool) -> tuple[str, str | None, str]:
    """Fault, user name and host, as ``url.parseAuthority`` has them."""
    userinfo, at, host = text.rpartition("@")
    fault, host = _host(scheme, host, strict=strict)
    if fault or not at:
        return fault, None, host
    if re.search(_ODD_USERINFO, userinfo):
        return "net/url: invalid userinfo", None, ""
    bad = re.search(_BAD_PERCENT, userinfo)
    if bad:
        return f"invalid URL escape {quote_text(bad.group())}", None, ""
    return "", userinfo.partition(":")[0], host


def _host(scheme: str, host: str, *, strict: bool) -> tuple[str, str]:
    """Fault and host, as ``url.parseHost`` has them."""
    if strict and host.rfind("[") > 0:
        return "invalid IP-literal", ""
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            return "missing ']' in host", ""
        fault = _port_fault(host[end + 1 :])
        if fault:
            return fault, ""
        zone = host.find("%25", 0, end)
        inside = (host[:zone], host[zone:end]) if zone >= 0 else (host[:end], "")
        parts: list[str] = []
        for part, is_zone in ((inside[0], False), (inside[1], True), (host[end:], False)):
            fault, plain = _unescape(part, zone=is_zone)
            if fault:
                return fault, ""
            parts.append(plain)
        address = "".join(parts[:2])[1:]
        wrong = go_values.address_fault(address) if strict else None
        if wrong:
            return f"invalid host: {wrong}", ""
        if strict and go_values.is_ipv4(address):
            return "invalid IP-literal", ""
        return "", "".join(parts)
    first, last = host.find(":"), host.rfind(":")
    colon = first if strict and scheme in {"http", "https"} else last
    fault = _port_fault(host[colon:] if colon >= 0 else "")
    return (fault, "") if fault else _unescape(host, zone=False)


def _port_fault(colon_port: str) -> str:
    if not colon_port or re.match(r":[0-9]*\Z", colon_port, re.ASCII):
        return ""
    return f"invalid port {quote_text(colon_port)} after host"


def _unescape(text: str, *, zone: bool) -> tuple[str, str]:
    """Fault and text without escapes; in a host only bytes outside ASCII and % may be escaped."""
    raw = text.encode("utf-8", "surrogatepass")
    plain = bytearray()
    at = 0
    while at < len(raw):
        if raw[at] == ord("%"):
            code = raw[at : at + 3].decode("utf-8", "replace")
            if not re.match(r"%[0-9a-fA-F]{2}\Z", code, re.ASCII):
                return f"invalid URL escape {quote_text(code)}", ""
            value = int(code[1:], 16)
            allowed = value >= _HIGH_BIT or code == "%25"
            if zone:
                allowed = code == "%25" or chr(value) in _HOST_CHARACTERS or value == ord(" ")
            if not allowed:
                return f"invalid URL escape {quote_text(code)}", ""
            plain.append(value)
            at += 3
            continue
        if raw[at] < _HIGH_BIT and chr(raw[at]) not in _HOST_CHARACTERS:
            return f"invalid character {quote_text(chr(raw[at]))} in host name", ""
        plain.append(raw[at])
        at += 1
    return "", plain.decode("utf-8", "replace")
