"""Keeps the resources that requests create, and answers later requests with them: the setting `state`."""

from __future__ import annotations

import copy
import random
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from mockserver.accounts.account import Account
from mockserver.contracts.answers import accepted_content, documented_response
from mockserver.contracts.contents import Content
from mockserver.contracts.paths import parameter_names
from mockserver.contracts.resources import Place, Role, place_of, roles_of
from mockserver.contracts.schema import CompiledSchema
from mockserver.contracts.values import NoValueError, ValueMaker
from mockserver.errors import Failure
from mockserver.model import FailureKind, Json, Response
from mockserver.operations import Operation, RequestContext
from mockserver.support.jsontext import dump
from mockserver.vendors.base import Behaviour, sample_response, vendor_state

ITEM_BYTES = 500
"""What an item takes in memory besides its text, near enough for a bound."""
MAX_LISTED = 1000
MAX_TRIES = 200
_COUNTS = frozenset({"total", "count", "total_count", "totalcount", "size"})
Key = tuple[str, ...]
Item = dict[str, Json]


class Items:
    """The items that one account keeps, by collection and id. Beyond `max_entries` items or `max_bytes` the oldest
    goes."""

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._items: OrderedDict[tuple[Key, str], tuple[Item, int]] = OrderedDict()
        self._next: dict[Key, int] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def forget_oldest(self) -> None:
        _, (_, size) = self._items.popitem(last=False)
        self.bytes -= size

    def get(self, collection: Key, name: str) -> Item | None:
        found = self._items.get((collection, name))
        return None if found is None else found[0]

    def put(self, collection: Key, name: str, item: Item) -> None:
        """Keeps an item, in its old place where there is one."""
        size = len(dump(item)) + ITEM_BYTES
        before = self._items.get((collection, name))
        self._items[collection, name] = (item, size)
        self.bytes += size - (before[1] if before else 0)
        while len(self._items) > 1 and (len(self._items) > self._max_entries or self.bytes > self._max_bytes):
            self.forget_oldest()

    def drop(self, collection: Key, name: str) -> bool:
        """Forgets an item; whether there was one."""
        found = self._items.pop((collection, name), None)
        if found is not None:
            self.bytes -= found[1]
        return found is not None

    def of(self, collection: Key) -> list[Item]:
        return [item for (of, _), (item, _) in self._items.items() if of == collection]

    def next_number(self, collection: Key) -> int:
        """A number that no item of the collection has or was given before."""
        number = self._next.get(collection, 0) + 1
        while (collection, str(number)) in self._items:
            number += 1
        if len(self._next) >= self._max_entries:
            self._next.clear()
        self._next[collection] = number
        return number


class Bounds(NamedTuple):
    """How many items, and bytes of them, one account keeps."""

    entries: int
    bytes: int


def stateful_behaviours(operations: Iterable[Operation], bounds: Bounds) -> dict[str, Behaviour]:
    """The behaviours of the operations that create, list, read, replace, update or delete a resource, by their ids."""
    operations = list(operations)
    roles = roles_of(operations)
    return {each.id: Resource(each, roles[each.id], bounds) for each in operations if each.id in roles}


