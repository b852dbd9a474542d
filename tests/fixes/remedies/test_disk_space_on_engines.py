"""What the engine itself makes of the removals: only what was listed goes, and what is used stays."""

from __future__ import annotations

import os

import pytest

from fixes import load, machine
from fixes.model import CHANGES, NOTHING, Request
from probes.host import Host
from probes.host.live import LiveSource
from probes.host.questions import Endpoint
from tests.engines.daemon import IMAGE

pytestmark = pytest.mark.engine


@pytest.fixture
def engine(any_engine, monkeypatch):
    """An engine with one thing of each kind that nothing uses, beside one that is used."""
    monkeypatch.setitem(os.environ, "DOCKER_HOST", any_engine.host)
    any_engine.docker(
        "image", "prune", "--force"
    )  # what other tests have left of the shared engine
    any_engine.import_image("spare:1")
    any_engine.docker("tag", "spare:1", "registry.invalid:5000/spare:2")
    any_engine.import_image("lost:1")
    any_engine.import_image("lost:1")
    any_engine.run_container("web", "-v", "kept:/kept", "-v", "/data")
    any_engine.docker("create", "--name", "idle", "-v", "/data", IMAGE, "true")
    any_engine.docker("network", "create", "lonely")
    any_engine.docker("volume", "create", "named")
    yield any_engine
    any_engine.remove_all()
    listed = any_engine.docker("image", "ls", "--quiet").stdout.split()
    kept = any_engine.docker("image", "inspect", "--format", "{{.Id}}", IMAGE).stdout.strip()
    for short in set(listed):
        if not kept.startswith(f"sha256:{short}"):
            any_engine.docker("image", "rm", "--force", short)


def plan(fix, **given):
    named = {name.replace("_", "-"): value for name, value in given.items()}
    return load(fix).plan(Host(LiveSource()), Request((), named))


def remove(engine, fix, **given):
    """Carry a fix out; what is left to do afterwards."""
    proposal = plan(fix, **given)
    assert proposal.outcome == CHANGES, proposal.reason
    for call in proposal.changes:
        machine.call_engine(Endpoint(engine.host), call.action, call.subject, call.arguments)
    assert plan(fix, **given).outcome == NOTHING
    return [call.subject for call in proposal.changes]


def names(engine, kind, field):
    shown = engine.docker(kind, "ls", *(["--all"] if kind == "container" else []),
                          "--format", f"{{{{.{field}}}}}").stdout  # fmt: skip
    return set(shown.split())


def test_what_is_used_stays(engine):
    dangling = remove(engine, "dangling-images")
    assert len(dangling) == 1
    assert {"spare:1", "lost:1", IMAGE} <= names(engine, "image", "Repository}}:{{.Tag")

    assert set(remove(engine, "unused-images", older_than="0")) == {
        "spare:1",
        "registry.invalid:5000/spare:2",
        "lost:1",
    }
    assert names(engine, "image", "Repository}}:{{.Tag") == {IMAGE}

    assert len(remove(engine, "stopped-containers", older_than="0")) == 1
    assert names(engine, "container", "Names") == {"web"}

    # The stopped container's; the running one's and the named ones stay.
    assert len(remove(engine, "unused-volumes")) == 1
    assert {"kept", "named"} < names(engine, "volume", "Name")
    assert remove(engine, "unused-volumes", named="true") == ["named"]

    assert len(remove(engine, "idle-networks")) == 1
    assert "lonely" not in names(engine, "network", "Name")


def test_what_has_come_into_use_is_refused(engine):
    proposal = plan("stopped-containers", older_than="0")
    (call,) = proposal.changes
    engine.docker("rm", "idle")
    engine.run_container("idle")
    running = engine.docker("inspect", "--format", "{{.Id}}", "idle").stdout.strip()
    with pytest.raises(machine.Failed):
        machine.call_engine(Endpoint(engine.host), call.action, running, call.arguments)
    assert "idle" in names(engine, "container", "Names")


def test_a_prune_of_the_build_cache_is_understood(engine):
    answer = machine.call_engine(
        Endpoint(engine.host), "prune-build-cache", "", {"filters": {"until": "168h"}}
    )
    assert answer["SpaceReclaimed"] == 0
