"""Texts as Go parses them: integers, sizes, IP addresses, subnets, durations, booleans.

Each ``…_error`` function returns None for what Go accepts, else Go's own message. Python's
parsers are close but not the same: ``ipaddress`` accepts scoped and refuses mapped forms that Go
takes the other way round, ``int`` takes underscores, ``float`` takes words.

Sources: Go 1.24 ``net/ip.go``, ``net/netip/netip.go``, ``strconv``,
``time/format.go``; docker/go-units v0.5.0 ``size.go``; moby/buildkit
``cmd/buildkitd/config/gcpolicy.go`` (Duration).
"""

# ruff: noqa: PLR2004 - the numbers are those of the formats: 4 octets, 16 bytes, 255, 32, 128

from __future__ import annotations

import re
from typing import Final

from probes.formats.json_document import quote_text
from probes.record import NamedTuple

_INTEGER = r"(?a)-?[0-9]+\Z"
_RANGES: Final[dict[str, tuple[int, int]]] = {
    "int": (-(2**63), 2**63 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
}
_LONGEST_INTEGER: Final = 25  # more digits are out of every range


def fits_integer(literal: str, go: str) -> bool:
    """Whether a JSON number is a whole number in the range of a Go type (``1.0`` is not one)."""
    if not re.match(_INTEGER, literal) or len(literal) > _LONGEST_INTEGER:
        return False
    if go.startswith("uint") and literal.startswith("-"):
        return False
    low, high = _RANGES[go]
    return low <= int(literal) <= high


class Number(NamedTuple):
    """A parsed number, or why it is none."""

    value: int
    error: str | None


_DECIMAL = r"(?a)[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z"
_BINARY: Final = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_METRIC: Final = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}


def ram_in_bytes(text: str) -> Number:
    """``units.RAMInBytes``: "64M", "64MiB", "64 mb" are all 64 * 2**20."""
    return _size(text, _BINARY)


_OLD_SIZE = r"(?a)([0-9]+(?:\.[0-9]+)*) ?([kKmMgGtTpP])?[iI]?[bB]?\Z"


def old_ram_in_bytes(text: str) -> Number:
    """``units.RAMInBytes`` of go-units v0.4, with which Debian builds engine 26.1.5."""
    match = re.match(_OLD_SIZE, text)
    if not match:
        return Number(-1, f"invalid size: '{text}'")
    size = _float(match[1])
    if size is None:
        return Number(-1, f"strconv.ParseFloat: parsing {quote_text(match[1])}: invalid syntax")
    return Number(_truncate(size * _BINARY.get((match[2] or "").lower(), 1)), None)


def human_size(text: str) -> Number:
    """``units.FromHumanSize``: "10m" is 10 * 10**6."""
    return _size(text, _METRIC)


def _size(text: str, units: dict[str, int]) -> Number:
    last = max(text.rfind(char) for char in "0123456789. ")
    if last == -1:
        return Number(-1, f"invalid size: '{text}'")
    number = text[:last] if text[last] == " " else text[: last + 1]
    suffix = text[last + 1 :]
    size = _float(number)
    if size is None:
        return Number(-1, f"strconv.ParseFloat: parsing {quote_text(number)}: invalid syntax")
    if size in {float("inf"), float("-inf")} and "inf" not in number.lower():
        return Number(-1, f"strconv.ParseFloat: parsing {quote_text(number)}: value out of range")
    if size < 0:
        return Number(-1, f"invalid size: '{text}'")
    if not suffix:
        return Number(_truncate(size), None)
    if len(suffix.encode("utf-8", "surrogateescape")) > 3:
        return Number(-1, f"invalid suffix: '{suffix}'")
    suffix = suffix.lower()
    if suffix[0] == "b":
        fine = len(suffix) == 1
        return Number(_truncate(size), None) if fine else Number(-1, f"invalid suffix: '{suffix}'")
    if suffix[0] not in units or suffix[1:] not in {"", "b", "ib"}:
        return Number(-1, f"invalid suffix: '{suffix}'")
    return Number(_truncate(size * units[suffix[0]]), None)


def _truncate(size: float) -> int:
    return int(size) if abs(size) < float("inf") else 0


def _float(text: str) -> float | None:
    """``strconv.ParseFloat(text, 64)`` for what ends in a digit, a dot or a blank."""
    # Underscores may stand between digits.
    text = re.sub(r"(?<=[0-9a-fA-FxX])_(?=[0-9a-fA-F])", "", text)
    if re.match(_DECIMAL, text):
        return float(text)
    if re.match(r"[+-]?0[xX]", text):
        # Hexadecimal needs a binary exponent in Go.
        if re.match(
            r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+\Z", text
        ):
            try:
                return float.fromhex(text)
            except OverflowError:
                return float("inf")
        return None
    return None


def atoi(text: str) -> int | None:
    """``strconv.Atoi``: an optional sign and digits."""
    if not re.match(r"[+-]?[0-9]{1,19}\Z", text, re.ASCII):
        return None
    value = int(text)
    return value if -(2**63) <= value < 2**63 else None


def parse_bool(text: str) -> bool | None:
    """``strconv.ParseBool``."""
    if text in {"1", "t", "T", "true", "TRUE", "True"}:
        return True
    if text in {"0", "f", "F", "false", "FALSE", "False"}:
        return False
    return None


def ip_error(text: str) -> str | None:
    """``net.IP.UnmarshalText``: an empty text is no address, and fine."""
    if text == "" or (parse_address(text) and "%" not in text):
        return None
    return f"invalid IP address: {text}"


