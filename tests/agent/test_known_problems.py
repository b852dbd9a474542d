"""Every problem that people report ends at a check or at a reason."""

import pytest

from agent import known_problems
from probes import load_checks
from probes.formats.desktop_log_patterns import CLIENT_PATTERNS
from tests.agent.cli_runner import hullcheck

CHECKS = load_checks()
ROWS = [*known_problems.LINUX, *known_problems.DESKTOP]


@pytest.mark.parametrize("problem", ROWS, ids=lambda row: row.symptom[:40])
def test_a_problem_ends_at_a_check_or_a_reason(problem):
    assert problem.checks or problem.reason
    assert set(problem.checks) <= set(CHECKS)


def test_all_that_the_fact_sheets_name_are_there():
    assert len(known_problems.DESKTOP) == 40
    assert len(known_problems.LINUX) >= 50


def test_a_message_of_the_client_is_explained():
    result = hullcheck("explain", "client-credential-helper-missing")
    assert result.code == 0
    assert "credential-helper-missing,wsl-interop-off" in result.out
    assert hullcheck("explain", "client-nonsense").code == 2


@pytest.mark.parametrize("pattern", CLIENT_PATTERNS, ids=lambda pattern: pattern.id)
def test_a_message_of_the_client_names_checks_that_exist(pattern):
    assert set(pattern.checks) <= set(CHECKS)
