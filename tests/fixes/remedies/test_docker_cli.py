from __future__ import annotations

import hashlib
import json

import pytest

from fixes import load
from fixes.model import BY_HAND, NEW_LOGIN, NOTHING, RELOAD_UNITS, RemoveFile
from probes.formats.json_edit import REMOVED
from probes.host import Denied
from tests.fake_host import DIRECTORY
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
    group_not_in_session,
    remote_ssh,
    rootless_ubuntu,
    ubuntu_2404,
)

HOME = "/home/ann"
CONFIG = f"{HOME}/.docker/config.json"
SOCK = "/var/run/docker.sock"


def asked_by(name="ann", groups=("adm", "sudo"), base=ubuntu_2404):
    """A machine on which a plain user asks."""
    made = base.machine()
    made.user(name, groups=groups)
    made.files["/usr/sbin/usermod"] = b"\x7fELF"
    made.deny_docker_files()
    return made


def configured(config, made=None):
    """A user in the group docker, with a config.json of the CLI's."""
    made = made or asked_by(groups=("docker",))
    made.files["/etc/group"] = b"root:x:0:\ndocker:x:999:ann\n"
    text = config if isinstance(config, bytes) else json.dumps(config, indent="\t").encode()
    made.files[CONFIG] = text
    own = {"uid": 1000, "gid": 1000, "owner": "ann", "group": "ann"}
    made.stats[CONFIG] = {"mode": 0o600, **own}
    made.stats[f"{HOME}/.docker"] = {"kind": DIRECTORY, "mode": 0o700, **own}
    return made


# -- the group -----------------------------------------------------------------------------------


def test_a_user_is_put_into_the_group():
    made = asked_by()
    assert outcomes(made, "user-not-in-docker-group") == {"fail"}
    found = proposal(made, "docker-group")
    assert commands(found) == [
        (("usermod", "-aG", "docker", "ann"), ("gpasswd", "-d", "ann", "docker"))
    ]
    assert kinds(found) == [(NEW_LOGIN, "ann")]
    assert "as good as root" in found.notes[0]
    assert load("docker-group").on_request
    granted = asked_by(groups=("docker",))
    assert outcomes(granted, "user-not-in-docker-group") == {"pass"}
    granted.files["/etc/group"] = b"docker:x:999:ann\n"
    assert proposal(granted, "docker-group").outcome == NOTHING


def test_a_session_from_before_the_group():
    found = proposal(group_not_in_session.machine(), "docker-group")
    assert found.outcome == BY_HAND
    assert "newgrp docker" in found.steps[1]
    assert found.changes == ()


@pytest.mark.parametrize(
    ("env", "given", "expected"),
    [
        ({}, {}, None),
        ({"SUDO_USER": "eve"}, {}, "eve"),
        ({"SUDO_USER": "root"}, {}, None),
        ({"SUDO_USER": "eve"}, {"user": "bob"}, "bob"),
    ],
)
def test_who_it_is_when_root_asks(env, given, expected):
    made = ubuntu_2404.machine()
    made.env |= env
    made.files["/usr/sbin/usermod"] = b""
    made.files["/etc/passwd"] += b"eve:x:1001:1001::/:\nbob:x:1002:1002::/:\n"
    found = proposal(made, "docker-group", **given)
    if expected is None:
        assert found.outcome == NOTHING
    else:
        assert commands(found)[0][0] == ("usermod", "-aG", "docker", expected)


@pytest.mark.parametrize("name", ["-g", "a b", "x;reboot", "--", "a\n"])
def test_names_that_are_none(name):
    with pytest.raises(ValueError, match="is no name of a user"):
        proposal(ubuntu_2404.machine(), "docker-group", user=name)


def test_a_group_that_is_not_there_is_left_to_a_person():
    made = asked_by()
    made.stats["/run/docker.sock"] |= {"gid": 0, "group": "root"}
    found = proposal(made, "docker-group")
    assert found.outcome == BY_HAND
    assert found.steps[0] == "sudo groupadd --force docker"


def test_names_of_a_directory_service_are_left_to_a_person():
    made = asked_by()
    made.files["/etc/group"] = b"root:x:0:\n"
    assert "docker is not of this host's own files" in proposal(made, "docker-group").reason
    made = asked_by()
    made.files["/etc/passwd"] = b"root:x:0:0:root:/root:/bin/bash\n"
    assert "ann is not of this host's own files" in proposal(made, "docker-group").reason


def test_a_first_group_counts_as_well():
    made = ubuntu_2404.machine()
    made.files["/etc/passwd"] += b"ci:x:1001:999::/:\n"
    assert proposal(made, "docker-group", user="ci").reason == "ci is in docker already"


