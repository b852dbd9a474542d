"""Times as logs, engines and certificates write them, and as a report shows them."""

from __future__ import annotations

import re
import time

_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)",
)


def parse_stamp(text: str) -> float | None:
    """Seconds since the epoch of the first RFC 3339 time in a text; engines write nine decimals.

    >>> parse_stamp('time="2026-11-24T23:18:58.479666795Z" level=warning')
    1795562338.479667
    >>> parse_stamp("2026-11-25T01:18:58+02:00"), parse_stamp("no time")
    (1795562338.0, None)
    """
    match = _STAMP.search(text)
    if match is None:
        return None
    from datetime import datetime

    day, clock, fraction, zone = match.groups()
    if zone == "Z":
        zone = "+00:00"
    elif ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    try:
        whole = datetime.fromisoformat(f"{day}T{clock}{zone}").timestamp()
    except (ValueError, OverflowError):
        return None
    return round(whole + float(fraction or 0), 6)


def format_time(seconds: float) -> str:
    """A time as a report shows it, UTC.

    >>> format_time(1795562338.479667)
    '2026-11-24 23:18:58 UTC'
    """
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def day_number(day: str) -> int:
    """The number of a day written YYYY-MM-DD, for counting the days between two.

    >>> day_number("2026-12-01") - day_number("2026-11-24")
    7
    """
    from datetime import date

    return date.fromisoformat(day).toordinal()
