"""Takes secrets out of everything that is read, before any probe, report or bundle can see it.

The structure of what was read survives: a redacted daemon.json is still the same JSON on the same
lines, a redacted URL still names its host. What goes is what lets somebody in.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PLACEHOLDER = "REDACTED"

# Names that hold secrets, as they occur in environment variables, JSON keys, log options and
# command line flags (splunk-token, identitytoken, AWS_SECRET_ACCESS_KEY, --registry-password ...).
_SECRET_NAME = (
    r"(?:[A-Za-z0-9_.\-]*(?:passw(?:or)?d|passphrase|secret|token|api[_\-]?key|access[_\-]?key|"
    r"private[_\-]?key|credential|authorization|cookie|dsn|connection[_\-]?string)[A-Za-z0-9_.\-]*"
    r"|[A-Za-z0-9_.\-]*[_\-](?:pass|pwd|pw))"
)
# Names that only look like it: they hold a path, a count or a policy, and a report needs them.
_HARMLESS_NAME = (
    r"(?i)(?:path|file|dir|expiry|rotation|rotate|max[_\-]?keys|maxkeys|credsstore|credhelpers|"
    r"count|retries|enabled)$"
)
_JSON_AUTH = r"auth|identitytoken|registrytoken|password|auths?_token|joinworkertoken"

# Words that stand in every secret of a kind, whatever their case. Nearly no text holds one, and
# looking for plain words is fifty times cheaper than the patterns, and than compiling them.
_NAME_WORDS = (
    "passw", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "access_key",
    "access-key", "accesskey", "private_key", "private-key", "privatekey", "credential",
    "authorization", "cookie", "dsn", "connection_string", "connection-string", "connectionstring",
    "_pass", "-pass", "_pw", "-pw",
)  # fmt: skip


def _quoted(match: re.Match[str]) -> str:
    if re.search(_HARMLESS_NAME, match[1]) or not match[3]:
        return match[0]
    return f'"{match[1]}"{match[2]}"{PLACEHOLDER}"'


def _plain(match: re.Match[str]) -> str:
    if re.search(_HARMLESS_NAME, match[1]):
        return match[0]
    quote = match[3][0] if match[3][0] in "\"'" else ""
    return f"{match[1]}{match[2]}{quote}{PLACEHOLDER}{quote}"


def _flag(match: re.Match[str]) -> str:
    if re.search(_HARMLESS_NAME, match[1]):
        return match[0]
    return f"{match[1]}{match[2]}{PLACEHOLDER}"


def _texts(match: re.Match[str]) -> str:
    """The object with all its texts taken out."""
    return re.sub(r'(:\s*|[\[,]\s*)"(?:[^"\\\n]|\\.)+"(?!\s*:)', rf'\1"{PLACEHOLDER}"', match[0])


def _variables(match: re.Match[str]) -> str:
    """The variables of a unit: the values of all that do not configure the engine go."""
    from probes.host.host import ENVIRONMENT_KEPT

    def variable(found: re.Match[str]) -> str:
        quote, name = next((found[i], found[i + 1]) for i in (1, 3, 5) if found[i] is not None)
        if name.encode() in ENVIRONMENT_KEPT:
            return found[0]
        return f"{quote}{name}={PLACEHOLDER}{quote}"

    pattern = (
        r"(\")([A-Za-z_][A-Za-z0-9_]*)=(?:[^\"\\]|\\.)*\""
        r"|(')([A-Za-z_][A-Za-z0-9_]*)=[^']*'"
        r"|()([A-Za-z_][A-Za-z0-9_]*)=\S*"
    )
    return match[1] + re.sub(pattern, variable, match[2])


class _Kind(NamedTuple):
    """One kind of secret: it is looked for where one of its words stands."""

    words: tuple[str, ...]
    pattern: str
    """As text: the re module compiles it when it is first used, and keeps it."""
    replacement: str | Callable[[re.Match[str]], str]


_PEM = _Kind(
    ("private key",),
    r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|\Z)",
    r"-----BEGIN \1----- " + PLACEHOLDER,
)
# Objects in the docker CLI's files whose values are anybody's: headers sent to every engine, what
# plugins keep in config.json, what was written on a context.
_CLIENT = _Kind(
    ('"httpheaders"', '"plugins"', '"metadata"'),
    r'(?i)"(?:HttpHeaders|plugins|metadata)"\s*:\s*'
    r'\{(?:[^{}"]|"(?:[^"\\\n]|\\.)*"|\{(?:[^{}"]|"(?:[^"\\\n]|\\.)*")*\})*\}',
    _texts,
)
# systemd.exec(5), and what systemctl show prints.
_UNIT = _Kind(("environment=",), r"(?im)^([ \t]*Environment=)((?:.*\\\n)*.*)$", _variables)
_KINDS: tuple[_Kind, ...] = (
    _PEM,
    _CLIENT,
    _UNIT,
    # user:password@ in any URL, and token@ in those of web servers, where the user name alone is
    # often the token. ssh://user@host keeps its user: it lets nobody in.
    _Kind(
        ("@",),
        r"(?i)\b([a-z][a-z0-9+.\-]{1,15}://)[^\s/@:\"'<>]*:[^\s/@\"'<>]+@",
        r"\1" + PLACEHOLDER + "@",
    ),
    _Kind(("@",), r"(?i)\b(https?://)[^\s/@\"'<>]+@", r"\1" + PLACEHOLDER + "@"),
    # Swarm join tokens and unlock keys, docker/swarmkit.
    _Kind(("swmtkn", "swmkey"), r"\bSWM(?:TKN|KEY)-1-[A-Za-z0-9+/=\-]+", PLACEHOLDER),
    # JSON Web Tokens, and the well-known prefixes of hosted services.
    _Kind(("eyj",), r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*", PLACEHOLDER),
    _Kind(
        tuple("akia ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ dckr_pat_ glpat- xox".split()),
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|"
        r"glpat-[A-Za-z0-9_\-]{16,}|dckr_pat_[A-Za-z0-9_\-]{16,}|xox[abpr]-[A-Za-z0-9\-]{10,})",
        PLACEHOLDER,
    ),
    _Kind(
        ("bearer", "basic"),
        r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._\-]{8,}",
        r"\1 " + PLACEHOLDER,
    ),
    _Kind(
        (*_NAME_WORDS, '"auth'),
        rf'(?i)"({_SECRET_NAME}|{_JSON_AUTH})"(\s*:\s*)"((?:[^"\\\n]|\\.)*)"',
        _quoted,
    ),
    _Kind(
        _NAME_WORDS,
        rf"(?i)(--{_SECRET_NAME})(\s+|\x00)([^\s\-\x00][^\s\x00]*)",
        _flag,
    ),
    _Kind(
        _NAME_WORDS,
        rf"(?i)(?<![A-Za-z0-9_.\-\"])({_SECRET_NAME})(\s?[=:]\s?|=)"
        r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;]+)",
        _plain,
    ),
)
_WORDS = tuple(dict.fromkeys(word for kind in _KINDS for word in kind.words))
_PARTS = ("key", "pass", "auth", "connection", "gh", "pat_")
_BY_PART: dict[str, list[str]] = {}
"""The words by a part that several of them share: where it does not stand, none of them does."""
for _word in _WORDS:
    _BY_PART.setdefault(next((part for part in _PARTS if part in _word), _word), []).append(_word)

WHOLE_LIMIT = 64 << 10
"""Characters up to which a text is looked at as a whole. In a longer one (a kernel log, a journal)
only the lines with a word are; there no secret is split over two lines."""


def _words_in(folded: str) -> tuple[str, ...]:
    shared = [words for part, words in _BY_PART.items() if part in folded]
    return tuple([word for words in shared for word in words if word in folded])


def redact_text(text: str, words: Iterable[str] | None = None) -> str:
    """The text without its secrets. Idempotent; line breaks stay where they were.

    ``words`` are those of the secrets' words that it can hold, where that is already known.
    """
    folded = text.casefold()
    found = _words_in(folded) if words is None else [word for word in words if word in folded]
    if not found:
        return text
    if len(text) <= WHOLE_LIMIT:
        return _redact(text, found)
    for kind in (_PEM, _CLIENT, _UNIT):  # they go over several lines
        if not {*found}.isdisjoint(kind.words):
            text = re.sub(kind.pattern, kind.replacement, text)
        folded = text.casefold()
    lines = text.split("\n")
    for number in _lines_with(found, folded):
        lines[number] = _redact(lines[number], found)
    return "\n".join(lines)


def _lines_with(words: Iterable[str], text: str) -> set[int]:
    """The numbers, from 0, of the lines in which one of the words stands."""
    numbers = set()
    for word in words:
        number = end = 0
        while (position := text.find(word, end)) >= 0:
            number += text.count("\n", end, position)
            numbers.add(number)
            end = text.find("\n", position)
            if end < 0:
                break
    return numbers


def _redact(text: str, words: Iterable[str]) -> str:
    here = {*words}
    for kind in _KINDS:
        if not here.isdisjoint(kind.words):
            text = re.sub(kind.pattern, kind.replacement, text)
    return text


def redact_bytes(data: bytes) -> bytes:
    """The same for a file's content, in the encoding that its BOM declares (UTF-8 without)."""
    for bom, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(bom):
            # Half a character at the end, as in a file cut off, must not hide what stands before.
            whole = len(data) & ~1
            text = data[:whole].decode(encoding, "surrogatepass")
            clean = redact_text(text)
            if clean == text:
                return data
            return clean.encode(encoding, "surrogatepass") + data[whole:]
    text = data.decode("utf-8", "surrogateescape")
    clean = redact_text(text)
    return data if clean == text else clean.encode("utf-8", "surrogateescape")


