from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

import pytest

from fixes.model import BY_HAND, CHANGES, NOTHING, RECREATE
from probes import dns, network
from probes.formats.daemon_json import judge
from probes.formats.json_edit import REMOVED
from probes.host import Host
from probes.host.questions import Denied, Unreadable
from tests.fixes.remedies.applying import applied, edits, outcomes, planned
from tests.hosts import desktop_beside_native, podman_fedora, remote_tls, rootless_ubuntu
from tests.probes.network_host import APP, DATA, interface, load, network_host

FILE = "/etc/docker/daemon.json"
ROUTES = ("ip", "-j", "route", "show", "table", "all")
OWN = json.loads((DATA / "network/routes-28.json").read_text())
POOLS, BIP, DNS = ("default-address-pools",), ("bip",), ("dns",)
MTU = ("default-network-opts", "bridge", "com.docker.network.driver.mtu")
LABELS = {
    "com.docker.compose.project": "app",
    "com.docker.compose.project.working_dir": "/srv/app",
    "com.docker.compose.project.config_files": "/srv/app/compose.yaml",
    "com.docker.compose.service": "web",
}


def pool(*bases: str, size: int = 24) -> list[dict[str, Any]]:
    return [{"base": base, "size": size} for base in bases]


def routed(*destinations: str, device: str = "tun0") -> dict[Any, Any]:
    rows = [{"dst": x, "dev": device, "protocol": "static", "flags": []} for x in destinations]
    return {ROUTES: (0, json.dumps([*OWN, *rows]), "")}


def networks(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """The engine's networks, with some of their values changed by name; None takes one away."""
    rows = load("network/networks-28.json")
    return [row | changes.get(row["Name"], {}) for row in rows]


def host(text: str | None = None, *, info: dict[str, Any] | None = None, **changes: Any) -> Any:
    files = {} if text is None else {FILE: text}
    engine = {"/info": load("network/info-28.json") | (info or {})}
    return network_host(
        files=files | changes.pop("files", {}),
        engine=engine | changes.pop("engine", {}),
        **changes,
    )


def running(labels: dict[str, str] | None = None, **state: Any) -> dict[str, Any]:
    """The recorded container, which is in the network app."""
    row = load("network/containers-28.json")[0]
    return {"/containers/json?all=1": [row | {"Labels": labels or {}, "State": "running", **state}]}


def collides(of: Any) -> set[str]:
    return outcomes(network.TOPIC, of, "docker-network-hides-route")


NAME = load("network/containers-28.json")[0]["Names"][0].lstrip("/")
PLAIN = (
    f"docker network disconnect -f app {NAME} && docker network rm app && docker network create "
    f"app && docker network connect app {NAME}   # with its options, see docker network inspect app"
)


TWO_POOLS = json.dumps(
    {"default-address-pools": [*pool("172.18.0.0/16"), *pool("10.9.0.0/16", size=26)]}
)


# -- address ranges ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "destinations", "expected"),
    [
        # A VPN has docker0's range: docker0 moves, and so does what is made from now on.
        (None, ["172.17.0.0/16"], {POOLS: pool("172.30.0.0/16"), BIP: "172.30.0.1/24"}),
        # It has a compose network's range: docker0 stays.
        ("{}", ["172.18.9.0/24"], {POOLS: pool("172.30.0.0/16")}),
        # All of 172.16.0.0/12 is behind it.
        (None, ["172.16.0.0/12"], {POOLS: pool("10.213.0.0/16"), BIP: "10.213.0.1/24"}),
        (None, ["172.16.0.0/12", "10.0.0.0/8"],
         {POOLS: pool("192.168.192.0/18"), BIP: "192.168.192.1/24"}),
        (None, ["172.18.0.0/16", "172.30.4.0/24"], {POOLS: pool("172.29.0.0/16")}),
        # The owner's own pools: those that do not collide stay.
        (TWO_POOLS, ["172.18.0.0/20"],
         {POOLS: [*pool("10.9.0.0/16", size=26), *pool("172.30.0.0/16")]}),
        # Its pools are fine, and its docker0 is not.
        ('{"default-address-pools": [{"base": "10.9.0.0/16", "size": 26}]}', ["172.17.0.0/16"],
         {BIP: "172.30.0.1/24"}),
    ],
)  # fmt: skip
def test_pools_away_from_the_routes(
    text: str | None, destinations: list[str], expected: dict[Any, Any]
) -> None:
    own = json.loads(text or "{}").get("default-address-pools")
    info = (
        {"DefaultAddressPools": [{"Base": x["base"], "Size": x["size"]} for x in own]}
        if own
        else {}
    )
    before = host(text, info=info, runs=routed(*destinations))
    assert collides(before) == {"fail"}
    proposal = planned("address-pools", before)
    assert proposal.outcome == CHANGES, proposal
    assert edits(proposal) == {FILE: expected}
    after = applied(before, proposal)
    assert not judge(after.source.files[FILE], engine="28.5.2")
    # Once the networks are made anew from these pools, the check passes.
    base = expected.get(POOLS, pool("10.9.0.0/16"))[-1]["base"]
    app = str([*ip_network(base).subnets(new_prefix=24)][9])
    remade(after, app=app, bridge=expected.get(BIP, "172.17.0.0/16"))
    assert collides(after) == {"pass"}


