"""Engines that take more than a local socket: TCP with TLS, contexts, ssh. All real."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess

import pytest

from probes.host import Absent, Denied, Endpoint, Garbled, Host, Refused, Slow
from probes.host.live import LiveSource
from tests.agent.cli_runner import hullcheck

pytestmark = pytest.mark.skipif(os.name != "posix", reason="stands in for ssh with a script")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def openssl(folder, *arguments):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed here")
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A CA, a server certificate for 127.0.0.1 and a client certificate, as docker names them."""
    folder = tmp_path_factory.mktemp("certs")
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "400", "-subj",
            "/CN=test ca", "-keyout", "ca-key.pem", "-out", "ca.pem")  # fmt: skip
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    (folder / "client.ext").write_text("extendedKeyUsage=clientAuth\n")
    for name, files in (
        ("server", ("server-key.pem", "server.pem")),
        ("client", ("key.pem", "cert.pem")),
    ):
        key, cert = files
        openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", f"{name}.csr")  # fmt: skip
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "400", "-extfile", f"{name}.ext", "-out", cert)  # fmt: skip
    return folder


@pytest.fixture
def tls_port():
    return free_port()


@pytest.fixture
def tls_engine(start_engine, certificates, tls_port):
    return start_engine(
        "28",
        args=[
            "--host", f"tcp://127.0.0.1:{tls_port}", "--tlsverify",
            "--tlscacert", str(certificates / "ca.pem"),
            "--tlscert", str(certificates / "server.pem"),
            "--tlskey", str(certificates / "server-key.pem"),
        ],
    )  # fmt: skip


def test_tls(tls_engine, certificates, tls_port):
    endpoint = Endpoint(f"tcp://127.0.0.1:{tls_port}", str(certificates))
    host = Host(LiveSource(), seconds=20)
    assert host.engine(endpoint, "/version")["Version"] == tls_engine.info()["ServerVersion"]
    assert host.ping(endpoint)["headers"]["Api-Version"]
    with pytest.raises(Refused) as caught:
        host.engine(endpoint, "/containers/none/json")
    assert caught.value.status == 404


@pytest.mark.parametrize("verify", [True, False])
def test_tls_without_a_client_certificate_or_with_a_strange_ca(
    tls_engine, tls_port, tmp_path, certificates, verify
):
    for name in ("cert.pem", "key.pem"):
        shutil.copy(certificates / name, tmp_path / name)
    openssl(tmp_path, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-keyout", "x.pem", "-out", "ca.pem")  # fmt: skip
    endpoint = Endpoint(f"tcp://127.0.0.1:{tls_port}", str(tmp_path), verify)
    host = Host(LiveSource(), seconds=20)
    if verify:
        with pytest.raises((Absent, Denied, Garbled), match=r"(?i)certificate"):
            host.engine(endpoint, "/version")
    else:
        assert host.engine(endpoint, "/version")["Version"]
    with pytest.raises((Absent, Denied, Garbled, Refused)):
        Host(LiveSource(), seconds=20).engine(Endpoint(f"tcp://127.0.0.1:{tls_port}"), "/version")


@pytest.mark.parametrize("way", ["environment", "context"])
def test_the_doctor_through_tls(tls_engine, tls_port, certificates, tmp_path, way):
    url = f"tcp://127.0.0.1:{tls_port}"
    if way == "environment":
        env = {"DOCKER_HOST": url, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}
    else:
        digest = hashlib.sha256(b"prod").hexdigest()
        meta = tmp_path / "contexts/meta" / digest / "meta.json"
        tls = tmp_path / "contexts/tls" / digest / "docker"
        meta.parent.mkdir(parents=True)
        tls.mkdir(parents=True)
        meta.write_text(json.dumps({"Name": "prod", "Endpoints": {"docker": {"Host": url, "SkipTLSVerify": False}}}))  # fmt: skip
        for name in ("ca.pem", "cert.pem", "key.pem"):
            shutil.copy(certificates / name, tls / name)
        (tmp_path / "config.json").write_text('{"currentContext": "prod"}')
        env = {"DOCKER_CONFIG": str(tmp_path)}
    result = hullcheck("doctor", "--format", "json", env=env)
    told = json.loads(result.out)
    assert told["engine"]["version"] == tls_engine.info()["ServerVersion"]
    assert told["engine"]["context"] == ("prod" if way == "context" else "default")
    outcomes = {f["id"]: f["outcome"] for f in told["findings"]}
    assert outcomes["api-tcp-unprotected"] == "pass"
    assert "crash" not in outcomes.values()


def test_nothing_listens():
    host = Host(LiveSource(), seconds=10)
    with pytest.raises(Absent, match=r"no engine answers at tcp://127\.0\.0\.1:1"):
        host.engine(Endpoint("tcp://127.0.0.1:1"), "/version")


def test_a_scheme_that_is_none():
    for url in ("gopher://x", "unix://", "tcp://", "nonsense"):
        with pytest.raises((Absent, Garbled, Denied, Slow)):
            Host(LiveSource(), seconds=10).engine(Endpoint(url), "/version")


@pytest.mark.slow
def test_ssh(systemd_host, tmp_path, monkeypatch):
    """``ssh://`` as the docker CLI does it: the system's own ssh client, ``docker system dial-stdio``."""
    ssh = shutil.which("ssh")
    if ssh is None or shutil.which("ssh-keygen") is None:
        pytest.skip("openssh-client is not installed here")
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True
    )
    systemd_host.run("mkdir", "-p", "-m", "700", "/root/.ssh")
    systemd_host.copy_in(tmp_path / "key.pub", "/root/.ssh/authorized_keys")
    systemd_host.run("chown", "-R", "root:root", "/root/.ssh")
    address = systemd_host.run("hostname", "-I").stdout.split()[0]
    key = systemd_host.run("cat", "/etc/ssh/ssh_host_ed25519_key.pub").stdout
    (tmp_path / "known").write_text(f"{address} {key}")
    wrapper = tmp_path / "bin" / "ssh"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f"#!/bin/sh\nexec {ssh} -F none -i {tmp_path}/key -o UserKnownHostsFile={tmp_path}/known "
        '-o StrictHostKeyChecking=yes -o BatchMode=yes "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:/usr/bin:/bin")
    endpoint = Endpoint(f"ssh://root@{address}")
    version = Host(LiveSource(), seconds=30).engine(endpoint, "/version")
    inside = systemd_host.run("docker", "version", "-f", "{{.Server.Version}}").stdout.strip()
    assert version["Version"] == inside
    result = hullcheck(
        "doctor", "--format", "json", "--timeout", "30",
        env={"DOCKER_HOST": endpoint.url, "PATH": f"{wrapper.parent}:/usr/bin:/bin"},
    )  # fmt: skip
    told = json.loads(result.out)
    assert told["engine"]["version"] == inside
    assert told["engine"]["endpoint"] == endpoint.url
    # Nothing of this machine is judged as that engine's.
    here = {f["id"]: f["outcome"] for f in told["findings"]}
    assert here["daemon-json-syntax"] == "skip"
    assert here["ip-forward-off"] == "skip"
    assert "crash" not in here.values()
