from __future__ import annotations

from typing import Any

import pytest

from probes.formats.sysctl_files import SysctlLine, order, parse_sysctl, winner
from probes.host.questions import Denied
from probes.model import Missing
from probes.sysctls import TOPIC, Interface, KeyUser, Usage, look
from tests.probes.linux_host import CONTAINER, container, linux_host, loud, said, verdicts
from tests.records import replace

ELSEWHERE = Missing("the engine is on another machine", "inapplicable")
DENIED = Missing("may not be read by this user", "denied", "sudo cat it")
FINE = look(linux_host())
UNREAD = Missing("it could not be read", "denied")


def values(**changes: int) -> dict[str, int]:
    return {**FINE.values, **{k.replace("__", "/"): v for k, v in changes.items()}}


def images(**names: str) -> dict[str, Any]:
    return {
        "full_images": names,
        "images": {n: i.rpartition("/")[2].partition(":")[0] for n, i in names.items()},
    }


CIS = SysctlLine("net/ipv4/ip_forward", "0", "/etc/sysctl.d/60-cis.conf", 3)

TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("ip-forward-off", {}, "pass"),
    ("ip-forward-off", {"values": values(net__ipv4__ip_forward=0)}, "fail error"),
    (
        "ip-forward-off",
        {"values": values(net__ipv4__ip_forward=0), "manages_forwarding": False},
        "fail warning",
    ),
    (
        "ip-forward-off",
        {"values": values(net__ipv4__ip_forward=0), "has_networks": False},
        "skip",
    ),
    ("ip-forward-off", {"same_network": ELSEWHERE}, "skip"),
    ("ip-forward-off", {"values": {}, "unread": {"net/ipv4/ip_forward": DENIED}}, "unknown"),
    ("ip-forward-reset-by-file", {}, "pass"),
    ("ip-forward-reset-by-file", {"winners": {"net/ipv4/ip_forward": CIS}}, "fail warning"),
    ("ip-forward-reset-by-file", {"other_setters": (CIS,)}, "fail warning"),
    ("ip-forward-reset-by-file", {"files_read": False}, "unknown"),
    ("ip-forward-reset-by-file", {"has_networks": False}, "skip"),
    (
        "ip-forward-reset-by-file",
        {"winners": {"net/ipv4/ip_forward": CIS}, "values": values(net__ipv4__ip_forward=0)},
        "skip",
    ),
    ("interface-forwarding-off", {}, "pass"),
    (
        "interface-forwarding-off",
        {"interfaces": (Interface("docker0", "network bridge", 0),)},
        "fail error",
    ),
    ("interface-forwarding-off", {"interfaces": ()}, "skip"),
    ("interface-forwarding-off", {"values": values(net__ipv4__ip_forward=0)}, "skip"),
    ("interface-forwarding-off", {"interfaces": UNREAD}, "unknown"),
    ("ipv6-forward-off", {}, "skip"),
    ("ipv6-forward-off", {"ipv6_networks": ("app",)}, "fail warning"),
    (
        "ipv6-forward-off",
        {"ipv6_networks": ("app",), "values": values(net__ipv6__conf__all__forwarding=1)},
        "pass",
    ),
    ("ipv6-forward-off", {"ipv6_networks": UNREAD}, "unknown"),
    ("ipv6-router-advertisements-ignored", {}, "pass"),
    ("ipv6-router-advertisements-ignored", {"advertised_route": "eth0"}, "fail warning"),
    ("ipv6-router-advertisements-ignored", {"here": ELSEWHERE}, "skip"),
    ("ipv6-router-advertisements-ignored", {"advertised_route": UNREAD}, "unknown"),
    ("inotify-watches-low", {}, "skip"),
    ("inotify-watches-low", images(ide="codercom/code-server:4"), "fail warning"),
    ("inotify-watches-low", images(dev="vsc-app-0123"), "fail warning"),
    ("inotify-watches-low", images(kind="kindest/node:v1.31.0"), "fail warning"),
    ("inotify-watches-low", images(app="node:22"), "skip"),
    (
        "inotify-watches-low",
        {
            **images(ide="codercom/code-server:4"),
            "values": values(fs__inotify__max_user_watches=524288),
        },
        "pass",
    ),
    ("inotify-watches-low", {"full_images": UNREAD}, "unknown"),
    ("inotify-instances-low", {}, "pass"),
    ("inotify-instances-low", {"running": 60}, "fail warning"),
    ("inotify-instances-low", images(kind="kindest/node:v1.31.0"), "fail warning"),
    ("inotify-instances-low", {"here": ELSEWHERE}, "skip"),
    ("inotify-instances-low", {"running": UNREAD}, "unknown"),
    ("max-map-count-low", {}, "skip"),
    ("max-map-count-low", images(es="elastic/elasticsearch:8.15.0"), "fail warning"),
    (
        "max-map-count-low",
        {**images(es="elasticsearch:8"), "values": values(vm__max_map_count=1048576)},
        "pass",
    ),
    ("max-map-count-low", {"images": UNREAD}, "unknown"),
    ("listen-backlog-low", {}, "skip"),
    ("listen-backlog-low", {**images(web="nginx:1"), "kernel": "4.15.0-20"}, "pass"),
    (
        "listen-backlog-low",
        {
            **images(web="nginx:1"),
            "kernel": "4.15.0-20",
            "values": values(net__core__somaxconn=128),
        },
        "fail note",
    ),
    ("listen-backlog-low", {"kernel": UNREAD}, "unknown"),
    ("process-numbers-nearly-used", {}, "pass"),
    ("process-numbers-nearly-used", {"tasks": Usage(30000, 32768)}, "fail error"),
    ("process-numbers-nearly-used", {"tasks": Usage(26000, 32768)}, "fail warning"),
    (
        "process-numbers-nearly-used",
        {"values": values(kernel__pid_max=32768), "running": 60},
        "fail note",
    ),
    ("process-numbers-nearly-used", {"tasks": UNREAD}, "unknown"),
    ("process-numbers-nearly-used", {"here": ELSEWHERE}, "skip"),
    ("root-keyring-quota-low", {}, "pass"),
    ("root-keyring-quota-low", {"values": values(kernel__keys__root_maxkeys=200)}, "fail warning"),
    ("root-keyring-quota-low", {"rootless": True}, "skip"),
    (
        "root-keyring-quota-low",
        {"values": {}, "unread": {"kernel/keys/root_maxkeys": DENIED}},
        "unknown",
    ),
    ("keyring-quota-nearly-used", {}, "pass"),
    (
        "keyring-quota-nearly-used",
        {"key_users": (KeyUser(100000, Usage(190, 200)),)},
        "fail warning",
    ),
    ("keyring-quota-nearly-used", {"here": ELSEWHERE}, "skip"),
    ("keyring-quota-nearly-used", {"key_users": UNREAD}, "unknown"),
    ("conntrack-nearly-full", {}, "pass"),
    ("conntrack-nearly-full", {"conntrack": Usage(200000, 262144)}, "fail warning"),
    ("conntrack-nearly-full", {"conntrack": Usage(250000, 262144)}, "fail error"),
    ("conntrack-nearly-full", {"conntrack": ELSEWHERE}, "skip"),
    ("conntrack-nearly-full", {"conntrack": UNREAD}, "unknown"),
    ("overcommit-nearly-used", {}, "pass"),
    (
        "overcommit-nearly-used",
        {"values": values(vm__overcommit_memory=2), "commit": Usage(95, 100)},
        "fail warning",
    ),
    (
        "overcommit-nearly-used",
        {"values": values(vm__overcommit_memory=2), "commit": Usage(50, 100)},
        "pass",
    ),
    (
        "overcommit-nearly-used",
        {"values": values(vm__overcommit_memory=2), "commit": UNREAD},
        "unknown",
    ),
    ("overcommit-nearly-used", {"here": ELSEWHERE}, "skip"),
    ("overcommit-off-for-redis", {}, "skip"),
    ("overcommit-off-for-redis", images(cache="redis:7"), "fail note"),
    (
        "overcommit-off-for-redis",
        {**images(cache="redis:7"), "values": values(vm__overcommit_memory=1)},
        "pass",
    ),
    ("overcommit-off-for-redis", {"images": UNREAD}, "unknown"),
    ("rootless-low-port-refused", {}, "skip"),
    ("rootless-low-port-refused", {"rootless": True, "low_ports": ()}, "pass"),
    ("rootless-low-port-refused", {"rootless": True, "low_ports": ("web:80",)}, "fail warning"),
    ("rootless-low-port-refused", {"rootless": True, "low_ports": UNREAD}, "unknown"),
    ("rootless-ping-refused", {}, "skip"),
    ("rootless-ping-refused", {"rootless": True}, "fail note"),
    (
        "rootless-ping-refused",
        {"rootless": True, "values": values(net__ipv4__ping_group_range=9)},
        "pass",
    ),
    ("rootless-ping-refused", {"rootless": UNREAD}, "unknown"),
    ("user-namespaces-off", {}, "skip"),
    ("user-namespaces-off", {"remapped": True}, "pass"),
    (
        "user-namespaces-off",
        {"remapped": True, "values": values(user__max_user_namespaces=0)},
        "fail error",
    ),
    (
        "user-namespaces-off",
        {"rootless": True, "values": values(kernel__unprivileged_userns_clone=0)},
        "fail error",
    ),
    (
        "user-namespaces-off",
        {
            "rootless": True,
            "values": values(kernel__apparmor_restrict_unprivileged_userns=1),
            "reachable": False,
        },
        "fail error",
    ),
    (
        "user-namespaces-off",
        {"rootless": True, "values": values(kernel__apparmor_restrict_unprivileged_userns=1)},
        "pass",
    ),
    ("user-namespaces-off", {"remapped": UNREAD}, "unknown"),
    ("open-files-nearly-used", {}, "pass"),
    ("open-files-nearly-used", {"open_files": Usage(90, 100)}, "fail warning"),
    ("open-files-nearly-used", {"here": ELSEWHERE}, "skip"),
    ("open-files-nearly-used", {"open_files": UNREAD}, "unknown"),
]


