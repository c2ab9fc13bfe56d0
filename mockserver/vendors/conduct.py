"""Keeps the conduct of every account's client: reads the exchanges of the vendors' operations as attempts.

What folds them is loaded with the first exchange that leaves a journal, or the first verdict: a start does without.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from mockserver.accounts.account import Account
from mockserver.contracts import Catalogue
from mockserver.events.reader import EventReader, event_outcome
from mockserver.vendors.splitting import splitters

if TYPE_CHECKING:
    from mockserver.conduct.chains import ChainFolder
    from mockserver.conduct.facts import FactReader
    from mockserver.conduct.store import ConductStore


class ConductKeeper:
    """Folds what leaves the journals, and with it what is still there. `max_body_bytes` bounds a decompressed body."""

    def __init__(self, catalogue: Catalogue, max_body_bytes: int) -> None:
        self._catalogue = catalogue
        self._max_body_bytes = max_body_bytes

    @cached_property
    def facts(self) -> FactReader:
        from mockserver.conduct.facts import FactReader  # noqa: PLC0415 - see the module

        events = EventReader(splitters(self._catalogue), self._max_body_bytes)
        return FactReader(self._catalogue.operations, events.sent, lambda *event: event_outcome(*event).outcome)

    def folder(self, account: Account) -> ChainFolder:
        """The chains of an account, as they are known by now."""
        store = self.store(account) if account.conduct is None else account.conduct
        return store.folded_with(account.journal)

    def store(self, account: Account) -> ConductStore:
        """What keeps the conduct of an account's client."""
        from mockserver.conduct.store import ConductStore  # noqa: PLC0415 - see the module

        return ConductStore(partial(self.facts.attempt, credential=account.credential))
