"""Windows 11 whose .wslconfig was written by hand: most of it does not do what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts.desktop_machine import PROFILE, Windows, inner
from tests.hosts.machine import NOW
from tests.hosts.windows_11_wsl2_desktop import answering, surroundings, wsl_info

if TYPE_CHECKING:
    from tests.hosts.desktop_machine import Surroundings

FAILS = {
    "wslconfig-invalid-line": "note",  # ; is no comment, and WSL skips the line
    "wslconfig-size-too-small": "warning",  # 8 bytes, raised to 256 MB
    "wslconfig-wrong-section": "warning",  # autoMemoryReclaim belongs to [experimental]
    "wslconfig-removed-key": "warning",  # pageReporting
    "wslconfig-not-in-effect": "note",  # the VM runs since before it was written
}

TEXT = """\
; limits for docker
[wsl2]
memory=8
processors=14
swap=4GB
autoMemoryReclaim=gradual
pageReporting=true
"""


def around() -> Surroundings:
    around = surroundings(TEXT.replace("\n", "\r\n"))
    around.desktop()
    around.docker_config(auths={}, credsStore="desktop", currentContext="desktop-linux")
    return around


def machine() -> Windows:
    machine = Windows(around())
    # Written a minute ago: WSL's VM runs since before, with its default of half of the memory.
    machine.stats[inner(rf"{PROFILE}\.wslconfig")] = {"mtime": NOW - 60}
    return answering(machine, wsl_info(cpus=16))
