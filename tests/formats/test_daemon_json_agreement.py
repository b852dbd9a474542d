"""Our verdicts against the recorded ones of the real judges, file by file."""

from __future__ import annotations

import pytest

from probes.formats.daemon_json import HostFacts, judge
from tests.formats import agreement
from tests.formats.real_judge import RELEASES

# The host on which the verdicts were recorded: no certificates, no users of the files, cgroup v1.
BARE = HostFacts(
    file_exists=lambda _: False,
    user_exists=lambda _: False,
    group_exists=lambda _: False,
    cgroup_v2=False,
)
# There the judge had made this user itself, for a file before (see userns-remap: default).
WITH_USER = HostFacts(
    file_exists=lambda _: False,
    user_exists=lambda name: name == "dockremap",
    group_exists=lambda name: name == "dockremap",
    cgroup_v2=False,
)
CORPUS = agreement.recorded_corpus()
ADVERSARIAL = agreement.recorded_adversarial()


def test_the_corpus_is_complete():
    assert len(CORPUS) == len(list(agreement.CORPUS.glob("*.json"))) == 234


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_real_files(case, release):
    ran_with_user = case.answers[release][0] == 0 and b"dockremap" in case.data
    host = WITH_USER if ran_with_user else BARE
    assert agreement.our_answer(case.data, release, host) == case.answers[release]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("case", ADVERSARIAL, ids=range(len(ADVERSARIAL)))
def test_adversarial_files(case, release):
    assert agreement.our_answer(case.data, release, BARE) == case.answers[release]


def test_there_are_enough_adversarial_files_of_both_verdicts():
    for release in RELEASES:
        refused = sum(case.answers[release][0] != 0 for case in ADVERSARIAL)
        assert refused > 60
        assert len(ADVERSARIAL) - refused > 30


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_without_facts_nothing_is_refused_for_the_machine(case):
    for problem in judge(case.data, engine="28.5.2"):
        assert not (problem.this_machine_only and problem.refused_by_engine)


def test_files_that_fail_on_this_machine_only_are_told_apart():
    needs_machine = 0
    for case in CORPUS:
        refused = [p for p in judge(case.data, engine="28.5.2", host=BARE) if p.refused_by_engine]
        if refused and all(problem.this_machine_only for problem in refused):
            needs_machine += 1
            assert not any(p.refused_by_engine for p in judge(case.data, engine="28.5.2"))
    assert needs_machine >= 3
