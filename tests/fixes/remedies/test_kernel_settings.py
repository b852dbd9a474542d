from __future__ import annotations

from typing import Any

import pytest

from fixes.editing import edited
from fixes.model import BY_HAND, CHANGES, NOTHING, SetSysctl
from fixes.remedies.kernel_settings import FAMILY, MODULES, OURS, Wanted
from probes import sysctls
from probes.host.questions import Denied, Unreadable
from tests.fixes.remedies.applying import applied, edits, findings, only, outcomes, planned
from tests.probes.linux_host import CONTAINER, container, data, linux_host

PROC = "/proc/sys/"
OFF = {"/proc/sys/net/ipv4/ip_forward": "0\n"}
ROUTE = (
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "fe800000000000000000000000000001 00000400 00000003 00000000 00450003     eth0\n"
)


def proc(**values: Any) -> dict[str, str]:
    return {PROC + key.replace("__", "/"): f"{value}\n" for key, value in values.items()}


def images(**names: str) -> dict[str, Any]:
    return {CONTAINER: [container(name, image) for name, image in names.items()]}


def with_ipv6() -> dict[str, Any]:
    networks = [n for n in data("network/networks-28.json") if n["Name"] == "bridge"]
    return {"/networks": [{**networks[0], "EnableIPv6": True}]}


def rootless(**changes: Any) -> Any:
    info = data("network/info-28.json")
    info["SecurityOptions"] = ["name=seccomp,profile=builtin", "name=rootless"]
    processes = [[1449, 1, 1000, "dockerd", ["/usr/bin/dockerd"], 1.7e9]]
    engine = {"/info": info, **changes.pop("engine", {})}
    return linux_host(engine=engine, gauges={"processes": processes}, **changes)


def waiting_for(port: str) -> dict[str, Any]:
    row = container("web", "nginx:1", "created")
    return {
        CONTAINER: [row],
        f"/containers/{row['Id']}/json": {
            "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": port}]}}
        },
    }


def live(proposal: Any) -> dict[str, tuple[str, str]]:
    return {c.key: (c.before, c.value) for c in only(proposal, "sysctl")}


# -- each fix: what it proposes, and that the check is content afterwards --------------------------

