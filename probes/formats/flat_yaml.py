"""The scalars at the top level of a YAML file that a program wrote.

Colima and Lima write what is asked for here (vmType, mountType, cpus, memory, disk) as plain
scalars in the first column. A YAML library would cost a dependency and 30 ms for five words.
"""

from __future__ import annotations

import re

_LINE = re.compile(
    r"""^(?P<key>[A-Za-z][\w-]*):[ \t]+(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s#"'\[{&*|>!][^\n]*?)[ \t]*(?:[ \t]#.*)?$""",
    re.MULTILINE,
)


def top_scalars(text: str) -> dict[str, str]:
    r"""The scalars of top-level keys, without quotes and comments; the first of a key.

    >>> top_scalars('cpu: 2  # of 8\nmountType: "virtiofs"\nenv: {}\nmounts:\n  - vmType: x\n')
    {'cpu': '2', 'mountType': 'virtiofs'}
    """
    found: dict[str, str] = {}
    for match in _LINE.finditer(text):
        value = match["value"]
        if value[0] in "\"'":
            value = value[1:-1]
        if value not in {"null", "~"}:
            found.setdefault(match["key"], value)
    return found
