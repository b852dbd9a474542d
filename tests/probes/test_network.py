from __future__ import annotations

from typing import Any

import pytest

from probes import network
from probes.daemon_control import Control
from probes.engine_network import Egress, Resolver, best_route, host_routes
from probes.formats.networks import Container, Network
from probes.formats.routes import Route, parse_proc_ipv6_route, parse_proc_route
from probes.host.questions import Denied
from probes.model import Missing, judge
from probes.network import TOPIC, NetworkFacts, free_ranges, overlaps, pool_use
from tests.probes.network_host import (
    APP,
    DOWN,
    ELSEWHERE,
    finding,
    interface,
    load,
    network_host,
    outcome,
    outcomes,
)
from tests.records import replace


def net(  # noqa: PLR0917
    name: str = "bridge",
    subnet: str = "172.17.0.0/16",
    bridge: str = "docker0",
    driver: str = "bridge",
    scope: str = "local",
    internal: bool = False,
    options: dict[str, str] | None = None,
) -> Network:
    gateway = subnet.replace("0.0/16", "0.1")
    return Network(
        name=name,
        id=f"id-{name}",
        driver=driver,
        scope=scope,
        internal=internal,
        ingress=False,
        ipv6=False,
        subnets=(subnet,),
        gateways=(gateway,),
        options=options or {},
        bridge=bridge if driver == "bridge" else "",
    )


def route(
    destination: str,
    device: str,
    *,
    table: str = "main",
    kind: str = "unicast",
    gateway: str = "",
    on_link: bool = True,
    metric: int = 0,
) -> Route:
    return Route(destination, device, table, kind, gateway, on_link, metric, 0)


OWN = route("172.17.0.0/16", "docker0")
DEFAULT = route("0.0.0.0/0", "eth0", gateway="192.168.1.1", on_link=False)
LAN = route("192.168.1.0/24", "eth0")
FINE = NetworkFacts(
    site=Control(
        "/etc/docker/daemon.json", "sudo systemctl restart docker", "sudo systemctl reload docker"
    ),
    version=(28, 5, 2),
    networks=(net(), net("app", "172.18.0.0/16", "br-0123456789ab")),
    containers=(Container("web", "1", "running", ("app",), ("172.18.0.2",), ()),),
    pools=(),
    routes=(OWN, DEFAULT, LAN, route("172.18.0.0/16", "br-0123456789ab")),
    egress=Egress("eth0", 1500, False),
    mtus={"eth0": 1500, "docker0": 1500, "br-0123456789ab": 1500},
    resolver=Resolver("file", "", ("192.168.1.1",), None),
    dns=(),
)


def with_routes(*more: Route) -> NetworkFacts:
    return replace(FINE, routes=(*FINE.routes, *more))  # type: ignore[misc]


def test_a_fine_host_has_no_finding() -> None:
    for check in TOPIC.checks:
        assert [x.outcome for x in judge(check, FINE)] == ["pass"], check.id


def test_the_recorded_host_is_fine() -> None:
    facts = TOPIC.look(network_host())
    assert facts.site == Control(
        "/etc/docker/daemon.json",
        "sudo systemctl restart docker",
        "sudo systemctl reload docker",
        ("systemctl", "restart", "docker"),
        ("systemctl", "reload", "docker"),
    )
    assert facts.egress == Egress("eth0", 1500, False)
    for check in TOPIC.checks:
        assert {x.outcome for x in judge(check, facts)} == {"pass"}, check.id


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        # The same range behind a VPN: one of the two is lost.
        (route("172.17.0.0/16", "tun0", on_link=False), "error"),
        # A VPN's aggregate: a part of it is hidden.
        (route("172.16.0.0/12", "tun0", on_link=False), "warning"),
        # More specific: the host still gets there, containers do not.
        (route("172.18.9.0/24", "wg0"), "warning"),
        (route("172.17.3.4/32", "tun0"), "warning"),
        # Tailscale's routes of subnets.
        (route("172.18.0.0/16", "tailscale0", table="52"), "error"),
        # A second engine's bridge, or one that was left behind.
        (route("172.18.0.0/16", "br-ba9876543210"), "warning"),
    ],
)
def test_routes_that_collide(more: Route, severity: str) -> None:
    assert outcome(TOPIC, with_routes(more), "docker-network-hides-route") == severity


