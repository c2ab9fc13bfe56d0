"""Finds the resources of a contract by the shape of its paths, and by what `x-resource` says of its operations."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from mockserver.contracts.schema import CompiledSchema
from mockserver.contracts.values import ValueMaker
from mockserver.operations import Operation
from mockserver.support.keywords import types_of

Action = Literal["create", "list", "read", "replace", "update", "delete"]
RESOURCE = "x-resource"
"""What an overlay says of an operation: `{action, name, id}`, each optional, or false for one that keeps nothing."""
_ON_ITEM: Mapping[str, Action] = {"GET": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
_ON_COLLECTION: Mapping[str, Action] = {"POST": "create", "GET": "list", "PUT": "replace"}
_LAST = re.compile(r"(?P<collection>.*)/\{(?P<parameter>[^{}/]+)\}/?")
_IDS = ("id", "uuid", "guid", "key", "slug", "code", "name")


class Role(NamedTuple):
    """What an operation does with a resource. `collection` is the template of the path that the resource's items are
    under; `parameter` the path parameter that holds an item's id, None where the body does; `id` the member of an item
    that holds it, None where none does."""

    action: Action
    collection: str
    parameter: str | None
    id: str | None


class Place(NamedTuple):
    """Where items stand in a value: the names that lead to them. `items` says that it is an array of them."""

    names: tuple[str, ...]
    items: bool = False


def roles_of(operations: Iterable[Operation]) -> dict[str, Role]:
    """The roles of operations by their ids: POST P creates, GET P lists, GET, PUT, PATCH and DELETE P/{id} read,
    replace, update and delete; PUT P replaces by the id in the body."""
    operations = list(operations)
    paths = {operation.path.rstrip("/") for operation in operations}
    found: dict[str, re.Match[str]] = {}
    for operation in operations:
        match = _LAST.fullmatch(operation.path)
        if match and match["collection"] in paths:
            found.setdefault(match["collection"], match)
    ids = {collection: _id_of(match, operations) for collection, match in found.items()}
    roles: dict[str, Role] = {}
    for operation in operations:
        stated = operation.extensions.get(RESOURCE)
        role = None if stated is False else _role(operation, ids)
        if isinstance(stated, dict):
            role = _stated(operation, stated, role)
        if role is not None:
            roles[operation.id] = role
    return roles


def _role(operation: Operation, ids: Mapping[str, str | None]) -> Role | None:
    """The role that the shape of the path tells."""
    match, plain = _LAST.fullmatch(operation.path), operation.path.rstrip("/")
    if match and match["collection"] in ids and operation.method in _ON_ITEM:
        return Role(_ON_ITEM[operation.method], match["collection"], match["parameter"], ids[match["collection"]])
    if plain in ids and operation.method in _ON_COLLECTION:
        role = Role(_ON_COLLECTION[operation.method], plain, None, ids[plain])
        return role if role.action != "replace" or role.id is not None else None
    return None


def _stated(operation: Operation, stated: Mapping[str, Any], shaped: Role | None) -> Role | None:
    """The role that the contract states, with what the shape tells of the rest."""
    match = _LAST.fullmatch(operation.path)
    action = stated.get("action", shaped.action if shaped else None)
    if action not in ("create", "list", "read", "replace", "update", "delete"):
        return shaped
    on_item = match is not None and action not in ("create", "list")
    usual = match["collection"] if on_item and match else operation.path.rstrip("/")
    return Role(
        action,
        str(stated.get("name", shaped.collection if shaped else usual)),
        match["parameter"] if on_item and match else None,
        stated.get("id", shaped.id if shaped else "id"),
    )


def _id_of(match: re.Match[str], operations: Iterable[Operation]) -> str | None:
    """The member that holds the id of a collection's items, by the schemas of those that read, list or take them."""
    item, collection = match.group(), match["collection"]
    names: dict[str, None] = {}
    for operation in operations:
        if operation.path in (item, collection, f"{collection}/"):
            contract = operation.responses.get(operation.success)
            for schema in (contract.schema if contract else None, operation.documented):
                if schema is not None:
                    names.update(dict.fromkeys(_names_of_items(schema)))
    wanted = [match["parameter"], *_IDS] if match["parameter"].lower().endswith(_IDS) else [match["parameter"], "id"]
    by_name = {_plain(name): name for name in reversed(names)}
    return next((by_name[_plain(each)] for each in wanted if _plain(each) in by_name), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _names_of_items(schema: CompiledSchema) -> list[str]:
    """The members of the items that a schema holds, at its top or one level below."""
    maker = ValueMaker(schema.document)
    node = maker.merged({"$ref": "#"})
    return [name for found in (node, *_inner(node, maker)) for name in found.get("properties", {})]


def _inner(node: Mapping[str, Any], maker: ValueMaker) -> list[dict[str, Any]]:
    """The schemas one level below: of the items of an array, and of the members that are objects or arrays of them."""
    if "array" in types_of(node):
        return [maker.merged(node.get("items", {}))]
    found: list[dict[str, Any]] = []
    for each in node.get("properties", {}).values():
        member = maker.merged(each)
        found.append(maker.merged(member["items"]) if "items" in member else member)
    return found


def place_of(schema: CompiledSchema, names: Iterable[str], *, listing: bool) -> tuple[Place, Any]:
    """Where a schema holds items that have members of these names, and the schema of one: at its top, or in the member
    that knows most of them."""
    maker, wanted = ValueMaker(schema.made_from), set(names)
    root: Any = {"$ref": "#"}
    node = maker.merged(root)
    found: list[tuple[int, Place, Any]] = []
    if listing and "items" in node:
        return Place((), items=True), node["items"]
    if not listing:
        found.append((len(wanted & node.get("properties", {}).keys()), Place(()), root))
    for name, inner in node.get("properties", {}).items():
        member = maker.merged(inner)
        item = member.get("items") if listing else inner
        if item is not None and (listing or "properties" in member):
            known = maker.merged(item).get("properties", {})
            found.append((len(wanted & known.keys()), Place((name,), items=listing), item))
    best = max(found, key=lambda each: each[0], default=(0, Place((), items=listing), root))
    return best[1], best[2]
