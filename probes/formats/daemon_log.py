"""The daemon's own log: logrus lines, its JSON format, raw lines, and ``journalctl -o json``.

Pure functions; nothing here trusts a line: they may hold escapes, NULs, megabytes or no UTF-8.
"""

from __future__ import annotations

import json
import re

from probes.record import NamedTuple

LINE_LIMIT = 4096
"""Characters of a line that are looked at. journalctl cuts fields of more bytes than this, too."""

SAMPLE_LIMIT = 240
"""Characters of a line that a report shows."""

_STAMP = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[T ](?P<hour>\d\d):(?P<minute>\d\d):"
    r"(?P<second>\d\d(?:\.\d+)?)(?P<zone>Z|[+-]\d\d:?\d\d)"
)
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


def parse_stamp(text: str) -> float | None:
    """Seconds since the epoch of the first RFC 3339 time in a text.

    >>> parse_stamp('time="2026-11-24T23:18:58.479666795Z" level=warning')
    1795562338.479667
    >>> parse_stamp("2026-11-25T01:18:58+02:00"), parse_stamp("no time")
    (1795562338.0, None)
    """
    match = _STAMP.search(text)
    if match is None:
        return None
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if not 1 <= month <= 12 or not 1 <= day <= 31:  # noqa: PLR2004 - a calendar
        return None
    zone, offset = match["zone"].replace(":", ""), 0
    if zone != "Z":
        offset = (int(zone[1:3]) * 60 + int(zone[3:5])) * (-60 if zone[0] == "-" else 60)
    clock = int(match["hour"]) * 3600 + int(match["minute"]) * 60 + float(match["second"])
    return round(_days(year, month, day) * 86400 + clock - offset, 6)


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01, Gregorian; datetime is a 5 ms import that the seam can spare us."""
    year -= month <= 2  # noqa: PLR2004 - the year begins in March here
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1  # noqa: PLR2004
    return year * 365 + year // 4 - year // 100 + year // 400 + of_year - 719468


def format_time(seconds: float) -> str:
    """A time as a report shows it, UTC.

    >>> format_time(1795562338.479667)
    '2026-11-24 23:18:58 UTC'
    """
    days, rest = divmod(int(seconds), 86400)
    # The inverse of _days, from the same calendar that begins in March.
    era, of_era = divmod(days + 719468, 146097)
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + (3 if shifted < 10 else -9)  # noqa: PLR2004
    year += era * 400 + (month <= 2)  # noqa: PLR2004
    hour, minute, second = rest // 3600, rest // 60 % 60, rest % 60
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC"


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
