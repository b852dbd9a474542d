"""Commands that the live host runs: without a shell, without input, with a time limit."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import Any

from probes.host.questions import OUTPUT_LIMIT, Absent, Garbled, Slow, Unreadable

WINDOWS = os.name == "nt"

SBIN = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/snap/bin")
"""Searched after PATH: a plain user's PATH has no sbin, and the tools there answer reads."""

HOMEBREW = (
    "/opt/homebrew/bin",
    "/usr/local/bin",
    "/Applications/Docker.app/Contents/Resources/bin",
)
"""Searched after PATH on macOS: what is started by launchd or by ssh has not the shell's PATH."""

SYSTEM32 = (r"\System32", r"\System32\WindowsPowerShell\v1.0", r"\System32\Wbem")
"""Searched after PATH on Windows, below %SystemRoot%."""


def run_command(argv: list[str], timeout: float) -> list[Any]:
    """Exit status, standard output and standard error of a command that only reads.

    It runs in a process group of its own, which ends with the time limit. LC_ALL=C holds where the
    program knows it. WSL_UTF8 asks wsl.exe for UTF-8 (microsoft/WSL src/windows/common/
    WslClient.cpp), and WSLENV passes that on through interop; an older wsl.exe writes UTF-16, which
    is recognised.

    Raises: Absent, Denied, Slow, Garbled.
    """
    import subprocess

    folders = search_path(os.environ.get("PATH", ""), os.environ.get("SYSTEMROOT", ""))
    program = find_program(argv[0], folders)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANGUAGE"))},
        "LC_ALL": "C",
        "PATH": os.pathsep.join(folders),
        "SYSTEMD_PAGER": "",
        "SYSTEMD_COLORS": "0",
    }
    if argv[0].endswith(".exe"):
        environment["WSL_UTF8"] = "1"
        passed = [name for name in environment.get("WSLENV", "").split(":") if name]
        environment["WSLENV"] = ":".join([*passed, "WSL_UTF8"])
    group: dict[str, Any] = {"start_new_session": True}
    if WINDOWS:
        # No console window flashes up when hullcheck itself has none.
        group = {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
    try:
        process = subprocess.Popen(  # noqa: S603 - an absolute program and a list, no shell
            [program, *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            **group,
        )
    except OSError as error:
        raise _not_started(error, argv[0], program) from None
    _running[process.pid] = process
    try:
        collect = _collect_by_threads if WINDOWS else _collect
        code, *texts = collect(process, argv, timeout)
    finally:
        _running.pop(process.pid, None)
    return [code, *(_text(data) for data in texts)]


def search_path(path: str, system_root: str) -> list[str]:
    """Where programs are looked for: the absolute folders of PATH, then those of the system.

    An empty or relative entry means the folder we happen to be in: nothing is run out of that.
    """
    import sys

    given = [entry for entry in path.split(os.pathsep) if os.path.isabs(entry)]
    if WINDOWS:
        return [*given, *(system_root + folder for folder in SYSTEM32 if system_root)]
    return [*given, *(HOMEBREW if sys.platform == "darwin" else ()), *SBIN]


def find_program(name: str, folders: list[str]) -> str:
    """The program's whole path.

    Each folder is asked by itself: shutil.which with a bare name looks in the current directory
    first on Windows (Python documentation, ``shutil.which``).

    Raises: Absent.
    """
    import shutil

    if os.path.isabs(name):
        found = shutil.which(name)
    else:
        joined = (shutil.which(os.path.join(folder, name)) for folder in folders)
        found = next((path for path in joined if path), None)
    if found is None:
        raise Absent(f"there is no command {name}")
    return found


def _not_started(error: OSError, name: str, program: str) -> Unreadable:
    import errno

    if error.errno == errno.ENOEXEC and name.endswith(".exe"):
        # MicrosoftDocs/WSL WSL/troubleshooting.md, "Running Windows commands fails".
        return Garbled(f"{name} cannot be run from here: WSL's interop with Windows is off")
    from probes.host.files import as_unreadable

    return as_unreadable(error, program)


_running: dict[int, Any] = {}


def end_commands() -> None:
    """End the commands that are still running: nobody waits for them any more."""
    for process in tuple(_running.values()):
        _end(process)


def _collect(process: Any, argv: list[str], timeout: float) -> tuple[int, bytes, bytes]:  # noqa: ANN401 - Popen
    import selectors
    import subprocess

    ends = time.monotonic() + timeout
    parts: dict[str, list[bytes]] = {"out": [], "err": []}
    size = 0
    with process, selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, "out")
        selector.register(process.stderr, selectors.EVENT_READ, "err")
        while selector.get_map():
            left = ends - time.monotonic()
            events = selector.select(left) if left > 0 else []
            if not events or size > OUTPUT_LIMIT:
                _end(process)
                raise _too_much(argv) if events else _too_late(argv, timeout)
            for key, _ in events:
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    selector.unregister(key.fileobj)
                size += len(chunk)
                parts[key.data].append(chunk)
        try:
            code = process.wait(max(ends - time.monotonic(), 0.05))
        except subprocess.TimeoutExpired:
            _end(process)
            raise _too_late(argv, timeout) from None
    return code, b"".join(parts["out"]), b"".join(parts["err"])


def _collect_by_threads(process: Any, argv: list[str], timeout: float) -> tuple[int, bytes, bytes]:  # noqa: ANN401 - Popen
    """The same where pipes cannot be selected (Windows): a thread reads each of them."""
    import subprocess
    import threading

    ends = time.monotonic() + timeout
    kept: dict[str, bytes] = {}
    over = threading.Event()

    def drain(name: str, pipe: Any) -> None:  # noqa: ANN401 - a pipe
        parts, size = [], 0
        with pipe:
            while chunk := pipe.read1(1 << 16):
                parts.append(chunk)
                size += len(chunk)
                if size > OUTPUT_LIMIT:
                    over.set()
                    break
        kept[name] = b"".join(parts)

    threads = [
        threading.Thread(target=drain, args=(name, pipe), daemon=True)
        for name, pipe in (("out", process.stdout), ("err", process.stderr))
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and not over.is_set():
        if time.monotonic() >= ends:
            break
        threads[0].join(0.02)
        threads[1].join(0.02)
    if over.is_set():
        _end(process)
        raise _too_much(argv)
    try:
        if any(thread.is_alive() for thread in threads):
            raise subprocess.TimeoutExpired(argv, timeout)
        code = process.wait(max(ends - time.monotonic(), 0.05))
    except subprocess.TimeoutExpired:
        # What it has started may hold the pipes open for ever: their readers are left behind.
        _end(process)
        raise _too_late(argv, timeout) from None
    return code, kept["out"], kept["err"]


def _too_much(argv: list[str]) -> Garbled:
    return Garbled(f"`{' '.join(argv)}` printed more than {OUTPUT_LIMIT} bytes")


def _too_late(argv: list[str], timeout: float) -> Slow:
    return Slow(f"`{' '.join(argv)}` did not end within {timeout:.1f} s")


def _end(process: Any) -> None:  # noqa: ANN401 - Popen
    """End a command with all that it has started."""
    if not WINDOWS:
        import signal

        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
        return
    import contextlib
    import subprocess

    import psutil

    try:
        family = [*psutil.Process(process.pid).children(recursive=True), process]
    except psutil.Error:
        family = [process]
    for member in family:
        with contextlib.suppress(psutil.Error, OSError):
            member.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1.0)


def _text(data: bytes) -> str:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        pass
    else:
        if "\0" not in text:
            return text
    from probes.formats.text_encoding import decode

    return decode(data, otherwise=console_code_page())


@lru_cache(maxsize=1)
def console_code_page() -> str:
    """What the console programs of this Windows write in (cp437, cp850, cp949...); else UTF-8.

    GetOEMCP, Microsoft's documentation of winnls.h.
    """
    if not WINDOWS:
        return "utf-8"
    import ctypes

    return f"cp{ctypes.windll.kernel32.GetOEMCP()}"  # type: ignore[attr-defined,unused-ignore]
