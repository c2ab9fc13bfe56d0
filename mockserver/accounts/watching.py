"""Tells each waiting call what changes at the accounts that it is about, and nothing of any others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.accounts.account import Account


class Watch:
    """The accounts of one waiting call that changed since it last asked. Once it has `ended` there is nothing to wait
    for; `left` says that the caller went away."""

    def __init__(self) -> None:
        self.ended = self.left = False
        self._changed: set[Account] = set()
        self._told = asyncio.Event()

    def tell(self, account: Account) -> None:
        """An account has recorded an exchange, or was forgotten."""
        self._changed.add(account)
        self._told.set()

    def wake(self) -> None:
        """Ends one `change`, with what has changed until then."""
        self._told.set()

    def end(self) -> None:
        self.ended = True
        self.wake()

    def leave(self) -> None:
        self.left = True
        self.end()

    async def change(self) -> set[Account]:
        """What has changed, as soon as something has; nothing where the watch was woken or ended before."""
        await self._told.wait()
        self._told.clear()
        changed, self._changed = self._changed, set()
        return changed


class Watches(dict[tuple[str | None, str | None], set[Watch]]):
    """The watches of all waiting calls, by the vendor and the credential or label that each is narrowed to. It is empty
    where nobody waits: to know that costs the path of a request nearly nothing."""

    @contextmanager
    def watch(self, vendor: str | None, credential: str | None) -> Iterator[Watch]:
        """A watch on the accounts that `Accounts.select` selects, also on those that are made later."""
        watch, narrowed = Watch(), (vendor, credential)
        self.setdefault(narrowed, set()).add(watch)
        try:
            yield watch
        finally:
            self[narrowed].discard(watch)
            if not self[narrowed]:
                del self[narrowed]

    def tell(self, account: Account) -> None:
        """An account has recorded an exchange, or was forgotten."""
        for narrowed in product((None, account.vendor), {None, account.credential, account.label}):
            for watch in self.get(narrowed, ()):
                watch.tell(account)
