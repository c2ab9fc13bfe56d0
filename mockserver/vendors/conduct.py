"""Keeps the conduct of every account's client: reads the exchanges of the vendors' operations as attempts."""

from functools import cached_property, partial

from mockserver.accounts.account import Account
from mockserver.conduct.chains import ChainFolder
from mockserver.conduct.facts import FactReader
from mockserver.conduct.store import ConductStore
from mockserver.contracts import Catalogue
from mockserver.events.reader import EventReader, event_outcome
from mockserver.model import Exchange
from mockserver.vendors.splitting import splitters


class ConductKeeper:
    """Folds what leaves the journals, and with it what is still there. `max_body_bytes` bounds a decompressed body."""

    def __init__(self, catalogue: Catalogue, max_body_bytes: int) -> None:
        self._catalogue = catalogue
        self._max_body_bytes = max_body_bytes

    @cached_property
    def facts(self) -> FactReader:
        events = EventReader(splitters(self._catalogue), self._max_body_bytes)
        return FactReader(self._catalogue.operations, events.sent, lambda *event: event_outcome(*event).outcome)

    def keep(self, account: Account, exchange: Exchange) -> None:
        """Keeps of an exchange that leaves the journal what it tells of the client."""
        if account.conduct is None:
            account.conduct = account.keep(self._store(account))
        account.conduct.keep(exchange)

    def folder(self, account: Account) -> ChainFolder:
        """The chains of an account, as they are known by now."""
        return (account.conduct or self._store(account)).folded_with(account.journal)

    def _store(self, account: Account) -> ConductStore:
        return ConductStore(partial(self.facts.attempt, credential=account.credential))
