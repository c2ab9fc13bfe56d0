"""One account per credential: finds or makes it, and forgets the least recently used ones."""

import random
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from mockserver.accounts.journal import Journal
from mockserver.accounts.quotas import Quotas
from mockserver.accounts.watching import Watches
from mockserver.faults.schedule import FaultBook
from mockserver.support.clock import Clock, StartTimer, TimeSource
from mockserver.support.credentials import KnownCredentials
from mockserver.support.redaction import mask

UNMATCHED = ""


@dataclass(slots=True, eq=False)
class Account:
    """Everything that the server remembers of one credential at one vendor. `label` is safe to show; `settings`
    are the vendor's own options, `state` is what its behaviours keep."""

    vendor: str
    credential: str
    label: str
    journal: Journal
    clock: Clock
    quotas: Quotas
    random: random.Random
    settings: Any
    state: dict[str, Any] = field(default_factory=dict)
    now: TimeSource = field(init=False)
    """Its time, in seconds since the epoch."""

    def __post_init__(self) -> None:
        self.now = self.clock.now


class Bounds(NamedTuple):
    """How much is kept: exchanges and bytes per account, and accounts."""

    journal_entries: int
    journal_bytes: int
    accounts: int


class Accounts:
    """All accounts of a server, by vendor and credential.

    Beyond `bounds.accounts` the least recently used account is forgotten, with everything in it.
    Requests that match no operation go to the account of vendor "" and credential "". `clock` is the server's: every
    account's runs with it until it is set by itself. `faults` are the scripted ones, of all accounts. `on_new` is
    called with each account that is made, `watches` are told of each that records an exchange or is forgotten.
    `settings` are the vendors' own options, by vendor. `credentials` are those of all accounts, to be masked wherever
    requests are shown.
    """

    def __init__(
        self,
        bounds: Bounds,
        time_source: TimeSource,
        start_timer: StartTimer,
        seed: int,
        settings: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._bounds = bounds
        self._start_timer = start_timer
        self._seed = seed
        self._settings = settings
        self.clock = Clock(time_source, start_timer)
        self.faults = FaultBook(seed)
        self.credentials = KnownCredentials()
        self._accounts: OrderedDict[tuple[str, str], Account] = OrderedDict()
        self._sequence = 0
        self.on_new: Callable[[Account], None] = lambda account: None
        self.watches = Watches()

    def next_sequence(self) -> int:
        """The number of the next exchange, over all accounts, from 1."""
        self._sequence += 1
        return self._sequence

    def of(self, vendor: str, credential: str) -> Account:
        """The account of a credential, made when it is first seen."""
        key = (vendor, credential)
        account = self._accounts.get(key)
        if account is not None:
            self._accounts.move_to_end(key)
            return account
        account = self._accounts[key] = self._new(vendor, credential)
        self.credentials.add(credential, account.label)
        if len(self.credentials) > 2 * self._bounds.accounts:
            self.credentials.keep((each.credential, each.label) for each in self)
        self.on_new(account)
        if len(self._accounts) > self._bounds.accounts:
            _, forgotten = self._accounts.popitem(last=False)
            self.watches.tell(forgotten)
        return account

    def known(self, vendor: str, credential: str) -> Account | None:
        """The account of a credential if there is one."""
        return self._accounts.get((vendor, credential))

    def select(self, vendor: str | None, credential: str | None) -> list[Account]:
        """The accounts that a control call is narrowed to; `credential` may also be an account's label."""
        if vendor is not None and credential is not None and (vendor, credential) in self._accounts:
            return [self._accounts[(vendor, credential)]]
        return [
            account
            for account in self._accounts.values()
            if (vendor is None or account.vendor == vendor)
            and (credential is None or credential in (account.credential, account.label))
        ]

    def forget(self, vendor: str | None, credential: str | None) -> int:
        """Forgets the selected accounts, and returns how many there were."""
        selected = self.select(vendor, credential)
        for account in selected:
            del self._accounts[(account.vendor, account.credential)]
            account.clock.reset()
            self.watches.tell(account)
            if credential == account.label:
                self.faults.clear(account.credential, vendor)
        self.faults.clear(credential, vendor)
        if credential is None and vendor is None:
            self.clock.reset()
        return len(selected)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def __len__(self) -> int:
        return len(self._accounts)

    def _new(self, vendor: str, credential: str) -> Account:
        clock = Clock(self.clock.now, self._start_timer, self.clock)
        return Account(
            vendor=vendor,
            credential=credential,
            label=mask(credential),
            journal=Journal(self._bounds.journal_entries, self._bounds.journal_bytes),
            clock=clock,
            quotas=Quotas(clock.now),
            settings=self._settings.get(vendor),
            random=random.Random(f"{self._seed}/{vendor}/{credential}"),  # noqa: S311 - ids, not secrets
        )
