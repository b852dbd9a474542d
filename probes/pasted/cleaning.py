r"""Takes off what pasting, mail, Markdown and terminals did to a text; keeps where it stood.

Nothing here raises: any bytes are a text. What is told of a configuration file later has to be
true of the file, so inside a code fence nothing is changed that a file could hold by itself.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from probes.formats.text_encoding import decode
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIZE_LIMIT = 4 << 20
"""Bytes that are looked at. The longest bug report that GitHub takes has 64 KiB; a whole log may
have more, and its end is not better than its beginning for telling what a host is."""

LINE_LIMIT = 16_384
"""Characters of one line that are looked at: a whole ``docker info -f json`` is one line."""

_ENDS = re.compile(r"\r\n|\n|\r")
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[PX^_][^\x1b\n]*(?:\x1b\\)?|.)?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
"""Colours and all else that a terminal obeys, ECMA-48."""
_LOST_ESCAPES = re.compile(r"(?<![\w\])])\[(?:\d{1,3}(?:;\d{1,3})*)?m")
"""Colours whose escape character was lost on the way, as web forms lose it."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_QUOTE = re.compile(r"(?:[ ]{0,3}>)+ ?")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_ENTITY = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|nbsp|lt|gt|amp|quot|apos);")
_TAG = re.compile(
    r"</?(?:details|summary|pre|code|blockquote|br|p|div|span|b|i|samp|kbd)(?:\s[^<>]{0,200})?/?>",
    re.IGNORECASE,
)
_MARKDOWN_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~>|])")
_ESCAPED_BY_MARKDOWN = re.compile(r"[A-Za-z0-9]\\_[A-Za-z0-9]")
_NUMBER = re.compile(r"[ \t]{0,8}(\d{1,6})(?:[ \t]*[|\u2502\u2503:][ ]?|\t|[ ]{1,2}(?=\S)|[ ]*$)")
_SMART = str.maketrans(
    {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'", "\u2033": '"'}
)

_PROGRAMS = (
    r"(?:sudo\s+(?:-\S+\s+)*)?(?:docker(?:-compose|\.exe)?|dockerd|podman|nerdctl|wsl(?:\.exe)?|"
    r"nvidia-\S+|cat|type|more|less|head|tail|uname|lsb_release|df|free|systemctl|journalctl|sysctl|"
    r"ip|mount|ulimit|sw_vers|systeminfo|ver|winver|colima|limactl|orb|minikube|modprobe|dkms|dmesg|"
    r"hostnamectl|Get-Content|gc|cd|ls|export|echo|finch|cmd(?:\.exe)?)\b"
)
_PROMPT = re.compile(
    r"[ \t]*(?:\([\w .+-]{1,40}\)[ \t]*)?"
    r"(?:(?P<powershell>PS(?: [^>\n]{0,200})?> ?)|(?P<cmd>[A-Za-z]:\\[^>\n]{0,200}> ?)"
    r"|(?P<user>\[?[\w.+-]{1,64}@[\w.-]{1,64}[:~ \]/][^$#%>\n]{0,200}?\]?[$#%] )"
    r"|(?P<mac>[\w.-]{1,64}:[~/][^$#%\n]{0,200}[$#%] )|(?P<dollar>\$ )|(?P<odd>[%\u276f\u279c\u03bb] ))"
    r"(?=\S)"
)
_BARE_COMMAND = re.compile(
    r"[ \t]*(?:cmd:[ ]|run command[: ]+\"?|[#$%>\u276f\u279c] ?|`)?(?P<line>"
    + _PROGRAMS
    + r"[^`\n]*)`?:?[ \t]*$"
)


class Line(NamedTuple):
    """One line of the text, cleaned."""

    number: int
    """Of the text as it was given, from 1."""
    text: str
    column: int
    """Characters taken off before it: what stands in column 1 here stood in column + 1 there."""
    block: int
    """0 outside of code fences, else which of them."""
    language: str = ""
    """What the fence says of itself: json, ini, console..."""

    @property
    def bare(self) -> str:
        """The text without a comment sign, as outputs are pasted into scripts."""
        text = self.text
        return _COMMENT.sub("", text, count=1) if "#" in text[:8] or "//" in text[:8] else text


_COMMENT = re.compile(r"^[ \t]*(?:#|//)[ ]?")


class Pasted(NamedTuple):
    """A text with what was done to it."""

    lines: tuple[Line, ...]
    size: int
    """Bytes that were looked at."""
    is_cut: bool
    """Whether there was more than :data:`SIZE_LIMIT`."""


def clean(data: bytes) -> Pasted:
    r"""The lines of a text in whatever encoding.

    Byte order marks, UTF-16 with and without one, UTF-8, else Windows' Latin-1 (cp1252); any of
    the three kinds of line end; colours; Markdown's and mail's signs; line numbers.

    >>> [line.text for line in clean(b"> ```\n> 1 | \x1b[1mServer:\x1b[0m\n> 2 |  a\n> 3 | b").lines]
    ['Server:', ' a', 'b']
    """
    kept = data[:SIZE_LIMIT]
    raw = _ENDS.split(decode(kept, otherwise="cp1252"))
    if raw and not raw[-1]:
        raw.pop()
    # Numbers may stand before the quotation marks or behind them.
    plain = _without_numbers(Line(number, text, 0, 0) for number, text in _plain(raw))
    lines = list(_without_numbers(_outside_of_markup(plain)))
    return Pasted(tuple(lines), len(kept), len(data) > SIZE_LIMIT)


def command_of(line: Line) -> str:
    r"""The command on a line, with a prompt or alone; empty for other lines.

    >>> command_of(Line(1, r"PS C:\Users\ann> wsl -l -v", 0, 0)), command_of(Line(1, "a b", 0, 0))
    ('wsl -l -v', '')
    """
    text = line.text
    found = _PROMPT.match(text)
    if found:
        rest = text[found.end() :].strip()
        # "50% of": only what looks like a command stands behind a lone sign.
        if found["dollar"] is None and found["odd"] is None:
            return rest
        return rest if found["dollar"] or re.match(_PROGRAMS, rest) else ""
    bare = _BARE_COMMAND.fullmatch(text)
    if bare and len(text) < 200:  # noqa: PLR2004 - longer ones are prose
        words = bare["line"].strip()
        # A sentence that begins with "docker" or "type" is none.
        if text.lstrip()[:1] in "#$%>`\u276f\u279c" or _IS_COMMAND.match(words):
            return words
    return ""


_IS_COMMAND = re.compile(
    r"(?:sudo )?(?:docker(?:\.exe)? (?:info|version|context ls|system df|ps|compose|run|pull|build|"
    r"images|buildx)\b|wsl(?:\.exe)? -{1,2}\w|wsl\.exe$|uname -|nvidia-smi(?: -L)?(?:\s*\||$)|"
    r"nvidia-ctk |nvidia-container-cli |(?:cat|type) \S*[/\\.]\S+$|systemctl status|journalctl |df -h|"
    r"free -|sw_vers$|lsb_release -|colima (?:status|list)|podman info|systeminfo$|ver$|hostnamectl"
    r"|dkms status|sysctl |ip (?:route|a|addr)$|ulimit -)"
)


def platform_of_prompt(line: Line) -> str:
    r"""``windows`` where only a shell of Windows has such a prompt; else empty.

    >>> platform_of_prompt(Line(1, r"C:\\Users\\ann>ver", 0, 0))
    'windows'
    """
    found = _PROMPT.match(line.text)
    if found is None:
        return ""
    if found["cmd"]:
        return "windows"
    shell = found["powershell"] or ""
    return "windows" if re.match(r"PS [A-Za-z]:\\", shell) else ""


# -- step by step ----------------------------------------------------------------------------------


def _plain(raw: list[str]) -> Iterator[tuple[int, str]]:
    """Each line with its number, without what a terminal obeys or nobody sees."""
    for number, line in enumerate(raw, 1):
        text = line[:LINE_LIMIT] if number != 1 or len(raw) > 1 else line
        if not (text.isascii() and text.isprintable()):
            text = _ESCAPES.sub("", text)
            text = _BLANKS.sub(" ", _INVISIBLE.sub("", text))
            while "\b" in text:
                shorter = re.sub("[^\b]\b|^\b+", "", text)
                text = shorter if shorter != text else text.replace("\b", "")
            text = _CONTROLS.sub("", text)
        if "[" in text and "m" in text:
            text = _LOST_ESCAPES.sub("", text)
        yield number, text


def _outside_of_markup(plain: Iterable[Line]) -> Iterator[Line]:
    """The lines without quotation marks, fences, HTML and Markdown's escapes."""
    given = list(plain)
    quoted = any(_QUOTE.match(line.text) for line in given)
    escaped = any(_ESCAPED_BY_MARKDOWN.search(line.text) for line in given)
    fence, blocks, language = "", 0, ""
    for line in given:
        number, text, column = line.number, line.text, line.column
        if quoted and (mark := _QUOTE.match(text)):
            text, column = text[mark.end() :], column + mark.end()
        found = _FENCE.match(text)
        if found and (not fence or (text.strip().startswith(fence) and not found[2].strip())):
            fence, language = ("", "") if fence else (found[1], found[2].strip().lower())
            blocks += bool(fence)
            continue
        if "&" in text:
            text = _ENTITY.sub(lambda match: html.unescape(match[0]), text).replace("\u00a0", " ")
        if not fence:
            if "<" in text:
                text = _TAG.sub("", text)
            if escaped:
                text = _MARKDOWN_ESCAPE.sub(r"\1", text)
            if not text.isascii():
                text = text.translate(_SMART)
        yield Line(number, text, column, blocks if fence else 0, language)


_RUN = 3
"""Numbers that must follow one another to be those of lines."""


def _without_numbers(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines without the numbers that an editor, ``cat -n`` or ``grep -n`` put before them."""
    run: list[tuple[Line, int, int]] = []

    def flush() -> Iterator[Line]:
        taken = len(run) >= _RUN
        for line, _, end in run:
            yield (line._replace(text=line.text[end:], column=line.column + end) if taken else line)
        run.clear()

    for line in lines:
        found = _NUMBER.match(line.text)
        if found and run and int(found[1]) != run[-1][1] + 1:
            yield from flush()
        if found is None:
            yield from flush()
            yield line
        else:
            run.append((line, int(found[1]), found.end()))
    yield from flush()
