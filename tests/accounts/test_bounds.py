"""What is kept is bounded: exchanges, bytes and accounts; and a real key given to the fake is warned of once."""

from __future__ import annotations

import http.client
import os
from urllib.parse import urlsplit

import pytest

from mockserver.testing import MockServer
from tests.support.harness import PRODLYTICS, Server, serving
from tests.support.worlds import Sender, payment

pytestmark = pytest.mark.socket

ACCOUNTS = int(os.environ.get("MANY_ACCOUNTS", "12000"))


def test_evicted_requests_are_counted_for_events_and_verification(sender: Sender) -> None:
    with MockServer(journal_entries=3, log_level="warning") as server:
        datadog = server.datadog()
        for number in range(5):
            sender.pay(datadog, payment(f"u{number}"))
        for path in ("/requests", "/events"):
            found = sender.control(datadog, "GET", path).json()
            assert (found["total"], found["evicted"]) == (3, 2)
        assert sender.verify(datadog, at_least=3).json() == {"ok": True, "count": 3, "evicted": 2}
        assert sender.verify(datadog, times=5).json()["evicted"] == 2
        assert [event.identity for event in datadog.events] == ["u2", "u3", "u4"]
        with pytest.raises(AssertionError, match="2 older requests were evicted"):
            datadog.assert_sequence(("payment.processed", {"usr": {"id": "u0"}}))


def test_the_byte_bound_counts_headers_too() -> None:
    with serving("--journal-bytes", "200000", "--log-level", "warning") as server:
        for _ in range(10):
            server.post(PRODLYTICS, "a", headers={f"X-{number}": "x" * 4000 for number in range(10)})
        listing = server.control("/requests", account="a")
        assert 1 <= listing["total"] <= 4
        assert listing["total"] + listing["evicted"] == 10


def send_as(server: Server, keys: range) -> None:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    for number in keys:
        connection.request("POST", "/api/v1/events", b'{"title": "a", "text": "b"}', {"DD-API-KEY": f"key-{number}"})
        connection.getresponse().read()
    connection.close()


def resident(server: Server) -> int:
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as numbers:  # noqa: PTH123
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_many_accounts_do_not_leak() -> None:
    """After the accounts that are kept, further ones cost no memory, and the one used longest ago goes first."""
    kept = 1000
    with serving("--accounts", str(kept), "--log-level", "error") as server:
        send_as(server, range(2 * kept))
        before = resident(server)
        send_as(server, range(2 * kept, ACCOUNTS))
        assert resident(server) - before < 12_000_000
        assert server.control("/requests", limit=0)["total"] == kept
        newest, oldest = f"key-{ACCOUNTS - 1}", f"key-{ACCOUNTS - kept}"
        assert [server.control("/requests", account=key)["total"] for key in (newest, oldest, "key-0")] == [1, 1, 0]
        send_as(server, range(ACCOUNTS - kept, ACCOUNTS - kept + 1))
        send_as(server, range(ACCOUNTS, ACCOUNTS + 1))
        assert server.control("/requests", account=oldest)["total"] == 2


REAL = {
    "datadog": ("0123456789abcdef0123456789abcdef", "/api/v1/events", "DD-API-KEY", ""),
    "supalytics": ("sly_live_4eC39HqLyjWDarjtT1zdp7dc", "/v1/events", "Authorization", "Bearer "),
}


@pytest.mark.parametrize("vendor", REAL)
def test_a_key_that_looks_real_is_warned_of_once(vendor: str) -> None:
    key, path, header, prefix = REAL[vendor]
    with serving("--log-level", "warning") as server:
        for _ in range(3):
            server.client.post(path, json={}, headers={header: prefix + key})
        server.client.post(path, json={}, headers={header: f"{prefix}made-up"})
        warnings = [line for line in server.log.splitlines() if "WARNING" in line]
        assert len(warnings) == 1
        assert f"a real {vendor} key" in warnings[0]
        assert key not in server.log
        assert key[:5] not in server.log
        assert key[:4] in warnings[0]
