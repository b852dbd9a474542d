"""Runs the real `dockerd --validate` over many files in one private mount namespace."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from tests.engines import packages, validate
from tests.engines.daemon import require_host

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RELEASES = {"26": "26.1.5", "28": "28.5.2"}
_MARK = "\x1e"  # separates the answers; no message of dockerd contains it
_LOOP = f"""
for file in "$2"/*.json; do
  "$1" --validate --config-file "$file" 2>&1
  printf '{_MARK}%d{_MARK}' "$?"
done
"""
_LOG_LINE = re.compile(r'^time="[^"]*" level=\w+ .*?(?:\n|\Z)', re.MULTILINE)
_MIXED = re.compile(r"(mixed discrete and named resources in expression ').*")
_UNKNOWN = re.compile(r"(.*don't match any configuration option: )(.*)", re.DOTALL)


def ask(release: str, files: Sequence[bytes], directory: Path) -> list[tuple[int, str]]:
    """Exit code and normalised text of the judge for each file.

    Args:
        release: "26" or "28".
        files: the contents to judge.
        directory: an empty directory for them; not under /mnt or /run.

    The file's name is `F` in the texts.
    """
    require_host()
    for index, data in enumerate(files):
        (directory / f"{index:06}.json").write_bytes(data)
    engine, tools = packages.engine(release), packages.tools()
    system = [os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    done = subprocess.run(
        [
            *("unshare", "--mount", "--propagation", "private", "--"),
            *("/bin/sh", "-c", validate._SCRIPT, "sh", "/bin/sh", "-c", _LOOP, "sh"),
            str(engine.program("dockerd")),
            str(directory.absolute()),
        ],
        env={
            "PATH": os.pathsep.join([*map(str, engine.bin_dirs), *system]),
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, tools.lib_dirs)),
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    parts = done.stdout.decode("utf-8", "replace").split(_MARK)
    answers = [(int(code), text) for text, code in zip(parts[::2], parts[1::2], strict=False)]
    assert len(answers) == len(files), done.stderr.decode("utf-8", "replace")
    return [
        (code, normal(text.replace(f"{directory.absolute()}/{index:06}.json", "F")))
        for index, (code, text) in enumerate(answers)
    ]


def normal(text: str) -> str:
    """A text of the judge without what differs from run to run."""
    # The corpus keeps several lines of output in one, with bars between them.
    text = re.sub(r'^time="[^"]*" level=\w+ msg="(?:\\.|[^"])*" \| ', "", text)
    text = _LOG_LINE.sub("", text).strip()
    match = _UNKNOWN.match(text)
    if match:
        # Go walks its map in random order.
        text = match[1] + ", ".join(sorted(match[2].split(", ")))
    return _MIXED.sub(r"\1", text)
