"""Which requests arrived, by method, path, headers, status, body and operation, and what came instead."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from mockserver.client import ControlError, absent, any_value, close_to_now, one_of
from mockserver.testing import Datadog, MockServer
from tests.client.test_messages import compare
from tests.support.worlds import Sender, payment

pytestmark = pytest.mark.socket


@pytest.fixture
def account(mockserver: MockServer, sender: Sender) -> Datadog:
    """An account with three requests: of two users, the last one refused."""
    datadog = mockserver.datadog()
    sender.pay(datadog, headers={**datadog.headers, "User-Agent": "shop/1.2", "X-Trace": "t1"})
    sender.alert(datadog, "Deployed")
    datadog.fail(503, times=1)
    sender.pay(datadog, payment("u2"))
    return datadog


@pytest.mark.parametrize(
    ("expected", "times"),
    [
        ({}, 3),
        ({"method": "POST"}, 3),
        ({"method": "post"}, 3),
        ({"method": "GET"}, 0),
        ({"path": "/api/v1/events"}, 1),
        ({"path": "/api/v1"}, 0),
        ({"path": re.compile("^/api/v2")}, 2),
        ({"path": lambda path: path.endswith("events")}, 1),
        ({"headers": {"USER-AGENT": "shop/1.2"}}, 1),
        ({"headers": {"user-agent": re.compile("^shop"), "X-Trace": any_value("string")}}, 1),
        ({"headers": {"x-trace": absent()}}, 2),
        ({"status": 503}, 1),
        ({"status": one_of(202, 200)}, 2),
        ({"status": lambda status: status >= 500}, 1),
        ({"json": {"usr": {"id": "u2"}}}, 1),
        ({"json": {"usr": {"id": re.compile("^u")}}, "status": 202}, 1),
        ({"operation": "CreateEventV1"}, 1),
        ({"operation": one_of("CreateEventV1", "SubmitProductAnalyticsEvent")}, 3),
    ],
)
def test_requests_are_counted_by_all_that_is_expected(account: Datadog, expected: dict[str, Any], times: int) -> None:
    account.assert_requests(times=times, **expected)
    with pytest.raises(AssertionError, match=f"received {times}"):
        account.assert_requests(times=times + 1, **expected)
    if times:
        account.assert_requests(**expected)
        account.assert_requests(at_least=1, at_most=3, **expected)


def test_a_failure_shows_what_arrived_nearest_first(account: Datadog) -> None:
    with pytest.raises(AssertionError) as caught:
        account.assert_requests(
            method="POST", path=re.compile("prodlytics$"), status=202, json={"usr": {"id": "u2"}, "at": close_to_now()}
        )
    text = re.sub(r"request r\d+", "request rN", str(caught.value))
    compare("missing_request", text)


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        ({"times": 0}, "expected exactly 0 requests, received 3\n\nreceived:\n  POST /api/v2/prodlytics"),
        ({"at_most": 1, "status": 202}, "expected 0 to 1 requests, received 2\n  status 202\n\nreceived:"),
        (
            {"at_least": 2, "status": 503},
            r"expected at least 2 requests, received 1\n  status 503[\s\S]+nearest of 2 other",
        ),
    ],
)
def test_too_many_or_too_few_are_shown(account: Datadog, expected: dict[str, Any], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        account.assert_requests(**expected)


def test_nothing_at_all(mockserver: MockServer) -> None:
    with pytest.raises(AssertionError, match="no requests were received at all"):
        mockserver.datadog().assert_requests()


def test_what_was_evicted_is_in_doubt(sender: Sender) -> None:
    with MockServer(journal_entries=2, log_level="warning") as server:
        datadog = server.datadog()
        for _ in range(3):
            sender.pay(datadog)
        datadog.assert_requests(at_least=2)
        with pytest.raises(AssertionError, match=r"cannot tell: expected exactly 2 requests[\s\S]+1 older request"):
            datadog.assert_requests(times=2)


def test_wrong_arguments_are_told(account: Datadog) -> None:
    with pytest.raises(ControlError, match="`times` excludes"):
        account.assert_requests(times=1, at_most=2)
    with pytest.raises(ControlError, match="at_least must not be more than at_most, 1; it is 2"):
        account.assert_requests(at_least=2, at_most=1)
    with pytest.raises(ControlError, match=r"status: \$any takes one of"):
        account.assert_requests(status={"$any": "text"})
    with pytest.raises(TypeError, match="cannot be compared"):
        account.assert_requests(headers={"a": object()})


def test_it_can_be_awaited(account: Datadog) -> None:
    asyncio.run(_awaited(account))


async def _awaited(account: Datadog) -> None:
    await account.aio.assert_requests(times=3)