NEEDED: list[tuple[str, str, Any, dict[str, dict[str, str]], dict[str, tuple[str, str]]]] = [
    (
        "ip-forward",
        "ip-forward-off",
        linux_host(files=OFF),
        {OURS: {"net.ipv4.ip_forward": "1"}},
        {"net.ipv4.ip_forward": ("0", "1")},
    ),
    (
        "ip-forward",
        "ip-forward-reset-by-file",
        linux_host(files={"/etc/sysctl.d/60-cis.conf": "# 3.1.1\nnet.ipv4.ip_forward = 0\n"}),
        {"/etc/sysctl.d/60-cis.conf": {"net.ipv4.ip_forward": "1"}},
        {},
    ),
    (
        "ip-forward",
        "ip-forward-reset-by-file",
        linux_host(files={"/usr/lib/sysctl.d/60-x.conf": "net.ipv4.ip_forward = 0\n"}),
        {OURS: {"net.ipv4.ip_forward": "1"}},
        {},
    ),
    (
        "ip-forward",
        "ip-forward-reset-by-file",
        linux_host(
            files={
                "/etc/sysctl.d/60-x.conf": "net.ipv4.conf.default.forwarding = 0\n",
                "/proc/sys/net/ipv4/conf/default/forwarding": "1\n",
            }
        ),
        {"/etc/sysctl.d/60-x.conf": {"net.ipv4.conf.default.forwarding": "1"}},
        {},
    ),
    (
        "ip-forward",
        "ip-forward-reset-by-file",
        linux_host(
            files={
                "/etc/ufw/ufw.conf": "ENABLED=yes\n",
                "/etc/ufw/sysctl.conf": "# forwarding\nnet/ipv4/ip_forward=0\n",
            }
        ),
        {"/etc/ufw/sysctl.conf": {"net.ipv4.ip_forward": "1"}},
        {},
    ),
    (
        "ip-forward",
        "interface-forwarding-off",
        linux_host(files=proc(net__ipv4__conf__docker0__forwarding=0)),
        {OURS: {"net.ipv4.conf.docker0.forwarding": "1"}},
        {"net.ipv4.conf.docker0.forwarding": ("0", "1")},
    ),
    (
        "ipv6-forward",
        "ipv6-forward-off",
        linux_host(engine=with_ipv6()),
        {OURS: {"net.ipv6.conf.all.forwarding": "1", "net.ipv6.conf.default.forwarding": "1"}},
        {
            "net.ipv6.conf.all.forwarding": ("0", "1"),
            "net.ipv6.conf.default.forwarding": ("0", "1"),
        },
    ),
    (
        "ipv6-forward",
        "ipv6-router-advertisements-ignored",
        linux_host(
            files={
                "/proc/net/ipv6_route": ROUTE,
                **proc(net__ipv6__conf__eth0__accept_ra=1, net__ipv6__conf__eth0__forwarding=1),
            }
        ),
        {OURS: {"net.ipv6.conf.eth0.accept_ra": "2"}},
        {"net.ipv6.conf.eth0.accept_ra": ("1", "2")},
    ),
    (
        "conntrack",
        "conntrack-nearly-full",
        linux_host(
            files=proc(
                net__netfilter__nf_conntrack_count=200000,
                net__netfilter__nf_conntrack_buckets=65536,
            )
        ),
        {
            OURS: {
                "net.netfilter.nf_conntrack_max": "524288",
                "net.netfilter.nf_conntrack_buckets": "131072",
            }
        },
        {
            "net.netfilter.nf_conntrack_max": ("262144", "524288"),
            "net.netfilter.nf_conntrack_buckets": ("65536", "131072"),
        },
    ),
    (
        "inotify",
        "inotify-watches-low",
        linux_host(engine=images(ide="codercom/code-server:4")),
        {
            OURS: {
                "fs.inotify.max_user_watches": "524288",
                "fs.inotify.max_user_instances": "1024",
            }
        },
        {
            "fs.inotify.max_user_watches": ("196608", "524288"),
            "fs.inotify.max_user_instances": ("128", "1024"),
        },
    ),
    (
        "inotify",
        "inotify-instances-low",
        linux_host(
            engine=images(kind="kindest/node:v1.31.0"),
            files=proc(fs__inotify__max_user_watches=1048576),
        ),
        {OURS: {"fs.inotify.max_user_instances": "1024"}},
        {"fs.inotify.max_user_instances": ("128", "1024")},
    ),
    (
        "max-map-count",
        "max-map-count-low",
        linux_host(engine=images(es="elasticsearch:8.15.0")),
        {OURS: {"vm.max_map_count": "262144"}},
        {"vm.max_map_count": ("65530", "262144")},
    ),
    (
        "process-numbers",
        "process-numbers-nearly-used",
        linux_host(
            files={
                "/proc/loadavg": "0.40 0.71 1.15 2/30000 23241\n",
                "/usr/lib/sysctl.d/50-pid-max.conf": None,
                **proc(kernel__pid_max=32768),
            }
        ),
        {OURS: {"kernel.pid_max": "4194304"}},
        {"kernel.pid_max": ("32768", "4194304")},
    ),
    (
        "process-numbers",
        "process-numbers-nearly-used",
        linux_host(
            files={
                "/proc/loadavg": "0.40 0.71 1.15 2/15000 23241\n",
                **proc(**{"kernel__threads-max": 16000}),
            }
        ),
        {OURS: {"kernel.threads-max": "32000"}},
        {"kernel.threads-max": ("16000", "32000")},
    ),
    (
        "keyring-quota",
        "root-keyring-quota-low",
        linux_host(
            files={
                "/usr/lib/sysctl.d/60-x.conf": "kernel.keys.root_maxkeys = 200\n",
                **proc(kernel__keys__root_maxkeys=200, kernel__keys__root_maxbytes=25000000),
            }
        ),
        {OURS: {"kernel.keys.root_maxkeys": "1000000"}},
        {"kernel.keys.root_maxkeys": ("200", "1000000")},
    ),
    (
        "keyring-quota",
        "keyring-quota-nearly-used",
        linux_host(
            files={
                "/proc/key-users": " 100000:   190 190/190 190/200 7640/20000\n",
                **proc(kernel__keys__maxbytes=20000),
            }
        ),
        {OURS: {"kernel.keys.maxkeys": "2000", "kernel.keys.maxbytes": "200000"}},
        {"kernel.keys.maxkeys": ("200", "2000"), "kernel.keys.maxbytes": ("20000", "200000")},
    ),
    (
        "open-files",
        "open-files-nearly-used",
        linux_host(
            files={"/proc/sys/fs/file-nr": "90000\t0\t100000\n", **proc(**{"fs__file-max": 100000})}
        ),
        {OURS: {"fs.file-max": "200000"}},
        {"fs.file-max": ("100000", "200000")},
    ),
    (
        "overcommit",
        "overcommit-off-for-redis",
        linux_host(engine=images(cache="redis:7")),
        {OURS: {"vm.overcommit_memory": "1"}},
        {"vm.overcommit_memory": ("0", "1")},
    ),
    (
        "overcommit",
        "overcommit-nearly-used",
        linux_host(
            files={
                "/proc/meminfo": "MemTotal: 100 kB\nCommitLimit: 100 kB\nCommitted_AS: 95 kB\n",
                "/etc/sysctl.d/db.conf": "vm.overcommit_memory=2\n",
                **proc(vm__overcommit_memory=2),
            }
        ),
        {"/etc/sysctl.d/db.conf": {"vm.overcommit_memory": "0"}},
        {"vm.overcommit_memory": ("2", "0")},
    ),
    (
        "user-namespaces",
        "user-namespaces-off",
        rootless(files=proc(user__max_user_namespaces=0, kernel__unprivileged_userns_clone=0)),
        {OURS: {"user.max_user_namespaces": "28633", "kernel.unprivileged_userns_clone": "1"}},
        {
            "user.max_user_namespaces": ("0", "28633"),
            "kernel.unprivileged_userns_clone": ("0", "1"),
        },
    ),
    (
        "rootless-low-ports",
        "rootless-low-port-refused",
        rootless(engine=waiting_for("80")),
        {OURS: {"net.ipv4.ip_unprivileged_port_start": "80"}},
        {"net.ipv4.ip_unprivileged_port_start": ("1024", "80")},
    ),
    (
        "rootless-ping",
        "rootless-ping-refused",
        rootless(),
        {OURS: {"net.ipv4.ping_group_range": "0 2147483647"}},
        {"net.ipv4.ping_group_range": ("1 0", "0 2147483647")},
    ),
]


