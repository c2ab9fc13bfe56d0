"""Pages and an OpenAPI document of one vendor, combined: the page goes before the document where they differ."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.extract.compare import REQUEST, RESPONSE, Difference, compatible, operations, schemas
from mockserver.extract.cut import is_cut
from mockserver.extract.kept import Call, calls
from mockserver.extract.model import Contract, Json, Schema
from mockserver.support.evidence import EVIDENCE, EVIDENCE_FOR
from mockserver.support.keywords import resolved
from mockserver.support.pointers import walk

STRUCTURE = ("properties", "items", "additionalProperties")
CHOICES = ("oneOf", "anyOf", "allOf")
ALWAYS = frozenset({"properties", "required"})
"""What both sides state, if only by leaving it out."""
OF_CALLS = ("parameters", "requestBody", "responses")


class Pair(NamedTuple):
    """One operation as the pages and as the document have it, with the calls of each and their schemas by the end of
    their file names, such as `request.json`."""

    call: Call
    page: Schema
    document: Schema
    page_schemas: Mapping[str, Schema]
    document_schemas: Mapping[str, Schema]


def pairs(pages: Contract, document: Contract) -> Iterator[Pair]:
    """The operations that both describe. The names of path parameters may differ."""
    listed = {(_shape(path), method): (path, method) for path, method in calls(document.openapi)}
    described = calls(document.openapi)
    for call, operation in calls(pages.openapi).items():
        other = listed.get((_shape(call[0]), call[1]))
        if other is not None and "x-unread" not in operation:
            given = _renamed(described[other], other[0], call[0])
            yield Pair(call, operation, given, _own(pages, operation), _own(document, given))


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _renamed(operation: Schema, path: str, other: str) -> Schema:
    """The operation with its path parameters called as in the other path."""
    names = dict(zip(re.findall(r"\{([^}]*)\}", path), re.findall(r"\{([^}]*)\}", other), strict=True))
    parameters = [
        {**each, "name": names.get(each["name"], each["name"])} if each["in"] == "path" else each
        for each in operation.get("parameters", ())
    ]
    return {**operation, "parameters": parameters}


def _own(contract: Contract, operation: Schema) -> dict[str, Schema]:
    name = f"{operation['operationId']}."
    return {file.removeprefix(name): each for file, each in contract.schemas.items() if file.startswith(name)}


def disagreements(pages: Contract, document: Contract) -> Iterator[Difference]:
    """Where a page says something else than the document, as changes from the document to the page. What only one of
    them limits is no disagreement; what only one of them names is."""
    for pair in pairs(pages, document):
        place = f"{pair.call[1].upper()} {pair.call[0]}"
        old, new = _comparable(pair.document, pair.page)
        yield from operations(old, new, place)
        for file in sorted(pair.page_schemas.keys() & pair.document_schemas.keys()):
            known, stated = pair.document_schemas[file], pair.page_schemas[file]
            side = RESPONSE if file.startswith("response") else REQUEST
            yield from schemas(*_common(known, stated, known), f"{pair.page['operationId']}.{file}#", side)
    known_shapes = {(_shape(path), method) for path, method in calls(document.openapi)}
    for path, method in calls(pages.openapi):
        if (_shape(path), method) not in known_shapes:
            yield compatible(f"{method.upper()} {path}", "only a page documents it", "api-only-on-page")


def _comparable(document: Schema, page: Schema) -> tuple[Schema, Schema]:
    """The operation objects with what both can say."""
    old = {key: document[key] for key in (*OF_CALLS, "deprecated") if key in document}
    new = {key: page[key] for key in (*OF_CALLS, "deprecated") if key in page}
    old.setdefault("responses", {})
    if "security" in page and "security" in document:
        old["security"], new["security"] = document["security"], page["security"]
    given = {(each["in"], each["name"]): each for each in page.get("parameters", ())}
    known = {(each["in"], each["name"]): each for each in document.get("parameters", ())}
    for listed, others, holder in ((known, given, old), (given, known, new)):
        holder["parameters"] = [
            {**each, "schema": _common(each.get("schema", {}), others[key].get("schema", {}), {})[0]}
            if key in others
            else each
            for key, each in listed.items()
        ]
    return old, new


def _common(one: Json, other: Json, root: Schema) -> tuple[Json, Json]:
    """Two schemas with only the keywords that both have. References of the first one are to definitions of `root`."""
    if isinstance(one, dict) and "$ref" in one and root:
        one = resolved(one, root)
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return (one, other) if type(one) is type(other) else ({}, {})
    if "$ref" in other or "$ref" in one or "allOf" in one:
        return {}, {}
    first: Schema = {}
    second: Schema = {}
    for key in one.keys() & other.keys() | (ALWAYS & (one.keys() | other.keys())):
        if key.startswith(("x-", "$")) or key in ("title", "default", "deprecated"):
            continue
        a, b = one.get(key), other.get(key)
        if key == "properties":
            a, b = _both(a or {}, b or {}, root)
        elif key in STRUCTURE:
            a, b = _common(a, b, root)
        elif key in CHOICES:
            if len(a or ()) != len(b or ()):
                continue
            made = [_common(x, y, root) for x, y in zip(a or (), b or (), strict=True)]
            a, b = [x for x, _ in made], [y for _, y in made]
        elif key == "enum" and is_cut(other) and set(map(str, b or ())) <= set(map(str, a or ())):
            continue
        if a is not None:
            first[key] = a
        if b is not None:
            second[key] = b
    return first, second


def _both(one: Schema, other: Schema, root: Schema) -> tuple[Schema, Schema]:
    """Properties; of those that only one side has, the name."""
    made = {
        name: _common(one[name], other[name], root) if name in one and name in other else ({}, {})
        for name in {**one, **other}
    }
    return {name: made[name][0] for name in one}, {name: made[name][1] for name in other}


def combined(pages: Contract, document: Contract) -> Contract:
    """The contract of the pages with what the document says besides, each with its evidence; operations that only the
    document describes are taken from it."""
    openapi, files = copy.deepcopy(dict(pages.openapi)), copy.deepcopy(dict(pages.schemas))
    label = document.sources[0]
    described = {(_shape(path), method): (path, method) for path, method in calls(document.openapi)}
    for pair in pairs(pages, document):
        path, method = pair.call
        described.pop((_shape(path), method))
        _complete_operation(openapi["paths"][path][method], pair, label)
        name = pair.page["operationId"]
        for file, schema in pair.document_schemas.items():
            source = f"{label} — {pair.document[EVIDENCE]['section']}"
            if f"{name}.{file}" in files:
                _complete_file(files[f"{name}.{file}"], schema, source)
            else:
                title = f"{name}.{file.removesuffix('.json')}".replace(".", " ")
                files[f"{name}.{file}"] = {**schema, "$id": f"{name}.{file}", "title": title}
    examples = dict(pages.examples)
    taken = {each["operationId"] for each in calls(openapi).values()}
    for path, method in described.values():
        operation = document.openapi["paths"][path][method]
        name = str(operation["operationId"])
        if name not in taken and method not in openapi["paths"].get(path, {}):
            openapi["paths"].setdefault(path, {})[method] = operation
            files.update((file, each) for file, each in document.schemas.items() if file.startswith(f"{name}."))
            examples.update((file, each) for file, each in document.examples.items() if file.startswith(f"{name}/"))
    known, given = (each.openapi.get("components", {}).get("securitySchemes", {}) for each in (document, pages))
    if known or given:
        openapi["components"] = {"securitySchemes": {**known, **given}}
    return pages._replace(
        openapi=openapi, schemas=files, examples=examples, sources=(*pages.sources, *document.sources)
    )


def _complete_operation(operation: Schema, pair: Pair, label: str) -> None:
    """Adds the parameters, statuses, headers and credentials that only the document has."""
    given = pair.document
    evidence = {"kind": "documented", "source": f"{label} — {given[EVIDENCE]['section']}"}
    origin = operation[EVIDENCE]
    origin["also"] = [*origin.get("also", ()), label]
    known = {(each["in"], each["name"]): each for each in operation.get("parameters", ())}
    for parameter in given.get("parameters", ()):
        same = known.get((parameter["in"], parameter["name"]))
        if same is None:
            operation.setdefault("parameters", []).append({**parameter, EVIDENCE: evidence})
        else:
            same.update((key, parameter[key]) for key in ("style", "explode", "allowReserved") if key in parameter)
            if "schema" in parameter:
                _complete(same.setdefault("schema", {}), parameter["schema"], {}, evidence["source"])
    for status, response in given.get("responses", {}).items():
        there = operation["responses"].get(status)
        if there is None:
            renamed = _as_of(response, str(given["operationId"]), str(operation["operationId"]))
            operation["responses"][status] = {**renamed, EVIDENCE: evidence}
        elif "headers" in response:
            there.setdefault("headers", response["headers"])
    if "security" in given and "security" not in operation:
        operation["security"] = given["security"]
        operation.setdefault(EVIDENCE_FOR, {})["security"] = evidence


def _as_of(value: Json, name: str, other: str) -> Json:
    """A response whose schemas are in files of the operation called `other`."""
    if isinstance(value, list):
        return [_as_of(each, name, other) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: f"{other}.{each.removeprefix(f'{name}.')}"
        if key == "$ref" and isinstance(each, str)
        else _as_of(each, name, other)
        for key, each in value.items()
    }


def _complete_file(page: Schema, document: Schema, source: str) -> None:
    """Completes the schema of a body; definitions that the document's parts need come with them."""
    _complete(page, document, document, source)
    definitions = {**document.get("$defs", {}), **page.get("$defs", {})}
    needed = {node["$ref"] for _, node in walk(page) if isinstance(node, dict) and isinstance(node.get("$ref"), str)}
    kept: Schema = {}
    while needed:
        name = needed.pop().removeprefix("#/$defs/")
        if name in definitions and name not in kept:
            kept[name] = definitions[name]
            needed |= {each["$ref"] for _, each in walk(definitions[name]) if isinstance(each, dict) and "$ref" in each}
    if kept:
        page["$defs"] = kept


