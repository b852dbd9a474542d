"""What several tests of the command line need."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import pytest

from tests.agent.cli_runner import ROOT


@pytest.fixture(scope="session")
def everyones_copy(tmp_path_factory):
    """The program where any user can read it, for the system's own Python."""
    folder = tmp_path_factory.mktemp("copy")
    for part in folder.parents:
        if part.stat().st_uid == 0 and part != Path("/") and part.name.startswith("pytest"):
            part.chmod(0o755)
    folder.chmod(0o755)
    for package in ("agent", "probes", "fixes"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("*.pyc"))
    site = Path(sysconfig.get_paths()["purelib"])
    for package in ("docker", "filelock", "platformdirs", "psutil", "rich", "tomli"):
        if (site / package).is_dir():
            shutil.copytree(site / package, folder / package)
    return folder
