"""Unix sockets that behave like broken engines, for testing patience and parsing."""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

_TICK_S = 0.05


class FakeSocket:
    """A listening unix socket; subclasses say what a client gets.

    Attributes:
        path: where it listens.
        mode: its permissions.
        connections: how many clients came.
        received: what they sent, one entry a client.
    """

    def __init__(self, path: str | Path | None = None, *, mode: int = 0o666) -> None:
        self._made = None if path is not None else Path(tempfile.mkdtemp(prefix="hcs-", dir="/tmp"))
        if self._made is not None:
            self._made.chmod(0o755)
        self.path = Path(path) if path is not None else Path(str(self._made)) / "docker.sock"
        self.mode = mode
        self.connections = 0
        self.received: list[bytes] = []
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None

    @property
    def host(self) -> str:
        """The value for DOCKER_HOST."""
        return f"unix://{self.path}"

    def __enter__(self) -> Self:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self.path.chmod(self.mode)
        self._listener.listen(16)
        self._spawn(self._accept, self._listener)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(10)
        if self._listener is not None:
            self._listener.close()
        self.path.unlink(missing_ok=True)
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)

    def _spawn(self, target: Callable[..., None], *args: socket.socket) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            if not select.select([listener], [], [], _TICK_S)[0]:
                continue
            client, _ = listener.accept()
            self.connections += 1
            self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(_TICK_S)
            self.answer(client)

    def read_request(self, client: socket.socket) -> None:
        """Read until the end of a request's head, or until the client goes."""
        got = b""
        while b"\r\n\r\n" not in got and not self._closing.is_set():
            try:
                piece = client.recv(65536)
            except TimeoutError:
                continue
            if not piece:
                break
            got += piece
        self.received.append(got)

    def send(self, client: socket.socket, data: bytes) -> None:
        """Send all of it, however slowly the client reads."""
        view = memoryview(data)
        while view and not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                view = view[client.send(view) :]

    def answer(self, client: socket.socket) -> None:
        """What one client gets."""
        raise NotImplementedError


class HungSocket(FakeSocket):
    """Accepts, and never answers."""

    def answer(self, client: socket.socket) -> None:
        self.read_request(client)
        self._closing.wait()


class DeadSocket(FakeSocket):
    """The file of a socket that nobody listens on, as a killed daemon leaves it."""

    def __enter__(self) -> Self:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as once:
            once.bind(str(self.path))
        self.path.chmod(self.mode)
        return self


class AnswerSocket(FakeSocket):
    """Answers every request with one status and body, and closes."""

    def __init__(
        self,
        status: int = 500,
        body: bytes = b'{"message":"something broke"}\n',
        path: str | Path | None = None,
        *,
        content_type: str = "application/json",
        mode: int = 0o666,
    ) -> None:
        super().__init__(path, mode=mode)
        head = f"HTTP/1.1 {status} Status\r\nContent-Type: {content_type}\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.reply = head.encode() + body

    def answer(self, client: socket.socket) -> None:
        self.read_request(client)
        self.send(client, self.reply)


class GarbageSocket(AnswerSocket):
    """Answers with bytes that are no HTTP, and closes."""

    def __init__(
        self,
        reply: bytes = b"\x00\xff\x15\x03\x01 not HTTP at all\n",
        path: str | Path | None = None,
        *,
        mode: int = 0o666,
    ) -> None:
        super().__init__(path=path, mode=mode)
        self.reply = reply


class SlowSocket(AnswerSocket):
    """Answers properly, one byte at a time with a pause after each."""

    def __init__(
        self,
        pause: float = 0.5,
        status: int = 200,
        body: bytes = b"{}",
        path: str | Path | None = None,
        *,
        mode: int = 0o666,
    ) -> None:
        super().__init__(status, body, path, mode=mode)
        self.pause = pause

    def answer(self, client: socket.socket) -> None:
        self.read_request(client)
        for number in range(len(self.reply)):
            self.send(client, self.reply[number : number + 1])
            if self._closing.wait(self.pause):
                return


class EndlessSocket(FakeSocket):
    """Answers 200 with a JSON body that never ends."""

    def answer(self, client: socket.socket) -> None:
        self.read_request(client)
        self.send(client, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        while not self._closing.is_set():
            self.send(client, b'"endless",' * 4096)
