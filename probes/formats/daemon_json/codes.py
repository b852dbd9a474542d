"""Every problem code of daemon.json with its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probes.formats.daemon_json.codes_quiet import QUIET
from probes.formats.daemon_json.codes_refused import REFUSED
from probes.formats.daemon_json.codes_start import START

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.formats.problems import CodeInfo

CODES: Final[Mapping[str, CodeInfo]] = {**REFUSED, **START, **QUIET}
"""Code to its title, level and explanation; each becomes a page of ``hullcheck explain``."""
