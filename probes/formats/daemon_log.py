"""The daemon's own log: logrus lines, its JSON format, raw lines, and ``journalctl -o json``.

Pure functions; nothing here trusts a line: they may hold escapes, NULs, megabytes or no UTF-8.
"""

from __future__ import annotations

import json
import re

from probes.formats.timestamps import parse_stamp
from probes.record import NamedTuple

LINE_LIMIT = 4096
"""Characters of a line that are looked at. journalctl cuts fields of more bytes than this, too."""

SAMPLE_LIMIT = 240
"""Characters of a line that a report shows."""

_LEVEL = re.compile(r'\blevel=(\w+)|"level":"(\w+)"')
_ESCAPES = r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?"
_CONTROLS = "[\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]+"


class LogLine(NamedTuple):
    """One line of a log."""

    time: float | None
    """Seconds since the epoch, where the line or the journal tells it."""
    level: str
    """debug, info, warning, error, fatal, panic; empty for a line without a level."""
    text: str


def level_of(text: str) -> str:
    """The level of a logrus line, in text or JSON.

    >>> level_of('time="2026-11-24T23:18:58Z" level=error msg="x"'), level_of("panic: x")
    ('error', '')
    """
    match = _LEVEL.search(text[:400])
    return (match[1] or match[2]).lower() if match else ""


def parse_file_log(text: str, modified: float) -> list[LogLine]:
    r"""The lines of a log file, in order.

    A line without a time of its own (``failed to start daemon: ...``) has that of the line before
    it, and after the last line with one the time at which the file was modified.

    >>> lines = parse_file_log('time="2026-11-24T23:18:58Z" level=info msg="a"\nfailed: b\n', 9e9)
    >>> [(line.time, line.level, line.text[-2:]) for line in lines]
    [(1795562338.0, 'info', 'a"'), (9000000000.0, '', ' b')]
    """
    lines = []
    last: float | None = None
    for raw in re.split(r"\r?\n", text):
        if not raw.strip():
            continue
        line = raw[:LINE_LIMIT]
        own = parse_stamp(line[:200])
        last = own if own is not None else last
        lines.append(LogLine(last if own is None else own, level_of(line), line))
    index = len(lines)
    while index and parse_stamp(lines[index - 1].text[:200]) is None:
        index -= 1
        lines[index] = lines[index]._replace(time=modified)
    return lines


def parse_journal(text: str) -> list[LogLine]:
    r"""The entries of ``journalctl -o json``, in order; whatever is no entry is left out.

    A message with bytes that are not text comes as a list of numbers, one of more than 4 KiB as
    null (systemd, Journal Export Formats).

    >>> parse_journal('{"__REALTIME_TIMESTAMP":"1795562338479666","MESSAGE":"panic: x"}\n-- end')
    [LogLine(time=1795562338.479666, level='', text='panic: x')]
    >>> parse_journal('{"MESSAGE":[104,105,255]}\n{"MESSAGE":null}')
    [LogLine(time=None, level='', text='hi\ufffd')]
    """
    lines = []
    for raw in text.split("\n"):
        if not raw.startswith("{"):
            continue
        try:
            entry = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        message = _message(entry.get("MESSAGE"))
        if not message:
            continue
        stamp = entry.get("__REALTIME_TIMESTAMP")
        time = (
            int(stamp) / 1e6
            if isinstance(stamp, str) and stamp.isascii() and stamp.isdigit()
            else None
        )
        lines.append(LogLine(time, level_of(message), message))
    return lines


def _message(value: object) -> str:
    if isinstance(value, list):
        codes = [code for code in value[:LINE_LIMIT] if isinstance(code, int) and 0 <= code < 256]  # noqa: PLR2004
        return bytes(codes).decode("utf-8", "replace")
    return value[:LINE_LIMIT] if isinstance(value, str) else ""


def sample(text: str) -> str:
    r"""A line as a report may show it: one line, no controls, not too long.

    >>> sample("\x1b[31mlevel=error\x00msg=\"x\"\r\n")
    'level=error msg="x"'
    """
    clean = re.sub(_CONTROLS, " ", re.sub(_ESCAPES, "", text[:LINE_LIMIT])).strip()
    return clean if len(clean) <= SAMPLE_LIMIT else clean[: SAMPLE_LIMIT - 1] + "…"
