"""Sorts out what of a document can be served: names its operations, and leaves out those that cannot be, by name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mockserver.contracts.anatomy import SECTIONS, schema_references
from mockserver.contracts.bundling import Bundle
from mockserver.contracts.dereferencing import ReferencingError, operation_at
from mockserver.contracts.files import SCHEMA_PREFIX
from mockserver.contracts.paths import parameter_names
from mockserver.support.form import FormError, check_operation
from mockserver.support.keywords import METHODS

CONTROL = "/__admin"
UNSERVED = ("query",)
"""Methods of OpenAPI 3.2 that a path item can name and the server does not take."""


class Sifted(NamedTuple):
    """A document with only what is served, and a line for each operation that is not, or that another name was given.
    `left_out` are those of operations, `notes` the others."""

    document: dict[str, Any]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def sifted(bundle: Bundle) -> Sifted:
    """What can be served of a bundled document. The bundle's own document is not changed."""
    sieve = _Sieve(bundle)
    paths = sieve.paths()
    components = dict(bundle.document["components"])
    for kind, section in SECTIONS.items():
        if isinstance(components.get(section), dict):
            components[section] = sieve.sound(kind, components[section])
    document = {**bundle.document, "paths": paths, "components": components}
    if "webhooks" in document:
        document["webhooks"] = sieve.sound("pathItem", document["webhooks"])
    return Sifted(document, tuple(sieve.left_out), tuple(sieve.notes))


def operation_name(method: str, path: str) -> str:
    """The operationId that is made where a document gives none: `get_pets_petId` for GET /pets/{petId}."""
    return "_".join([method.lower(), *re.findall(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*", path)])


class _Sieve:
    def __init__(self, bundle: Bundle) -> None:
        self._document = bundle.document
        self._broken = bundle.broken
        self._names: set[str] = set()
        self._served: dict[tuple[str, str], str] = {}
        self.left_out: list[str] = []
        self.notes: list[str] = []
        self._bad_schemas = _bad_schemas(bundle)

    def paths(self) -> dict[str, Any]:
        """The paths with the operations that can be served, each with an operationId."""
        paths: dict[str, Any] = {}
        whole, others = _by_form(self._document["paths"])
        for path, item in [*whole.items(), *others.items()]:
            plain = path.partition("#")[0]
            served = self._path_item(path, plain, item)
            if served:
                paths[plain] = {**served, **paths.get(plain, {})}
        return paths

    def _path_item(self, path: str, plain: str, item: Any) -> dict[str, Any]:
        """What is served of a path item; nothing where none of its operations is."""
        problem = _path_problem(path, item, self._broken)
        if problem:
            self.left_out.append(f"{path}: {problem}")
            return {}
        kept = item if path == plain else {}
        rest = {name: value for name, value in kept.items() if name not in METHODS}
        further = rest.pop("additionalOperations", None) or {}
        for method in [*(name for name in UNSERVED if rest.pop(name, None)), *further]:
            self.left_out.append(f"{method.upper()} {path}: this method is not served")
        operations = {}
        for method in METHODS:
            if method in item:
                operation = self._operation(path, plain, method, item)
                if operation is not None:
                    operations[method] = operation
        return {**rest, **operations} if operations else {}

    def _operation(self, path: str, plain: str, method: str, item: Mapping[str, Any]) -> dict[str, Any] | None:
        """An operation with its name; None where it is left out."""
        operation = item[method]
        template = re.sub(r"\{[^}]*\}", "{}", plain)
        problem = self._problem(path, method, operation)
        if problem is None and (method, template) in self._served:
            problem = f"the same method and path are {self._served[method, template]} already"
        if problem is not None:
            name = operation.get("operationId") if isinstance(operation, dict) else None
            self.left_out.append(f"{method.upper()} {path}{f' ({name})' if name else ''}: {problem}")
            return None
        name = self._name(operation.get("operationId"), method, path)
        self._served[method, template] = name
        if path != plain:  # it moves to another path item
            parameters = [*(item.get("parameters") or ()), *(operation.get("parameters") or ())]
            operation = {**operation, "parameters": parameters}
        return {**operation, "operationId": name}

    def _problem(self, path: str, method: str, operation: Any) -> str | None:
        """Why an operation cannot be served; None where it can."""
        if not isinstance(operation, dict):
            return "expected an object"
        try:
            resolved = operation_at(self._document, path, method)
            check_operation(resolved if _is_name(operation.get("operationId")) else {**resolved, "operationId": "made"})
        except (ReferencingError, FormError) as error:
            return self._broken.get(str(error).removesuffix(" leads nowhere"), str(error))
        for reference in schema_references("operation", resolved):
            name = reference.removeprefix(SCHEMA_PREFIX)
            if name in self._bad_schemas:
                return self._bad_schemas[name]
            if reference in self._broken:
                return self._broken[reference]
        return None

    def sound(self, kind: str, named: Mapping[str, Any]) -> dict[str, Any]:
        """The objects of a kind that hold no schema which cannot be compiled, by name."""
        return {
            name: value
            for name, value in named.items()
            if not any(self._is_bad(reference) for reference in schema_references(kind, value))
        }

    def _is_bad(self, reference: str) -> bool:
        return reference in self._broken or reference.removeprefix(SCHEMA_PREFIX) in self._bad_schemas

    def _name(self, wanted: Any, method: str, path: str) -> str:
        """A name that no other operation of the document has."""
        made = not _is_name(wanted)
        stem = operation_name(method, path) if made else str(wanted)
        name, number = stem, 2
        while name in self._names:
            name, number = f"{stem}_{number}", number + 1
        self._names.add(name)
        if name != stem and not made:
            self.notes.append(f"{method.upper()} {path}: the operationId {stem} is given twice, this one is {name}")
        return name


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _by_form(paths: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The path items of plain paths, and those of paths with a fragment, which only tell operations of a path apart."""
    items = {path: item for path, item in paths.items() if not path.startswith("x-")}
    plain = {path: item for path, item in items.items() if "#" not in path}
    return plain, {path: item for path, item in items.items() if path not in plain}


def _path_problem(path: str, item: Any, broken: Mapping[str, str]) -> str | None:
    """Why nothing at a path can be served; None where something can."""
    if not isinstance(item, dict):
        return "expected an object"
    if "$ref" in item:
        return broken.get(str(item["$ref"]), f"{item['$ref']} leads nowhere")
    if not path.startswith("/"):
        return "a path begins with /"
    if "?" in path:
        return "a path has no query: document its parameters instead"
    if path == CONTROL or path.startswith(f"{CONTROL}/"):
        return f"{CONTROL} is the control API of mockserver"
    names = parameter_names(path)
    if len(set(names)) < len(names):
        return "a variable stands in the path twice"
    return None


def _bad_schemas(bundle: Bundle) -> dict[str, str]:
    """What is wrong with each component schema that reaches a broken one, by name."""
    users: dict[str, list[str]] = {}
    bad: dict[str, str] = {}
    for name, reference in _uses(bundle.document["components"]["schemas"]):
        if reference in bundle.broken:
            bad.setdefault(name, bundle.broken[reference])
        else:
            users.setdefault(reference.removeprefix(SCHEMA_PREFIX), []).append(name)
    waiting = list(bad)
    while waiting:
        name = waiting.pop()
        for user in users.get(name, ()):
            if user not in bad:
                bad[user] = bad[name]
                waiting.append(user)
    return bad


def _uses(schemas: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each component schema with each reference in it."""
    for name, schema in schemas.items():
        for reference in schema_references("schema", schema):
            yield name, reference
