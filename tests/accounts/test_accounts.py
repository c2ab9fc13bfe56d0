"""Each credential has an account of its own, which is made once, found by its credential or label, and forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from mockserver.accounts.account import Account, Accounts
from mockserver.accounts.quotas import RateLimit
from mockserver.faults.fault import Fault
from mockserver.faults.script import Script
from mockserver.settings import Settings
from mockserver.support.clock import start_timer
from mockserver.support.redaction import mask
from tests.support.exchanges import exchange


class Timers:
    """Time that passes only in timers: each one that is started ends at once."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self, seconds: float, callback: Callable[[], None]) -> asyncio.Handle:
        self.now += seconds
        return asyncio.get_running_loop().call_soon(callback)


def accounts_of(most: int = 3, journal_entries: int = 2, journal_bytes: int = 1 << 20) -> Accounts:
    """Accounts on a clock that stands at 1000."""
    settings = Settings(
        accounts=most,
        journal_entries=journal_entries,
        journal_bytes=journal_bytes,
        seed=7,
        of_vendors={"datadog": "its own"},
    )
    return Accounts(settings, lambda: 1000.0, start_timer)


def credentials(accounts: Accounts) -> list[str]:
    return [account.credential for account in accounts]


def armed(accounts: Accounts) -> list[str | None]:
    """The owners of the armed faults."""
    return [owner for owner, _ in accounts.faults.list()]


def arm(accounts: Accounts, *owners: str | None) -> None:
    for owner in owners:
        accounts.faults.add(Script((Fault(status=503),)), owner)


def test_an_account_is_made_when_it_is_first_seen_and_then_found() -> None:
    accounts, made = accounts_of(), list[Account]()
    accounts.on_new = made.append
    first, other, same = accounts.of("datadog", "a"), accounts.of("satori", "a"), accounts.of("datadog", "a")
    assert first is same
    assert first is not other
    assert made == [first, other]
    assert len(accounts) == 2


def test_an_account_starts_with_its_credential_masked_and_the_servers_settings() -> None:
    account = accounts_of(journal_entries=1).of("datadog", "credential")
    assert (account.vendor, account.credential, account.label) == ("datadog", "credential", mask("credential"))
    assert (account.settings, account.state, account.now()) == ("its own", {}, 1000.0)
    for number in (1, 2):
        account.journal.record(exchange(number))
    assert [each.sequence for each in account.journal] == [2]


def test_the_journal_of_an_account_is_bounded_in_bytes() -> None:
    account = accounts_of(journal_bytes=exchange(1).size * 2 - 1).of("datadog", "a")
    for number in (1, 2):
        account.journal.record(exchange(number))
    assert [each.sequence for each in account.journal] == [2]


def test_the_chances_of_an_account_follow_from_the_seed_and_its_credential() -> None:
    def drawn(vendor: str, credential: str, seed: int = 7) -> float:
        return Accounts(Settings(seed=seed), lambda: 0.0, start_timer).of(vendor, credential).random.random()

    assert drawn("datadog", "a") == drawn("datadog", "a")
    assert len({drawn("datadog", "a"), drawn("satori", "a"), drawn("datadog", "b"), drawn("datadog", "a", 8)}) == 4


def test_an_account_runs_with_the_clock_of_the_server_until_it_is_set() -> None:
    accounts = accounts_of()
    own, other = accounts.of("datadog", "a"), accounts.of("datadog", "b")
    own.clock.set(5.0, frozen=True)
    accounts.clock.set(2000.0, frozen=True)
    assert (own.now(), other.now(), other.clock.frozen) == (5.0, 2000.0, True)
    assert [account.quotas.look(RateLimit("a", 1, 10)).reset_at for account in (own, other)] == [10.0, 2010.0]


def test_clocks_sleep_by_the_timer_that_they_are_given() -> None:
    timers = Timers()
    accounts = Accounts(Settings(), lambda: timers.now, timers)
    asyncio.run(accounts.clock.sleep(5.0))
    asyncio.run(accounts.of("datadog", "a").clock.sleep(5.0))
    assert timers.now == 1010.0


def test_a_new_server_has_no_faults_and_nobody_is_told_of_records() -> None:
    accounts = accounts_of()
    assert (accounts.faults.seed, armed(accounts), accounts.watches) == (7, [], {})


def test_the_account_unused_longest_goes_when_there_are_too_many() -> None:
    accounts = accounts_of(most=3)
    for credential in ("a", "b", "c", "a"):
        accounts.of("datadog", credential)
    assert credentials(accounts) == ["b", "c", "a"]
    accounts.of("datadog", "d")
    assert credentials(accounts) == ["c", "a", "d"]


