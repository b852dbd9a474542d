"""The documents that commands print, against the schemas that are shipped."""

from __future__ import annotations

import json
import os
from importlib import import_module

import jsonschema
import pytest

from agent import doctor, mending, schemas
from agent.commands import bundle
from agent.report import history_json, plan_json
from agent.report.model import Report
from agent.settings import Settings
from fixes import FIXES, interruption, journal
from fixes.health import Examination
from fixes.model import (
    BY_HAND,
    CHANGES,
    KINDS,
    NEW_LOGIN,
    NOTHING,
    RECREATE,
    RESTART_ENGINE,
    RESTART_UNIT,
    RISKS,
    UNKNOWN,
    Command,
    Effect,
    EmptyFile,
    EngineCall,
    RemoveFile,
    SetSysctl,
    by_hand,
    nothing,
)
from fixes.plan import EFFECT_ORDER, Plan
from fixes.transaction import Changed, Outcome
from probes.host import Denied, Host
from probes.model import Finding, Missing
from tests.agent.cli_runner import hullcheck
from tests.agent.sample_reports import ENGINE, HOST, NO_HOST, UNREACHED
from tests.fixes.workbench import apply, context, edit, fix_of, open_host, plan_of, undo
from tests.hosts.machine import HOSTS
from tests.records import replace

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


# -- plans, what came of them, the journal ----------------------------------------------------------

REPORT = Report(HOST, ENGINE, 1_800_000_000.0, 1, (), ("disk: it took too long",), ())
FINDING = Finding(
    id="log-rotation-unbounded",
    topic="logging",
    title="Logs grow",
    outcome="fail",
    severity="warning",
    subject="",
    summary="They do.",
    reason=None,
    evidence=(),
    mend=(),
    fixes=("log-rotation",),
    references=(),
)


