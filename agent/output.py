"""Where results go: a stream or a file, in the width and colours that the reader can take."""

from __future__ import annotations

import os
import stat
import sys
from typing import TextIO

from agent.cli import UsageError

DEFAULT_WIDTH, MAX_WIDTH = 80, 200


def wants_colour(choice: str, stream: TextIO, path: str | None = None) -> bool:
    """--color, then FORCE_COLOR, NO_COLOR, CLICOLOR, TERM=dumb and whether it is a terminal.

    Never for a file, unless --color asks for it.
    """
    if path not in {None, "-"}:
        return choice == "always"
    if choice != "auto":
        return choice == "always"
    environment = os.environ
    if environment.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    if environment.get("NO_COLOR") or environment.get("CLICOLOR") == "0":
        return False
    return environment.get("TERM") != "dumb" and stream.isatty() and _understands_colour()


def _understands_colour() -> bool:
    """Whether the terminal takes escape sequences; Windows' console has to be told to do so.

    Microsoft's documentation of SetConsoleMode: ENABLE_VIRTUAL_TERMINAL_PROCESSING, since Windows
    10 1511.
    """
    if os.name != "nt":
        return True
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    mode = ctypes.c_ulong()
    output = kernel.GetStdHandle(-11)  # STD_OUTPUT_HANDLE
    if not kernel.GetConsoleMode(output, ctypes.byref(mode)):
        return False
    return bool(kernel.SetConsoleMode(output, mode.value | 0x0004))


def width() -> int:
    """Columns to write for: COLUMNS, the terminal's own, else 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and len(given) < 10 and int(given) > 0:  # noqa: PLR2004 - digits
        columns = int(given)
    else:
        try:
            columns = os.get_terminal_size(sys.stdout.fileno()).columns or DEFAULT_WIDTH
        except (OSError, ValueError):
            columns = DEFAULT_WIDTH
    return max(40, min(columns, MAX_WIDTH))


def write(text: str | bytes, path: str | None, *, mode: int = 0o644) -> None:
    """Write a whole result to stdout (None or ``-``) or, in one step, to a file.

    A symbolic link is followed, and a file that is there keeps its permissions; a new one gets
    ``mode`` less the umask.

    Raises: UsageError when it cannot be written; then no file is left behind or changed.
    """
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    if path in {None, "-"}:
        _print(data)
    else:
        _replace(str(path), data, mode)


def _print(data: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read us has seen enough; the verdict is the exit code's to tell. What is left in
        # the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        what = error.strerror or "it is closed"
        if error.errno is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise UsageError(f"standard output: cannot be written: {what}") from None


def _replace(path: str, data: bytes, mode: int) -> None:
    import tempfile

    try:
        if not path:
            raise UsageError("-o needs the name of a file, or - for standard output")
        target = os.path.realpath(path)
        folder = os.path.dirname(target)
        if os.path.exists(path) and not os.path.isfile(path):
            # A device or pipe (/dev/stdout, a FIFO) is written to, never replaced.
            if os.path.isdir(path):
                raise UsageError(f"{path}: is a directory: name a file with -o")
            with open(path, "wb") as file:
                file.write(data)
            return
        descriptor, aside = tempfile.mkstemp(dir=folder, prefix=".hullcheck-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.chmod(aside, _permissions(target, mode))
            os.replace(aside, target)
        except BaseException:
            os.unlink(aside)
            raise
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def _permissions(path: str, mode: int) -> int:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return mode & ~mask
