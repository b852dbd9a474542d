"""GET /networks and GET /containers/json of the Engine API, as far as networking needs them."""

from __future__ import annotations

from typing import Any

from probes.record import NamedTuple

BRIDGE_NAME = "com.docker.network.bridge.name"
DRIVER_MTU = "com.docker.network.driver.mtu"
"""Network options, moby libnetwork/netlabel/labels.go and drivers/bridge/labels.go."""

PREDEFINED = frozenset({"bridge", "host", "none", "ingress", "docker_gwbridge"})
"""Networks that the engine makes and needs itself."""


class Network(NamedTuple):
    """One network of an engine."""

    name: str
    id: str
    driver: str
    scope: str
    """local or swarm."""
    internal: bool
    ingress: bool
    ipv6: bool
    subnets: tuple[str, ...]
    gateways: tuple[str, ...]
    options: dict[str, str]
    bridge: str
    """The Linux bridge behind it; empty where its driver has none."""

    @property
    def user_made(self) -> bool:
        """Whether somebody other than the engine made it."""
        return self.name not in PREDEFINED and not self.ingress


class Published(NamedTuple):
    """A port of a running container that the host passes on."""

    container: str
    address: str
    port: int
    inner: int
    protocol: str


class Container(NamedTuple):
    """One container, running or not, with what it has to do with networks."""

    name: str
    id: str
    state: str
    networks: tuple[str, ...]
    """Names and ids of the networks it belongs to."""
    addresses: tuple[str, ...]
    published: tuple[Published, ...]


def _records(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """An object in an engine's answer; empty where it is null or of another type."""
    return value if isinstance(value, dict) else {}


def parse_networks(answer: Any) -> tuple[Network, ...]:  # noqa: ANN401 - any JSON
    """GET /networks; what is not of its shape is passed over.

    >>> parse_networks([{"Name": "app", "Id": "333728075ef9dfd84d8b", "Driver": "bridge",
    ...     "Scope": "local", "IPAM": {"Config": [{"Subnet": "172.18.0.0/16"}]},
    ...     "Options": None}])[0].bridge
    'br-333728075ef9'
    """
    networks = []
    for item in _records(answer):
        options = {str(k): str(v) for k, v in mapping(item.get("Options")).items()}
        configs = _records(mapping(item.get("IPAM")).get("Config"))
        driver, identity = str(item.get("Driver") or ""), str(item.get("Id") or "")
        # moby libnetwork/drivers/bridge: br- and the first 12 digits of the id, unless named.
        bridge = options.get(BRIDGE_NAME) or f"br-{identity[:12]}"
        networks.append(
            Network(
                name=str(item.get("Name") or ""),
                id=identity,
                driver=driver,
                scope=str(item.get("Scope") or "local"),
                internal=item.get("Internal") is True,
                ingress=item.get("Ingress") is True,
                ipv6=item.get("EnableIPv6") is True,
                subnets=tuple(str(c["Subnet"]) for c in configs if c.get("Subnet")),
                gateways=tuple(str(c["Gateway"]) for c in configs if c.get("Gateway")),
                options=options,
                bridge=bridge if driver == "bridge" and item.get("ConfigOnly") is not True else "",
            )
        )
    return tuple(networks)


def parse_containers(answer: Any) -> tuple[Container, ...]:  # noqa: ANN401 - any JSON
    """GET /containers/json?all=1; what is not of its shape is passed over.

    >>> parse_containers([{"Id": "75bac71c28a7", "Names": ["/web"], "State": "running", "Ports": [
    ...     {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
    ...     {"PrivatePort": 443, "Type": "tcp"}]}])[0].published
    (Published(container='web', address='0.0.0.0', port=8080, inner=80, protocol='tcp'),)
    """
    containers = []
    for item in _records(answer):
        names = item.get("Names")
        identity = str(item.get("Id") or "")
        name = str(names[0]).lstrip("/") if isinstance(names, list) and names else identity[:12]
        joined: list[str] = []
        addresses = []
        for network, endpoint in mapping(
            mapping(item.get("NetworkSettings")).get("Networks")
        ).items():
            known = mapping(endpoint)
            joined += [str(network), str(known.get("NetworkID") or "")]
            addresses += [
                str(known[key]) for key in ("IPAddress", "GlobalIPv6Address") if known.get(key)
            ]
        published = []
        for port in _records(item.get("Ports")):
            public, private = port.get("PublicPort"), port.get("PrivatePort")
            if isinstance(public, int) and public and isinstance(private, int):
                published.append(
                    Published(
                        name,
                        str(port.get("IP") or "0.0.0.0"),  # noqa: S104 - what the engine means
                        public,
                        private,
                        str(port.get("Type") or "tcp"),
                    )
                )
        containers.append(
            Container(
                name,
                identity,
                str(item.get("State") or ""),
                tuple(x for x in joined if x),
                tuple(addresses),
                tuple(published),
            )
        )
    return tuple(containers)
