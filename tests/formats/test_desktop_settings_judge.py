"""What Docker Desktop makes of its settings files: each defect named, nothing said of a good file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.formats.desktop_settings_codes import ADMIN_CODES, SETTINGS_CODES
from probes.formats.desktop_settings_judge import (
    ADMIN,
    MOST,
    SETTINGS,
    DesktopFacts,
    judge_admin_settings,
    judge_settings,
)
from probes.formats.desktop_settings_keys import (
    ADMIN_BY_NAME,
    ADMIN_KEYS,
    BOOL,
    BY_CAMEL,
    BY_LOWER,
    BY_NAME,
    DOCKER_FOR_WINDOWS,
    ENTRY,
    INT,
    KEYS,
    MEANT,
    OBJECT,
    TEXT,
    TEXTS,
    VERSION,
)

DATA = Path(__file__).parents[1] / "data"
GIB = 1 << 30
CODES = {**SETTINGS_CODES, **ADMIN_CODES}

WINDOWS = {"platform": "windows"}
LINUX = {"platform": "linux"}
MAC = {"platform": "macos", "machine": "arm64"}
INTEL = {"platform": "macos", "machine": "x86_64"}
SMALL = {"memory": 16 * GIB, "cpus": 8}


def said(problems):
    return [
        f"{p.line}:{p.column} {p.level} {p.code.removeprefix(SETTINGS).removeprefix(ADMIN)}"
        for p in problems
    ]


def bytes_of(text):
    return text if isinstance(text, bytes) else text.encode()


def case(text, *expected, **facts):
    return pytest.param(text, list(expected), facts, id=repr(text)[:70])


OFF = '"UseVirtualizationFrameworkVirtioFS": false, "UseGrpcfuse": false'

STORE = [
    case("{}"),
    case('{"Cpus": 4, "MemoryMiB": 8192, "AutoStart": false, "SettingsVersion": 46}'),
    # -- bytes --
    case(b"\xef\xbb\xbf{}", "1:1 warning byte-order-mark"),
    case(b'\xef\xbb\xbf{"Cpus": "4"}', "1:1 warning byte-order-mark", "1:10 error wrong-type"),
    case("{}\r\n".encode("utf-16"), "1:1 error encoding"),
    case('{"Cpus": 4}'.encode("utf-16-le"), "1:1 error encoding"),
    case('{"Cpus": 4}'.encode("utf-16-be"), "1:1 error encoding"),
    case('{"DataFolder":\n "/Jürgen"}'.encode("latin-1"), "2:5 error encoding"),
    case(b"\0" * 320, "1:1 error encoding"),
    # -- JSON --
    case("", "1:1 error syntax"),
    case(" \n", "1:1 error syntax"),
    case("// note\n{}", "1:1 error syntax"),
    case('{\n  "Cpus": 4, // all\n}', "2:14 error syntax"),
    case('{"Cpus": 4,}', "1:12 error syntax"),
    case("{'Cpus': 4}", "1:2 error syntax"),
    case('{"AutoStart": True}', "1:15 error syntax"),
    case('{"DataFolder": "D:\\Docker"}', "1:20 error syntax"),
    case('{"Cpus": 4', "1:11 error syntax"),
    case("[]", "1:1 error not-an-object"),
    case("\n 7", "2:2 error not-an-object"),
    # -- names --
    case('{"Cpus": 4, "Cpus": 8}', "1:2 warning duplicate-key"),
    case('{"Cpus": 4, "Cpus": 4}', "1:2 note duplicate-key"),
    case('{"Cpus": 4, "cpus": 8}', "1:2 warning duplicate-key", "1:13 note wrong-spelling"),
    # Two names of a version to come, of which nothing is known.
    case('{"FooBar": 4, "FOOBar": 8}'),
    case('{"memmoryMiB": 4096}', "1:2 warning misspelt-key"),
    case('{"UseRosetta": true}', "1:2 warning misspelt-key"),
    case('{"VmMemory": 4096}', "1:2 warning misspelt-key"),
    case('{"fooBar": 1}', "1:2 note unknown-key"),
    case('{"FooBar": 1, "DisplayedDeprecate1015": true, "KubernetesNodesCount2": 1}'),
    case('{"_comment": "mine", "$schema": "x", "//": 1}'),
    case('{"memoryMiB": 4096, "cpus": 4}', "1:2 note wrong-spelling"),
    case('{"OverrideProxyHttp": ""}', "1:2 note wrong-spelling"),
    case('{"registry-mirrors": []}', "1:2 warning key-of-daemon-json"),
    case('{"hosts": [], "debug": true}', "1:2 warning key-of-daemon-json",
         "1:15 warning key-of-daemon-json"),
    case('{"configurationFileVersion": 2}', "1:2 warning key-of-admin-settings"),
    case('{"allowedOrgs": ["x"]}', "1:2 warning key-of-admin-settings"),
    case('{"linuxVM": {}}', "1:2 warning key-of-admin-settings"),
    case('{"AnalyticsEnabled": {"locked": true, "value": false}}',
         "1:22 warning key-of-admin-settings"),
    # -- types --
    case('{"Cpus": "8"}', "1:10 error wrong-type"),
    case('{"Cpus": 8.0}', "1:10 error wrong-type"),
    case('{"Cpus": 8e0}', "1:10 error wrong-type"),
    case('{"Cpus": 99999999999999999999}', "1:10 error wrong-type"),
    case('{"AutoStart": "true"}', "1:15 error wrong-type"),
    case('{"AutoStart": 1}', "1:15 error wrong-type"),
    case('{"IntegratedWslDistros": "Ubuntu"}', "1:26 error wrong-type"),
    case('{"IntegratedWslDistros": [1]}', "1:26 error wrong-type"),
    case('{"ThemeSource": true}', "1:17 error wrong-type"),
    case('{"Cpus": {}}', "1:10 error wrong-type"),
    case('{"Cpus": null, "AutoStart": null, "OverrideProxyHTTP": null}'),
    case('{"UpdateAvailableTime": 0, "UpdateInstallTime": "2026-01-01", "SynchronizedDirectories": {}}'),
    # -- values --
    case('{"ProxyHTTPMode": "Manual"}', "1:19 warning invalid-value"),
    case('{"ProxyHTTPMode": "pac"}', "1:19 note invalid-value"),
    case('{"ProxyHTTPMode": "", "ThemeSource": "dark", "KubernetesMode": "kind"}'),
    case('{"VpnkitCIDR": "192.168.65.0"}', "1:16 warning invalid-value"),
    case('{"VpnkitCIDR": "10.0.0.0/33"}', "1:16 warning invalid-value"),
    case('{"VpnkitCIDR": "10.1.0.0/24"}'),
    case('{"AutoPauseTimeoutSeconds": 30}', "1:29 warning out-of-range"),
    case('{"AutoPauseTimeoutSeconds": 31}'),
    case('{"SwapMiB": -1}', "1:13 warning out-of-range"),
    case('{"SwapMiB": 2}', "1:13 warning out-of-range"),
    case('{"SwapMiB": 0}'),
    case('{"DiskSizeMiB": 64}', "1:17 warning out-of-range"),
    case('{"SocksProxyPort": 70000}', "1:20 warning out-of-range"),
    case('{"OverrideWindowsDockerdPort": -1}'),
    case('{"Cpus": 0}', "1:10 warning unfit-resources"),
    case('{"MemoryMiB": 8}', "1:15 warning unfit-resources"),
    case('{"MemoryMiB": 1023}', "1:15 warning unfit-resources"),
    case('{"MemoryMiB": 1024}'),
    case('{"Cpus": 16, "MemoryMiB": 32768}'),
    case('{"Cpus": 16, "MemoryMiB": 32768}', "1:10 warning unfit-resources",
         "1:27 warning unfit-resources", **SMALL),
    case('{"Cpus": 8, "MemoryMiB": 16384}', **SMALL),
    case('{"OverrideProxyHTTP": "http://ann:secret@proxy:3128"}', "1:23 note proxy-credentials"),
    case('{"OverrideProxyHTTPS": "ann:secret@proxy:3128"}', "1:24 note proxy-credentials"),
    case('{"ContainersOverrideProxyPAC": "http://ann@proxy/x.pac"}', "1:32 note proxy-credentials"),
    case('{"OverrideProxyHTTP": "http://proxy:3128/a@b", "OverrideProxyEmbeddedPAC": "x@y"}'),
    # -- WSL --
    case('{"WslEngineEnabled": true, "Cpus": 4, "MemoryMiB": 8}', "1:36 note ignored-here",
         "1:52 note ignored-here"),
    case('{"Cpus": 4}', "1:10 note ignored-here", **WINDOWS),
    case('{"Cpus": 4, "WslEngineEnabled": false}', **WINDOWS),
    case('{"Cpus": 4, "WslEngineEnabled": true}', **MAC),
    case('{"PortBindingBehavior": "default-port-binding"}', "1:2 note ignored-here", version=(4, 51)),
    case('{"PortBindingBehavior": "default-port-binding"}', version=(4, 52, 0)),
    # -- macOS --
    case(f"{{{OFF}}}", "1:40 error sharing-off", **MAC),
    case(f"{{{OFF}}}", "1:40 warning sharing-off", **MAC, version=(4, 36, 0)),
    case(f'{{{OFF}, "DataFolder": "/Users/ann/x"}}', "1:40 error sharing-off"),
    case(f"{{{OFF}}}"),
    case(f"{{{OFF}}}", **WINDOWS),
    case(f'{{{OFF}, "UseLibkrun": true}}', **MAC),
    case('{"UseVirtualizationFrameworkVirtioFS": false}', **MAC),
    case('{"UseVirtualizationFramework": false, "UseVirtualizationFrameworkRosetta": true}',
         "1:76 warning rosetta-without-framework", **MAC),
    case('{"UseVirtualizationFramework": false, "UseVirtualizationFrameworkRosetta": true}', **INTEL),
    case('{"UseVirtualizationFramework": true, "UseVirtualizationFrameworkRosetta": true}', **MAC),
    case('{"UseVirtualizationFrameworkRosetta": true}', **MAC),
    case('{"UseLibkrun": true}', "1:16 note docker-vmm-on-intel", **INTEL),
    case('{"UseLibkrun": true}', **MAC),
    case('{"ExposeDockerAPIOnTCP2375": true}', "1:30 warning api-exposed"),
    case('{"ExposeDockerAPIOnTCP2375": true}', "1:30 warning api-exposed", **WINDOWS),
    case('{"ExposeDockerAPIOnTCP2375": true}', **MAC),
    case('{"ExposeDockerAPIOnTCP2375": false}'),
    # -- paths --
    case('{"DataFolder": "D:\\temp\\new"}', "1:16 warning path-escapes"),
    case('{"DataFolder": "D:\\\\temp\\\\new", "FilesharingDirectories": ["C:\\\\Users"]}'),
    case('{"FilesharingDirectories": ["C:\\\\Users", "D:\\new"]}', "1:42 warning path-escapes"),
    case('{"DataFolder": "/Volumes/SSD/docker"}', "1:16 warning path-missing", **MAC,
         path_exists=lambda path: False),
    case('{"DataFolder": "/Volumes/SSD/docker"}', **MAC, path_exists=lambda path: True),
    case('{"DataFolder": "/Volumes/SSD/docker"}', **MAC, path_exists=lambda path: None),
    case('{"DataFolder": "C:\\\\x", "CustomWslDistroDir": "D:\\\\wsl"}', "1:47 warning path-missing",
         **WINDOWS, path_exists=lambda path: False),
    case('{"WslEngineEnabled": false, "DataFolder": "C:\\\\x", "CustomWslDistroDir": "D:\\\\wsl"}',
         "1:43 warning path-missing", **WINDOWS, path_exists=lambda path: False),
    case('{"DataFolder": "", "CustomWslDistroDir": ""}', path_exists=lambda path: False),
]  # fmt: skip

OLD = [
    case('{"memoryMiB": 4096, "cpus": 4, "overrideProxyHttp": "", "vpnkitCIDR": "10.1.0.0/24"}'),
    case('{"MemoryMiB": 4096}', "1:2 note wrong-spelling"),
    case('{"useRosetta": true}', "1:2 warning misspelt-key"),
    case('{"fooBar": 1, "FooBar2": 1}', "1:2 note unknown-key", "1:15 note unknown-key"),
    case('{"tipLastId": 3, "useDnsForwarder": true, "dns": "8.8.8.8", "diskQcowCompactAfter": 1}'),
    case('{"tipLastId": "3"}', "1:15 error wrong-type"),
    # Docker for Windows up to 2.0.
    case('{"VmCpus": 2, "VmMemory": 2048, "UseDnsForwarder": true, "IsTracking": true, "Whatever": 1}'),
]  # fmt: skip

V = '"configurationFileVersion": 2, '
FALSE = '{"locked": true, "value": false}'
TRUE = '{"locked": true, "value": true}'


def options(text):
    return f'{{{V}"linuxVM": {{"dockerDaemonOptions": {{"locked": true, "value": {text}}}}}}}'


ADMINS = [
    case('{"configurationFileVersion": 2}'),
    case(b'\xef\xbb\xbf{"configurationFileVersion": 2}', "1:1 error byte-order-mark"),
    case("{}".encode("utf-16"), "1:1 error encoding"),
    case('{"configurationFileVersion": 2,\n}', "2:1 error syntax"),
    case("null", "1:1 error not-an-object"),
    case("{}", "1:1 warning version"),
    case('{"configurationFileVersion": 1}', "1:30 warning version"),
    case('{"configurationFileVersion": "2"}', "1:30 error wrong-type"),
    case(f'{{{V}"disableUpdate": true}}', "1:50 error no-entry"),
    case(f'{{{V}"disableUpdate": {{"value": true}}}}', "1:33 warning no-lock"),
    case(f'{{{V}"disableUpdate": {{"locked": true}}}}', "1:33 warning no-value"),
    case(f'{{{V}"disableUpdate": {{"locked": "true", "value": 0}}}}', "1:61 error wrong-type",
         "1:78 error wrong-type"),
    case(f'{{{V}"disableUpdate": {{"lock": true, "value": true}}}}', "1:51 warning misspelt-key"),
    case(f'{{{V}"disableUpdate": {TRUE}, "disableUpdate": {FALSE}}}', "1:33 warning duplicate-key"),
    case(f'{{{V}"disableUpdates": {TRUE}}}', "1:33 warning misspelt-key"),
    case(f'{{{V}"fooBar": {TRUE}}}', "1:33 note unknown-key"),
    case(f'{{{V}"AnalyticsEnabled": {TRUE}}}', "1:33 note wrong-spelling"),
    case(f'{{{V}"analyticsEnabled": {{"Locked": true, "value": true}}}}', "1:54 note wrong-spelling"),
    case(f'{{{V}"memoryMiB": {{"locked": true, "value": 4096}}}}', "1:33 warning key-of-settings"),
    case(f'{{{V}"wslEngineEnabled": {TRUE}}}', "1:33 warning key-of-settings"),
    case(f'{{{V}"allowedOrgs": ["x"]}}', "1:33 warning key-of-settings"),
    case(f'{{{V}"registry-mirrors": []}}', "1:33 warning key-of-daemon-json"),
    case(f'{{{V}"linuxVM": {{"registry-mirrors": []}}}}', "1:45 warning key-of-daemon-json"),
    case(f'{{{V}"kubernetes": {{"locked": true, "enabled": false}}}}'),
    case(f'{{{V}"kubernetes": {{"enabled": false}}}}', "1:33 warning no-lock"),
    case(f'{{{V}"kubernetes": {FALSE}}}', "1:64 note unknown-key"),
    case(f'{{{V}"kubernetes": false}}', "1:47 error no-entry"),
    case(f'{{{V}"proxy": {{"locked": true, "mode": "Manual"}}}}', "1:67 warning invalid-value"),
    case(f'{{{V}"proxy": {{"locked": true, "http": "http://a:b@p:1"}}}}', "1:67 note proxy-credentials"),
    case(f'{{{V}"proxy": {{"locked": true, "windowsDockerdPort": 70000}}}}', "1:81 warning out-of-range"),
    case(f'{{{V}"linuxVM": {{"vpnkitCIDR": {{"locked": true, "value": "10.0.0.1"}}}}}}',
         "1:85 warning invalid-value"),
    case(f'{{{V}"filesharingAllowedDirectories": ["/Users"]}}', "1:67 error no-entry"),
    case(f'{{{V}"filesharingAllowedDirectories": [{{"path": 1, "shared": true}}]}}',
         "1:76 error wrong-type", "1:79 note unknown-key"),
    case(f'{{{V}"filesharingAllowedDirectories": {TRUE}}}', "1:66 error no-entry"),
    case(f'{{{V}"portBindingBehavior": {{"locked": true, "value": "default-port-binding"}}}}',
         "1:33 note ignored-here", version=(4, 40)),
    case(f'{{{V}"useGrpcfuse": {FALSE}, "useVirtualizationFrameworkVirtioFS": {FALSE}}}',
         "1:146 error sharing-off"),
    case(f'{{{V}"useGrpcfuse": {FALSE}, "useVirtualizationFrameworkVirtioFS": {FALSE}}}',
         "1:146 warning sharing-off", version=(4, 30)),
    case(f'{{{V}"useGrpcfuse": {FALSE}}}'),
    case(f'{{{V}"exposeDockerAPIOnTCP2375": {TRUE}}}', "1:87 warning api-exposed"),
    case(f'{{{V}"exposeDockerAPIOnTCP2375": {TRUE}}}', **MAC),
    case(options('{"debug": true}'), "1:94 error daemon-options"),
    case(options(r'"{\"debug\": true}"')),
    case(options('""')),
    case(options("null")),
    case(options(r'"{\"debug\": true,}"'), "1:94 error daemon-options"),
    case(options(r'"{\"debugg\": true}"'), "1:94 error daemon-options"),
    case(options('"debug"'), "1:94 error daemon-options"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "facts"), STORE)
def test_settings_store(text, expected, facts):
    assert said(judge_settings(bytes_of(text), DesktopFacts(**facts))) == expected


@pytest.mark.parametrize(("text", "expected", "facts"), OLD)
def test_the_older_settings(text, expected, facts):
    assert said(judge_settings(bytes_of(text), DesktopFacts(**facts), store=False)) == expected


@pytest.mark.parametrize(("text", "expected", "facts"), ADMINS)
def test_admin_settings(text, expected, facts):
    assert said(judge_admin_settings(bytes_of(text), DesktopFacts(**facts))) == expected


def test_every_code_has_a_case():
    for prefix, codes, cases in ((SETTINGS, SETTINGS_CODES, STORE), (ADMIN, ADMIN_CODES, ADMINS)):
        seen = {prefix + line.split()[2] for param in cases for line in param.values[1]}
        assert seen == set(codes)


@pytest.mark.parametrize("info", CODES.values(), ids=CODES)
def test_every_code_has_its_page(info):
    assert all(info[:7])
    assert info.references
    assert "@RISK@" not in info.risk
    assert "@DAEMON@" not in info.mend


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ('{"Cpus": "8"}', "8"),
        ('{"Cpus": 8.0}', "8"),
        ('{"Cpus": 8.5}', None),
        ('{"Cpus": "many"}', None),
        ('{"MemoryMiB": "8GB"}', "8192"),
        ('{"MemoryMiB": 8}', "8192"),
        ('{"MemoryMiB": 512}', None),
        ('{"SwapMiB": 2}', "2048"),
        ('{"AutoStart": "yes"}', "true"),
        ('{"AutoStart": 0}', "false"),
        ('{"IntegratedWslDistros": "Ubuntu"}', '["Ubuntu"]'),
        ('{"ThemeSource": 1}', '"1"'),
        ('{"ThemeSource": "Dark"}', '"dark"'),
        ('{"OverrideProxyHTTP": 1}', None),
        ('{"memoryMiB": 4096}', "MemoryMiB"),
        ('{"OverrideProxyHttp": "x"}', "OverrideProxyHTTP"),
        ('{"useRosetta": true}', "UseVirtualizationFrameworkRosetta"),
        # It is in the file already.
        ('{"MemoryMiB": 4096, "memoryMb": 4096}', None),
        ('{"DataFolder": "D:\\temp\\new"}', '"D:\\\\temp\\\\new"'),
        ("", "{}"),
    ],
)
def test_suggestions(text, suggestion):
    (problem,) = judge_settings(text.encode())
    assert problem.suggestion == suggestion


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        (f'{{{V}"disableUpdate": true}}', '{"locked": true, "value": true}'),
        (f'{{{V}"disableUpdate": "on"}}', '{"locked": true, "value": ...}'),
        (f'{{{V}"vpnkitCIDR": {TRUE}}}', "linuxVM.vpnkitCIDR"),
        (f'{{{V}"memoryMiB": {TRUE}}}', None),
        (f'{{{V}"filesharingAllowedDirectories": ["/a"]}}', '{"path": "/a", "sharedByDefault": true}'),
        (options('{"debug": true}'), '"{\\"debug\\": true}"'),
        (options('{"proxies": {"http-proxy": "http://ann:secret@p"}}'), None),
        (options(r'"{\"debugg\": true}"'), "debug"),
    ],
)  # fmt: skip
def test_suggestions_for_administrators(text, suggestion):
    (problem,) = judge_admin_settings(text.encode())
    assert problem.suggestion == suggestion


def test_what_stops_docker_desktop_is_refused():
    refused = {
        "encoding", "syntax", "not-an-object", "wrong-type", "byte-order-mark", "no-entry",
    }  # fmt: skip
    for judge, cases in ((judge_settings, STORE), (judge_admin_settings, ADMINS)):
        for param in cases:
            for problem in judge(bytes_of(param.values[0]), DesktopFacts(**param.values[2])):
                name = problem.code.removeprefix(SETTINGS).removeprefix(ADMIN)
                assert problem.refused_by_engine is (problem.level == "error" and name in refused)
                here = problem.this_machine_only
                assert not here or name in {
                    "unfit-resources", "path-missing", "docker-vmm-on-intel",
                }  # fmt: skip


def test_the_decoder_s_own_words_are_quoted():
    (problem,) = judge_settings(b"// x\n{}")
    assert problem.engine_text == "invalid character '/' looking for beginning of value"
    assert "comment" in problem.message


def test_no_secret_is_quoted():
    address = "http://ann:hunter2@proxy:3128"
    texts = [
        json.dumps({name: value})
        for name in ("OverrideProxyHTTP", "OverrideProxyHttp", "overrideProxyHttps", "httpProxy")
        for value in (address, [address], {"x": address}, {"locked": True, "value": address})
    ]
    texts += [
        f'{{{V}"proxy": {{"locked": true, "http": {json.dumps(value)}}}}}'
        for value in (address, [address], {"x": address})
    ]
    texts.append(
        options(json.dumps(json.dumps({"proxies": {"http-proxy": address, "x": address}})))
    )
    texts.append(options(json.dumps({"proxies": {"http-proxy": address}})))
    for text in texts:
        for judge in (judge_settings, judge_admin_settings):
            for problem in judge(text.encode()):
                assert "hunter2" not in str(problem)


def test_a_file_of_inventions_does_not_fill_the_screen():
    text = json.dumps({f"invented{i}Thing": i for i in range(500)})
    problems = judge_settings(text.encode())
    assert len(problems) == MOST
    assert f"{500 - MOST} more" in problems[-1].message


def test_what_docker_desktop_wrote_in_full_has_no_limits_that_it_ignores():
    whole = {
        key.name: json.loads(key.default) for key in KEYS if key.default[0] in '"[tf0123456789'
    }
    assert len(whole) > 60
    text = json.dumps({**whole, "Cpus": 4, "MemoryMiB": 4096}).encode()
    assert judge_settings(text, DesktopFacts(**WINDOWS)) == ()


def test_a_long_name_is_cut():
    (problem,) = judge_settings(json.dumps({"x" * 5000: 1}).encode())
    assert len(problem.message) < 300
    assert len(problem.key) <= 60


# -- the tables ----------------------------------------------------------------------------------


def test_the_table_of_keys():
    assert len(BY_NAME) == len(BY_CAMEL) == len(BY_LOWER) == len(KEYS)
    assert {key.type for key in KEYS} == {BOOL, INT, TEXT, TEXTS, "any"}
    for key in KEYS:
        assert key.name[0].isupper()
        assert key.camel[0].islower()
        assert key.name.lower() == key.camel.lower()
        assert key.platforms
        assert key.text
    assert set(MEANT.values()) <= set(BY_NAME)
    assert {name for name in DOCKER_FOR_WINDOWS.values() if name} <= set(BY_NAME)
    assert not set(MEANT) & set(BY_LOWER)


@pytest.mark.parametrize("key", [key for key in KEYS if key.default[0] in '"[tf-0123456789'])
def test_every_default_is_one_of_its_key(key):
    text = json.dumps({key.name: json.loads(key.default)}).encode()
    assert judge_settings(text, DesktopFacts(platform="linux")) == ()


def test_the_table_of_admin_keys():
    assert len(ADMIN_BY_NAME) == len(ADMIN_KEYS)
    assert {key.shape for key in ADMIN_KEYS} == {ENTRY, OBJECT, "list", VERSION}


# -- real files, read by a person ------------------------------------------------------------------

NAMES = {
    "001": ("settings.json", "macos"),
    "002": ("settings.json", "linux"),
    "004": ("settings-store.json", "macos"),
    "005": ("settings.json", "windows"),
    "007": ("settings-store.json", "windows"),
    "008": ("settings-store.json", "windows"),
    "010": ("settings.json", "macos"),
    "011": ("settings-store.json", "macos"),
    "013": ("settings-store.json", "windows"),
    "014": ("settings.json", "windows"),
    "016": ("settings-store.json", None),
    "017": ("settings-store.json", "macos"),
}
"""What each was called, and on which system."""

REAL = {
    # An invented key; dataFolder is there already.
    "005": ["5:3 warning misspelt-key"],
    # OverrideProxyHttp and -Https are spelt HTTP and HTTPS; UseOverrideProxy does not exist.
    "007": ["13:3 note wrong-spelling", "16:3 warning misspelt-key"],
    "010": ["7:5 warning misspelt-key"],  # useRosetta
    "013": ["1:1 error syntax"],  # a comment
    # An administrator's keys, and camelCase in the newer file.
    "016": [
        "2:3 warning key-of-admin-settings",
        "3:3 note wrong-spelling",
        "23:3 warning key-of-admin-settings",
    ],
}


def test_the_real_files_are_there():
    assert {path.stem for path in DATA.glob("docker-settings/*.json")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_real_files(name):
    file, platform = NAMES[name]
    data = (DATA / f"docker-settings/{name}.json").read_bytes()
    store = file == "settings-store.json"
    for facts in (DesktopFacts(), DesktopFacts(platform=platform)):
        assert said(judge_settings(data, facts, store=store)) == REAL.get(name, [])


def test_the_example_of_docker_s_manual_is_fine():
    data = (DATA / "admin-settings/manual.json").read_bytes()
    assert judge_admin_settings(data) == ()
    assert judge_admin_settings(data, DesktopFacts(platform="windows", version=(4, 90, 0))) == ()


SEEN = {
    # docker/for-win#12820: Docker Desktop 4.9, complete but for its end.
    "4.9 on Windows": (
        False,
        ('{"acceptCanaryUpdates": false, "activeOrganizationName": "", "analyticsEnabled": true, '
        '"autoDownloadUpdates": false, "autoStart": false, "cpus": 2, '
        '"credentialHelper": "docker-credential-wincred.exe", "customWslDistroDir": "", '
        '"dataFolder": "C:\\\\ProgramData\\\\DockerDesktop\\\\vm-data", "deprecatedCgroupv1": false, '
        '"disableHardwareAcceleration": false, "disableTips": false, "disableUpdate": false, '
        '"diskSizeMiB": 65536, "diskTRIM": true, "displayRestartDialog": true, '
        '"displaySwitchWinLinContainers": true, "displayed18362Deprecation": false, '
        '"displayedElectronPopup": [], "displayedTutorial": true, '
        '"enableIntegrationWithDefaultWslDistro": true, "exposeDockerAPIOnTCP2375": false, '
        '"extensionsEnabled": true, "filesharingDirectories": [], "firstLaunchTime": 1657071906, '
        '"integratedWslDistros": [], "kubernetesEnabled": false, '
        '"kubernetesInitialInstallPerformed": false, "lastLoginDate": 0, "latestBannerKey": "", '
        '"licenseTermsVersion": 2, "lifecycleTimeoutSeconds": 600, "memoryMiB": 2048, '
        '"onlyMarketplaceExtensions": false, "openUIOnStartupDisabled": false, '
        '"overrideProxyExclude": "", "overrideProxyHttp": "", "overrideProxyHttps": "", '
        '"proxyHttpMode": "system", "settingsVersion": 17, "showExtensionsSystemContainers": false, '
        '"skipUpdateToWSLPrompt": true, "socksProxyPort": 0, "swapMiB": 1024, '
        '"swarmFederationExplicitlyLoggedOut": false, "tipLastId": 0, "updateSkippedBuild": "", '
        '"vpnKitTransparentProxy": false, "vpnkitCIDR": "192.168.65.0/24", '
        '"wslEnableGrpcfuse": false, "wslEngineEnabled": true}'),
    ),
    # docker/for-win#11702: the backend of 3.5.
    "3.5 on Windows": (
        False,
        ('{"swarmFederationExplicitlyLoggedOut": false, "dns": "8.8.8.8", "useDnsForwarder": true, '
        '"displaySwitchVersionPack": true, "versionPack": "default", "updatePopupAppearanceTime": 0, '
        '"useVirtualizationFramework": false, "useVpnkit": true, "useWindowsContainers": false}'),
    ),
    # docker/for-mac#6499: the backend of 4.16.
    "4.16 on a Mac": (
        False,
        ('{"allowExperimentalFeatures": true, "backupData": false, "containerTerminal": "integrated", '
        '"diskFlush": "os", "diskQcowCompactAfter": 262144, "diskQcowRuntimeAsserts": false, '
        '"displayedDeprecate1014": false, "dockerAppLaunchPath": "/Applications/Docker.app"}'),
    ),
    "SettingsVersion 45 on Windows": (
        True,
        ('{"AutoStart": false, "CustomWslDistroDir": "D:\\\\DockerData", "DisplayedOnboarding": true, '
        '"EnableDockerAI": true, "InferenceCanUseGPUVariant": true, '
        '"LastContainerdSnapshotterEnable": 1788405088, "LicenseTermsVersion": 2, '
        '"SettingsVersion": 45, "UseContainerdSnapshotter": true, "DesktopTerminalEnabled": true, '
        '"EnableCLIHints": false, "SbomIndexing": false, "ThemeSource": "dark"}'),
    ),
    "SettingsVersion 43 on Linux": (
        True,
        ('{"AnalyticsEnabled": false, "AutoPauseTimeoutSeconds": 300, "Cpus": 4, "KernelForUDP": true, '
        '"NetworkType": "gvisor", "OnlyMarketplaceExtensions": true, "SettingsVersion": 43, '
        '"ProxyEnableKerberosNTLM": false, "UseBackgroundIndexing": false, "UseVpnkit": false}'),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_files_that_people_have_shown_are_fine(name):
    store, text = SEEN[name]
    platform = {"Windows": "windows", "Mac": "macos", "Linux": "linux"}[name.split()[-1]]
    for facts in (DesktopFacts(), DesktopFacts(platform=platform)):
        assert judge_settings(text.encode(), facts, store=store) == ()


# -- anything at all -----------------------------------------------------------------------------

names = st.one_of(
    st.sampled_from(
        [*BY_NAME, *BY_CAMEL, *ADMIN_BY_NAME, "locked", "value", "path", "allowedOrgs"]
    ),
    st.text(max_size=20),
)
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30),
        st.sampled_from(["true", "8GB", "http://a:b@c", "D:\ttmp", "10.0.0.0/8", '{"debug": 1}']),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
computers = st.builds(
    DesktopFacts,
    platform=st.sampled_from([None, "windows", "macos", "linux"]),
    machine=st.sampled_from([None, "arm64", "AMD64"]),
    memory=st.none() | st.integers(0, 1 << 40),
    cpus=st.none() | st.integers(0, 256),
    version=st.sampled_from([None, (4, 30), (4, 90, 0)]),
    path_exists=st.sampled_from([None, lambda path: False]),
)


def holds(problems, codes):
    for problem in problems:
        assert problem.code in codes
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message.endswith(".")
        str(problem).encode()


@given(st.binary(max_size=200), computers, st.booleans())
@settings(deadline=None, max_examples=200)
def test_no_bytes_break_the_judges(data, facts, store):
    holds(judge_settings(data, facts, store=store), SETTINGS_CODES)
    holds(judge_admin_settings(data, facts), ADMIN_CODES)


@given(st.dictionaries(names, values, max_size=8), computers, st.booleans())
@settings(deadline=None, max_examples=300)
def test_no_json_breaks_the_judges(value, facts, store):
    data = json.dumps(value).encode()
    holds(judge_settings(data, facts, store=store), SETTINGS_CODES)
    holds(judge_admin_settings(data, facts), ADMIN_CODES)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 9000 + b"]" * 9000,
        b'{"a":' * 9000 + b"1" + b"}" * 9000,
        b'{"Cpus":' + b"9" * 100_000 + b"}",
        b'{"MemoryMiB": "' + b"9" * 100_000 + b'"}',
        b'{"linuxVM":' * 9000 + b"1" + b"}" * 9000,
        b"\xff\xfe" + b"\0" * 99,
    ],
)
def test_hostile_files(data):
    holds(judge_settings(data), SETTINGS_CODES)
    holds(judge_admin_settings(data), ADMIN_CODES)
