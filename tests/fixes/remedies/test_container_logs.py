from __future__ import annotations

from typing import Any

import pytest

from fixes.model import BY_HAND, CHANGES, NOTHING, RECREATE
from probes import container_logging, daemon_config
from probes.formats.json_edit import REMOVED
from probes.formats.sizes import GIB, MIB
from probes.host.questions import Denied, Unreadable
from probes.model import Missing
from tests.fixes.remedies.applying import applied, edits, outcomes, planned
from tests.hosts import (
    desktop_beside_native,
    nixos,
    podman_fedora,
    remote_tls,
    rootless_ubuntu,
    snap_ubuntu,
)
from tests.probes.linux_host import CONTAINER, container, data, linux_host

FILE = "/etc/docker/daemon.json"
SIZE, FILES, DRIVER = ("log-opts", "max-size"), ("log-opts", "max-file"), ("log-driver",)
COMPOSE = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.project.working_dir": "/srv/shop",
    "com.docker.compose.project.config_files": "/srv/shop/compose.yaml",
}


def row(name: str, state: str = "running", **labels: str) -> dict[str, Any]:
    return {**container(name, "nginx:1.29", state), "Labels": labels}


def service(name: str, state: str = "running") -> dict[str, Any]:
    return row(f"shop-{name}-1", state, **COMPOSE, **{"com.docker.compose.service": name})


def inspected(item: dict[str, Any], driver: str = "json-file", **options: str) -> dict[str, Any]:
    config = {name.replace("_", "-"): value for name, value in options.items()}
    return {f"/containers/{item['Id']}/json": {"HostConfig": {"LogConfig": {
        "Type": driver, "Config": config}}}}  # fmt: skip


def host(
    text: str | None = None,
    *,
    free: int = 76 * GIB,
    containers: int = 2,
    flags: tuple[str, ...] = (),
    rows: tuple[dict[str, Any], ...] = (),
    engine: dict[str, Any] | None = None,
    driver: str = "json-file",
    files: dict[str, str] | None = None,
    **more: Any,
) -> Any:
    """A Debian 12 with this daemon.json; no space but ``free`` is told."""
    info = data("network/info-28.json") | {
        "LoggingDriver": driver, "Containers": containers, "ContainersRunning": containers,
        "DockerRootDir": "/var/lib/docker", "CgroupVersion": "2",
    }  # fmt: skip
    argv = ["/usr/sbin/dockerd", "-H", "fd://", *flags]
    return linux_host(
        files={FILE: text, **(files or {})},
        engine={"/info": info, CONTAINER: list(rows), **(engine or {})},
        vfs={"/": (250 * GIB, free, free, 16_000_000, 15_000_000)},
        gauges={"processes": [[57, 1, 0, "containerd", ["/usr/bin/containerd"], 1.7e9],
                              [1449, 1, 0, "dockerd", argv, 1.7e9]]},
        **more,
    )  # fmt: skip


def unbounded(of: Any) -> set[str]:
    return outcomes(container_logging.TOPIC, of, "log-rotation-unbounded")


