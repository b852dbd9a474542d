from __future__ import annotations

import json
import plistlib
from importlib import import_module
from typing import Any

import pytest

from probes import desktop_settings
from probes.desktop_settings import POLICY, SignIn
from probes.formats.desktop_releases import TABLE_DATE, flaws, released_by
from probes.formats.plist import parse_plist, plist_text
from probes.host import Absent, Garbled, Host, Unreadable
from probes.host.questions import Unrecorded
from tests.fixes.remedies.desktop_hosts import OLD, STORE, inside_wsl, linux_desktop, mac, windows

ADMIN = "/Library/Application Support/com.docker.docker/admin-settings.json"
APP = "/Applications/Docker.app/Contents/MacOS"
PLIST = "/Applications/Docker.app/Contents/Info.plist"
UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Docker Desktop"


def process(name: str, path: str) -> list[Any]:
    return [4790, 1, 501, name, [path], 1_799_000_000.0, False]


def said(question: Any, host: Host) -> str:
    try:
        return str(question(host))
    except Unreadable as error:
        return error.kind


# -- what carries the VM -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("machine", "settings", "expected"),
    [
        ("arm64", {}, "vz"),
        ("arm64", {"UseVirtualizationFramework": True}, "vz"),
        ("arm64", {"UseVirtualizationFramework": False}, "qemu"),
        ("arm64", {"UseLibkrun": True}, "docker-vmm"),
        ("arm64", {"UseLibkrun": True, "UseVirtualizationFramework": False}, "docker-vmm"),
        ("x86_64", {}, "vz"),
        ("x86_64", {"UseVirtualizationFramework": False}, "hyperkit"),
        ("x86_64", {"UseLibkrun": True}, "vz"),
    ],
)
def test_hypervisor_of_a_mac_by_its_settings(machine, settings, expected):
    assert desktop_settings.hypervisor(mac(json.dumps(settings), machine=machine)) == expected


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ({"useVirtualizationFramework": True}, "vz"),
        ({"useVirtualizationFramework": False}, "qemu"),
        ({"memoryMiB": 4096}, "absent"),  # the default depends on the version
    ],
)
def test_hypervisor_by_an_old_file(old, expected):
    host = mac(None, files={OLD: json.dumps(old)})
    assert said(desktop_settings.hypervisor, host) == expected


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("com.docker.virtualization", f"{APP}/com.docker.virtualization", "vz"),
        ("com.docker.hyperkit", f"{APP}/com.docker.hyperkit", "hyperkit"),
        ("qemu-system-aarch64", f"{APP}/qemu-system-aarch64", "qemu"),
        ("krunkit", f"{APP}/krunkit", "docker-vmm"),
        # Colima's and podman's are not Docker Desktop's: the settings tell.
        ("qemu-system-aarch64", "/opt/homebrew/bin/qemu-system-aarch64", "vz"),
        ("krunkit", "/opt/podman/bin/krunkit", "vz"),
        ("com.docker.backend", f"{APP}/com.docker.backend", "vz"),
    ],
)
def test_hypervisor_by_the_process_that_runs(name, path, expected):
    assert desktop_settings.hypervisor(mac(gauges={"processes": [process(name, path)]})) == expected


def test_what_an_administrator_has_locked_holds():
    locks = {"useVirtualizationFramework": {"locked": True, "value": False}}
    host = mac('{"UseVirtualizationFramework": true}', files={ADMIN: json.dumps(locks)})
    assert desktop_settings.hypervisor(host) == "qemu"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (windows(settings="{}"), ("wsl2", "9p")),
        (windows(settings='{"WslEngineEnabled": false}'), ("hyper-v", "grpcfuse")),
        (inside_wsl(settings="{}"), ("wsl2", "9p")),
        (linux_desktop(), ("qemu", "virtiofs")),
        (windows(), ("inapplicable", "inapplicable")),
        (mac(None), ("inapplicable", "inapplicable")),
        (mac("no JSON"), ("garbled", "garbled")),
    ],
)
def test_on_each_platform(host, expected):
    found = said(desktop_settings.hypervisor, host), said(desktop_settings.file_sharing, host)
    assert found == expected


