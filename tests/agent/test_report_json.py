from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import schemas
from agent.report.json_report import document, dump, moment, render
from probes.host import Host
from probes.host.bundle import contents
from tests.agent import sample_reports
from tests.agent.sample_reports import ALL
from tests.fake_host import FakeSource
from tests.records import replace


def validator(name):
    schema = schemas.load(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("timings", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_every_report_keeps_to_its_schema(name, timings):
    text = render(ALL[name], timings=timings)
    validator("report-1").validate(json.loads(text))
    assert ("timings" in json.loads(text)) is timings
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"schema": "hullcheck.report/2"},
        {"duration_ms": "fast"},
        {"findings": [{"id": "x"}]},
        {"summary": {"pass": -1}},
        {"incomplete": None},
        {"host": {}},
        {"engine": {}},
    ],
)
def test_the_schema_refuses_what_is_no_report(wrong):
    with pytest.raises(jsonschema.ValidationError):
        validator("report-1").validate(document(sample_reports.BAD) | wrong)


def test_the_schema_accepts_what_a_later_version_adds():
    grown = document(sample_reports.BAD)
    grown["later"] = grown["engine"]["later"] = grown["findings"][0]["later"] = {"any": 1}
    validator("report-1").validate(grown)


def test_it_says_what_the_report_says():
    value = document(sample_reports.BAD)
    first = value["findings"][0]
    assert value["schema"] == "hullcheck.report/1"
    assert value["tool"]["name"] == "hullcheck"
    assert value["host"]["os"] == {
        "name": "Debian GNU/Linux",
        "version": "12",
        "kernel": "6.1.0-28-amd64",
    }
    assert value["engine"]["flavour"] == "docker-ce"
    assert value["started"] == "2025-10-09T08:53:20Z"
    assert value["summary"] == {
        "pass": 104,
        "fail": {"error": 1, "warning": 1, "note": 7},
        "skip": 1,
        "unknown": 3,
        "crash": 0,
        "waived": 1,
    }
    assert first["evidence"][0] == {
        "source": "engine GET /info",
        "locator": "LoggingDriver",
        "value": "json-file",
        "wanted": "local",
    }
    assert first["reason"] is None
    assert first["fixes"] == ["log-rotation"]
    assert isinstance(first["mend"], list)


def test_what_the_host_does_not_tell_is_null():
    value = document(ALL["empty"])
    assert set(value["engine"].values()) == {None, False}
    assert value["host"]["hostname"] is None
    assert value["host"]["os"] == {"name": None, "version": None, "kernel": None}


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 1e300, -1e300])
def test_a_clock_that_no_calendar_holds_is_null(seconds):
    assert moment(seconds) is None
    text = render(replace(sample_reports.HEALTHY, started=seconds))
    validator("report-1").validate(json.loads(text))


def test_hostile_text_comes_out_as_data_alone():
    text = render(sample_reports.HOSTILE, timings=True)
    assert text.isascii()
    assert "\x1b" not in text
    assert "\x7f" not in text
    assert json.loads(text)["findings"][0]["summary"].startswith("\x1b]0;owned")


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(alphabet=st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), TREES, max_size=4))
def test_whatever_is_dumped_a_strict_reader_accepts(tree):
    def refuse(name):
        raise ValueError(name)

    text = dump(tree)
    assert all(c == "\n" or " " <= c <= "~" for c in text)
    read = json.loads(text, parse_constant=refuse)
    json.dumps(read, ensure_ascii=False).encode("utf-8")


def test_the_manifest_of_a_bundle_keeps_to_its_schema():
    host = Host(FakeSource())
    host.gauge("system")
    host.env("DOCKER_HOST")
    manifest = json.loads(contents(host, tool="0.1.0")["manifest.json"])
    validator("bundle-manifest-1").validate(manifest)
    for wrong in ({"schema": "hullcheck.bundle/2"}, {"questions": "3"}, {"created": None}):
        with pytest.raises(jsonschema.ValidationError):
            validator("bundle-manifest-1").validate(manifest | wrong)


def test_there_is_no_other_schema():
    with pytest.raises(KeyError):
        schemas.load("report-2")
