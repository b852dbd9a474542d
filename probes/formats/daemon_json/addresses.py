"""Addresses that the parser takes and the engine's start, or its first network, chokes on.

Sources: moby v26.1.5 ``libnetwork/ipamutils/utils.go`` (``SplitNetworks``); moby v28.5.2
``libnetwork/ipams/defaultipam/allocator.go`` (``splitByIPFamily``) and ``address_space.go``
(``newAddrSpace``), ``daemon/daemon_unix.go`` (``getDefaultBridgeIPAMConf``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from probes.formats.daemon_json import go_values
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.formats.daemon_json.report import Report
    from probes.formats.daemon_json.settings import Settings
    from probes.formats.json_document import Node

_V4: Final = 4
_V4_BITS: Final = 32
_V6_BITS: Final = 128
_FEW: Final = 4
_MOST_POOLS = 500  # overlap is found pair by pair
_ROOMY = 2  # prefix bits from which an IPv4 pool gives networks of a useful size


class _Pool(NamedTuple):
    node: Node
    base: Node
    network: Any
    size: int


def judge_addresses(report: Report, settings: Settings) -> None:
    """Report pools, bridge addresses and ranges that cannot work."""
    pools = _pools(report, settings)
    _overlaps(report, pools)
    _few(report, pools)
    bridge = _bridge_address(report, settings, "bip", 4)
    _bridge_address(report, settings, "bip6", 6)
    _fixed_cidr(report, settings, bridge)


def _pools(report: Report, settings: Settings) -> list[_Pool]:
    node = settings.node("default-address-pools", "array")
    found: list[_Pool] = []
    for item in node.value if node is not None else ():
        if item.kind == "null":
            report.add(
                "daemon-json-pool-invalid",
                "default-address-pools holds null, with which the engine crashes at start.",
                item,
                key="default-address-pools",
            )
        elif item.kind == "object":
            pool = _pool(report, settings, item)
            if pool is not None:
                found.append(pool)
    return found


def _pool(report: Report, settings: Settings, item: Node) -> _Pool | None:
    key = "default-address-pools"
    members = {member.key.lower(): member.value for member in item.value}
    for member in item.value:
        if member.key.lower() not in {"base", "size"}:
            report.add(
                "daemon-json-pool-invalid",
                f"A pool has base and size; {member.key} is ignored.",
                member,
                key=f"{key}.{member.key}",
                level="warning",
            )
    base, size = members.get("base"), members.get("size")
    if base is None or base.kind != "string" or not base.value:
        if base is None or base.kind in {"string", "null"}:
            report.add(
                "daemon-json-pool-invalid",
                'A pool needs a base such as "10.10.0.0/16"; the engine does not start without.',
                item,
                key=key,
            )
        return None
    fault = go_values.cidr_error(base.value)
    if fault:
        if settings.engine < (27, 0):
            report.add(
                "daemon-json-pool-invalid",
                f'The base "{base.value}" is no subnet with a prefix length, so the engine does '
                "not start.",
                base,
                key=key,
                text=f'invalid base pool "{base.value}": {fault}',
                suggestion=f'"{base.value}/16"' if "/" not in base.value else None,
            )
        return None
    import ipaddress

    network = ipaddress.ip_network(base.value, strict=False)
    if size is None or size.kind == "null":
        number = 0
    elif size.kind == "number" and go_values.fits_integer(size.value, "int"):
        number = int(size.value)
    else:
        return None
    pool = _Pool(item, base, network, number)
    _pool_size(report, settings, pool, size or item)
    if base.value.partition("/")[0] != str(network.network_address) and ":" not in base.value:
        report.add(
            "daemon-json-pool-host-bits",
            f'The base "{base.value}" points inside its subnet; the engine takes {network}.',
            base,
            key=key,
            suggestion=f'"{network}"',
        )
    return pool


def _pool_size(report: Report, settings: Settings, pool: _Pool, size: Node) -> None:
    network, number = pool.network, pool.size
    bits, most = network.prefixlen, network.max_prefixlen
    key = "default-address-pools"
    if number <= 0 or number < bits:
        wrong = (
            "A pool needs a size, the prefix length of each network"
            if number <= 0
            else f"The size {number} is shorter than the base's own /{bits}"
        )
        text = f"invalid pools size: {number}" if settings.engine < (27, 0) else None
        report.add(
            "daemon-json-pool-size",
            f"{wrong}, so the engine does not start.",
            size,
            key=key,
            text=text,
            suggestion=str(max(bits, 24 if most == _V4_BITS else 64)),
        )
        return
    if number > most:
        report.add(
            "daemon-json-pool-size",
            f"The size {number} is longer than any prefix of this family (/{most}), so no network "
            "can be made.",
            size,
            key=key,
        )
    elif number > most - _ROOMY:
        report.add(
            "daemon-json-pool-size",
            f"Networks of size /{number} have no room for a gateway and a container.",
            size,
            key=key,
        )


def _few(report: Report, pools: list[_Pool]) -> None:
    """All pools together giving next to no networks: each Compose project needs one."""
    fitting = [pool for pool in pools if 0 < pool.size - pool.network.prefixlen < _V6_BITS]
    exact = [pool for pool in pools if pool.size == pool.network.prefixlen]
    count = len(exact) + sum(2 ** (pool.size - pool.network.prefixlen) for pool in fitting)
    if pools and 0 < count < _FEW:
        report.add(
            "daemon-json-pool-few-networks",
            f"The address pools hold {count} network{'s' if count > 1 else ''} in all; the next "
            "one that is made without a subnet fails.",
            pools[0].node,
            key="default-address-pools",
        )


def _overlaps(report: Report, pools: list[_Pool]) -> None:
    for index, pool in enumerate(pools[:_MOST_POOLS]):
        for other in pools[:index]:
            if pool.network.version != other.network.version:
                continue
            if pool.network.overlaps(other.network):
                line = report.document.position(other.base.start).line
                report.add(
                    "daemon-json-pool-overlap",
                    f"The pool {pool.base.value} overlaps {other.base.value} in line {line}; the "
                    "engine drops the smaller one, or hands one range out twice.",
                    pool.base,
                    key="default-address-pools",
                )
                break


def _bridge_address(
    report: Report,
    settings: Settings,
    name: str,
    family: int,
) -> Any:  # noqa: ANN401 - an interface of ipaddress of either family, or None
    found = settings.text(name)
    if not found or (name == "bip6" and settings.engine < (28, 0)):
        return None
    value, node = found
    example = "172.17.0.1/16" if family == _V4 else "fd00:17::1/64"
    fault = go_values.cidr_error(value)
    if fault:
        report.add(
            "daemon-json-bridge-address-invalid",
            f'{name} must be an address with its prefix length, such as "{example}"; the engine '
            "does not start.",
            node,
            key=name,
            text=fault,
            suggestion=f'"{value}/16"' if "/" not in value and family == _V4 else None,
        )
        return None
    import ipaddress

    interface = ipaddress.ip_interface(value)
    if interface.version != family:
        report.add(
            "daemon-json-bridge-address-invalid",
            f'{name} must be an IPv{family} address such as "{example}"; the engine does not '
            "start.",
            node,
            key=name,
        )
        return None
    network = interface.network
    if interface.ip == network.network_address and network.prefixlen < network.max_prefixlen - 1:
        first = network.network_address + 1
        report.add(
            "daemon-json-bridge-address-invalid",
            f'{name} "{value}" is the address of the subnet itself; the bridge needs one inside '
            "it.",
            node,
            key=name,
            suggestion=f'"{first}/{network.prefixlen}"',
        )
    return interface


def _fixed_cidr(report: Report, settings: Settings, bridge: Any) -> None:  # noqa: ANN401 - see above
    found = settings.text("fixed-cidr")
    if not found:
        return
    value, node = found
    if fault := go_values.cidr_error(value):
        report.add(
            "daemon-json-bridge-address-invalid",
            'fixed-cidr must be a subnet such as "172.17.0.0/24"; the engine does not start.',
            node,
            key="fixed-cidr",
            text=fault,
        )
        return
    import ipaddress

    network = ipaddress.ip_network(value, strict=False)
    inside = (
        bridge is not None
        and bridge.version == network.version
        and network.subnet_of(bridge.network)
    )
    if bridge is not None and not inside:
        report.add(
            "daemon-json-bridge-address-invalid",
            f"fixed-cidr {value} is not inside bip's subnet {bridge.network}, so the default "
            "bridge network cannot be made.",
            node,
            key="fixed-cidr",
        )
