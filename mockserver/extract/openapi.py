"""The OpenAPI document of a contract and its operation objects."""

import re
from collections.abc import Sequence
from http import HTTPStatus

from mockserver.extract.model import Endpoint, Operation, Parameter, Schema, Unextracted
from mockserver.extract.remarks import is_deprecated
from mockserver.support.evidence import EVIDENCE
from mockserver.support.pointers import escaped


def document(vendor: str, operations: Sequence[Operation]) -> Schema:
    """The whole document."""
    schemes = {name: dict(scheme) for each in operations for name, scheme in each.endpoint.credentials}
    paths: Schema = {}
    for each in operations:
        paths.setdefault(each.endpoint.path, {})[each.endpoint.method.lower()] = each.object
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{vendor}, extracted from its documentation pages", "version": "documented"},
        "paths": paths,
        **({"components": {"securitySchemes": schemes}} if schemes else {}),
    }


def operation(
    name: str, endpoint: Endpoint, evidence: Schema, rules: Sequence[Unextracted], parameters: Sequence[Schema]
) -> Schema:
    """The operation object. Descriptions are not copied from the page; a status has its standard phrase."""
    names = {site.url: site.name for site in endpoint.sites if site.url}
    limit = endpoint.rate_limit
    made: Schema = {
        "operationId": name,
        "deprecated": endpoint.deprecated,
        "x-unread": endpoint.unread,
        "servers": [{"url": url, "description": site} if site else {"url": url} for url, site in names.items()],
        "security": [{credential.name: [] for credential in endpoint.credentials}] if endpoint.credentials else [],
        EVIDENCE: evidence,
        "x-max-body-bytes": endpoint.max_body_bytes,
        "x-rate-limit": limit and {**limit._asdict(), "headers": list(limit.headers)},
        "x-unextracted": [rule.as_dict() for rule in rules],
        "parameters": list(parameters),
        "requestBody": endpoint.request and {"required": endpoint.request_required, **_content(f"{name}.request.json")},
        "responses": {
            response.status: {
                "description": _phrase(response.status),
                **(_content(f"{name}.response.{response.status}.json") if response.body else {}),
            }
            for response in endpoint.responses
        }
        or {"default": {"description": _phrase("default")}},
    }
    return {member: value for member, value in made.items() if value}


def parameter(each: Parameter, schema: Schema) -> Schema:
    """A parameter object; what is in the path is always required."""
    required = each.row.required or each.location == "path"
    deprecated = {"deprecated": True} if is_deprecated(each.row.description) else {}
    return {"name": each.row.name, "in": each.location, "required": required, **deprecated, "schema": schema}


def undeclared(path: str, parameters: Sequence[Schema]) -> list[Schema]:
    """Parameter objects for the braces in a path that no table documents."""
    known = {each["name"] for each in parameters if each["in"] == "path"}
    names = [name for name in re.findall(r"\{([^}]+)\}", path) if name not in known]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def place(endpoint: Endpoint) -> str:
    """File and JSON pointer of the operation in the contract."""
    return f"openapi.yaml#/paths/{escaped(endpoint.path)}/{endpoint.method.lower()}"


def _content(file: str) -> Schema:
    return {"content": {"application/json": {"schema": {"$ref": file}}}}


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return "A response that the page does not describe"
