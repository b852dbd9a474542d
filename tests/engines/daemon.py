"""Private Docker Engines: each with folders, socket, bridge and processes of its own.

    with Engine("28", config={"debug": True}) as engine:
        engine.import_image()
        engine.run_container("web", "--label", "tier=front")
        print(engine.docker("ps").stdout)

What a killed run left behind is swept away when the next engine starts.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.engines import packages
from tests.engines.packages import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from typing_extensions import Self

    Config = dict[str, Any] | bytes | None
    ConfigMaker = Callable[["Engine"], Config]

READY_S = 30.0
STOP_S = 20.0
COMMAND_S = 120.0
IMAGE = "hullcheck-test:1"
NOBODY = 65534

_SLOTS = 200
_PREFIX = "hce"
_MARK = "HULLCHECK_TEST_ENGINE"
# 20.10 writes this file, whatever its folders are; the mark says that it was not there before.
_TRUST_KEY = Path("/etc/docker/key.json")
_SHIM_SOCKETS = Path("/run/containerd/s")
_KEY_MARK = "made-trust-key"
_NETWORKS = ("10.223", "10.197", "10.171", "172.30")
# A config that names one of these would make or remove docker0, or own the firewall: such an
# engine gets a network namespace of its own.
_NETWORK_KEYS = frozenset({"bridge", "bip", "bip6"})


class EngineError(RuntimeError):
    """An engine or its CLI did not do what the test asked; the message carries what it said."""


def require_host() -> None:
    """Raise EngineUnavailable unless this machine can run private engines."""
    if sys.platform != "linux":
        raise EngineUnavailable("real engines need Linux")
    if os.geteuid() != 0:
        raise EngineUnavailable("real engines need root")
    if "overlay" not in Path("/proc/filesystems").read_text():
        raise EngineUnavailable("real engines need a kernel with overlayfs")
    # With cgroup v1 the folder itself is often read-only, and its controllers are not.
    cgroups = [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").glob("*/")]
    if not any(os.access(path, os.W_OK) for path in cgroups):
        raise EngineUnavailable("real engines need writable cgroups")
    packages.ensure_system_packages()


def base_dir() -> Path:
    """A short folder on a real file system, so that overlay2 works and socket paths fit."""
    chosen = os.environ.get("HULLCHECK_TEST_TMP")
    if chosen:
        return Path(chosen)
    candidates = [Path("/tmp"), Path("/var/tmp"), packages.cache_dir()]
    for path in candidates:
        if path.is_dir() and _filesystem_of(path) not in {"overlay", "tmpfs", "aufs"}:
            return path
    return candidates[0]


def _filesystem_of(path: Path) -> str:
    best, kind = "", ""
    for mount, fstype in mount_points():
        inside = mount == "/" or str(path) == mount or str(path).startswith(mount + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, fstype
    return kind


def mount_points() -> list[tuple[str, str]]:
    """(mount point, file system) of every mount, in the order they were made."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines():
        left, _, right = line.partition(" - ")
        point = re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), left.split()[4])
        found.append((point, right.split()[0]))
    return found


def processes_of(folder: Path) -> list[int]:
    """Every process of the engine in that folder: daemons, shims, proxies (not containers)."""
    marks = (f"{_MARK}={folder}".encode(), f"{folder}/".encode())
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environ = (entry / "environ").read_bytes().split(b"\0")
            argv = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        is_shim = any(b"containerd" in item for item in argv[:1])
        if marks[0] in environ or (is_shim and any(marks[1] in item for item in argv)):
            found.append(int(entry.name))
    return found


def mounts_of(folder: Path) -> list[str]:
    """Every mount under that folder."""
    return [point for point, _ in mount_points() if point.startswith(f"{folder}/")]


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text().split()):
                found |= {child} | _descendants(child)
    return found