@pytest.mark.parametrize(("check", "changes", "expected"), TABLE)
def test_judgement(check, changes, expected):
    assert said(TOPIC, replace(FINE, **changes), check) == expected


def test_every_check_is_in_the_table():
    assert {c.id for c in TOPIC.checks} == {row[0] for row in TABLE}


def test_a_stock_debian_host_hears_nothing():
    assert loud(TOPIC, FINE) == []


def test_the_winning_file_is_named_and_edited():
    host = linux_host(
        files={
            "/etc/sysctl.d/10-own.conf": "net.ipv4.ip_forward = 1\n",
            "/usr/lib/sysctl.d/60-vendor.conf": "# x\nnet.ipv4.ip_forward = 1\n",
            "/etc/sysctl.d/60-vendor.conf": "# CIS\nnet/ipv4/conf/all/forwarding=0\n",
            "/proc/sys/net/ipv4/ip_forward": "0\n",
        }
    )
    facts = look(host)
    assert facts.winners["net/ipv4/ip_forward"].path == "/etc/sysctl.d/60-vendor.conf"
    (found,) = verdicts(TOPIC, facts, "ip-forward-off")
    assert "/etc/sysctl.d/60-vendor.conf line 2 sets 0" in found.summary
    assert "2 s|.*|net.ipv4.ip_forward = 1|" in found.mend[0]