# -- rotation ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "free", "number", "given", "expected"),
    [
        # A tenth of the free space by the containers and files: 76 GiB / 10 / 10 / 3.
        (None, 76 * GIB, 2, {}, {SIZE: "100m", FILES: "3"}),
        ("{}", 4 * GIB, 12, {}, {SIZE: "10m", FILES: "3"}),
        ('{"debug": true}', 300 * MIB, 40, {}, {SIZE: "1m", FILES: "3"}),
        # What the owner has set stays, and the size is worked out for that many files.
        ('{"log-opts": {"max-file": "9"}}', 4 * GIB, 12, {}, {SIZE: "2m"}),
        ('{"log-opts": {"tag": "{{.Name}}"}}', 4 * GIB, 12, {}, {SIZE: "10m", FILES: "3"}),
        ('{"log-opts": {"max-size": ""}}', 4 * GIB, 12, {}, {SIZE: "10m", FILES: "3"}),
        # What the user chooses.
        (None, 4 * GIB, 12, {"max_size": "50m"}, {SIZE: "50m", FILES: "3"}),
        (None, 4 * GIB, 12, {"max_file": "7"}, {SIZE: "2m", FILES: "7"}),
        ('{"log-opts": {"max-size": "5m"}}', 4 * GIB, 2, {"max_size": "9m"},
         {SIZE: "9m", FILES: "3"}),
        (None, 4 * GIB, 12, {"driver": "local"}, {SIZE: "10m", FILES: "3", DRIVER: "local"}),
        ('{"log-opts": {"env": "a", "max-size": "5m"}}', 4 * GIB, 2, {"driver": "local"},
         {FILES: "3", DRIVER: "local", ("log-opts", "env"): REMOVED}),
    ],
)  # fmt: skip
def test_the_limits_fit_the_host(
    text: str | None, free: int, number: int, given: dict[str, str], expected: dict[Any, Any]
) -> None:
    before = host(text, free=free, containers=number)
    proposal = planned("log-rotation", before, **given)
    assert proposal.outcome == CHANGES, proposal
    assert edits(proposal) == {FILE: expected}
    assert unbounded(applied(before, proposal)) == {"pass"}


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (host('{"log-opts": {"max-size": "10m"}}'), "rotate at 10m already"),
        (host('{"log-driver": "local"}', driver="local"), "local does not write unlimited"),
        (host('{"log-driver": "journald"}', driver="journald"), "journald does not write"),
        (host(flags=("--log-driver=syslog",), driver="syslog"), "syslog does not write"),
        (
            host(files={"/etc/logrotate.d/docker": "/var/lib/docker/containers/*/*.log {\n}\n"}),
            "/etc/logrotate.d/docker rotates",
        ),
    ],
)
def test_nothing_where_logs_are_limited(of: Any, words: str) -> None:
    assert unbounded(of) == {"pass"}
    proposal = planned("log-rotation", of)
    assert proposal.outcome == NOTHING
    assert words in proposal.reason


@pytest.mark.parametrize(
    ("text", "flags", "given", "reason", "step"),
    [
        (None, ("--log-opt", "max-file=2"), {}, "dockerd --log-opt is on", "--log-opt max-size=100m"),
        (None, ("--log-driver=json-file",), {"driver": "local"}, "--log-driver is on", "--log-driver=local"),
        ('{"log-driver": "syslog"}', (), {"max_size": "9m"}, "syslog has no max-size", ""),
        ('{"log-opts": {"compress": "maybe"}}', (), {}, "compress must be", "fix log-options"),
    ],
)  # fmt: skip
def test_left_to_a_person(
    text: str | None, flags: tuple[str, ...], given: dict[str, str], reason: str, step: str
) -> None:
    driver = "syslog" if text and "syslog" in text else "json-file"
    proposal = planned("log-rotation", host(text, flags=flags, driver=driver), **given)
    assert proposal.outcome == BY_HAND
    assert reason in proposal.reason
    assert not step or any(step in line for line in proposal.steps), proposal.steps


