"""The OpenAPI document of a contract and its operation objects."""

import re
from collections.abc import Sequence
from http import HTTPStatus

from mockserver.extract.model import Endpoint, Operation, Parameter, RateLimit, Schema, Unextracted
from mockserver.support.evidence import EVIDENCE
from mockserver.support.pointers import escaped


def document(vendor: str, operations: Sequence[Operation]) -> Schema:
    """The whole document."""
    schemes = {
        credential.name: dict(credential.scheme) for each in operations for credential in each.endpoint.credentials
    }
    paths: Schema = {}
    for each in operations:
        paths.setdefault(each.endpoint.path, {})[each.endpoint.method.lower()] = each.object
    document: Schema = {
        "openapi": "3.1.0",
        "info": {"title": f"{vendor}, extracted from its documentation pages", "version": "documented"},
        "paths": paths,
    }
    if schemes:
        document["components"] = {"securitySchemes": schemes}
    return document


def operation(
    name: str, endpoint: Endpoint, evidence: Schema, rules: Sequence[Unextracted], parameters: Sequence[Schema]
) -> Schema:
    """The operation object. Descriptions are not copied from the page; a status has its standard phrase."""
    made: Schema = {"operationId": name}
    if servers := _servers(endpoint):
        made["servers"] = servers
    if endpoint.credentials:
        made["security"] = [{credential.name: [] for credential in endpoint.credentials}]
    made[EVIDENCE] = evidence
    if endpoint.max_body_bytes:
        made["x-max-body-bytes"] = endpoint.max_body_bytes
    if endpoint.rate_limit:
        made["x-rate-limit"] = _rate_limit(endpoint.rate_limit)
    if rules:
        made["x-unextracted"] = [rule.as_dict() for rule in rules]
    if parameters:
        made["parameters"] = list(parameters)
    if endpoint.request:
        made["requestBody"] = {"required": endpoint.request_required, **_content(f"{name}.request.json")}
    made["responses"] = {
        response.status: {
            "description": _phrase(response.status),
            **(_content(f"{name}.response.{response.status}.json") if response.body else {}),
        }
        for response in endpoint.responses
    } or {"default": {"description": _phrase("default")}}
    return made


def _servers(endpoint: Endpoint) -> list[Schema]:
    names = {site.url: site.name for site in endpoint.sites if site.url}
    return [{"url": url, "description": name} if name else {"url": url} for url, name in names.items()]


def _rate_limit(limit: RateLimit) -> Schema:
    return {"limit": limit.limit, "period": limit.period, "per": limit.per, "headers": list(limit.headers)}


def parameter(each: Parameter, schema: Schema) -> Schema:
    """A parameter object; what is in the path is always required."""
    required = each.row.required or each.location == "path"
    return {"name": each.row.name, "in": each.location, "required": required, "schema": schema}


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
