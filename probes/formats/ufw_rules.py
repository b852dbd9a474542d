"""/etc/ufw/user.rules: which ports ufw lets in, and from where."""

from __future__ import annotations

from probes.record import NamedTuple

_ANYWHERE = frozenset({"0.0.0.0/0", "::/0", "any"})
_FIELDS = 7


class UfwRule(NamedTuple):
    """One ``### tuple ###`` line of ufw's own notation."""

    action: str
    """allow, deny, reject, limit."""
    protocol: str
    """tcp, udp or any."""
    ports: str
    """A port, a list or ranges with a colon, or any."""
    source: str
    incoming: bool

    def admits(self, port: int, protocol: str) -> bool:
        """Whether the rule opens that port of the host to everybody."""
        return (
            self.action in {"allow", "limit"}
            and self.incoming
            and self.source in _ANYWHERE
            and self.protocol in {protocol, "any"}
            and _covers(self.ports, port)
        )


def _covers(ports: str, port: int) -> bool:
    if ports == "any":
        return True
    for part in ports.split(","):
        first, _, last = part.partition(":")
        if first.isdigit() and int(first) <= port <= int(last if last.isdigit() else first):
            return True
    return False


def parse_ufw_rules(text: str) -> tuple[UfwRule, ...]:
    r"""The rules that ``ufw allow ...`` made (ufw src/backend_iptables.py, ``_read_rules``).

    >>> parse_ufw_rules("### tuple ### allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 in\n")
    (UfwRule(action='allow', protocol='tcp', ports='80,443', source='0.0.0.0/0', incoming=True),)
    """
    rules = []
    for line in text.splitlines():
        marker, _, rest = line.partition("### tuple ### ")
        words = rest.split()
        if marker or len(words) < _FIELDS:
            continue
        action, protocol, ports, _, _, source = words[:6]
        if action.startswith("route:"):
            continue
        direction = next((w for w in reversed(words[6:]) if w.startswith(("in", "out"))), "in")
        # An action may carry its logging: allow_log, deny_log-all.
        rules.append(
            UfwRule(action.partition("_")[0], protocol, ports, source, direction.startswith("in"))
        )
    return tuple(rules)
