"""Asks the real dockerd whether a daemon.json is valid, without letting it touch the machine.

`dockerd --validate` is no pure reader: with userns-remap it adds a user. So it runs in a mount
namespace of its own, where the root file system is read-only and /etc is a throw-away overlay.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.engines import packages
from tests.engines.daemon import require_host
from tests.engines.packages import EngineUnavailable

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 60.0
_RELEASES = frozenset({"26", "28"})
_SETUP_FAILED = 97

# The root is read-only; /run and the changes to /etc lie in memory and die with the namespace.
_SCRIPT = f"""
set -e
trap 'exit {_SETUP_FAILED}' EXIT
mount -t tmpfs -o mode=700 tmpfs /mnt
mkdir /mnt/upper /mnt/work
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work overlay /etc ||
  {{ cp -a /etc /mnt/copy; mount --bind /mnt/copy /etc; }}
mount -t tmpfs tmpfs /run
mount -o remount,bind,ro /
trap - EXIT
exec "$@"
"""


def validate_config(release: str, path: Path) -> tuple[int, str]:
    """Run that release's `dockerd --validate --config-file`.

    Args:
        release: "26" or "28"; 20.10 has no such option.
        path: the file; not under /mnt or /run.

    Returns:
        The exit code, and what it said.
    """
    if release not in _RELEASES:
        raise ValueError(f"Docker {release} has no --validate")
    require_host()
    tools = packages.tools()
    engine = packages.engine(release)
    system = [os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    argv = ["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", _SCRIPT, "sh"]
    done = subprocess.run(
        [
            *argv,
            str(engine.program("dockerd")),
            "--validate",
            "--config-file",
            str(path.absolute()),
        ],
        env={
            "PATH": os.pathsep.join([*map(str, engine.bin_dirs), *system]),
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, tools.lib_dirs)),
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT_S,
        check=False,
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode == _SETUP_FAILED:
        raise EngineUnavailable(f"dockerd --validate cannot be isolated here: {said}")
    return done.returncode, said