def remade(of: Any, **subnets: str) -> None:
    """The networks have these subnets, and the kernel has the routes of their bridges."""
    ipam = {name: {"IPAM": {"Config": [{"Subnet": x}]}} for name, x in subnets.items()}
    of.source.engine["/networks"] = networks(**ipam)
    rows = json.loads(of.source.runs[ROUTES][1])
    names = {"docker0": "bridge", APP: "app"}
    for row in rows:
        if row.get("dev") in names and row.get("scope") == "link" and "table" not in row:
            row["dst"] = subnets[names[row["dev"]]]
    of.source.runs = {**of.source.runs, ROUTES: (0, json.dumps(rows), "")}


def test_a_name_server_in_dockers_range() -> None:
    before = host(files={"/etc/resolv.conf": "nameserver 172.18.200.53\n"})
    assert outcomes(network.TOPIC, before, "docker-network-hides-dns") == {"fail"}
    proposal = planned("address-pools", before)
    assert edits(proposal) == {FILE: {POOLS: pool("172.30.0.0/16")}}
    assert "collides with 172.18.200.53" in proposal.reason
    after = applied(before, proposal)
    moved = {"Config": [{"Subnet": "172.30.1.0/24", "Gateway": "172.30.1.1"}]}
    after.source.engine["/networks"] = networks(app={"IPAM": moved})
    assert outcomes(network.TOPIC, after, "docker-network-hides-dns") == {"pass"}


def test_pools_that_run_out() -> None:
    bases = [f"172.{n}.0.0/16" for n in range(17, 32)] + [
        f"192.168.{16 * n}.0/20" for n in range(16)
    ]
    rows = [
        {"Name": f"n{i}", "Id": f"{i:064x}", "Driver": "bridge", "Scope": "local",
         "IPAM": {"Config": [{"Subnet": base}]}} for i, base in enumerate(bases)
    ]  # fmt: skip
    before = host(engine={"/networks": rows})
    assert outcomes(network.TOPIC, before, "address-pool-exhausted") == {"fail"}
    proposal = planned("address-pools", before)
    assert edits(proposal) == {FILE: {POOLS: pool("172.16.0.0/16")}}
    assert "0 of 31 subnets are left" in proposal.reason
    after = applied(before, proposal)
    assert outcomes(network.TOPIC, after, "address-pool-exhausted") == {"pass"}
    # The owner's pools are added to, not replaced.
    own = pool("172.20.0.0/16", size=17)
    told = {"DefaultAddressPools": [{"Base": "172.20.0.0/16", "Size": 17}]}
    taken = [
        rows[0] | {"IPAM": {"Config": [{"Subnet": "172.20.0.0/17"}, {"Subnet": "172.20.128.0/17"}]}}
    ]
    full = host(json.dumps({"default-address-pools": own}), info=told, engine={"/networks": taken})
    assert outcomes(network.TOPIC, full, "address-pool-exhausted") == {"fail"}
    assert edits(planned("address-pools", full))[FILE][POOLS] == [*own, *pool("172.30.0.0/16")]


