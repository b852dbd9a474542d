"""Windows programs as a WSL distribution meets them: real processes, with what wsl.exe prints."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from probes import desktop_host
from probes.host import Absent, Garbled, Host, Refused
from probes.host.live import LiveSource

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs here are shell scripts")

VERSION = "WSL 버전: 2.6.1.0\r\n커널 버전: 6.6.87.2-1\r\nWindows 버전: 10.0.26100.6899\r\n"
SC_QUERY = """\
\r
SERVICE_NAME: vmcompute \r
        TYP                : 20  WIN32_SHARE_PROCESS  \r
        STATUS             : 4  RUNNING \r
                                (STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)\r
        WIN32_BEENDCODE    : 0  (0x0)\r
"""
SC_QC = """\
[SC] QueryServiceConfig ERFOLG\r
\r
SERVICE_NAME: vmcompute\r
        TYP                 : 20  WIN32_SHARE_PROCESS \r
        STARTTYP            : 3   DEMAND_START\r
        FEHLERSTEUERUNG     : 1   NORMAL\r
"""
REG_QUERY = """\
\r
HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\WSL\r
    AllowWSL    REG_DWORD    0x0\r
    Path    REG_EXPAND_SZ    C:\\Program Files\\x    y\r
    (Standard)    REG_SZ    \r
\r
HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\WSL\\Below\r
"""


class InsideWsl(LiveSource):
    """This machine, but for the gauge that says what it is: the commands are its own."""

    def answer(self, question, timeout):
        if question == ("gauge", "system"):
            told = super().answer(question, timeout)
            return {**told, "release": "6.6.87.2-microsoft-standard-WSL2"}
        if question in {("read", "/run/systemd/container"), ("env", "WSL_DISTRO_NAME")}:
            return b"wsl\n" if question[0] == "read" else "Ubuntu"
        return super().answer(question, timeout)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return Host(InsideWsl(), seconds=20)


def program(folder: Path, name: str, answers: dict[str, str], *, encoding: str) -> None:
    """A script that prints a text for its arguments, as bytes, and fails for all others."""
    cases = []
    for number, (words, text) in enumerate(answers.items()):
        file = folder / f"{name}.{number}"
        file.write_bytes(text.encode(encoding))
        cases.append(f'"{words}") cat "{file}" ;;')
    script = folder / name
    script.write_text(f'#!/bin/sh\ncase "$*" in\n{chr(10).join(cases)}\n*) exit 36 ;;\nesac\n')
    script.chmod(0o755)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-8"])
def test_wsl_exe(host: Host, tmp_path: Path, encoding: str) -> None:
    program(tmp_path, "wsl.exe", {"--version": VERSION}, encoding=encoding)
    assert host.output("wsl.exe", "--version") == VERSION
    assert desktop_host.wsl_versions(host) == ((2, 6, 1, 0), (10, 0, 26100, 6899))


def test_wsl_exe_is_asked_for_utf_8(host: Host, tmp_path: Path) -> None:
    script = tmp_path / "wsl.exe"
    script.write_text('#!/bin/sh\necho "$WSL_UTF8 $WSLENV"\n')
    script.chmod(0o755)
    assert host.output("wsl.exe").split()[0] == "1"
    assert "WSL_UTF8" in host.output("wsl.exe").split()[1].split(":")


def test_services_by_their_numbers_whatever_the_language(host: Host, tmp_path: Path) -> None:
    answers = {"query vmcompute": SC_QUERY, "qc vmcompute": SC_QC}
    program(tmp_path, "sc.exe", answers, encoding="utf-8")
    assert desktop_host.service(host, "vmcompute") == ("running", "manual")
    with pytest.raises(Absent, match="no service WslService"):
        desktop_host.service(host, "WslService")


def test_the_registry(host: Host, tmp_path: Path) -> None:
    key = r"HKLM\SOFTWARE\Policies\WSL"
    program(tmp_path, "reg.exe", {f"query {key}": REG_QUERY}, encoding="utf-8")
    told = desktop_host.registry(host, key)
    assert told.values == {"AllowWSL": 0, "Path": r"C:\Program Files\x    y", "": ""}
    assert told.keys == ("Below",)


def test_a_key_that_is_not_there_is_absent_and_another_failure_is_not(
    host: Host, tmp_path: Path
) -> None:
    script = tmp_path / "reg.exe"
    script.write_text('#!/bin/sh\n[ "$2" = "HKLM\\\\A" ] && exit 1\nexit 5\n')
    script.chmod(0o755)
    with pytest.raises(Absent):
        desktop_host.registry(host, r"HKLM\A")
    with pytest.raises(Refused):
        desktop_host.registry(host, r"HKLM\B")


def test_interop_that_is_off_is_said_to_be(host: Host, tmp_path: Path) -> None:
    # Without WSL's entry in binfmt_misc the kernel does not know how to run a PE file.
    image = tmp_path / "cmd.exe"
    image.write_bytes(b"MZ\x90\0" + bytes(60))
    image.chmod(0o755)
    with pytest.raises(Garbled, match="interop with Windows is off"):
        host.output("cmd.exe", "/d", "/c", "set")
