"""One account per credential: finds or makes it, and forgets the least recently used ones."""

from __future__ import annotations

import logging
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mockserver.accounts.claims import Claims
from mockserver.accounts.journal import Journal
from mockserver.accounts.quotas import Quotas
from mockserver.accounts.watching import Watches
from mockserver.faults.schedule import FaultBook
from mockserver.model import Exchange
from mockserver.settings import Settings
from mockserver.support.clock import Clock, StartTimer, TimeSource
from mockserver.support.credentials import KnownCredentials
from mockserver.support.redaction import mask

if TYPE_CHECKING:
    from mockserver.conduct.store import ConductStore

UNMATCHED = ""
ROOM = 64
"""When the bound of all accounts is reached, one part in so many is freed: not every request need make room."""
log = logging.getLogger("mockserver")


class Store(Protocol):
    """What an account keeps that takes memory, `bytes` of it near enough. Its length is 0 where nothing is left."""

    @property
    def bytes(self) -> int: ...

    def forget_oldest(self) -> object: ...

    def __len__(self) -> int: ...


StoreType = TypeVar("StoreType", bound=Store)


@dataclass(slots=True, eq=False)
class Account:
    """Everything that the server remembers of one credential at one vendor. `label` is safe to show; `settings`
    are the vendor's own options, `state` is what its behaviours keep. `stores` are the journal and what else takes
    memory, `bytes` what they took when the account last recorded an exchange. `conduct` is what is known of its client
    beyond the journal, once the first exchange has left that."""

    vendor: str
    credential: str
    label: str
    journal: Journal
    clock: Clock
    quotas: Quotas
    random: random.Random
    settings: Any
    state: dict[str, Any] = field(default_factory=dict)
    stores: list[Store] = field(init=False)
    bytes: int = 0
    conduct: ConductStore | None = None
    now: TimeSource = field(init=False)
    """Its time, in seconds since the epoch."""

    def __post_init__(self) -> None:
        self.now = self.clock.now
        self.stores = [self.journal]

    def keep(self, store: StoreType) -> StoreType:
        """Lets what a vendor keeps count against the bound of all accounts."""
        if self.stores:  # there are none once it is forgotten
            self.stores.append(store)
        return store


class Accounts:
    """All accounts of a server, by vendor and credential.

    Beyond `settings.accounts` the least recently used account is forgotten, with everything in it. Beyond
    `settings.total_bytes` it loses its oldest exchanges first, then what its vendor keeps of their bodies.
    Requests that match no operation go to the account of vendor "" and credential "". `clock` is the server's: every
    account's runs with it until it is set by itself. `faults` are the scripted ones, of all accounts. `on_new` is
    called with each account that is made, `watches` are told of each that records an exchange or is forgotten.
    `make_conduct` makes what keeps the conduct of an account's client once exchanges leave its journal to make room.
    `claims` are the credentials that somebody answers for, `credentials` those of all accounts, to be masked wherever
    requests are shown.
    """

    def __init__(self, settings: Settings, time_source: TimeSource, start_timer: StartTimer) -> None:
        self.settings = settings
        self.start_timer = start_timer
        self.clock = Clock(time_source, start_timer)
        self.faults = FaultBook(settings.seed)
        self.credentials = KnownCredentials()
        accepted = ((vendor, key) for vendor, keys in settings.accepted_keys.items() for key in keys)
        self.claims = Claims(settings.accounts, accepted)
        self._accounts: OrderedDict[tuple[str, str], Account] = OrderedDict()
        self._sequence = 0
        self._bytes = 0
        self._has_given_way = False
        self.on_new: Callable[[Account], None] = lambda account: None
        self.make_conduct: Callable[[Account], ConductStore] | None = None
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
        if len(self.credentials) > 2 * self.settings.accounts:
            self.credentials.keep((each.credential, each.label) for each in self)
        self.on_new(account)
        if len(self._accounts) > self.settings.accounts:
            _, forgotten = self._accounts.popitem(last=False)
            self._left(forgotten)
        return account

    def record(self, account: Account, exchange: Exchange) -> None:
        """Keeps an exchange, makes room for it, and tells who waits for it."""
        for gone in account.journal.record(exchange):
            self._fold(account, gone)
        self._weigh(account)
        if self._bytes > self.settings.total_bytes:
            self._make_room(account)
        if self.watches:
            self.watches.tell(account)

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
            self._left(account)
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

    def _left(self, account: Account) -> None:
        """An account is forgotten. What a request still records in it goes with it."""
        self._bytes -= account.bytes
        account.stores.clear()
        account.bytes = 0
        self.watches.tell(account)

    def _fold(self, account: Account, gone: Exchange) -> None:
        """Keeps of an exchange that leaves its journal what it tells of the account's client."""
        if account.conduct is None:
            if self.make_conduct is None:
                return
            account.conduct = account.keep(self.make_conduct(account))
        account.conduct.keep(gone)

    def _weigh(self, account: Account) -> None:
        """Notes how much memory an account takes."""
        taken = -account.bytes
        for store in account.stores:
            taken += store.bytes
        account.bytes += taken
        self._bytes += taken

    def _make_room(self, recording: Account) -> None:
        """The oldest of the least recently used accounts go, but not the exchange that was just recorded."""
        enough = self.settings.total_bytes - self.settings.total_bytes // ROOM
        for account in self._accounts.values():
            for store in account.stores:
                least = 1 if store is recording.journal else 0
                while self._bytes > enough and len(store) > least:
                    gone = store.forget_oldest()
                    if isinstance(gone, Exchange):
                        self._fold(account, gone)
                    self._weigh(account)
            if self._bytes <= enough:
                break
        if not self._has_given_way:
            self._has_given_way = True
            log.warning("the accounts hold more than total_bytes: the oldest exchanges of those used longest ago go")

    def _new(self, vendor: str, credential: str) -> Account:
        clock = Clock(self.clock.now, self.start_timer, self.clock)
        return Account(
            vendor=vendor,
            credential=credential,
            label=mask(credential),
            journal=Journal(self.settings.journal_entries, self.settings.journal_bytes),
            clock=clock,
            quotas=Quotas(clock.now),
            settings=self.settings.of_vendors.get(vendor),
            random=random.Random(f"{self.settings.seed}/{vendor}/{credential}"),  # noqa: S311 - ids, not secrets
        )