def _complete(page: Schema, document: Json, root: Schema, source: str) -> None:
    """Adds to a page's schema what the document's has besides."""
    given = resolved(document, root) if isinstance(document, dict) and "$ref" in document and root else document
    if not isinstance(given, dict) or "$ref" in page:
        return
    evidence = {"kind": "documented", "source": source}
    for key, value in given.items():
        if key.startswith(("x-", "$")) or key == "title" or (key not in page and _is_stated(key, value, page, given)):
            continue
        if key not in page:
            page[key] = copy.deepcopy(value)
            page.setdefault(EVIDENCE_FOR, {})[key] = evidence
        elif key == "properties":
            for name, member in value.items():
                if name in page[key]:
                    _complete(page[key][name], member, root, source)
                elif isinstance(member, dict):
                    page[key][name] = {**copy.deepcopy(member), EVIDENCE: evidence}
        elif key in STRUCTURE and isinstance(page[key], dict):
            _complete(page[key], value, root, source)
        elif key in CHOICES and len(page[key]) == len(value):
            for option, other in zip(page[key], value, strict=True):
                _complete(option, other, root, source)
        elif key == "enum" and is_cut(page) and set(map(str, page[key])) <= set(map(str, value)):
            page[key] = value
            page[EVIDENCE_FOR]["enum"] = evidence


def _is_stated(key: str, value: Json, page: Schema, document: Schema) -> bool:
    """Whether a page states a keyword by leaving it out: its tables mark what is required, and list the options."""
    if key in CHOICES:
        return bool(page.keys() & {"properties", "items", *CHOICES})
    if key == "additionalProperties" and value is False:
        return not page.get("properties", {}).keys() <= document.get("properties", {}).keys()
    return key == "required" and "properties" in page
