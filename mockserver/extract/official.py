"""Operations of an OpenAPI document → a contract in the form of those that pages give."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import NamedTuple

from mockserver.extract.kept import Call
from mockserver.extract.model import Contract, Json, Schema
from mockserver.extract.names import numbered
from mockserver.support.evidence import EVIDENCE
from mockserver.support.keywords import DIALECT

MAX_DEPTH = 12
"""How deep references are written out where a schema has no place for definitions; below that, any value fits."""
MAX_NAME = 120
COMPONENTS = "#/components/schemas/"
LEFT_OUT = frozenset(
    {"description", "summary", "example", "examples", "externalDocs", "xml", "discriminator", "$comment"}
)
"""Members of schemas that are the vendor's prose, or say nothing about values."""
NAMED = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})


class Official(NamedTuple):
    """A document with its operations resolved: every reference in them is to a schema of `schemas`. `label` is how
    evidence names it."""

    label: str
    operations: Mapping[Call, Schema]
    schemas: Mapping[str, Schema]
    security_schemes: Mapping[str, Schema]
    servers: tuple[Schema, ...] = ()
    security: tuple[Schema, ...] = ()


def official_contract(vendor: str, official: Official, wanted: Iterable[str] = ()) -> Contract:
    """The contract of the operations that are `wanted`, by id or as `METHOD /path`; without names, of all."""
    names = set(wanted)
    paths: Schema = {}
    schemas: dict[str, Schema] = {}
    examples: dict[str, Json] = {}
    for ((path, method), operation), name in zip(official.operations.items(), _file_names(official), strict=True):
        if names and not {name, str(operation["operationId"]), f"{method.upper()} {path}"} & names:
            continue
        reader = _Reader(official, path, method, name)
        paths.setdefault(path, {})[method] = reader.operation(operation)
        schemas.update(reader.schemas)
        examples.update(reader.examples)
    schemes = {name: _prose_free(scheme) for name, scheme in official.security_schemes.items()}
    openapi = {
        "openapi": "3.1.0",
        "info": {"title": f"{vendor}, extracted from its documentation", "version": "documented"},
        "paths": paths,
        **({"components": {"securitySchemes": schemes}} if schemes else {}),
    }
    return Contract(vendor, openapi, schemas, examples, sources=(official.label,))


def _file_names(official: Official) -> Iterator[str]:
    """The operations' ids as parts of file names: letters, digits, hyphens and underscores, each another one."""
    given = (re.sub(r"[^A-Za-z0-9_-]+", "_", str(each["operationId"])) for each in official.operations.values())
    return numbered(name.strip("_-")[:MAX_NAME] or "unnamed" for name in given)


