"""Judges what a request says outside its body: credentials, parameters, media type and preferences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from mockserver.model import Credential, Credentials, Evidence, Json, Operation, Parameter, Request, Violation
from mockserver.validation.body import explained

NO_FINDINGS: tuple[Violation, ...] = ()
NO_PAGE = Evidence("documented", "the contracts that are served")
RFC_7240 = Evidence("documented", "RFC 7240, Prefer")


class RequestCheck(NamedTuple):
    """What was found outside the body; the parameters' violations also make the vendor turn the request down."""

    violations: tuple[Violation, ...] = ()
    warnings: tuple[Violation, ...] = ()
    parameters: tuple[Violation, ...] = ()


NOTHING_FOUND = RequestCheck()


def check_request(
    operation: Operation,
    request: Request,
    path_values: Mapping[str, str],
    credentials: Credentials,
    code: int | None,
) -> RequestCheck:
    """Everything that is wrong or odd outside the body. `code` is the status that the request asks for."""
    violations, warnings = NO_FINDINGS, NO_FINDINGS
    if operation.credentials and not credentials.credential:
        violations += (_missing(operation, operation.credentials[0]),)
    wanted = operation.application_key
    if wanted is not None and not credentials.application_key:
        if wanted.presence == "required":
            violations += (_missing(operation, wanted),)
        else:
            warnings += (_missing(operation, wanted),)
    if operation.media_type and request.body_size and not is_json(request.header(b"content-type")):
        message = f"the content type is not {operation.media_type}"
        warnings += (Violation("", "content-type", message, operation.evidence, parameter="Content-Type"),)
    if code is not None and code not in operation.responses:
        message = f"{operation.id} documents {_listed(operation)}; the preference for {code} is ignored"
        warnings += (Violation("", "prefer", message, RFC_7240, parameter="Prefer"),)
    parameters = _parameters(operation, request, path_values) if operation.parameters else NO_FINDINGS
    if not (violations or warnings or parameters):
        return NOTHING_FOUND
    return RequestCheck(violations + parameters, warnings, parameters)


def undocumented(rule: str, message: str, evidence: Evidence) -> Violation:
    """The violation of a request whose path or method (`rule`) no contract knows."""
    return Violation("", rule, message, evidence)


def _missing(operation: Operation, credential: Credential) -> Violation:
    message = f"{credential.location} {credential.name} is missing"
    return Violation("", "security", message, operation.evidence, parameter=credential.name)


def _listed(operation: Operation) -> str:
    return ", ".join(str(status) for status in sorted(operation.responses))


def is_json(content_type: bytes | None) -> bool:
    """Whether a Content-Type is that of JSON, whatever its parameters (RFC 8259, RFC 6839)."""
    if content_type is None:
        return False
    if content_type == b"application/json":
        return True
    media_type = content_type.partition(b";")[0].strip().lower()
    return media_type == b"application/json" or media_type.endswith(b"+json")


def _parameters(operation: Operation, request: Request, path_values: Mapping[str, str]) -> tuple[Violation, ...]:
    """Every violation in the documented path and query parameters."""
    query = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
    found: list[Violation] = []
    for parameter in operation.parameters:
        given = (path_values if parameter.location == "path" else query).get(parameter.name)
        called = f"{parameter.location} parameter '{parameter.name}'"
        if given is None:
            if parameter.required:
                message = f"{called} is required"
                found.append(Violation("", "required", message, operation.evidence, parameter=parameter.name))
            continue
        for violation in explained(parameter.schema, _typed(parameter, given)):
            message = f"{called} {violation.message}"
            found.append(
                Violation("", violation.rule, message, operation.evidence, violation.value, None, parameter.name)
            )
    return tuple(found)


def _typed(parameter: Parameter, given: str) -> Json:
    """A parameter's text as the type that its schema asks for, or the text itself where it cannot be that."""
    kind = parameter.schema.document.get("type")
    if kind == "boolean" and given in ("true", "false"):
        return given == "true"
    if kind in ("integer", "number"):
        try:
            return int(given) if kind == "integer" else float(given)
        except ValueError:
            return given
    return given.split(",") if kind == "array" else given
