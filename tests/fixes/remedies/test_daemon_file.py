from __future__ import annotations

import json
from typing import Any

import pytest

from fixes import FIXES, load
from fixes.editing import edited
from fixes.model import (
    BY_HAND,
    CHANGES,
    JSON_REPAIR,
    NOTHING,
    RELOAD_UNITS,
    RESTART_ENGINE,
    EditFile,
)
from fixes.remedies import daemon_file
from probes import daemon_config
from probes.formats.daemon_json import judge
from probes.formats.json_edit import REMOVED
from probes.host import Host
from probes.host.questions import Denied, Unreadable
from tests.fixes.remedies.applying import applied, edits, planned
from tests.hosts import (
    alpine,
    desktop_beside_native,
    podman_fedora,
    remote_tls,
    rootless_ubuntu,
    snap_ubuntu,
)
from tests.hosts.machine import DOCKER_UNIT
from tests.probes.linux_host import DATA, SHOW, data, linux_host

FILE = "/etc/docker/daemon.json"
UNIT = "/lib/systemd/system/docker.service"
OURS = "/etc/systemd/system/docker.service.d/zz-hullcheck.conf"
THEIRS = "/etc/systemd/system/docker.service.d/override.conf"
EXEC = ("Service", "ExecStart")
DEBIAN = "/usr/sbin/dockerd --containerd=/run/containerd/containerd.sock $DOCKER_OPTS"
FIX_IDS = ("daemon-json-keys", "daemon-json-types", "daemon-json-flags")


def host(
    text: str | bytes | None,
    *,
    version: str = "28.5.2",
    argv: tuple[str, ...] = ("/usr/sbin/dockerd", "-H", "fd://"),
    **more: Any,
) -> Any:
    """A Debian 12 with this daemon.json; the engine runs, by this command line."""
    told = data("network/version-28.json") | {"Version": version}
    return linux_host(
        files={FILE: text, **more.pop("files", {})},
        engine={"/version": told},
        gauges={"processes": [[1449, 1, 0, "dockerd", list(argv), 1.7e9]]},
        **more,
    )


def down(text: str | bytes, version: str = "28.5.2", **more: Any) -> Any:
    """The same, and the engine did not come up again."""
    printed = (0, f"Docker version {version}, build ecc6942\n", "")
    found = host(text, runs={("dockerd", "--version"): printed, **more.pop("runs", {})}, **more)
    found.source.engine, found.source.peers = {}, {}
    found.source.gauges["processes"] = []
    return found


def codes(of: Any) -> set[str]:
    """What the judge says of the host's file, as the checks do."""
    problems = daemon_config.TOPIC.look(of).problems
    assert isinstance(problems, tuple)
    return {p.code for p in problems}


