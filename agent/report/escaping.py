"""Text from a host, made safe to print: nothing invisible or commanding reaches a terminal."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x1f"  # C0: cursor, bell, ESC
    "\x7f-\x9f"  # DEL and C1, CSI among them
    "\u00ad\u034f\u061c"  # soft hyphen, grapheme joiner, Arabic letter mark
    "\u115f\u1160\u17b4\u17b5\u180b-\u180e\u3164\uffa0"  # fillers and separators without a glyph
    "\u200b-\u200f"  # zero width, left-to-right and right-to-left marks
    "\u2028-\u202e"  # line and paragraph separators, bidi embeddings and overrides
    "\u2060-\u206f"  # word joiner, bidi isolates, deprecated controls
    "\ud800-\udfff"  # halves of pairs: bytes of a path that are not UTF-8, or garbage
    "\ufeff\ufff0-\uffff"  # byte order mark, interlinear annotations, noncharacters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical format controls
    "\U000e0000-\U000e0fff"  # tags and further variation selectors
    "]"
)
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if "\udc80" <= character <= "\udcff":  # surrogateescape: the byte that was not UTF-8
        character = chr(ord(character) - 0xDC00)
    if character in _NAMED:
        return _NAMED[character]
    # What unicode_escape calls it: \x1b, \u202e, \U000e0041.
    return character.encode("unicode_escape").decode("ascii")


def visible(text: str) -> str:
    r"""The text on one line, with each character that cannot be seen written as its escape.

    >>> visible("web\x1b[2J\u202e1")
    'web\\x1b[2J\\u202e1'
    """
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_escaped, text)


def without_surrogates(text: str) -> str:
    """The text as it is, but for halves of surrogate pairs, which no strict JSON reader accepts."""
    return text if text.isascii() else re.sub("[\ud800-\udfff]", _escaped, text)


def clipped(text: str, limit: int) -> str:
    """At most about ``limit`` characters: the middle of a longer text gives way to its length."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} ...({len(text):,} characters)... {text[-half // 2 :]}"