def test_the_flag_of_another_key_is_no_obstacle() -> None:
    proposal = planned("log-rotation", host(flags=("--log-driver=json-file",)))
    assert edits(proposal) == {FILE: {SIZE: "100m", FILES: "3"}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"max_size": "10 megs"}, "max-size: 10 megs must be a size"),
        ({"max_size": "0"}, "max-size: 0 must be more than 0"),
        ({"max_file": "none"}, "max-file: none must be a whole number"),
        ({"driver": "syslog"}, "driver: syslog is neither"),
        ({"driver": "local", "max_file": "1"}, "max-file: 1"),
    ],
)
def test_what_the_user_gives_is_checked(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        planned("log-rotation", host(), **given)


def test_containers_that_keep_their_old_limit_are_listed() -> None:
    app, db, old = service("app"), service("db"), row("cron")
    gone, fine, other = row("old", "exited"), row("fine"), row("lines")
    swarm = row("web.1.abc", **{"com.docker.swarm.service.name": "web"})
    unseen = row("unseen")
    rows = (app, db, old, gone, fine, other, swarm, unseen)
    answers: dict[str, Any] = {}
    for item in (app, db, old, gone, swarm):
        answers |= inspected(item)
    answers |= inspected(fine, max_size="10m") | inspected(other, "journald")
    proposal = planned("log-rotation", host(rows=rows, engine=answers))
    prefix = (
        "cd /srv/shop && docker compose -p shop -f /srv/shop/compose.yaml up -d --force-recreate"
    )
    again = "# then its docker run command again; its volumes stay"
    assert [tuple(effect) for effect in proposal.effects] == [
        (RECREATE, "shop-app-1", f"{prefix} app"),
        (RECREATE, "shop-db-1", f"{prefix} db"),
        (RECREATE, "cron", f"docker rm -f cron   {again}"),
        (RECREATE, "web.1.abc", "docker service update --force web"),
        (RECREATE, "unseen", f"docker rm -f unseen   {again}"),
    ]
    assert proposal.steps == (
        f"{prefix} app db",
        f"docker rm -f cron   {again}",
        "docker service update --force web",
        f"docker rm -f unseen   {again}",
    )
    said = proposal.notes[-1]
    assert "shop-app-1, shop-db-1, cron, web.1.abc, unseen and 1 that does not run now" in said


def test_no_container_needs_to_be_made_anew() -> None:
    proposal = planned("log-rotation", host())
    assert (proposal.effects, proposal.steps) == ((), ())
    assert len(proposal.notes) == 1


def test_another_driver_has_its_price_told() -> None:
    text = '{"log-opts": {"labels": "a"}}'
    notes = planned("log-rotation", host(text), driver="local").notes
    assert any("*-json.log" in note for note in notes)
    assert "log-opts labels goes: the log driver local does not have it." in notes
    back = planned("log-rotation", host('{"log-driver": "local"}', driver="local"),
                   driver="json-file")  # fmt: skip
    assert edits(back)[FILE][DRIVER] == "json-file"


def test_the_owners_file_is_edited_without_a_trace() -> None:
    text = (
        '{\n\t"data-root": "/srv/docker",\n\t"log-opts": {\n\t\t"tag": "{{.Name}}"\n\t},\n'
        '\t"live-restore": true\n}\n'
    )
    before = host(text)
    after = applied(before, planned("log-rotation", before)).source.files[FILE].decode()
    assert after == text.replace(
        '"{{.Name}}"\n', '"{{.Name}}",\n\t\t"max-size": "100m",\n\t\t"max-file": "3"\n'
    )


def test_the_size_says_where_it_comes_from() -> None:
    reason = planned("log-rotation", host(free=4 * GIB, containers=12)).reason
    assert "3 log files of 10m" in reason
    assert "4 GiB" in reason
    blind = host()
    blind.source.vfs = {}
    assert "could not be read" in planned("log-rotation", blind).reason


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        (desktop_beside_native, "inapplicable"),
        (podman_fedora, "inapplicable"),
        (remote_tls, "inapplicable"),
    ],
)
@pytest.mark.parametrize("fix", ["log-rotation", "log-options"])
def test_engines_elsewhere_are_left_alone(module: Any, kind: str, fix: str) -> None:
    from probes.host import Host

    with pytest.raises(Unreadable) as error:
        planned(fix, Host(module.machine()))
    assert error.value.kind == kind


def test_the_file_of_each_kind_of_engine() -> None:
    from probes.host import Host

    snap = planned("log-rotation", Host(snap_ubuntu.machine()))
    assert list(edits(snap)) == ["/var/snap/docker/3377/config/daemon.json"]
    rootless = Host(rootless_ubuntu.machine())
    assert planned("log-rotation", rootless).outcome == NOTHING  # the driver is local
    chosen = planned("log-rotation", rootless, max_size="5m")
    assert edits(chosen)["/home/ann/.config/docker/daemon.json"][SIZE] == "5m"
    assert planned("log-rotation", Host(nixos.machine())).outcome in {NOTHING, CHANGES}


def test_a_file_that_cannot_be_read_leaves_it_unknown() -> None:
    shut = host("{}", failures={("read", FILE): Denied(f"{FILE} may not be read")})
    with pytest.raises(Unreadable) as error:
        planned("log-rotation", shut)
    assert error.value.kind == "denied"
    with pytest.raises(Unreadable) as error:
        planned("log-rotation", host('{"debug": true,}'))
    assert error.value.kind == "garbled"


# -- wrong options -------------------------------------------------------------------------------


