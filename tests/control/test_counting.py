"""Counting reads what is new, and lets other requests have their turn meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from mockserver.accounts.account import Account, Accounts
from mockserver.control.counting import TURN, Counted, Counting
from mockserver.events.reader import EventReader
from mockserver.events.verification import Expectation
from mockserver.model import EventPart
from mockserver.settings import Settings
from mockserver.support.clock import start_timer
from tests.support.exchanges import exchange


class Filled:
    """An account with exchanges that hold an event each."""

    def __init__(self, count: int) -> None:
        self.accounts = Accounts(Settings(), lambda: 0.0, start_timer)
        self.account: Account = self.accounts.of("vendor", "key")
        for _ in range(count):
            self.add()
        reader = EventReader(
            {"vendor": lambda _exchange, body, _response: [EventPart(each, each) for each in body]}, 1000
        )
        self.counting = Counting(Expectation(name="a"), reader, {"vendor": ["Operation"]}, self.accounts)

    def add(self) -> None:
        self.accounts.record(self.account, exchange(self.accounts.next_sequence(), "a"))

    async def count(self) -> Counted:
        return await self.counting.count([self.account])


def test_others_have_their_turn_while_much_is_read() -> None:
    filled, turns = Filled(3 * TURN), 0

    async def count() -> list[Counted]:
        nonlocal turns
        counting = asyncio.create_task(filled.count())
        while not counting.done():
            filled.add()
            turns += 1
            await asyncio.sleep(0)
        return [await counting, await filled.count()]

    before, after = asyncio.run(count())
    assert turns > 3
    assert before == Counted(3 * TURN + 1, 0)
    assert after == Counted(3 * TURN + turns, 0)


def test_little_is_read_at_once() -> None:
    filled = Filled(TURN - 1)
    with pytest.raises(StopIteration) as counted:
        filled.count().send(None)
    assert counted.value.value == Counted(TURN - 1, 0)