# -- broken JSON ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "after", "said"),
    [
        ('{\n  // logs\n  "debug": true,\n}\n', '{\n  "debug": true\n}\n',
         ["line 2: a comment: // logs", "line 3: a trailing comma"]),
        ("{'debug': true}\n", '{"debug": true}\n', ["line 1: "]),
        ('{\n  "debug": true\n  "icc": false\n}\n', '{\n  "debug": true,\n  "icc": false\n}\n',
         ["line 2: "]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("make", [host, down])
def test_json_is_repaired(make: Any, text: str, after: str, said: list[str]) -> None:
    before = make(text)
    assert codes(before) == {"daemon-json-syntax"}
    proposal = planned("daemon-json-repair", before)
    assert proposal.outcome == CHANGES, proposal
    assert proposal.changes == (EditFile(FILE, JSON_REPAIR, {}),)
    for note, start in zip(proposal.notes, said, strict=False):
        assert note.startswith(start)
    mended = applied(before, proposal)
    assert mended.source.files[FILE].decode() == after
    assert codes(mended) == set()


@pytest.mark.parametrize(
    ("text", "reason", "step"),
    [
        ('{"debug": true', "cannot be told", "line 1, column 15: The file ends before"),
        ('{"a": 1}\n<<<<<<< HEAD\n{"b": 2}', "cannot be told", "line 2"),
        (b'{"labels": ["ort=K\xf6ln"]}', "which encoding", "iconv"),
        # JSON at last, and still nothing that the engine starts with.
        ('{"graph": "/srv", }', "refuse the file even as valid JSON", "mend what is left: graph was"),
    ],
)  # fmt: skip
def test_json_that_a_person_has_to_mend(text: str | bytes, reason: str, step: str) -> None:
    proposal = planned("daemon-json-repair", host(text))
    assert proposal.outcome == BY_HAND
    assert reason in proposal.reason
    assert any(step in line for line in proposal.steps), proposal.steps


def test_a_repair_that_brings_another_data_root_in_says_so() -> None:
    text = (
        '{"data-root": "/srv/docker", "features": {"containerd-snapshotter": true}, "debug": true,}'
    )
    notes = planned("daemon-json-repair", host(text)).notes
    assert [note.partition(" is in it")[0] for note in notes if "out of sight" in note] == [
        "data-root",
        "features.containerd-snapshotter",
    ]


def test_many_repairs_are_counted() -> None:
    text = "{\n" + "".join(f"  // {n}\n" for n in range(30)) + '  "debug": true\n}\n'
    notes = planned("daemon-json-repair", host(text)).notes
    assert "and 18 more" in notes


def test_json_that_is_fine_is_left() -> None:
    assert planned("daemon-json-repair", host('{"graph": "/srv"}')).outcome == NOTHING
    assert planned("daemon-json-repair", host(None)).outcome == NOTHING
    assert load("daemon-json-repair").on_request


# -- keys ----------------------------------------------------------------------------------------


def key(*path: str) -> tuple[str, ...]:
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Removed from the engine, or not in it yet.
        ('{"oom-score-adjust": -500}', {key("oom-score-adjust"): REMOVED}),
        ('{"cluster-store": "consul://x", "cluster-advertise": "eth0:1"}',
         {key("cluster-store"): REMOVED, key("cluster-advertise"): REMOVED}),
        ('{"firewall-backend": "nftables"}', {key("firewall-backend"): REMOVED}),
        ('{"disable-legacy-registry": true}', {key("disable-legacy-registry"): REMOVED}),
        # A flag's name: the key takes its place, a single text as a list.
        ('{"registry-mirror": ["https://m.example.com"]}',
         {key("registry-mirror"): REMOVED, key("registry-mirrors"): ["https://m.example.com"]}),
        ('{"label": "rack=7"}', {key("label"): REMOVED, key("labels"): ["rack=7"]}),
        ('{"log-opt": {"max-size": "10m", "max-file": "3"}}',
         {key("log-opt"): REMOVED, key("log-opts", "max-size"): "10m",
          key("log-opts", "max-file"): "3"}),
        ('{"log-opt": {}}', {key("log-opt"): REMOVED, key("log-opts"): {}}),
        # Set in its right place already: what never counted goes.
        ('{"insecure-registry": ["a:1"], "insecure-registries": ["b:1"]}',
         {key("insecure-registry"): REMOVED}),
        # In the wrong place.
        ('{"max-size": "10m"}', {key("max-size"): REMOVED, key("log-opts", "max-size"): "10m"}),
        ('{"http-proxy": "http://p:3128"}',
         {key("http-proxy"): REMOVED, key("proxies", "http-proxy"): "http://p:3128"}),
        ('{"proxies": {"httpProxy": "http://p:3128"}}',
         {key("proxies", "httpProxy"): REMOVED, key("proxies", "http-proxy"): "http://p:3128"}),
        ('{"logging": {"log-driver": "local"}}', {key("logging"): REMOVED, key("log-driver"): "local"}),
        # Other letters in the same name.
        ('{"Debug": true}', {key("Debug"): REMOVED, key("debug"): True}),
        ('{"live_restore": true}', {key("live_restore"): REMOVED, key("live-restore"): True}),
        # Flags, and what does nothing any more.
        ('{"config-file": "/etc/docker/daemon.json"}', {key("config-file"): REMOVED}),
        ('{"deprecated-key-path": "/x"}', {key("deprecated-key-path"): REMOVED}),
        # Another program's keys.
        ('{"credsStore": "pass", "debug": true}', {key("credsStore"): REMOVED}),
        ('{"wholly-made-up-thing": 1}', {key("wholly-made-up-thing"): REMOVED}),
        ('{"qqqqq": {"zzzzz": 1}}', {key("qqqqq"): REMOVED}),
    ],
)  # fmt: skip
def test_keys_leave_or_go_where_they_count(text: str, expected: dict[Any, Any]) -> None:
    before = host(text)
    assert codes(before) & set(FIXES["daemon-json-keys"].mends)
    proposal = planned("daemon-json-keys", before)
    assert proposal.outcome == CHANGES, proposal
    assert edits(proposal) == {FILE: expected}
    after = applied(before, proposal)
    assert codes(after) & set(FIXES["daemon-json-keys"].mends) == set()
    assert len(proposal.notes) >= 1


