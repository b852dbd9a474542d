"""resolv.conf(5): the name servers of a host."""

from __future__ import annotations

import ipaddress


def name_servers(text: str) -> tuple[str, ...]:
    r"""The addresses behind ``nameserver``, in their order; what is no address is passed over.

    >>> name_servers("# Generated\nsearch lan\nnameserver 127.0.0.53\nnameserver fe80::1%eth0\n")
    ('127.0.0.53', 'fe80::1')
    """
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            address = words[1].partition("%")[0]
            try:
                found.append(str(ipaddress.ip_address(address)))
            except ValueError:
                continue
    return tuple(found)


def is_loopback(address: str) -> bool:
    """Whether an address leads to the machine that asks.

    >>> is_loopback("127.0.1.1"), is_loopback("::1"), is_loopback("10.0.0.2"), is_loopback("x")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
