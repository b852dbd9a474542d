"""/proc/PID/net/tcp and tcp6: the sockets that listen, proc(5)."""

from __future__ import annotations

LISTEN = "0A"
"""TCP_LISTEN of the kernel's include/net/tcp_states.h."""


def parse_listeners(text: str) -> list[tuple[str, int]]:
    r"""Address and port of each listening socket; the addresses as the kernel of this CPU has them.

    All the hosts that engines run on are little-endian but s390x, whose addresses come out
    reversed: only "all interfaces" and "loopback" are told apart here, and in both orders.

    >>> parse_listeners("  sl  local_address rem_address   st\n"
    ...     "   0: 00000000:0947 00000000:0000 0A 00000000:00000000 00:00000000\n"
    ...     "   1: 0100007F:0948 00000000:0000 0A 0\n   2: 0100007F:1 00000000:0000 01 0\n")
    [('all', 2375), ('loopback', 2376)]
    """
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 4 or words[3] != LISTEN:  # noqa: PLR2004 - sl local remote state
            continue
        address, _, port = words[1].partition(":")
        try:
            found.append((_scope(address), int(port, 16)))
        except ValueError:
            continue
    return found


def _scope(address: str) -> str:
    digits = address.upper()
    if not digits.strip("0"):
        return "all"
    # 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104, each 32-bit word in the CPU's byte order.
    last, front = digits[-8:], digits[:-8]
    if not front or front in {"0" * 16 + "FFFF0000", "0" * 16 + "0000FFFF"}:
        return "loopback" if last.endswith("7F") or last.startswith("7F") else "one"
    if not front.strip("0") and last in {"01000000", "00000001"}:
        return "loopback"
    return "one"
