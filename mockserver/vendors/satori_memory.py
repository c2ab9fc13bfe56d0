"""What Satori remembers of an account: the ids it has seen, each identity's latest session, and the taxonomy."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.model import Fate, Json
from mockserver.vendors.base import World, remembered, text_at

REMEMBERED_AT_MOST = 100_000
LONGEST_SESSION_ID = 1024
"""A session with a longer id is not remembered for events that name none."""
DUPLICATE = "an event with this id was accepted before"
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
VALUE_KINDS = ("string", "integer", "number", "none")


class TaxonomyError(ValueError):
    """A taxonomy is wrong; its text says what and what would be right."""


@dataclass(frozen=True, slots=True)
class EventRule:
    """What a taxonomy says of one event name: the metadata keys that it may have, and what its value must be."""

    metadata: frozenset[str] | None = None
    value: str = "string"


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The project's events by name (None: every name is good), and its limits: characters of a value, bytes of keys
    and values of metadata, and whether ids must be UUIDs."""

    events: Mapping[str, EventRule] | None = None
    max_value_length: int | None = None
    max_metadata_bytes: int | None = None
    uuid_ids: bool = False

    def reason(self, event: Mapping[str, Json]) -> str | None:
        """Why the vendor's debugger would show the event as thrown away, in its own word; None where it is kept."""
        name, value = text_at(event, "name"), text_at(event, "value") or ""
        metadata = event.get("metadata") or {}
        identifier = text_at(event, "id")
        rule = EventRule() if self.events is None else self.events.get(name or "")
        if not name or rule is None:
            return "INVALID_NAME"
        if not text_at(event, "timestamp") or not _is_value(value, rule.value):
            return "INVALID_VALUE"
        if self.max_value_length is not None and len(value) > self.max_value_length:
            return "VALUE_LENGTH_EXCEEDED"
        if rule.metadata is not None and not metadata.keys() <= rule.metadata:
            return "INVALID_METADATA"
        size = sum(len(key.encode()) + len(str(text).encode()) for key, text in metadata.items())
        if self.max_metadata_bytes is not None and size > self.max_metadata_bytes:
            return "METADATA_SIZE_EXCEEDED"
        return "INVALID_ID" if self.uuid_ids and identifier and not _is_uuid(identifier) else None


def read_taxonomy(document: Json) -> Taxonomy:
    """A taxonomy as a test or a file gives it: `events` (names, or name → {metadata: keys, value: kind}),
    `max_value_length`, `max_metadata_bytes`, `uuid_ids`. Raises TaxonomyError."""
    if not isinstance(document, dict):
        raise TaxonomyError(f"expected an object, found {_shown(document)}")
    for key in document:
        if key not in ("events", "max_value_length", "max_metadata_bytes", "uuid_ids"):
            raise TaxonomyError(
                f"{str(key)[:80]}: unknown; known are events, max_value_length, max_metadata_bytes, uuid_ids"
            )
    for key in ("max_value_length", "max_metadata_bytes"):
        if document.get(key) is not None and (type(document[key]) is not int or document[key] < 0):
            raise TaxonomyError(f"{key}: expected a whole number, found {_shown(document[key])}")
    if not isinstance(document.get("uuid_ids", False), bool):
        raise TaxonomyError(f"uuid_ids: expected true or false, found {_shown(document['uuid_ids'])}")
    return Taxonomy(
        _event_rules(document.get("events")),
        document.get("max_value_length"),
        document.get("max_metadata_bytes"),
        document.get("uuid_ids", False),
    )


def _event_rules(events: Json) -> dict[str, EventRule] | None:
    if events is None:
        return None
    if isinstance(events, list) and all(isinstance(name, str) for name in events):
        return {name: EventRule() for name in events}
    if not isinstance(events, dict):
        raise TaxonomyError(f"events: expected names, or rules by name, found {_shown(events)}")
    return {str(name): _event_rule(str(name), {} if rule is None else rule) for name, rule in events.items()}


