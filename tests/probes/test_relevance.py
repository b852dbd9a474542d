"""Which topics a run is about, by the kind of host."""

import pytest

from probes import PROBES
from probes.desktop_host import DESKTOP_ON_LINUX
from probes.host.questions import Unrecorded
from probes.relevance import relevant
from tests.fake_host import fake_host
from tests.fixes.remedies.desktop_hosts import inside_wsl, linux_desktop, mac, windows

WSL_TOPICS = {"wsl", "wsl-config", "windows"}
DESKTOP_TOPICS = {
    "providers",
    "desktop",
    "desktop-settings-file",
    "desktop-disk",
    "desktop-log",
    "file-sharing",
}


def left_out(host):
    return set(PROBES) - set(relevant(host))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (fake_host(), WSL_TOPICS | DESKTOP_TOPICS),
        (linux_desktop(files={f"{DESKTOP_ON_LINUX}/bin/docker-desktop": ""}), WSL_TOPICS),
        (mac(), WSL_TOPICS),
        (windows(), set()),
        (inside_wsl(), set()),
    ],
    ids=["server", "desktop on linux", "mac", "windows", "wsl"],
)
def test_topics_of_other_platforms_are_left_out(host, expected):
    assert left_out(host) == expected & set(PROBES)


def test_of_a_linux_that_was_not_looked_at_the_engine_tells():
    failures = {("stat", "/opt/docker-desktop"): Unrecorded("not recorded")}
    desktop = {"/version": {"Platform": {"Name": "Docker Desktop 4.49.0"}}, "/info": {}}
    assert left_out(fake_host(engine=desktop, failures=failures)) == WSL_TOPICS & set(PROBES)
    assert left_out(fake_host(engine=desktop)) >= DESKTOP_TOPICS
