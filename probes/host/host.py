"""The Host: typed questions over one source of answers, each asked once, under one deadline."""

from __future__ import annotations

import json
import posixpath
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from probes.host import redaction, shapes
from probes.host.questions import (
    FAILURES,
    Absent,
    Answer,
    Endpoint,
    Garbled,
    Mount,
    Process,
    Question,
    Ran,
    Refused,
    RegistryKey,
    Service,
    Slow,
    Stat,
    StatVfs,
    Unreadable,
)
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

COMMAND_TIMEOUT = 5.0
"""Seconds a command may take. systemctl and journalctl answer in 0.05 s on a healthy host."""

ENGINE_TIMEOUT = 8.0
"""Seconds the Engine API may take: /system/df walks every image and volume."""

FIRST_ANSWER_TIMEOUT = 4.0
"""Seconds for /version and /_ping, which a daemon answers from memory: later than that it hangs."""

FILE_TIMEOUT = 3.0
"""Seconds a file system may take. Local disks answer in microseconds; a dead NFS mount never."""

MARGIN = 0.5
"""Seconds before the deadline at which a question gives up, so that its probe can still say so."""

ENVIRONMENT_KEPT = frozenset(
    (
        b"DOCKER_HOST DOCKER_TMPDIR DOCKER_RAMDISK DOCKER_MIN_API_VERSION MOBY_DISABLE_PIGZ "
        b"DOCKER_INSECURE_NO_IPTABLES_RAW HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy "
        b"no_proxy PATH HOME LANG INVOCATION_ID NOTIFY_SOCKET LISTEN_FDS LISTEN_PID "
        b"XDG_RUNTIME_DIR XDG_CONFIG_HOME SNAP SNAP_NAME DOCKER_OPTS ROOTLESSKIT_STATE_DIR"
    ).split()
)
"""Variables of a daemon's environment that configure it; the values of all others are redacted."""


KERNEL_CONFIG = "/proc/config.gz"
"""Compressed, so that no pattern fits it and any replacement would break it."""


class Source(Protocol):
    """Where answers come from: a live machine or a record. The one thing a new kind of host adds."""

    def answer(self, question: Question, timeout: float) -> Answer:
        """Answer within ``timeout`` seconds or raise :class:`Unreadable`."""
        ...


class _Entry:
    """An answer in the making. A plain lock, held until it is there, costs a third of an Event."""

    __slots__ = ("_pending", "error", "is_ready", "value")

    def __init__(self) -> None:
        self._pending = threading.Lock()
        self._pending.acquire()
        self.is_ready = False
        self.value: Answer = None
        self.error: Unreadable | None = None

    def ready(self) -> None:
        self.is_ready = True
        self._pending.release()

    def wait(self, seconds: float) -> bool:
        """Whether the answer is there within that time."""
        if self.is_ready:
            return True
        if self._pending.acquire(timeout=seconds):
            self._pending.release()  # for the next one who waits
        return self.is_ready


class Answered(NamedTuple):
    """A question with what came of it, as a bundle stores it."""

    question: Question
    value: Answer
    error: Unreadable | None


