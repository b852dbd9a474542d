"""docs/writing-a-fix.md, carried out in a copy of the program."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from tests.agent.cli_runner import ROOT

PAGE = (ROOT / "docs" / "writing-a-fix.md").read_text()
MODULE, TEST = re.findall(r"^`((?:fixes|tests)/[\w/]+\.py)`", PAGE, re.MULTILINE)[1:]
ENTRY, FUNCTION, TESTED = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def copy(tmp_path):
    """The program with the fix of the page."""
    for name in ("agent", "probes", "fixes", "tests", "docs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    table = tmp_path / "fixes" / "__init__.py"
    text = table.read_text()
    assert text.count("\n}\n") == 1
    table.write_text(text.replace("\n}\n", f"\n{ENTRY}}}\n"))
    (tmp_path / MODULE).write_text(FUNCTION)
    (tmp_path / TEST).write_text(TESTED)
    return tmp_path


def run(copy, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def passed(copy, *arguments):
    """How many tests pass."""
    options = ["-q", "-p", "no:cacheprovider", "--override-ini=addopts=--import-mode=importlib"]
    return int(
        re.search(r"^(\d+) passed", run(copy, "pytest", *options, *arguments), re.MULTILINE)[1]
    )


def test_the_fix_of_the_page_works(copy):
    assert passed(copy, TEST) == TESTED.count("def test_")
    run(copy, "agent.docs_pages", "docs")
    page = (copy / "docs" / "checks" / "daemon-experimental-on.md").read_text()
    assert "(../fixes/daemon-experimental.md)" in page
    assert "## What it costs" in (copy / "docs" / "fixes" / "daemon-experimental.md").read_text()
    described = "daemon-experimental or daemon_experimental or both or complete or pages"
    assert passed(
        copy, "tests/agent/test_explain.py", "tests/agent/test_listing.py", "-k", described
    )
    assert "\ndaemon-experimental " in run(copy, "agent", "list", "fixes")
    assert "What it costs" in run(copy, "agent", "explain", "daemon-experimental")


def test_the_function_is_as_the_linters_want_it(copy):
    ruff = shutil.which("ruff", path=str(ROOT / ".venv" / "bin")) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed here")
    for arguments in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [ruff, *arguments, "--no-cache", MODULE, TEST],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
