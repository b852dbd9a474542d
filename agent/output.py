"""Where results go: a stream or a file, in the width and colours that the reader can take."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from agent.cli import UsageError

DEFAULT_WIDTH, MAX_WIDTH = 80, 200


def wants_colour(choice: str, stream: TextIO) -> bool:
    """--color, then FORCE_COLOR, NO_COLOR, CLICOLOR, TERM=dumb and whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    environment = os.environ
    if environment.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    if environment.get("NO_COLOR") or environment.get("CLICOLOR") == "0":
        return False
    return environment.get("TERM") != "dumb" and stream.isatty()


def width() -> int:
    """Columns to write for: COLUMNS, the terminal's own, else 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        columns = int(given)
    else:
        try:
            columns = os.get_terminal_size(sys.stdout.fileno()).columns or DEFAULT_WIDTH
        except (OSError, ValueError):
            columns = DEFAULT_WIDTH
    return max(40, min(columns, MAX_WIDTH))


def write(text: str | bytes, path: str | None, *, mode: int = 0o644) -> None:
    """Write a whole result to stdout (None or ``-``) or, in one step, to a file.

    Raises: UsageError when the file cannot be written; then nothing is left behind.
    """
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    if path in {None, "-"}:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    _replace(str(path), data, mode)


def _replace(path: str, data: bytes, mode: int) -> None:
    import tempfile

    folder = os.path.dirname(path) or "."
    try:
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
            os.chmod(aside, mode)
            os.replace(aside, path)
        except BaseException:
            os.unlink(aside)
            raise
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