@pytest.mark.parametrize(("fix", "check", "host", "files", "values"), NEEDED)
def test_what_is_proposed_mends_the_check(fix, check, host, files, values):
    found = [f for f in findings(sysctls.TOPIC, host, check) if f.outcome == "fail"]
    assert found
    proposal = planned(fix, host)
    assert proposal.outcome == CHANGES
    assert edits(proposal) == files
    assert live(proposal) == values
    after = applied(host, proposal)
    assert outcomes(sysctls.TOPIC, after, check) <= {"pass", "skip"}
    # Nothing is left to do, and asking again changes nothing.
    assert planned(fix, after).outcome == NOTHING
    # The finding alone asks for no more than the name does.
    asked = planned(fix, host, *found)
    assert asked.outcome == CHANGES
    assert {path: set(keys) for path, keys in edits(asked).items()}.keys() <= files.keys()
    assert outcomes(sysctls.TOPIC, applied(host, asked), check) <= {"pass", "skip"}


def test_every_check_of_the_family_is_in_the_table():
    mended = {check for fix in FAMILY.fixes for check in fix.mends}
    assert mended == {row[1] for row in NEEDED} | {"listen-backlog-low"}


FINE = linux_host(
    files=proc(
        fs__inotify__max_user_watches=1048576,
        fs__inotify__max_user_instances=8192,
        vm__max_map_count=1048576,
    )
)


@pytest.mark.parametrize("fix", [fix.id for fix in FAMILY.fixes])
def test_a_host_that_is_fine_is_left_alone(fix):
    proposal = planned(fix, FINE)
    assert proposal.outcome == NOTHING
    assert proposal.reason.endswith(".")
    assert not proposal.changes


