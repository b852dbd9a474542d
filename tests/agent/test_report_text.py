from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from agent.report import json_report
from agent.report.layout import both_ends, cells, wrap
from agent.report.text import render
from probes.model import OUTCOMES, SEVERITIES, Evidence
from tests.agent import sample_reports
from tests.agent.sample_reports import ALL, finding, report
from tests.records import replace

GOLDEN = Path(__file__).parent.parent / "data" / "reports"
SGR = re.compile(r"\x1b\[[0-9;]*m")
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)


def show(shown, *, width=80, colour=False, verbose=False, timings=False):
    return render(shown, width=width, colour=colour, verbose=verbose, timings=timings)


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("name", [name for name in ALL if name != "huge"])
def test_it_reads_as_it_was_approved(name, width):
    """HULLCHECK_APPROVE=1 writes the files anew: read the diff before it is committed."""
    file = GOLDEN / f"{name}-{width}.txt"
    text = show(ALL[name], width=width)
    if os.environ.get("HULLCHECK_APPROVE"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_verbose_and_timings_read_as_approved():
    few = replace(sample_reports.BAD, findings=sample_reports.BAD.findings[:16])
    file = GOLDEN / "bad-verbose-80.txt"
    text = show(few, verbose=True, timings=True)
    if os.environ.get("HULLCHECK_APPROVE"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_colour_only_adds(name, verbose):
    plain = show(ALL[name], verbose=verbose, timings=True)
    coloured = show(ALL[name], colour=True, verbose=verbose, timings=True)
    assert "\x1b" not in plain
    assert SGR.sub("", coloured) == plain
    assert name == "empty" or coloured != plain


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("name", ["healthy", "bad", "no-engine", "denied", "incomplete", "wide"])
def test_only_what_is_pasted_whole_is_wider_than_the_terminal(name, width):
    for line in show(ALL[name], width=width, verbose=True).splitlines():
        words = line.split()
        pasted = any(word in {"sudo", "docker", "hullcheck"} for word in words[:4])
        assert cell_len(line) <= width or pasted or len(words) == 1, line


@pytest.mark.parametrize("width", [80, 120])
def test_ids_end_at_the_right_edge_also_after_wide_characters(width):
    text = show(sample_reports.WIDE, width=width)
    headings = [x for x in text.splitlines() if x.startswith("WARNING")]
    assert len(headings) == 2
    assert {cell_len(x) for x in headings} == {width}


def test_a_command_is_never_cut():
    mend = sample_reports.MTU.mend[0]
    for width in (40, 80, 200):
        assert mend in show(sample_reports.BAD, width=width)


def test_subjects_of_one_check_stand_under_one_heading():
    text = show(sample_reports.BAD)
    assert text.count("memory-unlimited\n") == 2  # the heading and how to see the rest
    assert text.count("A container may take all memory") == 1
    assert text.count("docker update --memory") == 1
    assert "and 2 more of these: hullcheck doctor -v --only memory-unlimited" in text
    assert "web-7" not in text
    assert "web-7" in show(sample_reports.BAD, verbose=True)


def test_failures_come_by_severity_whatever_the_order_of_the_report():
    shuffled = replace(sample_reports.BAD, findings=tuple(reversed(sample_reports.BAD.findings)))
    words = re.findall(r"^(ERROR|WARNING|NOTE)\b", show(shuffled), re.MULTILINE)
    assert words == ["ERROR", "WARNING", "NOTE"]


def test_a_healthy_host_gets_a_few_calm_lines():
    lines = show(sample_reports.HEALTHY).splitlines()
    assert len(lines) <= 6
    assert any("All is well" in line for line in lines)


def test_unknowns_are_told_in_a_few_lines():
    text = show(sample_reports.DENIED)
    assert "30 need root to look: sudo hullcheck doctor\n" in text


def test_no_engine_is_said_kindly_and_an_engine_that_does_not_answer_is_not_called_none():
    assert "No container engine was found here" in show(sample_reports.NO_ENGINE)
    denied = show(sample_reports.DENIED)
    assert "No container engine" not in denied
    assert "not reachable at unix:///var/run/docker.sock" in denied


def test_a_crash_asks_to_be_reported_once_and_the_rest_is_shown():
    crashes = tuple(finding(f"c-{n}", "crash", "probe failed: KeyError") for n in range(9))
    text = show(replace(sample_reports.BAD, findings=(*crashes, *sample_reports.BAD.findings)))
    assert text.count("CRASH") == 1
    assert text.count("hullcheck bundle save") == 1
    assert "It took c-0, c-1, c-2, c-3, c-4, c-5 and 3 more with it." in text
    assert "log-rotation-unbounded" in text


def test_waivers_are_listed_with_their_reason():
    text = show(sample_reports.BAD)
    assert "1 waived" in text
    assert "tcp-socket-unauthenticated (tcp://0.0.0.0:2375): behind the lab's" in text


def test_timings_are_sorted_by_what_they_cost():
    text = show(sample_reports.HEALTHY, timings=True)
    assert re.findall(r"^(clock|disk|logging) ", text, re.MULTILINE) == ["disk", "logging", "clock"]


def test_a_huge_report_stays_readable():
    text = show(sample_reports.HUGE)
    assert len(text) < 10_000
    assert "2,002 checks with 3,001 results" in text


@pytest.mark.parametrize("colour", [False, True])
def test_nothing_of_a_hostile_host_reaches_the_terminal(colour):
    text = SGR.sub("", show(sample_reports.HOSTILE, colour=colour, verbose=True, timings=True))
    assert not [
        c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]
    assert "[bold red]hi[/]" in text


FINDINGS = st.builds(
    lambda id_, outcome, severity, text, subject, evidence, mend: finding(
        id_,
        outcome,
        text,
        *([Evidence(*evidence)] if outcome in {"pass", "fail"} else []),
        severity=severity,
        subject=subject,
        mend=tuple(mend),
        title=text,
        look=subject,
    ),
    id_=st.sampled_from(["a-b", "c-d", "e-f", "g"]),
    outcome=st.sampled_from(OUTCOMES),
    severity=st.sampled_from(SEVERITIES),
    text=ANY_TEXT,
    subject=ANY_TEXT,
    evidence=st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT),
    mend=st.lists(ANY_TEXT, max_size=2),
)


@given(st.lists(FINDINGS, max_size=12), st.integers(1, 300), st.booleans(), st.booleans())
def test_whatever_the_findings_say_it_renders_and_hides_nothing(findings, width, colour, verbose):
    text = show(report(*findings), width=width, colour=colour, verbose=verbose)
    plain = SGR.sub("", text)
    assert all(c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"} for c in plain)
    assert "\n\n\n" not in plain
    plain.encode("utf-8")


@given(st.lists(FINDINGS, max_size=20))
def test_both_formats_count_the_same(findings):
    shown = report(*findings)
    # The count line is the last that counts: all before it may hold text of the host.
    line = [x for x in show(shown, width=120).splitlines() if re.match(r"[\d,]+ checks?\b", x)][-1]
    summary = json_report.document(shown)["summary"]
    counted = {
        word: int(number.replace(",", ""))
        for number, word in re.findall(
            r"([\d,]+) (pass|error|warning|note|unknown|crashed|waived|skipped)", line
        )
    }
    expected = {
        "pass": summary["pass"],
        **summary["fail"],
        "unknown": summary["unknown"],
        "crashed": summary["crash"],
        "waived": summary["waived"],
        "skipped": summary["skip"],
    }
    assert counted == {word: n for word, n in expected.items() if n or word == "pass"}
    assert sum(expected.values()) == len(findings)


@given(ANY_TEXT, st.integers(20, 100))
def test_wrapping_loses_nothing_but_spaces(text, room):
    assert "".join(wrap(text, room)).replace(" ", "") == "".join(text.split()).replace(" ", "")


def test_a_title_that_is_too_long_leaves_the_id_a_line_of_its_own():
    assert both_ends("a b", "id", 10, str) == ["a b     id"]
    assert both_ends("123456789", "id", 10, str) == ["123456789", "        id"]


def test_width_of_wide_and_combining_characters():
    assert [cells(x) for x in ("abc", "컨테", "e\u0301")] == [3, 4, 1]


def test_showing_text_needs_no_rich():
    code = (
        "import sys; from tests.agent.sample_reports import BAD; from agent.report.text import "
        "render; render(BAD, width=80, colour=True, verbose=True, timings=True); "
        "sys.exit('rich' in sys.modules)"
    )
    root = Path(__file__).parent.parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
