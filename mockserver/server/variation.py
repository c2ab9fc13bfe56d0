"""Varies successful responses within the contract, to find clients that rely on incidental behaviour."""

import json
import random
from collections.abc import Iterator
from typing import Any

from mockserver.contracts.limits import Makers, trials
from mockserver.contracts.schema import CompiledSchema
from mockserver.contracts.values import ValueMaker
from mockserver.model import Json, Response
from mockserver.operations import Operation
from mockserver.support.pointers import walk

MEANING = frozenset(
    {"id", "id_str", "uid", "request_id", "success", "status", "columns", "series", "times", "values", "intervals"}
)
"""Members that say what the vendor did: they stay, and so does whatever holds them."""
STRANGE: tuple[Json, ...] = (
    *(None, True, 0, -1, 2**53 + 1, 2**63 - 1, -(2**63), 0.1, 1e308, 5e-324, "", "é😀\u2028", "null", [], {}),
    *([None], {"id": None}),
)
"""What an unknown member may hold; the numbers are at the edges of what JSON readers tell apart."""
MAX_DEPTH = 24
MAX_PIECES = 6


def varied(response: Response, operation: Operation, body: Json, chance: random.Random) -> Response:
    """A success of the operation in another legal form; `body` is what the client sent.

    Members change their order, optional ones are left out or added, unknown ones are added where the contract allows
    them, and the text is spaced, escaped and sent in chunks. Ids, echoes of the request and results of queries stay as
    they are. A variation that would break the response's schema is dropped; failures are not varied.
    """
    contract = operation.responses.get(response.status)
    if response.status >= 300 or contract is None or contract.schema is None or not response.body:
        return response
    usual = json.loads(response.body)
    asked = operation.documented.document if operation.documented else {}
    changed = Variation(contract.schema, frozenset(_names(asked)), _scalars(body), chance).of(usual)
    value = changed if contract.schema.validator.is_valid(changed) else usual
    return response._replace(body=_written(value, chance), pieces=chance.choice((0, 0, 1, 2, MAX_PIECES)))


class Variation:
    """One variation of a response. `asked` are the names that a request knows, `sent` the plain values of this one:
    members that echo them stay, and none of them is made up."""

    def __init__(
        self, schema: CompiledSchema, asked: frozenset[str], sent: frozenset[str], chance: random.Random
    ) -> None:
        self._least, self._full = ValueMaker(schema.document), ValueMaker(schema.document, full=True)
        self._asked = asked
        self._sent = sent
        self._chance = chance

    def of(self, value: Json) -> Json:
        """The whole response, varied."""
        return self._varied(value, {"$ref": "#"}, 0)

    def _varied(self, value: Json, schema: Any, depth: int) -> Json:
        schema = self._least.merged(schema)
        if depth > MAX_DEPTH:
            return value
        if isinstance(value, list):
            return [self._varied(item, schema.get("items"), depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        known = schema.get("properties", {})
        members = {
            name: self._varied(inner, known.get(name), depth + 1)
            for name, inner in value.items()
            if name in schema.get("required", ()) or self._has_meaning(name, inner) or self._chance.random() < 0.6
        }
        for name in known:
            if name not in value and name not in self._asked | MEANING and self._chance.random() < 0.4:
                legal = self._legal(known[name])
                members |= {name: self._chance.choice(legal)} if legal else {}
        if schema.get("additionalProperties", True) is True and schema.get("type") == "object":
            for _ in range(self._chance.choice((0, 0, 1, 2))):
                members[f"x_{self._chance.getrandbits(20):05x}"] = self._chance.choice(STRANGE)
        order = list(members)
        self._chance.shuffle(order)
        return {name: members[name] for name in order}

    def _has_meaning(self, name: str, value: Json) -> bool:
        if name in MEANING or name in self._asked:
            return value is not None
        if isinstance(value, dict):
            return any(self._has_meaning(inner, part) for inner, part in value.items())
        if isinstance(value, list):
            return any(self._has_meaning("", part) for part in value)
        return _key(value) in self._sent

    def _legal(self, schema: Any) -> list[Json]:
        """Values for a documented member that nobody asked about, most of them at one of the schema's limits."""
        makers = Makers(self._least, self._full, lambda: f"x_{self._chance.getrandbits(20):05x}")
        tried = [trial.value for trial in trials(makers, self._least.merged(schema)) if trial.side != "outside"]
        return [value for value in (*tried, *STRANGE, "x" * 300) if self._least.fits(schema, value)]


def _names(schema: Any) -> Iterator[str]:
    """Every member name that a schema document knows."""
    for _, node in walk(schema):
        if isinstance(node, dict) and isinstance(node.get("properties"), dict):
            yield from node["properties"]


def _scalars(body: Json) -> frozenset[str]:
    """The plain values inside a body, as keys to compare by."""
    values = (value for _, value in walk(body))
    return frozenset(_key(value) for value in values if value is not None and not isinstance(value, (dict, list)))


def _key(value: Json) -> str:
    return f"{type(value).__name__}:{value}"


def _written(value: Json, chance: random.Random) -> bytes:
    """JSON with some legal spacing and escaping."""
    indent: int | str | None = chance.choice((None, None, 2, "\t"))
    separators = chance.choice(((",", ":"), (", ", ": "), (" ,", " : ")))
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=chance.random() < 0.5)
    return (chance.choice(("", "", "\n", " ")) + text + chance.choice(("", "\n", "\r\n  "))).encode()
