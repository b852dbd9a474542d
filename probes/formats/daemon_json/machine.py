"""What ``dockerd --validate`` looks up on the machine: certificates, users, cgroups, docker-proxy.

The same file passes on one host and fails on the next. Without facts about the host nothing is
refused here, except where no host could satisfy the file.

Source: moby v28.5.2 ``cmd/dockerd/daemon.go`` (``newAPIServerTLSConfig``,
``loadDaemonCliConfig``), ``daemon_linux.go``, ``daemon/daemon_unix.go`` (``parseRemappedRoot``);
docker/go-connections ``tlsconfig/config.go``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.formats.json_document import quote_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.formats.daemon_json.host_facts import HostFacts
    from probes.formats.daemon_json.report import Report
    from probes.formats.daemon_json.settings import Settings
    from probes.formats.json_document import Node

_MOST_PARTS = 2


def judge_machine(report: Report, settings: Settings, host: HostFacts) -> None:
    """Report what the host lacks, in the engine's order."""
    _proxy(report, settings, host)
    _real_time(report, settings, host)
    _users(report, settings, host)
    _image_store(report, settings)
    _certificates(report, settings, host)


def _absent(
    report: Report,
    lookup: Callable[[str], bool] | None,
    name: str,
    code: str,
    node: Node,
    *,
    key: str,
    needs: str,
    text: str,
) -> bool:
    """Report ``name`` as absent, or as not looked up; returns whether it is known to be absent."""
    if lookup is None:
        report.add(
            code,
            f"{key} needs {needs}, which was not looked up here.",
            node,
            key=key,
            machine=True,
            level="note",
        )
        return False
    if "\0" not in name and lookup(name):  # no system call takes a NUL
        return False
    report.refuse(
        code,
        f"{key} needs {needs}, which this machine does not have, so the engine does not start "
        "here.",
        node,
        text=text,
        key=key,
        machine=True,
    )
    return True


def _proxy(report: Report, settings: Settings, host: HostFacts) -> None:
    """The note for a path that was not looked up; a missing one is found by `validation`."""
    found = settings.text("userland-proxy-path")
    wanted = settings.engine >= (25, 0) and settings.flag("userland-proxy", default=True)
    if found and wanted and found[0].startswith("/") and host.file_exists is None:
        report.add(
            "daemon-json-proxy-path-missing",
            f"userland-proxy-path needs the program {found[0]}, which was not looked up here.",
            found[1],
            key="userland-proxy-path",
            machine=True,
            level="note",
        )


def _real_time(report: Report, settings: Settings, host: HostFacts) -> None:
    for name in ("cpu-rt-period", "cpu-rt-runtime"):
        found = settings.number(name)
        if not found or not found[0]:
            continue
        if host.cgroup_v2 is False:
            continue
        if host.cgroup_v2 is None:
            report.add(
                "daemon-json-real-time-cgroup-v2",
                f"{name} needs cgroup version 1 and a kernel with real-time groups; with cgroup "
                "version 2 the engine does not start.",
                found[1],
                key=name,
                machine=True,
                level="note",
            )
            continue
        report.refuse(
            "daemon-json-real-time-cgroup-v2",
            f"{name} does not exist on cgroup version 2, so the engine does not start here.",
            found[1],
            text="daemon-scoped cpu-rt-period and cpu-rt-runtime are not implemented for cgroup v2",
            key=name,
            machine=True,
        )


