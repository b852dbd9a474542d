"""hullcheck.toml: thresholds, suppressed checks and defaults, of the user and of the project.

The project's file wins over the user's, the command line over both. A suppressed check is never
silent: it is reported as ``waived`` with its reason until the day it expires.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from probes.model import CRASH, FAIL, WAIVED, Missing
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probes.model import Finding

FILE_NAME = "hullcheck.toml"
FORMATS = ("text", "json")
PATIENCE = 1.0
"""Seconds for reading one of the files."""
FAIL_ON = ("error", "warning", "note", "never")


class SettingsError(Exception):
    """A wrong hullcheck.toml: one line that names the file, the place and the remedy."""


class Suppression(NamedTuple):
    """One accepted finding."""

    check: str
    reason: str
    expires: str
    """The last day it holds, YYYY-MM-DD."""
    subject: str
    """Only findings about this subject; empty for all of the check."""
    owner: str
    source: str
    """The file it stands in."""


class Settings(NamedTuple):
    """What the files say, merged."""

    format: str = "text"
    fail_on: str = "error"
    timeout: float | None = None
    thresholds: Mapping[str, float] = {}
    suppressions: tuple[Suppression, ...] = ()
    sources: tuple[str, ...] = ()

    def apply(self) -> None:
        """Set the owner's thresholds for this process."""
        from probes import thresholds

        thresholds.override(self.thresholds)

    def waive(self, findings: Iterable[Finding], now: float | Missing) -> list[Finding]:
        """The findings, with failures that are accepted turned into ``waived``.

        An expired suppression waives nothing; the finding then says that it had been accepted.
        """
        today = _day(time.time() if isinstance(now, Missing) else now)
        return [self._waived(item, today) for item in findings]

    def _waived(self, item: Finding, today: str) -> Finding:
        if item.outcome not in {FAIL, CRASH}:
            return item
        for suppression in self.suppressions:
            if suppression.check != item.id or suppression.subject not in {"", item.subject}:
                continue
            owner = f" ({suppression.owner})" if suppression.owner else ""
            if today > suppression.expires:
                return item._replace(
                    summary=f"{item.summary} (Accepted{owner} until {suppression.expires}: that "
                    "time is over.)"
                )
            return item._replace(
                outcome=WAIVED,
                reason=f"{suppression.reason}{owner}, until {suppression.expires}",
            )
        return item


def _day(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):  # a clock that no calendar holds
        return _day(time.time())


def load(project: str | None, *, user: bool = True) -> Settings:
    """The settings of the user's folder and of ``project`` (a directory), merged.

    Raises: SettingsError.
    """
    settings = Settings()
    users = [user_file()] if user else []
    for path in users + (project_files(project) if project else []):
        data = _read(path, users=path in users)
        if data is not None:
            settings = _merge(settings, data, path)
    return settings


def user_file() -> str:
    """The user's file, in the folder that the platform has for configuration."""
    import os

    from platformdirs import user_config_dir

    return os.path.join(user_config_dir("hullcheck", appauthor=False), FILE_NAME)


def project_files(folder: str) -> list[str]:
    """The file of a project's folder."""
    import os

    return [os.path.join(folder, FILE_NAME)]


def _read_file(path: str) -> bytes | None:
    import os

    # A FIFO in its place must not hang us, open(2).
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        return file.read((1 << 20) + 1) if os.path.isfile(path) else None


def _left_out(path: str, why: str) -> None:
    from agent.cli import say
    from agent.report.escaping import visible

    say(f"hullcheck: left out {visible(path)}: {visible(why)}\n")


def _read(path: str, *, users: bool) -> bytes | None:
    from probes.host.questions import Slow
    from probes.host.readers import guarded

    try:
        data = guarded(lambda: _read_file(path), PATIENCE, path)
    except Slow as error:  # a home or a project on a server that is gone
        if users:
            _left_out(path, error.reason)
            return None
        raise SettingsError(f"{error.reason}: a dead mount? --project names another") from None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if isinstance(error, PermissionError) and users:
            # The home of another user, as sudo -u leaves it: what stands there is not for us.
            _left_out(path, str(error.strerror))
            return None
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    if data is None:
        raise SettingsError(f"{path}: is no regular file: put a hullcheck.toml there or remove it")
    if len(data) > 1 << 20:
        raise SettingsError(f"{path}: larger than 1 MiB: this is no hullcheck configuration")
    return data


