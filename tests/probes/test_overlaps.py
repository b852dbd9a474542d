"""Two checks that say the same thing of a host are heard once."""

from __future__ import annotations

import pytest

from probes import load_checks, overlaps
from probes.model import ERROR, FAIL, NOTE, PASS, SKIP, WARNING, Evidence, Finding

STATE, LOG = "address-pool-exhausted", "log-pool-exhausted"


def finding(name: str, outcome: str = FAIL, severity: str = WARNING, subject: str = "") -> Finding:
    return Finding(
        id=name,
        topic="network",
        title=name,
        outcome=outcome,
        severity=severity,
        subject=subject,
        summary=f"{name} says so",
        reason=None,
        evidence=(Evidence(name, "seen", "1"),),
        mend=("mend it",),
        fixes=(),
        references=(),
    )


def test_the_better_one_stays_with_the_evidence_and_the_worse_severity():
    kept, other = overlaps.merge([finding(STATE), finding(LOG, severity=ERROR)])
    assert (kept.outcome, kept.severity) == (FAIL, ERROR)
    assert [e.source for e in kept.evidence] == [STATE, LOG]
    assert (other.outcome, other.reason) == (SKIP, "address-pool-exhausted tells of it")
    assert not other.evidence
    assert not other.mend


@pytest.mark.parametrize("outcome", [PASS, SKIP])
def test_one_that_does_not_fail_tells_nothing(outcome: str):
    found = [finding(LOG), finding(STATE, outcome)]
    assert overlaps.merge(found) == found


def test_subjects_have_to_agree():
    low = finding("disk-space-low", subject="/var/lib/docker")
    below = [
        finding("disk-below-minimum", severity=NOTE, subject=x) for x in ("/var/lib/docker", "/x")
    ]
    merged = overlaps.merge([*below, low])
    assert [f.outcome for f in merged] == [SKIP, FAIL, FAIL]
    assert merged[2].severity == WARNING


def test_every_id_is_a_check_and_none_tells_of_itself():
    known = load_checks().keys()
    assert {*overlaps.TOLD_BY} <= known
    for name, tellers in overlaps.TOLD_BY.items():
        assert {*tellers} <= known, name
        assert name not in tellers
        assert not any(name in overlaps.TOLD_BY.get(teller, ()) for teller in tellers), name