def test_what_the_user_chooses() -> None:
    before = host(runs=routed("172.17.0.0/16"))
    proposal = planned("address-pools", before, base="10.77.0.0/16,10.78.0.0/16", size="26")
    assert edits(proposal) == {
        FILE: {POOLS: pool("10.77.0.0/16", "10.78.0.0/16", size=26), BIP: "10.77.0.1/26"}
    }
    fine = planned("address-pools", host(), base="10.77.0.0/16")
    assert edits(fine) == {FILE: {POOLS: pool("10.77.0.0/16")}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"base": "office"}, "base: .*office"),
        ({"base": "10.0.0.1/16"}, "base: .*host bits"),
        ({"base": "fd00::/48"}, "base: "),
        ({"base": "10.0.0.0/28"}, "smaller than one network of size 24"),
        ({"base": "172.17.0.0/16"}, "is taken, this host already has 172.17.0.0/16"),
        ({"base": "10.5.0.0/16"}, "is taken, this host already has 10.0.0.0/8"),
        ({"size": "x"}, "size: x is no prefix length"),
        ({"size": "31"}, "size: 31"),
        ({"size": "4"}, "size: 4"),
    ],
)
def test_what_the_user_chooses_is_checked(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        planned("address-pools", host(runs=routed("10.0.0.0/8")), **given)


def test_nothing_collides() -> None:
    assert collides(host()) == {"pass"}
    proposal = planned("address-pools", host())
    assert proposal.outcome == NOTHING
    assert "29 of 31 subnets are free" in proposal.reason


def test_a_part_of_a_broad_route_that_the_owner_chose_stays() -> None:
    text = '{"default-address-pools": [{"base": "172.18.0.0/15", "size": 24}]}'
    told = {"DefaultAddressPools": [{"Base": "172.18.0.0/15", "Size": 24}]}
    bridge = {"IPAM": {"Config": [{"Subnet": "172.19.0.0/24"}]}}
    before = host(text, info=told, runs=routed("172.16.0.0/12"),
                  engine={"/networks": networks(bridge=bridge)})  # fmt: skip
    assert collides(before) == {"fail"}
    proposal = planned("address-pools", before)
    assert proposal.outcome == BY_HAND
    assert "on purpose" in proposal.reason


def test_what_the_owner_chose_stays_beside_what_moves() -> None:
    text = json.dumps({"default-address-pools": pool("172.18.0.0/15")})
    told = {"DefaultAddressPools": [{"Base": "172.18.0.0/15", "Size": 24}]}
    before = host(text, info=told, runs=routed("172.16.0.0/12"))
    proposal = planned("address-pools", before)
    assert edits(proposal) == {FILE: {BIP: "10.213.0.1/24"}}
    assert proposal.steps == ()


def test_every_private_range_has_a_route() -> None:
    before = host(runs=routed("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
    proposal = planned("address-pools", before)
    assert proposal.outcome == BY_HAND
    assert "every private range" in proposal.reason


def test_only_the_network_collides_and_not_the_pools() -> None:
    text = '{"default-address-pools": [{"base": "10.9.0.0/16", "size": 24}]}'
    told = {"DefaultAddressPools": [{"Base": "10.9.0.0/16", "Size": 24}]}
    before = host(text, info=told, runs=routed("172.18.0.0/16"), engine=running(LABELS))
    proposal = planned("address-pools", before)
    assert proposal.outcome == BY_HAND
    assert "app keeps its subnet" in proposal.reason
    assert proposal.steps == (PLAIN,)  # the network itself was made by hand


def test_how_networks_are_made_anew() -> None:
    hit = routed("172.18.0.0/16")
    plain = planned("address-pools", host(runs=hit, engine=running()))
    assert plain.steps == (PLAIN,)
    assert [tuple(effect) for effect in plain.effects] == [(RECREATE, NAME, PLAIN)]
    assert any("app keeps its subnet until made anew" in note for note in plain.notes)
    rows = networks(app={"Labels": {"com.docker.compose.project": "app"}})
    made = planned("address-pools", host(runs=hit, engine=running(LABELS) | {"/networks": rows}))
    compose = "docker compose -p app -f /srv/app/compose.yaml"
    assert made.steps == (f"cd /srv/app && {compose} down && {compose} up -d",)
    down = host(runs=hit, engine=running(LABELS, State="exited") | {"/networks": rows})
    assert planned("address-pools", down).steps == (
        "docker compose -p app down && docker compose -p app up -d",
    )
    assert planned("address-pools", down).effects == ()


def test_hostile_names_become_no_options() -> None:
    rows = networks(
        app={"Name": "--help; reboot", "Labels": {"com.docker.compose.project": "-f x"}}
    )
    box = load("network/containers-28.json")[0]
    box["NetworkSettings"]["Networks"] = {"--help; reboot": {"NetworkID": rows[-1]["Id"]}}
    before = host(runs=routed("172.18.0.0/16"),
                  engine={"/networks": rows, "/containers/json?all=1": [box]})  # fmt: skip
    assert planned("address-pools", before).steps == ("make the network --help; reboot anew",)


@pytest.mark.parametrize(
    ("text", "argv", "words"),
    [
        (None, ["--default-address-pool", "base=172.17.0.0/16,size=24"], "--default-address-pool is on"),
        (None, ["--bip=172.17.0.1/16"], "--bip is on dockerd's command line"),
        ('{"fixed-cidr": "172.17.1.0/24", "bip": "172.17.0.1/16"}', [], "line 1 sets fixed-cidr"),
        ('{"default-gateway": "172.17.0.9"}', [], "sets default-gateway"),
    ],
)  # fmt: skip
def test_what_holds_docker0_where_it_is(text: str | None, argv: list[str], words: str) -> None:
    process = [100, 1, 0, "dockerd", ["/usr/bin/dockerd", "-H", "fd://", *argv], 1.7e9]
    before = host(text, runs=routed("172.17.0.0/16"), gauges={"processes": [process]})
    proposal = planned("address-pools", before)
    assert proposal.outcome == BY_HAND
    assert words in proposal.reason
    assert '"bip": "172.30.0.1/24"' in proposal.steps[0]


def test_another_engines_bridge_is_not_moved_away_from() -> None:
    before = host(runs=routed("172.18.0.0/16", device="br-ba9876543210"))
    assert collides(before) == {"fail"}
    proposal = planned("address-pools", before)
    assert proposal.outcome == BY_HAND
    assert "sudo ip link delete br-ba9876543210" in proposal.steps[0]


def test_live_restore_holds_docker0() -> None:
    told = {"LiveRestoreEnabled": True, "ContainersRunning": 3}
    proposal = planned("address-pools", host(info=told, runs=routed("172.17.0.0/16")))
    assert any("live-restore is on" in note for note in proposal.notes)
    other = planned("address-pools", host(info=told, runs=routed("172.18.0.0/16")))
    assert not any("live-restore" in note for note in other.notes)


def test_what_cannot_be_seen_is_not_guessed() -> None:
    shut = {("run", *ROUTES): Denied("ip may not be run")}
    with pytest.raises(Unreadable) as error:
        planned("address-pools", host(failures=shut))
    assert error.value.kind == "denied"
    with pytest.raises(Unreadable) as error:
        planned("address-pools", host('{"debug": true,}', runs=routed("172.17.0.0/16")))
    assert error.value.kind == "garbled"


# -- pools that the engine cannot use ------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # A network's prefix length is missing or shorter than its pool's.
        ([{"base": "10.10.0.0/16"}], pool("10.10.0.0/16")),
        ([{"base": "10.10.0.0/16", "size": 8}], pool("10.10.0.0/16")),
        ([{"base": "10.10.0.0/16", "size": 32}], pool("10.10.0.0/16")),
        ([{"base": "10.10.5.1/16", "size": 24}], pool("10.10.0.0/16")),
        ([{"Base": "10.10.0.0/16", "Size": 12}], pool("10.10.0.0/16")),
        # One pool holds another.
        ([*pool("10.0.0.0/8"), *pool("10.1.0.0/16")], pool("10.0.0.0/8")),
        ([*pool("10.1.0.0/16"), *pool("10.0.0.0/8")], pool("10.0.0.0/8")),
        # Next to no networks: a free range is added.
        (pool("10.10.0.0/24"), [*pool("10.10.0.0/24"), *pool("172.30.0.0/16")]),
        # What names no range goes.
        ([{"base": "office/24", "size": 24}, *pool("10.10.0.0/16")], pool("10.10.0.0/16")),
        ([None], pool("172.30.0.0/16")),
        ([{"size": 24}], pool("172.30.0.0/16")),
        ([{"base": "fd00:1::/48", "size": 40}, *pool("10.10.0.0/16")],
         [{"base": "fd00:1::/48", "size": 64}, *pool("10.10.0.0/16")]),
    ],
)  # fmt: skip
def test_pools_are_put_right(rows: list[Any], expected: list[dict[str, Any]]) -> None:
    before = host(json.dumps({"default-address-pools": rows}))
    codes = {p.code for p in judge(before.source.files[FILE], engine="28.5.2")}
    assert {code[:17] for code in codes} <= {"daemon-json-pool-", "daemon-json-inval"}
    assert codes
    proposal = planned("address-pools", before)
    assert proposal.outcome == CHANGES, proposal
    assert edits(proposal) == {FILE: {POOLS: expected}}
    after = applied(before, proposal)
    assert judge(after.source.files[FILE], engine="28.5.2") == []


def test_pools_are_put_right_while_the_engine_is_down() -> None:
    before = host(
        json.dumps({"default-address-pools": [{"base": "10.10.0.0/16"}]}),
        runs={("dockerd", "--version"): (0, "Docker version 26.1.5, build a72d7cd\n", "")},
    )
    before.source.engine, before.source.peers = {}, {}
    before.source.gauges["processes"] = []
    assert edits(planned("address-pools", before)) == {FILE: {POOLS: pool("10.10.0.0/16")}}


# -- packet size ---------------------------------------------------------------------------------


def narrow(mtu: int = 1400, **more: Any) -> Any:
    interfaces = {
        "eth0": interface(mtu, "192.0.2.2"),
        "docker0": interface(1500, "172.17.0.1"),
        APP: interface(1500, "172.18.0.1"),
    }
    return host(gauges={"interfaces": interfaces}, **more)


def too_large(of: Any) -> set[str]:
    return outcomes(network.TOPIC, of, "bridge-mtu-above-egress")


def test_packets_fit_the_way_out() -> None:
    before = narrow()
    assert too_large(before) == {"fail"}
    proposal = planned("bridge-mtu", before)
    assert edits(proposal) == {FILE: {("mtu",): 1400, MTU: "1400"}}
    assert proposal.reason == (
        "eth0 carries packets of 1400 bytes, and those of bridge have up to 1500"
    )
    assert proposal.steps == ()  # the network app has 1400 already
    after = applied(before, proposal)
    assert json.loads(after.source.files[FILE]) == {
        "mtu": 1400,
        "default-network-opts": {"bridge": {"com.docker.network.driver.mtu": "1400"}},
    }
    options = {"com.docker.network.driver.mtu": "1400"}
    after.source.engine["/networks"] = networks(bridge={"Options": options})
    assert too_large(after) == {"pass"}


def test_networks_of_their_own_keep_their_packet_size() -> None:
    before = narrow(1300, engine=running())
    proposal = planned("bridge-mtu", before)
    assert edits(proposal) == {FILE: {("mtu",): 1300, MTU: "1300"}}
    assert proposal.steps[0] == (
        'for app, in each compose file: driver_opts: {"com.docker.network.driver.mtu": "1300"}'
    )
    assert proposal.steps[1] == PLAIN
    assert [effect.subject for effect in proposal.effects] == [NAME]
    assert "app keeps its packet size until made anew." in proposal.notes


def test_an_old_engine_has_no_default_for_networks() -> None:
    old = load("network/version-28.json") | {"Version": "20.10.24+dfsg1"}
    rows = networks(app={"Options": {}})
    before = narrow(engine={"/version": old, "/networks": rows})
    proposal = planned("bridge-mtu", before)
    assert edits(proposal) == {FILE: {("mtu",): 1400}}
    assert "networks of their own" in proposal.steps[0]


def test_only_what_lacks_is_set() -> None:
    half = narrow(text='{"mtu": 1400, "default-network-opts": {"ipvlan": {"a": "b"}}}')
    assert edits(planned("bridge-mtu", half)) == {FILE: {MTU: "1400"}}
    text = json.dumps(
        {"mtu": 1400, "default-network-opts": {"bridge": {"com.docker.network.driver.mtu": "1400"}}}
    )
    waits = planned("bridge-mtu", narrow(text=text))
    assert waits.outcome == BY_HAND
    assert waits.steps == ("sudo systemctl restart docker",)


def test_the_user_chooses_a_packet_size() -> None:
    assert edits(planned("bridge-mtu", host(), mtu="1420")) == {FILE: {("mtu",): 1420, MTU: "1420"}}
    for text in ("x", "100", "70000", "-1"):
        with pytest.raises(ValueError, match=f"mtu: {text} is no number from 576 to 65535"):
            planned("bridge-mtu", host(), mtu=text)


def test_packets_that_fit() -> None:
    assert planned("bridge-mtu", host()).outcome == NOTHING
    unreachable = {("ip", "-4", "route", "get", "1.1.1.1"): (2, "", "Network is unreachable")}
    assert planned("bridge-mtu", host(runs=unreachable)).outcome == NOTHING


def test_a_flag_for_the_packet_size() -> None:
    process = [100, 1, 0, "dockerd", ["/usr/bin/dockerd", "--mtu=1500"], 1.7e9]
    before = narrow()
    before.source.gauges["processes"] = [process]
    proposal = planned("bridge-mtu", before)
    assert proposal.outcome == BY_HAND
    assert "--mtu is on dockerd's command line" in proposal.reason


# -- name servers --------------------------------------------------------------------------------

STUB = "nameserver 127.0.0.53\noptions edns0 trust-ad\n"
RESOLVED = "/run/systemd/resolve/resolv.conf"
LOCAL = {"/etc/resolv.conf": "nameserver 127.0.0.1\n"}


def out_of_reach(of: Any) -> set[str]:
    checks = ("daemon-dns-loopback", "host-dns-only-loopback")
    return {x for check in checks for x in outcomes(dns.TOPIC, of, check)}


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        # The daemon's own list, with and without servers that containers reach.
        ('{"dns": ["127.0.0.53", "192.0.2.9"]}', {}, ["192.0.2.9"]),
        ('{"dns": ["127.0.0.53"]}', {}, REMOVED),
        ('{"dns": ["::1"]}', {"/etc/resolv.conf": STUB, RESOLVED: "nameserver 192.0.2.1\n"}, REMOVED),
        # The host itself has a local resolver only.
        ('{"dns": ["127.0.0.1"]}', LOCAL | {RESOLVED: "nameserver 192.0.2.1\n"}, ["192.0.2.1"]),
        (None, LOCAL | {"/run/NetworkManager/no-stub-resolv.conf":
                        "nameserver 10.0.0.53\nnameserver 10.0.0.54\n"}, ["10.0.0.53", "10.0.0.54"]),
        (None, LOCAL | {RESOLVED: "nameserver 127.0.0.1\nnameserver fe80::1%eth0\n",
                        "/run/NetworkManager/resolv.conf": "nameserver 10.0.0.53\n"}, ["10.0.0.53"]),
    ],
)  # fmt: skip
def test_servers_that_containers_reach(
    text: str | None, files: dict[str, str], expected: Any
) -> None:
    before = host(text, files=files)
    assert "fail" in out_of_reach(before)
    proposal = planned("daemon-dns", before)
    assert proposal.outcome == CHANGES, proposal
    assert edits(proposal) == {FILE: {DNS: expected}}
    assert out_of_reach(applied(before, proposal)) == {"pass"}


