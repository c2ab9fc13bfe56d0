"""How a contract differs from the one on disk, and whether that can break clients."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mockserver.extract import emit
from mockserver.extract.compare import REQUEST, RESPONSE, Difference, compatible, differing, operations, schemas
from mockserver.extract.cut import completed
from mockserver.extract.errors import ExtractError
from mockserver.extract.kept import Call, calls
from mockserver.extract.model import Contract, Json, Schema
from mockserver.extract.reading import document
from mockserver.support.evidence import EVIDENCE
from mockserver.support.form import FormError, as_json, check_openapi, check_schema
from mockserver.support.pointers import walk

RANKS = {"error": 0, "warning": 1, "info": 2}
"""The order in which differences are listed."""


def load(vendor: str, out: Path, fixtures: Path) -> Contract:
    """The contract of `vendor` below `out`. Raises ExtractError if there is none or a file of it is broken."""
    folder = out / vendor
    file = folder / "openapi.yaml"
    openapi = document(file, f"a contract of {vendor} to compare with")
    if not isinstance(openapi, dict) or not isinstance(openapi.get("paths"), dict):
        raise ExtractError(str(file), 1, "an OpenAPI document with paths")
    try:
        check_openapi(openapi)
        for pointer, node in walk(openapi["paths"]):
            if pointer.endswith("/schema"):
                check_schema(node, pointer)
    except FormError as error:
        raise ExtractError(str(file), 1, f"a contract of {vendor} to compare with ({error})") from error
    made = {path.name: _json(path) for pattern in emit.SCHEMAS for path in sorted(folder.glob(pattern))}
    for name, schema in made.items():
        try:
            check_schema(schema)
        except FormError as error:
            raise ExtractError(str(folder / name), 1, f"a JSON Schema ({error})") from error
    shown = fixtures / vendor
    paths = [path for pattern in emit.EXAMPLES for path in sorted(shown.glob(pattern))]
    return Contract(vendor, openapi, made, {path.relative_to(shown).as_posix(): _json(path) for path in paths})


def _json(path: Path) -> Any:
    try:
        return as_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError, FormError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise ExtractError(str(path), line, f"JSON that can be read ({error})") from error


def differences(old: Contract, new: Contract) -> tuple[list[Difference], list[str]]:
    """What differs, and the ids of operations that were not compared because a page of theirs was not read."""
    new = completed(new, old)
    read = {page.label for operation in new.operations for page, _ in operation.pages}
    read |= {*new.sources}
    before, after = calls(old.openapi), calls(new.openapi)
    found: list[Difference] = []
    skipped: list[str] = []
    for call, operation in before.items():
        pages = _pages(operation)
        partly = pages & read and not pages <= read
        if partly or (call not in after and not pages & read) or "x-unread" in after.get(call, {}):
            skipped.append(str(operation.get("operationId")))
        elif call not in after:
            found.append(differing("api-removed", True, _place(call), "the operation is no longer documented"))
        else:
            found.extend(_operation(old, new, call, operation, after[call]))
    found.extend(compatible(_place(call), "a new operation", "api-added") for call in after if call not in before)
    if not skipped and not found:
        found.extend(_rest(old, new))
    return sorted(found, key=lambda each: (RANKS[each.level], each.place, each.message)), skipped


def _operation(old: Contract, new: Contract, call: Call, before: Schema, after: Schema) -> Iterator[Difference]:
    yield from operations(before, after, _place(call))
    names, renamed = str(before.get("operationId")), str(after.get("operationId"))
    for name, schema in old.schemas.items():
        head, _, tail = name.partition(".")
        if head == names and f"{renamed}.{tail}" in new.schemas:
            yield from schemas(
                schema,
                new.schemas[f"{renamed}.{tail}"],
                f"{name}#",
                RESPONSE if tail.startswith("response") else REQUEST,
            )
    yield from _examples(_below(old.examples, names), _below(new.examples, renamed), names)


def _examples(before: Mapping[str, Json], after: Mapping[str, Json], name: str) -> Iterator[Difference]:
    for file in sorted({*before, *after}):
        if file not in after or file not in before:
            message = "a new example" if file in after else "the example is no longer documented"
            yield compatible(f"{name}/{file}", message, "example-added" if file in after else "example-removed")
        elif json.dumps(before[file]) != json.dumps(after[file]):
            yield compatible(f"{name}/{file}", "the example changed", "example-changed")


def _rest(old: Contract, new: Contract) -> Iterator[Difference]:
    """What no rule of comparison covers: order, titles, security schemes."""
    if json.dumps(old.openapi) != json.dumps(new.openapi):
        yield compatible("openapi.yaml", "differs outside of the operations, or in order")
    for name in sorted({*old.schemas, *new.schemas}):
        if json.dumps(old.schemas.get(name)) != json.dumps(new.schemas.get(name)):
            yield compatible(name, "differs in order, or is on one side only")


def _pages(operation: Schema) -> set[str]:
    evidence = operation.get(EVIDENCE, {})
    return {evidence.get("page", ""), *evidence.get("also", ())}


def _place(call: Call) -> str:
    return f"{call[1].upper()} {call[0]}"


def _below(examples: Mapping[str, Json], name: str) -> dict[str, Json]:
    return {path.partition("/")[2]: body for path, body in examples.items() if path.startswith(f"{name}/")}
