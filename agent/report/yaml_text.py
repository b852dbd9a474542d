"""The YAML of a playbook: every scalar quoted as JSON, nothing to be misread."""

from __future__ import annotations

import json
from typing import Any


class Plain(str):
    """A text that Ansible must take as it is, whatever braces are in it."""

    __slots__ = ()


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A JSON value with all its texts plain."""
    if isinstance(value, str):
        return Plain(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {Plain(key): plain(item) for key, item in value.items()}
    return value


def emit(value: Any, indent: int = 0) -> list[str]:  # noqa: ANN401 - what YAML can hold
    """Lists and objects as YAML in block style, in lines; everything else as JSON."""
    margin = " " * indent
    lines: list[str] = []
    if isinstance(value, dict) and value:
        for key, item in value.items():
            # Those of a host may be words like "on", which mean something else without quotes.
            name = _quoted(key) if isinstance(key, Plain) else key
            lines += _under(f"{margin}{name}:", item, indent + 2)
    elif isinstance(value, (list, tuple)) and value:
        for item in value:
            inner = emit(item, indent + 2)
            lines += [f"{margin}- {inner[0].lstrip(' ')}", *inner[1:]]
    else:
        lines.append(margin + _scalar(value, margin))
    return lines


def _under(label: str, value: Any, indent: int) -> list[str]:  # noqa: ANN401 - what YAML can hold
    if isinstance(value, (dict, list, tuple)) and value:
        return [label, *emit(value, indent)]
    return [f"{label} {_scalar(value, ' ' * indent)}"]


def _scalar(value: Any, margin: str) -> str:  # noqa: ANN401 - what YAML can hold
    if not isinstance(value, str):
        return json.dumps(value)
    tag = "!unsafe " if isinstance(value, Plain) and "{" in value else ""
    first, *others = [_quoted(line)[1:-1] for line in value.split("\n")]
    if others in ([], [""]):
        return f'{tag}"{first}{"".join(chr(92) + "n" for _ in others)}"'
    # Each line on a line of its own: a backslash before a line end joins them again, and one
    # before a blank keeps it.
    rest = [f"\\{line}" if line.startswith(" ") else line for line in others]
    return f'{tag}"' + f"\\n\\\n{margin}".join([first, *rest]) + '"'


def _quoted(text: str) -> str:
    r"""The text in double quotes: JSON, with YAML's escapes for all that may not be seen.

    >>> print(_quoted('"it\'s"\t\x85\u202e'))
    "\"it's\"\t\u0085\u202e"
    """
    return "".join(
        char
        if char.isprintable()
        else f"\\U{ord(char):08x}"
        if char > "\uffff"
        else f"\\u{ord(char):04x}"
        for char in json.dumps(text, ensure_ascii=False)
    )
