from __future__ import annotations

import pytest

from fixes import FIXES
from fixes.model import (
    BY_HAND,
    NOTHING,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
)
from probes.formats.json_edit import REMOVED
from probes.host import Denied
from tests.fixes.remedies.mending import (
    apply,
    comes_to,
    commands,
    edits,
    kinds,
    outcomes,
    proposal,
)
from tests.hosts import (
    alpine,
    podman_fedora,
    remote_down,
    rootless_ubuntu,
    service_failed,
    snap_ubuntu,
    synology,
    ubuntu_2404,
)

DOCKER = "unix:///var/run/docker.sock"
FILE = "/etc/docker/daemon.json"
IDS = [id_ for id_, entry in FIXES.items() if entry.module == "engine_unit"]


def ours(unit="docker.service"):
    return f"/etc/systemd/system/{unit}.d/zz-hullcheck.conf"


def machine(daemon=None, containerd=None):
    """An Ubuntu 24.04, with other properties of its units."""
    made = ubuntu_2404.machine()
    made.engines[DOCKER]["/info"]["CgroupDriver"] = "cgroupfs"
    made.units["docker.service"] |= daemon or {}
    made.units["containerd.service"] |= containerd or {}
    return made


def unprotected():
    made = machine()
    made.files["/proc/1210/oom_score_adj"] = b"0\n"
    made.files["/proc/980/oom_score_adj"] = b"0\n"
    return made


def drop_in(made, name, text, unit="docker.service"):
    """Another drop-in of a unit."""
    path = f"/etc/systemd/system/{unit}.d/{name}"
    made.files[path] = text.encode()
    told = made.units[unit]
    told["DropInPaths"] = f"{told.get('DropInPaths', '')} {path}".strip()
    return path


# -- settings of a unit --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fix", "made", "expected", "effects"),
    [
        (
            "engine-tasks-max",
            machine({"TasksMax": "4915"}, {"TasksMax": "4915"}),
            {
                ours(): {("Service", "TasksMax"): ("infinity",)},
                ours("containerd.service"): {("Service", "TasksMax"): ("infinity",)},
            },
            [(RELOAD_UNITS, "")],
        ),
        (
            "engine-oom-score",
            unprotected(),
            {
                ours(): {("Service", "OOMScoreAdjust"): ("-500",)},
                ours("containerd.service"): {("Service", "OOMScoreAdjust"): ("-999",)},
            },
            [(RELOAD_UNITS, ""), (RESTART_ENGINE, ""), (RESTART_UNIT, "containerd.service")],
        ),
        (
            "engine-delegate",
            machine(containerd={"Delegate": "no"}),
            {ours("containerd.service"): {("Service", "Delegate"): ("yes",)}},
            [(RELOAD_UNITS, ""), (RESTART_UNIT, "containerd.service")],
        ),
        (
            "engine-kill-mode",
            machine({"KillMode": "control-group"}),
            {ours(): {("Service", "KillMode"): ("process",)}},
            [(RELOAD_UNITS, "")],
        ),
    ],
)
def test_a_setting_of_the_units(fix, made, expected, effects):
    check = FIXES[fix].mends[0]
    assert "fail" in outcomes(made, check)
    found = proposal(made, fix)
    assert edits(found) == expected
    assert kinds(found) == effects
    apply(made, found)
    if fix == "engine-oom-score":  # the daemons were restarted
        made.files["/proc/1210/oom_score_adj"] = b"-500\n"
        made.files["/proc/980/oom_score_adj"] = b"-999\n"
    assert outcomes(made, check) == {"pass"}
    assert proposal(made, fix).outcome == NOTHING


def test_our_settings_share_a_file():
    made = machine({"TasksMax": "4915", "KillMode": "mixed"})
    for fix in ("engine-tasks-max", "engine-kill-mode"):
        apply(made, proposal(made, fix))
    assert made.files[ours()] == (
        b"# Settings that hullcheck has made for docker.service; hullcheck undo takes them back.\n"
        b"[Service]\nTasksMax=infinity\nKillMode=process\n"
    )


def test_the_owners_own_drop_in_is_edited_where_it_decides():
    made = machine({"TasksMax": "4915"})
    path = drop_in(made, "override.conf", "# ours since 2021\n[Service]\nTasksMax = 4915\nNice=0\n")
    found = proposal(made, "engine-tasks-max")
    assert edits(found) == {path: {("Service", "TasksMax"): ("infinity",)}}
    apply(made, found)
    assert made.files[path] == b"# ours since 2021\n[Service]\nTasksMax = infinity\nNice=0\n"


