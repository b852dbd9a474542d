"""X.509 certificates in PEM files: until when they are valid, and whose they are (RFC 5280).

A walk of a few DER values and no more: the ssl module cannot read a certificate without a socket,
and a recorded host has no openssl to ask. Every length is checked against its surroundings.
"""

from __future__ import annotations

import binascii
import re

from probes.formats.timestamps import parse_stamp
from probes.record import NamedTuple

_BLOCK = (
    r"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]+?)"
    r"-----END (?:TRUSTED |X509 )?CERTIFICATE-----"
)
BLOCK_LIMIT = 200
"""Certificates read of one file; the largest public bundles have 150."""

_SEQUENCE, _SET, _OID, _VERSION = 0x30, 0x31, 0x06, 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_COMMON_NAME = bytes((0x55, 0x04, 0x03))  # 2.5.4.3


class Certificate(NamedTuple):
    """What a report says of a certificate. Times are seconds since the epoch."""

    name: str
    """The subject's common name; empty where it has none."""
    not_before: float
    not_after: float


def parse_certificates(text: str) -> list[Certificate]:
    """All certificates of a PEM file, in order.

    Raises:
        ValueError: it holds none, or one that cannot be read.
    """
    blocks = re.findall(_BLOCK, text)
    if not blocks:
        raise ValueError("no certificate in it")
    return [_parse(block) for block in blocks[:BLOCK_LIMIT]]


def _parse(block: str) -> Certificate:
    try:
        data = binascii.a2b_base64("".join(block.split()))
    except binascii.Error as error:
        raise ValueError(f"a certificate is not base64: {error}") from None
    whole = _value(data, 0, len(data), _SEQUENCE)
    signed = _value(data, whole.start, whole.end, _SEQUENCE)
    at = signed.start
    first = _read(data, at, signed.end)
    if first.tag == _VERSION:
        at = first.end
    # serialNumber, signature, issuer
    for _ in range(3):
        at = _read(data, at, signed.end).end
    validity = _value(data, at, signed.end, _SEQUENCE)
    begin = _read(data, validity.start, validity.end)
    until = _read(data, begin.end, validity.end)
    subject = _value(data, validity.end, signed.end, _SEQUENCE)
    return Certificate(_common_name(data, subject), _time(data, begin), _time(data, until))


class _Tlv(NamedTuple):
    tag: int
    start: int
    end: int


def _read(data: bytes, at: int, end: int) -> _Tlv:
    """Tag, and where the value lies, of the DER value at an offset (X.690 8.1)."""
    if at + 2 > end:
        raise ValueError("a certificate ends in the middle of a value")
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or at + count > end:  # noqa: PLR2004 - 4 GiB are enough
            raise ValueError("a certificate has a value of impossible length")
        length = int.from_bytes(data[at : at + count], "big")
        at += count
    if at + length > end:
        raise ValueError("a certificate has a value longer than itself")
    return _Tlv(tag, at, at + length)


def _value(data: bytes, at: int, end: int, tag: int) -> _Tlv:
    found = _read(data, at, end)
    if found.tag != tag:
        raise ValueError(f"a certificate has tag {found.tag:#x} where {tag:#x} belongs")
    return found


def _common_name(data: bytes, subject: _Tlv) -> str:
    at = subject.start
    while at < subject.end:
        part = _read(data, at, subject.end)
        at = part.end
        if part.tag != _SET:
            continue
        pair = _read(data, part.start, part.end)
        kind = _read(data, pair.start, pair.end)
        if kind.tag == _OID and data[kind.start : kind.end] == _COMMON_NAME:
            name = _read(data, kind.end, pair.end)
            text = data[name.start : name.end].decode("utf-8", "replace")
            return "".join(c if c.isprintable() else "?" for c in text)[:80]
    return ""


def _time(data: bytes, tlv: _Tlv) -> float:
    """UTCTime counts its years from 1950 to 2049 (RFC 5280 4.1.2.5.1)."""
    digits = data[tlv.start : tlv.end].decode("ascii", "replace").rstrip("Z")
    if tlv.tag == _UTC_TIME:
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    elif tlv.tag != _GENERALIZED_TIME:
        raise ValueError("a certificate has a date of an unknown kind")
    year, rest = digits[:4], [digits[i : i + 2] for i in range(4, 14, 2)]
    stamp = parse_stamp("{}-{}-{}T{}:{}:{}Z".format(year, *rest)) if len(rest) == 5 else None  # noqa: PLR2004
    if stamp is None:
        raise ValueError("a certificate has a date that is none")
    return stamp
