"""The docker command of this user: its group, its context, its files, its way to the socket."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from fixes.judged import fact, judged
from fixes.model import (
    JSON,
    NEW_LOGIN,
    RELOAD_UNITS,
    Change,
    Command,
    EditFile,
    Effect,
    Family,
    Parameter,
    Proposal,
    RemoveFile,
    Request,
    by_hand,
    nothing,
    propose,
)
from probes import engine, packaging, reachability, systemd_unit
from probes.formats.json_edit import REMOVED
from probes.host.questions import Unreadable
from probes.model import have, known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixes.judged import Judged
    from probes.host import Host
    from probes.reachability import CliConfig, Reachability

FAMILY = Family()

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\$?")
"""A name that useradd(8) takes: it cannot be taken for an option."""

SOCKET_MODE = "660"
"""What docker.socket of the engine has (moby contrib/init/systemd/docker.socket, SocketMode)."""

CHANGED_AT_MOST = 500
"""Files whose owner is changed one by one; a folder with more is left to a person."""

START_UP = (
    "~/.profile",
    "~/.bash_profile",
    "~/.bash_login",
    "~/.bashrc",
    "~/.bash_aliases",
    "~/.zshenv",
    "~/.zprofile",
    "~/.zshrc",
    "~/.config/fish/config.fish",
    "~/.pam_environment",
    "/etc/environment",
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/bashrc",
    "/etc/zsh/zshenv",
    "/etc/zsh/zshrc",
)
"""Files from which a login takes its environment: bash(1), zsh(1), fish(1), pam_env(8)."""

START_UP_FOLDERS = ("/etc/profile.d", "~/.config/environment.d", "/etc/environment.d")

USERS = "users of the docker command"


# -- the docker group ----------------------------------------------------------------------------


@FAMILY.fix(
    "docker-group",
    "Let a user talk to the engine",
    applies="rootful engines behind a unix socket that a group may open",
    parameters=(
        Parameter(
            "user", "whoever asks; under sudo, whoever called it", "the user to put into the group"
        ),
    ),
    on_request=True,
)
def docker_group(host: Host, request: Request) -> Proposal:
    """Puts a user into the group that the engine's socket is open to.

    Whoever is in that group is root on this host: `docker run -v /:/host` asks for no password. For
    a person who should not be, a rootless engine of their own is the way.

    ## What it changes
    The user's line of the group in /etc/group, by usermod(8); addgroup on Alpine.

    ## Where the values come from
    The group of the socket that docker connects to, and the user who asks. A group that does not
    exist, and one of the directory service, is left to a person.

    ## What it costs
    The user gets root's rights on this host. Sessions that run now do not have the group: it takes a
    new login.

    ## How it is verified
    The group's line names the user.

    ## How it is undone
    `gpasswd -d USER GROUP`, which takes effect at the user's next login.
    """
    facts = reachability.TOPIC.look(host)
    if f"unix://{engine.DEFAULT_SOCKET}" != facts.endpoint.replace(
        "unix:///run/", "unix:///var/run/"
    ):
        return nothing(
            f"docker connects to {facts.endpoint or 'no endpoint'}, which no group of this host opens"
        )
    socket = fact(facts.socket)
    name = _user(host, request)
    if not name:
        return nothing("root needs no group; --set user=NAME says who is to have it")
    if socket.gid == 0 or not socket.mode & 0o020:
        return by_hand(
            f"{socket.path} belongs to {socket.owner}:{socket.group} ({socket.mode:04o}): there is "
            "no group yet that it is open to",
            "sudo groupadd --force docker",
            f"{facts.restart}   # restarts the engine, which gives its socket to the group",
            f"sudo usermod -aG docker {name}   # then log out and in again",
        )
    group = socket.group
    login = Effect(NEW_LOGIN, name, f"newgrp {group}   # for this terminal; else log out and in")
    members = _members(host, group)
    if members is None or not _has_line(host, "/etc/passwd", name):
        return by_hand(
            f"{group if members is None else name} is not of this host's own files: a directory "
            "service (LDAP, SSSD) keeps it",
            f"add {name} to {group} there, then log out and in again",
        )
    if name in members:
        if name == have(facts.session, _NOBODY).name and socket.gid not in _session_groups(facts):
            return by_hand(
                f"{name} is in {group} already, and this session began before that",
                "log out of the desktop or the SSH connection completely and in again; restart a "
                "service",
                f"newgrp {group}   # for this terminal only",
            )
        return nothing(f"{name} is in {group} already")
    return propose(
        f"{name} may open {socket.path} as a member of {group}",
        _into_group(host, name, group),
        effects=(login,),
        notes=(
            (
                f"This makes {name} as good as root on this host: docker run -v /:/host asks for no "
                "password."
            ),
            "For a person who should not be root here, a rootless engine of their own is the way.",
        ),
    )


_NOBODY = reachability.Session(-1, "", (), (), ())
"""Stands in for a session that could not be told."""


def _session_groups(facts: Reachability) -> tuple[int, ...]:
    return have(facts.session, _NOBODY).group_ids


def _user(host: Host, request: Request) -> str:
    """Whom it is for; empty for root. Raises: ValueError for a name that is none."""
    session = host.gauge("session")
    name = request.given.get("user") or (
        str(session["name"]) if session["uid"] else host.env("SUDO_USER") or ""
    )
    if name and not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a user")
    return "" if name == "root" else name


def _has_line(host: Host, path: str, name: str) -> bool:
    return any(line.startswith(f"{name}:") for line in host.read_text(path).splitlines())


def _members(host: Host, group: str) -> tuple[str, ...] | None:
    """The members of a group by group(5), and those whose first group it is; None for no line."""
    for line in host.read_text("/etc/group").splitlines():
        fields = line.split(":")
        if fields[0] == group and len(fields) == 4:  # noqa: PLR2004 - group(5)
            users = (u.split(":") for u in host.read_text("/etc/passwd").splitlines())
            first = [u[0] for u in users if len(u) > 3 and u[3] == fields[2]]  # noqa: PLR2004
            return tuple(filter(None, (*fields[3].split(","), *first)))
    return None


def _into_group(host: Host, name: str, group: str) -> Command:
    purpose = f"makes {name} a member of {group}"
    programs = ("/usr/sbin/usermod", "/sbin/usermod", "/usr/bin/usermod")
    if any(engine.is_there(host, path) for path in programs):
        return Command(
            ("usermod", "-aG", group, name), undo=("gpasswd", "-d", name, group), purpose=purpose
        )
    return Command(  # BusyBox, as Alpine has it
        ("addgroup", name, group), undo=("delgroup", name, group), purpose=purpose
    )


# -- which engine --------------------------------------------------------------------------------


@FAMILY.fix("docker-context", "Point docker at an engine that answers", applies=USERS)
def docker_context(host: Host, request: Request) -> Proposal:
    """Selects a docker context whose engine answers, in place of one that is gone.

    ## What it changes
    `currentContext` in the docker CLI's config.json. A DOCKER_HOST or DOCKER_CONTEXT in the
    environment wins over it, and cannot be taken away from outside of the shell: the file and line
    that set it are named.

    ## Where the values come from
    The sockets of the engines that run on this host, and which of them answers now. The default
    context is preferred; another engine is only chosen where a context for it exists.

    ## What it costs
    Nothing is lost: each engine keeps its own containers, images and volumes.

    ## How it is verified
    The engine of the chosen context answers at its socket.

    ## How it is undone
    The file gets its old bytes back.
    """
    facts = reachability.TOPIC.look(host)
    missing = judged(host, request, reachability.TOPIC, "docker-context-missing")
    dead = judged(host, request, reachability.TOPIC, "docker-context-dead")
    both = judged(host, request, reachability.TOPIC, "docker-host-overrides-context")
    wrong = (*missing.failing, *dead.failing, *both.failing)
    if not wrong:
        return nothing(f"{missing.otherwise}; {dead.otherwise}")
    by_variable = facts.chosen_by in {"DOCKER_HOST", "DOCKER_CONTEXT"}
    if by_variable:
        return _by_variable(host, facts, wrong[0].summary, offer_default=bool(both.failing))
    config = fact(facts.config)
    if config.broken:
        return by_hand(f"{config.path} is broken: {config.broken}", f"correct {config.path} first")
    found = _answering_context(host, facts)
    if isinstance(found, Proposal):
        return found
    return propose(
        f"docker uses the context {found}, whose engine answers; {facts.named_context} does not",
        EditFile(
            config.path, JSON, {("currentContext",): REMOVED if found == "default" else found}
        ),
        notes=(
            (
                "Each engine has containers, images and volumes of its own: those of the other one "
                "are not lost, only elsewhere."
            ),
        ),
    )


def _answering_context(host: Host, facts: Reachability) -> str | Proposal:
    """The name of a context that leads to an engine which was seen to answer."""
    answering = [other for other in facts.others if other.answers]
    if any(other.path == engine.DEFAULT_SOCKET for other in answering):
        return "default"
    contexts = _contexts(host)
    for other in answering:
        for name, url in contexts.items():
            if url == f"unix://{other.path}":
                return name
    if answering:
        return by_hand(
            f"the {answering[0].what} answers at {answering[0].path}, and no context leads there",
            f"docker context create local --docker host=unix://{answering[0].path}",
            "docker context use local",
        )
    return by_hand(
        "no engine of this host was seen to answer",
        "docker context use default   # then start the engine",
    )


def _contexts(host: Host) -> dict[str, str]:
    """The contexts of this user by name, with their endpoints (docker/cli cli/context/store)."""
    base = f"{engine.docker_config_dir(host)}/contexts/meta"
    found = {}
    for folder in have(known(lambda: host.list(base)), ()):
        try:
            meta = json.loads(host.read_text(f"{base}/{folder}/meta.json"))
            found[str(meta["Name"])] = str(meta["Endpoints"]["docker"]["Host"])
        except (Unreadable, ValueError, KeyError, TypeError):
            continue  # no context of docker's
    return found


def _by_variable(host: Host, facts: Reachability, summary: str, *, offer_default: bool) -> Proposal:
    """Where the variable is set that nobody but the user's shell can unset."""
    name = facts.chosen_by
    steps = [
        f"{path} line {number} sets {name}: take it out" for path, number in _set_in(host, name)
    ]
    if not steps:
        steps = [
            (
                f"grep -rns {name} ~/.profile ~/.bashrc ~/.zshrc ~/.config /etc/profile.d "
                "/etc/environment   # none of the usual files sets it"
            )
        ]
    return by_hand(
        f"{summary.rstrip('.')}; a variable of your shell cannot be unset from outside",
        *steps,
        f"unset {name}   # in this terminal",
        *(
            ("docker context use default   # or this, to keep to the variable",)
            if offer_default
            else ()
        ),
    )


