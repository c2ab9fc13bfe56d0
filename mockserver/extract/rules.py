"""Rules that the prose around a body states, with the place in the contract that they speak of."""

import re
from collections.abc import Iterator

from mockserver.extract import limits
from mockserver.extract.model import Endpoint, Json, Rule, Schema, Unextracted
from mockserver.extract.names import numbered
from mockserver.extract.schema import enums
from mockserver.support.pointers import escaped

WHOLE_OPERATION = {"requires-permission"}
OF_THE_PARENT = {"at-least-one-of", "exactly-one-of", "not-both"}


def unextracted(name: str, endpoint: Endpoint, request: Schema, place: str, page: str) -> Iterator[Unextracted]:
    """The rules of the overview. `place` is the operation's own, for a rule that names no field of the request."""
    fields = dict(_fields(request, "", ""))
    context = limits.Context({}, enums=tuple(enums(request)))
    found = [(prose, rule) for prose in endpoint.prose for rule in limits.read(prose.text, context)[1]]
    places = [_place(name, prose.text, rule, fields) or (name, place) for prose, rule in found]
    keys = numbered(f"{key}:{rule.kind}" for (key, _), (_, rule) in zip(places, found, strict=True))
    for key, (_, at), (prose, rule) in zip(keys, places, found, strict=True):
        yield Unextracted(key, at, rule, page, prose.line)


def _place(name: str, text: str, rule: Rule, fields: dict[str, str]) -> tuple[str, str] | None:
    """Id without tail, and place, of a rule that names fields of the request."""
    named = [at for word in re.findall(r"`([\w.]+)`", text) if (at := _find(word, fields)) is not None]
    if not named or rule.kind in WHOLE_OPERATION:
        return None
    pointer = named[0].rsplit("/properties/", 1)[0] if rule.kind in OF_THE_PARENT else named[0]
    return f"{name}.request#{pointer}", f"{name}.request.json#{pointer}"


def _find(word: str, fields: dict[str, str]) -> str | None:
    """The pointer of the field whose dotted path is or ends with `word`, the least deep first."""
    fitting = [path for path in fields if path == word or path.endswith(f".{word}")]
    return fields[min(fitting, key=lambda path: path.count("."))] if fitting else None


def _fields(schema: Json, pointer: str, path: str) -> Iterator[tuple[str, str]]:
    """Dotted path and JSON pointer of every property; lists and options are no step of the path."""
    if not isinstance(schema, dict):
        return
    for name, member in schema.get("properties", {}).items():
        at, dotted = f"{pointer}/properties/{escaped(name)}", f"{path}.{name}".lstrip(".")
        yield dotted, at
        yield from _fields(member, at, dotted)
    yield from _fields(schema.get("items"), f"{pointer}/items", path)
    for choice in ("oneOf", "anyOf"):
        for index, option in enumerate(schema.get(choice, ())):
            yield from _fields(option, f"{pointer}/{choice}/{index}", path)