@pytest.mark.parametrize(
    ("text", "step"),
    [
        # Near names are not guessed at.
        ('{"log-drvier": "local"}', "If log-driver was meant, write that, else take it out."),
        ('{"mirrors": ["https://m.example.com"]}', "If registry-mirrors was meant"),
        # Where all data is, is never changed.
        ('{"graph": "/srv/docker"}', "data-root decides where or how all data is kept"),
        ('{"Data-Root": "/srv/docker"}', "data-root decides where or how all data is kept"),
        ('{"storage-opt": ["overlay2.size=9G"]}', "storage-opts decides"),
        ('{"containerd-snapshotter": true}', "features.containerd-snapshotter decides"),
        # Two places for one value.
        ('{"Debug": true, "debug": false}', "If debug was meant"),
        # A secret cannot be moved: it is not read.
        ('{"proxies": {"httpProxy": "http://ann:pw@p:3128"}}', "If http-proxy was meant"),
        # A value that is not right where it would go.
        ('{"Debug": "very"}', "If debug was meant"),
        (
            '{"proxies": {"default": {"httpProxy": "http://p:3128"}}}',
            "client's way to write proxies",
        ),
    ],
)
def test_keys_that_a_person_has_to_judge(text: str, step: str) -> None:
    before = host(text)
    assert codes(before)
    proposal = planned("daemon-json-keys", before)
    assert proposal.outcome == BY_HAND
    assert any(step in line for line in proposal.steps), proposal.steps
    assert all("ann:pw" not in line for line in proposal.steps)


def test_what_the_engine_would_still_refuse_is_not_half_done() -> None:
    text = '{"oom-score-adjust": 1, "log-drvier": "local", "graph": "/srv"}'
    proposal = planned("daemon-json-keys", host(text))
    assert proposal.outcome == BY_HAND
    assert len(proposal.steps) == 3
    assert proposal.steps[-1].startswith("then: hullcheck fix daemon-json-keys")


def test_what_is_only_ignored_does_not_hold_the_rest_up() -> None:
    text = '{"host": ["tcp://10.0.0.1:2376"], "label": ["a=b"]}'
    proposal = planned("daemon-json-keys", host(text))
    assert proposal.outcome == CHANGES
    assert edits(proposal) == {FILE: {key("label"): REMOVED, key("labels"): ["a=b"]}}
    # hosts would meet -H fd:// of the command line.
    assert "If hosts was meant" in proposal.steps[0]


def test_every_change_of_a_key_is_told() -> None:
    notes = planned(
        "daemon-json-keys", host('{\n "label": ["a=b"],\n "oom-score-adjust": 1}')
    ).notes
    assert any(
        "label (line 2) becomes labels and takes effect for the first time" in n for n in notes
    )
    assert any(
        "oom-score-adjust (line 3) goes" in n and "OOMScoreAdjust= of docker.service" in n
        for n in notes
    )


