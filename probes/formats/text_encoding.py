"""Which encoding a text is in, where nothing says so: what Windows programs and editors write."""

from __future__ import annotations

MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
"""Byte order marks. That of UTF-32 begins like that of UTF-16, so it comes first."""

SAMPLE = 1024
"""Bytes from the beginning by which UTF-16 without a mark is told."""


def encoding_of(data: bytes) -> str:
    """The encoding that the bytes themselves tell: by a mark, or by where their NULs are.

    wsl.exe writes UTF-16LE without a mark to a pipe (microsoft/WSL src/windows/common/
    WslClient.cpp): of its ASCII characters every second byte is NUL. Empty where nothing tells.

    >>> encoding_of("NAME".encode("utf-16-le")), encoding_of(b"NAME")
    ('utf-16-le', '')
    """
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    sample = data[:SAMPLE]
    if b"\0" not in sample:
        return ""
    # A text of Korean only has no NUL but in its blanks, digits and line ends: the halves differ
    # all the same, as no text has NUL in the other one.
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > even * 4:
        return "utf-16-le"
    if even > odd * 4:
        return "utf-16-be"
    return ""


def decode(data: bytes, *, otherwise: str = "utf-8") -> str:
    r"""The text of the bytes, without a mark; never raises.

    UTF-8 where it is valid, whatever ``otherwise`` says; else ``otherwise`` (a code page of
    Windows), with U+FFFD for what that does not know.

    >>> decode(b"\xff\xfea\0"), decode(b"Gr\xfc\xdfe", otherwise="cp1252")
    ('a', 'Grüße')
    """
    told = encoding_of(data)
    if told:
        return data.decode(told, "replace").removeprefix("\ufeff")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(otherwise, "replace")
    except LookupError:  # a code page that Python does not have
        return data.decode("utf-8", "replace")