def _parse(data: bytes, path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        values: dict[str, Any] = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}: line {line}: not UTF-8: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    except (RecursionError, ValueError) as error:  # brackets without end, a number without end
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    return values


_KEYS = {"format", "fail-on", "timeout", "thresholds", "suppress"}
_SUPPRESS_KEYS = {"check", "reason", "expires", "subject", "owner"}


def _merge(settings: Settings, data: bytes, path: str) -> Settings:
    values = _parse(data, path)

    def wrong(key: str, what: str) -> SettingsError:
        return SettingsError(f"{path}: line {_line_of(data, key)}: {what}")

    for key in values:
        if key not in _KEYS:
            raise wrong(key, f"unknown key {key!r}{_nearest(key, _KEYS)}")
    changes: dict[str, Any] = {"sources": (*settings.sources, path)}
    for key, attribute, allowed in (
        ("format", "format", FORMATS),
        ("fail-on", "fail_on", FAIL_ON),
    ):
        if key in values:
            if values[key] not in allowed:
                raise wrong(key, f"{key} must be one of {', '.join(allowed)}, not {values[key]!r}")
            changes[attribute] = values[key]
    if "timeout" in values:
        if not _is_number(values["timeout"]) or not 0 < values["timeout"] <= 3600:  # noqa: PLR2004
            raise wrong("timeout", "timeout must be a number of seconds, above 0 and up to 3600")
        changes["timeout"] = float(values["timeout"])
    if "thresholds" in values:
        changes["thresholds"] = {
            **settings.thresholds,
            **_thresholds(values["thresholds"], wrong),
        }
    if "suppress" in values:
        changes["suppressions"] = (
            *_suppressions(values["suppress"], path, wrong),
            *settings.suppressions,
        )
    return settings._replace(**changes)


def _thresholds(table: Any, wrong: Any) -> dict[str, float]:  # noqa: ANN401 - any TOML
    from probes import thresholds

    if not isinstance(table, dict):
        raise wrong("thresholds", "thresholds must be a table: [thresholds]")
    declared = thresholds.load()
    for name, value in table.items():
        if name not in declared:
            raise wrong(name, f"no such threshold: {name!r}{_nearest(name, declared)}")
        if not _is_number(value) or not 0 <= value <= 1e18:  # noqa: PLR2004 - no NaN, no infinity
            raise wrong(name, f"threshold {name} must be a number ({declared[name].unit})")
    return {name: float(value) for name, value in table.items()}


def _suppressions(entries: Any, path: str, wrong: Any) -> list[Suppression]:  # noqa: ANN401
    from probes import load_checks

    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise wrong("suppress", "suppress must be an array of tables: [[suppress]]")
    checks = load_checks() if entries else {}
    out = []
    for entry in entries:
        check = entry.get("check")
        for key in entry:
            if key not in _SUPPRESS_KEYS:
                raise wrong(
                    key, f"unknown key {key!r} in [[suppress]]{_nearest(key, _SUPPRESS_KEYS)}"
                )
        if not isinstance(check, str) or check not in checks:
            raise wrong(
                str(check or "suppress"),
                f"[[suppress]] names no check of hullcheck: {check!r}"
                f"{_nearest(str(check), checks)}",
            )
        reason = entry.get("reason")
        if not isinstance(reason, str) or not reason.strip():
            raise wrong(check, f'[[suppress]] of {check} needs a reason = "..."')
        for key in ("subject", "owner"):
            if not isinstance(entry.get(key, ""), str):
                raise wrong(key, f"{key} of [[suppress]] {check} must be text")
        out.append(
            Suppression(
                check,
                reason,
                _expiry(entry.get("expires"), check, wrong),
                entry.get("subject", ""),
                entry.get("owner", ""),
                path,
            )
        )
    return out


def _expiry(value: Any, check: str, wrong: Any) -> str:  # noqa: ANN401 - any TOML
    import datetime as dt

    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, dt.date):
        raise wrong(check, f"[[suppress]] of {check} needs a date: expires = 2027-01-31")
    return value.isoformat()


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any TOML
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _line_of(data: bytes, word: str) -> int:
    """The line on which a key or value first stands, 1 where it cannot be found again."""
    position = data.find(word.encode())
    return data[: max(position, 0)].count(b"\n") + 1


def _nearest(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1)
    return f": did you mean {close[0]!r}?" if close else ""
