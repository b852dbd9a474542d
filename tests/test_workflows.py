"""The definitions of CI: what they run is pinned, and what they may do is little."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    used = re.findall(r"uses: *(\S+)(.*)", path.read_text(encoding="utf-8"))
    assert used
    loose = [
        action
        for action, comment in used
        if not action.startswith("./")
        and not (re.search(r"@[0-9a-f]{40}$", action) and re.match(r" # v\d", comment))
    ]
    assert loose == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_job_may_write_or_keep_credentials(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
    assert set(re.findall(r"^ +[a-z-]+: (write|write-all|admin)\b", text, re.MULTILINE)) == set()
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")
    assert "pull_request_target" not in text


def test_the_suite_runs_on_all_systems_and_every_python() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    for system in ("ubuntu", "windows", "macos"):
        assert re.search(rf"os: \[.*{system}", text), system
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for version in re.findall(r'Python :: (3\.\d+)"', project):
        assert f'"{version}"' in text, version
