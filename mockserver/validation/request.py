"""Judges what a request has outside its body: credentials, parameters, media type and preferences."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from mockserver.http.media import is_json
from mockserver.model import (
    ACCEPTED,
    Credentials,
    Evidence,
    Json,
    Operation,
    Parameter,
    Request,
    Verdict,
    Violation,
)
from mockserver.validation.credentials import missing_credential, missing_credentials
from mockserver.validation.violations import schema_violations

NO_PAGE = Evidence("documented", "the contracts that are served")
RFC_7240 = Evidence("documented", "RFC 7240, Prefer")


def check_request(
    operation: Operation, request: Request, path_values: Mapping[str, str], credentials: Credentials, code: int | None
) -> Verdict:
    """The verdict on what stands outside the body; the vendor rejects the request for violations in parameters only.
    `code` is the status that the request asks for."""
    violations: tuple[Violation, ...] = ()
    warnings: tuple[Violation, ...] = ()
    if operation.credentials and (credentials.malformed or credentials.lacking or not credentials.credential):
        violations += missing_credentials(operation, credentials)
    application_key = operation.application_key
    if application_key is not None and not credentials.application_key:
        if application_key.presence == "required":
            violations += (missing_credential(operation, application_key),)
        else:
            warnings += (missing_credential(operation, application_key),)
    if operation.media_type and request.body_size and not is_json(request.header(b"content-type")):
        message = f"the content type is not {operation.media_type}"
        warnings += (Violation("", "content-type", message, operation.evidence, parameter="Content-Type"),)
    if code is not None and code not in operation.responses:
        documented = ", ".join(map(str, sorted(operation.responses)))
        message = f"{operation.id} documents {documented}; the preference for {code} is ignored"
        warnings += (Violation("", "prefer", message, RFC_7240, parameter="Prefer"),)
    parameters = _parameters(operation, request, path_values) if operation.parameters else ()
    if not (violations or warnings or parameters):
        return ACCEPTED
    return Verdict(violations + parameters, warnings, parameters)


def undocumented(rule: str, message: str, evidence: Evidence) -> Violation:
    """The violation of a request whose path or method (`rule`) no contract documents."""
    return Violation("", rule, message, evidence)


def wrong_method(operation: Operation, allowed: Iterable[str]) -> Violation:
    """The violation of a request to the path of an operation with a method that the path does not have."""
    return undocumented("method", f"{operation.path} takes {', '.join(sorted(allowed))}", operation.evidence)


def _parameters(operation: Operation, request: Request, path_values: Mapping[str, str]) -> tuple[Violation, ...]:
    """Every violation in the documented path and query parameters."""
    query = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
    violations: list[Violation] = []
    for parameter in operation.parameters:
        text = (path_values if parameter.location == "path" else query).get(parameter.name)
        subject = f"{parameter.location} parameter '{parameter.name}'"
        if text is not None:
            for _, rule, message, _, value, limit, *_ in schema_violations(parameter.schema, _typed(parameter, text)):
                worded = f"{subject} {message}"
                violations.append(Violation("", rule, worded, operation.evidence, value, limit, parameter.name))
        elif parameter.required:
            message = f"{subject} is missing"
            violations.append(Violation("", "required", message, operation.evidence, parameter=parameter.name))
    return tuple(violations)


def _typed(parameter: Parameter, text: str) -> Json:
    """A parameter's text as the type that its schema asks for, or the text itself where it cannot be that."""
    kind = parameter.schema.document.get("type")
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind in ("integer", "number"):
        try:
            return int(text) if kind == "integer" else float(text)
        except ValueError:
            return text
    return text.split(",") if kind == "array" else text