def test_a_copied_unit_is_left_as_it_is():
    made = machine({"KillMode": "control-group"})
    path = "/etc/systemd/system/docker.service"
    made.unit("docker.service", path, "[Service]\nExecStart=/usr/bin/dockerd\nKillMode=mixed\n",
              KillMode="mixed", MainPID="1210", Delegate="yes", TasksMax="infinity")  # fmt: skip
    assert list(edits(proposal(made, "engine-kill-mode"))) == [ours()]


def test_a_daemon_that_is_bound_to_containerd_goes_down_with_it():
    made = machine(containerd={"Delegate": "no"})
    drop_in(made, "bind.conf", "[Unit]\nBindsTo=containerd.service\n")
    assert kinds(proposal(made, "engine-delegate")) == [
        (RELOAD_UNITS, ""),
        (RESTART_UNIT, "containerd.service"),
        (RESTART_ENGINE, ""),
    ]


def test_the_units_of_a_user():
    made = rootless_ubuntu.machine()
    made.user_units["docker.service"]["TasksMax"] = "4915"
    found = proposal(made, "engine-tasks-max")
    path = "/home/ann/.config/systemd/user/docker.service.d/zz-hullcheck.conf"
    assert edits(found) == {path: {("Service", "TasksMax"): ("infinity",)}}
    apply(made, found)
    assert outcomes(made, "unit-tasks-limited") == {"pass"}
    for fix in ("engine-oom-score", "engine-kill-mode"):
        assert proposal(made, fix).outcome == NOTHING


UNITS = ["engine-tasks-max", "engine-oom-score", "engine-delegate", "engine-kill-mode"]


@pytest.mark.parametrize("fix", UNITS)
@pytest.mark.parametrize("host", [snap_ubuntu, synology])
def test_generated_units_are_left_alone(fix, host):
    made = host.machine()
    for unit in made.units.values():
        unit |= {"TasksMax": "100", "Delegate": "no", "KillMode": "control-group"}
    assert comes_to(made, fix) == NOTHING


@pytest.mark.parametrize("id_", [id_ for id_ in IDS if id_ not in {"engine-start", "engine-proxy"}])
def test_hosts_where_systemd_runs_no_dockerd(id_):
    assert comes_to(alpine.machine(), id_) == "inapplicable"
    assert comes_to(remote_down.machine(), id_) == "inapplicable"
    assert comes_to(podman_fedora.machine(), id_) in {"inapplicable", NOTHING}


@pytest.mark.parametrize("fix", UNITS)
def test_a_systemd_that_does_not_answer(fix):
    made = machine()
    made.commands["systemctl"] = lambda *argv: (1, "", "Failed to connect to bus\n")
    assert comes_to(made, fix) == "refused"


# -- the mount below the data --------------------------------------------------------------------


def mounted(root="/srv/docker"):
    made = machine()
    made.engines[DOCKER]["/info"]["DockerRootDir"] = root
    made.files[f"{root}/x"] = b""
    made.mounts_of("/srv", "/dev/sdb1", "ext4")
    made.files["/etc/fstab"] = b"UUID=1 / ext4 defaults 0 1\nUUID=2 /srv ext4 nofail 0 2\n"
    return made


def test_the_daemon_waits_for_its_data():
    made = mounted()
    assert outcomes(made, "data-root-mount-unordered") == {"fail"}
    found = proposal(made, "engine-after-mount")
    assert edits(found) == {ours(): {("Unit", "RequiresMountsFor"): ("/srv/docker",)}}
    assert kinds(found) == [(RELOAD_UNITS, "")]
    apply(made, found)
    assert made.files[ours()].endswith(b"back.\n[Unit]\nRequiresMountsFor=/srv/docker\n")
    assert outcomes(made, "data-root-mount-unordered") == {"pass"}
    assert proposal(made, "engine-after-mount").outcome == NOTHING


def test_other_mounts_that_our_file_asks_for_stay():
    made = mounted()
    drop_in(made, "zz-hullcheck.conf", "[Unit]\nRequiresMountsFor=/opt\n")
    made.files["/srv/100%/x"] = b""
    made.engines[DOCKER]["/info"]["DockerRootDir"] = "/srv/100%"
    found = proposal(made, "engine-after-mount")
    assert edits(found) == {ours(): {("Unit", "RequiresMountsFor"): ("/opt", "/srv/100%%")}}