def test_a_packaged_winner_is_overridden_not_edited():
    host = linux_host(
        files={
            "/usr/lib/sysctl.d/90-x.conf": "kernel.keys.root_maxkeys = 200\n",
            "/proc/sys/kernel/keys/root_maxkeys": "200\n",
        }
    )
    (found,) = verdicts(TOPIC, look(host), "root-keyring-quota-low")
    assert "/etc/sysctl.d/zz-hullcheck-kernel.keys.root_maxkeys.conf" in found.mend[0]
    assert found.mend[0].endswith("# goes over /usr/lib/sysctl.d/90-x.conf")


def test_sysctl_conf_counts_where_it_is_read():
    zero = {"/etc/sysctl.conf": "net.ipv4.ip_forward=0\n"}
    # Debian links to it, sysctl --system of other inits reads it, systemd alone does not.
    assert look(linux_host(files=zero)).winners["net/ipv4/ip_forward"].value == "0"
    alone = linux_host(files=zero, links={"/etc/sysctl.d/99-sysctl.conf": None})
    assert "net/ipv4/ip_forward" not in look(alone).winners
    other_init = linux_host(
        files={**zero, "/run/systemd/system/x": None}, links={"/etc/sysctl.d/99-sysctl.conf": None}
    )
    assert look(other_init).winners["net/ipv4/ip_forward"].path == "/etc/sysctl.conf"