@pytest.mark.parametrize(
    "more",
    [
        route("0.0.0.0/1", "tun0", gateway="10.8.0.1"),  # OpenVPN def1
        route("128.0.0.0/1", "tun0", gateway="10.8.0.1"),
        route("172.0.0.0/6", "tun0"),
        route("172.16.0.0/12", "", kind="blackhole"),
        route("172.17.0.0/16", "tun0", kind="unreachable"),
        route("172.17.0.1/32", "docker0", table="local", kind="local"),
        route("172.17.0.0/24", "docker0"),
        route("10.0.0.0/8", "tun0"),
        route("192.168.122.0/24", "virbr0"),
        route("fd00::/64", "eth0"),
        route("169.254.0.0/16", "eth0"),
    ],
)
def test_routes_that_do_not_matter(more: Route) -> None:
    assert outcome(TOPIC, with_routes(more), "docker-network-hides-route") == "pass"


def test_the_gateway_in_dockers_subnet_cuts_the_host_off() -> None:
    facts = with_routes(
        route("172.17.0.0/16", "eth1", metric=100),
        route("0.0.0.0/0", "eth1", gateway="172.17.0.254", on_link=False),
    )
    said = finding(TOPIC, facts, "docker-network-hides-route")
    assert said.severity == "error"
    assert "172.17.0.254" in said.summary


def test_a_range_that_the_owner_chose_within_a_broad_route_is_a_note() -> None:
    facts = replace(
        with_routes(route("172.16.0.0/12", "tun0")),
        pools=(("172.17.0.0/16", 24), ("172.18.0.0/16", 24)),
    )
    assert outcome(TOPIC, facts, "docker-network-hides-route") == "note"


def test_only_bridges_with_a_route_of_their_own_hide_anything() -> None:
    macvlan = net("lan", "192.168.1.0/24", driver="macvlan")
    shared = net("lan2", "192.168.1.0/24", bridge="br0")
    assert not overlaps([macvlan], [LAN, DEFAULT])
    assert not overlaps([shared], [route("192.168.1.0/24", "br0"), DEFAULT])
    assert not overlaps([net()], [route("172.17.0.0/16", "tun0")])


def test_one_finding_per_route_and_the_mend_has_a_free_range() -> None:
    facts = with_routes(route("172.16.0.0/12", "tun0"), route("172.30.0.0/16", "tun1"))
    said = outcomes(TOPIC, facts, "docker-network-hides-route")
    assert said == [("fail", "warning", "172.16.0.0/12 dev tun0")]
    mend = finding(TOPIC, facts, "docker-network-hides-route").mend
    assert "10.213.0.0/16" in mend[0]
    assert '"bip": "10.213.0.1/24"' in mend[1]
    assert any("docker network rm app" in x for x in mend)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ("172.30.0.0/16", "172.29.0.0/16")),
        ({"routes": (DEFAULT, route("172.28.0.0/14", "tun0"))}, ("172.27.0.0/16", "172.26.0.0/16")),
        (
            {"routes": (DEFAULT, route("10.0.0.0/8", "tun0"), route("172.16.0.0/12", "tun0"))},
            ("192.168.192.0/18", "192.168.128.0/18"),
        ),
        ({"routes": (route("172.16.0.0/12", "tun0"),)}, ("10.213.0.0/16", "10.214.0.0/16")),
        ({"routes": (route("0.0.0.0/1", "tun0"),)}, ("172.30.0.0/16", "172.29.0.0/16")),
        ({"networks": (net(subnet="172.30.7.0/24"),)}, ("172.29.0.0/16", "172.28.0.0/16")),
        ({"addresses": ("172.30.0.2/32", "fe80::1/64")}, ("172.29.0.0/16", "172.28.0.0/16")),
        ({"dns": ("172.30.0.53",)}, ("172.29.0.0/16", "172.28.0.0/16")),
        (
            {"resolver": Resolver("file", "", ("127.0.0.53",), ("172.30.0.53",))},
            ("172.29.0.0/16", "172.28.0.0/16"),
        ),
        (
            {
                "routes": tuple(
                    route(x, "tun0") for x in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
                )
            },
            (),
        ),
    ],
)
def test_free_ranges_keep_off_what_is_taken(change: dict[str, Any], found: tuple[str, ...]) -> None:
    assert free_ranges(replace(FINE, **change), 2) == found


