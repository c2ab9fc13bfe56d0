"""The proxies of the tests: one in front of a second mockserver, one in front of a raw socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.harness import Server
from tests.support.upstreams import RawUpstream, proxying, served


@pytest.fixture(scope="session")
def proxy(server: Server) -> Iterator[Server]:
    """In front of a second mockserver, for every vendor."""
    with proxying(datadog=server.url, satori=server.url, supalytics=server.url) as running:
        yield running


@pytest.fixture(scope="session")
def enforcing(server: Server) -> Iterator[Server]:
    """The same, but what breaks the contract is not sent on."""
    with proxying("--enforce", datadog=server.url, satori=server.url, supalytics=server.url) as running:
        yield running


@pytest.fixture(scope="session")
def _raw() -> Iterator[tuple[RawUpstream, Server]]:
    upstream = RawUpstream()
    with proxying("--timeout", "0.4", "--max-body-bytes", "200000", datadog=f"{upstream.url}/base/") as running:
        yield upstream, running
    upstream.close()


@pytest.fixture
def raw(_raw: tuple[RawUpstream, Server]) -> RawUpstream:
    """A raw socket behind `before_raw`, without what earlier tests told it."""
    upstream = _raw[0]
    upstream.received.clear()
    upstream.behave = served(b"HTTP/1.1 204 No Content\r\n\r\n")
    return upstream


@pytest.fixture
def before_raw(_raw: tuple[RawUpstream, Server]) -> Server:
    """A proxy in front of the raw socket, at its path /base, with a time-out of 0.4 s and a bound of 200,000 bytes."""
    return _raw[1]