def test_alpine_has_no_usermod():
    made = asked_by(base=alpine, groups=())
    del made.files["/usr/sbin/usermod"]
    group = made.stats["/run/docker.sock"]
    made.files["/etc/group"] = f"{group['group']}:x:{group['gid']}:\n".encode()
    assert commands(proposal(made, "docker-group")) == [
        (("addgroup", "ann", "docker"), ("delgroup", "ann", "docker"))
    ]


@pytest.mark.parametrize("host", [rootless_ubuntu, remote_ssh])
def test_no_group_opens_other_engines(host):
    assert proposal(host.machine(), "docker-group", user="ann").outcome == NOTHING


# -- the context ---------------------------------------------------------------------------------


def context(made, name, url):
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": url}}}
    path = f"{HOME}/.docker/contexts/meta/{digest}/meta.json"
    made.files[path] = json.dumps(meta).encode()
    return made


def test_a_context_that_is_gone():
    made = configured({"auths": {}, "currentContext": "desktop-linux"})
    assert outcomes(made, "docker-context-missing") == {"fail"}
    found = proposal(made, "docker-context")
    assert edits(found) == {CONFIG: {("currentContext",): REMOVED}}
    apply(made, found)
    assert made.files[CONFIG] == b'{\n\t"auths": {}\n}'
    assert outcomes(made, "docker-context-missing") == {"pass"}
    assert proposal(made, "docker-context").outcome == NOTHING


def test_a_context_whose_engine_is_gone():
    made = configured({"currentContext": "desktop-linux"})
    context(made, "desktop-linux", f"unix://{HOME}/.docker/desktop/docker.sock")
    assert outcomes(made, "docker-context-dead") == {"fail"}
    found = proposal(made, "docker-context")
    assert edits(found) == {CONFIG: {("currentContext",): REMOVED}}
    apply(made, found)
    assert outcomes(made, "docker-context-dead") == {"pass"}


def rootless_only():
    """A context of Desktop's is chosen, and a rootless engine answers."""
    made = rootless_ubuntu.machine()
    made.files[CONFIG] = b'{"currentContext": "desktop-linux"}'
    return context(made, "desktop-linux", f"unix://{HOME}/.docker/desktop/docker.sock")


def test_another_engine_is_chosen_by_its_context():
    found = proposal(rootless_only(), "docker-context")
    assert edits(found) == {CONFIG: {("currentContext",): "rootless"}}


def test_an_engine_without_a_context():
    made = rootless_only()
    digest = hashlib.sha256(b"rootless").hexdigest()
    del made.files[f"{HOME}/.docker/contexts/meta/{digest}/meta.json"]
    found = proposal(made, "docker-context")
    assert found.outcome == BY_HAND
    assert "unix:///run/user/1000/docker.sock" in found.steps[0]


def test_no_engine_that_answers():
    made = configured({"currentContext": "gone"})
    made.engines.clear()
    found = proposal(made, "docker-context")
    assert found.outcome == BY_HAND
    assert "no engine of this host was seen to answer" in found.reason


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (f"{HOME}/.bashrc", "# x\n  export DOCKER_HOST=unix:///srv/x.sock\n", 2),
        (f"{HOME}/.profile", "DOCKER_HOST=unix:///srv/x.sock; export DOCKER_HOST\n", 1),
        (f"{HOME}/.config/fish/config.fish", "\nset -gx DOCKER_HOST unix:///srv/x.sock\n", 2),
        (f"{HOME}/.config/environment.d/d.conf", "DOCKER_HOST=unix:///srv/x.sock\n", 1),
        ("/etc/environment", 'PATH="/bin"\nDOCKER_HOST="unix:///srv/x.sock"\n', 2),
        ("/etc/profile.d/docker.sh", "export DOCKER_HOST=unix:///srv/x.sock\n", 1),
    ],
)
def test_where_the_variable_is_set(path, text, line):
    made = configured({})
    made.env["DOCKER_HOST"] = "unix:///srv/x.sock"
    made.files[path] = text.encode()
    made.files[f"{HOME}/.zshrc"] = b"# DOCKER_HOST=1\nNOT_DOCKER_HOST=2\nDOCKER_HOSTS=3\n"
    assert outcomes(made, "docker-context-dead") == {"fail"}
    found = proposal(made, "docker-context")
    assert found.outcome == BY_HAND
    assert found.steps[0] == f"{path} line {line} sets DOCKER_HOST: take it out"
    assert f"{HOME}/.zshrc" not in str(found.steps)