def test_keys_are_judged_for_this_engine() -> None:
    text = '{"firewall-backend": "nftables"}'
    assert planned("daemon-json-keys", host(text, version="29.1.0")).outcome == NOTHING
    old = host('{"graph": "/srv"}', version="20.10.24+dfsg1")
    assert planned("daemon-json-keys", old).outcome == NOTHING
    unsaid = host(text)
    unsaid.source.engine = {}
    unsaid.source.gauges["processes"] = []
    with pytest.raises(Unreadable) as error:
        planned("daemon-json-keys", unsaid)
    assert error.value.kind == "absent"


# -- types ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"log-opts": {"max-file": 3, "compress": true}}',
         {key("log-opts", "max-file"): "3", key("log-opts", "compress"): "true"}),
        ('{"live-restore": "true"}', {key("live-restore"): True}),
        ('{"mtu": "1400"}', {key("mtu"): 1400}),
        ('{"registry-mirrors": "https://m.example.com"}',
         {key("registry-mirrors"): ["https://m.example.com"]}),
        ('{"default-ulimits": {"nofile": {"Name": "nofile", "Hard": "64000", "Soft": 1024}}}',
         {key("default-ulimits", "nofile", "Hard"): 64000}),
    ],
)  # fmt: skip
def test_values_get_their_type(text: str, expected: dict[Any, Any]) -> None:
    before = host(text)
    assert "daemon-json-wrong-type" in codes(before)
    proposal = planned("daemon-json-types", before)
    assert proposal.outcome == CHANGES, proposal
    assert edits(proposal) == {FILE: expected}
    assert "daemon-json-wrong-type" not in codes(applied(before, proposal))


def test_values_whose_meaning_is_not_plain() -> None:
    text = '{"debug": "perhaps", "mtu": "1400", "hosts": [1]}'
    proposal = planned("daemon-json-types", host(text))
    assert proposal.outcome == BY_HAND
    assert any("debug must be true or false" in step for step in proposal.steps)
    assert "hullcheck fix daemon-json-types" in proposal.steps[-1]
    assert planned("daemon-json-types", host('{"debug": true}')).outcome == NOTHING
    for text in ('{"userns-remap": true}', '{"features": {"containerd-snapshotter": "true"}}'):
        assert planned("daemon-json-types", host(text)).outcome == BY_HAND


# -- the same key in the file and on the command line --------------------------------------------


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ('{"hosts": ["fd://"]}', ("-H", "fd://")),
        # The socket that docker.socket holds, written as an address.
        ('{"hosts": ["unix:///var/run/docker.sock"]}', ("-H", "fd://")),
        ('{"hosts": ["unix://"]}', ("--host=fd://",)),
        ('{"hosts": []}', ("-H", "fd://")),
        ('{"hosts": ["tcp://127.0.0.1:2375"]}', ("-H", "fd://", "-H", "tcp://127.0.0.1:2375")),
        ('{"debug": true}', ("-D",)),
        ('{"log-driver": "local"}', ("--log-driver", "local")),
        ('{"log-opts": {"max-size": "10m"}}', ("--log-opt=max-size=10m",)),
        ('{"insecure-registries": ["a:1", "b:1"]}',
         ("--insecure-registry=a:1", "--insecure-registry", "b:1")),
        ('{"mtu": 1400}', ("--mtu=1400",)),
        ('{"data-root": "/srv/docker"}', ("--data-root=/srv/docker",)),
    ],
)  # fmt: skip
def test_the_same_in_both_places(text: str, argv: tuple[str, ...]) -> None:
    before = host(text, argv=("/usr/sbin/dockerd", *argv))
    assert "daemon-json-flag-conflict" in codes(before)
    proposal = planned("daemon-json-flags", before)
    assert proposal.outcome == CHANGES, proposal
    (name,) = json.loads(text)
    assert edits(proposal) == {FILE: {(name,): REMOVED}}
    assert proposal.effects == ()
    assert codes(applied(before, proposal)) == set()


