"""What WSL makes of .wslconfig and wsl.conf: each defect named, nothing said of a good file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.formats.wsl_codes import WSL_CONF_CODES, WSLCONFIG_CODES
from probes.formats.wsl_config import WSL_CONF, WSLCONFIG, parse_memory, parse_wsl
from probes.formats.wsl_judge import MOST, WslFacts, judge_wsl_conf, judge_wslconfig
from probes.formats.wsl_keys import KEYS, is_valid, name_of

DATA = Path(__file__).parents[1] / "data"
GIB = 1 << 30
CODES = {**WSLCONFIG_CODES, **WSL_CONF_CODES}
JUDGES = {WSLCONFIG: judge_wslconfig, WSL_CONF: judge_wsl_conf}

HOST = {"memory": 16 * GIB, "cpus": 8, "free_disk": 20 * GIB}
OLD = {"windows": (10, 0, 19045, 5000), "wsl": (2, 6, 1, 0)}
INBOX = {"windows": (10, 0, 19045), "wsl": ()}
NEW = {"windows": (10, 0, 26100, 6899), "wsl": (2, 6, 1, 0)}


def judged(text, facts=None, dialect=WSLCONFIG):
    data = text if isinstance(text, bytes) else text.encode()
    return JUDGES[dialect](data, WslFacts(**(facts or {})))


def said(problems):
    return [
        f"{p.line}:{p.column} {p.level} {p.code.removeprefix('wslconfig-').removeprefix('wsl-conf-')}"
        for p in problems
    ]


def case(text, *expected, **facts):
    return pytest.param(text, list(expected), facts, id=repr(text)[:60])


WSLCONFIGS = [
    # -- lines --
    case("; why\n[wsl2]\n", "1:1 note invalid-line"),
    case("// why\n[wsl2]\n", "1:1 note invalid-line"),
    case("# why\n[wsl2] # x\nmemory=8GB#x\n"),
    case("[wsl2]\nmemory: 8GB\n", "2:7 warning invalid-line"),
    case("[wsl2]\nmemory 8GB\n", "2:8 warning invalid-line"),
    case("[wsl2]\nauto_reclaim=1\n", "2:5 warning invalid-line"),
    case("[wsl2]\nwsl2.memory=8GB\n", "2:5 warning invalid-line"),
    case("[wsl2]\nkernel=C:\\Users\\k\n", "2:11 warning invalid-line"),
    case('[wsl2]\nkernel="C:\\\\k\n', "2:8 warning invalid-line"),
    case("[wsl2]\n\u00a0memory=8GB\n", "2:1 warning invalid-line"),
    # The header is at fault, and is named once: not each key below it.
    case("[ wsl2 ]\nmemory=8GB\nswap=0\n", "1:2 warning invalid-line"),
    case("[wsl2\nmemory=8GB\n", "1:6 warning invalid-line"),
    case("[wsl2]\nmemory=8GB\n[experimental ]\nsparseVhd=false\n", "3:14 warning invalid-line"),
    # -- names --
    case("memory=8GB\nswap=0\n[wsl2]\n", "1:1 warning no-section"),
    case("[wsl2]\nmemmory=8GB\n", "2:1 warning unknown-key"),
    case("[WSL2]\nMEMORY=8GB\nswapfile=C:\\\\s.vhdx\n"),
    case("[wsl]\nmemory=8GB\n", "2:1 warning wrong-section"),
    case("[wsl2]\nsparseVhd=false\n", "2:1 warning wrong-section"),
    case("[wsl2]\nhostAddressLoopback=true\n", "2:1 warning wrong-section"),
    case("[experimental]\nnetworkingMode=nat\ndnsTunneling=true\nfirewall=true\nautoProxy=true\n"),
    case("[general]\nguiApplications=true\n", "2:1 warning wrong-section"),
    case("[boot]\nsystemd=true\n", "2:1 warning key-of-wsl-conf"),
    case("[network]\nhostname=x\n", "2:1 warning key-of-wsl-conf"),
    case("[user]\ndefault=ann\n", "2:1 warning key-of-wsl-conf"),
    case("[wsl2]\ngenerateResolvConf=false\n", "2:1 warning key-of-wsl-conf"),
    case("[wsl2]\nenabled=true\n", "2:1 warning unknown-key"),
    case("[wsl2]\npageReporting=false\n", "2:1 warning removed-key"),
    case("[wsl2]\npageReporting=false\n", wsl=()),
    case("[experimental]\nuseWindowsDnsCache=false\n", "2:1 warning removed-key"),
    case("[wsl2]\nmemory=8GB\nMemory=4GB\n", "3:1 warning duplicate-key"),
    case("[wsl2]\nmemory=8GB\nmemory=8gb\n", "3:1 note duplicate-key"),
    case("[experimental]\nfirewall=true\n[wsl2]\nfirewall=false\n", "4:1 warning duplicate-key"),
    # -- values --
    case("[wsl2]\nmemory=8 GB\n", "2:8 warning value-misspelt"),
    case("[wsl2]\nmemory = 8gb\n", "2:10 warning value-misspelt"),
    case("[wsl2]\nmemory=8GiB\nswap='1GB'\n", "2:8 warning value-misspelt", "3:6 warning value-misspelt"),
    case("[wsl2]\nguiApplications=yes\n", "2:17 warning value-misspelt"),
    case("[wsl2]\nguiApplications=TRUE\nfirewall=0\n"),
    case("[wsl2]\nmemory=80%\n", "2:8 warning invalid-value"),
    case("[wsl2]\nmemory=8GB ; half\n", "2:8 warning invalid-value"),
    case("[wsl2]\nprocessors=four\n", "2:12 warning invalid-value"),
    case("[wsl2]\nprocessors=08\n", "2:12 warning invalid-value"),
    case("[wsl2]\nprocessors=0x4\nvmIdleTimeout=-1\nmaxCrashDumpCount=-1\n"),
    case("[wsl2]\nprocessors=\n", "2:1 warning invalid-value"),
    case("[wsl2]\nnetworkingMode=bridge\n", "2:16 warning invalid-value"),
    case("[wsl2]\nnetworkingMode=VirtioProxy\n"),
    case("[experimental]\nautoMemoryReclaim=true\n", "2:19 warning invalid-value"),
    case("[experimental]\nautoMemoryReclaim=DropCache\n"),
    case("[experimental]\ndnsTunnelingIpAddress=10.0.0\n", "2:23 warning invalid-value"),
    case("[experimental]\ndnsTunnelingIpAddress=10.0.0.1\n"),
    case("[wsl2]\nnetworkingMode=mirrored\n[experimental]\nignoredPorts=80, 90-99\n",
         "4:14 warning invalid-value"),
    case("[wsl2]\nnetworkingMode=mirrored\n[experimental]\nignoredPorts=80, 443\n"),
    case("[wsl2]\nmacAddress=1:2\n", "2:12 error invalid-value"),
    case("[wsl2]\nmacAddress=00-15-5d-00-00-01\n"),
    # -- sizes --
    case("[wsl2]\nmemory=8\n", "2:8 warning size-too-small"),
    case("[wsl2]\nmemory=4096\nswap=8\n", "2:8 warning size-too-small", "3:6 warning size-too-small"),
    case("[wsl2]\nmemory=128MB\n", "2:8 warning size-too-small"),
    case("[wsl2]\ndefaultVhdSize=64\n", "2:16 warning size-too-small"),
    # The app WSL Settings writes bytes; 0 is the default, and no swap.
    case("[wsl2]\nmemory=8388608000\nswap=0\ndefaultVhdSize=64424509440\n"),
    case("[wsl2]\nmemory=0\nswap=0GB\n"),
    case("[wsl2]\nmemory=256MB\n"),
    # -- the computer --
    case("[wsl2]\nmemory=32GB\nprocessors=16\n",
         "2:8 warning larger-than-host", "3:12 warning larger-than-host", **HOST),
    case("[wsl2]\nmemory=16GB\nprocessors=8\nswap=8GB\n", **{**HOST, "memory": 16_890_728_448}),
    case("[wsl2]\nmemory=32GB\nprocessors=16\nswap=100GB\n"),
    case("[wsl2]\nswap=100GB\n", "2:6 note larger-than-host", **HOST),
    case("[wsl2]\nswap=100GB\nswapFile=D:\\\\swap.vhdx\n", **HOST),
    # -- versions --
    case("[wsl2]\nnetworkingMode=mirrored\n", "2:1 warning ignored-here", **OLD),
    case("[wsl2]\nnetworkingMode=mirrored\n", "2:1 warning ignored-here", windows=(10, 0, 22000)),
    case("[wsl2]\nnetworkingMode=mirrored\n", "2:1 warning ignored-here", wsl=(1, 2, 5, 0)),
    case("[wsl2]\nnetworkingMode=mirrored\n", **NEW),
    case("[wsl2]\nnetworkingMode=mirrored\n"),
    case("[wsl2]\ndnsTunneling=true\n", "2:1 warning ignored-here", **OLD),
    case("[wsl2]\ndnsTunneling=false\nfirewall=false\nnestedVirtualization=false\n", **OLD),
    case("[wsl2]\nnestedVirtualization=true\n", "2:1 warning ignored-here", **OLD),
    case("[wsl2]\nvmIdleTimeout=5000\n", "2:1 note ignored-here", **OLD),
    case("[wsl2]\nvmIdleTimeout=60000\ndebugConsole=false\n", **OLD),
    case("[experimental]\nautoMemoryReclaim=gradual\n", "2:1 warning ignored-here", **INBOX),
    case("[experimental]\nautoMemoryReclaim=gradual\nsparseVhd=false\n", **NEW),
    case("[experimental]\nsparseVhd=true\n", "2:1 warning ignored-here", **NEW),
    case("[experimental]\nsparseVhd=true\n", wsl=(2, 4, 13, 0)),
    case("[experimental]\nsparseVhd=true\n"),
    case("[wsl2]\nmemory=8GB\nswap=0\nlocalhostForwarding=true\nguiApplications=false\n", **INBOX),
    # -- together --
    case("[wsl2]\nnetworkingMode=mirrored\nlocalhostForwarding=true\n", "3:1 note no-effect"),
    case("[wsl2]\nnetworkingMode=mirrored\nlocalhostForwarding=false\n", "3:1 warning no-effect"),
    case("[wsl2]\nlocalhostForwarding=false\nfirewall=false\n"),
    case("[wsl2]\nnetworkingMode=mirrored\nfirewall=false\n", "3:1 warning no-effect"),
    case("[wsl2]\nnetworkingMode=mirrored\nfirewall=true\n"),
    case("[experimental]\nignoredPorts=80\nhostAddressLoopback=true\n",
         "2:1 warning no-effect", "3:1 warning no-effect"),
    case("[experimental]\nhostAddressLoopback=false\n"),
    # What cannot be had here is said once.
    case("[wsl2]\nnetworkingMode=mirrored\nlocalhostForwarding=true\n",
         "2:1 warning ignored-here", **OLD),
    case("[experimental]\nignoredPorts=80\n", policies={"DefaultNetworkingMode": 3}),
    case("[wsl2]\ndnsTunneling=false\n[experimental]\nbestEffortDnsParsing=true\n",
         "4:1 warning no-effect"),
    case("[wsl2]\nnetworkingMode=none\ndnsTunneling=true\n", "3:1 warning no-effect"),
    case("[wsl2]\nvirtio9p=true\n", "2:1 warning no-effect"),
    case("[wsl2]\nvmSwitch=x\n", "2:1 warning no-effect"),
    case("[wsl2]\nnetworkingMode=bridged\nvmSwitch=x\n", "2:16 note deprecated"),
    case("[wsl2]\nnetworkingMode=bridged\n",
         "2:16 note deprecated", "2:16 error bridged-without-switch"),
    case("[wsl2]\nsafeMode=true\n", "2:1 warning safe-mode"),
    case("[wsl2]\nsafeMode=false\n"),
    case("[wsl2]\nkernelModules=C:\\\\m.vhdx\n", "2:1 error modules-without-kernel"),
    case("[wsl2]\nkernelModules=C:\\\\m.vhdx\nkernel=C:\\\\k\n"),
    case("[wsl2]\nkernel=C:\\\\k\nfirewall=false\nnetworkingMode=mirrored\n",
         "2:1 warning overridden-by-policy", "4:1 warning overridden-by-policy",
         policies={"AllowKernelUserSetting": 0, "AllowNetworkingModeUserSetting": 0}),
    case("[wsl2]\nkernel=C:\\\\k\n", policies={"AllowKernelUserSetting": 1}),
    # -- paths --
    case("[wsl2]\nkernel=C:\\temp\\bzImage\n", "2:8 error path-escapes"),
    case("[wsl2]\nswapFile=C:\\temp\\new.vhdx\n", "2:10 warning path-escapes"),
    case("[wsl2]\nswapFile=%USERPROFILE%\\\\s.vhdx\n", "2:10 warning path-invalid"),
    case("[wsl2]\nkernel=/mnt/c/wsl/bzImage\n", "2:8 error path-invalid"),
    case("[wsl2]\nkernel=bzImage\n", "2:8 error path-invalid"),
    case("[wsl2]\nkernel=C:\\\\k ; mine\n", "2:8 error path-invalid"),
    case("[wsl2]\nkernel=C:\\\\wsl\\\nmemory=8GB\n", "2:8 error path-invalid"),
    case("[wsl2]\nkernel=C:/wsl/bzImage\nswapFile=\\\\\\\\server\\\\s\\\\x.vhdx\n"),
    case('[wsl2]\nkernel="C:\\\\Program Files\\\\k"\n'),
    case("[wsl2]\nkernel=\n"),
    case("[wsl2]\nkernel=C:\\\\Jürgen\\\\k\n", "2:8 error non-ascii-value"),
    case("[wsl2]\nswapFile=C:\\\\사용자\\\\s.vhdx # 스왑\n", "2:10 warning non-ascii-value"),
    case("[wsl2]\nkernelCommandLine=x=é\n", "2:19 warning non-ascii-value"),
    case("# Jürgen, 한국어\n[wsl2]\nmemory=8GB # für mich\n"),
    case("# J\xfcrgen\n[wsl2]\nmemory=8GB\n".encode("latin-1")),
    case("[wsl2]\nkernel=C:\\\\k\n", "2:8 error path-missing", path_exists=lambda _: False),
    case("[wsl2]\nkernel=C:\\\\k\n", path_exists=lambda _: None),
    case("[wsl2]\nswapFile=D:\\\\s\\\\x.vhdx\n", "2:10 warning path-missing",
         path_exists={"D:\\s\\x.vhdx": True, "D:\\s": False}.__getitem__),
    case("[wsl2]\nswapFile=D:\\\\x.vhdx\n", path_exists={"D:\\": True}.__getitem__),
    # -- bytes --
    case("[wsl2]\r\nmemory=8GB\r\n"),
    case(b"\xef\xbb\xbf[wsl2]\nmemory=8 GB\n", "2:8 warning value-misspelt"),
    case("\ufeff[wsl2]\r\nmemory=8 GB\r\n".encode("utf-16-le"), "2:8 warning value-misspelt"),
    case("[wsl2]\nmemory=8GB\n".encode("utf-16-le"), "1:1 error encoding"),
    case("\ufeff[wsl2]\n".encode("utf-16-be"), "1:1 error encoding"),
    case("[wsl2]\n".encode("utf-32"), "1:1 error encoding"),
    case(b"[wsl2]\nmem\0ory=8GB and more text\n", "2:4 error encoding"),
    case(b"[wsl2]\n\x1a\nmemory=8GB\n", "2:1 error encoding"),
    case(b"[wsl2]\nmemory=8GB\n\x1a"),
    case(b"\xff\xfe[", "1:1 error encoding"),
    case(b""),
    case(b"\n \t\r\n"),
]  # fmt: skip

WSL_CONFS = [
    case("[boot]\nsystemd=true\n; why\n[user]\ndefault=ann\n", "3:1 error invalid-line"),
    case("[boot]\nsystemd=true\n; why\n", "3:1 warning invalid-line"),
    case("[boot]\nsystemd=true\nmy_key=1\n[user]\ndefualt=ann\n", "3:3 error invalid-line"),
    case(b"\xef\xbb\xbf[boot]\nsystemd=true\n", "1:1 error byte-order-mark"),
    case("[boot]\nsystemd=true\n".encode("utf-16"), "1:1 error encoding"),
    case("[boot]\nsystemd=true\n".encode("utf-16-le"), "1:1 error encoding"),
    case("[boot]\r\nsystemd=true\r\n\r\n[user]\r\ndefault=ann\r\n"),
    case("# 한국어\n[user]\ndefault=안\n"),
    case("systemd=true\n", "1:1 warning no-section"),
    case("[boot]\nsystmd=true\n", "2:1 warning unknown-key"),
    case("[network]\ndns=1.1.1.1\n", "2:1 warning unknown-key"),
    case("[foo]\nenabled=true\n", "2:1 warning unknown-key"),
    case("[users]\ndefault=ann\n", "2:1 warning wrong-section"),
    case("[interop]\nsystemd=true\n", "2:1 warning wrong-section"),
    case("[wsl2]\nmemory=8GB\n", "2:1 warning key-of-wslconfig"),
    case("[wsl2]\nguiApplications=true\n", "2:1 warning key-of-wslconfig"),
    case("[network]\nnetworkingMode=mirrored\n", "2:1 warning key-of-wslconfig"),
    case("[boot]\nsystemd=true\n[boot]\nsystemd=false\n", "4:1 warning duplicate-key"),
    case("[boot]\nsystemd=yes\n", "2:9 warning value-misspelt"),
    case("[boot]\nsystemd=systemd\n", "2:9 warning invalid-value"),
    case("[automount]\ncgroups=v3\n", "2:9 warning invalid-value"),
    case("[boot]\nsystemd=true\n", "2:1 warning ignored-here", wsl=()),
    case("[boot]\nsystemd=false\n", wsl=()),
    case('[boot]\nsystemd=true\ncommand="service docker start"\n', **NEW),
    case("[automount]\noptions=metdata\n", "2:9 warning automount-options"),
    case('[automount]\noptions="metadata, uid=1000"\n', "2:9 warning automount-options"),
    case("[automount]\noptions=uid=ann\n", "2:9 warning automount-options"),
    case("[automount]\noptions=umask=89\n", "2:9 warning automount-options"),
    case('[automount]\noptions = "metadata,uid=1003,gid=1003,umask=077,fmask=11,case=off"\n'),
    case("[automount]\noptions=metadata,noatime,nosuid,ro\n"),
    case("[automount]\nroot=mnt\n", "2:6 warning automount-root"),
    case("[automount]\nroot=C:\\\\\n", "2:6 warning automount-root"),
    case("[automount]\nroot=/\n"),
    case("[filesystem]\numask=22\n", "2:7 warning umask-decimal"),
    case("[filesystem]\numask=0022\n"),
    case(b""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "facts"), WSLCONFIGS)
def test_wslconfig(text, expected, facts):
    assert said(judged(text, facts)) == expected


@pytest.mark.parametrize(("text", "expected", "facts"), WSL_CONFS)
def test_wsl_conf(text, expected, facts):
    assert said(judged(text, facts, WSL_CONF)) == expected


def test_every_code_has_a_case():
    for prefix, codes, cases in (
        ("wslconfig-", WSLCONFIG_CODES, WSLCONFIGS),
        ("wsl-conf-", WSL_CONF_CODES, WSL_CONFS),
    ):
        seen = {prefix + line.split()[2] for param in cases for line in param.values[1]}
        assert seen == set(codes)


@pytest.mark.parametrize("info", CODES.values(), ids=CODES)
def test_every_code_has_its_page(info):
    assert all(info[:7])
    assert info.references
    assert "@" not in info.risk


@pytest.mark.parametrize(
    ("text", "dialect", "suggestion"),
    [
        ("; a b\n", WSLCONFIG, "# a b"),
        ("[wsl-2]\n", WSLCONFIG, "[wsl2]"),
        ("[ Experimental ]\n", WSLCONFIG, "[experimental]"),
        ("[wsl2]\nkernel=C:\\Users\\a\\\\k\n", WSLCONFIG, "kernel=C:\\\\Users\\\\a\\\\k"),
        ("[wsl2]\nkernel=C:\\temp\\new\n", WSLCONFIG, "C:\\\\temp\\\\new"),
        ('[wsl2]\nswapFile="C:\\\\d\\"\n', WSLCONFIG, 'swapFile="C:\\\\d\\\\"'),
        ("[wsl2]\nkernel=/mnt/d/wsl/k\n", WSLCONFIG, "D:\\\\wsl\\\\k"),
        ("[wsl2]\nmemory: 8GB\n", WSLCONFIG, "memory=8GB"),
        ("[wsl2]\nguiApplications true\n", WSLCONFIG, "guiApplications=true"),
        ("[wsl2]\nnetworking_mode = mirrored\n", WSLCONFIG, "networkingMode=mirrored"),
        ("[wsl2]\nwsl2.memory=8GB\n", WSLCONFIG, "memory=8GB, below [wsl2]"),
        ("[wsl2]\ncpus=4\n", WSLCONFIG, "processors"),
        ("[wsl2]\nsparseVHDs=true\n", WSLCONFIG, "sparseVhd below [experimental]"),
        ("[wsl2]\nsparseVhd=true\n", WSLCONFIG, "sparseVhd below [experimental]"),
        ("[wsl2]\nfoo=4\n", WSLCONFIG, None),
        ("memory=8GB\n", WSLCONFIG, "[wsl2] above it"),
        ("[wsl2]\nmemory=8\n", WSLCONFIG, "8GB"),
        ("[wsl2]\nmemory=8192\n", WSLCONFIG, "8GB"),
        # MB or GB: who can tell?
        ("[wsl2]\nmemory=512\n", WSLCONFIG, None),
        ("[wsl2]\nmemory=8GB ; half\n", WSLCONFIG, "8GB # half"),
        ("[wsl2]\nmemory=50%\n", WSLCONFIG, "8GB"),
        ("[wsl2]\nprocessors=4 cores\n", WSLCONFIG, "4"),
        ("[wsl2]\nnetworkingMode=mirror\n", WSLCONFIG, "mirrored"),
        ("[experimental]\nautoMemoryReclaim=off\n", WSLCONFIG, "disabled"),
        ("[boot]\nsystemd=on\n", WSL_CONF, "true"),
        ("[automount]\noptions=metdata,umask=022\n", WSL_CONF, "metadata"),
        ("[automount]\nroot=mnt\n", WSL_CONF, "/mnt/"),
        ("[filesystem]\numask=22\n", WSL_CONF, "022"),
    ],
)
def test_suggestions(text, dialect, suggestion):
    assert judged(text, {"memory": 16 * GIB}, dialect)[0].suggestion == suggestion


@pytest.mark.parametrize(("text", "_expected", "facts"), [*WSLCONFIGS, *WSL_CONFS])
def test_only_what_stops_wsl_is_refused_and_only_the_computer_is_of_here(text, _expected, facts):
    for dialect in (WSLCONFIG, WSL_CONF):
        for problem in judged(text, facts, dialect):
            name = problem.code.partition("-")[2]
            if problem.refused_by_engine:
                assert problem.level == "error"
                assert name in {
                    "path-escapes", "path-missing", "modules-without-kernel", "invalid-value",
                }  # fmt: skip
            here = name in {"larger-than-host", "path-missing", "overridden-by-policy"}
            assert problem.this_machine_only is here


def test_messages_name_what_is_lost():
    (problem,) = judged("[boot]\n;\nsystemd=true\n[user]\ndefault=u\n", dialect=WSL_CONF)
    assert "the 2 settings after it in wsl.conf keep their defaults" in problem.message
    (problem,) = judged("[ wsl2 ]\nmemory=8GB\n")
    assert "the key below it" in problem.message
    (problem,) = judged("[wsl2]\nmemory=8GB\nmemory=4GB\n")
    assert "line 2" in problem.message
    assert "8GB" in problem.message


def test_a_file_of_prose_does_not_fill_the_screen():
    problems = judged("Hello, world\n" * 1000)
    assert len(problems) == MOST
    assert f"{1000 - MOST} more" in problems[-1].message


def test_what_is_redacted_is_not_judged():
    assert judged("[wsl2]\nmemory=REDACTED\n") == ()


# -- real files, read by a person ------------------------------------------------------------------

REAL = {
    # With mirrored networking localhostForwarding does nothing, and the firewall is always on.
    "010.wslconfig": ["8:1 warning no-effect"],
    "040.wslconfig": ["2:1 note no-effect"],
    "044.wslconfig": ["8:1 note no-effect"],
    "047.wslconfig": ["6:1 note no-effect"],
    "050.wslconfig": ["5:1 note no-effect"],
    # pageReporting is gone.
    "014.wslconfig": ["23:1 warning removed-key"],
    "023.wslconfig": ["18:1 warning removed-key"],
    "046.wslconfig": ["23:1 warning removed-key"],
    "061.wslconfig": ["18:1 warning removed-key"],
    # Bridged, with a switch.
    "025.wslconfig": ["9:16 note deprecated"],
    "070.wslconfig": [
        "44:1 warning wrong-section",
        "48:1 note no-effect",
        "67:1 warning wrong-section",
        "73:1 warning removed-key",
    ],
    "082.wslconfig": ["2:1 warning wrong-section"],  # [WSL]
    "002.wsl.conf": ["6:1 warning key-of-wslconfig"],
    "004.wsl.conf": ["19:1 warning unknown-key", "22:1 warning unknown-key"],  # DHCP, dns
}

ON_WINDOWS_10 = {
    # All that needs Windows 11, where it is asked for.
    "022.wslconfig": ["3:1 warning ignored-here"],
    "032.wslconfig": ["3:1 warning ignored-here"],
    "019.wslconfig": ["6:1 warning ignored-here", "7:1 note ignored-here", "8:1 warning ignored-here"],
    "064.wslconfig": [],  # everything off
    "079.wslconfig": ["5:1 warning ignored-here"],  # sparseVhd, by the version of WSL
    "058.wslconfig": ["21:1 warning ignored-here"],  # nestedVirtualization
    "076.wslconfig": ["2:1 note ignored-here", "4:1 warning ignored-here", "7:1 warning ignored-here"],
}  # fmt: skip

FILES = sorted([*DATA.glob("wslconfig/[0-9]*"), *DATA.glob("wslconf/[0-9]*")])


def of_file(path, facts=None):
    dialect = WSLCONFIG if path.name.endswith(".wslconfig") else WSL_CONF
    return judged(path.read_bytes(), facts, dialect)


def test_the_real_files_are_there():
    assert len(FILES) == 84
    assert set(REAL) | set(ON_WINDOWS_10) <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_files(path):
    assert said(of_file(path)) == REAL.get(path.name, [])


@pytest.mark.parametrize(("name", "expected"), ON_WINDOWS_10.items())
def test_real_files_on_windows_10(name, expected):
    assert said(of_file(DATA / "wslconfig" / name, OLD)) == expected


def test_real_files_on_a_large_new_computer_have_no_other_problems():
    facts = {**NEW, "memory": 128 * GIB, "cpus": 64, "free_disk": 500 * GIB}
    for path in FILES:
        got = [line for line in said(of_file(path, facts)) if not line.endswith("ignored-here")]
        assert got == REAL.get(path.name, []), path.name


def test_the_index_tells_the_encoding_of_each_file():
    for folder in ("wslconfig", "wslconf"):
        rows = (DATA / folder / "index.tsv").read_text().splitlines()[1:]
        names = {row.split("\t")[0] for row in rows}
        assert names == {path.name for path in FILES if path.parent.name == folder}
        assert {row.split("\t")[3] for row in rows} <= {"ascii", "utf8"}


# -- any bytes ---------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["[wsl2]", "[experimental]", "[boot]", "[ wsl2]", "[", "]", "memory", "=", "8", "GB", "8gb", " ",
     "\t", "\n", "\r\n", "\r", "\\", '"', "'", "#", ";", ":", "%", "kernel", "C:\\\\k", "sparseVhd",
     "networkingMode", "mirrored", "swapFile", "systemd", "options", "é", "\ufeff", "_", ".", "true",
     "ignoredPorts", "processors", "vmSwitch", "bridged", "\x1a", "\0", "9" * 30, ","]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=40).map("".join)
CODECS = st.sampled_from(["utf-8", "utf-16-le", "utf-16", "utf-8-sig"])
FACTS = st.sampled_from([{}, HOST, OLD, INBOX, {**NEW, "path_exists": lambda _: False}])


def lie_in(data, problems):
    encoding = "utf-8"
    if data.startswith(b"\xff\xfe"):
        encoding = "utf-16-le"
    text = data.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for problem in problems:
        assert problem.code in CODES
        assert 1 <= problem.line <= len(lines)
        width = len(lines[problem.line - 1])
        assert 1 <= problem.column <= width + 1
        if problem.end_column is not None:
            assert problem.column < problem.end_column <= width + 1
        (problem.message + str(problem.suggestion) + str(problem.key)).encode()


@given(TEXTS, CODECS, FACTS)
@settings(max_examples=400, deadline=None)
def test_places_lie_in_the_file(text, codec, facts):
    data = text.encode(codec)
    for dialect in JUDGES:
        lie_in(data, judged(data, facts, dialect))


@given(st.binary(max_size=200), FACTS)
@settings(max_examples=400, deadline=None)
def test_never_raises(data, facts):
    for dialect in JUDGES:
        lie_in(data, judged(data, facts, dialect))


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_a_file_without_problems_is_taken_whole(text):
    data = text.encode()
    for dialect in JUDGES:
        if not judged(data, dialect=dialect):
            config = parse_wsl(data.partition(b"\x1a")[0], dialect)
            assert config.problems == ()
            for entry in config.entries:
                key = KEYS[dialect][name_of(entry)]
                assert is_valid(key, entry.value)
                assert entry.counts


@given(
    st.integers(0, 1 << 40), st.sampled_from(["", "B", "KB", "MB", "GB", "gb", " GB", "GiB", "'"])
)
@settings(max_examples=200, deadline=None)
def test_a_suggested_size_is_one(number, unit):
    for problem in judged(f"[wsl2]\nmemory={number}{unit}\n"):
        if problem.suggestion is not None:
            assert parse_memory(problem.suggestion) is not None
