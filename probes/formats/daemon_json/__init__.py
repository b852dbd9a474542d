"""daemon.json: what each engine makes of it.

`judge` gives every problem of a file for an engine; ``CODES`` explains them; ``KEYS`` is the
table of all keys; `effective_keys` gives the settings that count.
"""

from __future__ import annotations

from probes.formats.daemon_json.codes import CODES
from probes.formats.daemon_json.host_facts import HostFacts
from probes.formats.daemon_json.judge import judge
from probes.formats.daemon_json.keys import BY_NAME, KEYS, Key, engine_version
from probes.formats.daemon_json.settings import Setting, effective_keys
from probes.formats.problems import CodeInfo, Problem

__all__ = [
    "BY_NAME",
    "CODES",
    "KEYS",
    "CodeInfo",
    "HostFacts",
    "Key",
    "Problem",
    "Setting",
    "effective_keys",
    "engine_version",
    "judge",
]