def test_a_path_that_has_to_be_quoted_is_left_to_a_person():
    found = proposal(mounted("/srv/my data"), "engine-after-mount")
    assert found.outcome == BY_HAND


# -- the start command ---------------------------------------------------------------------------

SECOND = "[Service]\nExecStart=/usr/bin/dockerd -H unix:// \\\n    --debug\nNice=-5\n"


def test_a_second_start_command_takes_the_place_of_the_first():
    made = machine()
    path = drop_in(made, "override.conf", SECOND)
    assert outcomes(made, "exec-start-not-reset") == {"fail"}
    found = proposal(made, "exec-start-reset")
    command = "/usr/bin/dockerd -H unix:// --debug"
    assert edits(found) == {path: {("Service", "ExecStart"): ("", command)}}
    assert kinds(found) == [(RELOAD_UNITS, "")]
    apply(made, found)
    assert made.files[path] == f"[Service]\nExecStart=\nExecStart={command}\nNice=-5\n".encode()
    assert outcomes(made, "exec-start-not-reset") == {"pass"}
    assert proposal(made, "exec-start-reset").outcome == NOTHING


def test_flags_of_the_new_command_that_the_file_sets_too():
    made = machine()
    made.files[FILE] = b'{"debug": true}\n'
    drop_in(made, "override.conf", SECOND)
    notes = proposal(made, "exec-start-reset").notes
    assert any("debug" in note and FILE in note for note in notes)
    made.files[FILE] = b'{"log-driver": "local"}\n'
    assert not any(FILE in note for note in proposal(made, "exec-start-reset").notes)


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("/etc/systemd/system/docker.service.d/o.conf", "dockerd --log-opt splunk-token=abc-def"),
        ("/usr/lib/systemd/system/docker.service.d/vendor.conf", "dockerd -H fd://"),
    ],
)
def test_commands_that_are_not_ours_to_write(path, command):
    made = machine()
    made.files[path] = f"[Service]\nExecStart=/usr/bin/{command}\n".encode()
    made.units["docker.service"]["DropInPaths"] = path
    found = proposal(made, "exec-start-reset")
    assert found.outcome == BY_HAND
    assert any("sed -i" in step for step in found.steps)


# -- reading units again, starting at boot -------------------------------------------------------


def test_changed_unit_files_are_read_again():
    made = machine({"NeedDaemonReload": "yes"})
    drop_in(made, "proxy.conf", "[Service]\nEnvironment=HTTP_PROXY=http://p:3128\nTasksMax=9\n")
    found = proposal(made, "units-reload")
    assert commands(found) == [(("systemctl", "daemon-reload"), ())]
    assert found.notes == (
        "Environment of docker.service count after its next restart, if they are what was changed.",
    )
    made.units["docker.service"]["NeedDaemonReload"] = "no"
    assert outcomes(made, "unit-reload-pending") == {"pass"}
    assert proposal(made, "units-reload").outcome == NOTHING


def test_no_restart_is_needed_for_what_systemd_goes_by_at_once():
    made = machine({"NeedDaemonReload": "yes"})
    drop_in(made, "tasks.conf", "[Service]\nTasksMax=infinity\nKillMode=process\n")
    assert proposal(made, "units-reload").notes == (
        "docker.service needs no restart for what its drop-ins set.",
    )


def test_units_that_systemd_would_refuse_are_not_read_again():
    made = machine({"NeedDaemonReload": "yes"})
    drop_in(made, "override.conf", SECOND)
    found = proposal(made, "units-reload")
    assert found.outcome == BY_HAND
    assert found.steps[0].startswith("hullcheck fix exec-start-reset")


def test_a_users_units_are_read_again():
    made = rootless_ubuntu.machine()
    made.user_units["docker.service"]["NeedDaemonReload"] = "yes"
    assert commands(proposal(made, "units-reload")) == [
        (("systemctl", "--user", "daemon-reload"), ())
    ]


def returning(made):
    """A container that has to come back after a boot."""
    for engine in made.engines.values():
        engine["/containers/json?all=1"] = [
            {"Id": "db01", "Names": ["/db"], "Image": "mysql:8", "State": "running", "Ports": []}
        ]
        engine["/containers/db01/json"] = {"HostConfig": {"RestartPolicy": {"Name": "always"}}}
    return made


