"""Resolves the references of a document that stand outside schemas: to parameters, bodies, responses and the like."""

from collections.abc import Mapping
from typing import Any

from mockserver.support.keywords import MAX_HOPS
from mockserver.support.pointers import follow

Document = Mapping[str, Any]


class ReferencingError(Exception):
    """A reference leads nowhere, or back to itself, or where an object must be there is none; the message names it."""


def resolve(document: Document, spec: Any) -> dict[str, Any]:
    """The object behind a Reference Object: `spec` itself where it is none. As OpenAPI 3.1 has it, `summary` and
    `description` beside the `$ref` go before those of the target. Raises ReferencingError."""
    beside: dict[str, Any] = {}
    for _ in range(MAX_HOPS):
        if not isinstance(spec, dict):
            break
        if not isinstance(spec.get("$ref"), str):
            return {**spec, **beside} if beside else spec
        reference = spec["$ref"]
        beside = {key: spec[key] for key in ("summary", "description") if key in spec} | beside
        spec = follow(document, reference) if reference.startswith("#") else None
        if not isinstance(spec, dict):
            raise ReferencingError(f"{reference} leads nowhere")
    raise ReferencingError("a reference leads back to itself" if isinstance(spec, dict) else "expected an object")


def resolve_all(document: Document, specs: Any) -> dict[str, dict[str, Any]]:
    """A map of names to objects or references, with each of them resolved; empty for None. Raises
    ReferencingError that names the entry."""
    resolved: dict[str, dict[str, Any]] = {}
    for name, spec in _object(specs).items():
        try:
            resolved[name] = resolve(document, spec)
        except ReferencingError as error:
            raise ReferencingError(f"{name}: {error}") from None
    return resolved


def operation_at(document: Document, path: str, method: str) -> dict[str, Any]:
    """The operation at `path` and `method`, with every reference in it resolved that stands outside a schema.

    Its `parameters` hold those of the path that it does not override by name and place. The document itself stays as it
    is; schemas, and what else is not resolved, are the same objects. Raises ReferencingError that names the
    place.
    """
    item = document["paths"][path]
    operation = dict(item[method])
    operation["parameters"] = _parameters(document, item, operation)
    if operation.get("requestBody"):
        operation["requestBody"] = _body(document, operation["requestBody"])
    if operation.get("responses"):
        responses = _object(operation["responses"])
        extensions = {name: value for name, value in responses.items() if name.startswith("x-")}
        documented = {status: value for status, value in responses.items() if status not in extensions}
        resolved = resolve_all(document, documented)
        operation["responses"] = {status: _body(document, each) for status, each in resolved.items()} | extensions
    return operation


def _parameters(document: Document, item: Document, operation: Document) -> list[dict[str, Any]]:
    """The parameters of the path and of the operation, which override those of the same name and place."""
    parameters: dict[tuple[str, str], dict[str, Any]] = {}
    for holder in (item, operation):
        listed = holder.get("parameters") or []
        if not isinstance(listed, list):
            raise ReferencingError(f"parameters: expected a list, found {listed!r}")
        for spec in listed:
            parameter = _with_examples(document, resolve(document, spec))
            if "content" in parameter:
                parameter = {**parameter, "content": _content(document, parameter["content"])}
            parameters[str(parameter.get("name")), str(parameter.get("in"))] = parameter
    return list(parameters.values())


def _body(document: Document, spec: Any) -> dict[str, Any]:
    """A request body or a response, with its headers, links and examples."""
    body = dict(resolve(document, spec))
    if body.get("content"):
        body["content"] = _content(document, body["content"])
    if body.get("headers"):
        headers = resolve_all(document, body["headers"])
        body["headers"] = {name: _with_examples(document, header) for name, header in headers.items()}
    if body.get("links"):
        body["links"] = resolve_all(document, body["links"])
    return body


def _content(document: Document, content: Any) -> dict[str, Any]:
    """Media types by name, with their examples and the headers of their encodings."""
    resolved: dict[str, Any] = {}
    for name, spec in _object(content).items():
        media_type = _with_examples(document, resolve(document, spec))
        if media_type.get("encoding"):
            encodings = {
                part: {**encoding, "headers": resolve_all(document, encoding["headers"])}
                if isinstance(encoding, dict) and encoding.get("headers")
                else encoding
                for part, encoding in _object(media_type["encoding"]).items()
            }
            media_type = {**media_type, "encoding": encodings}
        resolved[name] = media_type
    return resolved


def _object(value: Any) -> dict[str, Any]:
    """A value that must be an object, or none."""
    if value is None or isinstance(value, dict):
        return value or {}
    raise ReferencingError(f"expected an object, found {value!r}")


def _with_examples(document: Document, spec: dict[str, Any]) -> dict[str, Any]:
    """An object with its `examples` resolved, where it has some by name."""
    if not isinstance(spec.get("examples"), dict):
        return spec
    return {**spec, "examples": resolve_all(document, spec["examples"])}