def closed(schema):
    """The schema with no room for a key that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    return found | ({"additionalProperties": False} if "properties" in schema else {})


def misfits(name, document):
    """What a document has that its schema does not say, or the other way round."""
    value = json.loads(document) if isinstance(document, str) else document
    validator = jsonschema.Draft202012Validator(closed(schemas.load(name)))
    found = [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(value)]
    if name == "plan-1":
        report = schemas.load("report-1")["properties"]
        for key in ("host", "engine"):
            told = jsonschema.Draft202012Validator(report[key]).iter_errors(value[key])
            found += [f"{key}: {error.message}" for error in told]
    return found


def planned(plan, report=REPORT):
    return mending.Planned(plan, report, Examination(open_host(), ()), lambda: None)


def test_a_plan_with_everything_in_it(tmp_path):
    file, old = tmp_path / "daemon.json", tmp_path / "old"
    file.write_text('{"debug": false}')
    old.write_text("x")
    everything = fix_of(
        edit(file),
        edit(tmp_path / "new" / "made.json"),
        RemoveFile(str(old)),
        SetSysctl("vm.max_map_count", "262144", "65530"),
        Command(("modprobe", "overlay"), ("modprobe", "-r", "overlay"), "load it"),
        Command(("usermod", "-aG", "docker", "ann")),
        EngineCall("remove-volume", "v", {}, ("docker", "volume", "rm", "v"), 4096),
        EngineCall("prune-build-cache", "", {"all": True}, ("docker", "builder", "prune"), None),
        EmptyFile("/var/lib/docker/containers/a/a-json.log", 1 << 30),
        steps=("docker rm -f web",),
    )

    def unseen(host, request):
        raise Denied("/etc/docker may not be read", look="sudo ls /etc/docker")

    plan = plan_of(
        everything,
        replace(fix_of(id="other"), plan=lambda host, request: nothing("it is so already")),
        replace(fix_of(id="hand"), plan=lambda host, request: by_hand("nobody can", "do it")),
        replace(fix_of(id="unseen"), plan=unseen),
        fix_of(edit("/usr/lib/hullcheck-test/x.json"), id="owned"),
    )
    plan = plan._replace(
        fixes=tuple(replace(item, findings=(FINDING,)) for item in plan.fixes),
        effects=tuple(Effect(kind, "it", "do it") for kind in EFFECT_ORDER),
        interruption=interruption.Interruption(
            3,
            (
                interruption.Interrupted("web", returns=True, because="restart policy always"),
                interruption.Interrupted("job", returns=False, because="restart policy no"),
                interruption.Interrupted("db", returns=None, because="it could not be read"),
            ),
            seconds=12,
            sessions=interruption.ALWAYS_END,
        ),
    )
    told = json.loads(plan_json.render(planned(plan), "hullcheck fix --apply"))
    assert misfits("plan-1", told) == []
    assert [x["outcome"] for x in told["fixes"]] == [CHANGES, NOTHING, BY_HAND, UNKNOWN, BY_HAND]
    assert [x["name"] for x in told["fixes"][4]["owners"]] == ["the distribution's packages"]
    assert [x["kind"] for x in told["effects"]] == list(EFFECT_ORDER)
    assert len(told["actions"]) == 6
    assert {x["before"] is None for x in told["files"]} == {True, False}
    assert {x["after"] is None for x in told["files"]} == {True, False}


@pytest.mark.parametrize(
    "told",
    [
        None,
        interruption.Interruption(Missing("nobody knows", "denied")),
        interruption.Interruption(2, live_restore=True, sessions=interruption.ALWAYS_END),
    ],
)
@pytest.mark.parametrize("report", [REPORT, replace(REPORT, host=NO_HOST, engine=UNREACHED)])
def test_plans_with_little_in_them(told, report):
    plan = Plan((), effects=(Effect(RESTART_ENGINE),), interruption=told, recorded=True)
    assert misfits("plan-1", plan_json.render(planned(plan, report), "")) == []
    assert misfits("plan-1", plan_json.render(planned(Plan(()), report), "")) == []


@pytest.mark.parametrize("name", HOSTS)
def test_plans_of_recorded_hosts(name):
    machine = import_module(f"tests.hosts.{name}").machine()
    for wish in (mending.Wish(), mending.Wish(fixes=tuple(FIXES), allow_destructive=True)):
        made = mending.plan(lambda: Host(machine, seconds=60), Settings(), wish)
        told = plan_json.document(made)
        assert misfits("plan-1", json.loads(json.dumps(told))) == []
        assert [x["id"] for x in told["fixes"]] == list(wish.fixes) or not wish.fixes


@pytest.mark.parametrize(
    "name", ["ubuntu_2404", "debian12_docker_io", "centos7_denied", "rootless_ubuntu", "wsl2"]
)
def test_the_plan_of_a_bundle_and_its_fix_by_name(name, tmp_path):
    host = Host(import_module(f"tests.hosts.{name}").machine(), seconds=60)
    report = doctor.run(host, doctor.EVERYTHING, Settings())
    bundle.write(host, report, str(tmp_path / "host.tar.gz"))
    for words in ((), ("live-restore", "inotify", "wsl-memory", "unused-volumes")):
        done = hullcheck("fix", *words, "--from", str(tmp_path / "host.tar.gz"), "--format", "json")
        assert (done.code, done.err) == (0, "")
        told = json.loads(done.out)
        assert misfits("plan-1", told) == []
        assert told["recorded"]
        assert told["apply"] is None
        assert told["host"]["hostname"] == report.host.hostname
        assert len(told["fixes"]) >= len(words)


def test_what_came_of_a_transaction_and_the_history_of_it(tmp_path):
    file = tmp_path / "daemon.json"
    file.write_text('{"debug": false}')
    made = context(tmp_path / "state")
    failing = fix_of(edit(file, {("icc",): False}), Command(("false",)), id="failing")
    login = fix_of(edit(file), effects=(Effect(NEW_LOGIN, "ann", "log out and in"),))

    plan = plan_of(login)
    done = apply(plan, made)
    told = json.loads(plan_json.applied(done, planned(plan)))
    assert misfits("applied-1", told) == []
    assert misfits("plan-1", told["plan"]) == []
    assert (told["outcome"], told["transaction"]) == ("applied", done.id)
    assert [x["kind"] for x in told["pending"]] == [NEW_LOGIN]

    plan = plan_of(failing)
    told = json.loads(plan_json.applied(apply(plan, made), planned(plan)))
    assert misfits("applied-1", told) == []
    assert (told["outcome"], bool(told["reason"])) == ("rolled-back", True)

    told = json.loads(plan_json.applied(undo(done.id, made), None))
    assert misfits("applied-1", told) == []
    assert (told["plan"], told["undoes"]) == (None, done.id)

    again = apply(plan_of(login), made)
    file.write_text("{}")
    with pytest.raises(Changed) as refusal:
        undo(again.id, made)
    told = json.loads(plan_json.refused(str(refusal.value), diff=refusal.value.diff))
    assert misfits("applied-1", told) == []
    assert (told["outcome"], bool(told["diff"])) == ("refused", True)

    entries = made.journal.entries()
    told = json.loads(history_json.render(entries, entries))
    assert misfits("history-1", told) == []
    states = [(x["state"], x["in_force"]) for x in told["transactions"]]
    assert states == [
        ("committed", False),
        ("rolled-back", False),
        ("committed", True),
        ("committed", True),
    ]
    first, _, third, _ = told["transactions"]
    assert (first["undone_by"], third["undoes"]) == (third["id"], first["id"])


def test_a_transaction_that_nobody_could_take_back():
    outcome = Outcome(
        "20261125-015031-3f2a",
        "stuck",
        "the disk is gone",
        said=("wrote /etc/docker/daemon.json",),
        pending=(
            Effect(RECREATE, "web", "docker compose up -d"),
            Effect(RESTART_UNIT, "x.service"),
        ),
        remaining=("log-rotation-unbounded",),
        by_hand=("cp /var/lib/hullcheck/x /etc/docker/daemon.json",),
    )
    told = json.loads(plan_json.applied(outcome, planned(Plan(()))))
    assert misfits("applied-1", told) == []
    assert (told["outcome"], told["recreate"]) == ("stuck", ["web"])


def test_a_transaction_of_every_kind_in_the_history(tmp_path):
    made = journal.Journal(str(tmp_path))
    record = journal.Record(
        id="20261125-015031-3f2a",
        started=1_800_000_000.0,
        who={"uid": 0, "name": "root", "sudo_user": "ann"},
        version="1",
        fixes=("a-fix",),
        summary="Do it",
        files=(),
        actions=(
            SetSysctl("vm.x", "1", "0"),
            Command(("modprobe", "overlay")),
            EngineCall("remove-volume", "v", {}, ("docker", "volume", "rm", "v"), 4096),
            EmptyFile("/x.log", 1),
        ),
        effects=(journal.Done("reload-units", ("systemctl", "daemon-reload")),),
        findings=({"id": "x", "subject": "", "severity": "warning", "summary": "It is so."},),
    )
    made.begin(record)
    entries = made.entries()
    # The last state ends it.
    for event in sorted(journal._STATES, key=lambda state: state == journal.STUCK):
        told = json.loads(history_json.render(entries, entries))
        assert misfits("history-1", told) == []
        assert len(told["transactions"][0]["actions"]) == 4
        made.add(record.id, event, **({"reason": "the disk is gone"} if event == "stuck" else {}))
        entries = made.entries()
    told = json.loads(history_json.render(entries, entries))
    assert misfits("history-1", told) == []
    assert told["transactions"][0]["state"] == "stuck"
    assert misfits("history-1", history_json.render([], [])) == []


def test_the_schemas_name_everything_that_there_can_be():
    plan, applied = schemas.load("plan-1")["properties"], schemas.load("applied-1")["properties"]
    fix = plan["fixes"]["items"]["properties"]
    assert fix["risk"]["enum"] == list(RISKS)
    assert set(fix["outcome"]["enum"]) == {CHANGES, NOTHING, BY_HAND, UNKNOWN}
    assert set(plan["actions"]["items"]["properties"]["kind"]["enum"]) == set(journal.ACTIONS)
    assert set(journal.ACTIONS) < set(KINDS.values())
    effect = plan["effects"]["items"]
    assert set(effect["properties"]["kind"]["enum"]) == set(EFFECT_ORDER)
    assert applied["pending"]["items"] == effect
    assert set(applied["outcome"]["enum"]) == {*plan_json.OUTCOMES.values(), "refused"}
    entry = schemas.load("history-1")["properties"]["transactions"]["items"]["properties"]
    assert set(entry["state"]["enum"]) == {journal.PREPARED, *journal._STATES}


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