def judged(of: Any) -> set[str]:
    """Checks that fail of those that log-options mends."""
    problems = daemon_config.TOPIC.look(of).problems
    found = set() if isinstance(problems, Missing) else {p.code for p in problems}
    if "fail" in outcomes(container_logging.TOPIC, of, "log-option-invalid"):
        found.add("log-option-invalid")
    return {c for c in found if "log-opt" in c}


def opts(driver: str = "json-file", **values: str) -> str:
    import json

    named = {name.replace("_", "-"): value for name, value in values.items()}
    return json.dumps({"log-driver": driver, "log-opts": named})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (opts(max_size="10 megs"), {SIZE: "10m"}),
        (opts(max_size="1gig"), {SIZE: "1g"}),
        (opts(max_size="500 Kilobytes"), {SIZE: "500k"}),
        (opts(max_size=" 10m"), {SIZE: "10m"}),
        (opts(max_size="10m", max_file="'3'"), {FILES: "3"}),
        (opts(max_size="10m", max_file="3", compress="yes"), {("log-opts", "compress"): "true"}),
        (opts(max_size="10m", compress="True "), {("log-opts", "compress"): "True", FILES: "3"}),
        (opts(max_size="10m", compress="true"), {FILES: "3"}),
        (opts(compress="true"), {SIZE: "100m", FILES: "3"}),
        (opts("local", max_file="1"), {("log-opts", "compress"): "false"}),
        (opts("syslog", mode="nonblocking"), {("log-opts", "mode"): "non-blocking"}),
        (opts("journald", max_size="10m", max_file="3"), {SIZE: REMOVED, FILES: REMOVED}),
        ('{"log-opts": {"max_size": "10m"}}', {("log-opts", "max_size"): REMOVED, SIZE: "10m"}),
        (opts("fluentd", fluentd_async_connect="true"),
         {("log-opts", "fluentd-async-connect"): REMOVED, ("log-opts", "fluentd-async"): "true"}),
    ],
)  # fmt: skip
def test_what_was_certainly_meant(text: str, expected: dict[Any, Any]) -> None:
    before = host(text)
    assert judged(before)
    proposal = planned("log-options", before)
    assert proposal.outcome == CHANGES, proposal
    assert edits(proposal) == {FILE: expected}
    assert judged(applied(before, proposal)) == set()


@pytest.mark.parametrize(
    "text",
    [
        opts(max_sise="10m"),  # a near name is a guess
        opts(max_size="-1"),
        opts(max_size="0"),
        opts(max_size="ten"),
        opts(max_size="10m", max_file="0"),
        opts(max_size="10m", max_file="1", compress="true"),  # one of the two is wrong
        opts(max_size="10m", compress="perhaps"),
        opts(max_buffer_size="4m"),
        opts("gelf"),
        opts("syslog", syslog_facility="mine"),
        opts("splunk"),
    ],
)
def test_what_could_have_been_meant_in_several_ways(text: str) -> None:
    before = host(text)
    proposal = planned("log-options", before)
    assert judged(before) or "gelf" in text or "splunk" in text
    assert proposal.outcome == BY_HAND
    assert any(step.startswith("log-opts ") for step in proposal.steps)


def test_options_of_the_command_line_are_named_and_left() -> None:
    before = host(flags=("--log-opt", "max-size=10 megs"))
    assert judged(before) == {"log-option-invalid"}
    proposal = planned("log-options", before)
    assert proposal.outcome == BY_HAND
    assert any('max-size: "10 megs" becomes "10m"' in step for step in proposal.steps)


def test_options_that_suit_are_left() -> None:
    for text in (None, "{}", opts(max_size="10m"), opts("awslogs", awslogs_group="web")):
        assert planned("log-options", host(text)).outcome == NOTHING


def test_an_engine_that_does_not_start_is_mended_too() -> None:
    """The name of an option stops the engine itself: nothing answers, and no process is there."""
    before = host(
        opts("journald", max_size="10m"),
        runs={("dockerd", "--version"): (0, "Docker version 28.5.2, build ecc6942\n", "")},
    )
    before.source.engine, before.source.peers = {}, {}
    before.source.gauges["processes"] = []
    proposal = planned("log-options", before)
    assert edits(proposal) == {FILE: {SIZE: REMOVED}}
    after = applied(before, proposal).source.files[FILE]
    assert after == b'{"log-driver": "journald", "log-opts": {}}'
