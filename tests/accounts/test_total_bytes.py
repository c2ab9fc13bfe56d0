"""All accounts together keep no more than one bound: those used longest ago lose their oldest exchanges first."""

from __future__ import annotations

import logging
from typing import Any

import httpx2
import pytest

from mockserver.accounts.account import ROOM as PARTS
from mockserver.accounts.account import Account, Accounts
from mockserver.settings import Settings
from mockserver.support.clock import start_timer
from mockserver.testing import Datadog, MockServer
from mockserver.vendors.satori.state import ID_BYTES, SESSION_BYTES, SatoriMemory
from mockserver.vendors.satori.taxonomy import Taxonomy
from tests.support.exchanges import exchange
from tests.support.harness import SCALAR
from tests.support.worlds import Sender, game_event, payment

SIZE = exchange(1).size


class Shelf:
    """What a vendor could keep beside the journal."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = list(sizes)

    @property
    def bytes(self) -> int:
        return sum(self.sizes)

    def forget_oldest(self) -> None:
        del self.sizes[0]

    def __len__(self) -> int:
        return len(self.sizes)


class Bounded:
    """Accounts that together keep some exchanges; each that is recorded has the next number."""

    def __init__(self, exchanges: int) -> None:
        room = PARTS / (PARTS - 1)  # what is freed at once comes on top of it
        bounds = Settings(accounts=3, total_bytes=int(exchanges * SIZE * room) + 1)
        self.accounts = Accounts(bounds, lambda: 0.0, start_timer)

    def record(self, *credentials: str, **members: Any) -> None:
        for credential in credentials:
            self.record_in(self.accounts.of("datadog", credential), **members)

    def record_in(self, account: Account, **members: Any) -> None:
        self.accounts.record(account, exchange(self.accounts.next_sequence(), **members))

    def kept(self, credential: str) -> tuple[list[int], int]:
        """The numbers of the exchanges that an account keeps, and how many it lost."""
        (account,) = self.accounts.select("datadog", credential)
        return [each.sequence for each in account.journal], account.journal.evicted


def test_the_account_used_longest_ago_loses_its_oldest_first() -> None:
    bounded = Bounded(4)
    bounded.record("a", "a", "b", "a")
    assert (bounded.kept("a"), bounded.kept("b")) == (([1, 2, 4], 0), ([3], 0))
    bounded.record("c")
    assert (bounded.kept("a"), bounded.kept("b"), bounded.kept("c")) == (([1, 2, 4], 0), ([], 1), ([5], 0))
    bounded.record("c", "c")
    assert (bounded.kept("a"), bounded.kept("b"), bounded.kept("c")) == (([4], 2), ([], 1), ([5, 6, 7], 0))


def test_an_exchange_that_was_just_recorded_stays_however_large() -> None:
    bounded = Bounded(2)
    bounded.record("a", "b")
    bounded.record("b", response_body=b"x" * 5 * SIZE)
    assert (bounded.kept("a"), bounded.kept("b")) == (([], 1), ([3], 1))
    bounded.accounts.of("datadog", "a")
    bounded.record_in(bounded.accounts.of("datadog", "b"), response_body=b"x" * 5 * SIZE)
    assert bounded.kept("b") == ([4], 2)


def test_an_account_that_is_forgotten_takes_nothing_any_more() -> None:
    bounded = Bounded(2)
    gone = bounded.accounts.of("datadog", "a")
    bounded.record("a", "a")
    bounded.accounts.forget("datadog", "a")
    for _ in range(3):
        bounded.record_in(gone)  # a request that was still going on
    gone.keep(Shelf(9 * SIZE))
    bounded.record_in(gone)
    bounded.record("b", "b")
    assert bounded.kept("b") == ([7, 8], 0)
    bounded.record("c", "d", "e")
    assert [bounded.kept(credential) for credential in ("c", "d", "e")] == [([], 1), ([10], 0), ([11], 0)]


def test_what_a_vendor_keeps_counts_and_goes_after_the_exchanges() -> None:
    bounded = Bounded(4)
    shelf = bounded.accounts.of("datadog", "a").keep(Shelf(SIZE, SIZE))
    bounded.record("a", "b")
    assert (bounded.kept("a"), shelf.sizes) == (([1], 0), [SIZE, SIZE])
    bounded.record("b")
    assert (bounded.kept("a"), shelf.sizes) == (([], 1), [SIZE, SIZE])
    bounded.record("b")
    assert (bounded.kept("b"), shelf.sizes) == (([2, 3, 4], 0), [SIZE])


@pytest.mark.socket
def test_a_server_says_what_it_lost(sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
    with MockServer(total_bytes=1_000_000, log_level="warning", quotas=False) as server:
        first, *others = (server.datadog() for _ in range(20))
        for datadog in (first, *others):
            for number in range(5):
                assert sender.pay(datadog, payment(f"u{number}", text="x" * 30_000)).status_code == 202
        assert len(server.datadog(others[-1].api_key).events) == 5
        listing = sender.control(first, "GET", "/requests").json()
        assert (listing["total"], listing["evicted"]) == (0, 5)
        with pytest.raises(AssertionError, match=r"5 older requests were evicted[\s\S]+ total_bytes"):
            first.assert_nothing_received()
        kept = httpx2.get(f"{server.url}/__admin/requests").json()["requests"]
        assert 300_000 < sum(request["bytes"] for request in kept) < 1_000_000
    assert [record.levelno for record in caplog.records if "total_bytes" in record.message] == [logging.WARNING]


@pytest.mark.socket
def test_events_for_analytics_count_too(sender: Sender) -> None:
    with MockServer(total_bytes=500_000, log_level="error", quotas=False) as server:
        first, second = server.datadog(), server.datadog()
        for datadog, text in ((first, "x" * 1000), (second, "y" * 30_000)):
            for _ in range(8):
                sender.pay(datadog, payment(text=text))
        assert [count_of(datadog) for datadog in (first, second)] == [0, 8]


def count_of(datadog: Datadog) -> int:
    """How many events an analytics query counts."""
    query = {
        "compute": {"aggregation": "count"},
        "query": {"data_source": "product_analytics", "search": {"query": "*"}},
    }
    attributes = {"from": 0, "to": 1 << 42, "query": query}
    body = {"data": {"type": "formula_analytics_extended_request", "attributes": attributes}}
    response = httpx2.post(f"{datadog.url}{SCALAR.path}", json=body, headers=datadog.headers)
    (column,) = response.json()["data"]["attributes"]["columns"]
    return int(sum(column["values"]))


def test_events_that_queries_no_longer_count_are_counted(sender: Sender) -> None:
    with MockServer(total_bytes=500_000, log_level="error") as server:
        datadog = server.datadog()
        for number in range(4):
            sender.pay(datadog, payment(f"u{number}", "x" * 600_000))
        queries = datadog.control.call("GET", "/datadog/queries", datadog.query).body
        assert queries["evicted"] > 0
        assert queries["events"] + queries["evicted"] == 4


def test_what_satori_remembers_of_ids_and_sessions_counts() -> None:
    memory = SatoriMemory(0.0, Taxonomy())
    for number in range(3):
        memory.take(game_event(id=f"e{number}", identity_id="u", session_id="s"), 1.0)
    assert (len(memory), memory.bytes) == (4, 3 * ID_BYTES + SESSION_BYTES)
    memory.forget_oldest()
    assert [*memory.ids] == ["e1", "e2"]
    while len(memory):
        memory.forget_oldest()
    assert memory.bytes == 0


def test_satoris_memory_gives_way_with_the_account(sender: Sender) -> None:
    with MockServer(total_bytes=1) as server:
        tight = server.satori()
        for _ in range(2):
            sender.batch(tight, game_event(id="g1"))
        assert [event.outcome for event in tight.events][-1:] == ["accepted"]