HOSTS = '{"hosts": ["unix:///var/run/docker.sock", "tcp://127.0.0.1:2375"]}'
HELD = {FILE: {("hosts",): ["fd://", "tcp://127.0.0.1:2375"]}}
"""The local socket stays with docker.socket, which listens on it."""


def restarted(of: Any, argv: tuple[str, ...]) -> Any:
    of.source.gauges = {**of.source.gauges,
                        "processes": [[1449, 1, 0, "dockerd", list(argv), 1.8e9]]}  # fmt: skip
    return Host(of.source)


def test_hosts_of_the_file_win_over_the_units() -> None:
    before = host(HOSTS)
    assert "daemon-json-flag-conflict" in codes(before)
    proposal = planned("daemon-json-flags", before)
    assert edits(proposal) == {**HELD, OURS: {EXEC: ("", DEBIAN)}}
    assert [effect.kind for effect in proposal.effects] == [RELOAD_UNITS, RESTART_ENGINE]
    assert not any("docker.socket no longer" in note for note in proposal.notes)
    after = applied(before, proposal)
    text = after.source.files[OURS].decode()
    assert text.startswith("# ")
    assert "hullcheck" in text.splitlines()[0]
    assert text.endswith(f"[Service]\nExecStart=\nExecStart={DEBIAN}\n")
    argv = ("/usr/sbin/dockerd", "--containerd=/run/containerd/containerd.sock")
    assert "daemon-json-flag-conflict" not in codes(restarted(after, argv))


def test_hosts_while_the_engine_is_down_for_it() -> None:
    proposal = planned("daemon-json-flags", down(HOSTS))
    assert edits(proposal) == {**HELD, OURS: {EXEC: ("", DEBIAN)}}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/usr/bin/dockerd -H fd:// --containerd=/x.sock", "/usr/bin/dockerd --containerd=/x.sock"),
        ("/usr/bin/dockerd --host=fd:// -D", "/usr/bin/dockerd -D"),
        ("/usr/bin/dockerd --host fd:// --host tcp://127.0.0.1:2375", "/usr/bin/dockerd"),
        ("/usr/bin/dockerd -Hfd://", None),  # our reader of flags does not know this form
        ("/usr/bin/dockerd '-H' fd://", None),
        ('/usr/bin/dockerd -H "fd://" --label "rack=a b"', '/usr/bin/dockerd --label "rack=a b"'),
        ("/usr/bin/dockerd --host-gateway-ip=10.0.0.1 -H fd://", "/usr/bin/dockerd --host-gateway-ip=10.0.0.1"),
        ("/usr/bin/dockerd -H fd:// --log-opt splunk-token=s3cr3tvalue", None),
        ("/usr/bin/dockerd $DOCKER_OPTS", None),
    ],
)  # fmt: skip
def test_only_the_address_leaves_the_command(line: str, expected: str | None) -> None:
    unit = data("systemd-unit/docker.service")
    old = next(x for x in unit.splitlines() if x.startswith("ExecStart="))
    before = host(HOSTS, files={UNIT: unit.replace(old, f"ExecStart={line}")})
    proposal = planned("daemon-json-flags", before)
    if expected is None:
        assert proposal.outcome == BY_HAND
        assert any("no -H that could be taken out" in step for step in proposal.steps)
    else:
        assert edits(proposal) == {**HELD, OURS: {EXEC: ("", expected)}}


def test_the_owners_own_drop_in_is_edited() -> None:
    shown = data("systemd-unit/show-debian-12.txt").replace(
        "DropInPaths=", f"DropInPaths={THEIRS}", 1
    )
    text = "# ours\n[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// -H tcp://10.0.0.1\n"
    before = host(HOSTS, files={THEIRS: text}, runs={SHOW: (0, shown, "")})
    proposal = planned("daemon-json-flags", before)
    assert edits(proposal) == {**HELD, THEIRS: {EXEC: ("", "/usr/sbin/dockerd")}}
    after = applied(before, proposal).source.files[THEIRS].decode()
    assert after == "# ours\n[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd\n"