@pytest.mark.parametrize(
    ("server", "result"),
    [
        ("172.17.9.9", "error"),
        ("172.17.0.1", "pass"),  # dnsmasq on docker0
        ("172.18.0.2", "pass"),  # a resolver in a container
        ("192.168.1.1", "pass"),
        ("not an address", "pass"),
    ],
)
def test_name_servers_in_docker_networks(server: str, result: str) -> None:
    facts = replace(FINE, resolver=Resolver("file", "", (server,), None))
    assert outcome(TOPIC, facts, "docker-network-hides-dns") == result
    stub = replace(FINE, resolver=Resolver("file", "", ("127.0.0.53",), (server,)))
    assert outcome(TOPIC, stub, "docker-network-hides-dns") == result
    assert outcome(TOPIC, replace(FINE, dns=(server,)), "docker-network-hides-dns") == result


def test_pool_use_counts_blocks() -> None:
    assert pool_use(network.DEFAULT_POOLS, [], []) == (31, 31, 0)
    assert pool_use(network.DEFAULT_POOLS, FINE.networks, []).free == 29  # type: ignore[arg-type]
    assert pool_use([("10.0.0.0/8", 24)], [net(subnet="10.0.0.0/23")], []) == (65536, 65534, 0)
    assert pool_use([("10.0.0.0/8", 24)], [], ["10.1.0.0/16"]).shadowed == 256
    assert pool_use([("fd00::/48", 64), ("x", 1), ("10.0.0.0/16", 8)], [], []) == (0, 0, 0)
    swarm = net("web", "172.17.0.0/16", driver="overlay", scope="swarm")
    assert pool_use(network.DEFAULT_POOLS, [swarm], []).free == 31


def many(count: int) -> tuple[Network, ...]:
    bases = [f"172.{n}.0.0/16" for n in range(17, 32)]
    bases += [f"192.168.{16 * n}.0/20" for n in range(16)]
    return tuple(net(f"n{i}", base, f"br-{i:012x}") for i, base in enumerate(bases[:count]))


@pytest.mark.parametrize(
    ("count", "result"), [(2, "pass"), (23, "pass"), (24, "pass"), (25, "warning"), (31, "error")]
)
def test_pools_run_out(count: int, result: str) -> None:
    facts = replace(FINE, networks=many(count), routes=())
    assert outcome(TOPIC, facts, "address-pool-exhausted") == result


def test_pools_are_lost_to_routes_as_the_engine_sees_them() -> None:
    routed = replace(
        FINE,
        networks=(),
        resolver=Resolver("file", "", (), None),
        routes=(route("172.16.0.0/12", "tun0", on_link=False), route("192.168.0.0/16", "eth0")),
    )
    assert outcome(TOPIC, routed, "address-pool-exhausted") == "pass"
    old = replace(routed, version=(20, 10, 24))
    said = finding(TOPIC, old, "address-pool-exhausted")
    assert said.severity == "error"
    assert "31 of them to routes" in said.summary


def test_pools_of_an_engine_elsewhere_are_counted_too() -> None:
    facts = replace(FINE, site=ELSEWHERE, routes=ELSEWHERE, resolver=ELSEWHERE, networks=many(31))
    assert outcome(TOPIC, facts, "address-pool-exhausted") == "error"


def test_unused_networks() -> None:
    facts = replace(FINE, networks=(net(), *many(12)))
    assert outcome(TOPIC, facts, "unused-networks") == "note"
    used = Container("db", "2", "exited", ("n0", "id-n1"), (), ())
    assert outcome(TOPIC, replace(facts, containers=(used,)), "unused-networks") == "pass"


