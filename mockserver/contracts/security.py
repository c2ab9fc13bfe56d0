"""Compiles the security of one operation: which credentials it takes, and which of them together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.contracts.dereferencing import ReferencingError, resolve
from mockserver.errors import ContractError
from mockserver.operations import Credential, Presence

BEARER = ("oauth2", "openIdConnect")
"""The types of schemes whose tokens come as `Authorization: Bearer` (RFC 6750)."""
NOT_JUDGED = "mutualTLS"


class Security(NamedTuple):
    """`credentials` are those that name the account, in the order of the document; `requirements` the alternatives of
    which one must be presented whole, where one holds several. `anonymous`: the operation takes requests without
    credentials, too."""

    credentials: tuple[Credential, ...] = ()
    application_key: Credential | None = None
    requirements: tuple[tuple[Credential, ...], ...] = ()
    anonymous: bool = False


def compile_security(document: Mapping[str, Any], spec: Mapping[str, Any], source: Path, place: str) -> Security:
    """The security that an operation states, or else that of its document. Client certificates (mutualTLS) are not
    judged: a server of HTTP sees none. Raises ContractError."""
    stated = spec.get("security")
    alternatives = (document.get("security") or []) if stated is None else stated
    schemes = document["components"].get("securitySchemes") or {}
    accounts: dict[str, Credential] = {}
    application: Credential | None = None
    requirements: list[tuple[Credential, ...]] = []
    anonymous = False
    for requirement in alternatives:
        together: list[Credential] = []
        takes_key = False
        for name in requirement:
            scheme = _scheme(document, schemes, name, source, place)
            if scheme.get("type") == NOT_JUDGED:
                continue
            if scheme.get("x-role") == "application-key":
                everywhere = all(name in each for each in alternatives)
                application = _credential(scheme, name, source, "required" if everywhere else "recommended")
                takes_key = True
            else:
                accounts.setdefault(name, _credential(scheme, name, source, "required"))
                together.append(accounts[name])
        anonymous |= not together and not takes_key
        if together:
            requirements.append(tuple(together))
    whole = tuple(dict.fromkeys(requirements)) if any(len(each) > 1 for each in requirements) else ()
    return Security(tuple(accounts.values()), application, whole, anonymous and bool(accounts))


def _scheme(
    document: Mapping[str, Any], schemes: Mapping[str, Any], name: str, source: Path, place: str
) -> Mapping[str, Any]:
    if name not in schemes:
        raise ContractError(source, f"{place}/security", f"there is no security scheme {name}")
    try:
        return resolve(document, schemes[name])
    except ReferencingError as error:
        raise ContractError(source, f"components/securitySchemes/{name}", str(error)) from error


def _credential(scheme: Mapping[str, Any], name: str, source: Path, presence: Presence) -> Credential:
    prefix, strict = scheme.get("x-prefix", ""), scheme.get("x-case-sensitive", False)
    kind, header, location = scheme.get("type"), scheme.get("name"), scheme.get("in")
    if kind == "apiKey" and isinstance(header, str) and header and location in ("header", "query", "cookie"):
        return Credential("apiKey", location, header, presence, prefix)
    if kind == "http" and isinstance(scheme.get("scheme"), str):
        return Credential(scheme["scheme"].lower(), "header", "Authorization", presence, prefix, strict)
    if kind in BEARER:
        return Credential("bearer", "header", "Authorization", presence, prefix)
    problem = "expected apiKey in header, query or cookie, http with a scheme, oauth2, openIdConnect or mutualTLS"
    raise ContractError(source, f"components/securitySchemes/{name}", problem)