def test_the_owners_own_unit_is_edited() -> None:
    mine = "/etc/systemd/system/docker.service"
    shown = data("systemd-unit/show-debian-12.txt").replace(
        f"FragmentPath={UNIT}", f"FragmentPath={mine}"
    )
    before = host(HOSTS, files={mine: DOCKER_UNIT}, runs={SHOW: (0, shown, "")})
    proposal = planned("daemon-json-flags", before)
    command = "/usr/bin/dockerd --containerd=/run/containerd/containerd.sock"
    assert edits(proposal) == {**HELD, mine: {EXEC: (command,)}}
    *_, change = proposal.changes
    assert edited(DOCKER_UNIT.encode(), change).decode() == DOCKER_UNIT.replace(" -H fd://", "")


@pytest.mark.parametrize(
    ("text", "argv", "words"),
    [
        (
            '{"log-driver": "local"}',
            ("--log-driver=json-file",),
            'says "json-file", .* says "local"',
        ),
        ('{"data-root": "/srv/docker"}', ("--data-root=/mnt",), 'says "/mnt"'),
        ('{"storage-driver": "overlay2"}', ("-s", "btrfs"), 'says "btrfs"'),
        ('{"debug": false}', ("-D",), "says true, .* says false"),
        ('{"http-proxy": "x"}', (), None),
    ],
)
def test_what_differs_is_for_a_person(text: str, argv: tuple[str, ...], words: str | None) -> None:
    import re

    before = host(text, argv=("/usr/sbin/dockerd", "-H", "fd://", *argv))
    proposal = planned("daemon-json-flags", before)
    if words is None:
        assert proposal.outcome == NOTHING
        return
    assert proposal.outcome == BY_HAND
    assert any(re.search(words, step) for step in proposal.steps), proposal.steps


def test_secrets_that_were_taken_out_are_not_compared() -> None:
    text = '{"log-driver": "splunk", "log-opts": {"splunk-token": "one"}}'
    argv = ("/usr/sbin/dockerd", "--log-opt=splunk-token=two")
    assert planned("daemon-json-flags", host(text, argv=argv)).outcome == BY_HAND


def test_what_new_addresses_mean_is_told() -> None:
    open_ = planned("daemon-json-flags", host('{"hosts": ["tcp://0.0.0.0:2375"]}'))
    assert any("root on this machine" in note for note in open_.notes)
    assert any("No local socket is among them" in note for note in open_.notes)
    kept = planned("daemon-json-flags", host('{"hosts": ["fd://", "tcp://127.0.0.1:2375"]}'))
    assert not any("docker.socket" in note or "local socket" in note for note in kept.notes)


def test_hosts_without_a_unit_that_could_be_changed() -> None:
    nobody = host(HOSTS, files={"/run/systemd/system/x": None})
    assert planned("daemon-json-flags", nobody).outcome == BY_HAND
    machine = snap_ubuntu.machine()
    machine.files["/var/snap/docker/3377/config/daemon.json"] = b'{"exec-root": "/x"}'
    assert planned("daemon-json-flags", Host(machine)).outcome == BY_HAND


def test_the_units_of_a_rootless_engine() -> None:
    machine = rootless_ubuntu.machine()
    folder = "/home/ann/.config"
    unit = f"{folder}/systemd/user/docker.service"
    machine.files[f"{folder}/docker/daemon.json"] = HOSTS.encode()
    machine.files[unit] = machine.files[unit].replace(b"rootless.sh", b"rootless.sh -H fd://")
    for process in machine.gauges["processes"]:
        if process[3] == "dockerd":
            process[4] += ["-H", "fd://"]
    proposal = planned("daemon-json-flags", Host(machine))
    assert edits(proposal) == {unit: {EXEC: ("/usr/bin/dockerd-rootless.sh",)}}