def _set_in(host: Host, name: str) -> list[tuple[str, int]]:
    """The start-up files that set a variable, with the line."""
    home = str(host.gauge("session")["home"])
    paths = [path.replace("~", home, 1) for path in START_UP]
    for folder in (folder.replace("~", home, 1) for folder in START_UP_FOLDERS):
        names = have(known(lambda folder=folder: host.list(folder)), ())  # type: ignore[misc]
        paths += [f"{folder}/{name}" for name in names]
    pattern = re.compile(
        rf"\s*(?:(?:export|declare|typeset|setenv|set)\s+(?:-\S+\s+)*)?{name}(?:=|\s|$)"
    )
    found = []
    for path in paths:
        text = have(known(lambda path=path: host.read_text(path)), "")  # type: ignore[misc]
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.match(line):
                found.append((path, number))
    return found


# -- the socket ----------------------------------------------------------------------------------


@FAMILY.fix(
    "docker-socket-mode",
    "Close the engine's socket to other users",
    applies="engines behind a unix socket",
)
def docker_socket_mode(host: Host, request: Request) -> Proposal:
    """Sets the mode of the engine's socket to 660: its owner and its group may connect.

    ## What it changes
    The mode of the socket, by chmod(1); and `SocketMode=0660` for docker.socket where its files give
    another mode, so that it stays so.

    ## Where the values come from
    The engine's own docker.socket. Without SocketMode= systemd makes sockets open to everyone
    (systemd.socket(5)).

    ## What it costs
    Users and services that are not in the socket's group can no longer use docker.

    ## How it is verified
    The mode is read again.

    ## How it is undone
    chmod(1) with the mode that was seen; the drop-in goes away, or gets its old bytes back.
    """
    found = judged(host, request, reachability.TOPIC, "docker-socket-world-writable")
    if not found.failing:
        return nothing(found.otherwise)
    socket = fact(reachability.TOPIC.look(host).socket)
    changes: list[Change] = [
        Command(
            ("chmod", SOCKET_MODE, socket.path),
            undo=("chmod", f"{socket.mode:o}", socket.path),
            purpose="closes the socket to other users",
        )
    ]
    unit = _lax_socket_unit(host)
    if unit is not None:
        changes.append(unit)
    return propose(
        f"{socket.path} is closed to all but {socket.owner} and the group {socket.group}",
        *changes,
        effects=(Effect(RELOAD_UNITS),) if unit is not None else (),
        notes=(
            f"Who relied on it needs the group {socket.group}, and is root on this host with it.",
        ),
    )