def test_a_pasted_text_that_tells_no_settings():
    host = mac()
    host.source.failures["read", STORE] = Unrecorded("it was not asked")
    assert said(desktop_settings.hypervisor, host) == "unrecorded"
    assert said(desktop_settings.file_sharing, host) == "unrecorded"


# -- how files are shared ------------------------------------------------------------------------

VIRTIOFS, GRPC = "UseVirtualizationFrameworkVirtioFS", "UseGrpcfuse"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "virtiofs"),
        ({VIRTIOFS: True, GRPC: True}, "virtiofs"),
        ({VIRTIOFS: False}, "grpcfuse"),
        ({VIRTIOFS: False, GRPC: True}, "grpcfuse"),
        ({VIRTIOFS: False, GRPC: False, "UseLibkrun": True}, "virtiofs"),
        # VirtioFS needs Apple's framework.
        ({VIRTIOFS: True, "UseVirtualizationFramework": False}, "grpcfuse"),
    ],
)
def test_file_sharing_of_a_mac(settings, expected):
    assert desktop_settings.file_sharing(mac(json.dumps(settings))) == expected


@pytest.mark.parametrize(
    ("version", "expected"), [("4.90.0", "none"), ("4.37.1", "osxfs"), (None, "osxfs")]
)
def test_with_both_ways_off(version, expected):
    plist = plistlib.dumps({"CFBundleShortVersionString": version}) if version else None
    host = mac(json.dumps({VIRTIOFS: False, GRPC: False}), files={PLIST: plist})
    assert desktop_settings.file_sharing(host) == expected


def test_file_sharing_by_an_old_file():
    both = {"useVirtualizationFramework": True, "useGrpcfuse": True}
    assert said(desktop_settings.file_sharing, mac(None, files={OLD: json.dumps(both)})) == "absent"
    off = {**both, "useVirtualizationFrameworkVirtioFS": False, "useGrpcfuse": False}
    assert desktop_settings.file_sharing(mac(None, files={OLD: json.dumps(off)})) == "osxfs"


# -- the application -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_version_of_an_app(form):
    data = plistlib.dumps({"CFBundleShortVersionString": "4.37.2"}, fmt=form)
    assert desktop_settings.version(mac(files={PLIST: data})) == "4.37.2"


@pytest.mark.parametrize("hive", ["HKLM", "HKCU"])
def test_version_of_an_installer(hive):
    host = windows(registry={f"{hive}\\{UNINSTALL}": {"DisplayVersion": "4.41.2"}})
    assert desktop_settings.version(host) == "4.41.2"
    assert desktop_settings.installed(host) is True


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Docker Desktop 4.90.0 (240112)", "4.90.0"),
        ("Docker Desktop", "absent"),
        ("Docker Engine - Community", "absent"),
    ],
)
def test_version_by_the_engine(name, expected):
    host = mac(engine={"/version": {"Platform": {"Name": name}}})
    assert said(desktop_settings.version, host) == expected


@pytest.mark.parametrize(
    "data", [b"", b"bplist00", b"bplist00\xff\xff\xff", b"<plist", b"{}", plistlib.dumps([1])]
)
def test_a_broken_property_list(data):
    with pytest.raises(Garbled):
        parse_plist(data)
    assert said(desktop_settings.version, mac(files={PLIST: data})) == "garbled"


def test_a_property_list_with_something_else():
    assert plist_text(plistlib.dumps({"A": 1}), "A") == ""
    assert plist_text(plistlib.dumps({"A": "b"}), "A") == "b"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (mac(), False),
        (mac(files={f"{APP}/com.docker.backend": b""}), True),
        (mac(files={"/Users/ann/Applications/Docker.app/Contents/Info.plist": b""}), True),
        (linux_desktop(), False),
        (linux_desktop(files={"/opt/docker-desktop/bin/com.docker.backend": b""}), True),
        (windows(settings="{}"), False),
    ],
)
def test_whether_it_is_installed(host, expected):
    assert desktop_settings.installed(host) is expected


# -- who must sign in ----------------------------------------------------------------------------

