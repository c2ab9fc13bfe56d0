"""A watch is told of the accounts that it is narrowed to, and of no others."""

from __future__ import annotations

import asyncio

import pytest

from mockserver.accounts.account import Account, Accounts
from mockserver.settings import Settings
from mockserver.support.clock import start_timer


@pytest.fixture
def accounts() -> Accounts:
    return Accounts(Settings(accounts=2), lambda: 0.0, start_timer)


@pytest.mark.parametrize(
    ("vendor", "credential", "told"),
    [
        (None, None, True),
        ("datadog", None, True),
        ("satori", None, False),
        (None, "credential-1", True),
        ("datadog", "credential-1", True),
        ("satori", "credential-1", False),
        (None, "credential-2", False),
    ],
)
def test_a_watch_is_told_of_what_it_selects(
    accounts: Accounts, vendor: str | None, credential: str | None, told: bool
) -> None:
    account = accounts.of("datadog", "credential-1")
    for narrowed in {credential, account.label if credential == account.credential else credential}:
        with accounts.watches.watch(vendor, narrowed) as watch:
            accounts.watches.tell(account)
            watch.wake()
            assert asyncio.run(watch.change()) == ({account} if told else set())
    assert not accounts.watches


def changes(accounts: Accounts, *, most: int) -> set[Account]:
    """What a watch on everything is told while accounts are made, at last with one more than there may be."""
    with accounts.watches.watch(None, None) as watch:
        for number in range(most + 1):
            accounts.of("datadog", str(number))
        watch.wake()
        return asyncio.run(watch.change())


def test_a_watch_is_told_of_accounts_that_are_forgotten(accounts: Accounts) -> None:
    (forgotten,) = changes(accounts, most=2)
    assert forgotten.credential == "0"
    with accounts.watches.watch("datadog", "1") as watch:
        accounts.forget("datadog", "1")
        assert [account.credential for account in asyncio.run(watch.change())] == ["1"]


def test_a_change_is_told_once_to_each_watch(accounts: Accounts) -> None:
    account = accounts.of("datadog", "credential-1")
    with accounts.watches.watch(None, None) as first, accounts.watches.watch(None, None) as second:
        accounts.watches.tell(account)
        for watch in (first, second):
            assert asyncio.run(watch.change()) == {account}
            watch.leave()
            assert (asyncio.run(watch.change()), watch.ended, watch.left) == (set(), True, True)