def _lax_socket_unit(host: Host) -> EditFile | None:
    """The edit of docker.socket where systemd would make the socket open to everyone again."""
    from fixes.remedies.engine_unit import drop_in

    facts = systemd_unit.TOPIC.look(host)
    unit = have(facts.units, {}).get("docker.socket")
    if unit is None or unit.active != "active" or facts.user_manager:
        return None
    lines = [d for d in fact(facts.directives).get(unit.name, ()) if d.key == "SocketMode"]
    mode = lines[-1].value if lines else ""
    if re.fullmatch(r"[0-7]+", mode) and not int(mode, 8) & 0o002:
        return None
    return drop_in(host, unit.name, "Socket", "SocketMode", f"0{SOCKET_MODE}")


# -- the CLI's own files -------------------------------------------------------------------------


def _config(found: Judged, facts: Reachability) -> CliConfig | Proposal:
    """The CLI's config.json where a check finds fault with it, by a path that can be named."""
    if not found.failing:
        return nothing(found.otherwise)
    config = fact(facts.config)
    if not config.path.startswith("/"):
        return by_hand(f"{config.path} (DOCKER_CONFIG) is no path from the root", "name it by one")
    return config


@FAMILY.fix(
    "credential-helper",
    "Take a credential helper that is gone out of config.json",
    applies=USERS,
)
def credential_helper(host: Host, request: Request) -> Proposal:
    """Takes the names of credential helpers that are not installed out of the CLI's config.json.

    ## What it changes
    `credsStore`, or the entry of `credHelpers`, in config.json.

    ## Where the values come from
    The helpers that config.json names, and the folders of PATH in which their programs are missing.

    ## What it costs
    Logins that the helper kept have to be made again, and `docker login` then stores them in
    config.json in plain base64: use access tokens, and keep the file's mode at 600.

    ## How it is verified
    config.json names no helper that is not there.

    ## How it is undone
    The file gets its old bytes back.
    """
    facts = reachability.TOPIC.look(host)
    found = judged(host, request, reachability.TOPIC, "credential-helper-missing")
    config = _config(found, facts)
    if isinstance(config, Proposal):
        return config
    failing = {verdict.subject for verdict in found.failing}
    gone = [h for h in config.helpers if h.key in failing and not h.found]
    steps = [
        step for v in found.failing for step in v.mend if v.subject not in {h.key for h in gone}
    ]
    if not gone:
        return by_hand(found.failing[0].summary.rstrip("."), *steps)
    return propose(
        f"{config.path} no longer names {', '.join(sorted({h.name for h in gone}))}, which is not "
        "installed",
        EditFile(config.path, JSON, {tuple(h.key.split(" ", 1)): REMOVED for h in gone}),
        notes=(
            (
                "docker login then stores logins in that file, readable to whoever may read it: use "
                "an access token."
            ),
            "Logins that the helper kept have to be made again (docker login).",
        ),
        steps=tuple(steps),
    )


