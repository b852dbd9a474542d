"""What only Windows has, over stand-ins for its modules; and its commands, with real programs."""

from __future__ import annotations

import os
import stat
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from probes.formats.text_encoding import decode, encoding_of
from probes.host import Absent, Denied, Garbled, Host, Slow, commands, windows
from probes.host.engine_api import _pipe_failure
from probes.host.gauges import is_desktop_process
from probes.host.macos import service as daemon_of_macos
from probes.host.macos import uuid_in
from probes.host.questions import Endpoint
from tests.fake_host import FakeSource

LXSS = r"SOFTWARE\Lxss"


class Winreg:
    """The part of the winreg module that is used, over a dictionary of the registry."""

    HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER = "HKLM", "HKCU"
    KEY_READ, KEY_WOW64_64KEY = 0x20019, 0x100

    def __init__(self, tree: dict[tuple[str, str], dict[str, tuple[Any, int]]]) -> None:
        self.tree = tree

    def OpenKey(self, hive: str, path: str, reserved: int, access: int) -> Any:  # noqa: N802
        assert (reserved, access) == (0, 0x20119)
        if path.endswith("Secret"):
            raise PermissionError(5, "Access is denied")
        if (hive, path) not in self.tree:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return _Handle(hive, path)

    def QueryInfoKey(self, handle: _Handle) -> tuple[int, int, int]:  # noqa: N802
        return len(self._below(handle)), len(self.tree[handle.hive, handle.path]), 0

    def EnumKey(self, handle: _Handle, at: int) -> str:  # noqa: N802
        return self._below(handle)[at]

    def EnumValue(self, handle: _Handle, at: int) -> tuple[str, Any, int]:  # noqa: N802
        name, (value, kind) = list(self.tree[handle.hive, handle.path].items())[at]
        return name, value, kind

    def _below(self, handle: _Handle) -> list[str]:
        prefix = handle.path + "\\"
        return [
            path[len(prefix) :]
            for hive, path in self.tree
            if hive == handle.hive and path.startswith(prefix)
        ]


class _Handle:
    def __init__(self, hive: str, path: str) -> None:
        self.hive, self.path = hive, path

    def __enter__(self) -> object:
        return self

    def __exit__(self, *_: object) -> None:
        return None


GUID = "{8b1e5b0c-0000-4e0e-9d6e-000000000001}"
REGISTRY = Winreg(
    {
        ("HKCU", LXSS): {"DefaultDistribution": (GUID, 1), "DefaultVersion": (2, 4)},
        ("HKCU", rf"{LXSS}\{GUID}"): {
            "DistributionName": ("Ubuntu", 1),
            "Blob": (b"\x01\xff", 3),
            "Names": (["a", "b"], 7),
            "Nothing": (None, 0),
        },
        ("HKLM", r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"): {
            "ProductName": ("Windows 10 Pro", 1),
            "CurrentBuild": ("26100", 1),
            "UBR": (6899, 4),
            "DisplayVersion": ("24H2", 1),
            "CurrentMajorVersionNumber": (10, 4),
            "CurrentMinorVersionNumber": (0, 4),
        },
        ("HKLM", r"SOFTWARE\Microsoft\Cryptography"): {"MachineGuid": ("3f2504e0", 1)},
    }
)


def test_a_key_with_its_values_and_the_keys_below() -> None:
    told = windows.registry_key(rf"HKCU\{LXSS}", REGISTRY)
    assert told == {"values": {"DefaultDistribution": GUID, "DefaultVersion": 2}, "keys": [GUID]}
    below = windows.registry_key(rf"HKCU\{LXSS}\{GUID}", REGISTRY)
    assert below["values"] == {
        "DistributionName": "Ubuntu", "Blob": "01ff", "Names": ["a", "b"], "Nothing": "",
    }  # fmt: skip


def test_keys_that_are_not_there_or_not_ours() -> None:
    with pytest.raises(Absent, match="no HKCU"):
        windows.registry_key(r"HKCU\Nowhere", REGISTRY)
    with pytest.raises(Denied, match="may not be read"):
        windows.registry_key(r"HKLM\Secret", REGISTRY)
    with pytest.raises(Garbled, match="no hive"):
        windows.registry_key(r"Nowhere\x", REGISTRY)


