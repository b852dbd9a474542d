"""A host made of pasted real outputs: the source behind it answers out of dictionaries.

It goes through the same Host as a live machine: same memo, same redaction, same failures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes.host import Absent, Host, Unreadable
from probes.host.questions import Garbled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.host.questions import Answer, Question

DIRECTORY, FILE, LINK, SOCKET = "directory", "file", "link", "socket"

SESSION = {
    "uid": 0,
    "name": "root",
    "home": "/root",
    "groups": [[0, "root"]],
    "granted_groups": [[0, "root"]],
}
SYSTEM = {
    "platform": "linux",
    "machine": "x86_64",
    "release": "6.1.0-28-amd64",
    "kernel_version": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1",
    "hostname": "web-07",
}


class FakeSource:
    """Answers out of dictionaries; what is in none of them is Absent, as on a real host.

    ``files`` maps paths to text or bytes; directories above them exist and list them. ``stats``
    maps paths to keyword values that replace parts of the default stat (regular file or
    directory, root:root, 0644/0755). ``links`` maps symbolic links to their targets. ``runs`` maps
    argv tuples to (code, out, err); ``engine`` maps API paths to JSON, whatever the endpoint;
    ``registry`` maps keys to their values (the keys below are those that it holds itself),
    ``services`` maps names to (status, start), ``allocated`` paths to bytes on disk (their size
    where it names none). ``failures`` maps whole questions to the Unreadable to raise.
    """

    def __init__(
        self,
        *,
        files: Mapping[str, str | bytes] | None = None,
        stats: Mapping[str, Mapping[str, Any]] | None = None,
        links: Mapping[str, str] | None = None,
        vfs: Mapping[str, tuple[int, int, int, int, int]] | None = None,
        runs: Mapping[tuple[str, ...], tuple[int, str, str]] | None = None,
        engine: Mapping[str, Any] | None = None,
        ping: Mapping[str, Any] | None = None,
        peers: Mapping[str, int] | None = None,
        gauges: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        registry: Mapping[str, Mapping[str, Any]] | None = None,
        services: Mapping[str, tuple[str, str]] | None = None,
        allocated: Mapping[str, int] | None = None,
        failures: Mapping[Question, Unreadable] | None = None,
    ) -> None:
        self.files = {
            path: data.encode() if isinstance(data, str) else data
            for path, data in (files or {}).items()
        }
        self.stats = dict(stats or {})
        self.links = dict(links or {})
        self.vfs = dict(vfs or {})
        self.runs = dict(runs or {})
        self.engine = dict(engine or {})
        self.ping = ping
        self.peers = dict(peers or {})
        self.gauges: dict[str, Any] = {
            "clock": 1_800_000_000.0,
            "system": SYSTEM,
            "session": SESSION,
            "identity": "0123456789abcdef0123456789abcdef",
            "processes": [],
            **(gauges or {}),
        }
        self.env = dict(env or {})
        self.registry = dict(registry or {})
        self.services = dict(services or {})
        self.allocated = dict(allocated or {})
        self.failures = dict(failures or {})
        self.asked: list[Question] = []

    def answer(self, question: Question, timeout: float) -> Answer:
        self.asked.append(question)
        if question in self.failures:
            raise self.failures[question]
        kind, *arguments = question
        return getattr(self, f"_{kind}")(*arguments)

    def _resolve(self, path: str) -> str:
        for _ in range(40):
            for link, target in self.links.items():
                if path == link or path.startswith(link + "/"):
                    folder = "" if target.startswith("/") else link.rpartition("/")[0] + "/"
                    path = folder + target + path[len(link) :]
                    break
            else:
                return path
        raise Garbled(f"{path} is a loop of symbolic links")

    def _read(self, path: str) -> bytes:
        path = self._resolve(path)
        if path not in self.files:
            if self._children(path):
                raise Garbled(f"{path} is a directory, not a file")
            raise Absent(f"{path} does not exist")
        return self.files[path]

    _tail = _read

    def _children(self, path: str) -> list[str]:
        prefix = path.rstrip("/") + "/"
        known = [*self.files, *self.stats, *self.links]
        return sorted({p[len(prefix) :].split("/")[0] for p in known if p.startswith(prefix)})

    def _list(self, path: str) -> list[str]:
        path = self._resolve(path)
        children = self._children(path)
        if not children and self.stats.get(path, {}).get("kind") != DIRECTORY:
            raise Absent(f"{path} does not exist")
        return children

    def _stat(self, path: str) -> list[Any]:
        return self._lstat(self._resolve(path))

    def _lstat(self, path: str) -> list[Any]:
        given = self.stats.get(path)
        is_file, is_directory = path in self.files, bool(self._children(path))
        if path in self.links:
            kind = LINK
        elif is_file or (given is not None and not is_directory):
            kind = FILE
        elif is_directory or path == "/":
            kind = DIRECTORY
        else:
            raise Absent(f"{path} does not exist")
        values = {
            "kind": kind,
            "mode": 0o755 if kind == DIRECTORY else 0o644,
            "uid": 0,
            "gid": 0,
            "size": len(self.files.get(path, b"")),
            "mtime": 1_700_000_000.0,
            "device": 1,
            "inode": 1,
            "owner": "root",
            "group": "root",
            **(given or {}),
        }
        return list(values.values())

    def _readlink(self, path: str) -> str:
        if path not in self.links:
            raise Absent(f"{path} does not exist")
        return self.links[path]

    def _realpath(self, path: str) -> str:
        path = self._resolve(path)
        self._lstat(path)
        return path

    def _statvfs(self, path: str) -> list[int]:
        best = max(
            (p for p in self.vfs if path == p or path.startswith(p.rstrip("/") + "/")),
            key=len,
            default=None,
        )
        if best is None:
            raise Absent(f"{path} does not exist")
        return list(self.vfs[best])

    def _access(self, path: str, mode: str) -> bool:
        self._stat(path)
        return True

    def _run(self, *argv: str) -> list[Any]:
        if argv not in self.runs:
            raise Absent(f"there is no command {argv[0]}")
        return list(self.runs[argv])

    def _engine(self, url: str, tls: str, verify: str, path: str) -> Any:
        if path not in self.engine:
            raise Absent(f"there is no socket {url.removeprefix('unix://')}")
        value = self.engine[path]
        if isinstance(value, Unreadable):
            raise value
        return value

    def _ping(self, url: str, tls: str, verify: str) -> Any:
        if self.ping is None:
            raise Absent(f"there is no socket {url.removeprefix('unix://')}")
        return self.ping

    def _peer(self, path: str) -> int:
        if path not in self.peers:
            raise Absent(f"{path} does not exist")
        return self.peers[path]

    def _registry(self, key: str) -> dict[str, Any]:
        prefix = key + "\\"
        below = {k[len(prefix) :].split("\\")[0] for k in self.registry if k.startswith(prefix)}
        if key not in self.registry and not below:
            raise Absent(f"the registry has no {key}")
        return {"values": dict(self.registry.get(key, {})), "keys": sorted(below)}

    def _service(self, name: str) -> dict[str, str]:
        if name not in self.services:
            raise Absent(f"there is no service {name}")
        status, start = self.services[name]
        return {"status": status, "start": start}

    def _allocated(self, path: str) -> int:
        size: int = self._stat(path)[4]
        return self.allocated.get(path, size)

    def _env(self, name: str) -> str | None:
        return self.env.get(name)

    def _gauge(self, name: str) -> Any:
        if name not in self.gauges:
            raise Absent(f"no {name}")
        return self.gauges[name]


def fake_host(**answers: Any) -> Host:
    """A Host over a :class:`FakeSource` with the given answers."""
    return Host(FakeSource(**answers))
