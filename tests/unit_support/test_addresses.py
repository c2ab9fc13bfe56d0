"""Only addresses that no other machine can reach count as loopback."""

from __future__ import annotations

import pytest

from mockserver.support.addresses import is_loopback


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_a_loopback_host(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1", "localhost.example.com", "a.localhost", "127.1", "", "[::1"],
)
def test_another_host(host: str) -> None:
    assert not is_loopback(host)