@FAMILY.fix("docker-config-private", "Keep registry logins to their owner", applies=USERS)
def docker_config_private(host: Host, request: Request) -> Proposal:
    """Sets the mode of a config.json that holds registry logins to 600.

    ## What it changes
    The mode of the docker CLI's config.json, by chmod(1).

    ## Where the values come from
    A file with passwords is for its owner alone.

    ## What it costs
    Another user, or a CI job, that read this file needs a login of its own.

    ## How it is verified
    The mode is read again.

    ## How it is undone
    chmod(1) with the mode that was seen.
    """
    found = judged(host, request, reachability.TOPIC, "registry-login-readable")
    config = _config(found, reachability.TOPIC.look(host))
    if isinstance(config, Proposal):
        return config
    return propose(
        f"only its owner can read {config.path}, which holds logins for "
        f"{', '.join(config.plain_logins)}",
        Command(
            ("chmod", "600", config.path),
            undo=("chmod", f"{config.mode:o}", config.path),
            purpose="closes the file to other users",
        ),
        notes=("Whoever has read it so far may know the logins: change them where that matters.",),
    )


@FAMILY.fix(
    "docker-config-owner",
    "Give the docker CLI's folder back to its user",
    applies="users other than root",
)
def docker_config_owner(host: Host, request: Request) -> Proposal:
    """Gives what lies in the docker CLI's folder and belongs to somebody else back to its user.

    ## What it changes
    Owner and group of these files and folders, by chown(1).

    ## Where the values come from
    The user who asks, and the group of that user's home folder.

    ## What it costs
    Logins that were made with sudo become the user's: that is mostly what was meant.

    ## How it is verified
    The owner is read again.

    ## How it is undone
    chown(1) with each owner and group that was seen.
    """
    found = judged(host, request, reachability.TOPIC, "docker-config-foreign-owner")
    if not found.failing:
        return nothing(found.otherwise)
    facts = reachability.TOPIC.look(host)
    session = fact(facts.session)
    home = host.stat(str(host.gauge("session")["home"]))
    owners: dict[tuple[int, int], list[str]] = {}
    for number, path in enumerate(_below(host, fact(facts.foreign)), start=1):
        told = host.lstat(path)
        if not path.startswith("/") or number > CHANGED_AT_MOST or home.uid != session.uid:
            return by_hand(found.failing[0].summary.rstrip("."), *found.failing[0].mend)
        if told.uid != session.uid:
            owners.setdefault((told.uid, told.gid), []).append(path)
    return propose(
        f"{', '.join(fact(facts.foreign))} and what lies below belong to {session.name}",
        *(
            Command(
                ("chown", "-h", f"{session.uid}:{home.gid}", *paths),
                undo=("chown", "-h", f"{uid}:{gid}", *paths),
                purpose=f"gives {len(paths)} files and folders to {session.name}",
            )
            for (uid, gid), paths in sorted(owners.items())
        ),
        notes=(f"Logins in these files can be read by {session.name} afterwards.",),
    )


