"""Who keeps a file: by its header, by where it leads, by the package that brought it."""

from __future__ import annotations

import pytest

from fixes.ownership import owner_of
from probes.host import Absent, Host
from probes.host.questions import Denied
from tests.fake_host import fake_host

PATH = "/etc/sysctl.conf"
ASKED = ("dpkg-query", "-S", PATH)


def owner(files=None, runs=None, path=PATH):
    return owner_of(fake_host(files=files or {}, runs=runs or {}), path)


@pytest.mark.parametrize(
    ("argv", "printed", "package"),
    [
        (("dpkg-query", "-S"), "procps: /etc/sysctl.conf\n", "procps"),
        (("dpkg-query", "-S"), "libc6:amd64, libc6:i386: /etc/sysctl.conf\n", "libc6:amd64"),
        (("rpm", "-qf", "--queryformat", "%{NAME}\n"), "initscripts\n", "initscripts"),
        (("pacman", "-Qqo"), "filesystem\n", "filesystem"),
        (("apk", "info", "--who-owns"), "/etc/sysctl.conf is owned by alpine-baselayout-3.4.3-r2\n",
         "alpine-baselayout"),
    ],
)  # fmt: skip
def test_the_package_that_brought_it(argv, printed, package):
    found = owner({PATH: "net.ipv4.ip_forward = 0\n"}, {(*argv, PATH): (0, printed, "")})
    assert found is not None
    assert found.name == f"the package {package}"
    assert argv[0] in found.because


def test_a_file_that_no_package_brought_is_nobodys():
    said = (1, "", "dpkg-query: no path found matching pattern /etc/sysctl.conf\n")
    assert owner({PATH: "a = 1\n"}, {ASKED: said}) is None


def test_a_file_that_is_not_there_is_nobodys():
    assert owner() is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/var/snap/docker/3377/config/daemon.json", "snap"),
        ("/var/packages/ContainerManager/etc/dockerd.json", "Synology DSM"),
        ("/usr/lib/sysctl.d/50-default.conf", "the distribution's packages"),
        ("/run/systemd/system/docker.service.d/a.conf", "whoever writes it at boot"),
    ],
)
def test_where_it_lies(path, name):
    found = owner({path: "{}"}, path=path)
    assert found is not None
    assert found.name == name
    assert found.instead


class Linked:
    """A host on which /etc/systemd/system is a link into the store, as NixOS has it."""

    def answer(self, question, timeout):
        if question == ("realpath", "/etc/systemd/system"):
            return "/nix/store/abc-units"
        raise Absent(f"{question} is not here")


def test_a_new_file_belongs_to_whoever_keeps_its_folder():
    found = owner_of(Host(Linked()), "/etc/systemd/system/docker.service.d/zz-hullcheck.conf")
    assert found is not None
    assert found.name == "NixOS"


def test_a_beginning_that_cannot_be_seen_is_not_taken_for_nobodys():
    class Closed:
        def answer(self, question, timeout):
            raise Denied("it may not be read")

    with pytest.raises(Denied):
        owner_of(Host(Closed()), PATH)


def test_words_in_a_setting_are_no_header():
    said = {ASKED: (1, "", "")}
    assert owner({PATH: "kernel.x = managed by puppet\n"}, said) is None
