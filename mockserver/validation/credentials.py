"""Reads the credentials of a request, live or recorded, and decides whether the vendor would take them."""

import base64
import binascii
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qs

from mockserver.errors import Failure
from mockserver.model import FailureKind, Request, Violation
from mockserver.operations import Credential, Credentials, Operation

WELL_FORMED = re.compile(r"[!-~]+")
BAD_PREFIX = "invalid"
MASKED = re.compile(
    r"…[0-9a-f]{12}$|^\W*(?:redacted|filtered|masked|hidden|removed|sanitized|scrubbed|secret|dummy|fake|x{3,})\b"
    r"|^[*#.•]{3,}$|^<[^>]+>$|^\[[^\]]+\]$|^\{+[^}]+\}+$",
    re.IGNORECASE,
)
"""What recorders write in place of a credential: our own mask, and the words and marks that are usual elsewhere."""
USER_NAME = re.compile(r'(?:^|[\s,])username="([^"]*)"', re.IGNORECASE)
MASK = "masked"
EVERY_CREDENTIAL = Credentials(MASK, MASK)
"""The credentials of a request whose recorder is known to have left them out."""


def read_credentials(operation: Operation, request: Request) -> Credentials:
    """What the request presents, in the places that the operation's contract names. An empty value counts as none."""
    application = _present(operation.application_key, request)[0] if operation.application_key else ""
    if operation.requirements:
        return _read_together(operation, request, application)
    refused: Credentials | None = None  # which only counts where no other alternative is presented
    for accepted in operation.credentials:
        value, malformed = _present(accepted, request)
        if value and not malformed and not value.startswith(BAD_PREFIX):
            return Credentials(value, application)
        if refused is None and (value or malformed):
            refused = Credentials(value, application, malformed)
    return refused or Credentials("", application)


def _read_together(operation: Operation, request: Request, application: str) -> Credentials:
    """What a request presents to an operation that takes several credentials together: of the alternative that it
    presents whole, else of the one that lacks the fewest. The first credential of that alternative names the account,
    or else the first that there is."""
    present = {accepted: _present(accepted, request) for accepted in operation.credentials}

    def lacking(alternative: tuple[Credential, ...]) -> tuple[Credential, ...]:
        return tuple(accepted for accepted in alternative if not any(present[accepted]))

    def rejected(alternative: tuple[Credential, ...]) -> bool:
        return any(
            malformed or value.startswith(BAD_PREFIX) for value, malformed in (present[each] for each in alternative)
        )

    meant = min(operation.requirements, key=lambda each: (len(lacking(each)), rejected(each)))
    named = next((present[each] for each in (*meant, *operation.credentials) if any(present[each])), ("", False))
    return Credentials(named[0], application, named[1], lacking(meant), rejected(meant[1:]))


def recorded_credentials(operation: Operation, request: Request) -> Credentials:
    """What a recorded request presents. A credential that the recorder masked counts as present."""
    credentials = read_credentials(operation, request)
    credential, application_key = credentials.credential, credentials.application_key
    if not credential:
        credential = next((MASK for accepted in operation.credentials if _is_masked(accepted, request)), "")
    accepted_key = operation.application_key
    if not application_key and accepted_key is not None and _is_masked(accepted_key, request):
        application_key = MASK
    lacking = tuple(each for each in credentials.lacking if not _is_masked(each, request))
    malformed = credentials.malformed and not credential
    return Credentials(credential, application_key, malformed, lacking, credentials.rejected)


def missing_credentials(operation: Operation, credentials: Credentials) -> tuple[Violation, ...]:
    """The violations of a request that lacks credentials: one for each that the operation takes together."""
    if credentials.lacking and credentials.credential:
        return tuple(missing_credential(operation, each) for each in credentials.lacking)
    if credentials.malformed or not operation.anonymous:
        return (missing_credential(operation, operation.credentials[0], malformed=credentials.malformed),)
    return ()


def missing_credential(operation: Operation, credential: Credential, *, malformed: bool = False) -> Violation:
    """The violation of a request without a credential, or with one that is not in the form of its scheme."""
    problem = f"does not hold {credential.scheme.capitalize()} credentials" if malformed else "is missing"
    message = f"{credential.location} {credential.name} {problem}"
    return Violation("", "security", message, operation.evidence, parameter=credential.name)