def test_ufw_and_networkd_are_heard():
    host = linux_host(
        files={
            "/etc/ufw/ufw.conf": "ENABLED=yes\nLOGLEVEL=low\n",
            "/etc/ufw/sysctl.conf": "net/ipv4/ip_forward=0\n",
            "/etc/systemd/network/10-eth0.network": "[Network]\nDHCP=yes\nIPv4Forwarding=no\n",
        }
    )
    paths = [line.path for line in look(host).other_setters]
    assert paths == ["/etc/ufw/sysctl.conf", "/etc/systemd/network/10-eth0.network"]


def test_a_disabled_ufw_is_not_heard():
    host = linux_host(
        files={
            "/etc/ufw/ufw.conf": "ENABLED=no\n",
            "/etc/ufw/sysctl.conf": "net/ipv4/ip_forward=0\n",
        }
    )
    assert look(host).other_setters == ()


def test_router_advertisements():
    route = (
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "fe800000000000000000000000000001 00000400 00000003 00000000 00450003     eth0\n"
    )
    files = {
        "/proc/net/ipv6_route": route,
        "/proc/sys/net/ipv6/conf/eth0/accept_ra": "1\n",
        "/proc/sys/net/ipv6/conf/eth0/forwarding": "1\n",
    }
    assert look(linux_host(files=files)).advertised_route == "eth0"
    files["/proc/sys/net/ipv6/conf/eth0/accept_ra"] = "2\n"
    assert look(linux_host(files=files)).advertised_route == ""


def test_images_come_from_the_engine():
    rows = [container("es", "docker.elastic.co/elasticsearch/elasticsearch:8.15.0@sha256:0")]
    facts = look(linux_host(engine={CONTAINER: rows}))
    assert said(TOPIC, facts, "max-map-count-low") == "fail warning"


def test_a_plain_user_without_the_engine_still_learns_what_files_tell():
    denied = Denied("/var/run/docker.sock may not be opened by this user")
    facts = look(
        linux_host(
            engine=dict.fromkeys(("/version", "/info", "/networks", CONTAINER), denied),
        )
    )
    unknown = {check for check, outcome, _ in loud(TOPIC, facts) if outcome == "unknown"}
    assert "interface-forwarding-off" not in unknown
    assert "user-namespaces-off" not in unknown
    assert "max-map-count-low" in unknown


@pytest.mark.parametrize("odd", ["", "x", "1 2 3", "\0"])
def test_odd_values_are_unknown_not_a_crash(odd):
    names = (
        "/proc/sys/net/ipv4/ip_forward",
        "/proc/sys/fs/file-nr",
        "/proc/loadavg",
        "/proc/sys/net/ipv4/ping_group_range",
        "/proc/meminfo",
    )
    facts = look(linux_host(files=dict.fromkeys(names, odd)))
    assert {outcome for _, outcome, _ in loud(TOPIC, facts)} <= {"unknown"}


def test_precedence_of_sysctl_d():
    names = {
        "/etc/sysctl.d": ["60-b.conf", "README"],
        "/run/sysctl.d": ["60-b.conf", "50-r.conf"],
        "/usr/local/lib/sysctl.d": ["99-l.conf"],
        "/usr/lib/sysctl.d": ["50-r.conf", "10-u.conf"],
    }
    assert order(names) == [
        "/usr/lib/sysctl.d/10-u.conf",
        "/run/sysctl.d/50-r.conf",
        "/etc/sysctl.d/60-b.conf",
        "/usr/local/lib/sysctl.d/99-l.conf",
    ]


def test_an_exact_key_beats_a_glob():
    lines = parse_sysctl("net.ipv4.conf.eth0.rp_filter=1\nnet.ipv4.conf.*.rp_filter=2\n", "f")
    assert winner(lines, "net/ipv4/conf/eth0/rp_filter").value == "1"
    assert winner(lines, "net/ipv4/conf/eth1/rp_filter").value == "2"
    assert winner(lines, "net/ipv4/conf/all/a/rp_filter") is None
