"""GET requests to a Docker Engine.

A local unix socket is served with the standard library: importing the docker package costs more
than the whole doctor (0.18 s against 0.02 s). ssh goes through the system's own client as the
docker CLI does it; the docker package would need paramiko for that. TLS, tcp and named pipes go
through the docker package, which knows them all.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import threading
import time
from typing import Any

from probes.host.host import decode_json
from probes.host.questions import (
    BODY_LIMIT,
    Absent,
    Denied,
    Endpoint,
    Garbled,
    Refused,
    Slow,
    Unreadable,
)

BAD_REQUEST = 400
"""The first HTTP status that is an error, RFC 9110 15.5."""

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r|$)")

GRACE = 0.1
"""Seconds for an exchange to end by its own time limit, whose message says more."""


class EngineConnections:
    """All the engines of one run."""

    def __init__(self) -> None:
        self._clients: dict[Endpoint, Any] = {}
        self._lock = threading.Lock()

    def get(self, endpoint: Endpoint, path: str, timeout: float) -> Any:  # noqa: ANN401 - JSON
        """The decoded body of ``GET path``.

        Raises: Absent (nothing listens), Denied, Slow, Refused (an HTTP error), Garbled.
        """
        _, body = self._get(endpoint, path, timeout)
        return decode_json(body, f"the engine at {endpoint.url} (GET {path})")

    def ping(self, endpoint: Endpoint, timeout: float) -> dict[str, Any]:
        """``GET /_ping``: how long it took in milliseconds, and the headers it came with.

        The headers name the API version, the default builder and the node's part in a swarm
        (moby api/server/router/system).
        """
        begun = time.monotonic()
        headers, _ = self._get(endpoint, "/_ping", timeout)
        took = (time.monotonic() - begun) * 1000
        kept = {
            "Api-Version",
            "Builder-Version",
            "Docker-Experimental",
            "Ostype",
            "Swarm",
            "Server",
        }
        return {
            "milliseconds": round(took, 1),
            "headers": {k.title(): v for k, v in headers.items() if k.title() in kept},
        }

    def _get(self, endpoint: Endpoint, path: str, timeout: float) -> tuple[dict[str, str], bytes]:
        from probes.host.readers import guarded

        if endpoint.url.startswith("unix://"):
            socket_path = endpoint.url.removeprefix("unix://")

            def exchange() -> tuple[dict[str, str], bytes]:
                return _get_over_unix(socket_path, path, timeout)
        elif endpoint.url.startswith("npipe://") and os.name != "nt":
            raise Absent(f"{endpoint.url} is a named pipe, which Windows alone has")
        elif endpoint.url.startswith("ssh://"):

            def exchange() -> tuple[dict[str, str], bytes]:
                return _get_over_ssh(endpoint.url, path, timeout)
        else:

            def exchange() -> tuple[dict[str, str], bytes]:
                return self._docker_get(endpoint, path, timeout)

        # Time limits of a socket hold for each read of it: an answer that drips in byte by byte
        # is left behind by its thread.
        try:
            return guarded(exchange, timeout + GRACE, f"the engine at {endpoint.url} (GET {path})")
        except ValueError as error:  # a port that is no number, a path that is no ASCII
            raise Garbled(f"the engine at {endpoint.url} cannot be asked: {error}") from None

    def _docker_get(
        self, endpoint: Endpoint, path: str, timeout: float
    ) -> tuple[dict[str, str], bytes]:
        import docker
        import requests

        try:
            with self._lock:
                client = self._clients.get(endpoint)
                if client is None:
                    client = self._clients[endpoint] = docker_client(endpoint, timeout)
            # verify is repeated: left out, requests lets REQUESTS_CA_BUNDLE win over the CA of the
            # context (psf/requests issue 3829).
            response = client.get(
                client.base_url + path, timeout=timeout, stream=True, verify=client.verify
            )
            body = response.raw.read(BODY_LIMIT + 1, decode_content=True)
        except requests.exceptions.Timeout:
            raise Slow(f"the engine at {endpoint.url} did not answer in {timeout:.1f} s") from None
        except (requests.exceptions.RequestException, docker.errors.DockerException) as error:
            raise _connection_failure(endpoint, error) from None
        except (OSError, ValueError, LookupError) as error:
            raise _connection_failure(endpoint, error) from None
        except Exception as error:
            from http.client import HTTPException

            from urllib3.exceptions import HTTPError

            if getattr(error, "winerror", None) is not None:  # pywintypes.error
                raise _pipe_failure(endpoint, error) from None
            if isinstance(error, (HTTPError, HTTPException)):
                raise Garbled(
                    f"what answers at {endpoint.url} does not speak HTTP as an engine does: {error}"
                ) from None
            raise
        return dict(response.headers), _checked(response.status_code, body, path)


def _connection_failure(endpoint: Endpoint, error: Exception) -> Unreadable:
    text = str(error)
    if "Permission denied" in text:
        return Denied(f"{endpoint.url}: permission denied")
    # requests wraps what urllib3 wraps what the system said; the last of it is what helps.
    lines = text.splitlines() or [repr(error)]
    said = re.findall(r"\[Errno -?\d+\] ([^'\"()<>]+)", lines[0])
    proxy = " (through the proxy of this environment)" if "ProxyError(" in text else ""
    return Absent(f"no engine answers at {endpoint.url}: {said[-1] if said else lines[0]}{proxy}")


def _pipe_failure(endpoint: Endpoint, error: Any) -> Unreadable:  # noqa: ANN401 - pywintypes.error
    """What the number of a Windows error means for a named pipe (winerror.h)."""
    said = getattr(error, "strerror", None) or str(error)
    if error.winerror in {_FILE_NOT_FOUND, _PATH_NOT_FOUND}:
        return Absent(f"no engine answers at {endpoint.url}: there is no such pipe")
    if error.winerror == _ACCESS_DENIED:
        return Denied(f"{endpoint.url}: permission denied", look="net localgroup docker-users")
    if error.winerror == _PIPE_BUSY:
        return Slow(f"what listens at {endpoint.url} takes no more connections")
    return Garbled(f"{endpoint.url}: {said}")


_FILE_NOT_FOUND, _PATH_NOT_FOUND, _ACCESS_DENIED, _PIPE_BUSY = 2, 3, 5, 231


def docker_client(endpoint: Endpoint, timeout: float) -> Any:  # noqa: ANN401 - untyped package
    """A docker.APIClient for an endpoint, with its certificates. Raises what the package does."""
    import docker

    tls: Any = False
    if not endpoint.verify:
        import urllib3

        # The owner of the context has chosen so; a check says what it means.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if endpoint.tls_dir:
        base = endpoint.tls_dir.rstrip("/")
        tls = docker.tls.TLSConfig(
            client_cert=(f"{base}/cert.pem", f"{base}/key.pem"),
            ca_cert=f"{base}/ca.pem" if endpoint.verify else None,
            verify=endpoint.verify,
        )
    # A fixed version spares the request by which the package would negotiate one; our paths carry
    # no version and are answered in the daemon's own.
    return docker.APIClient(
        base_url=endpoint.url,
        version="1.40",
        tls=tls,
        timeout=max(int(timeout), 1),
        use_ssh_client=True,
    )


def _checked(status: int, body: bytes, path: str) -> bytes:
    if len(body) > BODY_LIMIT:
        raise Garbled(f"GET {path} answered with more than {BODY_LIMIT} bytes")
    if status >= BAD_REQUEST:
        message = body[:300].decode("utf-8", "replace").strip()
        with contextlib.suppress(Garbled, KeyError, TypeError):
            message = str(decode_json(body, path)["message"])
        raise Refused(f"GET {path} was refused with {status}: {message}", status=status)
    return body


def _get_over_unix(socket_path: str, path: str, timeout: float) -> tuple[dict[str, str], bytes]:
    ends = time.monotonic() + timeout
    carrier = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        carrier.settimeout(timeout)
        carrier.connect(socket_path)
        return _exchange(carrier, path, ends)
    except TimeoutError:
        raise Slow(
            f"the engine at unix://{socket_path} accepts connections but did not answer "
            f"GET {path} within {timeout:.1f} s",
            look=f"curl -m 10 --unix-socket {socket_path} http://docker/_ping",
        ) from None
    except FileNotFoundError:
        raise Absent(f"there is no socket {socket_path}", look=f"ls -l {socket_path}") from None
    except ConnectionRefusedError:
        raise Absent(
            f"nothing listens on {socket_path}: the socket file is left over",
            look="systemctl status docker.service docker.socket",
        ) from None
    except PermissionError:
        raise Denied(f"{socket_path} may not be opened by this user", look="id -nG") from None
    except BlockingIOError:
        raise Slow(
            f"what listens on {socket_path} takes no more connections: its queue is full",
            look=f"curl -m 10 --unix-socket {socket_path} http://docker/_ping",
        ) from None
    except (NotADirectoryError, IsADirectoryError) as error:
        raise Absent(f"{socket_path} is no socket: {error.strerror}") from None
    except OSError as error:
        raise Garbled(f"{socket_path}: {error.strerror or error}") from None
    finally:
        carrier.close()


def _exchange(carrier: socket.socket, path: str, ends: float) -> tuple[dict[str, str], bytes]:
    """One GET over a connected socket, by HTTP/1.0: the answer is whole when the engine closes.

    http.client brings ``email`` and ``ssl`` along, 14 ms of each start; an answer that is neither
    chunked nor kept alive needs none of it (RFC 9112 6.3, docs/decisions/0002).

    Raises: TimeoutError, OSError (ConnectionError for no answer at all), Garbled, Refused.
    """
    if not path.isascii() or not path.isprintable() or " " in path:
        raise Garbled(f"{path!r} is no path of the API")
    request = f"GET {path} HTTP/1.0\r\nHost: docker\r\nUser-Agent: hullcheck\r\n\r\n"
    carrier.sendall(request.encode())
    pieces, size = [], 0
    while piece := carrier.recv(1 << 18):
        pieces.append(piece)
        size += len(piece)
        if size > BODY_LIMIT:
            break
        # The clock is looked at between: an answer that drips in ends with the time limit too.
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        carrier.settimeout(left)
    if not pieces:
        raise ConnectionResetError(errno.ECONNRESET, "the connection was closed without an answer")
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    status = _STATUS_LINE.match(head)
    if status is None:
        raise Garbled(f"what answered GET {path} does not speak HTTP: {head[:40]!r}")
    headers = {
        name.strip().title(): value.strip()
        for name, _, value in (
            line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:]
        )
    }
    length = headers.get("Content-Length", "")
    if length.isdigit() and len(body) < int(length) <= BODY_LIMIT:
        raise Garbled(f"the answer to GET {path} was cut off after {len(body)} of {length} bytes")
    return headers, _checked(int(status[1]), body, path)


def _get_over_ssh(url: str, path: str, timeout: float) -> tuple[dict[str, str], bytes]:
    """Through ``ssh HOST docker system dial-stdio``, docker/cli cli/connhelper.

    The system's own client brings the user's configuration, agent, jump hosts and known hosts.
    It is never asked to prompt: what needs a password or an unknown host key is Denied.
    """
    import subprocess
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or host.startswith("-") or (parts.username or "").startswith("-"):
        raise Garbled(f"{url} names no host")
    argv = ["ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(int(timeout), 1)}"]
    if parts.username:
        argv += ["-l", parts.username]
    if parts.port:
        argv += ["-p", str(parts.port)]
    argv += ["--", host, "docker", "system", "dial-stdio"]
    carrier, theirs = socket.socketpair()
    try:
        process = subprocess.Popen(  # noqa: S603 - a list, no shell, options end before the host
            argv,
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise Absent("there is no command ssh, which ssh:// endpoints need") from None
    finally:
        theirs.close()
    try:
        carrier.settimeout(timeout)
        return _exchange(carrier, path, time.monotonic() + timeout)
    except TimeoutError:
        raise Slow(f"the engine at {url} did not answer within {timeout:.1f} s") from None
    except OSError:
        raise _ssh_failure(url, _last_words(process)) from None
    finally:
        carrier.close()
        process.kill()
        process.communicate()


def _last_words(process: Any) -> str:  # noqa: ANN401 - Popen
    """What a command that has failed said last; it has a second to say it."""
    import subprocess

    try:
        said = process.communicate(timeout=1.0)[1]
    except subprocess.TimeoutExpired:
        return ""
    lines = said[-4096:].decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def _ssh_failure(url: str, said: str) -> Unreadable:
    by_hand = f"ssh {url.removeprefix('ssh://')} docker version"
    if "Permission denied" in said or "Host key verification failed" in said:
        return Denied(f"{url}: {said}", look=by_hand)
    return Absent(
        f"no engine answers at {url}: {said or 'the connection was closed'}", look=by_hand
    )