def test_the_engine_is_started_at_boot():
    made = returning(machine({"UnitFileState": "disabled"}))
    made.units["docker.socket"]["UnitFileState"] = "disabled"
    assert outcomes(made, "unit-disabled-at-boot") == {"fail"}
    found = proposal(made, "engine-at-boot")
    assert commands(found) == [
        (("systemctl", "enable", unit), ("systemctl", "disable", unit))
        for unit in ("docker.service", "docker.socket")
    ]
    made.units["docker.service"]["UnitFileState"] = "enabled"
    assert outcomes(made, "unit-disabled-at-boot") == {"pass"}
    assert proposal(made, "engine-at-boot").outcome == NOTHING


def test_a_user_needs_lingering_as_well():
    made = returning(rootless_ubuntu.machine())
    made.user_units["docker.service"]["UnitFileState"] = "disabled"
    found = proposal(made, "engine-at-boot")
    assert commands(found) == [
        (
            ("systemctl", "--user", "enable", "docker.service"),
            ("systemctl", "--user", "disable", "docker.service"),
        )
    ]
    assert "loginctl enable-linger" in found.notes[0]


def test_the_snap_is_started_by_snapd():
    made = returning(snap_ubuntu.machine())
    made.units["snap.docker.dockerd.service"]["UnitFileState"] = "disabled"
    found = proposal(made, "engine-at-boot")
    assert (found.outcome, found.steps) == (BY_HAND, ("sudo snap start --enable docker",))


# -- starting ------------------------------------------------------------------------------------


def stopped(text=b"{}\n", **daemon):
    made = service_failed.machine()
    made.files[FILE] = text
    made.units["docker.service"] |= daemon
    return made


def test_a_file_that_the_engine_refuses_is_named_and_nothing_is_started():
    found = proposal(service_failed.machine(), "engine-start")
    assert found.outcome == BY_HAND
    assert "hullcheck fix daemon-json-flags" in found.steps
    found = proposal(stopped(b'{"debug": tru}'), "engine-start")
    assert found.outcome == BY_HAND
    assert f"hullcheck lint {FILE}" in found.steps


def test_a_service_that_systemd_gave_up_on():
    made = stopped()
    assert "fail" in outcomes(made, "unit-start-limit-hit")
    found = proposal(made, "engine-start")
    assert commands(found) == [
        (("systemctl", "reset-failed", "docker.service", "docker.socket"), ()),
        (("systemctl", "start", "docker.service"), ("systemctl", "stop", "docker.service")),
    ]
    assert any(note.startswith("The last error in its log: unable") for note in found.notes)
    started = ubuntu_2404.machine()
    assert outcomes(started, "unit-start-limit-hit") == {"pass"}
    assert outcomes(started, "engine-not-running") == {"pass"}
    assert proposal(started, "engine-start").outcome == NOTHING


def gone(made):
    """Without a socket."""
    del made.stats["/run/docker.sock"]
    return made


def test_an_engine_that_was_stopped():
    made = gone(stopped(ActiveState="inactive", Result="success", ExecMainStatus="0"))
    made.units["docker.socket"] |= {"ActiveState": "inactive", "Result": "success"}
    assert outcomes(made, "engine-not-running") == {"fail"}
    assert commands(proposal(made, "engine-start")) == [
        (("systemctl", "start", "docker.service"), ("systemctl", "stop", "docker.service"))
    ]


def test_a_file_that_the_unit_names_is_judged():
    made = gone(stopped())
    made.files["/srv/daemon.json"] = b'{"graph": "/srv/docker"}'
    drop_in(made, "o.conf", "[Service]\nExecStart=\n"
            "ExecStart=/usr/bin/dockerd --config-file /srv/daemon.json\n")  # fmt: skip
    found = proposal(made, "engine-start")
    assert found.outcome == BY_HAND
    assert "/srv/daemon.json line 1" in found.reason


def test_a_unit_that_systemd_does_not_load_is_not_started():
    made = gone(stopped())
    drop_in(made, "override.conf", SECOND)
    found = proposal(made, "engine-start")
    assert (found.outcome, found.steps) == (BY_HAND, ("hullcheck fix exec-start-reset",))


def test_a_masked_unit_was_meant_to_stay_down():
    made = gone(stopped(LoadState="masked", UnitFileState="masked"))
    found = proposal(made, "engine-start")
    assert found.outcome == BY_HAND
    assert found.steps[0] == "sudo systemctl unmask docker.service"


