"""Judges what a request has outside its body: credentials, parameters, media type and preferences."""

from collections.abc import Iterable, Mapping

from mockserver.http.media import is_json
from mockserver.model import ACCEPTED, Evidence, Request, Verdict, Violation
from mockserver.operations import Credentials, Operation
from mockserver.validation.credentials import missing_credential, missing_credentials
from mockserver.validation.parameters import check_parameters

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
    as_json = operation.media_type is not None and not operation.by_media_type
    if as_json and request.body_size and not is_json(request.header(b"content-type")):
        message = f"the content type is not {operation.media_type}"
        warnings += (Violation("", "content-type", message, operation.evidence, parameter="Content-Type"),)
    if code is not None and operation.response_for(code) is None:
        documented = ", ".join(map(str, sorted(operation.responses)))
        message = f"{operation.id} documents {documented}; the preference for {code} is ignored"
        warnings += (Violation("", "prefer", message, RFC_7240, parameter="Prefer"),)
    if operation.parameters:
        found = check_parameters(operation, request, path_values)
        rejections = tuple(each for each in found if each.level == "violation")
        warnings += tuple(each for each in found if each.level != "violation")
        violations += rejections
    else:
        rejections = ()
    if not (violations or warnings):
        return ACCEPTED
    return Verdict(violations, warnings, rejections)


def undocumented(rule: str, message: str, evidence: Evidence) -> Violation:
    """The violation of a request whose path or method (`rule`) no contract documents."""
    return Violation("", rule, message, evidence)


def wrong_method(operation: Operation, allowed: Iterable[str]) -> Violation:
    """The violation of a request to the path of an operation with a method that the path does not have."""
    return undocumented("method", f"{operation.path} takes {', '.join(sorted(allowed))}", operation.evidence)
