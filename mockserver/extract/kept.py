"""What stays of an earlier contract where a page, or an operation on one, cannot be read."""

from collections.abc import Iterator

from mockserver.extract.model import Contract, Schema
from mockserver.support.keywords import METHODS

Call = tuple[str, str]


def calls(openapi: Schema) -> dict[Call, Schema]:
    """(path, method) → operation object."""
    paths = openapi["paths"].items()
    return {(path, method): item[method] for path, item in paths for method in METHODS if method in item}


def names(openapi: Schema) -> dict[Call, str]:
    """(path, METHOD) → operation id, so that an operation that stays does not meet a new one of its name."""
    return {(path, method.upper()): str(each.get("operationId")) for (path, method), each in calls(openapi).items()}


def kept(new: Contract, earlier: Contract, *, all_pages_read: bool) -> tuple[Contract, list[Call]]:
    """The new contract with what it takes over, and the operations that it took: those that the pages name and do not
    describe, and, unless all pages were read, those that they do not name."""
    known, given = calls(earlier.openapi), calls(new.openapi)
    lacking = [call for call in known if "x-unread" in given.get(call, {})]
    if not all_pages_read:
        lacking += [call for call in known if call not in given]
    if not lacking:
        return new, []
    paths = {path: dict(item) for path, item in new.openapi["paths"].items()}
    schemas, examples = dict(new.schemas), dict(new.examples)
    for path, method in lacking:
        operation = known[path, method]
        paths.setdefault(path, {})[method] = operation
        name = str(operation.get("operationId"))
        schemas.update((file, schema) for file, schema in earlier.schemas.items() if file.startswith(f"{name}."))
        examples.update((file, body) for file, body in earlier.examples.items() if file.startswith(f"{name}/"))
    openapi = {**new.openapi, "paths": paths, **dict(_components(new, earlier))}
    return new._replace(openapi=openapi, schemas=schemas, examples=examples), lacking


def _components(new: Contract, earlier: Contract) -> Iterator[tuple[str, Schema]]:
    known, given = (each.openapi.get("components", {}).get("securitySchemes", {}) for each in (earlier, new))
    if known or given:
        yield "components", {"securitySchemes": {**known, **given}}