class Resource:
    """What one operation does with a resource."""

    def __init__(self, operation: Operation, role: Role, bounds: Bounds) -> None:
        self._operation, self._role, self._bounds = operation, role, bounds
        self._actions: Mapping[str, Callable[[RequestContext, Account, Items, Key], Response]] = {
            "create": self._create,
            "list": self._list,
            "read": self._read,
            "replace": self._change,
            "update": self._change,
            "delete": self._delete,
        }

    def __call__(self, context: RequestContext, account: Account) -> Response:
        items = vendor_state(account, "resources", lambda: account.keep(Items(*self._bounds)))
        values = context.path_values
        names = parameter_names(self._role.collection)
        collection = (self._role.collection, *(values.get(name, "") for name in names))
        return self._actions[self._role.action](context, account, items, collection)

    def _create(self, context: RequestContext, account: Account, items: Items, collection: Key) -> Response:
        body = context.body
        if not isinstance(body, dict):
            return sample_response(context, account)
        content = _json_content(context)
        shape = _shape(content, body, listing=False)
        item, member = _inside(body, shape), self._role.id
        if member is None or item.get(member) is None:
            number = _new_id(shape, member, items.next_number(collection), account.random)
            name = _name(number)
            item = item if member is None else {member: number, **{k: v for k, v in item.items() if k != member}}
        else:
            name = _name(item[member])
        item = shape.completed(item) if shape else item
        items.put(collection, name, item)
        return self._answer(context, account, shape, item)

    def _list(self, context: RequestContext, account: Account, items: Items, collection: Key) -> Response:
        kept = items.of(collection)[:MAX_LISTED]
        shape = _shape(_json_content(context), kept[:1] or [{}], listing=True)
        if shape is None or not shape.place.items:
            return sample_response(context, account)
        found, fitting = shape.listing(kept)
        return _with_body(context, account, shape, found) if fitting else sample_response(context, account)

    def _read(self, context: RequestContext, account: Account, items: Items, collection: Key) -> Response:
        item = self._known(context, items, collection)
        return self._answer(context, account, _shape(_json_content(context), item, listing=False), item)

    def _change(self, context: RequestContext, account: Account, items: Items, collection: Key) -> Response:
        item, body = self._known(context, items, collection), context.body
        shape = _shape(_json_content(context), item, listing=False)
        if isinstance(body, dict):
            sent = _inside(body, shape) if shape else body
            member = self._role.id
            same = {member: item[member]} if member is not None and member in item else {}
            changed = {**sent, **same} if self._role.action == "replace" else {**_patched(item, sent), **same}
            item = shape.completed(changed) if shape else changed
            items.put(collection, self._name(context), item)
        return self._answer(context, account, shape, item)

    def _delete(self, context: RequestContext, account: Account, items: Items, collection: Key) -> Response:
        item = self._known(context, items, collection)
        items.drop(collection, self._name(context))
        return self._answer(context, account, _shape(_json_content(context), item, listing=False), item)

    def _name(self, context: RequestContext) -> str:
        """The id of the item that a request is about: in its path, else in its body."""
        role, body = self._role, context.body
        if role.parameter is not None:
            return context.path_values.get(role.parameter, "")
        return _name(body.get(role.id)) if isinstance(body, dict) and role.id is not None else ""

    def _known(self, context: RequestContext, items: Items, collection: Key) -> Item:
        name = self._name(context)
        item = items.get(collection, name)
        if item is None:
            raise Failure(FailureKind.UNKNOWN_PATH, f"there is no {name!r} in {self._role.collection}", status=404)
        return item

    def _answer(self, context: RequestContext, account: Account, shape: Shape | None, item: Item) -> Response:
        """The documented success with the item in it; the usual one where it has no place for it."""
        if shape is None:
            return sample_response(context, account)
        value, fitting = shape.whole(item)
        return _with_body(context, account, shape, value) if fitting else sample_response(context, account)


def _with_body(context: RequestContext, account: Account, shape: Shape, value: Json) -> Response:
    usual = documented_response(
        context.operation, context.operation.success, context.request, context.preferences, account.random
    )
    body = shape.content.body_of(value)
    return usual._replace(body=b"" if context.operation.method == "HEAD" else body.data, content_type=body.content_type)


def _json_content(context: RequestContext) -> Content | None:
    """The media type of a success that is a value, as JSON or XML is one; None where there is none."""
    contract = context.operation.response_for(context.operation.success)
    if contract is None or not contract.contents:
        return None
    content = accepted_content(contract, context.request) or contract.contents[0]
    return content if content.schema is not None and content.schema.forms[0].kind in ("object", "array") else None