def _kill(pids: Sequence[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _ip(*argv: str) -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    program = shutil.which("ip", path=path) or "ip"
    done = subprocess.run([program, *argv], capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        raise EngineError(f"ip {' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def link_exists(name: str) -> bool:
    """Whether this machine has a network interface of that name."""
    return Path("/sys/class/net", name).exists()


def _user_bridges(data_root: Path) -> list[str]:
    """The bridges of user-made networks, as the engine's own store remembers them."""
    names: set[str] = set()
    for store in data_root.glob("network/files/*.db"):
        with contextlib.suppress(OSError):
            names.update(
                match.decode()
                for match in re.findall(
                    rb'BridgeName\\?":\\?"(br-[0-9a-f]{12}|docker_gwbridge)\\?"', store.read_bytes()
                )
            )
    return sorted(names)


def sweep(folder: Path, bridge: str) -> None:
    """Kill, unmount and remove everything an engine left; safe to repeat."""
    killed: set[int] = set()
    for _ in range(100):
        pids = set(processes_of(folder))
        for parent in pids:
            killed |= _descendants(parent)
        killed |= pids
        _kill(sorted(killed))
        for pid in pids:  # ours if this process started them
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if not pids and not any(alive(pid) for pid in killed):
            break
        time.sleep(0.03)
    _remove_shim_sockets(folder)
    _remove_cgroups(folder / "data")
    if (folder / _KEY_MARK).exists():
        _TRUST_KEY.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            _TRUST_KEY.parent.rmdir()
    for link in [bridge, *_user_bridges(folder / "data")]:
        if link_exists(link):
            with contextlib.suppress(EngineError):
                _ip("link", "delete", link)
    for _ in range(5):
        points = mounts_of(folder)
        if not points:
            break
        subprocess.run(
            ["umount", "-l", "--", *reversed(points)],
            capture_output=True,
            check=False,
            timeout=60,
        )
    if mounts_of(folder):
        raise EngineError(f"still mounted: {', '.join(mounts_of(folder))}")
    shutil.rmtree(folder, ignore_errors=True)
    if not any(folder.parent.glob(f"{_PREFIX}-*/")):
        _remove_shared_folders()


def _remove_shared_folders() -> None:
    """The last engine removes what all of them share, where it is empty."""
    shared = [_SHIM_SOCKETS, _SHIM_SOCKETS.parent]
    shared += [Path("/run/docker/plugins"), Path("/run/docker")]
    shared += [root / "docker" for root in _cgroup_roots()]
    for path in shared:
        with contextlib.suppress(OSError):
            path.rmdir()


def _cgroup_roots() -> list[Path]:
    roots = [Path(point) for point, kind in mount_points() if kind in {"cgroup", "cgroup2"}]
    return [root for root in roots if root.is_relative_to("/sys/fs/cgroup")]


def _remove_shim_sockets(folder: Path) -> None:
    """A killed shim leaves its socket; the container's bundle says where it is."""
    for pattern in ("address", "bootstrap.json"):
        for note in (folder / "exec").rglob(pattern):
            with contextlib.suppress(OSError):
                for name in re.findall(rf"{_SHIM_SOCKETS}/[0-9a-f]+", note.read_text()):
                    Path(name).unlink(missing_ok=True)


def _remove_cgroups(data_root: Path) -> None:
    """A killed container leaves its cgroups, empty."""
    identities = [path.name for path in data_root.glob("containers/*")]
    for parent in _cgroup_roots():
        for identity in identities:
            for group in [*parent.glob(f"*/{identity}"), *parent.glob(f"*/*/{identity}")]:
                below = sorted(path for path in group.rglob("*/") if path.is_dir())
                for path in [*reversed(below), group]:
                    with contextlib.suppress(OSError):
                        path.rmdir()


@dataclass
class _Slot:
    """One place for an engine: its folder and bridge, held by a file lock."""

    number: int
    handle: io.TextIOWrapper

    @property
    def folder(self) -> Path:
        return base_dir() / f"{_PREFIX}-{self.number}"

    @property
    def bridge(self) -> str:
        # Other base folders count from 0 as well, in the same network namespace.
        return f"{_PREFIX}{self.number}-{zlib.crc32(bytes(self.folder)) & 0xFFFF:04x}"

    @classmethod
    def take(cls) -> _Slot:
        """Take the first free slot; sweep the leftovers of every slot nobody holds."""
        taken = None
        for number in range(_SLOTS):
            folder = base_dir() / f"{_PREFIX}-{number}"
            if taken is not None and not folder.exists():
                continue
            handle = _try_lock(folder.with_name(f"{folder.name}.lock"))
            if handle is None:
                continue
            slot = cls(number, handle)
            sweep(slot.folder, slot.bridge)
            if taken is None:
                taken = slot
            else:
                slot.release()
        if taken is None:
            raise EngineError(f"all {_SLOTS} places for engines are taken")
        return taken

    def release(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self.handle.name)  # noqa: PTH108 - the name is what the handle knows
        self.handle.close()


def _try_lock(path: Path) -> io.TextIOWrapper | None:
    import fcntl  # the fixtures are loaded on Windows as well

    handle = path.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(handle.fileno()).st_ino:
            return handle
    except OSError:
        pass  # held by another, or unlinked meanwhile
    handle.close()
    return None


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True)
class Answer:
    """What the engine's HTTP API said."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


def request(
    path: str | Path, method: str, target: str, body: Any = None, timeout: float = 30.0
) -> Answer:
    """One HTTP request over a unix socket."""
    connection = _UnixConnection(str(path), timeout)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, target, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return Answer(response.status, response.read())
    finally:
        connection.close()


def _config_keys(content: bytes) -> frozenset[str]:
    """The top-level keys of a daemon.json, guessed where it is no JSON."""
    with contextlib.suppress(ValueError):
        parsed = json.loads(content)
        return frozenset(parsed) if isinstance(parsed, dict) else frozenset()
    return frozenset(re.findall(r'"([\w-]+)"\s*:', content.decode("utf-8", "replace")))


@dataclass
class Engine:
    """A private dockerd. Entering the context starts it; leaving removes every trace.

    Attributes:
        release: "20", "26" or "28".
        config: the content of daemon.json: a dict, raw bytes, None for `{}`, or a function that
            gets this engine (its paths are known then) and returns one of those.
        args: more flags for dockerd.
        env: more environment for dockerd.
        netns: run in a network namespace of its own, with the stock network settings (docker0,
            iptables on). None: only if the config names a bridge or an address for one.
    """

    release: str
    config: Config | ConfigMaker = None
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    netns: bool | None = None

    _slot: _Slot | None = field(default=None, init=False, repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _has_image: bool = field(default=False, init=False, repr=False)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Where things are.

    @property
    def packages(self) -> packages.EnginePackages:
        """The unpacked packages this engine runs from."""
        return packages.engine(self.release)

    @property
    def version(self) -> str:
        """The real version: 20.10.24."""
        return self.packages.version

    @property
    def folder(self) -> Path:
        """Everything of this engine lies under this folder."""
        if self._slot is None:
            raise EngineError("this engine has not been started")
        return self._slot.folder

    @property
    def bridge(self) -> str:
        """The bridge made for this engine; unused in a network namespace of its own."""
        if self._slot is None:
            raise EngineError("this engine has not been started")
        return self._slot.bridge

    @property
    def config_file(self) -> Path:
        """Its daemon.json."""
        return self.folder / "daemon.json"

    @property
    def data_root(self) -> Path:
        """Its data-root."""
        return self.folder / "data"

    @property
    def exec_root(self) -> Path:
        """Its exec-root."""
        return self.folder / "exec"

    @property
    def socket(self) -> Path:
        """Its unix socket: the one its config names, if the config names one."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            for host in json.loads(self.config_file.read_bytes()).get("hosts", []):
                if host.startswith("unix://"):
                    return Path(host.removeprefix("unix://"))
        return self.folder / "docker.sock"

    @property
    def host(self) -> str:
        """The value for DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def log_path(self) -> Path:
        """What dockerd wrote, over all its starts."""
        return self.folder / "dockerd.log"

    @property
    def log(self) -> str:
        """The text of the log."""
        try:
            return self.log_path.read_text(errors="replace")
        except OSError:
            return ""

    @property
    def pid(self) -> int:
        """The process id of dockerd."""
        if self._process is None:
            raise EngineError("this engine is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether dockerd is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def cli_env(self) -> dict[str, str]:
        """The environment for this engine's CLI; nothing of the user's own settings is left."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "BUILDX_"))}
        return {
            **kept,
            "PATH": self._path,
            "DOCKER_HOST": self.host,
            "DOCKER_CONFIG": str(self.folder / "cli"),
        }

    @property
    def _path(self) -> str:
        tools = packages.tools()
        folders = [tools.root / "bin", *self.packages.bin_dirs, *tools.bin_dirs]
        system = os.environ.get("PATH", "")
        return os.pathsep.join([*map(str, folders), system, "/usr/sbin", "/sbin"])

    # Starting and stopping.

    def prepare(self) -> None:
        """Take a place and write the config; `start` does it when it was not done."""
        if self._slot is not None:
            return
        require_host()
        found, tools = self.packages, packages.tools()
        plugins = packages.cli_plugins(self.release)
        self._slot = _Slot.take()
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        folder = self.folder / "cli" / "cli-plugins"
        folder.mkdir(parents=True)
        for name, program in plugins.items():
            (folder / name).symlink_to(program)
        for program in (found.program("dockerd"), tools.program("runc")):
            if not os.access(program, os.X_OK):
                raise EngineUnavailable(f"{program} cannot be run from the cache folder")
        self.write_config(self.config(self) if callable(self.config) else self.config)

    def write_config(self, config: Config) -> None:
        """Replace daemon.json; the engine sees it at its next start or reload."""
        content = config if isinstance(config, bytes) else json.dumps(config or {}).encode()
        self.config_file.write_bytes(content)

    @property
    def own_netns(self) -> bool:
        """Whether it runs in a network namespace of its own."""
        if self.netns is not None:
            return self.netns
        return bool(_NETWORK_KEYS & _config_keys(self.config_file.read_bytes()))

    def command(self) -> list[str]:
        """The dockerd command line. A key that the config names is not also given as a flag."""
        keys = _config_keys(self.config_file.read_bytes())
        flags: dict[str, str] = {
            "data-root": str(self.data_root),
            "exec-root": str(self.exec_root),
            "pidfile": str(self.folder / "docker.pid"),
            "host": f"unix://{self.folder / 'docker.sock'}",
        }
        if not self.own_netns:
            flags |= {"bridge": self.bridge, "iptables": "false", "ip6tables": "false"}
        taken = {"graph": "data-root", "hosts": "host"}
        for key in keys:
            flags.pop(taken.get(key, key), None)
        argv = [str(self.packages.program("dockerd")), "--config-file", str(self.config_file)]
        argv += [f"--{name}={value}" for name, value in flags.items()]
        argv += self.args
        if self.own_netns:
            quoted = 'ip link set lo up; exec "$@"'
            argv = ["unshare", "--net", "--", "/bin/sh", "-c", quoted, "dockerd", *argv]
        return argv

    def start(self, *, expect_failure: bool = False) -> str:
        """Start dockerd and wait until it answers.

        Args:
            expect_failure: wait until it gives up instead.

        Returns:
            What this start wrote to the log.
        """
        if self.running:
            raise EngineError("this engine is running already")
        self.prepare()
        if not self.own_netns and not link_exists(self.bridge):
            self._make_bridge()
        if not _TRUST_KEY.exists():
            (self.folder / _KEY_MARK).touch()
        before = len(self.log)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._daemon_env(),
                cwd="/",
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self._process = None
                said = self.log[before:]
                if expect_failure:
                    return said
                raise EngineError(f"Docker {self.version} did not start:\n{said[-3000:]}")
            if self._answers():
                if expect_failure:
                    raise EngineError(f"Docker {self.version} started, which it should not")
                return self.log[before:]
            time.sleep(0.02)
        raise EngineError(
            f"Docker {self.version} did not answer in {READY_S:.0f} s:\n{self.log[before:][-3000:]}"
        )

    def _answers(self) -> bool:
        try:
            return request(self.socket, "GET", "/_ping", timeout=5).status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def _daemon_env(self) -> dict[str, str]:
        tools = packages.tools()
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
        kept.pop("NOTIFY_SOCKET", None)
        kept.pop("LISTEN_FDS", None)
        modules = [str(path) for path in tools.root.glob("usr/lib/*/xtables")]
        return {
            **kept,
            "PATH": self._path,
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, tools.lib_dirs)),
            "XTABLES_LIBDIR": os.pathsep.join(modules),
            "TMPDIR": str(self.folder),
            _MARK: str(self.folder),
            **self.env,
        }

    def _make_bridge(self) -> None:
        number = self._slot.number if self._slot else 0
        routes = [
            ipaddress.ip_network(word)
            for line in _ip("-4", "route", "show", "table", "all").splitlines()
            for word in line.split()[:1]
            if "/" in word
        ]
        for prefix in _NETWORKS:
            network = ipaddress.ip_network(f"{prefix}.{number}.0/24")
            if not any(network.overlaps(route) for route in routes):
                break
        else:
            raise EngineUnavailable("no private network is free for a test bridge")
        _ip("link", "add", "name", self.bridge, "type", "bridge")
        _ip("address", "add", f"{network[1]}/24", "dev", self.bridge)
        _ip("link", "set", self.bridge, "up")

    def stop(self) -> None:
        """Stop dockerd as a service manager would; its data stays for another start."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_S)
        self._process = None

    def restart(self) -> str:
        """Stop and start; returns what the start wrote to the log."""
        self.stop()
        return self.start()

    def reload(self) -> str:
        """Make dockerd read its config again; returns what it wrote to the log about it."""
        before = len(self.log)
        os.kill(self.pid, signal.SIGHUP)
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            said = self.log[before:]
            if re.search(r"Reloaded configuration|level=(error|fatal)", said):
                return said
            if not self.running:
                raise EngineError(f"the reload ended dockerd:\n{said[-3000:]}")
            time.sleep(0.02)
        raise EngineError("dockerd did not react to SIGHUP")

    def close(self) -> None:
        """Kill everything at once and remove every trace."""
        if self._slot is None:
            return
        slot, self._slot = self._slot, None
        process, self._process = self._process, None
        try:
            if process is not None:
                process.kill()  # nothing of it is kept, so there is nothing to save
                process.wait(STOP_S)
            sweep(slot.folder, slot.bridge)
        finally:
            self._has_image = False
            slot.release()

    # Using it.

    def docker(
        self,
        *args: str,
        check: bool = True,
        input: bytes | None = None,  # noqa: A002 - as in subprocess
        env: Mapping[str, str] | None = None,
        timeout: float = COMMAND_S,
    ) -> subprocess.CompletedProcess[str]:
        """Run this version's docker CLI against this engine.

        Raises:
            EngineError: it failed, and `check` is on.
        """
        done = subprocess.run(
            [str(self.packages.program("docker")), *args],
            input=input if input is not None else b"",
            env={**self.cli_env, **(env or {})},
            capture_output=True,
            check=False,
            timeout=timeout,
        )
        text = subprocess.CompletedProcess(
            done.args,
            done.returncode,
            done.stdout.decode("utf-8", "replace"),
            done.stderr.decode("utf-8", "replace"),
        )
        if check and done.returncode:
            raise EngineError(f"docker {' '.join(args)}: exit {done.returncode}: {text.stderr}")
        return text

    def api(self, method: str, target: str, body: Any = None, *, timeout: float = 30.0) -> Answer:
        """One request to the engine's HTTP API, as in api("GET", "/info")."""
        return request(self.socket, method, target, body, timeout)

    def info(self) -> dict[str, Any]:
        """The answer to GET /info."""
        found: dict[str, Any] = self.api("GET", "/info").json()
        return found

    def import_image(self, name: str = IMAGE) -> str:
        """Make an image that holds a static busybox; returns its name."""
        changes = ['CMD ["/bin/sh"]', "ENV PATH=/bin"]
        flags = [word for change in changes for word in ("-c", change)]
        self.docker("import", *flags, "-", name, input=_busybox_tar())
        if name == IMAGE:
            self._has_image = True
        return name

    def run_container(
        self,
        name: str,
        *docker_run_args: str,
        image: str | None = None,
        command: Sequence[str] = ("sleep", "1000000"),
    ) -> str:
        """Run a container in the background; returns its id. It stops at once when told to."""
        if image is None and not self._has_image:
            self.import_image()
        argv = ["run", "-d", "--name", name, "--stop-signal", "KILL", *docker_run_args]
        return self.docker(*argv, image or IMAGE, *command).stdout.strip()

    def remove_all(self) -> None:
        """Remove every container, volume and user-made network; images stay."""
        for container in self.api("GET", "/containers/json?all=1").json():
            self.api("DELETE", f"/containers/{container['Id']}?force=1&v=1")
        for volume in self.api("GET", "/volumes").json()["Volumes"] or []:
            self.api("DELETE", f"/volumes/{volume['Name']}?force=1")
        self.api("POST", "/networks/prune")


def _busybox_tar() -> bytes:
    content = packages.busybox().read_bytes()
    applets = subprocess.run(
        [packages.busybox(), "--list"], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("bin", "etc", "tmp", "dev", "proc", "sys"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            archive.addfile(entry)
        files = {
            "bin/busybox": content,
            "etc/passwd": b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
            "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
        }
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755 if name.startswith("bin") else 0o644
            archive.addfile(entry, io.BytesIO(data))
        for applet in applets:
            if applet != "busybox":
                entry = tarfile.TarInfo(f"bin/{applet}")
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(entry)
    return buffer.getvalue()


def as_user(
    argv: Sequence[str | Path],
    *,
    uid: int = NOBODY,
    gid: int | None = None,
    groups: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
    cwd: str | Path = "/",
    timeout: float = COMMAND_S,
) -> subprocess.CompletedProcess[str]:
    """Run a command as an unprivileged user with an environment of its own.

    Args:
        argv: the command; the user must be able to reach it.
        uid: the user.
        gid: its group; the same number as the user when left out.
        groups: further groups, none when left out.
        env: its environment; a plain PATH and HOME when left out.
        cwd: where it starts.
        timeout: seconds until it is killed.
    """
    plain = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}
    return subprocess.run(
        [str(word) for word in argv],
        user=uid,
        group=uid if gid is None else gid,
        extra_groups=list(groups),
        env=plain if env is None else dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )


@contextlib.contextmanager
def engines(*releases: str) -> Iterator[dict[str, Engine]]:
    """Several engines at once, by release."""
    with contextlib.ExitStack() as stack:
        yield {release: stack.enter_context(Engine(release)) for release in releases}