def test_a_bridge_that_is_gone() -> None:
    facts = replace(FINE, mtus={"eth0": 1500, "br-0123456789ab": 1500})
    assert outcomes(TOPIC, facts, "network-bridge-missing") == [("fail", "error", "bridge")]
    none = replace(FINE, networks=(net(driver="host"),))
    assert outcome(TOPIC, none, "network-bridge-missing") == "skip"


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"egress": Egress("eth0", 1400, False)}, "warning"),
        ({"egress": Egress("eth0", 1460, True)}, "warning"),
        ({"egress": Egress("eth0", 9001, False)}, "pass"),
        ({"egress": None}, "skip"),
        ({"egress": Egress("docker0", 1400, False)}, "skip"),
        ({"egress": Missing("no psutil", "absent")}, "unknown"),
        ({"networks": (net(internal=True),), "egress": Egress("e", 1400, False)}, "skip"),
        (
            {
                "networks": (net(options={"com.docker.network.driver.mtu": "1400"}),),
                "egress": Egress("eth0", 1400, False),
            },
            "pass",
        ),
        (
            # A bridge below 1500 without an option, as later engines may make them.
            {
                "mtus": {"docker0": 1400, "br-0123456789ab": 1400},
                "egress": Egress("e", 1400, False),
            },
            "pass",
        ),
    ],
)
def test_mtu(change: dict[str, Any], result: str) -> None:
    assert outcome(TOPIC, replace(FINE, **change), "bridge-mtu-above-egress") == result


def test_the_mtu_mend_fits_the_engine() -> None:
    facts = replace(FINE, egress=Egress("eth0", 1400, False))
    assert '"default-network-opts"' in finding(TOPIC, facts, "bridge-mtu-above-egress").mend[0]
    old = replace(facts, version=(20, 10, 24))
    mend = finding(TOPIC, old, "bridge-mtu-above-egress").mend
    assert "default-network-opts" not in mend[0]
    assert any("driver_opts" in x for x in mend)


@pytest.mark.parametrize("check", TOPIC.checks, ids=lambda x: x.id)
def test_missing_facts(check: Any) -> None:
    everything = dict.fromkeys(NetworkFacts._fields, DOWN)
    assert [x.outcome for x in judge(check, NetworkFacts(**everything))] == ["unknown"]
    nothing = dict.fromkeys(NetworkFacts._fields, ELSEWHERE)
    assert [x.outcome for x in judge(check, NetworkFacts(**nothing))] == ["skip"]


# -- looking -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"links": {"/proc/100/ns/net": "net:[2]"}}, "network namespace of its own"),
        (
            {
                "gauges": {"processes": [[100, 1, 1000, "dockerd", ["dockerd"], 1.0]]},
                "files": {"/etc/passwd": "me:x:1000:1000::/home/me:/bin/sh\n"},
            },
            "rootless",
        ),
        ({"peers": {"/var/run/docker.sock": 0}}, "outside this container"),
        ({"gauges": {"processes": [[100, 1, 0, "podman", ["podman"], 1.0]]}}, "podman"),
    ],
)
def test_engines_whose_networks_are_not_this_hosts(changes: dict[str, Any], reason: str) -> None:
    facts = TOPIC.look(network_host(**changes))
    assert isinstance(facts.site, Missing)
    assert facts.site.kind == "inapplicable"
    assert reason in facts.site.reason
    assert outcome(TOPIC, facts, "bridge-mtu-above-egress") == "skip"


def test_a_plain_user_tells_the_namespace_by_its_interfaces() -> None:
    shut = {
        ("readlink", "/proc/100/ns/net"): Denied("not yours"),
    }
    dev = "Inter-|\n face |\n    lo: 0\n  eth0: 0\n"
    files = {"/proc/100/net/dev": dev, "/proc/self/net/dev": dev}
    assert isinstance(TOPIC.look(network_host(failures=shut, files=files)).site, Control)
    files["/proc/100/net/dev"] = "    lo: 0\n"
    assert isinstance(TOPIC.look(network_host(failures=shut, files=files)).site, Missing)


