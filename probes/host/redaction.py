"""Takes secrets out of everything that is read, before any probe, report or bundle can see it.

The structure of what was read survives: a redacted daemon.json is still the same JSON on the same
lines, a redacted URL still names its host. What goes is what lets somebody in.
"""

from __future__ import annotations

import re
from typing import Any

PLACEHOLDER = "REDACTED"

# Names that hold secrets, as they occur in environment variables, JSON keys, log options and
# command line flags (splunk-token, identitytoken, AWS_SECRET_ACCESS_KEY, --registry-password ...).
_SECRET_NAME = (
    r"[A-Za-z0-9_.\-]*(?:passw(?:or)?d|passphrase|secret|token|api[_\-]?key|access[_\-]?key|"
    r"private[_\-]?key|credential|authorization|cookie|dsn|connection[_\-]?string)[A-Za-z0-9_.\-]*"
)
# Names that only look like it: they hold a path, a count or a policy, and a report needs them.
_HARMLESS_NAME = re.compile(
    r"(?i)(?:path|file|dir|expiry|rotation|rotate|max[_\-]?keys|maxkeys|credsstore|credhelpers|"
    r"count|retries|enabled)$"
)
_JSON_AUTH = r"auth|identitytoken|registrytoken|password|auths?_token|joinworkertoken"

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # PEM private keys.
    (
        re.compile(r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|\Z)"),
        r"-----BEGIN \1----- " + PLACEHOLDER,
    ),
    # user:password@ in any URL, and token@ in those of web servers, where the user name alone is
    # often the token. ssh://user@host keeps its user: it lets nobody in.
    (
        re.compile(r"(?i)\b([a-z][a-z0-9+.\-]{1,15}://)[^\s/@:\"'<>]*:[^\s/@\"'<>]+@"),
        r"\1" + PLACEHOLDER + "@",
    ),
    (re.compile(r"(?i)\b(https?://)[^\s/@\"'<>]+@"), r"\1" + PLACEHOLDER + "@"),
    # Swarm join tokens and unlock keys, docker/swarmkit.
    (re.compile(r"\bSWM(?:TKN|KEY)-1-[A-Za-z0-9+/=\-]+"), PLACEHOLDER),
    # JSON Web Tokens, and the well-known prefixes of hosted services.
    (re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"), PLACEHOLDER),
    (
        re.compile(
            r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|"
            r"glpat-[A-Za-z0-9_\-]{16,}|dckr_pat_[A-Za-z0-9_\-]{16,}|xox[abpr]-[A-Za-z0-9\-]{10,})"
        ),
        PLACEHOLDER,
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._\-]{8,}"), r"\1 " + PLACEHOLDER),
)

_QUOTED_PAIR = re.compile(
    rf'(?i)"({_SECRET_NAME}|{_JSON_AUTH})"(\s*:\s*)"((?:[^"\\\n]|\\.)*)"',
)
_PLAIN_PAIR = re.compile(
    rf"(?i)(?<![A-Za-z0-9_.\-\"])({_SECRET_NAME})(\s?[=:]\s?|=)(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;]+)",
)
_FLAG_PAIR = re.compile(rf"(?i)(--{_SECRET_NAME})(\s+|\x00)([^\s\-\x00][^\s\x00]*)")

# Nearly no file holds a secret, and looking for plain words is fifty times cheaper than the
# patterns. Every pattern below matches only where one of these stands, whatever its case.
_WORDS = (
    "passw", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "access_key",
    "access-key", "accesskey", "private_key", "private-key", "privatekey", "private key",
    "credential", "authorization", "cookie", "dsn", "connection_string", "connection-string",
    "connectionstring", '"auth', "@", "swmtkn", "swmkey", "eyj", "akia", "ghp_", "gho_", "ghu_",
    "ghs_", "ghr_", "github_pat_", "dckr_pat_", "glpat-", "xox", "bearer", "basic",
)  # fmt: skip

WHOLE_LIMIT = 64 << 10
"""Characters up to which a text is looked at as a whole. In a longer one (a kernel log, a journal)
only the lines with a word are; there no secret is split over two lines."""


def _quoted(match: re.Match[str]) -> str:
    if _HARMLESS_NAME.search(match[1]) or not match[3]:
        return match[0]
    return f'"{match[1]}"{match[2]}"{PLACEHOLDER}"'


def _plain(match: re.Match[str]) -> str:
    if _HARMLESS_NAME.search(match[1]):
        return match[0]
    quote = match[3][0] if match[3][0] in "\"'" else ""
    return f"{match[1]}{match[2]}{quote}{PLACEHOLDER}{quote}"


def _flag(match: re.Match[str]) -> str:
    if _HARMLESS_NAME.search(match[1]):
        return match[0]
    return f"{match[1]}{match[2]}{PLACEHOLDER}"


def redact_text(text: str) -> str:
    """The text without its secrets. Idempotent; line breaks stay where they were."""
    lowered = text.lower()
    words = [word for word in _WORDS if word in lowered]
    if not words:
        return text
    if len(text) <= WHOLE_LIMIT:
        return _redact(text)
    pem, replacement = _PATTERNS[0]
    lines = pem.sub(replacement, text).split("\n")
    for number, line in enumerate(lines):
        lowered = line.lower()
        if any(word in lowered for word in words):
            lines[number] = _redact(line)
    return "\n".join(lines)


def _redact(text: str) -> str:
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    text = _QUOTED_PAIR.sub(_quoted, text)
    text = _FLAG_PAIR.sub(_flag, text)
    return _PLAIN_PAIR.sub(_plain, text)


def redact_bytes(data: bytes) -> bytes:
    """The same for a file's content, in the encoding that its BOM declares (UTF-8 without)."""
    for bom, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(bom):
            text = data.decode(encoding, "surrogatepass")
            clean = redact_text(text)
            return data if clean == text else clean.encode(encoding, "surrogatepass")
    text = data.decode("utf-8", "surrogateescape")
    clean = redact_text(text)
    return data if clean == text else clean.encode("utf-8", "surrogateescape")


_SECRET_KEY = re.compile(rf"(?i)^(?:{_SECRET_NAME}|{_JSON_AUTH})$")
# Lists of NAME=value whose values belong to the owner of the container, whatever their names.
_ENVIRONMENT_KEYS = frozenset({"Env"})
# Lists of names that are no secrets: GET /info, Plugins.Authorization.
_NAME_LISTS = frozenset({"Authorization"})


def redact_json(value: Any, key: str = "") -> Any:  # noqa: ANN401 - any JSON
    """The same for a JSON answer, by key as well as by content."""
    if isinstance(value, str):
        if key and value and _SECRET_KEY.match(key) and not _HARMLESS_NAME.search(key):
            return PLACEHOLDER
        return redact_text(value)
    if isinstance(value, list):
        if key in _ENVIRONMENT_KEYS:
            return [
                item.partition("=")[0] + "=" + PLACEHOLDER if isinstance(item, str) else item
                for item in value
            ]
        return [redact_json(item, "" if key in _NAME_LISTS else key) for item in value]
    if isinstance(value, dict):
        return {name: redact_json(item, str(name)) for name, item in value.items()}
    return value


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