def test_another_engine_was_chosen():
    made = gone(stopped())
    made.env["DOCKER_HOST"] = "unix:///srv/other.sock"
    found = proposal(made, "engine-start")
    assert found.outcome == BY_HAND
    assert found.steps[0].startswith("unset DOCKER_HOST")


def down(made):
    """Whatever it was, its engine is not running."""
    made.engines.clear()
    made.peers.clear()
    made.gauges["processes"] = []
    for path in [p for p in made.stats if p.endswith("docker.sock")]:
        del made.stats[path]
    return made


def test_a_rootless_engine_is_started_by_its_user():
    made = down(rootless_ubuntu.machine())
    made.stats["/run/user/1000/x"] = {}
    assert commands(proposal(made, "engine-start")) == [
        (
            ("systemctl", "--user", "start", "docker.service"),
            ("systemctl", "--user", "stop", "docker.service"),
        )
    ]
    made.files["/home/ann/.config/docker/daemon.json"] = b'{"graph": "/x"}'
    assert proposal(made, "engine-start").outcome == BY_HAND


def test_other_service_managers():
    assert commands(proposal(down(snap_ubuntu.machine()), "engine-start")) == [
        (("snap", "start", "docker"), ("snap", "stop", "docker"))
    ]
    made = down(alpine.machine())
    assert commands(proposal(made, "engine-start")) == [
        (("rc-service", "docker", "start"), ("rc-service", "docker", "stop"))
    ]


def test_a_file_that_may_not_be_read_is_not_taken_for_a_good_one():
    made = stopped()
    made.failures["read", FILE] = Denied(f"{FILE} may not be read")
    assert comes_to(made, "engine-start") == "denied"


# -- the proxy -----------------------------------------------------------------------------------

PROXY = "http://proxy.example:3128"


def with_version(version, text=None, **info):
    made = machine()
    told = made.engines[DOCKER]
    told["/version"]["Version"] = told["/info"]["ServerVersion"] = version
    told["/info"] |= info
    if text is not None:
        made.files[FILE] = text.encode()
        made.stats[FILE] = {"mtime": 0.0}
    return made


@pytest.mark.parametrize(
    ("made", "given", "expected"),
    [
        (
            with_version("29.10.0"),
            {"http_proxy": PROXY, "https_proxy": PROXY, "no_proxy": "localhost,.lan"},
            {
                FILE: {
                    ("proxies", "http-proxy"): PROXY,
                    ("proxies", "https-proxy"): PROXY,
                    ("proxies", "no-proxy"): "localhost,.lan",
                }
            },
        ),
        (
            with_version("23.0.6", '{"proxies": {"http-proxy": "http://127.0.0.1:1"}}'),
            {"http_proxy": "none"},
            {FILE: {("proxies", "http-proxy"): REMOVED}},
        ),
        (
            with_version("20.10.24"),
            {"http_proxy": "http://proxy:3128/%20", "no_proxy": "localhost"},
            {
                ours(): {
                    ("Service", "Environment"): (
                        '"HTTP_PROXY=http://proxy:3128/%%20"',
                        '"NO_PROXY=localhost"',
                    )
                }
            },
        ),
        (
            with_version("20.10.24", HttpProxy="http://127.0.0.1:1"),
            {"http_proxy": "None"},
            {ours(): {("Service", "Environment"): ('"HTTP_PROXY="', '"http_proxy="')}},
        ),
        (
            with_version("29.10.0", HttpProxy="http://127.0.0.1:1"),
            {"http_proxy": "none"},
            {ours(): {("Service", "Environment"): ('"HTTP_PROXY="', '"http_proxy="')}},
        ),
    ],
)
def test_a_proxy_that_was_given(made, given, expected):
    found = proposal(made, "engine-proxy", **given)
    assert edits(found) == expected
    restarted = [(RELOAD_UNITS, ""), (RESTART_ENGINE, "")]
    assert kinds(found) == (restarted if ours() in expected else [])
    apply(made, found)


def test_a_dead_proxy_is_only_changed_when_asked():
    made = with_version("29.10.0", '{"proxies": {"http-proxy": "http://127.0.0.1:3128"}}',
                        HttpProxy="http://127.0.0.1:3128")  # fmt: skip
    made.env["HTTP_PROXY"] = PROXY
    assert outcomes(made, "daemon-proxy-dead") == {"fail"}
    found = proposal(made, "engine-proxy")
    assert found.outcome == BY_HAND
    assert f"{FILE} line 1 sets http-proxy" in found.steps
    apply(made, proposal(made, "engine-proxy", http_proxy=PROXY))
    assert made.files[FILE] == b'{"proxies": {"http-proxy": "http://proxy.example:3128"}}'
    made.engines[DOCKER]["/info"]["HttpProxy"] = PROXY  # it was restarted
    assert outcomes(made, "daemon-proxy-dead") == {"skip"}


