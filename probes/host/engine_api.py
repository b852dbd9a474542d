"""GET requests to a Docker Engine.

A local unix socket is served with the standard library: importing the docker package costs more
than the whole doctor (0.18 s against 0.02 s). TLS, ssh, tcp and named pipes go through the docker
package, which knows them all.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from typing import Any, cast

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

GRACE = 0.1
"""Seconds for an exchange to end by its own time limit, whose message says more."""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket, with one end of time for the whole exchange."""

    def __init__(self, path: str, ends: float) -> None:
        super().__init__("localhost", timeout=max(ends - time.monotonic(), 0.01))
        self._path = path

    def connect(self) -> None:
        """Connect to the socket file instead of a host and port."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


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
        from probes.host.live import guarded

        if endpoint.url.startswith("unix://"):
            socket_path = endpoint.url.removeprefix("unix://")

            def exchange() -> tuple[dict[str, str], bytes]:
                return _get_over_unix(socket_path, path, timeout)
        else:

            def exchange() -> tuple[dict[str, str], bytes]:
                return self._docker_get(endpoint, path, timeout)

        # Time limits of a socket hold for each read of it: an answer that drips in byte by byte
        # is left behind by its thread.
        return guarded(exchange, timeout + GRACE, f"the engine at {endpoint.url} (GET {path})")

    def _docker_get(
        self, endpoint: Endpoint, path: str, timeout: float
    ) -> tuple[dict[str, str], bytes]:
        import docker
        import requests

        try:
            with self._lock:
                client = self._clients.get(endpoint)
                if client is None:
                    client = self._clients[endpoint] = _docker_client(endpoint, timeout)
            response = client.get(client.base_url + path, timeout=timeout, stream=True)
            body = response.raw.read(BODY_LIMIT + 1, decode_content=True)
        except requests.exceptions.Timeout:
            raise Slow(f"the engine at {endpoint.url} did not answer in {timeout:.1f} s") from None
        except (requests.exceptions.RequestException, docker.errors.DockerException) as error:
            raise _connection_failure(endpoint, error) from None
        except OSError as error:
            raise _connection_failure(endpoint, error) from None
        return dict(response.headers), _checked(response.status_code, body, path)


def _connection_failure(endpoint: Endpoint, error: Exception) -> Unreadable:
    text = str(error)
    if "Permission denied" in text:
        return Denied(f"{endpoint.url}: permission denied")
    return Absent(f"no engine answers at {endpoint.url}: {text.splitlines()[0] if text else error}")


def _docker_client(endpoint: Endpoint, timeout: float) -> Any:  # noqa: ANN401 - untyped package
    import docker

    tls: Any = False
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
    if status >= http.client.BAD_REQUEST:
        message = body[:300].decode("utf-8", "replace").strip()
        with contextlib.suppress(Garbled, KeyError, TypeError):
            message = str(decode_json(body, path)["message"])
        raise Refused(f"GET {path} was refused with {status}: {message}", status=status)
    return body


def _get_over_unix(socket_path: str, path: str, timeout: float) -> tuple[dict[str, str], bytes]:
    ends = time.monotonic() + timeout
    connection = _UnixConnection(socket_path, ends)
    response = None
    try:
        connection.request("GET", path, headers={"User-Agent": "hullcheck", "Host": "docker"})
        # A response that closes the connection takes the socket out of it: keep hold of it.
        carrier = cast("socket.socket", connection.sock)
        response = connection.getresponse()
        chunks, size = [], 0
        # read1 returns what has come; the clock is looked at between, so that a body dripping
        # in byte by byte ends with the time limit too.
        while chunk := response.read1(1 << 18):
            chunks.append(chunk)
            size += len(chunk)
            left = ends - time.monotonic()
            if left <= 0 or size > BODY_LIMIT:
                break
            carrier.settimeout(left)
        if size <= BODY_LIMIT and time.monotonic() > ends:
            raise Slow(f"GET {path} was still being answered after {timeout:.1f} s")
        headers = dict(response.getheaders())
        return headers, _checked(response.status, b"".join(chunks), path)
    except TimeoutError:
        raise Slow(
            f"the engine at unix://{socket_path} accepts connections but did not answer "
            f"GET {path} within {timeout:.1f} s",
            look=f"curl -m 10 --unix-socket {socket_path} http://docker/_ping",
        ) from None
    except http.client.HTTPException as error:
        raise Garbled(f"what listens on {socket_path} does not speak HTTP: {error!r}") from None
    except FileNotFoundError:
        raise Absent(f"there is no socket {socket_path}", look=f"ls -l {socket_path}") from None
    except ConnectionRefusedError:
        raise Absent(
            f"nothing listens on {socket_path}: the socket file is left over",
            look="systemctl status docker.service docker.socket",
        ) from None
    except PermissionError:
        raise Denied(f"{socket_path} may not be opened by this user", look="id -nG") from None
    except (NotADirectoryError, IsADirectoryError) as error:
        raise Absent(f"{socket_path} is no socket: {error.strerror}") from None
    except OSError as error:
        raise Garbled(f"{socket_path}: {error.strerror or error}") from None
    finally:
        if response is not None:
            response.close()
        connection.close()