def test_servers_that_nobody_wrote_down() -> None:
    proposal = planned("daemon-dns", host(files=LOCAL))
    assert proposal.outcome == BY_HAND
    assert any("--set servers=" in step for step in proposal.steps)
    assert not any("8.8.8.8" in step for step in proposal.steps)
    given = planned("daemon-dns", host(files=LOCAL), servers="10.0.0.53, fd00::53")
    assert edits(given) == {FILE: {DNS: ["10.0.0.53", "fd00::53"]}}


def test_servers_that_are_fine() -> None:
    for text in (None, '{"dns": ["192.0.2.9"]}'):
        assert planned("daemon-dns", host(text)).outcome == NOTHING
    nobody = {"/etc/resolv.conf": "# nothing\n"}
    assert planned("daemon-dns", host(files=nobody)).outcome == NOTHING


def test_the_servers_of_the_user_are_checked() -> None:
    for text, words in (("office", "office is no IP address"), ("127.0.0.1", "own loopback")):
        with pytest.raises(ValueError, match=words):
            planned("daemon-dns", host(), servers=text)


def test_servers_of_the_command_line_are_left() -> None:
    process = [100, 1, 0, "dockerd", ["/usr/bin/dockerd", "--dns", "127.0.0.53"], 1.7e9]
    before = host(gauges={"processes": [process]})
    assert "fail" in out_of_reach(before)
    proposal = planned("daemon-dns", before)
    assert proposal.outcome == BY_HAND
    assert "--dns is on dockerd's command line" in proposal.reason


def test_an_unread_upstream_is_unknown() -> None:
    files = {"/etc/resolv.conf": STUB}
    shut = {("read", RESOLVED): Denied("not for you")}
    with pytest.raises(Unreadable) as error:
        planned("daemon-dns", host(files=files, failures=shut))
    assert error.value.kind == "denied"


# -- other engines -------------------------------------------------------------------------------


@pytest.mark.parametrize("fix", ["address-pools", "bridge-mtu", "daemon-dns"])
@pytest.mark.parametrize(
    "module", [desktop_beside_native, podman_fedora, remote_tls, rootless_ubuntu]
)
def test_networks_that_are_not_this_hosts(fix: str, module: Any) -> None:
    with pytest.raises(Unreadable) as error:
        planned(fix, Host(module.machine()))
    assert error.value.kind == "inapplicable"