# -- for all -------------------------------------------------------------------------------------


REAL = sorted((DATA / "daemon-json").glob("*.json"))
NEVER = ("graph", "data-root", "storage-driver", "userns-remap", "containerd")


@pytest.mark.parametrize("version", ["20.10.24", "26.1.5", "28.5.2", "29.7.2"])
def test_what_becomes_of_real_files(version: str) -> None:
    changed = 0
    for path in REAL:
        before = host(path.read_bytes(), version=version)
        for fix in ("daemon-json-repair", *FIX_IDS, "log-options"):
            try:
                proposal = planned(fix, before)
            except Unreadable as error:
                assert error.kind == "garbled", (path.name, fix)  # noqa: PT017 - in a loop
                continue
            if proposal.outcome != CHANGES:
                continue
            changed += 1
            touched = {pointer[0] for file in edits(proposal).values() for pointer in file}
            assert not touched & set(NEVER), (path.name, fix)
            after = applied(before, proposal)
            if fix != "daemon-json-flags":
                done = judge(after.source.files[FILE], engine=version)
                left = {p.code for p in done if p.refused_by_engine} & set(FIXES[fix].mends)
                assert not left, (path.name, fix, left)
            again = planned(fix, after)
            assert again.outcome != CHANGES or fix == "daemon-json-flags", (path.name, fix)
    assert changed > 10


@pytest.mark.parametrize("fix", ["daemon-json-repair", *FIX_IDS])
@pytest.mark.parametrize("module", [desktop_beside_native, podman_fedora, remote_tls])
def test_files_of_engines_elsewhere(fix: str, module: Any) -> None:
    with pytest.raises(Unreadable) as error:
        planned(fix, Host(module.machine()))
    assert error.value.kind == "inapplicable"


@pytest.mark.parametrize("fix", FIX_IDS)
def test_files_that_cannot_be_read(fix: str) -> None:
    shut = {("read", FILE): Denied(f"{FILE} may not be read")}
    with pytest.raises(Unreadable) as error:
        planned(fix, host("{}", failures=shut))
    assert error.value.kind == "denied"
    with pytest.raises(Unreadable) as error:
        planned(fix, host('{"debug": true,}'))
    assert error.value.kind == "garbled"
    assert planned(fix, host(None)).outcome == NOTHING


def test_obstacles_to_a_key() -> None:
    assert daemon_file.obstacle(host(None), "log-opts", "mtu") == ""
    assert daemon_file.obstacle(host("null"), "log-opts") == ""
    assert "holds no object" in daemon_file.obstacle(host("[]"), "log-opts")
    assert "exists in engines 29.0 and later, and this one is 28.5.2" in daemon_file.obstacle(
        host(None), "firewall-backend"
    )
    flag = host(None, argv=("/usr/sbin/dockerd", "-H", "fd://", "--dns", "10.0.0.1"))
    assert "dockerd --dns is on dockerd's command line, and" in daemon_file.obstacle(flag, "dns")
    unit = data("systemd-unit/docker.service").replace("-H fd://", "-H fd:// --dns 10.0.0.1")
    told = host(None, argv=("/usr/sbin/dockerd", "--dns", "10.0.0.1"), files={UNIT: unit})
    assert f"({UNIT} line 14)" in daemon_file.obstacle(told, "dns")
    assert daemon_file.obstacle(Host(alpine.machine()), "log-opts") == ""


def test_only_what_the_file_lacks() -> None:
    of = host('{"log-opts": {"max-size": "10m"}, "mtu": 1400}')
    wanted = {key("log-opts", "max-size"): "10m", key("mtu"): 1500, key("dns"): ["10.0.0.1"]}
    assert daemon_file.unset(of, wanted) == {key("mtu"): 1500, key("dns"): ["10.0.0.1"]}
    assert daemon_file.unset(host(None), {key("mtu"): 1}) == {key("mtu"): 1}
