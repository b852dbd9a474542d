"""The live host: this machine, asked with the standard library, psutil and the docker package."""

from __future__ import annotations

import os
import sys

from probes.host.files import FILE_QUESTIONS, SYSTEM_PATHS, as_unreadable
from probes.host.gauges import GAUGES
from probes.host.questions import (
    Absent,
    Answer,
    Denied,
    Endpoint,
    Garbled,
    Question,
    Slow,
)
from probes.host.readers import guarded


class LiveSource:
    """This machine. Reads only: nothing here writes, starts, pulls or changes anything."""

    def __init__(self) -> None:
        from probes.host.engine_api import EngineConnections

        self._engines = EngineConnections()

    def answer(self, question: Question, timeout: float) -> Answer:
        """One reading of this machine, bounded in time and size."""
        kind, *arguments = question
        if kind in FILE_QUESTIONS:
            return self._file(kind, arguments, timeout)
        if kind == "env":
            return os.environ.get(arguments[0])
        if kind == "run":
            from probes.host.commands import run_command

            return run_command(arguments, timeout)
        if kind == "engine":
            url, tls_dir, verify, path = arguments
            return self._engines.get(Endpoint(url, tls_dir, verify == "1"), path, timeout)
        if kind == "ping":
            url, tls_dir, verify = arguments
            return self._engines.ping(Endpoint(url, tls_dir, verify == "1"), timeout)
        if kind == "peer":
            return _peer(arguments[0], timeout)
        if kind == "gauge":
            return self._gauge(arguments[0])
        if kind in {"registry", "service"}:
            return self._managed(kind, arguments[0], timeout)
        raise Garbled(f"this version of hullcheck cannot ask a host for {kind!r}")

    @staticmethod
    def _file(kind: str, arguments: list[str], timeout: float) -> Answer:
        path = arguments[0]
        read = FILE_QUESTIONS[kind]
        try:
            if path.startswith(SYSTEM_PATHS):
                return read(*arguments)
            return guarded(lambda: read(*arguments), timeout, path)
        except OSError as error:
            raise as_unreadable(error, path) from None
        except ValueError:
            raise Garbled(f"{path!r} is not a path") from None

    @staticmethod
    def _managed(kind: str, name: str, timeout: float) -> Answer:
        """A key of the registry, or a service of Windows or of macOS."""
        if kind == "service" and sys.platform == "darwin":
            from probes.host import macos

            return macos.service(name)
        if os.name != "nt":
            raise Absent(f"this host has no {kind} of Windows")
        from probes.host import windows

        ask = windows.registry_key if kind == "registry" else windows.service
        try:
            return guarded(lambda: ask(name), timeout, name)
        except OSError as error:
            raise as_unreadable(error, name) from None

    @staticmethod
    def _gauge(name: str) -> Answer:
        try:
            return GAUGES[name]()
        except OSError as error:
            raise as_unreadable(error, name) from None
        except ImportError as error:
            raise Absent(f"{name} needs a package that is missing: {error}") from None
        except (ValueError, LookupError, RuntimeError, AttributeError) as error:
            # A /proc of another kernel, or none: psutil raises what its parsing happens to.
            raise Garbled(f"{name} could not be read: {error}") from None
        except Exception as error:
            psutil = sys.modules.get("psutil")
            if psutil is not None and isinstance(error, psutil.Error):
                raise Garbled(f"{name} could not be read: {error}") from None
            raise


def _peer(path: str, timeout: float) -> int:
    import socket
    import struct

    if not hasattr(socket, "SO_PEERCRED"):
        raise Absent("this platform does not tell who listens on a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(path)
        except PermissionError:
            raise Denied(f"{path} may not be opened by this user", look="id -nG") from None
        except ConnectionRefusedError:
            raise Absent(f"nothing listens on {path}: the socket file is left over") from None
        except (BlockingIOError, TimeoutError):
            raise Slow(f"what listens on {path} takes no more connections") from None
        except OSError as error:
            raise as_unreadable(error, path) from None
        credentials = connection.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
        )
    return int(struct.unpack("3i", credentials)[0])