def _below(host: Host, paths: tuple[str, ...]) -> Iterator[str]:
    """These paths, and all that lies below those that are folders, each once."""
    seen = set()
    waiting = list(reversed(paths))
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        yield path
        if host.lstat(path).kind == "directory":
            waiting += [f"{path}/{name}" for name in reversed(host.list(path))]


@FAMILY.fix("cli-plugin-link", "Remove links to CLI plugins that are gone", applies=USERS)
def cli_plugin_link(host: Host, request: Request) -> Proposal:
    """Removes symbolic links of CLI plugins that lead nowhere, as a removed Docker Desktop leaves.

    ## What it changes
    The links themselves, in the folders of CLI plugins. What is no link stays.

    ## Where the values come from
    The links docker-* in these folders whose target does not exist. Links into /mnt/wsl are left
    alone: Docker Desktop brings their targets along when it starts.

    ## What it costs
    Nothing: docker passes over such links, with a warning.

    ## How it is verified
    The links are gone.

    ## How it is undone
    The links are made again.
    """
    found = judged(host, request, packaging.TOPIC, "cli-plugin-broken")
    if not found.failing:
        return nothing(found.otherwise)
    failing = {verdict.subject: verdict for verdict in found.failing}
    dangling = [
        plugin.path
        for plugin in packaging.TOPIC.look(host).plugins
        if plugin.path in failing and plugin.dangling
    ]
    sleeping = [path for path in dangling if host.readlink(path).startswith("/mnt/wsl/")]
    gone = [path for path in dangling if path not in sleeping and path.startswith("/")]
    steps = [step for path, v in failing.items() if path not in dangling for step in v.mend]
    if gone:
        return propose(
            f"{', '.join(gone)} lead nowhere",
            *(RemoveFile(path) for path in gone),
            steps=tuple(steps),
        )
    if steps:
        return by_hand(
            "what is broken is no link, and whether it is needed is for you to say", *steps
        )
    return nothing("these links lead to Docker Desktop, which brings their targets when it starts")