class _Reader:
    """Makes one operation; its bodies' schemas and examples are collected."""

    def __init__(self, official: Official, path: str, method: str, name: str) -> None:
        self.official = official
        self.name = name
        self.evidence = {"kind": "documented", "page": official.label, "section": f"{method.upper()} {path}"}
        self.schemas: dict[str, Schema] = {}
        self.examples: dict[str, Json] = {}

    def operation(self, given: Schema) -> Schema:
        body = given.get("requestBody")
        servers = given.get("servers") or self.official.servers
        made: Schema = {
            "operationId": self.name,
            "deprecated": given.get("deprecated"),
            "servers": [_prose_free(server) for server in servers],
            "security": list(given.get("security", self.official.security)),
            EVIDENCE: self.evidence,
            "parameters": [self.parameter(each) for each in given.get("parameters", ())],
            "requestBody": body and self.body(body),
            "responses": {
                str(status): self.response(str(status), response)
                for status, response in given.get("responses", {}).items()
                if not str(status).startswith("x-")
            },
        }
        made["responses"] = made["responses"] or {"default": {"description": "Any response"}}
        return {member: value for member, value in made.items() if value}

    def parameter(self, given: Schema) -> Schema:
        made = {"name": given["name"], "in": given["in"], "required": bool(given.get("required"))}
        made.update((key, given[key]) for key in ("deprecated", "style", "explode", "allowReserved") if key in given)
        if "content" in given:
            return {**made, "content": self.inline(given["content"])}
        return {**made, "schema": self.written_out(given.get("schema", {}))}

    def body(self, given: Schema) -> Schema:
        content = self.content(given.get("content", {}), f"{self.name}.request", "request.example-1")
        return {"required": bool(given.get("required")), "content": content}

    def response(self, status: str, given: Schema) -> Schema:
        made: Schema = {"description": _phrase(status)}
        headers = given.get("headers") or {}
        if headers:
            made["headers"] = {
                name: {"schema": self.written_out(header.get("schema", {}))} for name, header in headers.items()
            }
        if given.get("content"):
            made["content"] = self.content(given["content"], f"{self.name}.response.{status}", f"response.{status}")
        return made

    def content(self, given: Schema, stem: str, example: str) -> Schema:
        """A map of media types. The first one of JSON has its schema in a file of its own."""
        made: Schema = {}
        for media_type, value in given.items():
            if _is_json(media_type) and f"{stem}.json" not in self.schemas:
                self.schemas[f"{stem}.json"] = self.framed(stem, value.get("schema", {}))
                made[media_type] = {"schema": {"$ref": f"{stem}.json"}}
                for shown in _examples(value):
                    self.examples.setdefault(f"{self.name}/{example}.json", shown)
            else:
                made.update(self.inline({media_type: value}))
        return made

    def inline(self, given: Schema) -> Schema:
        return {name: {"schema": self.written_out(value.get("schema", {}))} for name, value in given.items()}

    def framed(self, stem: str, schema: Json) -> Schema:
        """A schema as a file: what it refers to is among its definitions."""
        head = {"$schema": DIALECT, "$id": f"{stem}.json", "title": stem.replace(".", " "), EVIDENCE: self.evidence}
        definitions: Schema = {}
        body = self.moved(schema if isinstance(schema, dict) else {}, definitions)
        body.pop("title", None)
        return {**head, **body, **({"$defs": dict(sorted(definitions.items()))} if definitions else {})}

    def moved(self, schema: Json, definitions: Schema) -> Json:
        """A copy whose references are to `definitions`, to which it adds what is missing there."""

        def move(reference: str) -> Schema:
            name = reference.removeprefix(COMPONENTS)
            if name not in definitions:
                definitions[name] = {}
                definitions[name] = self.moved(self.official.schemas.get(name, {}), definitions)
            return {"$ref": f"#/$defs/{name}"}

        return _copied(schema, move)

    def written_out(self, schema: Json, depth: int = 0) -> Json:
        """A copy without references."""

        def write_out(reference: str) -> Schema:
            target = self.official.schemas.get(reference.removeprefix(COMPONENTS), {})
            made: Schema = self.written_out(target, depth + 1) if depth < MAX_DEPTH else {}
            return made

        return _copied(schema, write_out)


def _copied(schema: Json, refer: Callable[[str], Schema]) -> Json:
    """A schema without prose; `refer` gives what stands for a reference."""
    if isinstance(schema, list):
        return [_copied(each, refer) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made: Schema = {}
    for key, value in schema.items():
        if key == "$ref" and isinstance(value, str):
            made.update(refer(value))
        elif key in NAMED and isinstance(value, dict):
            made[key] = {name: _copied(each, refer) for name, each in value.items()}
        elif key in ("enum", "const", "default", "required"):
            made[key] = value
        elif key not in LEFT_OUT and not key.startswith("x-"):
            made[key] = _copied(value, refer)
    return made


def _prose_free(value: Schema) -> Schema:
    return {key: each for key, each in value.items() if key != "description" and not key.startswith("x-")}


def _is_json(media_type: str) -> bool:
    bare = media_type.partition(";")[0].strip().lower()
    return bare == "application/json" or bare.endswith("+json")


def _examples(value: Schema) -> Iterator[Json]:
    if "example" in value:
        yield value["example"]
    for each in (value.get("examples") or {}).values():
        if isinstance(each, dict) and "value" in each:
            yield each["value"]


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return "A response of this class" if status.endswith("XX") else "Any other response"
