"""Wrong arguments are told with what was probably meant, and calls that would block an event loop with their `aio`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, get_args

import pytest

from mockserver.client import absent, one_of
from mockserver.client.asserting import OUTCOMES
from mockserver.client.handle import WireFault
from mockserver.events import reader
from mockserver.faults.kinds import WIRE_FAULTS
from mockserver.testing import Datadog, MockServer
from tests.support.worlds import Sender, payment

pytestmark = pytest.mark.socket


@pytest.fixture
def account(mockserver: MockServer) -> Datadog:
    """An account that the plugin does not judge."""
    return mockserver.datadog()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda datadog: datadog.assert_received("a", time=1),
            "assert_received() takes no argument 'time'; did you mean 'times'?",
        ),
        (lambda datadog: datadog.assert_nothing_received(withing=1), "did you mean 'within'?"),
        (lambda datadog: datadog.assert_requests(header={}), "did you mean 'headers'?"),
        (lambda datadog: datadog.wait_for(1, time_out=1), "did you mean 'timeout'?"),
        (lambda datadog: datadog.settle(quit=1), "did you mean 'quiet'?"),
        (lambda datadog: datadog.expect_violation(point="/a"), "did you mean 'pointer'?"),
        (
            lambda datadog: datadog.assert_received("a", outcome="acepted"),
            "outcome cannot be 'acepted'; did you mean 'accepted'?",
        ),
    ],
)
def test_what_was_probably_meant_is_told(account: Datadog, call: Callable[[Any], object], says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(says)):
        call(account)


def test_the_literals_are_those_of_the_server() -> None:
    assert set(get_args(WireFault)) == set(WIRE_FAULTS)
    assert set(OUTCOMES) == {*reader.OUTCOMES, "any"}


def test_a_fault_matches_by_what_the_server_can_judge(account: Datadog, sender: Sender) -> None:
    account.fail(503, match={"usr": {"id": one_of("u1", "u2")}, "tags": absent()}, times=2)
    assert [sender.pay(account, body).status_code for body in (payment("u3"), payment("u2"))] == [202, 503]
    assert sender.pay(account, payment("u2", tags=["a"])).status_code == 202
    with pytest.raises(TypeError, match="match is judged by the server"):
        account.drop(match={"usr": {"id": re.compile("u")}})


WAITING: list[tuple[Callable[[Datadog], object], str]] = [
    (lambda datadog: datadog.wait_for(2), "await datadog.aio.wait_for(2)"),
    (lambda datadog: datadog.assert_received("a", within=5), 'await datadog.aio.assert_received("a", within=5)'),
    (lambda datadog: datadog.assert_received(json={"a": int}, within=5), "await datadog.aio.assert_received(within=5)"),
    (lambda datadog: datadog.assert_received("paid", at_most=3, within=5), "await datadog.aio.assert_received("),
    (lambda datadog: datadog.assert_nothing_received("a", within=1), 'aio.assert_nothing_received("a", within=1)'),
    (lambda datadog: datadog.settle(), "await datadog.aio.settle()"),
]


@pytest.mark.parametrize(("call", "says"), WAITING, ids=[says for _, says in WAITING])
def test_a_wait_that_would_block_the_event_loop_says_so(
    account: Datadog, sender: Sender, call: Callable[[Datadog], object], says: str
) -> None:
    async def test() -> None:
        call(account)

    sender.pay(account, payment(name="paid"))
    with pytest.raises(RuntimeError, match=re.escape(says)):
        asyncio.run(test())


def test_a_loop_that_runs_beside_the_test_is_not_in_the_way(account: Datadog, sender: Sender) -> None:
    """As Playwright's synchronous interface has one, from whose callbacks a test goes on."""
    loop = asyncio.new_event_loop()
    sender.pay(account, payment(name="paid"))
    loop.call_soon(account.settle, 0.01)
    loop.call_soon(account.assert_nothing_received, "a")
    failures: list[object] = []
    loop.set_exception_handler(lambda _loop, context: failures.append(context))
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    assert failures == []


def test_what_needs_no_wait_is_told_in_a_loop_too(account: Datadog, sender: Sender) -> None:
    async def test() -> None:
        assert len(account.wait_for(1)) == 1
        account.assert_received("paid", times=1, within=300, json={"usr": {"id": str}})
        account.assert_received("a", times=0)
        with pytest.raises(AssertionError, match="expected not to receive any event, received 1"):
            account.assert_nothing_received(within=300)
        with pytest.raises(AssertionError, match="expected exactly 0 accepted events"):
            account.assert_received(times=0, within=300)
        assert len(await account.aio.wait_for(1)) == 1
        await account.aio.settle(quiet=0.01)

    sender.pay(account, payment(name="paid"))
    asyncio.run(test())