@pytest.mark.parametrize(
    ("fix", "kind", "changes"),
    [
        ("ip-forward", "inapplicable", {"env": {"DOCKER_HOST": "tcp://192.0.2.9:2376"}}),
        ("inotify", "inapplicable", {"env": {"DOCKER_HOST": "tcp://192.0.2.9:2376"}}),
        ("max-map-count", "inapplicable", {"files": {"/proc/sys/vm/max_map_count": None}}),
        ("conntrack", "inapplicable", {"files": {"/proc/sys/net/netfilter/nf_conntrack_max": None}}),
        ("open-files", "garbled", {"files": {"/proc/sys/fs/file-nr": "x"}}),
        ("process-numbers", "garbled", {"files": {"/proc/loadavg": "x"}}),
        ("overcommit", "denied", {"engine": {CONTAINER: Denied("no")}}),
        ("listen-backlog", "denied", {"engine": {CONTAINER: Denied("no")}, "old": True}),
        ("ipv6-forward", "denied", {"engine": {"/networks": Denied("no")}}),
        (
            "max-map-count",
            "denied",
            {"failures": {("read", "/etc/sysctl.d/60-x.conf"): Denied("for root")},
             "files": {"/etc/sysctl.d/60-x.conf": ""}},
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_not_guessed(fix, kind, changes):
    if changes.pop("old", False):
        changes["gauges"] = {"system": {"release": "4.15.0-20", "machine": "x86_64",
                                        "platform": "linux", "kernel_version": "#1",
                                        "hostname": "h"}}  # fmt: skip
    with pytest.raises(Unreadable) as caught:
        planned(fix, linux_host(**changes))
    assert caught.value.kind == kind


# -- which file ------------------------------------------------------------------------------------

UNLINKED = {"/etc/sysctl.d/99-sysctl.conf": None}


@pytest.mark.parametrize(
    ("files", "links", "expected"),
    [
        # Debian links to it: one file, one edit.
        ({"/etc/sysctl.conf": "net.ipv4.ip_forward=0\n"}, {}, {"/etc/sysctl.conf"}),
        # systemd does not read it, sysctl --system does, last of all.
        ({"/etc/sysctl.conf": "net.ipv4.ip_forward=0\n"}, UNLINKED, {OURS, "/etc/sysctl.conf"}),
        (
            {"/etc/sysctl.conf": "net.ipv4.ip_forward=0\n", "/run/systemd/system/x": None},
            UNLINKED,
            {"/etc/sysctl.conf"},
        ),
        (
            {
                "/etc/sysctl.conf": "net.ipv4.ip_forward=0\n",
                "/etc/sysctl.d/60-x.conf": "net.ipv4.ip_forward=1\n",
            },
            UNLINKED,
            {"/etc/sysctl.conf"},
        ),
        # Read after ours.
        ({"/etc/sysctl.d/zzz.conf": "net.ipv4.ip_forward=0\n"}, {}, {"/etc/sysctl.d/zzz.conf"}),
        ({"/run/sysctl.d/60-x.conf": "net.ipv4.ip_forward=0\n"}, {}, {OURS}),
        # A link to what a package brings is not the administrator's.
        (
            {"/usr/share/tool/x.conf": "net.ipv4.ip_forward=0\n"},
            {"/etc/sysctl.d/60-x.conf": "/usr/share/tool/x.conf"},
            {OURS},
        ),
        # Ours from before.
        ({OURS: "# hullcheck\nnet.ipv4.ip_forward = 0\n"}, {}, {OURS}),
    ],
)
def test_the_file_that_decides_is_edited(files, links, expected):
    host = linux_host(files={**OFF, **files}, links=links)
    proposal = planned("ip-forward", host)
    assert set(edits(proposal)) == expected
    after = applied(host, proposal)
    assert planned("ip-forward", after).outcome == NOTHING
    assert outcomes(sysctls.TOPIC, after, "ip-forward-reset-by-file") == {"pass"}


@pytest.mark.parametrize(
    "files",
    [
        {"/usr/lib/sysctl.d/zzz.conf": "net.ipv4.ip_forward=0\n"},
        {"/etc/sysctl.d/60-x.conf": "net.ipv4.conf.*.forwarding=0\n"},
    ],
)
def test_what_no_file_of_ours_can_outdo_is_left_to_a_person(files):
    proposal = planned("ip-forward", linux_host(files={**OFF, **files}))
    assert proposal.outcome == BY_HAND
    assert f"{next(iter(files))} line 1 sets 0" in proposal.reason


def test_a_value_that_a_file_sets_already_is_only_set_live():
    host = linux_host(files={**OFF, "/etc/sysctl.d/50-x.conf": "net.ipv4.ip_forward = 1\n"})
    proposal = planned("ip-forward", host)
    assert proposal.changes == (SetSysctl("net.ipv4.ip_forward", "1", "0"),)
    assert any("sets 1 already" in note for note in proposal.notes)


def test_the_line_keeps_its_spelling_and_the_file_everything_else():
    text = b"# CIS 3.1.1\r\n-net/ipv4/conf/all/forwarding=0\r\nvm.swappiness = 10"
    host = linux_host(files={"/etc/sysctl.d/60-cis.conf": text})
    (change,) = planned("ip-forward", host).changes
    assert edited(text, change) == text.replace(b"forwarding=0", b"forwarding=1")


def test_a_new_file_says_whose_it_is():
    (change, _) = planned("max-map-count", linux_host()).changes
    assert change.mode == 0o644
    assert edited(None, change) == (
        b"# Kernel settings for containers, set by hullcheck.\nvm.max_map_count = 262144\n"
    )


def test_a_higher_value_is_never_lowered():
    host = linux_host(
        files={
            "/etc/sysctl.d/99-x.conf": "fs.inotify.max_user_watches = 1048576\n",
            **proc(fs__inotify__max_user_instances=2048),
        }
    )
    proposal = planned("inotify", host)
    assert edits(proposal) == {}
    assert live(proposal) == {"fs.inotify.max_user_watches": ("196608", "1048576")}


@pytest.mark.parametrize(
    ("want", "value", "expected"),
    [
        (Wanted("k", "5"), "6", True),
        (Wanted("k", "5"), "4", False),
        (Wanted("k", "5"), "many", False),
        (Wanted("k", "80", "at most"), "0", True),
        (Wanted("k", "80", "at most"), "1024", False),
        (Wanted("k", "0 9", "exactly"), "0\t9", True),
        (Wanted("k", "1", "exactly"), "2", False),
    ],
)
def test_what_satisfies(want, value, expected):
    assert want.satisfied_by(value) is expected


# -- where it is not ours to set -------------------------------------------------------------------


def inside(kind: str, **files: Any) -> Any:
    return linux_host(files={**OFF, "/run/systemd/container": kind, **files})


def test_an_lxc_container_sets_what_its_network_namespace_has():
    proposal = planned("ip-forward", inside("lxc"))
    assert live(proposal) == {"net.ipv4.ip_forward": ("0", "1")}
    assert any("container (lxc)" in note for note in proposal.notes)
    other = planned("max-map-count", inside("lxc"))
    assert other.outcome == BY_HAND
    assert other.steps == ("on the host of this container: sudo sysctl -w vm.max_map_count=262144",)


def test_a_docker_container_is_made_anew():
    proposal = planned("ip-forward", inside("docker"))
    assert proposal.outcome == BY_HAND
    assert "or make it anew with --sysctl net.ipv4.ip_forward=1" in proposal.steps


def test_nixos_and_dsm_make_their_files_themselves():
    nixos = linux_host(files={**OFF, "/run/current-system/nixos-version": "25.11"})
    proposal = planned("ip-forward", nixos)
    assert proposal.outcome == BY_HAND
    assert 'boot.kernel.sysctl."net.ipv4.ip_forward" = 1;' in proposal.steps
    dsm = planned("max-map-count", linux_host(files={"/etc/synoinfo.conf": ""}))
    assert dsm.outcome == BY_HAND
    assert "Task Scheduler" in dsm.steps[-1]


@pytest.mark.parametrize(("systemd", "words"), [("", True), (None, False)])
def test_wsl_says_who_shares_the_kernel_and_who_reads_the_files(systemd, words):
    release = {"release": "5.15.167.4-microsoft-standard-WSL2", "machine": "x86_64",
               "platform": "linux", "kernel_version": "#1", "hostname": "pc"}  # fmt: skip
    host = linux_host(files={"/run/systemd/system/x": systemd}, gauges={"system": release})
    notes = " ".join(planned("max-map-count", host).notes)
    assert "share one kernel" in notes
    assert ("wsl.conf" not in notes) is words


# -- forwarding ------------------------------------------------------------------------------------

UNITS = ("systemctl", "show", "NetworkManager.service", "systemd-networkd.service",
         "firewalld.service", "-p", "Id,ActiveState")  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "words"),
    [("systemd-networkd", "IPv4Forwarding=yes"), ("NetworkManager", "nmcli connection modify")],
)
def test_the_way_out_belongs_to_a_network_manager(unit, words):
    host = linux_host(
        files=proc(net__ipv4__conf__eth0__forwarding=0),
        runs={UNITS: (0, f"Id={unit}.service\nActiveState=active\n", "")},
    )
    proposal = planned("ip-forward", host)
    assert proposal.outcome == BY_HAND
    assert any(words in step for step in proposal.steps)


def test_a_bridge_that_networkd_takes_is_mended_in_its_file():
    host = linux_host(
        files={
            "/etc/systemd/network/10-all.network": "[Match]\nName=*\n",
            **proc(net__ipv4__conf__docker0__forwarding=0),
        },
        runs={UNITS: (0, "Id=systemd-networkd.service\nActiveState=active\n", "")},
    )
    proposal = planned("ip-forward", host)
    assert proposal.outcome == BY_HAND
    assert any("/etc/systemd/network/10-all.network" in step for step in proposal.steps)


def test_networkd_that_switches_forwarding_off_is_left_to_a_person():
    host = linux_host(
        files={"/etc/systemd/network/10-eth0.network": "[Network]\nIPv4Forwarding=no\n"}
    )
    proposal = planned("ip-forward", host)
    assert proposal.outcome == BY_HAND
    assert "line 2 of /etc/systemd/network/10-eth0.network" in proposal.steps[0]


def test_an_interface_with_a_dot():
    host = linux_host(
        files=proc(**{"net__ipv4__conf__eth0.100__forwarding": 0}),
        runs={("ip", "-4", "route", "get", "1.1.1.1"): (0, "1.1.1.1 dev eth0.100 src 1.2.3.4", "")},
        gauges={"interfaces": {"eth0.100": {"up": True, "mtu": 1500, "addresses": []}}},
    )
    proposal = planned("ip-forward", host)
    assert live(proposal) == {"net.ipv4.conf.eth0/100.forwarding": ("0", "1")}
    assert outcomes(sysctls.TOPIC, applied(host, proposal), "interface-forwarding-off") == {"pass"}


def test_the_firewall_is_said_to_be_the_hosts_own_matter():
    assert any("FORWARD" in note for note in planned("ip-forward", linux_host(files=OFF)).notes)


def test_the_hosts_own_ipv6_route_is_kept_first():
    host = linux_host(
        engine=with_ipv6(),
        files={
            "/proc/net/ipv6_route": ROUTE,
            **proc(net__ipv6__conf__eth0__accept_ra=1, net__ipv6__conf__eth0__forwarding=0),
        },
    )
    keys = list(live(planned("ipv6-forward", host)))
    assert keys == [
        "net.ipv6.conf.eth0.accept_ra",
        "net.ipv6.conf.all.forwarding",
        "net.ipv6.conf.default.forwarding",
    ]


# -- numbers ---------------------------------------------------------------------------------------

TIGHT = {
    "/proc/meminfo": "MemTotal: 262144 kB\nCommitLimit: 9 kB\nCommitted_AS: 1 kB\n",
    **proc(
        net__netfilter__nf_conntrack_count=60000,
        net__netfilter__nf_conntrack_max=65536,
        net__netfilter__nf_conntrack_buckets=65536,
    ),
}


def test_connections_that_would_take_too_much_memory_are_for_a_person_to_allow():
    host = linux_host(files=TIGHT)
    assert planned("conntrack", host).outcome == BY_HAND
    assert live(planned("conntrack", host, value="131072")) == {
        "net.netfilter.nf_conntrack_max": ("65536", "131072")
    }


def test_a_module_is_loaded_before_its_settings_are_read():
    full = proc(
        net__netfilter__nf_conntrack_count=200000, net__netfilter__nf_conntrack_buckets=262144
    )
    loadable = {"/sys/module/nf_conntrack/initstate": "live\n"}
    proposal = planned("conntrack", linux_host(files={**full, **loadable}))
    assert edits(proposal)[MODULES] == {"nf_conntrack": True}
    assert edited(None, proposal.changes[0]).endswith(b"\nnf_conntrack\n")
    assert MODULES not in edits(planned("conntrack", linux_host(files=full)))
    # The table is large enough already: it is not made smaller at the next boot.
    assert set(edits(proposal)[OURS]) == {"net.netfilter.nf_conntrack_max"}


@pytest.mark.parametrize(
    ("fix", "given"),
    [
        ("conntrack", {"value": "12"}),
        ("inotify", {"watches": "-1"}),
        ("inotify", {"instances": "many"}),
        ("max-map-count", {"value": "2147483648"}),
        ("max-map-count", {"value": "\u0661"}),
        ("open-files", {"value": "10"}),
        ("overcommit", {"value": "3"}),
        ("rootless-low-ports", {"port": "1024"}),
    ],
)
def test_a_choice_out_of_range_is_refused(fix, given):
    with pytest.raises(ValueError, match="must be a whole number"):
        planned(fix, rootless() if fix.startswith("rootless") else linux_host(), **given)


def test_choices_count():
    host = linux_host()
    assert live(planned("inotify", host, watches="300000"))["fs.inotify.max_user_watches"][1] == (
        "300000"
    )
    assert live(planned("overcommit", host, value="1")) == {"vm.overcommit_memory": ("0", "1")}
    low = planned("rootless-low-ports", rootless(), port="443")
    assert live(low) == {"net.ipv4.ip_unprivileged_port_start": ("1024", "443")}


def test_a_finding_of_one_kind_leaves_the_other_setting():
    host = linux_host(engine=images(ide="codercom/code-server:4"))
    (found,) = findings(sysctls.TOPIC, host, "inotify-watches-low")
    assert set(live(planned("inotify", host, found))) == {"fs.inotify.max_user_watches"}


def test_strict_accounting_that_has_room_is_not_overruled_unasked():
    host = linux_host(engine=images(cache="redis:7"), files=proc(vm__overcommit_memory=2))
    proposal = planned("overcommit", host)
    assert proposal.outcome == BY_HAND
    assert proposal.steps == ("to overrule it: hullcheck fix overcommit --set value=1",)
    assert planned("overcommit", host, value="1").outcome == CHANGES


def test_a_32_bit_kernel_has_no_more_process_numbers():
    system = {"release": "6.6.31-v7", "machine": "armv7l", "platform": "linux",
              "kernel_version": "#1", "hostname": "pi"}  # fmt: skip
    files = {
        "/proc/loadavg": "0.40 0.71 1.15 2/30000 23241\n",
        "/usr/lib/sysctl.d/50-pid-max.conf": None,
        **proc(kernel__pid_max=32768),
    }
    proposal = planned("process-numbers", linux_host(files=files, gauges={"system": system}))
    assert proposal.outcome == BY_HAND


def test_an_old_kernels_listen_queue_is_set_for_each_container():
    system = {"release": "4.15.0-20", "machine": "x86_64", "platform": "linux",
              "kernel_version": "#1", "hostname": "old"}  # fmt: skip
    host = linux_host(
        engine=images(web="nginx:1"),
        files=proc(net__core__somaxconn=128),
        gauges={"system": system},
    )
    proposal = planned("listen-backlog", host)
    assert proposal.outcome == BY_HAND
    assert "--sysctl net.core.somaxconn=4096" in proposal.steps[0]


def test_apparmors_restriction_is_not_lifted_for_everybody():
    silent = dict.fromkeys(("/version", "/info", "/networks", CONTAINER), Denied("no"))
    host = linux_host(
        engine=silent,
        env={"DOCKER_HOST": "unix:///run/user/1000/docker.sock"},
        files=proc(kernel__apparmor_restrict_unprivileged_userns=1),
        gauges={"processes": []},
    )
    proposal = planned("user-namespaces", host)
    assert proposal.outcome == BY_HAND
    assert "docker-ce-rootless-extras" in proposal.steps[0]