def test_what_windows_says_of_itself() -> None:
    told = windows.system(
        REGISTRY, {"PROCESSOR_ARCHITECTURE": "AMD64", "COMPUTERNAME": "DESKTOP-7"}
    )
    assert told == {
        "platform": "windows",
        "machine": "AMD64",
        "release": "10.0.26100.6899",
        "kernel_version": "Windows 11 Pro 24H2",
        "hostname": "DESKTOP-7",
    }
    assert windows.machine_guid(REGISTRY) == "3f2504e0"


def test_a_program_for_another_processor_is_not_taken_for_the_computer() -> None:
    told = windows.system(
        REGISTRY, {"PROCESSOR_ARCHITECTURE": "x86", "PROCESSOR_ARCHITEW6432": "ARM64"}
    )
    assert told["machine"] == "ARM64"


@pytest.mark.parametrize(
    ("name", "build", "known_as"),
    [
        ("Windows 10 Pro", "19045", "Windows 10 Pro"),
        ("Windows 10 Home", "22631", "Windows 11 Home"),
        ("Windows Server 2025 Standard", "26100", "Windows Server 2025 Standard"),
    ],
)
def test_the_name_that_people_know(name: str, build: str, known_as: str) -> None:
    assert windows.product_name({"ProductName": name, "CurrentBuild": build}) == known_as


class Services:
    class NoSuchProcess(Exception):  # noqa: N818 - psutil's name
        pass

    class AccessDenied(Exception):  # noqa: N818 - psutil's name
        pass

    def win_service_get(self, name: str) -> Any:
        if name == "nothing":
            raise self.NoSuchProcess
        if name == "closed":
            raise self.AccessDenied
        return SimpleNamespace(status=lambda: "running", start_type=lambda: "automatic")


def test_services() -> None:
    told = windows.service("vmcompute", Services())
    assert told == {"status": "running", "start": "automatic"}
    with pytest.raises(Absent):
        windows.service("nothing", Services())
    with pytest.raises(Denied):
        windows.service("closed", Services())


def test_who_asks() -> None:
    environ = {"USERNAME": "ann", "USERPROFILE": r"C:\Users\ann"}
    for admin, uid in ((0, 1), (1, 0)):
        told = windows.session(environ, SimpleNamespace(IsUserAnAdmin=lambda admin=admin: admin))
        assert (told["uid"], told["name"], told["home"]) == (uid, "ann", r"C:\Users\ann")


def test_the_space_of_a_sparse_file_above_4_gib() -> None:
    class Kernel:
        @staticmethod
        def GetCompressedFileSizeW(path: str, high: Any) -> int:  # noqa: N802
            assert path.endswith("docker_data.vhdx")
            high._obj.value = 9
            return 0x80000000

    assert windows.allocated(r"C:\docker_data.vhdx", Kernel) == (9 << 32) + 0x80000000


def test_windows_questions_on_a_host_without_windows() -> None:
    if os.name == "nt":
        pytest.skip("this is Windows")
    from probes.host.live import LiveSource

    host = Host(LiveSource(), seconds=5)
    for ask in (lambda: host.registry(r"HKLM\SOFTWARE"), lambda: host.service("vmcompute")):
        with pytest.raises(Absent, match="of Windows"):
            ask()


def test_a_host_gives_registry_and_services_in_their_types() -> None:
    host = Host(
        FakeSource(
            registry={r"HKCU\A": {"X": 1}, r"HKCU\A\B": {}}, services={"s": ("stopped", "disabled")}
        )
    )
    assert host.registry(r"HKCU\A") == ({"X": 1}, ("B",))
    assert host.service("s").start == "disabled"


def test_an_answer_of_a_strange_shape_is_garbled() -> None:
    class Strange(FakeSource):
        def _registry(self, key: str) -> Any:
            return ["no", "mapping"]

        def _service(self, name: str) -> Any:
            return {"status": "running"}

    host = Host(Strange())
    for ask in (lambda: host.registry(r"HKCU\A"), lambda: host.service("s")):
        with pytest.raises(Garbled, match="strange shape"):
            ask()


