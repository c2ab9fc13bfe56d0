"""How Datadog words a failure: in its recorded replies where there are any, in the same form elsewhere."""

import re

from mockserver.http.statuses import phrase
from mockserver.model import FailureKind, Violation
from mockserver.operations import Operation
from mockserver.support.pointers import parts_of
from mockserver.vendors.base import Problem
from mockserver.vendors.datadog.behaviour import ANALYTICS


def violation_problem(operation: Operation, violation: Violation) -> Problem:
    """What the envelope says of one violation."""
    pointer, message = violation.pointer, violation.message
    if violation.parameter:
        return Problem(message, parameter=violation.parameter)
    if operation.id == "CreateEventV1":
        return Problem(_worded_v1(violation), pointer=pointer)
    if operation.id == "CreateEventV2":
        if violation.rule == "enum":  # in alphabetical order (recorded)
            options = ", ".join(f'"{option}"' for option in sorted(map(str, violation.limit)))
            message = f"must be one of: [{options}]"
        return Problem(f"JSON validation failed at {_json_path(pointer)}: value {message}.", pointer=pointer)
    if operation.id in ANALYTICS and pointer == "/data/type" and violation.rule == "enum":
        return Problem(f'API input validation failed: Invalid type. Expected "{violation.limit[0]}".')
    if operation.id in ANALYTICS:
        return Problem(f"API input validation failed: {pointer or 'the body'}: {message}.")
    return Problem(f"{pointer or 'the body'}: {message}", pointer=pointer)


def credential_problem(operation: Operation, kind: FailureKind) -> Problem:
    """Intake hosts say one sentence for a missing and an invalid key (reported); the api host says two (recorded), and
    only to a bad key in its full envelope."""
    header = operation.application_key if kind is FailureKind.APPLICATION_KEY_MISSING else operation.credentials[0]
    name = header.name if header else None
    if operation.id in ("CreateEventV2", "SubmitProductAnalyticsEvent"):
        return Problem("API key is missing or invalid", header=name)
    message = "API key required" if kind is FailureKind.CREDENTIAL_MISSING else "Forbidden"
    return Problem(message, header=name, bare=kind is not FailureKind.CREDENTIAL_INVALID)


def scripted_message(operation: Operation, status: int) -> str:
    limit = operation.extensions.get("x-rate-limit")
    if status == 429 and limit:
        return f"Rate limit of {limit['limit']} requests in {limit['period']} seconds reached. Please try again later."
    return phrase(status)


def asked_for_first(problem: Problem) -> int:
    """The place of a problem with an event v1 in the order in which the live service looks: title, text, the rest."""
    return {"/title": 0, "/text": 1}.get(problem.pointer or "", 2)


def _worded_v1(violation: Violation) -> str:
    if violation.rule == "time-window":
        return violation.message
    name = violation.pointer.lstrip("/")
    if violation.rule == "required":
        return f"'{name}' is a required field for events"
    return f"'{name}' {violation.message}" if name else f"the body {violation.message}"


def _json_path(pointer: str) -> str:
    """A JSON pointer in the notation of the recorded replies: $.data.attributes.tags[0]."""
    parts = parts_of(pointer)
    return "$" + "".join(f"[{part}]" if re.fullmatch(r"\d+", part) else f".{part}" for part in parts)
