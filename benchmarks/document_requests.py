"""Makes requests to an operation from its document: one that is valid, and others that break one rule each."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema

from mockserver.contracts.contents import Content
from mockserver.contracts.parameters import Parameter
from mockserver.contracts.writing import write_parameters
from mockserver.model import Json
from mockserver.operations import Credential, Operation

MAX_PER_PLACE = 4
NOT_A_VALUE = "no-such-value"
BASIC = "Basic dXNlcjpwYXNzd29yZA=="


class Case(NamedTuple):
    """One request; `broken` names the rule that it breaks, None where it breaks none."""

    operation: Operation
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    broken: str | None = None


def cases(operation: Operation) -> Iterator[Case]:
    """The valid request and the broken ones."""
    values = {parameter: parameter.schema.sample for parameter in operation.parameters if parameter.required}
    content = next((each for each in operation.bodies if each.is_json), next(iter(operation.bodies), None))
    body = None if content is None else content.value
    yield _case(operation, values, content, body)
    for parameter, rule, value in _broken_parameters(operation, values):
        rest = {each: known for each, known in values.items() if each != parameter}
        wrong = rest if rule == "required" else {**rest, parameter: value}
        yield _case(operation, wrong, content, body, f"{parameter.location} {parameter.name}: {rule}")
    if content is not None:
        yield from _broken_bodies(operation, values, content, body)


def _case(
    operation: Operation,
    values: Mapping[Parameter, Json],
    content: Content | None,
    body: Json,
    broken: str | None = None,
    raw: tuple[bytes | None, str | None] | None = None,
) -> Case:
    written = write_parameters(values.items())
    headers = list(written.headers.items())
    query, cookies = written.query, written.cookies
    for credential in (*operation.credentials, operation.application_key):
        if credential is None:
            continue
        if credential.location == "query":
            query += f"&{credential.name}=key" if query else f"{credential.name}=key"
        elif credential.location == "cookie":
            cookies += f"; {credential.name}=key" if cookies else f"{credential.name}=key"
        elif not any(name.lower() == credential.name.lower() for name, _ in headers):
            headers.append((credential.name, _credential(credential)))
    headers += [("Cookie", cookies)] if cookies else []
    sent = None if content is None else content.body_of(body)
    data, content_type = (None, None) if sent is None else (sent.data, sent.content_type.decode("latin-1"))
    if raw is not None:
        data, content_type = raw
    headers += [("Content-Type", content_type)] if content_type else []
    path = written.path_of(operation.path)
    return Case(operation, operation.method, f"{path}?{query}" if query else path, tuple(headers), data, broken)


def _credential(credential: Credential) -> str:
    if credential.scheme == "basic":
        return BASIC
    return "key" if credential.scheme == "apiKey" else f"{credential.scheme.capitalize()} key"


def _broken_parameters(operation: Operation, values: Mapping[Parameter, Json]) -> Iterator[tuple[Parameter, str, Json]]:
    """Parameters with a value that breaks one rule of their schema, as another validator says."""
    for parameter in operation.parameters:
        if parameter.required and parameter.location != "path":
            yield parameter, "required", None
        kinds = {form.kind for form in parameter.schema.forms}
        if parameter.media_type is not None or not kinds <= {"integer", "number", "boolean", "string"}:
            continue
        document = parameter.schema.document
        if "string" not in kinds:
            yield parameter, "type", NOT_A_VALUE
        elif _is_broken(document, NOT_A_VALUE):
            yield parameter, "value", NOT_A_VALUE
        for rule, change in (("minimum", -1), ("maximum", 1)):
            limit = document.get(rule)
            if (
                kinds <= {"integer", "number"}
                and isinstance(limit, (int, float))
                and _is_broken(document, limit + change)
            ):
                yield parameter, rule, limit + change
        longest = document.get("maxLength")
        if isinstance(longest, int) and longest < 500 and kinds == {"string"}:
            yield parameter, "maxLength", "x" * (longest + 1)


def _is_broken(document: Any, value: Json) -> bool:
    return not jsonschema.Draft202012Validator(document).is_valid(value)


def _broken_bodies(
    operation: Operation, values: Mapping[Parameter, Json], content: Content, body: Json
) -> Iterator[Case]:
    if operation.body_required:
        yield _case(operation, values, None, None, "body: required")
    if all("*" not in each.media_type for each in operation.bodies):
        raw = (b"something", "application/x-unknown")
        yield _case(operation, values, content, body, "body: media type", raw)
    if not content.is_json:
        return
    yield _case(operation, values, content, body, "body: JSON", (b'{"', content.media_type))
    if content.schema is None or not isinstance(body, dict):
        return
    document = content.schema.document
    number = 0
    for name in body:
        for rule, changed in (
            ("required", _without(body, name)),
            ("type", {**body, name: {NOT_A_VALUE: [NOT_A_VALUE]}}),
        ):
            if number < 2 * MAX_PER_PLACE and _is_broken(document, changed):
                number += 1
                raw = (json.dumps(changed).encode(), content.media_type)
                yield _case(operation, values, content, body, f"body {name}: {rule}", raw)


def _without(body: Mapping[str, Json], name: str) -> Json:
    return {key: copy.deepcopy(value) for key, value in body.items() if key != name}
