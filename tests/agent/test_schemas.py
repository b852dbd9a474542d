"""The documents that commands print, against the schemas that are shipped."""

from __future__ import annotations

import json
import os

import jsonschema
import pytest

from agent import schemas
from tests.agent.cli_runner import hullcheck

pytestmark = pytest.mark.skipif(os.name != "posix", reason="looks at this host, a Linux one")


def errors(name, document):
    validator = jsonschema.Draft202012Validator(schemas.load(name))
    return [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(document)]


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_schema_is_one_and_names_itself(name):
    schema = schemas.load(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    what, _, number = name.rpartition("-")
    assert schema["$id"] == f"urn:hullcheck:schema:{what}:{number}"


def test_lint(tmp_path):
    path = tmp_path / "daemon.json"
    path.write_text('{"log-drivr": "x", "host": [], "debug": "x", "mtu": true}')
    result = hullcheck("lint", "--format", "json", "--engine", "28", str(path), "/nope.json")
    told = json.loads(result.out)
    assert len(told["findings"]) >= 3
    assert told["unusable"]
    assert errors("lint-1", told) == []
    told["findings"][0]["line"] = "1"
    assert errors("lint-1", told) != []


def test_facts():
    told = json.loads(hullcheck("facts", env={"DOCKER_HOST": "unix:///nope"}).out)
    assert len(told["facts"]) > 10
    assert errors("facts-1", told) == []
    told["facts"]["disk"] = {"missing": "because", "reason": "x"}
    assert errors("facts-1", told) != []


def test_effective_of_no_engine_says_so_in_the_document():
    result = hullcheck("effective", "--format", "json", env={"DOCKER_HOST": "unix:///nope"})
    told = json.loads(result.out)
    assert result.code == 3
    assert (told["file"], told["settings"], len(told["incomplete"])) == (None, [], 1)
    assert errors("effective-1", told) == []


@pytest.mark.engine
def test_effective(any_engine):
    env = {"DOCKER_HOST": any_engine.host}
    told = json.loads(hullcheck("effective", "--format", "json", env=env).out)
    assert len(told["settings"]) > 60
    assert errors("effective-1", told) == []
    assert errors("facts-1", json.loads(hullcheck("facts", env=env).out)) == []


@pytest.mark.engine
def test_plan_applied_and_history(start_engine, tmp_path):
    engine = start_engine("28", config={"labels": ["a=b"]})
    engine.run_container("web", "--restart=always")
    env = {"DOCKER_HOST": engine.host, "HULLCHECK_STATE_DIR": str(tmp_path / "state")}

    def told(*arguments):
        return json.loads(hullcheck(*arguments, "--format", "json", env=env).out)

    plan = told("fix")
    assert plan["files"]
    assert plan["interruption"]["stops"]
    assert errors("plan-1", plan) == []
    assert errors("plan-1", told("fix", "storage-migration", "unused-volumes")) == []
    applied = told("fix", "log-rotation", "--apply", "--yes")
    assert applied["pending"]
    assert errors("applied-1", applied) == []
    assert errors("plan-1", applied["plan"]) == []
    engine.config_file.write_bytes(b"{}")
    refused = told("undo", "--yes")
    assert refused["outcome"] == "refused"
    assert refused["diff"]
    assert errors("applied-1", refused) == []
    history = told("history")
    assert history["transactions"]
    assert errors("history-1", history) == []
    del history["transactions"][0]["who"]
    assert errors("history-1", history) != []