def authorize(operation: Operation, credentials: Credentials, accepted: Mapping[str, tuple[str, ...]]) -> None:
    """Raises Failure unless the vendor would take the credentials.

    Any well-formed key is accepted unless it begins with `invalid`, or `accepted` (vendor → keys) lists the vendor
    and not the key.
    """
    if not operation.credentials:
        return
    if not credentials.credential and not credentials.malformed:
        if operation.anonymous:
            return
        raise Failure(FailureKind.CREDENTIAL_MISSING)
    if credentials.malformed or _is_rejected(credentials.credential, operation, accepted.get(operation.vendor)):
        raise Failure(FailureKind.CREDENTIAL_INVALID)
    if credentials.lacking:
        raise Failure(FailureKind.CREDENTIAL_MISSING)
    if credentials.rejected:
        raise Failure(FailureKind.CREDENTIAL_INVALID)
    application_key = operation.application_key
    if application_key is not None and application_key.presence == "required":
        if not credentials.application_key:
            raise Failure(FailureKind.APPLICATION_KEY_MISSING)
        if credentials.application_key.startswith(BAD_PREFIX):
            raise Failure(FailureKind.CREDENTIAL_INVALID)


def _is_rejected(credential: str, operation: Operation, accepted: tuple[str, ...] | None) -> bool:
    prefix = operation.credentials[0].prefix
    if not _is_well_formed(credential, prefix):
        return True
    if accepted is not None:
        return credential not in accepted
    return credential.startswith(BAD_PREFIX) or credential.removeprefix(prefix).startswith(BAD_PREFIX)


@lru_cache(maxsize=4096)
def _is_well_formed(credential: str, prefix: str) -> bool:
    return bool(WELL_FORMED.fullmatch(credential)) and credential.startswith(prefix) and credential != prefix


def _present(accepted: Credential, request: Request) -> tuple[str, bool]:
    """The value of one credential and whether it is malformed."""
    if accepted.location != "header":
        return (_query_value if accepted.location == "query" else _cookie)(accepted, request).strip(), False
    raw = request.header(accepted.header)
    text = raw.decode("latin-1").strip() if raw else ""
    if accepted.scheme == "apiKey" or not text:
        # documents call `Bearer TOKEN` in Authorization an API key; the scheme is no part of it
        return (text.rpartition(" ")[2] if accepted.header == b"authorization" else text), False
    scheme, _, rest = text.partition(" ")
    expected = accepted.scheme.capitalize()
    if scheme != expected and (accepted.case_sensitive or scheme.lower() != accepted.scheme):
        return "", True
    if accepted.scheme == "basic":
        return _user_name(rest.strip())
    value = rest.strip() if accepted.scheme == "bearer" else _first_parameter(rest)
    return value, not value


def _first_parameter(text: str) -> str:
    """What tells the accounts of another scheme apart: its user name (as in Digest, RFC 7616), else its first word."""
    named = USER_NAME.search(text)
    return named[1] if named else text.strip().partition(" ")[0].rstrip(",")


def _user_name(encoded: str) -> tuple[str, bool]:
    """The user name of Basic credentials (RFC 7617); the password is the vendor's business and ignored."""
    try:
        user, colon, _ = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", True
    return user, not colon


def _is_masked(accepted: Credential, request: Request) -> bool:
    """Whether something that a recorder would write stands in place of a credential."""
    if accepted.location != "header":
        return bool((_query_value if accepted.location == "query" else _cookie)(accepted, request))
    raw = request.header(accepted.header)
    text = raw.decode("utf-8", "replace").strip() if raw else ""
    if accepted.scheme != "apiKey" and " " in text:
        scheme, _, text = text.partition(" ")
        if scheme.lower() != accepted.scheme:
            return False
    return MASKED.search(text.strip()) is not None


def _cookie(accepted: Credential, request: Request) -> str:
    """The value of a cookie (RFC 6265)."""
    raw = request.header(accepted.header) or b""
    for pair in raw.decode("latin-1").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == accepted.name:
            return value.strip('"')
    return ""


def _query_value(accepted: Credential, request: Request) -> str:
    return parse_qs(request.query.decode("latin-1")).get(accepted.name, [""])[0]
