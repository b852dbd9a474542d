"""What kind of configuration file a text is, by its content alone."""

from __future__ import annotations

import re

DAEMON_JSON, WSLCONFIG, WSL_CONF = "daemon.json", ".wslconfig", "wsl.conf"
STORE, SETTINGS, ADMIN = "settings-store.json", "settings.json", "admin-settings.json"

_KEYS = re.compile(rb'"([A-Za-z][A-Za-z0-9]{2,60})"\s*:')
_ANY_KEY = re.compile(rb'"\s*:')
_DAEMON_KEYS = re.compile(rb'"([a-z0-9][a-z0-9-]{1,40})"\s*:')

_OWN_NAME = 10
"""Letters from which on a key of Docker Desktop's is nobody else's."""


def kind_of_content(head: bytes, *, is_json: bool = False) -> str | None:
    r"""The kind of a file that begins with these bytes; None where it is none of these.

    ``is_json`` says that its name does: an empty object is then taken for a daemon.json.

    >>> kind_of_content(b'{"log-driver": "local"}'), kind_of_content(b"[wsl2]\nmemory=8GB\n")
    ('daemon.json', '.wslconfig')
    """
    return kind_of_json(head) or _of_empty_json(head, is_json=is_json) or _wsl_kind(head)


def kind_of_json(head: bytes) -> str | None:
    """The kind of a JSON file, whole or broken, by its keys."""
    return desktop_kind(head) or _daemon_json(head)


def desktop_kind(head: bytes) -> str | None:
    """Which file of Docker Desktop's, by its keys: two of them, or one with a name of its own."""
    from probes.formats.desktop_settings_keys import BY_CAMEL, BY_LOWER, BY_NAME

    names = [key.decode() for key in _KEYS.findall(head.replace(b"\0", b""))]
    if "configurationFileVersion" in names:
        return ADMIN
    found = [name for name in names if name.lower() in BY_LOWER]
    own = [n for n in found if len(n) >= _OWN_NAME and (n in BY_NAME or n in BY_CAMEL)]
    if len(found) < 2 and not own:  # noqa: PLR2004
        return None
    return STORE if is_pascal(head, found) else SETTINGS


def is_pascal(head: bytes, names: list[str] | None = None) -> bool:
    """Whether most keys begin with a capital, as those of settings-store.json do."""
    if names is None:
        names = [key.decode() for key in _KEYS.findall(head.replace(b"\0", b""))]
    return 2 * sum(name[:1].isupper() for name in names) > len(names)


def may_be_of_desktop(head: bytes) -> bool:
    """Whether a settings.json may be Docker Desktop's: it has one of its keys, or none at all."""
    from probes.formats.desktop_settings_keys import BY_LOWER

    text = head.replace(b"\0", b"")
    names = {key.decode() for key in _KEYS.findall(text)}
    return not _ANY_KEY.search(text) or any(name.lower() in BY_LOWER for name in names)


def _daemon_json(head: bytes) -> str | None:
    from probes.formats.daemon_json import BY_NAME

    known = any(key.decode() in BY_NAME for key in _DAEMON_KEYS.findall(head))
    return DAEMON_JSON if known else None


def _of_empty_json(head: bytes, *, is_json: bool) -> str | None:
    return DAEMON_JSON if is_json and not head.strip(b" \t\r\n{}") else None


_WSL_SECTIONS = frozenset({"wsl", "wsl2", "wslconfig", "experimental"})


def _wsl_kind(head: bytes) -> str | None:
    """By the settings that a text makes: most of their names exist in one of the two files."""
    from probes.formats.text_encoding import decode
    from probes.formats.wsl_config import WSL_CONF as IN_A_DISTRIBUTION
    from probes.formats.wsl_config import WSLCONFIG as OF_WINDOWS
    from probes.formats.wsl_config import WslEncodingError, parse_wsl
    from probes.formats.wsl_keys import KEYS, elsewhere, name_of

    try:
        entries = parse_wsl(decode(head).encode("utf-8", "replace"), OF_WINDOWS).entries
    except WslEncodingError:
        return None
    found = {
        d: sum(name_of(e) in KEYS[d] for e in entries) for d in (OF_WINDOWS, IN_A_DISTRIBUTION)
    }
    if not any(found.values()):
        # Settings of .wslconfig below another heading that only WSL's files have.
        misplaced = any(
            e.section.lower() in _WSL_SECTIONS and elsewhere(name_of(e), OF_WINDOWS)
            for e in entries
        )
        return WSLCONFIG if misplaced else None
    return WSLCONFIG if found[OF_WINDOWS] >= found[IN_A_DISTRIBUTION] else WSL_CONF
