"""From when until when a certificate is valid, X.509 (RFC 5280, 4.1.2.5), without a TLS library."""

from __future__ import annotations

import base64
import binascii
import re

from probes.record import NamedTuple

_PEM = r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"

SEQUENCE, UTC_TIME, GENERALIZED_TIME, VERSION = 0x30, 0x17, 0x18, 0xA0
"""DER tags, X.690."""

CENTURY_TURNS = 50
"""Two-digit years from here on are of the 20th century, RFC 5280 4.1.2.5.1."""


class Validity(NamedTuple):
    """Seconds since the epoch."""

    begins: float
    ends: float


def pem_validities(text: str) -> tuple[Validity, ...]:
    """The validity of each certificate in a PEM file, in order.

    Raises: ValueError for a certificate that is none.
    """
    return tuple(der_validity(_decoded(body)) for body in re.findall(_PEM, text))


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from None


def der_validity(data: bytes) -> Validity:
    """The validity of one certificate in DER.

    Raises: ValueError for what is no certificate.
    """
    certificate = _of(_parts(data), 0, SEQUENCE)
    fields = _parts(_of(_parts(certificate), 0, SEQUENCE))
    # version [0] is optional; then serial number, signature, issuer, validity.
    first = 1 if fields and fields[0][0] == VERSION else 0
    times = _parts(_of(fields, first + 3, SEQUENCE))
    if len(times) < 2:  # noqa: PLR2004 - not before and not after
        raise ValueError("a certificate without a validity")
    return Validity(_time(*times[0]), _time(*times[1]))


def _of(parts: list[tuple[int, bytes]], index: int, tag: int) -> bytes:
    if index >= len(parts) or parts[index][0] != tag:
        raise ValueError("not a certificate")
    return parts[index][1]


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    r"""The elements of a constructed DER value: tag and content.

    >>> [(tag, content.hex()) for tag, content in _parts(bytes.fromhex("0201010403616263"))]
    [(2, '01'), (4, '616263')]
    """
    parts, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("a cut-off element")
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("a cut-off element")
        parts.append((tag, data[at : at + length]))
        at += length
    return parts


def _time(tag: int, content: bytes) -> float:
    from datetime import datetime, timezone

    text = content.decode("ascii", "replace")
    if tag == UTC_TIME:
        text = ("19" if int(text[:2]) >= CENTURY_TURNS else "20") + text
    elif tag != GENERALIZED_TIME:
        raise ValueError("not a time")
    moment = datetime.strptime(text, "%Y%m%d%H%M%SZ")  # noqa: DTZ007 - Z is UTC
    return moment.replace(tzinfo=timezone.utc).timestamp()