def test_a_look_at_an_account_makes_none_and_does_not_count_as_use() -> None:
    accounts = accounts_of(most=2)
    first, _ = accounts.of("datadog", "a"), accounts.of("datadog", "b")
    assert accounts.known("datadog", "a") is first
    assert accounts.known("datadog", "c") is None
    assert accounts.known("satori", "a") is None
    accounts.of("datadog", "c")
    assert credentials(accounts) == ["b", "c"]


@pytest.mark.parametrize(
    ("vendor", "credential", "selected"),
    [
        (None, None, [("datadog", "a"), ("satori", "a"), ("datadog", "b")]),
        ("datadog", None, [("datadog", "a"), ("datadog", "b")]),
        (None, "a", [("datadog", "a"), ("satori", "a")]),
        ("satori", "a", [("satori", "a")]),
        ("satori", "b", []),
        ("datadog", "label of b", [("datadog", "b")]),
        (None, "label of b", [("datadog", "b")]),
        ("satori", "label of b", []),
        (None, "c", []),
    ],
)
def test_accounts_are_selected_by_vendor_and_by_credential_or_label(
    vendor: str | None, credential: str | None, selected: list[tuple[str, str]]
) -> None:
    accounts = accounts_of()
    for made in (("datadog", "a"), ("satori", "a"), ("datadog", "b")):
        accounts.of(*made)
    credential = mask("b") if credential == "label of b" else credential
    assert [(each.vendor, each.credential) for each in accounts.select(vendor, credential)] == selected


def test_an_account_that_has_the_name_of_anothers_label_is_selected_before_it() -> None:
    accounts = accounts_of()
    accounts.of("datadog", "a")
    named = accounts.of("datadog", mask("a"))
    assert accounts.select("datadog", mask("a")) == [named]


def test_exchanges_are_numbered_from_1_over_all_accounts() -> None:
    accounts = accounts_of()
    assert [accounts.next_sequence() for _ in range(3)] == [1, 2, 3]


def forgetful() -> Accounts:
    """Three accounts on clocks of their own, with faults of each credential and for everybody."""
    accounts = accounts_of()
    accounts.clock.set(5000.0)
    for vendor, credential in (("datadog", "a"), ("satori", "a"), ("datadog", "b")):
        accounts.of(vendor, credential).clock.set(9.0, frozen=True)
    arm(accounts, "a", "b", None)
    return accounts


@pytest.mark.parametrize("name", ["b", mask("b")])
def test_an_account_is_forgotten_with_its_clock_and_its_faults(name: str) -> None:
    accounts = forgetful()
    gone = accounts.of("datadog", "b")
    assert accounts.forget(None, name) == 1
    assert credentials(accounts) == ["a", "a"]
    assert (gone.now(), gone.clock.frozen) == (5000.0, False)
    assert armed(accounts) == ["a", None]
    assert [account.now() for account in accounts] == [9.0, 9.0]
    assert accounts.of("datadog", "b") is not gone


def test_an_account_named_by_its_label_is_forgotten_at_one_vendor() -> None:
    accounts = accounts_of()
    for vendor in ("datadog", "satori"):
        accounts.of(vendor, "a")
        accounts.faults.add(Script((Fault(status=503, vendor=vendor),)), "a")
    assert accounts.forget("datadog", mask("a")) == 1
    assert [account.vendor for account in accounts] == ["satori"]
    assert [each.fault.vendor for _, each in accounts.faults.list()] == ["satori"]


def test_a_vendor_is_forgotten_with_the_accounts_that_it_has() -> None:
    """A fault that names no vendor may be meant for another one, and stays; so does the server's clock."""
    accounts = forgetful()
    accounts.faults.add(Script((Fault(status=503, vendor="datadog"),)), None)
    assert accounts.forget("datadog", None) == 2
    assert [(account.vendor, account.credential) for account in accounts] == [("satori", "a")]
    assert armed(accounts) == ["a", "b", None]
    assert accounts.clock.now() == 5000.0


def test_without_a_name_everything_is_forgotten_and_the_clock_of_the_server_reset() -> None:
    accounts = forgetful()
    assert accounts.forget(None, None) == 3
    assert (len(accounts), armed(accounts), accounts.clock.now()) == (0, [], 1000.0)


def test_a_credential_that_nobody_used_is_forgotten_with_the_faults_that_wait_for_it() -> None:
    accounts = forgetful()
    arm(accounts, "never used")
    assert accounts.forget(None, "never used") == 0
    assert armed(accounts) == ["a", "b", None]
    assert len(accounts) == 3