class Host:
    """One machine, asked for the length of one run.

    Every question is asked of the source at most once per run, from whatever thread; the same
    answer, redacted, serves all who ask. Failures are answers as well and are raised again.

    Raises (all methods): :class:`Unreadable` in one of its kinds.
    """

    def __init__(self, source: Source, *, seconds: float | None = None) -> None:
        self.source = source
        self.ends = None if seconds is None else time.monotonic() + seconds
        self.cut_short = False
        """Whether something was not looked at, or not to its end, because the time was over."""
        self._entries: dict[Question, _Entry] = {}
        self._derived: dict[Callable[[Host], Any], _Entry] = {}
        self._lock = threading.Lock()
        self._fitting: set[str] = set()
        """Gauges whose answer has been found to be of the right shape."""

    # -- how a question is asked ----------------------------------------------------------------

    def remaining(self) -> float:
        """Seconds left to this run."""
        return 3600.0 if self.ends is None else self.ends - time.monotonic()

    def _ask(self, question: Question, timeout: float) -> Answer:
        with self._lock:
            entry = self._entries.get(question)
            first = entry is None
            if entry is None:
                entry = self._entries[question] = _Entry()
        left = self.remaining() - MARGIN
        if first:
            try:
                if left <= 0:
                    raise Slow("the run's time was over before this was read")
                value = self.source.answer(question, min(timeout, left))
                entry.value = self._redacted(question, value)
            except Unreadable as error:
                if isinstance(error, Slow) and left < timeout:
                    self.cut_short = True
                error.reason = redaction.redact_text(error.reason)
                entry.error = error
            except BaseException as error:
                # Ours, not the host's: whoever waits must not wait for ever.
                entry.error = Garbled(f"hullcheck failed to read it: {error!r}")
                entry.ready()
                raise
            entry.ready()
        elif not entry.wait(max(left, 0.001)):
            self.cut_short = True
            raise Slow("it was still being read when the run's time was over")
        if entry.error is not None:
            raise entry.error.with_traceback(None)
        return entry.value

    def _shaped(self, question: Question, timeout: float, build: Callable[[Answer], T]) -> T:
        """The answer in its type; one of another shape, as a broken record has it, is Garbled."""
        answer = self._ask(question, timeout)
        try:
            return build(answer)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
            raise Garbled(f"the answer to {' '.join(question)} is of a strange shape") from None

    def _file(self, kind: str, path: str, build: Callable[[Answer], T]) -> T:
        return self._shaped((kind, posixpath.normpath(path)), FILE_TIMEOUT, build)

    @staticmethod
    def _redacted(question: Question, value: Answer) -> Answer:
        if isinstance(value, bytes):
            if question[1] == KERNEL_CONFIG:
                return value
            if question[1].endswith("/environ"):
                return redaction.redact_environment(value, ENVIRONMENT_KEPT)
            return redaction.redact_bytes(value)
        if question[0] in {"stat", "statvfs", "list"}:
            return value
        return redaction.redact_json(value)

    def answered(self) -> Iterator[Answered]:
        """All that has been read so far, failures included, in a stable order."""
        with self._lock:
            items = sorted(self._entries.items())
        for question, entry in items:
            if entry.is_ready:
                yield Answered(question, entry.value, entry.error)
            else:
                yield Answered(question, None, Slow("it had not answered when the run ended"))

    def derive(self, look: Callable[[Host], T]) -> T:
        """``look(host)``, computed once per run and shared: how one topic uses another's facts."""
        with self._lock:
            entry = self._derived.get(look)
            first = entry is None
            if entry is None:
                entry = self._derived[look] = _Entry()
        if first:
            try:
                entry.value = look(self)
            except Unreadable as error:
                entry.error = error
            except BaseException as error:
                entry.error = Garbled(f"hullcheck failed to work it out: {error!r}")
                entry.ready()
                raise
            entry.ready()
        elif not entry.wait(max(self.remaining() - MARGIN / 2, 0.001)):
            raise Slow("it was still being worked out when the run's time was over")
        if entry.error is not None:
            raise entry.error.with_traceback(None)
        return cast("T", entry.value)

    # -- files ----------------------------------------------------------------------------------

    def read_bytes(self, path: str) -> bytes:
        """A regular file's content, at most 1 MiB (else :class:`Garbled`, with its size)."""
        return self._file("read", path, _as_bytes)

    def read_text(self, path: str) -> str:
        """The same as text; bytes that are not UTF-8 come as U+FFFD."""
        return self.read_bytes(path).decode("utf-8", "replace")

    def read_tail(self, path: str) -> str:
        """The last 256 KiB of a log file, from the first whole line."""
        return self._file("tail", path, _as_bytes).decode("utf-8", "replace")

    def list(self, path: str) -> tuple[str, ...]:
        """The names in a directory, sorted; at most 10,000."""
        return self._file("list", path, lambda names: tuple(str(name) for name in names))

    def stat(self, path: str) -> Stat:
        """What the path leads to, symbolic links followed."""
        return self._file("stat", path, _as_stat)

    def lstat(self, path: str) -> Stat:
        """The path itself, a symbolic link not followed."""
        return self._file("lstat", path, _as_stat)

    def realpath(self, path: str) -> str:
        """The path with all symbolic links resolved; :class:`Garbled` for a loop of links."""
        return self._file("realpath", path, str)

    def readlink(self, path: str) -> str:
        """Where a symbolic link points, as it is written."""
        return self._file("readlink", path, str)

    def statvfs(self, path: str) -> StatVfs:
        """Space and inodes of the file system that holds the path."""
        return self._file("statvfs", path, lambda answer: StatVfs(*map(int, answer)))

    def allocated(self, path: str) -> int:
        """Bytes that a file takes on its disk: fewer than its size where it is sparse."""
        return self._file("allocated", path, int)

    def access(self, path: str, mode: str) -> bool:
        """Whether this user may read (``r``), write (``w``) or execute (``x``) the path."""
        return bool(self._ask(("access", posixpath.normpath(path), mode), FILE_TIMEOUT))

    def exists(self, path: str) -> bool:
        """Whether something is there. Raises where that cannot be told (denied, slow)."""
        try:
            self.stat(path)
        except Unreadable as error:
            if error.kind == "absent":
                return False
            raise
        return True

    def mounts(self) -> tuple[Mount, ...]:
        """The mount table of our own mount namespace, in mount order."""
        return self.derive(_mounts)

    # -- commands -------------------------------------------------------------------------------

    def run(self, *argv: str) -> Ran:
        """Run a command that only reads, without a shell, with LC_ALL=C and no input.

        A non-zero exit is an answer, not a failure. Raises :class:`Absent` when there is no such
        command on PATH or in the system's sbin directories, :class:`Slow` after 5 s.
        """
        return self._shaped(
            ("run", *argv),
            COMMAND_TIMEOUT,
            lambda answer: Ran(int(answer[0]), str(answer[1]), str(answer[2])),
        )

    def output(self, *argv: str) -> str:
        """The standard output of a command that must succeed; else :class:`Refused`."""
        ran = self.run(*argv)
        if ran.code != 0:
            first = (ran.err.strip() or ran.out.strip() or "no message").splitlines()[0]
            raise Refused(
                f"`{' '.join(argv)}` exited with {ran.code}: {first}",
                look=" ".join(argv),
                status=ran.code,
            )
        return ran.out

    # -- the engine -----------------------------------------------------------------------------

    def engine(self, endpoint: Endpoint, path: str) -> Any:  # noqa: ANN401 - any JSON
        """``GET path`` of the Engine API, decoded. Raises :class:`Refused` on an error status."""
        question = ("engine", endpoint.url, endpoint.tls_dir, str(int(endpoint.verify)), path)
        quick = path == "/version" and endpoint.url.startswith("unix://")
        return self._ask(question, self._first_patience() if quick else ENGINE_TIMEOUT)

    def _first_patience(self) -> float:
        """At most half of what is left: without an engine there is still a host to look at."""
        return min(FIRST_ANSWER_TIMEOUT, max(self.remaining() / 2, 0.1))

    def ping(self, endpoint: Endpoint) -> Any:  # noqa: ANN401 - any JSON
        """``GET /_ping``: ``{"milliseconds": float, "headers": {"Api-Version": ..., ...}}``."""
        question = ("ping", endpoint.url, endpoint.tls_dir, str(int(endpoint.verify)))
        return self._shaped(question, self._first_patience(), _of(shapes.PING))

    def peer(self, path: str) -> int:
        """The pid of the process that listens on a unix socket (SO_PEERCRED, unix(7)).

        1 where systemd holds the socket, 0 where the process lives outside our pid namespace.
        """
        return self._file("peer", path, int)

    # -- Windows --------------------------------------------------------------------------------

    def registry(self, key: str) -> RegistryKey:
        r"""A key of the registry, ``HKLM\...`` or ``HKCU\...``; Absent on other systems."""
        return self._shaped(
            ("registry", key),
            FILE_TIMEOUT,
            lambda answer: RegistryKey(dict(answer["values"]), tuple(map(str, answer["keys"]))),
        )

    def service(self, name: str) -> Service:
        """A service of Windows by its short name, or of macOS by its label; Absent on Linux."""
        return self._shaped(
            ("service", name),
            FILE_TIMEOUT,
            lambda answer: Service(str(answer["status"]), str(answer["start"])),
        )

    # -- the rest -------------------------------------------------------------------------------

    def env(self, name: str) -> str | None:
        """An environment variable of the person who asks, or None."""
        return cast("str | None", self._shaped(("env", name), 1.0, _of(shapes.VARIABLE)))

    def gauge(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """A named reading that is no file: see :data:`probes.host.gauges.GAUGES` for the names."""
        answer = self._ask(("gauge", name), FILE_TIMEOUT)
        if name not in self._fitting:
            if not shapes.fits(answer, shapes.GAUGES.get(name, object)):
                raise Garbled(f"the answer to gauge {name} is of a strange shape")
            self._fitting.add(name)
        return answer

    def kernel_release(self) -> str:
        """What ``uname -r`` prints; on Windows its version. Absent where the host does not tell."""
        release = str(self.gauge("system")["release"])
        if not release:
            raise Absent("the kernel's release is not told", look="uname -r")
        return release

    def now(self) -> float:
        """The host's clock, seconds since the epoch; on a recorded host the time of recording."""
        return self._shaped(("gauge", "clock"), FILE_TIMEOUT, _as_moment)

    def processes(self) -> tuple[Process, ...]:
        """The processes of container engines (dockerd, containerd, podman, ...), by pid."""
        return self._shaped(
            ("gauge", "processes"),
            FILE_TIMEOUT,
            lambda answer: tuple(
                Process(p[0], p[1], p[2], p[3], tuple(p[4]), *p[5:])
                for p in map(_as_process, answer)
            ),
        )


def _mounts(host: Host) -> tuple[Mount, ...]:
    from probes.formats.mountinfo import parse_mountinfo

    return parse_mountinfo(host.read_text("/proc/self/mountinfo"))


def _of(shape: Any) -> Callable[[Answer], Answer]:  # noqa: ANN401 - see shapes.fits
    """The answer, when it has that shape."""

    def build(answer: Answer) -> Answer:
        if not shapes.fits(answer, shape):
            raise TypeError
        return answer

    return build


def _as_stat(answer: Answer) -> Stat:
    # What is asked most often; fits() would take ten times as long.
    if len(answer) != len(shapes.STAT) or not all(map(isinstance, answer, shapes.STAT)):
        raise TypeError
    return Stat(*answer)


def _as_process(answer: Answer) -> Answer:
    return _of(shapes.Row(shapes.PROCESS[: len(answer)]))(answer)


def _as_moment(answer: Answer) -> float:
    """Seconds since the epoch that a calendar holds."""
    time.gmtime(answer)
    return float(answer)


def _as_bytes(answer: Answer) -> bytes:
    if not isinstance(answer, bytes):
        raise TypeError
    return answer


def failure_to_json(error: Unreadable) -> dict[str, str | int]:
    """A failed answer as a bundle stores it."""
    out: dict[str, str | int] = {"failure": error.kind, "reason": error.reason}
    if error.look:
        out["look"] = error.look
    if isinstance(error, Refused):
        out["status"] = error.status
    return out


def failure_from_json(value: dict[str, Any]) -> Unreadable:
    """The inverse; an unknown kind, from a later version, reads as :class:`Garbled`."""
    cls = FAILURES.get(str(value.get("failure")), Garbled)
    reason, look = str(value.get("reason", "")), str(value.get("look", ""))
    if cls is Refused:
        status = value.get("status", 0)
        return Refused(reason, look=look, status=status if isinstance(status, int) else 0)
    return cls(reason, look=look)


def decode_json(data: bytes, what: str) -> Any:  # noqa: ANN401 - any JSON
    """JSON of an answer, or :class:`Garbled` that says whose answer was none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Garbled(f"{what} answered with something that is not JSON: {error}") from None