# Lists of NAME=value whose values belong to the owner of the container, whatever their names.
_ENVIRONMENT_KEYS = frozenset({"Env"})
# What runs in containers, and what their owners wrote on them: passwords on command lines, hashed
# ones in the labels of a reverse proxy. No check is about them; labels of Docker itself stay.
_OWNERS_KEYS = frozenset({"Command", "Cmd", "Args", "Entrypoint", "Test"})
_OWNERS_LABELS = "Labels"
# Lists of names that are no secrets: GET /info, Plugins.Authorization.
_NAME_LISTS = frozenset({"Authorization"})


def redact_json(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same for a JSON answer, by key as well as by content."""
    text = json.dumps(value, ensure_ascii=False)
    words = _words_in(text.casefold())
    ours = (*_ENVIRONMENT_KEYS, *_OWNERS_KEYS, _OWNERS_LABELS)
    if not words and not any(f'"{key}"' in text for key in ours):
        return value
    return _redact_json(value, "", words)


def _redact_json(value: Any, key: str, words: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        if value and key and _is_secret(key):
            return PLACEHOLDER
        return redact_text(value, words)
    if isinstance(value, list):
        if key in _ENVIRONMENT_KEYS:
            return [
                item.partition("=")[0] + "=" + PLACEHOLDER if isinstance(item, str) else item
                for item in value
            ]
        name = "" if key in _NAME_LISTS else key
        return [_redact_json(item, name, words) for item in value]
    if isinstance(value, dict):
        if key == _OWNERS_LABELS:
            return {
                k: v if str(k).startswith("com.docker.") else _blank(v) for k, v in value.items()
            }
        return {
            name: _blank(item) if name in _OWNERS_KEYS else _redact_json(item, str(name), words)
            for name, item in value.items()
        }
    return value


def _blank(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The value with every text in it taken out, in its shape."""
    if isinstance(value, str):
        return PLACEHOLDER if value else value
    if isinstance(value, list):
        return [_blank(item) for item in value]
    if isinstance(value, dict):
        return {name: _blank(item) for name, item in value.items()}
    return value


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    folded = key.casefold()
    return bool(
        ("auth" in folded or any(word in folded for word in _NAME_WORDS))
        and re.match(rf"(?i)^(?:{_SECRET_NAME}|{_JSON_AUTH})$", key)
        and not re.search(_HARMLESS_NAME, key)
    )


def redact_environment(data: bytes, keep: frozenset[bytes]) -> bytes:
    """A /proc/PID/environ with the values of all variables but ``keep`` taken out."""
    out = []
    for item in data.split(b"\0"):
        name, equals, _ = item.partition(b"=")
        if not equals or name in keep:
            out.append(redact_bytes(item))
        else:
            out.append(name + b"=" + PLACEHOLDER.encode())
    return b"\0".join(out)
