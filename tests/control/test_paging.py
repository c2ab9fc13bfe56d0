"""Listings: `since` means the same everywhere, and pages neither repeat nor skip what arrives between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mockserver.client import Handle
from mockserver.client.control import whole_listing
from mockserver.testing import Datadog, MockServer, Satori
from tests.support.worlds import Sender, game_event, payment

pytestmark = pytest.mark.socket

LISTINGS = ("requests", "events")


def listed_ids(sender: Sender, handle: Handle, listing: str, **query: Any) -> list[str]:
    """The ids of the requests that a listing or the export shows, the one of each event included."""
    response = sender.control(handle, "GET", f"/{listing}", **query)
    assert response.status_code == 200, response.text
    if listing == "export":
        return [json.loads(line)["id"] for line in response.text.splitlines()]
    return [entry["id" if listing == "requests" else "request_id"] for entry in response.json()[listing]]


def pages(sender: Sender, handle: Handle, listing: str, **query: Any) -> Iterator[Any]:
    """The pages of a listing, read one by one."""
    page = sender.control(handle, "GET", f"/{listing}", **query).json()
    yield page
    while page["next"] is not None:
        page = sender.control(handle, "GET", f"/{listing}", cursor=page["next"], **query).json()
        yield page


@pytest.mark.parametrize("listing", ["requests", "events", "export"])
def test_since_means_the_same_everywhere(datadog: Datadog, sender: Sender, listing: str) -> None:
    query = {"format": "jsonl"} if listing == "export" else {}
    for hour in (10, 11, 12):
        datadog.clock.freeze(f"2026-01-01T{hour}:00:00Z")
        sender.pay(datadog)
    first, second, third = (request.id for request in datadog.requests)
    expected = {
        first: [second, third],
        third: [],
        "2026-01-01T11:00:00Z": [second, third],
        "2026-01-01T12:30:00+01:00": [third],
        "2026-01-01T12:00:01": [],
        "1767261600": [first, second, third],
        "1767261600.5": [second, third],
        "-1e300": [first, second, third],
    }
    for since, ids in expected.items():
        assert listed_ids(sender, datadog, listing, since=since, **query) == ids, since
    for wrong in ("yesterday", "r", "r-1", "r²", "nan", "inf", ""):
        refused = sender.control(datadog, "GET", f"/{listing}", since=wrong, **query)
        assert refused.status_code == 400
        (error,) = refused.json()["errors"]
        assert error["parameter"] == "since"
        assert "the id of a request, seconds since the epoch or an ISO 8601 time" in error["detail"]


def test_attempts_count_what_came_before_since(datadog: Datadog, sender: Sender) -> None:
    datadog.fail(503, times=1)
    datadog.allow("wait")
    for _ in range(2):
        sender.pay(datadog)
    (event,) = sender.control(datadog, "GET", "/events", since=datadog.requests[0].id).json()["events"]
    assert event["attempt"] == 2


@pytest.mark.parametrize("listing", LISTINGS)
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_hold_everything_once(datadog: Datadog, sender: Sender, listing: str, limit: int) -> None:
    for number in range(7):
        sender.pay(datadog, payment(f"u{number}"))
    read = list(pages(sender, datadog, listing, limit=limit))
    ids = [entry.get("request_id", entry["id"]) for page in read for entry in page[listing]]
    assert ids == [request.id for request in datadog.requests]
    assert [len(page[listing]) for page in read] == [limit] * (7 // limit) + [7 % limit] * (7 % limit > 0)
    assert {page["total"] for page in read} == {7}


@pytest.mark.parametrize("listing", LISTINGS)
def test_what_arrives_between_pages_is_neither_skipped_nor_repeated(
    datadog: Datadog, sender: Sender, listing: str
) -> None:
    """Not even a request that began before the page was read and is recorded after it."""
    datadog.clock.freeze()
    datadog.slow(30, match={"usr": {"id": "slow"}})
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(sender.pay, datadog, payment("slow"))
        while not sender.control(datadog, "GET", "/faults").json()["faults"][0]["fired"]:
            pass
        for number in range(4):
            sender.pay(datadog, payment(f"u{number}"))
        reading = pages(sender, datadog, listing, limit=3)
        read = [next(reading)]
        datadog.clock.advance(31)
        assert slow.result(20).status_code == 202
        sender.pay(datadog, payment("last"))
        read += reading
    ids = [entry.get("request_id", entry["id"]) for page in read for entry in page[listing]]
    assert ids == [request.id for request in datadog.requests]
    assert len(ids) == 6
    assert [page["total"] for page in read] == [4, 6]


def test_a_page_may_end_within_a_batch_and_is_narrowed_like_the_others(satori: Satori, sender: Sender) -> None:
    for batch in range(3):
        sender.batch(satori, *(game_event("ab"[number % 2], id=f"{batch}-{number}") for number in range(5)))
    read = list(pages(sender, satori, "events", limit=2, name="a"))
    assert [[event["id"] for event in page["events"]] for page in read] == [
        ["0-0", "0-2"],
        ["0-4", "1-0"],
        ["1-2", "1-4"],
        ["2-0", "2-2"],
        ["2-4"],
    ]


def test_what_is_evicted_between_pages_is_counted(sender: Sender) -> None:
    with MockServer(journal_entries=4, log_level="warning") as server:
        datadog = server.datadog()
        for number in range(4):
            sender.pay(datadog, payment(f"u{number}"))
        reading = pages(sender, datadog, "events", limit=1)
        first = next(reading)
        for number in range(4, 7):
            sender.pay(datadog, payment(f"u{number}"))
        rest = list(reading)
        users = [event["identity"] for page in (first, *rest) for event in page["events"]]
        assert users == ["u0", "u3", "u4", "u5", "u6"]
        assert (first["evicted"], rest[-1]["evicted"]) == (0, 3)


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_limit_of_0_only_counts(datadog: Datadog, sender: Sender, listing: str) -> None:
    sender.pay(datadog)
    assert sender.control(datadog, "GET", f"/{listing}", limit=0).json() == {
        listing: [],
        "total": 1,
        "evicted": 0,
        "next": None,
    }


@pytest.mark.parametrize("cursor", ["x", "", "1", "1.", "1.2.3", "-1.0", "1.²", "9" * 30 + ".0"])
@pytest.mark.parametrize("listing", LISTINGS)
def test_a_cursor_that_no_page_told_is_refused(datadog: Datadog, sender: Sender, listing: str, cursor: str) -> None:
    refused = sender.control(datadog, "GET", f"/{listing}", cursor=cursor)
    assert refused.status_code == 400
    assert [error["parameter"] for error in refused.json()["errors"]] == ["cursor"]


def test_the_client_reads_all_pages(mockserver: MockServer, datadog: Datadog, sender: Sender) -> None:
    for _ in range(5):
        sender.pay(datadog)
    query = {"account": datadog.api_key, "vendor": "datadog", "limit": "2"}
    for listing in LISTINGS:
        whole = whole_listing(mockserver.control, f"/{listing}", query)
        assert whole == sender.control(datadog, "GET", f"/{listing}").json()
        assert len(whole[listing]) == 5