def _event_rule(name: str, rule: Json) -> EventRule:
    if not isinstance(rule, dict) or not set(rule) <= {"metadata", "value"}:
        raise TaxonomyError(f"events.{name}: expected {{metadata: keys, value: kind}}, found {_shown(rule)}")
    metadata, value = rule.get("metadata"), rule.get("value", "string")
    if metadata is not None and not (isinstance(metadata, list) and all(isinstance(key, str) for key in metadata)):
        raise TaxonomyError(f"events.{name}.metadata: expected a list of keys, found {_shown(metadata)}")
    if value not in VALUE_KINDS:
        raise TaxonomyError(f"events.{name}.value: expected one of {', '.join(VALUE_KINDS)}, found {_shown(value)}")
    return EventRule(None if metadata is None else frozenset(metadata), value)


def _shown(value: Json) -> str:
    """A value, cut to a readable length."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


@dataclass(slots=True)
class Session:
    """A session of an identity: `created` orders sessions, `ends` is when it is over, both in seconds."""

    id: str
    created: float
    ends: float


@dataclass(slots=True, eq=False)
class SatoriMemory:
    """One account's memory. Ids and identities are bounded, and kept as digests, so that their length does not
    matter; those seen longest ago are forgotten."""

    grace: float
    taxonomy: Taxonomy
    ids: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    sessions: OrderedDict[bytes, Session] = field(default_factory=OrderedDict)

    def take(self, event: Mapping[str, Json], now: float) -> Fate:
        """What becomes of one event of an accepted batch."""
        reason = self.taxonomy.reason(event)
        if reason is not None:
            return Fate("dropped", reason)
        identifier = text_at(event, "id")
        if identifier is not None:
            digest = _digest(identifier)
            if digest in self.ids:
                return Fate("duplicate", DUPLICATE)
            _remember(self.ids, digest, None)
        return Fate("accepted", None, self._session(event, now))

    def _session(self, event: Mapping[str, Json], now: float) -> str | None:
        """The session of an event: its own, or its identity's latest if that is not over for longer than the grace."""
        identity, session = _either(event, "identity_id", "identityId"), _either(event, "session_id", "sessionId")
        if identity is None:
            return session
        when, key = _seconds(text_at(event, "timestamp"), now), _digest(identity)
        latest = self.sessions.get(key)
        if session is None:
            return latest.id if latest is not None and when <= latest.ends + self.grace else None
        issued = _number(_either(event, "session_issued_at", "sessionIssuedAt"))
        expires = _number(_either(event, "session_expires_at", "sessionExpiresAt"))
        if latest is not None and latest.id == session:
            latest.ends = expires if expires is not None else max(latest.ends, when)
        elif latest is None or (issued if issued is not None else now) >= latest.created:
            created = issued if issued is not None else now
            if len(session) <= LONGEST_SESSION_ID:
                _remember(self.sessions, key, Session(session, created, expires if expires is not None else when))
        return session


def satori_memory_of(world: World) -> SatoriMemory:
    """The account's memory."""

    def make() -> SatoriMemory:
        grace, taxonomy = world.options["satori_sessionless_grace_sec"], world.options["satori_taxonomy"]
        return SatoriMemory(grace, taxonomy or Taxonomy())

    memory: SatoriMemory = remembered(world, "satori", make)
    return memory


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _remember(kept: OrderedDict[bytes, Any], key: bytes, value: Any) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > REMEMBERED_AT_MOST:
        kept.popitem(last=False)


def _either(event: Mapping[str, Json], *names: str) -> str | None:
    """A field by either of its names, as text; an empty text counts as unset."""
    return next((str(event[name]) for name in names if event.get(name) not in (None, "")), None)


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and _NUMBER.fullmatch(text) else None


def _seconds(timestamp: str | None, default: float) -> float:
    try:
        return dt.datetime.fromisoformat(timestamp or "").timestamp()
    except (ValueError, OverflowError):
        return default


def _is_value(value: str, kind: str) -> bool:
    if kind == "none" or not value:  # a value is optional
        return not value
    pattern = {"integer": _INTEGER, "number": _NUMBER}.get(kind)
    return pattern is None or pattern.fullmatch(value) is not None


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
