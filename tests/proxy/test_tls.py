"""`mockserver proxy` in front of HTTPS upstreams: whom it trusts, and what it says where it does not."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
import uvicorn

from mockserver.testing import MockServer
from tests.support.harness import PATIENCE, PRODLYTICS, V1, Operation, Server, each_operation, run
from tests.support.upstreams import RawUpstream, proxying, resetting, served

pytestmark = pytest.mark.socket

CA = trustme.CA()


class Secured(NamedTuple):
    """A mockserver behind TLS, and the file of the CA that vouches for it."""

    url: str
    trusted: Path


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """TLS of a server that would rather speak HTTP/2, as the vendors' do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    CA.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="module")
def secured(trusted: Path) -> Iterator[Secured]:
    """A second mockserver under uvicorn with TLS."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(MockServer().app, lifespan="off", log_config=None, ws="none")
    config.load()
    config.ssl = context_of(CA.issue_cert("127.0.0.1"))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield Secured(f"https://127.0.0.1:{listener.getsockname()[1]}", trusted)
    server.should_exit = True
    thread.join(PATIENCE)


@pytest.fixture(scope="module")
def trusting(secured: Secured) -> Iterator[Server]:
    """A proxy that trusts the CA of the upstream, as its user says by the environment."""
    url = secured.url
    with proxying(
        environment={"SSL_CERT_FILE": str(secured.trusted)}, datadog=url, satori=url, supalytics=url
    ) as running:
        yield running


@each_operation
def test_a_private_ca_is_trusted_where_the_environment_names_it(
    trusting: Server, key: str, operation: Operation
) -> None:
    for _ in range(2):  # the second goes over the kept connection
        assert trusting.post(operation, key).status_code == operation.success
        assert trusting.last(operation, key)["response_violations"] == []


def test_compressed_and_large_bodies_pass_through_tls(trusting: Server, key: str) -> None:
    packed = gzip.compress(json.dumps(PRODLYTICS.body).encode())
    assert trusting.post(PRODLYTICS, key, content=packed, headers={"Content-Encoding": "gzip"}).status_code == 202
    assert trusting.post(V1, key, {"title": "x", "text": "x" * 3_000_000}).status_code == 400
    assert trusting.last(V1, key)["bytes"] > 3_000_000


def test_a_certificate_that_nobody_vouches_for_is_a_502_that_says_so(secured: Secured, key: str) -> None:
    with proxying(datadog=secured.url) as proxy:
        answer = proxy.post(V1, key)
        assert answer.status_code == 502, proxy.log
        assert answer.headers["content-type"] == "application/problem+json"
        detail = answer.json()["detail"]
        assert f"the upstream of datadog, {secured.url}, cannot be connected to: " in detail
        assert "certificate verify failed" in detail
        assert "SSL_CERT_FILE" in detail
        assert proxy.last(V1, key)["status"] == 502
        assert "Traceback" not in proxy.log


def test_a_certificate_for_another_host_is_a_502(trusted: Path, key: str) -> None:
    upstream = RawUpstream(context_of(CA.issue_cert("api.datadoghq.example")))
    with proxying(environment={"SSL_CERT_FILE": str(trusted)}, datadog=upstream.url) as proxy:
        answer = proxy.post(V1, key)
        assert answer.status_code == 502
        assert "certificate is not valid for '127.0.0.1'" in answer.json()["detail"]
    upstream.close()


@pytest.fixture(scope="module")
def mad(trusted: Path) -> Iterator[tuple[RawUpstream, Server]]:
    """An upstream whose handshake is good, and a proxy before it."""
    upstream = RawUpstream(context_of(CA.issue_cert("127.0.0.1")))
    with proxying("--timeout", "1", environment={"SSL_CERT_FILE": str(trusted)}, datadog=upstream.url) as proxy:
        yield upstream, proxy
    upstream.close()


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (served(b"\x00\xff nonsense \r\n\r\n"), "did not answer in HTTP"),
        (served(), "did not answer in HTTP"),
        (served(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{"), ""),
        (resetting, ""),
    ],
    ids=["nonsense", "nothing", "cut", "reset"],
)
def test_nonsense_behind_a_good_handshake_is_a_502(
    mad: tuple[RawUpstream, Server], key: str, behaviour: object, said: str
) -> None:
    upstream, proxy = mad
    upstream.behave = behaviour  # type: ignore[assignment]
    answer = proxy.post(V1, key)
    assert answer.status_code == 502
    assert said in answer.json()["detail"]
    assert "Traceback" not in proxy.log


def test_no_tls_where_tls_was_expected_is_a_502(key: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_in_plain_text() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=answer_in_plain_text, daemon=True)
    thread.start()
    with listener, proxying(datadog=f"https://127.0.0.1:{listener.getsockname()[1]}") as proxy:
        answer = proxy.post(V1, key)
        thread.join(PATIENCE)
        assert answer.status_code == 502
        assert "cannot be connected to" in answer.json()["detail"]
        assert "Traceback" not in proxy.log


def test_a_file_of_certificates_that_cannot_be_read_is_said_at_start(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name in ("missing.pem", "empty.pem"):
        file = str(tmp_path / name)
        done = run("proxy", "--port", "0", "--upstream", "datadog=https://127.0.0.1:9", SSL_CERT_FILE=file)
        assert done.returncode == 2
        assert done.stderr.startswith(f"mockserver: SSL_CERT_FILE={file}: ")
        assert done.stderr.count("\n") == 1
