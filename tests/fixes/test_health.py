"""Whether it is worse than before, and what a transaction makes of that."""

from __future__ import annotations

import pytest

from fixes.health import Examination, failing, worse
from probes.model import Finding
from tests.fixes import workbench as w

BEFORE = b'{"debug": false}'


def finding(id="some-defect", outcome="fail", severity="error", topic="storage", subject=""):  # noqa: A002
    return Finding(
        id, topic, "Title", outcome, severity, subject, "It is so.", None, (), (), (), ()
    )


@pytest.mark.parametrize(
    ("after", "is_worse"),
    [
        (finding(), True),
        (finding(severity="warning", topic="logging"), True),  # of a topic that was touched
        (finding(severity="warning"), False),
        (finding(severity="note", topic="logging"), False),
        (finding(outcome="unknown"), False),
        (finding("old-defect"), False),
        (finding("old-defect", subject="another"), False),
        (finding("daemon-config-pending", severity="warning", topic="logging"), False),
        (finding("log-layer-corrupt", topic="daemon-log"), False),
        (finding("memory-pressure-high"), False),
    ],
)
def test_worse(after, is_worse):
    before = failing([finding("old-defect")])
    assert bool(worse(before, [after], ["logging"])) is is_worse


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "daemon.json"
    path.write_bytes(BEFORE)
    return path


def applied(tmp_path, file, promised, *afterwards):
    """A fix that mends ``promised``, after which the doctor finds ``afterwards``."""
    plan = w.plan_of(w.fix_of(w.edit(file)))
    (planned,) = plan.fixes
    plan = plan._replace(fixes=(planned._replace(findings=(promised,)),))
    made = w.context(tmp_path / "state")._replace(
        examine=lambda: Examination(w.open_host(), afterwards)
    )
    return w.apply(plan, made)


def test_what_was_promised_and_passes_is_mended(tmp_path, file):
    outcome = applied(tmp_path, file, finding(), finding(outcome="pass"))
    assert (outcome.state, outcome.mended, outcome.remaining) == ("committed", ("some-defect",), ())


@pytest.mark.parametrize("outcome", ["unknown", "crash"])
def test_what_cannot_be_looked_at_again_is_not_called_mended(tmp_path, file, outcome):
    came = applied(tmp_path, file, finding(), finding(outcome=outcome))
    assert came.state == "committed"
    assert came.mended == ()
    assert "could not be looked at again" in came.remaining[0]


def test_what_is_no_longer_judged_is_not_called_mended(tmp_path, file):
    assert applied(tmp_path, file, finding(), finding(outcome="skip")).mended == ()


@pytest.mark.parametrize("after", [finding(), finding("new-defect")])
def test_still_there_or_worse_is_taken_back(tmp_path, file, after):
    outcome = applied(tmp_path, file, finding(), after)
    assert outcome.state == "rolled-back"
    assert after.id in outcome.reason
    assert file.read_bytes() == BEFORE