class Shape:
    """Where a response holds items, and what fits there."""

    def __init__(self, content: Content, schema: CompiledSchema, names: Iterable[str], *, listing: bool) -> None:
        self.content = content
        self._schema = schema
        self._maker = ValueMaker(schema.made_from)
        self.place, self.item = place_of(schema, names, listing=listing)
        known, shown = (_properties(document, self.place) for document in (schema.document, schema.made_from))
        self._hidden = known.keys() - shown.keys()

    def properties(self) -> Mapping[str, Any]:
        """The members that an item is documented to have."""
        found: Mapping[str, Any] = self._maker.merged(self.item).get("properties", {})
        return found

    def fits(self, schema: Any, value: Json) -> bool:
        """Whether a value fits a schema that stands inside the response's."""
        return self._maker.fits(schema, value)

    def values(self, schema: Any) -> Iterator[Json]:
        """Values for a schema that stands inside the response's."""
        return self._maker.values(schema)

    def completed(self, item: Item) -> Item:
        """An item with made values for the members that are required and were not sent."""
        return self._merged(self.item, item)

    def whole(self, item: Item) -> tuple[Json, bool]:
        """The response with an item in it, as far as it fits; and whether it does."""
        shown = {name: value for name, value in item.items() if name not in self._hidden}
        base = self._made({"$ref": "#"})
        for value in self._fitting(shown):
            whole = _placed(base, self.place.names, value)
            if self._schema.validator.is_valid(whole):
                return whole, True
        return base, False

    def listing(self, items: list[Item]) -> tuple[Json, bool]:
        """The response with items in it, as far as they fit; and whether it does."""
        shown = [self._merged(self.item, {k: v for k, v in each.items() if k not in self._hidden}) for each in items]
        base = self._made({"$ref": "#"})
        whole = _placed(base, self.place.names, shown)
        counted = _counted(whole, len(items))
        if self._schema.validator.is_valid(counted):
            return counted, True
        return whole, self._schema.validator.is_valid(whole)

    def _fitting(self, item: Item) -> Iterator[Json]:
        yield {**_as_object(self._made(self.item)), **item} if not self.place.names or item else item
        yield self._merged(self.item, item)

    def _merged(self, schema: Any, item: Item) -> Item:
        """A made value with what of an item fits: all of it or, one by one, the members that leave it fitting."""
        base = _as_object(self._made(schema))
        known = [name for name in self._maker.merged(schema).get("properties", {}) if name in base or name in item]
        whole = dict.fromkeys(known) | base | item  # in the order in which they are documented
        if self._maker.fits(schema, whole):
            return whole
        for name, value in islice(item.items(), MAX_TRIES):
            tried = {**base, name: value}
            base = tried if self._maker.fits(schema, tried) else base
        return base

    def _made(self, schema: Any) -> Json:
        try:
            return copy.deepcopy(self._maker.value(schema))
        except NoValueError:
            return copy.deepcopy(self.content.value)


def _shape(content: Content | None, of: Any, *, listing: bool) -> Shape | None:
    """The shape of a response that holds items like one, None where it holds none. Items in an envelope are known by
    what is inside it."""
    if content is None or content.schema is None:
        return None
    sample = of[0] if isinstance(of, list) else of
    inner = next(iter(sample.values())) if len(sample) == 1 else None
    names = inner if isinstance(inner, dict) else sample
    return Shape(content, content.schema, names, listing=listing)


def _properties(document: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    """The members of what stands at a place of a schema."""
    maker = ValueMaker(document)
    node = maker.merged({"$ref": "#"})
    for name in place.names:
        node = maker.merged(node.get("properties", {}).get(name, {}))
    if place.items:
        node = maker.merged(node.get("items", {}))
    found: Mapping[str, Any] = node.get("properties", {})
    return found


def _inside(body: Item, shape: Shape | None) -> Item:
    """The item in a body: that in an envelope like the response's, or the whole."""
    inner: Any = body
    for name in shape.place.names if shape is not None else ():
        inner = inner.get(name) if isinstance(inner, dict) else None
    return dict(inner) if isinstance(inner, dict) else dict(body)


def _counted(value: Json, number: int, depth: int = 0) -> Json:
    """A listing with the number of its items, where it or its metadata counts them."""
    if not isinstance(value, dict) or depth > 1:
        return value
    counts = {name: number for name, each in value.items() if name.lower() in _COUNTS and isinstance(each, int)}
    return {name: _counted(each, number, depth + 1) for name, each in value.items()} | counts


def _placed(base: Json, names: tuple[str, ...], value: Json) -> Json:
    """A value with another at the place of some names."""
    if not names:
        return {**base, **value} if isinstance(base, dict) and isinstance(value, dict) else value
    inner = base.get(names[0]) if isinstance(base, dict) else None
    return {**_as_object(base), names[0]: _placed(inner, names[1:], value)}


def _as_object(value: Json) -> Item:
    return value if isinstance(value, dict) else {}


def _patched(item: Item, patch: Item) -> Item:
    """An item merged with a patch (RFC 7396): null removes a member."""
    merged = dict(item)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            merged[name] = _patched(_as_object(merged.get(name)), value)
        else:
            merged[name] = value
    return merged


def _name(value: Json) -> str:
    """An id as it stands in a path."""
    return value if isinstance(value, str) else dump(value).decode("utf-8")


def _new_id(shape: Shape | None, member: str | None, number: int, chance: random.Random) -> Json:
    """An id that fits the schema of its member: a number, a UUID, or a text."""
    schema = {} if shape is None or member is None else shape.properties().get(member, {})
    tried: tuple[Json, ...] = (number, str(uuid.UUID(int=chance.getrandbits(128), version=4)), str(number))
    if shape is None or member is None:
        return number
    for value in tried:
        if shape.fits(schema, value):
            return value
    made = list(islice(shape.values(schema), MAX_TRIES))
    return made[number % len(made)] if made else str(number)