@pytest.mark.parametrize(
    ("number", "kind"), [(2, "absent"), (5, "denied"), (231, "slow"), (87, "garbled")]
)
def test_a_named_pipe_that_cannot_be_opened(number: int, kind: str) -> None:
    error = SimpleNamespace(winerror=number, strerror="what Windows says")
    assert _pipe_failure(Endpoint("npipe:////./pipe/docker_engine"), error).kind == kind


# -- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["NAME STATE\r\n", "배포: Ubuntu\r\n기본 버전: 2\r\n", "Größe 1\r\n"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_texts_of_windows_programs(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_a_code_page() -> None:
    assert decode("Größe".encode("cp850"), otherwise="cp850") == "Größe"
    assert decode(b"\xff\x80", otherwise="no-such-page") == "��"
    assert encoding_of(b"\0\0\0\0") == ""


# -- commands ------------------------------------------------------------------------------------


def test_the_collector_for_windows_with_a_real_program() -> None:
    """Pipes are read by threads there; nothing of it needs Windows."""
    import subprocess

    def started(program: str) -> Any:
        return subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=os.name != "nt",
        )  # fmt: skip

    process = started("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    code, out, err = commands._collect_by_threads(process, ["x"], 20.0)
    assert (code, out.strip(), err.strip()) == (3, b"out", b"err")
    slow = started("import time; time.sleep(60)")
    with pytest.raises(Slow, match="did not end"):
        commands._collect_by_threads(slow, ["x"], 0.3)
    assert slow.wait(10) != 0
    endless = started("import sys\nwhile True: sys.stdout.write('x' * 65536)")
    with pytest.raises(Garbled, match="more than"):
        commands._collect_by_threads(endless, ["x"], 20.0)
    assert endless.wait(10) != 0


@pytest.mark.skipif(os.name == "nt", reason="the folders are those of Unix")
def test_nothing_is_run_out_of_the_folder_we_are_in(tmp_path: Any) -> None:
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert commands.search_path(f":.:bin:{tmp_path}", "")[0] == str(tmp_path)
    assert commands.find_program("tool", [str(tmp_path)]) == str(program)
    with pytest.raises(Absent, match="no command tool"):
        commands.find_program("tool", ["/nonexistent"])


def test_processes_of_desktop_engines() -> None:
    names = ("com.docker.backend", "vmmemWSL", "OrbStack Helper", "qemu-system-aarch64", "vmmem")
    assert all(map(is_desktop_process, names))
    assert not any(map(is_desktop_process, ("explorer", "Finder", "chrome", "wsl", "")))


def test_the_id_of_a_mac() -> None:
    with pytest.raises(Absent):
        uuid_in("no such property")


LOADED = """\
system/com.docker.vmnetd = {
\tactive count = 1
\tpath = /Library/LaunchDaemons/com.docker.vmnetd.plist
\ttype = LaunchDaemon
\tstate = %s
}
"""


@pytest.mark.parametrize(
    ("printed", "switches", "expected"),
    [
        ((0, LOADED % "running", ""), "", ("running", "automatic")),
        ((0, LOADED % "not running", ""), "", ("stopped", "automatic")),
        (
            (113, "", 'Could not find service "com.docker.vmnetd" in domain for system\n'),
            'disabled services = {\n\t"com.docker.vmnetd" => disabled\n}',
            ("stopped", "disabled"),
        ),
        # Before macOS 13, and the label of another daemon.
        ((113, "", ""), '{\n\t"com.docker.vmnetd" => true\n}', ("stopped", "disabled")),
        ((0, LOADED % "running", ""), '"com.docker.socket" => true', ("running", "automatic")),
    ],
)
def test_a_daemon_of_launchd(printed: Any, switches: str, expected: tuple[str, str]) -> None:
    def launchctl(argv: list[str], _timeout: float) -> list[Any]:
        return [*printed] if argv[1] == "print" else [0, switches, ""]

    told = daemon_of_macos("com.docker.vmnetd", launchctl)
    assert (told["status"], told["start"]) == expected


def test_a_daemon_that_launchd_does_not_know() -> None:
    with pytest.raises(Absent):
        daemon_of_macos("com.docker.vmnetd", lambda argv, _: [113 * (argv[1] == "print"), "", ""])