def test_a_variable_that_no_file_sets():
    made = configured({})
    made.env["DOCKER_CONTEXT"] = "gone"
    found = proposal(made, "docker-context")
    assert found.outcome == BY_HAND
    assert found.steps[0].startswith("grep -rns DOCKER_CONTEXT")
    assert found.steps[1] == "unset DOCKER_CONTEXT   # in this terminal"


def test_a_variable_that_overrules_a_context():
    made = configured({"currentContext": "build"})
    context(made, "build", "ssh://ci@build.example")
    made.env["DOCKER_HOST"] = f"unix://{SOCK}"
    assert outcomes(made, "docker-host-overrides-context") == {"fail"}
    found = proposal(made, "docker-context")
    assert found.outcome == BY_HAND
    assert found.steps[-1].startswith("docker context use default")


# -- the socket ----------------------------------------------------------------------------------


def open_socket(unit=None):
    made = ubuntu_2404.machine()
    made.stats["/run/docker.sock"]["mode"] = 0o666
    if unit is not None:
        made.unit("docker.socket", text=unit)
    return made


def test_the_socket_is_closed():
    made = open_socket()
    assert outcomes(made, "docker-socket-world-writable") == {"fail"}
    found = proposal(made, "docker-socket-mode")
    assert commands(found) == [(("chmod", "660", SOCK), ("chmod", "666", SOCK))]
    assert found.effects == ()
    made.stats["/run/docker.sock"]["mode"] = 0o660
    assert outcomes(made, "docker-socket-world-writable") == {"pass"}
    assert proposal(made, "docker-socket-mode").outcome == NOTHING


@pytest.mark.parametrize("line", ["SocketMode=0666\n", ""])
def test_a_socket_that_systemd_would_open_again(line):
    made = open_socket(f"[Socket]\nListenStream=/run/docker.sock\n{line}")
    found = proposal(made, "docker-socket-mode")
    path = "/etc/systemd/system/docker.socket.d/zz-hullcheck.conf"
    assert edits(found) == {path: {("Socket", "SocketMode"): ("0660",)}}
    assert kinds(found) == [(RELOAD_UNITS, "")]


def test_the_mode_that_the_owner_gave_the_socket_unit():
    made = open_socket()
    path = "/etc/systemd/system/docker.socket.d/open.conf"
    made.files[path] = b"[Socket]\nSocketMode=0666\n"
    made.units["docker.socket"]["DropInPaths"] = path
    found = proposal(made, "docker-socket-mode")
    apply(made, found)
    assert made.files[path] == b"[Socket]\nSocketMode=0660\n"


# -- the CLI's files -----------------------------------------------------------------------------


def test_helpers_that_are_gone():
    config = {
        "auths": {},
        "credsStore": "desktop",
        "credHelpers": {"ghcr.io": "desktop", "gcr.io": "gcloud"},
    }
    made = configured(config)
    made.files["/usr/bin/docker-credential-gcloud"] = b""
    assert "fail" in outcomes(made, "credential-helper-missing")
    found = proposal(made, "credential-helper")
    assert edits(found) == {CONFIG: {("credsStore",): REMOVED, ("credHelpers", "ghcr.io"): REMOVED}}
    apply(made, found)
    assert json.loads(made.files[CONFIG]) == {"auths": {}, "credHelpers": {"gcr.io": "gcloud"}}
    assert outcomes(made, "credential-helper-missing") == {"pass"}
    assert proposal(made, "credential-helper").outcome == NOTHING


def test_logins_in_the_file_are_written_back_as_they_are():
    text = b'{"auths": {"ghcr.io": {"auth": "YW5uOnMzY3JldA=="}}, "credsStore": "desktop"}\n'
    made = configured(text)
    apply(made, proposal(made, "credential-helper"))
    assert made.files[CONFIG] == b'{"auths": {"ghcr.io": {"auth": "YW5uOnMzY3JldA=="}}}\n'


def test_a_helper_that_is_not_set_up_is_left_to_a_person():
    made = configured({"credsStore": "pass"})
    made.files["/usr/bin/docker-credential-pass"] = made.files["/usr/bin/pass"] = b""
    found = proposal(made, "credential-helper")
    assert found.outcome == BY_HAND
    assert found.steps[0].startswith("pass init")


def readable_login():
    made = configured({"auths": {"ghcr.io": {"auth": "YW5uOnMzY3JldA=="}}})
    made.stats[CONFIG]["mode"] = 0o644
    made.stats[f"{HOME}/.docker"]["mode"] = made.stats[HOME]["mode"] = 0o755
    return made


