"""What systemd tells of its units: ``systemctl show``, unit files, /proc/PID/cgroup."""

from __future__ import annotations

from probes.record import NamedTuple


class Directive(NamedTuple):
    """One assignment in a unit file or drop-in."""

    section: str
    key: str
    value: str
    path: str
    line: int


def parse_show(text: str) -> dict[str, dict[str, str]]:
    r"""The properties of each unit by its Id; the units are apart by an empty line.

    >>> list(parse_show("MainPID=69\nId=docker.service\n\nId=docker.socket\n"))
    ['docker.service', 'docker.socket']
    """
    units = {}
    for block in text.split("\n\n"):
        pairs = (line.partition("=") for line in block.splitlines() if "=" in line)
        properties = {key: value for key, _, value in pairs}
        if properties.get("Id"):
            units[properties["Id"]] = properties
    return units


def parse_unit_file(text: str, path: str) -> list[Directive]:
    r"""The assignments of a unit file, systemd.syntax(7): a trailing backslash joins lines.

    >>> lines = parse_unit_file("[Service]\nExecStart=\nExecStart=dockerd \\\n -H fd://\n", "d")
    >>> [(line.value, line.line) for line in lines]
    [('', 2), ('dockerd -H fd://', 3)]
    """
    found: list[Directive] = []
    section, joined, start = "", "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith(("#", ";")) or (not line and not joined):
            continue
        if not joined:
            start = number
        if line.endswith("\\"):
            joined += line[:-1].rstrip() + " "
            continue
        whole, joined = joined + line, ""
        if whole.startswith("["):
            section = whole.strip("[]")
            continue
        key, equals, value = whole.partition("=")
        if equals:
            found.append(Directive(section, key.strip(), value.strip(), path, start))
    return found


def effective(directives: list[Directive], key: str) -> list[Directive]:
    r"""The assignments of a list setting that count: an empty one clears those before it.

    >>> lines = parse_unit_file("[Service]\nExecStart=a\nExecStart=\nExecStart=b", "f")
    >>> [line.value for line in effective(lines, "ExecStart")]
    ['b']
    """
    kept: list[Directive] = []
    for directive in directives:
        if directive.key == key:
            kept = [*kept, directive] if directive.value else []
    return kept


def unit_of_cgroup(text: str) -> str:
    r"""The service that a process belongs to by its /proc/PID/cgroup, or nothing.

    >>> unit_of_cgroup("0::/system.slice/docker.service\n")
    'docker.service'
    >>> unit_of_cgroup("0::/user.slice/user-1000.slice/user@1000.service/app.slice/docker.service")
    'docker.service'
    >>> unit_of_cgroup("1:name=systemd:/init.scope\n0::/\n")
    ''
    """
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" or "name=systemd" in controllers.split(","):
            for part in reversed(path.split("/")):
                if part.endswith(".service") and not part.startswith("user@"):
                    return part
    return ""
