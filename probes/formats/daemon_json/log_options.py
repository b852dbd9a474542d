"""Options of the log drivers: names by engine, and the values that each driver accepts.

The parser of daemon.json takes any name and any text. The engine checks the names when it
starts; most values only when a container is made, so that a wrong one stops every new container.

Sources: moby v20.10.24 to docker-v29.7.2, ``daemon/logger/factory.go`` and each driver's
``ValidateLogOpt`` in ``daemon/logger/*``, ``daemon/logger/loggerutils/cache/validate.go``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probes.formats.daemon_json import go_urls, go_values
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Release = tuple[int, int]


class Option(NamedTuple):
    """One option: its driver, its name, what a value must be, and the releases that have it."""

    driver: str
    name: str
    kind: str = "text"
    since: Release | None = None
    removed: Release | None = None


class OptionFault(NamedTuple):
    """What is wrong with an option.

    ``when`` is ``start`` (the engine does not start) or ``container`` (no new container
    starts); ``text`` is the engine's message, "" when we do not know it.
    """

    name: str
    wrong: str
    when: str
    text: str
    suggestion: str = ""


_COMMON = ("labels", "labels-regex", "env", "env-regex", "tag")


def _options(driver: str, *kinds: tuple[str, str], common: bool = True) -> tuple[Option, ...]:
    shared = tuple(Option(driver, name) for name in _COMMON) if common else ()
    return tuple(Option(driver, name, kind) for name, kind in kinds) + shared


OPTIONS: Final[tuple[Option, ...]] = (
    *_options("json-file", ("max-size", "human size"), ("max-file", "files"), ("compress", "bool")),
    *_options(
        "local",
        ("max-size", "human size"),
        ("max-file", "files"),
        ("compress", "bool"),
        common=False,
    ),
    *(Option("local", name, since=(29, 5)) for name in _COMMON),
    *_options("journald"),
    *_options(
        "syslog",
        ("syslog-address", "syslog address"),
        ("syslog-facility", "syslog facility"),
        ("syslog-format", "syslog format"),
        ("syslog-tls-ca-cert", "text"),
        ("syslog-tls-cert", "text"),
        ("syslog-tls-key", "text"),
        ("syslog-tls-skip-verify", "text"),
    ),
    *_options(
        "gelf",
        ("gelf-address", "gelf address"),
        ("gelf-compression-level", "gelf level"),
        ("gelf-compression-type", "gelf type"),
        ("gelf-tcp-max-reconnect", "count"),
        ("gelf-tcp-reconnect-delay", "count"),
    ),
    *_options(
        "fluentd",
        ("fluentd-address", "fluentd address"),
        ("fluentd-async", "bool"),
        ("fluentd-buffer-limit", "ram size"),
        ("fluentd-max-retries", "count"),
        ("fluentd-request-ack", "bool"),
        ("fluentd-retry-wait", "duration"),
        ("fluentd-sub-second-precision", "bool"),
    ),
    Option("fluentd", "fluentd-async-connect", "bool", removed=(28, 0)),
    Option("fluentd", "fluentd-async-reconnect-interval", "duration", since=(23, 0)),
    Option("fluentd", "fluentd-write-timeout", "duration", since=(28, 2)),
    Option("fluentd", "fluentd-read-timeout", "duration", since=(29, 0)),
    *_options(
        "awslogs",
        ("awslogs-group", "text"),
        ("awslogs-stream", "text"),
        ("awslogs-create-group", "bool"),
        ("awslogs-region", "text"),
        ("awslogs-endpoint", "text"),
        ("awslogs-datetime-format", "text"),
        ("awslogs-multiline-pattern", "text"),
        ("awslogs-credentials-endpoint", "text"),
        ("awslogs-force-flush-interval-seconds", "positive"),
        ("awslogs-max-buffered-events", "positive"),
        ("tag", "text"),
        common=False,
    ),
    Option("awslogs", "awslogs-format", "awslogs format", since=(23, 0)),
    Option("awslogs", "awslogs-create-stream", "bool", since=(29, 0)),
    *_options(
        "splunk",
        ("splunk-url", "text"),
        ("splunk-token", "text"),
        ("splunk-source", "text"),
        ("splunk-sourcetype", "text"),
        ("splunk-index", "text"),
        ("splunk-capath", "text"),
        ("splunk-caname", "text"),
        ("splunk-insecureskipverify", "bool"),
        ("splunk-format", "splunk format"),
        ("splunk-verify-connection", "bool"),
        ("splunk-gzip", "bool"),
        ("splunk-gzip-level", "gelf level"),
        ("splunk-index-acknowledgment", "bool"),
    ),
    *_options(
        "gcplogs",
        ("gcp-project", "text"),
        ("gcp-log-cmd", "bool"),
        ("gcp-meta-zone", "text"),
        ("gcp-meta-name", "text"),
        ("gcp-meta-id", "text"),
        ("labels", "text"),
        ("labels-regex", "text"),
        ("env", "text"),
        ("env-regex", "text"),
        common=False,
    ),
)
"""Every option of every driver on Linux, beside the ones that all drivers have."""

ALL_DRIVERS: Final[tuple[Option, ...]] = tuple(
    Option("*", name, kind)
    for name, kind in (
        ("mode", "mode"),
        ("max-buffer-size", "ram size"),
        ("cache-disabled", "bool"),
        ("cache-max-size", "human size"),
        ("cache-max-file", "files"),
        ("cache-compress", "bool"),
    )
)
"""Options that the engine reads itself, for every driver."""

_DRIVERS_SINCE: Final[dict[str, tuple[Release | None, Release | None]]] = {
    "json-file": (None, None),
    "local": (None, None),
    "journald": (None, None),
    "syslog": (None, None),
    "gelf": (None, None),
    "fluentd": (None, None),
    "awslogs": (None, None),
    "splunk": (None, None),
    "gcplogs": (None, None),
    "logentries": (None, (25, 0)),
    "none": (None, None),
}


def drivers(engine: tuple[int, ...]) -> tuple[str, ...]:
    """The built-in log drivers of an engine on Linux, ``none`` included."""
    return tuple(
        name
        for name, (since, removed) in _DRIVERS_SINCE.items()
        if (since is None or engine[:2] >= since) and (removed is None or engine[:2] < removed)
    )


def options_of(driver: str, engine: tuple[int, ...]) -> dict[str, Option]:
    """The options that a built-in driver accepts in an engine of this version, by name."""
    return {
        option.name: option
        for option in (*OPTIONS, *ALL_DRIVERS)
        if option.driver in {driver, "*"}
        and (option.since is None or engine[:2] >= option.since)
        and (option.removed is None or engine[:2] < option.removed)
    }


def drivers_with(name: str, engine: tuple[int, ...]) -> tuple[str, ...]:
    """The drivers that have an option of this name."""
    return tuple(driver for driver in drivers(engine) if name in options_of(driver, engine))


_SYSLOG_FACILITIES: Final = frozenset(
    "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp".split()
) | frozenset(f"local{number}" for number in range(8))

# Drivers that check their values when the engine starts, beside the names.
_CHECKED_AT_START: Final = frozenset({"syslog", "gelf", "fluentd", "awslogs"})
_HIGHEST_FACILITY: Final = 23
_HIGHEST_LEVEL: Final = 9


def _yes_no(value: str) -> str:
    return "" if go_values.parse_bool(value) is not None else 'must be "true" or "false"'


def _human_size(value: str) -> str:
    number = go_values.human_size(value)
    if number.error:
        return 'must be a size such as "10m"'
    return "" if number.value > 0 else "must be more than 0"


def _ram_size(value: str) -> str:
    return 'must be a size such as "4m"' if go_values.ram_in_bytes(value).error else ""


def _files(value: str) -> str:
    number = go_values.atoi(value)
    if number is None:
        return 'must be a whole number in quotes such as "3"'
    return "" if number >= 1 else "must be at least 1"


def _count(value: str) -> str:
    number = go_values.atoi(value)
    return "" if number is not None and number >= 0 else "must be a whole number of at least 0"


def _positive(value: str) -> str:
    number = go_values.atoi(value)
    return "" if number is not None and number > 0 else "must be a whole number above 0"


def _level(value: str) -> str:
    number = go_values.atoi(value)
    fine = number is not None and -1 <= number <= _HIGHEST_LEVEL
    return "" if fine else "must be a number from -1 to 9"


def _mode(value: str) -> str:
    return (
        "" if value in {"", "blocking", "non-blocking"} else 'must be "blocking" or "non-blocking"'
    )


def _duration(value: str) -> str:
    return "" if go_values.is_go_duration(value) else 'must be a time such as "1s" or "500ms"'


def _facility(value: str) -> str:
    number = go_values.atoi(value)
    known = value in _SYSLOG_FACILITIES or (number is not None and 0 <= number <= _HIGHEST_FACILITY)
    return "" if known else "is no syslog facility (e.g. daemon, local0 to local7)"


def _one_of(*allowed: str) -> Callable[[str], str]:
    listed = ", ".join(f'"{value}"' for value in allowed)
    return lambda value: "" if value in allowed else f"must be one of {listed}"


def _address(*schemes: str, port: bool = False) -> Callable[[str], str]:
    listed = ", ".join(f"{scheme}://" for scheme in schemes)

    def check(value: str) -> str:
        url, _ = go_urls.parse_url(value)
        if url is None or url.scheme not in schemes:
            return f"must be an address that starts with {listed}"
        if port and not url.host.rpartition(":")[2].isdigit():
            return "must end with a port, such as udp://graylog.example.com:12201"
        return ""

    return check


def _fluentd_address(value: str) -> str:
    text = value if "://" in value else f"tcp://{value}"
    wrong = _address("unix", "tcp", "tls")(text)
    url, _ = go_urls.parse_url(text)
    if not wrong and url is not None:
        if url.scheme != "unix" and url.path:
            return "must not have a path"
        if url.scheme == "unix" and not url.path.strip("/"):
            return "must name a socket"
    return wrong


_VALUES: Final[Mapping[str, Callable[[str], str]]] = {
    "awslogs format": _one_of("json/emf"),
    "bool": _yes_no,
    "count": _count,
    "duration": _duration,
    "files": _files,
    "fluentd address": _fluentd_address,
    "gelf address": _address("udp", "tcp", port=True),
    "gelf level": _level,
    "gelf type": _one_of("gzip", "zlib", "none"),
    "human size": _human_size,
    "mode": _mode,
    "positive": _positive,
    "ram size": _ram_size,
    "splunk format": _one_of("inline", "json", "raw"),
    "syslog address": _address("unix", "unixgram", "udp", "tcp", "tcp+tls"),
    "syslog facility": _facility,
    "syslog format": _one_of("rfc3164", "rfc5424", "rfc5424micro"),
}
# An empty value means "not set" to the drivers, except where these kinds read it at once.
_EMPTY_COUNTS: Final = frozenset({"bool", "files", "human size"})
_EMPTY_FINE_DRIVERS: Final = frozenset({"fluentd", "awslogs", "syslog", "splunk"})


def faults(driver: str, values: Mapping[str, str], engine: tuple[int, ...]) -> list[OptionFault]:
    """What is wrong with the options of a built-in driver: names, values and combinations.

    ``values`` are the texts of ``log-opts``. A driver that is not built in has no known options:
    the result is then empty.
    """
    if driver == "none" or driver not in drivers(engine) or driver == "logentries":
        return []
    known = options_of(driver, engine)
    found: list[OptionFault] = []
    for name, value in values.items():
        option = known.get(name)
        if option is None:
            found.append(_unknown(driver, name, engine))
            continue
        if value == "" and not (option.kind in _EMPTY_COUNTS and driver not in _EMPTY_FINE_DRIVERS):
            continue
        wrong = _VALUES[option.kind](value) if option.kind in _VALUES else ""
        if not wrong:
            continue
        builtin = option.driver == "*" and name in {"mode", "max-buffer-size", "cache-disabled"}
        at_start = builtin or driver in _CHECKED_AT_START
        text = f"logger: logging mode not supported: {value}" if name == "mode" else ""
        found.append(OptionFault(name, wrong, "start" if at_start else "container", text))
    found.extend(_combinations(driver, values))
    return found


_RENAMED: Final = {"fluentd-async-connect": "fluentd-async"}


def _unknown(driver: str, name: str, engine: tuple[int, ...]) -> OptionFault:
    texts = {
        "local": f"unknown log opt '{name}' for log driver local",
        "gelf": f'unknown log opt "{name}" for gelf log driver',
        "gcplogs": f'"{name}" is not a valid option for the gcplogs driver',
    }
    text = texts.get(driver, f"unknown log opt '{name}' for {driver} log driver")
    others = drivers_with(name, engine)
    if others:
        wrong = f"is an option of the log driver {' or '.join(others[:2])}, not of {driver}"
        return OptionFault(name, wrong, "start", text)
    from difflib import get_close_matches

    near = get_close_matches(name.replace("_", "-"), options_of(driver, engine), n=1, cutoff=0.6)
    near = [_RENAMED[name]] if name in _RENAMED else near
    wrong = f"is no option of the log driver {driver}"
    if near:
        wrong += f"; the nearest is {near[0]}"
    return OptionFault(name, wrong, "start", text, near[0] if near else "")


def _combinations(driver: str, values: Mapping[str, str]) -> list[OptionFault]:
    found: list[OptionFault] = []
    if "max-buffer-size" in values and values.get("mode") != "non-blocking":
        found.append(
            OptionFault(
                "max-buffer-size",
                'only works together with "mode": "non-blocking"',
                "start",
                "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
            )
        )
    compress = go_values.parse_bool(values.get("compress", ""))
    files = go_values.atoi(values.get("max-file", "1" if driver == "json-file" else "5"))
    if driver == "json-file" and compress and (files == 1 or "max-size" not in values):
        found.append(
            OptionFault(
                "compress",
                "needs max-size and a max-file of at least 2",
                "container",
                "compress cannot be true when max-file is less than 2 or max-size is not set",
            )
        )
    if driver == "local" and compress is not False and files is not None and files <= 1:
        found.append(
            OptionFault(
                "max-file",
                'of 1 needs "compress": "false"',
                "container",
                "compression cannot be enabled when max file count is 1",
            )
        )
    found.extend(_required(driver, values))
    return found


def _required(driver: str, values: Mapping[str, str]) -> list[OptionFault]:
    found: list[OptionFault] = []
    if driver == "gelf":
        if not values.get("gelf-address"):
            found.append(
                OptionFault(
                    "gelf-address",
                    "is required by the log driver gelf",
                    "start",
                    "gelf-address is a required parameter",
                )
            )
        scheme = values.get("gelf-address", "").partition("://")[0]
        for name in values:
            wanted = "udp" if name.startswith("gelf-compression-") else ""
            wanted = "tcp" if name.startswith("gelf-tcp-") else wanted
            if wanted and scheme in {"udp", "tcp"} and scheme != wanted:
                text = (
                    "compression is only supported on UDP"
                    if wanted == "udp"
                    else f'"{name}" is only valid for TCP'
                )
                found.append(OptionFault(name, f"only works over {wanted}", "start", text))
    if driver == "awslogs":
        if not values.get("awslogs-group"):
            found.append(
                OptionFault(
                    "awslogs-group",
                    "is required by the log driver awslogs",
                    "start",
                    "must specify a value for log opt 'awslogs-group'",
                )
            )
        if "awslogs-datetime-format" in values and "awslogs-multiline-pattern" in values:
            found.append(
                OptionFault(
                    "awslogs-multiline-pattern",
                    "cannot be used together with awslogs-datetime-format",
                    "start",
                    "you cannot configure log opt 'awslogs-datetime-format' and "
                    "'awslogs-multiline-pattern' at the same time",
                )
            )
    if driver == "splunk":
        found.extend(
            OptionFault(
                name,
                "is required by the log driver splunk",
                "container",
                f"splunk: {name} is expected",
            )
            for name in ("splunk-url", "splunk-token")
            if name not in values
        )
    return found