FOLDER = "/Library/Application Support/com.docker.docker"
JSON = json.dumps({"allowedOrgs": ["acme", "acme2"]})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (mac(), SignIn((), "")),
        (
            mac(files={f"{FOLDER}/registry.json": JSON}),
            SignIn(("acme", "acme2"), f"{FOLDER}/registry.json"),
        ),
        (
            mac(files={f"{FOLDER}/desktop.plist": plistlib.dumps({"allowedOrgs": ["acme"]})}),
            SignIn(("acme",), f"{FOLDER}/desktop.plist"),
        ),
        (
            mac(
                files={
                    "/Library/Managed Preferences/com.docker.config.plist": plistlib.dumps(
                        {"allowedOrgs": "first_org;second_org"}
                    ),
                    f"{FOLDER}/registry.json": JSON,
                }
            ),
            SignIn(
                ("first_org", "second_org"), "/Library/Managed Preferences/com.docker.config.plist"
            ),
        ),
        (windows(registry={POLICY: {"allowedOrgs": ["acme"]}}), SignIn(("acme",), POLICY)),
        (windows(registry={POLICY: {"allowedOrgs": []}}), SignIn((), "")),
        (
            windows(files={r"C:\ProgramData\DockerDesktop\registry.json": JSON}),
            SignIn(("acme", "acme2"), r"C:\ProgramData\DockerDesktop\registry.json"),
        ),
        (
            linux_desktop(files={"/usr/share/docker-desktop/registry/registry.json": JSON}),
            SignIn(("acme", "acme2"), "/usr/share/docker-desktop/registry/registry.json"),
        ),
        (mac(files={f"{FOLDER}/registry.json": '{"allowedOrgs": [1]}'}), SignIn((), "")),
    ],
)
def test_who_must_sign_in(host, expected):
    assert desktop_settings.sign_in(host) == expected


def test_a_policy_that_is_no_json():
    host = mac(files={f"{FOLDER}/registry.json": "{"})
    assert said(desktop_settings.sign_in, host) == "garbled"


# -- releases ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("3.6.0", "2021-08-31"),
        ("4.11.1", "2024-02-01"),
        ("4.86.0", "2026-08-10"),
        ("4.86.1", ""),
        ("5.0.0", ""),
    ],
)
def test_by_when_a_version_was_out(version, expected):
    assert released_by(version) == expected
    assert expected <= TABLE_DATE


@pytest.mark.parametrize(
    ("version", "platform", "sharing", "fixed"),
    [
        ("4.24.0", "macos", "", []),
        ("4.30.0", "macos", "virtiofs", [(4, 44, 3)]),
        ("4.30.0", "macos", "grpcfuse", [(4, 44, 3), (4, 30, 1)]),
        ("4.30.0", "linux", "virtiofs", []),
        ("4.37.1", "macos", "", [(4, 44, 3), (4, 37, 2)]),
        ("4.37.2", "macos", "", [(4, 44, 3)]),
        ("4.42.0", "wsl2", "9p", [(4, 44, 3), (4, 42, 1)]),
        ("4.44.3", "windows", "9p", []),
    ],
)
def test_what_is_known_to_be_wrong(version, platform, sharing, fixed):
    assert [flaw.fixed for flaw in flaws(version, platform, sharing)] == fixed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("macos_12_intel_hyperkit", ("hyperkit", "osxfs", "4.11.1")),
        ("macos_13_intel_grpcfuse", ("vz", "grpcfuse", "4.90.0")),
        ("macos_14_arm_good", ("vz", "virtiofs", "4.90.0")),
        ("macos_15_arm_qemu", ("qemu", "grpcfuse", "4.90.0")),
        ("macos_15_docker_vmm", ("docker-vmm", "virtiofs", "4.90.0")),
        ("windows_10_hyper_v", ("hyper-v", "grpcfuse", "4.90.0")),
        ("windows_11_wsl2_desktop", ("wsl2", "9p", "4.90.0")),
        ("wsl2_both_engines", ("wsl2", "9p", "4.90.0")),
        ("ubuntu_desktop_linux", ("qemu", "virtiofs", "4.90.0")),
        ("macos_orbstack", ("inapplicable", "inapplicable", "absent")),
    ],
)
def test_on_whole_hosts(name, expected):
    host = Host(import_module(f"tests.hosts.{name}").machine())
    asked = (desktop_settings.hypervisor, desktop_settings.file_sharing, desktop_settings.version)
    assert tuple(said(question, host) for question in asked) == expected


def test_no_app_no_version():
    with pytest.raises(Absent):
        desktop_settings.version(mac())