def test_the_proxy_of_ones_own_environment():
    made = with_version("29.10.0")
    made.env |= {"HTTPS_PROXY": PROXY, "no_proxy": "localhost"}
    found = proposal(made, "engine-proxy")
    assert edits(found) == {
        FILE: {("proxies", "https-proxy"): PROXY, ("proxies", "no-proxy"): "localhost"}
    }
    made.engines[DOCKER]["/info"] |= {"HttpsProxy": "http://other:1", "NoProxy": "lan"}
    assert proposal(made, "engine-proxy").outcome == NOTHING


def test_a_password_in_the_environment_is_not_written():
    made = with_version("29.10.0")
    made.env["HTTP_PROXY"] = "http://ann:s3cret@proxy:3128"
    found = proposal(made, "engine-proxy")
    assert found.outcome == BY_HAND
    assert "--set http-proxy=ADDRESS" in found.reason


def test_nothing_was_given():
    assert proposal(with_version("29.10.0"), "engine-proxy").outcome == NOTHING


def test_it_is_so_already():
    made = with_version("29.10.0", f'{{"proxies": {{"http-proxy": "{PROXY}"}}}}', HttpProxy=PROXY)
    assert proposal(made, "engine-proxy", http_proxy=PROXY).outcome == NOTHING
    assert proposal(made, "engine-proxy", https_proxy="none").outcome == NOTHING


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"http_proxy": "ftp://proxy:21"}, "no address of a proxy: there is no proxy scheme ftp"),
        ({"https_proxy": "http://"}, "it names no host"),
        ({"no_proxy": "a b"}, "no-proxy holds blanks"),
        ({"http_proxy": "http://p\nExecStart=x"}, "http-proxy holds blanks"),
        ({"http_proxy": 'http://"p'}, "http-proxy holds blanks"),
    ],
)
def test_addresses_that_are_none(given, words):
    with pytest.raises(ValueError, match=words):
        proposal(with_version("29.10.0"), "engine-proxy", **given)


def test_a_proxy_on_the_command_line():
    made = with_version("29.10.0")
    row = next(p for p in made.gauges["processes"] if p[3] == "dockerd")
    row[4].append("--http-proxy=http://127.0.0.1:1")
    found = proposal(made, "engine-proxy", http_proxy=PROXY)
    assert found.outcome == BY_HAND
    assert "command line" in found.reason


def test_a_file_of_variables_overrules_a_drop_in():
    made = with_version("20.10.24", HttpProxy="http://127.0.0.1:1")
    drop_in(made, "env.conf", "[Service]\nEnvironmentFile=-/etc/default/docker\n")
    made.files["/etc/default/docker"] = b'# proxy\nexport HTTP_PROXY="http://127.0.0.1:1"\n'
    found = proposal(made, "engine-proxy", http_proxy="none")
    assert found.outcome == BY_HAND
    assert found.steps[0] == "change /etc/default/docker line 2"


def test_variables_that_our_drop_in_sets_already_stay():
    made = with_version("20.10.24", HttpProxy="http://a:1", HttpsProxy="http://b:1")
    drop_in(made, "zz-hullcheck.conf",
            '[Service]\nEnvironment="HTTP_PROXY=http://a:1"\nEnvironment="HTTPS_PROXY=http://b:1"\n')  # fmt: skip
    found = proposal(made, "engine-proxy", http_proxy="http://c:1")
    assert edits(found)[ours()]["Service", "Environment"] == (
        '"HTTPS_PROXY=http://b:1"',
        '"HTTP_PROXY=http://c:1"',
    )
    drop_in(made, "zz-hullcheck.conf", '[Service]\nEnvironment="OTHER=my secret"\n')
    assert proposal(made, "engine-proxy", http_proxy="http://c:1").outcome == BY_HAND


@pytest.mark.parametrize("host", [podman_fedora, remote_down])
def test_no_daemon_of_this_host(host):
    assert comes_to(host.machine(), "engine-proxy", http_proxy=PROXY) == "inapplicable"
