"""Which events a Satori project knows, and its limits: what they do not allow is thrown away, with a reason."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mockserver.model import Json
from mockserver.support.matching import shown
from mockserver.support.suggestions import hint
from mockserver.vendors.base import text_at

MEMBERS = ("events", "max_value_length", "max_metadata_bytes", "uuid_ids")
VALUE_KINDS = ("string", "integer", "number", "none")
_INTEGER = re.compile(r"-?[0-9]+")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class TaxonomyError(ValueError):
    """A taxonomy is wrong; its text says what and what would be right."""


class EventRule(NamedTuple):
    """What a taxonomy says of one event name: the metadata keys that it may have, and what its value must be."""

    metadata: frozenset[str] | None = None
    value: str = "string"


ANY_EVENT = EventRule()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The project's events by name (None: every name is good), and its limits: characters of a value, bytes of keys
    and values of metadata, and whether ids must be UUIDs."""

    events: Mapping[str, EventRule] | None = None
    max_value_length: int | None = None
    max_metadata_bytes: int | None = None
    uuid_ids: bool = False
    allows_everything: bool = field(init=False)

    def __post_init__(self) -> None:
        limits = (self.events, self.max_value_length, self.max_metadata_bytes)
        object.__setattr__(self, "allows_everything", limits == (None, None, None) and not self.uuid_ids)

    def reason(self, event: Mapping[str, Json]) -> str | None:
        """Why the vendor's debugger would show the event as thrown away, in its own word; None where it is kept."""
        name = event.get("name")
        rule = ANY_EVENT if self.events is None else self.events.get(name or "")
        if not name or rule is None:
            return "INVALID_NAME"
        if not event.get("timestamp"):
            return "INVALID_VALUE"
        return None if self.allows_everything else self._broken(event, rule)

    def _broken(self, event: Mapping[str, Json], rule: EventRule) -> str | None:
        """The limit that an event with a known name breaks."""
        value, metadata = text_at(event, "value") or "", event.get("metadata") or {}
        if not _is_value(value, rule.value):
            return "INVALID_VALUE"
        if self.max_value_length is not None and len(value) > self.max_value_length:
            return "VALUE_LENGTH_EXCEEDED"
        if rule.metadata is not None and not metadata.keys() <= rule.metadata:
            return "INVALID_METADATA"
        size = sum(len(key.encode()) + len(str(text).encode()) for key, text in metadata.items())
        if self.max_metadata_bytes is not None and size > self.max_metadata_bytes:
            return "METADATA_SIZE_EXCEEDED"
        identifier = text_at(event, "id")
        return "INVALID_ID" if self.uuid_ids and identifier and not _is_uuid(identifier) else None


def read_taxonomy(document: Json) -> Taxonomy:
    """A taxonomy as a test or a file gives it: `events` (names, or name → {metadata: keys, value: kind}),
    `max_value_length`, `max_metadata_bytes`, `uuid_ids`. Raises TaxonomyError."""
    if not isinstance(document, dict):
        raise TaxonomyError(f"expected an object, found {shown(document)}")
    for key in document:
        if key not in MEMBERS:
            raise TaxonomyError(f"{str(key)[:80]}: unknown{hint(key, MEMBERS)}")
    for key in ("max_value_length", "max_metadata_bytes"):
        if document.get(key) is not None and (type(document[key]) is not int or document[key] < 0):
            raise TaxonomyError(f"{key}: expected a whole number, found {shown(document[key])}")
    if not isinstance(document.get("uuid_ids", False), bool):
        raise TaxonomyError(f"uuid_ids: expected true or false, found {shown(document['uuid_ids'])}")
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
        raise TaxonomyError(f"events: expected names, or rules by name, found {shown(events)}")
    return {str(name): _event_rule(str(name), {} if rule is None else rule) for name, rule in events.items()}


def _event_rule(name: str, rule: Json) -> EventRule:
    if not isinstance(rule, dict) or not set(rule) <= {"metadata", "value"}:
        raise TaxonomyError(f"events.{name}: expected {{metadata: keys, value: kind}}, found {shown(rule)}")
    metadata, value = rule.get("metadata"), rule.get("value", "string")
    if metadata is not None and not (isinstance(metadata, list) and all(isinstance(key, str) for key in metadata)):
        raise TaxonomyError(f"events.{name}.metadata: expected a list of keys, found {shown(metadata)}")
    if value not in VALUE_KINDS:
        raise TaxonomyError(f"events.{name}.value: expected one of {', '.join(VALUE_KINDS)}, found {shown(value)}")
    return EventRule(None if metadata is None else frozenset(metadata), value)


def _is_value(value: str, kind: str) -> bool:
    if kind == "none" or not value:  # a value is optional
        return not value
    pattern = {"integer": _INTEGER, "number": NUMBER}.get(kind)
    return pattern is None or pattern.fullmatch(value) is not None


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
