"""What is applied and undone was never there: generated files, and every real one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fixes.model import JSON, WSL_CONF, WSLCONFIG
from fixes.plan import Consents
from probes.formats.json_document import decode
from probes.formats.json_edit import REMOVED
from probes.formats.wsl_config import (
    WslEncodingError,
    WslUnreachable,
    edit_wsl,
    effective,
    parse_wsl,
)
from tests.fixes.kill_campaign import identity
from tests.fixes.workbench import apply, context, edit, fix_of, left_overs, plan_of, undo
from tests.formats.agreement import recorded_adversarial
from tests.formats.test_json_edit import (
    CHANGES,
    DOCUMENTS,
    changed,
    sources,
    tagged,
    text_of,
)

DATA = Path(__file__).parents[1] / "data"
MODES = st.sampled_from([0o400, 0o600, 0o640, 0o644, 0o664, 0o755])

JSON_FILES = [
    *(path.read_bytes() for path in sorted((DATA / "daemon-json").glob("*.json"))),
    *(path.read_bytes() for path in sorted((DATA / "docker-settings").glob("*.json"))),
    *(case.data for case in recorded_adversarial()),
]
JSON_CHANGES = [
    {("log-driver",): "local"},
    {("log-opts", "max-size"): "20m", ("debug",): REMOVED},
    {("hullcheck", "added"): [1, {"x": "ö"}], ("registry-mirrors",): REMOVED},
]
WSL_FILES = [
    (dialect, path.read_bytes())
    for dialect, folder in ((WSLCONFIG, "wslconfig"), (WSL_CONF, "wslconf"))
    for path in sorted((DATA / folder).glob(f"*.{dialect}"))
]
WSL_CHANGES = [
    {("wsl2", "memory"): "8GB", ("boot", "systemd"): "true"},
    {("wsl2", "swap"): None, ("boot", "command"): None, ("network", "hostname"): "a # b"},
]


@pytest.fixture(scope="module", autouse=True)
def package_manager_that_knows_nothing(tmp_path_factory):
    """Asking the real one takes 50 ms a file."""
    programs = tmp_path_factory.mktemp("programs")
    for name in ("dpkg-query", "rpm", "pacman", "apk"):
        if shutil.which(name):
            (programs / name).symlink_to("/bin/false")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture
def made(tmp_path):
    return context(tmp_path / "state")


def plan_all(changes):
    """One plan of a fix for each change: what one of them cannot edit is no matter to the others.

    The real files say who keeps them; here it is us.
    """
    fixes = [fix_of(change, id=f"fix-{n}") for n, change in enumerate(changes)]
    return plan_of(*fixes, consents=Consents(take_over=True))


def whole(path):
    return path.read_bytes(), identity(path)


def round_trip(folder, files, check):
    """Apply all changes at once, and again, and undo them; how many came of it what.

    ``files``: bytes, mode, format and settings of each; ``check`` is given the bytes before and
    after and the settings, after None where the edit was refused: the file is then what it was.
    """
    paths, changes = [], []
    for number, (data, mode, format_, wanted) in enumerate(files):
        path = folder / f"{number}"
        path.write_bytes(data)
        path.chmod(mode)
        if os.geteuid() == 0:
            os.chown(path, number % 3, number % 5)
        paths.append(path)
        changes.append(edit(path, wanted, format_))
    before = [whole(path) for path in paths]
    journal = context(folder / "state")

    plan = plan_all(changes)
    outcome = apply(plan, journal)
    assert outcome.state == "committed"
    after = [whole(path) for path in paths]
    for planned, old, new, (data, _, _, wanted) in zip(
        plan.fixes, before, after, files, strict=True
    ):
        assert (planned.outcome == "changes") == (new != old)
        assert new[1] == old[1]
        check(data, None if planned.outcome == "by-hand" else new[0], wanted)

    again = plan_all(changes)
    assert not again.changes
    outcomes = [planned.outcome for planned in plan.fixes]
    assert [f.outcome for f in again.fixes] == [
        "nothing" if outcome == "changes" else outcome for outcome in outcomes
    ]

    if plan.files:
        assert undo(outcome.id, journal).state == "committed"
    assert [whole(path) for path in paths] == before
    assert left_overs(folder) == []
    return Counter(outcomes)


def members(data):
    """The object in a file; None where there is none, which is no reason to refuse an edit.

    Raises: ValueError where the file is not JSON or holds something else.
    """
    root = decode(data).root
    if root is None or root.kind == "null":
        return None
    if root.kind != "object":
        raise ValueError(root.kind)
    return tagged(json.loads(text_of(data).strip()))


def check_json(data, after, wanted):
    """Only the named keys are others; where that cannot be, the edit was refused."""
    try:
        before = members(data)
        expected = changed(members(data) or {}, wanted)
    except (ValueError, KeyError):
        assert after is None
        return
    assert after is not None
    assert (members(after) or {}) == expected
    if before is not None:
        assert sources(after, wanted) == sources(data, wanted)


def check_wsl(dialect):
    def check(data, after, wanted):
        try:
            old = effective(parse_wsl(data, dialect))
            edit_wsl(data, wanted, dialect)
        except (WslEncodingError, WslUnreachable):
            assert after is None
            return
        assert after is not None
        expected = {k: v for k, v in old.items() if tuple(k.split(".", 1)) not in wanted}
        expected |= {f"{s}.{k}": v for (s, k), v in wanted.items() if v is not None}
        assert effective(parse_wsl(after, dialect)) == expected

    return check


# To make five hundred files smaller would take minutes; the test of one file does so.
@settings(max_examples=50, deadline=None, phases=set(Phase) - {Phase.shrink, Phase.explain})
@given(st.lists(st.tuples(DOCUMENTS, MODES, st.just(JSON), CHANGES), min_size=10, max_size=10))
def test_generated_files_come_back(files):
    with tempfile.TemporaryDirectory(prefix="hullcheck-") as folder:
        round_trip(Path(folder), files, check_json)


@pytest.mark.parametrize("wanted", JSON_CHANGES)
def test_every_real_json_file_comes_back(tmp_path, wanted):
    files = [(data, 0o644, JSON, wanted) for data in JSON_FILES]
    outcomes = round_trip(tmp_path, files, check_json)
    assert outcomes["changes"] > 200
    assert outcomes["by-hand"] > 50


@pytest.mark.parametrize("wanted", WSL_CHANGES)
@pytest.mark.parametrize("dialect", [WSLCONFIG, WSL_CONF])
def test_every_real_wsl_file_comes_back(tmp_path, dialect, wanted):
    files = [(data, 0o644, dialect, wanted) for of, data in WSL_FILES if of == dialect]
    assert round_trip(tmp_path, files, check_wsl(dialect))["changes"] > 20


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, st.lists(CHANGES, min_size=1, max_size=3))
def test_one_after_the_other_and_back(data, series):
    with tempfile.TemporaryDirectory(prefix="hullcheck-") as folder:
        path = Path(folder) / "daemon.json"
        path.write_bytes(data)
        journal = context(Path(folder) / "state")
        done = []
        for wanted in series:
            before = whole(path)
            plan = plan_all([edit(path, wanted)])
            if plan.files:
                done.append((apply(plan, journal).id, before))
        for id_, before in reversed(done):
            assert undo(id_, journal).state == "committed"
            assert whole(path) == before