def address_error(text: str) -> str | None:
    """``netip.Addr.UnmarshalText``."""
    if text == "":
        return None
    return address_fault(text)


def parse_address(text: str) -> bool:
    """Whether ``netip.ParseAddr`` accepts the text."""
    return address_fault(text) is None


def address_fault(text: str) -> str | None:
    """What ``netip.ParseAddr`` says of a text that is no address, else None."""
    for char in text:
        if char == ".":
            return _ipv4_fault(text, text)
        if char == ":":
            return _ipv6_fault(text)
        if char == "%":
            return _fault(text, "missing IPv6 address")
    return _fault(text, "unable to parse IP")


def _fault(text: str, message: str, at: str = "") -> str:
    where = f" (at {quote_text(at)})" if at else ""
    return f"ParseAddr({quote_text(text)}): {message}{where}"


def _ipv4_fault(whole: str, text: str) -> str | None:
    """``netip.parseIPv4Fields``."""
    fields, digits, value = 0, 0, 0
    for at, char in enumerate(text):
        if "0" <= char <= "9":
            if digits == 1 and value == 0:
                return _fault(whole, "IPv4 field has octet with leading zero")
            value = value * 10 + int(char)
            digits += 1
            if value > 255:
                return _fault(whole, "IPv4 field has value >255")
        elif char == ".":
            if at in {0, len(text) - 1} or text[at - 1] == ".":
                return _fault(whole, "IPv4 field must have at least one digit", text[at:])
            if fields == 3:
                return _fault(whole, "IPv4 address too long")
            fields += 1
            digits = value = 0
        else:
            return _fault(whole, "unexpected character", text[at:])
    if fields < 3:
        return _fault(whole, "IPv4 address too short")
    return None


def _ipv6_fault(text: str) -> str | None:
    """``netip.parseIPv6``."""
    rest, percent, zone = text.partition("%")
    if percent and not zone:
        return _fault(text, "zone must be a non-empty string")
    words, ellipsis = 0, -1
    if rest.startswith("::"):
        ellipsis = 0
        rest = rest[2:]
        if not rest:
            return None
    while words < 16:
        hexes = re.match(r"[0-9a-fA-F]*", rest, re.ASCII)
        length = hexes.end() if hexes else 0
        if length > 4:
            return _fault(text, "each group must have 4 or less digits", rest)
        if length == 0:
            return _fault(text, "each colon-separated field must have at least one digit", rest)
        if rest[length : length + 1] == ".":
            if ellipsis < 0 and words != 12:
                return _fault(
                    text,
                    "embedded IPv4 address must replace the final 2 fields of the address",
                    rest,
                )
            if words + 4 > 16:
                return _fault(
                    text,
                    "too many hex fields to fit an embedded IPv4 at the end of the address",
                    rest,
                )
            fault = _ipv4_fault(text, rest)
            if fault:
                return fault
            rest = ""
            words += 4
            break
        words += 2
        rest = rest[length:]
        if not rest:
            break
        if rest[0] != ":":
            return _fault(text, "unexpected character, want colon", rest)
        if len(rest) == 1:
            return _fault(text, "colon must be followed by more characters", rest)
        rest = rest[1:]
        if rest[0] == ":":
            if ellipsis >= 0:
                return _fault(text, "multiple :: in address", rest)
            ellipsis = words
            rest = rest[1:]
            if not rest:
                break
    if rest:
        return _fault(text, "trailing garbage after address", rest)
    if words < 16 and ellipsis < 0:
        return _fault(text, "address string too short")
    if words == 16 and ellipsis >= 0:
        return _fault(text, "the :: must expand to at least one field of zeros")
    return None


def is_ipv4(text: str) -> bool:
    """Whether a valid address is IPv4."""
    return ":" not in text


def prefix_error(text: str) -> str | None:
    """``netip.Prefix.UnmarshalText``."""
    if text == "":
        return None
    return parse_prefix_fault(text)


def parse_prefix_fault(text: str) -> str | None:
    """``netip.ParsePrefix``."""
    start = f"netip.ParsePrefix({quote_text(text)}): "
    address, slash, bits = text.rpartition("/")
    if not slash:
        return start + "no '/'"
    fault = address_fault(address)
    if fault:
        return start + fault
    if "%" in address:
        return start + "IPv6 zones cannot be present in a prefix"
    if len(bits) > 1 and (bits[0] < "1" or bits[0] > "9"):
        return start + f"bad bits after slash: {quote_text(bits)}"
    number = atoi(bits)
    if number is None:
        return start + f"bad bits after slash: {quote_text(bits)}"
    most = 32 if is_ipv4(address) else 128
    if not 0 <= number <= most:
        return start + "prefix length out of range"
    return None


def cidr_error(text: str) -> str | None:
    """``net.ParseCIDR``."""
    address, slash, bits = text.partition("/")
    fine = (
        bool(slash)
        and parse_address(address)
        and "%" not in address
        and re.match(r"[0-9]{1,3}\Z", bits, re.ASCII) is not None
        and int(bits) <= (32 if is_ipv4(address) else 128)
    )
    return None if fine else f"invalid CIDR address: {text}"


_DURATION = r"(?a)[+-]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)\Z"


def is_go_duration(text: str) -> bool:
    """Whether ``time.ParseDuration`` accepts the text, e.g. ``1h30m``."""
    return re.match(_DURATION, text) is not None


def duration_error(text: str) -> str | None:
    """BuildKit's duration: whole seconds or a Go duration, with or without quotes; "" is none."""
    stripped = text.strip('"')
    if text == "" or atoi(stripped) is not None or is_go_duration(stripped):
        return None
    return f"invalid duration {text}"
