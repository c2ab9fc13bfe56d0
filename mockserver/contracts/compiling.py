"""Compiles one operation of an effective contract: validators, credentials, statuses and parameters."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema_rs

from mockserver.contracts.contents import compile_contents, compile_responses
from mockserver.contracts.dereferencing import ReferencingError, operation_at
from mockserver.contracts.directions import Direction
from mockserver.contracts.files import SCHEMA_PREFIX
from mockserver.contracts.parameters import compile_parameters
from mockserver.contracts.resending import check_resending
from mockserver.contracts.schema import CompiledSchema, Prescreen
from mockserver.contracts.security import compile_security
from mockserver.contracts.servers import servers_of
from mockserver.errors import ContractError
from mockserver.model import FailureKind
from mockserver.operations import Operation, Rule
from mockserver.support.evidence import annotation_of, evidence_of, read_annotation
from mockserver.support.suggestions import hint
from mockserver.validation.rules import RULES

DIRECTIONS: tuple[Direction, ...] = ("request", "response")
JSON_TYPE = re.compile(r"application/(json|[\w.+-]+\+json)")


class Compiler:
    """Compiles the operations of one vendor from its documented and its observed contract. The schemas of a contract
    that is `known_good`, as the packaged ones are, are compiled when they are first needed; all others at once."""

    def __init__(
        self, vendor: str, source: Path, documents: Mapping[str, dict[str, Any]], profile: str, *, known_good: bool
    ) -> None:
        self._known_good = known_good
        self._vendor = vendor
        self._source = source
        self._documents = documents
        self._profile = profile
        self._document = documents[profile]
        self._schemas: dict[tuple[str, str, Direction], CompiledSchema] = {}

    def compile(self, path: str, method: str) -> Operation:
        """The operation at `path` and `method`. Raises ContractError that names what is wrong with it."""
        place = f"paths/{path}/{method}"
        spec = self._specification(self._profile, path, method, place)
        name = spec.get("operationId")
        if not isinstance(name, str) or not name:
            raise ContractError(self._source, place, "expected an operationId")
        check_resending(spec, self._source, place)
        media_type = _json_type(spec.get("requestBody") or {})
        of_requests, of_responses = (partial(self._schema_of, direction=each) for each in DIRECTIONS)
        responses, ranges = compile_responses(spec.get("responses"), of_responses, f"{place}/responses")
        body = spec.get("requestBody") or {}
        bodies = {"documented": self._request_body("documented", path, method, place)}
        bodies["observed"] = bodies["documented"]  # where nothing is known besides the pages
        if self._documents["observed"]["info"].get("x-profile") == "observed":
            bodies["observed"] = self._request_body("observed", path, method, place)
        documented, observed = bodies["documented"], bodies["observed"]
        if documented is not None and observed is not None and observed.rules == documented.rules:
            observed.rules = documented.rules  # the same ones are checked once
        security = compile_security(self._document, spec, self._source, place)
        return Operation(
            vendor=self._vendor,
            id=name,
            method=method.upper(),
            path=path,
            credentials=security.credentials,
            application_key=security.application_key,
            credential_statuses=_credential_statuses(spec, responses),
            parameters=compile_parameters(spec["parameters"], of_requests, place),
            responses=responses,
            body_required=bool((spec.get("requestBody") or {}).get("required")),
            media_type=media_type,
            documented=bodies["documented"],
            served=bodies[self._profile],
            observed=bodies["observed"],
            prescreen=Prescreen((bodies["documented"], bodies["observed"])),
            max_body_bytes=spec.get("x-max-body-bytes"),
            evidence=evidence_of(annotation_of(spec)),
            requirements=security.requirements,
            anonymous=security.anonymous,
            served_at=servers_of(self._document, self._document["paths"][path], spec),
            extensions={key: value for key, value in spec.items() if key.startswith("x-")},
            ranges=ranges,
            bodies=compile_contents(body.get("content"), of_requests, f"{place}/requestBody/content"),
            # a page shows what to send, it does not say that another content type is refused
            by_media_type=bool(body)
            and (annotation_of(spec) is None or list(body.get("content") or ()) != [media_type]),
        )

    def _specification(self, profile: str, path: str, method: str, place: str) -> dict[str, Any]:
        """The operation as a profile's document has it, with its references outside schemas resolved."""
        try:
            return operation_at(self._documents[profile], path, method)
        except ReferencingError as error:
            raise ContractError(self._source, place, str(error)) from error

    def _request_body(self, profile: str, path: str, method: str, place: str) -> CompiledSchema | None:
        if method not in self._documents[profile]["paths"].get(path, {}):
            return None
        spec = self._specification(profile, path, method, place)
        body = spec.get("requestBody") or {}
        media_type = _json_type(body)
        if media_type is None:
            return None
        rules = tuple(self._rule(rule, spec, f"{place}/x-rules") for rule in spec.get("x-rules", ()))
        schema, where = (
            body["content"][media_type].get("schema", {}),
            f"{place}/requestBody/content/{media_type}/schema",
        )
        return self._schema(profile, schema, where, rules)

    def _rule(self, rule: Any, spec: dict[str, Any], place: str) -> Rule:
        """A named rule. Raises ContractError where there is no such rule, or its parameters are wrong."""
        name = rule.get("name") if isinstance(rule, dict) else None
        if not isinstance(name, str) or name not in RULES:
            raise ContractError(self._source, place, f"unknown rule {name!r}{hint(name, RULES)}")
        parameters = {key for key in rule if key != "name" and not key.startswith("x-")}
        missing = RULES[name].needs - parameters
        unknown = parameters - RULES[name].needs - RULES[name].takes
        if missing or unknown:
            problem = f"lacks {min(missing)!r}" if missing else f"has no parameter {min(unknown)!r}"
            raise ContractError(self._source, place, f"the rule {name} {problem}")
        return Rule(name, rule, read_annotation(annotation_of(rule) or annotation_of(spec, "x-rules")))

    def _schema_of(self, schema: Any, place: str, direction: Direction) -> CompiledSchema:
        return self._schema(self._profile, schema, place, direction=direction)

    def _schema(
        self, profile: str, schema: Any, place: str, rules: tuple[Rule, ...] = (), *, direction: Direction = "request"
    ) -> CompiledSchema:
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        name = reference.removeprefix(SCHEMA_PREFIX) if isinstance(reference, str) else place
        key = (profile, name, direction)
        if key not in self._schemas or rules:
            compiled = self._schemas[key] = CompiledSchema(
                name, schema, self._documents[profile], rules, certain=profile == "observed", direction=direction
            )
            try:
                _ = None if self._known_good else compiled.validator
            except (jsonschema_rs.ValidationError, ValueError) as error:
                problem = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
                raise ContractError(self._source, place, f"cannot be compiled: {problem}") from error
        return self._schemas[key]


def _json_type(body: Mapping[str, Any]) -> str | None:
    """The first media type of JSON that a body may have."""
    return next((media_type for media_type in body.get("content") or {} if JSON_TYPE.fullmatch(media_type)), None)


def _credential_statuses(spec: dict[str, Any], responses: Mapping[int, Any]) -> dict[FailureKind, int]:
    """The status for a missing and for an invalid credential: those in `x-credential-statuses`, or else 401 and 403, as
    far as the operation documents both."""
    stated = spec.get("x-credential-statuses", {})
    missing = next((status for status in (401, 403) if status in responses), 401)
    invalid = next((status for status in (403, 401) if status in responses), 403)
    return {
        FailureKind.CREDENTIAL_MISSING: stated.get("missing", missing),
        FailureKind.CREDENTIAL_INVALID: stated.get("invalid", invalid),
        FailureKind.APPLICATION_KEY_MISSING: stated.get("application_key_missing", invalid),
    }
