"""What Satori remembers of an account: the ids it has seen, each identity's latest session, and the taxonomy."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mockserver.model import EventOutcome, Json
from mockserver.support.timestamps import moment
from mockserver.vendors.base import settings_of, vendor_state
from mockserver.vendors.satori.settings import SatoriSettings
from mockserver.vendors.satori.taxonomy import NUMBER, Taxonomy

if TYPE_CHECKING:
    from mockserver.accounts.account import Account

MAX_REMEMBERED = 100_000
MAX_SESSION_ID = 1024
"""A session with a longer id is not remembered for events that name none."""
MAX_KEY_CHARACTERS = 64
ID_BYTES, SESSION_BYTES = 200, 500
"""What an id and a session take in memory, near enough for a bound."""
KEPT, SEEN_BEFORE = EventOutcome("accepted"), EventOutcome("duplicate", "an event with this id was accepted before")
Key = str | bytes


@dataclass(slots=True)
class Session:
    """A session of an identity: `created` orders sessions, `ends` is when it is over, both in seconds."""

    id: str
    created: float
    ends: float


@dataclass(slots=True, eq=False)
class SatoriMemory:
    """One account's memory. Ids and identities are bounded, and long ones kept as digests, so that their length does
    not matter; those seen longest ago are forgotten."""

    grace: float
    taxonomy: Taxonomy
    ids: OrderedDict[Key, None] = field(default_factory=OrderedDict)
    sessions: OrderedDict[Key, Session] = field(default_factory=OrderedDict)

    @property
    def bytes(self) -> int:
        """About what the ids and sessions take in memory."""
        return ID_BYTES * len(self.ids) + SESSION_BYTES * len(self.sessions)

    def forget_oldest(self) -> None:
        """Forgets the id seen longest ago, or else the session; an event with that id would count as new."""
        (self.ids or self.sessions).popitem(last=False)

    def __len__(self) -> int:
        return len(self.ids) + len(self.sessions)

    def take(self, event: Mapping[str, Json], now: float) -> EventOutcome:
        """What becomes of one event of an accepted batch."""
        reason = self.taxonomy.reason(event)
        if reason is not None:
            return EventOutcome("dropped", reason)
        identifier = event.get("id")
        if identifier:
            key = _key(identifier)
            if key in self.ids:
                return SEEN_BEFORE
            _remember(self.ids, key, None)
        session = self._session(event, now)
        return KEPT if session is None else EventOutcome("accepted", None, session)

    def _session(self, event: Mapping[str, Json], now: float) -> str | None:
        """The session of an event: its own, or its identity's latest if that is not over for longer than the grace."""
        identity = either(event, "identity_id", "identityId")
        session = either(event, "session_id", "sessionId")
        if not identity:
            return session
        when, key = moment(event.get("timestamp") or ""), _key(identity)
        when = now if when is None else when
        latest = self.sessions.get(key)
        if session is None:
            return latest.id if latest is not None and when <= latest.ends + self.grace else None
        expires = _number(event, "session_expires_at", "sessionExpiresAt")
        if latest is not None and latest.id == session:
            latest.ends = expires if expires is not None else max(latest.ends, when)
            return session
        issued = _number(event, "session_issued_at", "sessionIssuedAt")
        created = issued if issued is not None else now
        if (latest is None or created >= latest.created) and len(session) <= MAX_SESSION_ID:
            _remember(self.sessions, key, Session(session, created, expires if expires is not None else when))
        return session


def memory_of(account: Account) -> SatoriMemory:
    """The account's memory."""

    def make() -> SatoriMemory:
        settings = settings_of(account, SatoriSettings)
        return account.keep(SatoriMemory(settings.satori_sessionless_grace_sec, settings.satori_taxonomy or Taxonomy()))

    return vendor_state(account, "satori", make)


def _key(text: str) -> Key:
    """What an id is remembered by: itself where it is short."""
    return text if len(text) <= MAX_KEY_CHARACTERS else hashlib.blake2b(text.encode(), digest_size=16).digest()


def _remember(kept: OrderedDict[Key, Any], key: Key, value: Any) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > MAX_REMEMBERED:
        kept.popitem(last=False)


def either(event: Any, *names: str) -> str | None:
    """What a field holds that has one of two names, as text; None where it is unset."""
    return next((str(event[name]) for name in names if event.get(name) not in (None, "")), None)


def _number(event: Mapping[str, Json], *names: str) -> float | None:
    text = either(event, *names)
    return float(text) if text and NUMBER.fullmatch(text) else None