def test_a_file_with_logins_is_closed():
    made = readable_login()
    assert outcomes(made, "registry-login-readable") == {"fail"}
    found = proposal(made, "docker-config-private")
    assert commands(found) == [(("chmod", "600", CONFIG), ("chmod", "644", CONFIG))]
    assert "ghcr.io" in found.reason
    made.stats[CONFIG]["mode"] = 0o600
    assert outcomes(made, "registry-login-readable") == {"pass"}
    assert proposal(made, "docker-config-private").outcome == NOTHING


def test_a_folder_that_is_not_named_from_the_root():
    made = readable_login()
    made.env["DOCKER_CONFIG"] = "-rf"
    made.files["-rf/config.json"] = b'{"credsStore": "desktop"}'
    found = proposal(made, "credential-helper")
    assert found.outcome == BY_HAND
    assert "no path from the root" in found.reason


def taken():
    """What sudo docker login and a build with sudo leave behind."""
    made = configured({"auths": {}})
    root = {"uid": 0, "gid": 0, "owner": "root", "group": "root"}
    made.stats[CONFIG] = {"mode": 0o600, **root}
    made.files[f"{HOME}/.docker/buildx/instances/multi"] = b"{}"
    made.files[f"{HOME}/.docker/buildx/current"] = b"{}"
    for path in ("buildx", "buildx/instances"):
        made.stats[f"{HOME}/.docker/{path}"] = {"kind": DIRECTORY, "mode": 0o755, **root}
    made.stats[f"{HOME}/.docker/buildx/current"] = {"uid": 1000, "gid": 1000}
    made.stats[f"{HOME}/.docker/buildx/instances/multi"] = {"uid": 0, "gid": 27}
    return made


def test_what_root_took_is_given_back():
    made = taken()
    assert outcomes(made, "docker-config-foreign-owner") == {"fail"}
    found = proposal(made, "docker-config-owner")
    folder = f"{HOME}/.docker/buildx"
    of_root = (CONFIG, folder, f"{folder}/instances")
    assert commands(found) == [
        (("chown", "-h", "1000:1000", *of_root), ("chown", "-h", "0:0", *of_root)),
        (
            ("chown", "-h", "1000:1000", f"{folder}/instances/multi"),
            ("chown", "-h", "0:27", f"{folder}/instances/multi"),
        ),
    ]
    for path in (*of_root, f"{folder}/instances/multi"):
        made.stats[path] |= {"uid": 1000, "gid": 1000}
    assert outcomes(made, "docker-config-foreign-owner") == {"pass"}
    assert proposal(made, "docker-config-owner").outcome == NOTHING


def test_folders_that_cannot_be_looked_into():
    made = taken()
    path = f"{HOME}/.docker/buildx"
    made.failures["list", path] = Denied(f"{path} may not be read")
    assert comes_to(made, "docker-config-owner") == "denied"


def test_very_many_files_are_left_to_a_person():
    made = taken()
    made.files |= {f"{HOME}/.docker/buildx/refs/{n}": b"" for n in range(600)}
    found = proposal(made, "docker-config-owner")
    assert found.outcome == BY_HAND
    assert "chown -R" in found.steps[0]


def test_root_may_write_everything():
    assert proposal(ubuntu_2404.machine(), "docker-config-owner").outcome == NOTHING


# -- plugins -------------------------------------------------------------------------------------

PLUGIN = f"{HOME}/.docker/cli-plugins/docker-scout"


def test_links_that_lead_nowhere():
    made = configured({})
    made.links[PLUGIN] = "/usr/lib/docker/cli-plugins/docker-scout"
    assert outcomes(made, "cli-plugin-broken") == {"fail"}
    found = proposal(made, "cli-plugin-link")
    assert found.changes == (RemoveFile(PLUGIN),)
    apply(made, found)
    assert outcomes(made, "cli-plugin-broken") == {"pass"}
    assert proposal(made, "cli-plugin-link").outcome == NOTHING


def test_links_of_a_docker_desktop_that_sleeps():
    made = configured({})
    made.links[PLUGIN] = "/mnt/wsl/docker-desktop/cli-tools/usr/local/lib/docker/cli-plugins/x"
    found = proposal(made, "cli-plugin-link")
    assert found.outcome == NOTHING
    assert "Docker Desktop" in found.reason


def test_plugins_that_are_no_links():
    made = configured({})
    made.files[PLUGIN] = b"\x7fELF"
    made.stats[PLUGIN] = {"mode": 0o644}
    found = proposal(made, "cli-plugin-link")
    assert (found.outcome, found.steps) == (BY_HAND, (f"chmod +x {PLUGIN}",))
    made.links[PLUGIN.replace("scout", "ai")] = "/gone"
    found = proposal(made, "cli-plugin-link")
    assert found.changes == (RemoveFile(PLUGIN.replace("scout", "ai")),)
    assert found.steps == (f"chmod +x {PLUGIN}",)