def test_podman_behind_a_docker_socket_is_left_alone() -> None:
    version = {"Version": "4.7.0", "Components": [{"Name": "Podman Engine"}]}
    facts = TOPIC.look(network_host(engine={"/version": version}))
    for check in TOPIC.checks:
        assert {x.outcome for x in judge(check, facts)} == {"skip"}, check.id


def test_oddly_typed_answers_do_not_crash() -> None:
    odd = [None, 3, {"Name": None, "Options": [], "IPAM": {"Config": [None, {"Subnet": 7}]}}]
    facts = TOPIC.look(
        network_host(
            engine={
                "/networks": odd,
                "/containers/json?all=1": [{"Ports": 1, "NetworkSettings": None, "Names": 0}],
                "/info": {"DefaultAddressPools": [{"Base": None, "Size": "x"}, 4], "Swarm": None},
            }
        )
    )
    for check in TOPIC.checks:
        assert "crash" not in {x.outcome for x in judge(check, facts)}, check.id
    facts = TOPIC.look(network_host(engine={"/networks": {"message": "no"}}))
    assert outcome(TOPIC, facts, "unused-networks") == "unknown"


def test_pools_are_told_by_the_engine() -> None:
    info = load("network/info-28.json")
    info["DefaultAddressPools"] = [{"Base": "10.77.0.0/16", "Size": 24}]
    assert TOPIC.look(network_host(engine={"/info": info})).pools == (("10.77.0.0/16", 24),)


def test_busybox_and_no_iproute_fall_back_to_the_kernels_files() -> None:
    proc = (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t1400\t0\t0\n"
        "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    host = network_host(
        files={"/proc/self/net/route": proc},
        runs={("ip", "-j", "route", "show", "table", "all"): (1, "", "ip: invalid option -- 'j'")},
    )
    assert [x.destination for x in host_routes(host)] == ["0.0.0.0/0", "192.0.2.0/24"]
    found = best_route(parse_proc_route(proc), "1.1.1.1")
    assert found is not None
    assert (found.device, found.mtu) == ("eth0", 1400)


def test_ipv6_routes_of_the_kernel() -> None:
    text = (
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0\n"
        "fd000000000000000000000000000002 80 00000000000000000000000000000000 00 "
        "00000000000000000000000000000000 00000000 00000003 00000000 80200001     eth0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"
        "garbage\n"
    )
    assert [(x.destination, x.kind) for x in parse_proc_ipv6_route(text)] == [
        ("::/0", "unicast"),
        ("fd00::2/128", "local"),
        ("::/0", "unreachable"),
    ]


def test_a_route_with_an_mtu_of_its_own() -> None:
    get = ("ip", "-4", "route", "get", "1.1.1.1")
    own = network_host(
        runs={get: (0, "1.1.1.1 dev eth0 src 192.0.2.2 \n    cache mtu 1420 \n", "")}
    )
    assert TOPIC.look(own).egress == Egress("eth0", 1420, True)
    learnt = "1.1.1.1 dev eth0 \n    cache expires 500sec mtu 1300 \n"
    assert TOPIC.look(network_host(runs={get: (0, learnt, "")})).egress == Egress(
        "eth0", 1500, False
    )
    none = (2, "", "RTNETLINK answers: Network is unreachable\n")
    assert TOPIC.look(network_host(runs={get: none})).egress is None


def test_a_cloud_host_is_told_of_its_mtu() -> None:
    host = network_host(
        gauges={
            "interfaces": {
                "eth0": interface(1400, "192.0.2.2"),
                "docker0": interface(1500),
                APP: interface(1400),
            },
            "processes": [[100, 1, 0, "dockerd", ["dockerd"], 1.7e9]],
        }
    )
    said = finding(TOPIC, TOPIC.look(host), "bridge-mtu-above-egress")
    assert said.severity == "warning"
    assert said.summary.startswith("Containers of bridge build packets of up to 1500 bytes")