def _users(report: Report, settings: Settings, host: HostFacts) -> None:
    found = settings.text("userns-remap")
    if not found:
        return
    value, node = found
    parts = value.split(":")
    if len(parts) > _MOST_PARTS:
        report.refuse(
            "daemon-json-invalid-value",
            "userns-remap must be a user, or user:group; the engine does not start.",
            node,
            text=f"Invalid user/group specification in --userns-remap: {quote_text(value)}",
            key="userns-remap",
        )
        return
    user = parts[0]
    if user != "default":  # for which the engine makes the user dockremap itself
        number = user.lstrip("-").isascii() and user.lstrip("-").isdigit()
        what = f"Uid {user} has no entry in /etc/passwd" if number else ""
        what = what or f"Error during uid lookup for {quote_text(user)}"
        if _absent(
            report,
            host.user_exists,
            user,
            "daemon-json-userns-user-missing",
            node,
            key="userns-remap",
            needs=f"the user {user or '(none named)'}",
            text=f"{what}: getent unable to find entry {quote_text(user)} in passwd database",
        ):
            return
    if len(parts) == _MOST_PARTS and parts[1] and host.user_exists is not None:
        group = parts[1]
        number = group.lstrip("-").isascii() and group.lstrip("-").isdigit()
        start = (
            f"Gid {group} has no entry in /etc/passwd"
            if number
            else f"Error during groupname lookup for {quote_text(group)}"
        )
        _absent(
            report,
            host.group_exists,
            group,
            "daemon-json-userns-user-missing",
            node,
            key="userns-remap",
            needs=f"the group {group}",
            text=f"{start}: getent unable to find entry {quote_text(group)} in group database",
        )
    if user != "default" and host.has_subordinate_ids is not None:
        _absent(
            report,
            host.has_subordinate_ids,
            user,
            "daemon-json-userns-user-missing",
            node,
            key="userns-remap",
            needs=f"ranges for {user} in /etc/subuid and /etc/subgid",
            text=f"Can't create ID mappings: no subuid ranges found for user {quote_text(user)}",
        )


def _image_store(report: Report, settings: Settings) -> None:
    """From 29.0 on userns-remap and an explicit containerd image store are refused together."""
    member = settings.map_members("features").get("containerd-snapshotter")
    if settings.engine < (29, 0) or member is None or member.value.value is not True:
        return
    if settings.text("userns-remap"):
        report.refuse(
            "daemon-json-exclusive-keys",
            "userns-remap and the containerd image store exclude each other; the engine does not "
            "start with both.",
            member,
            text="containerd-snapshotter is explicitly enabled, but is not compatible with userns "
            "remapping. Please disable userns remapping or containerd-snapshotter",
            key="features.containerd-snapshotter",
        )


def _certificates(report: Report, settings: Settings, host: HostFacts) -> None:
    node = settings.node("tls", "bool")
    verify = settings.flat.get("tlsverify")
    if verify is None and (node is None or not node.value):
        return
    at = verify[-1].member.value if verify else node
    key = verify[-1].path if verify else "tls"
    if at is None:
        return
    certificate, private = settings.text("tlscert"), settings.text("tlskey")
    cert_path, key_path = (part[0] if part else "" for part in (certificate, private))
    start = (
        "invalid TLS configuration: Could not load X509 key pair "
        f"(cert: {quote_text(cert_path)}, key: {quote_text(key_path)}): open "
    )
    if not cert_path or not key_path:
        absent = " and ".join(
            name for name, path in (("tlscert", cert_path), ("tlskey", key_path)) if not path
        )
        # The certificate is opened first; whether it exists changes only the message.
        cert_there = bool(cert_path) and host.has_file(cert_path)
        missing = key_path if cert_there else cert_path
        extra = "" if verify is None else " (its presence alone turns TLS on, even with false)"
        report.refuse(
            "daemon-json-tls-files-unset",
            f"{key} turns TLS on{extra}, but {absent} is not set in the file, so the engine does "
            "not start; the defaults of the flags do not apply to the file.",
            at,
            text=f"{start}{missing}: no such file or directory",
            key=key,
        )
        return
    for name, part in (("tlscert", certificate), ("tlskey", private)):
        if part and _absent(
            report,
            host.file_exists,
            part[0],
            "daemon-json-tls-files-missing",
            part[1],
            key=name,
            needs=f"the file {part[0]}",
            text=f"{start}{part[0]}: no such file or directory",
        ):
            return
    authority = settings.text("tlscacert")
    if authority and _verifies(settings, default=node is not None and bool(node.value)):
        _absent(
            report,
            host.file_exists,
            authority[0],
            "daemon-json-tls-files-missing",
            authority[1],
            key="tlscacert",
            needs=f"the file {authority[0]}",
            text=f"invalid TLS configuration: could not read CA certificate "
            f"{quote_text(authority[0])}: open {authority[0]}: no such file or directory",
        )


def _verifies(settings: Settings, *, default: bool) -> bool:
    node = settings.node("tlsverify", "bool")
    if node is not None:
        return bool(node.value)
    # Set to null or inside another object, the key turns TLS on and clients' certificates with it.
    return default or "tlsverify" in settings.flat
