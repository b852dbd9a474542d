"""macOS 26 on Apple silicon with Docker Desktop as it was installed: all settings are the vendor's."""

from __future__ import annotations

from tests.hosts.desktop_machine import STORE, Mac, mac_info
from tests.hosts.macos_14_arm_good import configured

FAILS: dict[str, str] = {}


def machine() -> Mac:
    mac = configured(Mac("26"))
    mac.rosetta()
    mac.desktop(STORE)
    mac.desktop_answers(mac_info())
    return mac
