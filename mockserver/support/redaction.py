"""Keeps credentials out of everything that is logged, listed or exported: first characters and a fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote_plus

from mockserver.model import Headers, Operation

ANONYMOUS = "anonymous"


def mask(credential: str) -> str:
    """A credential's first four characters (never more than half of it) and 12 hex digits of its SHA-256."""
    if not credential:
        return ANONYMOUS
    shown = credential[: min(4, len(credential) // 2)]
    return f"{shown}…{hashlib.sha256(credential.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


class Redaction(NamedTuple):
    """Masks credentials wherever requests are shown: the values of these headers and query parameters, names in
    lower case."""

    headers: frozenset[bytes]
    parameters: frozenset[str]

    def of_headers(self, headers: Headers) -> list[tuple[str, str]]:
        """Headers as text, the values of the secret ones masked; an authorization scheme stays readable."""
        return [(name.decode("latin-1"), self._value(name, value.decode("latin-1"))) for name, value in headers]

    def of_query(self, query: bytes) -> str:
        """A query string as text, the values of secret parameters masked."""
        pieces = []
        for piece in query.decode("latin-1").split("&"):
            name, equals, value = piece.partition("=")
            secret = unquote_plus(name).strip().lower() in self.parameters
            pieces.append(f"{name}={mask(unquote_plus(value))}" if equals and secret else piece)
        return "&".join(pieces)

    def _value(self, name: bytes, text: str) -> str:
        if name.lower() not in self.headers:
            return text
        scheme, _, rest = text.partition(" ")
        return f"{scheme} {mask(rest)}" if rest and scheme.lower() in ("basic", "bearer") else mask(text)


COMMON = Redaction(
    frozenset({b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key"})
    | frozenset({b"dd-api-key", b"dd-application-key"}),
    frozenset({"api_key", "application_key", "app_key", "token", "access_token"}),
)


def redaction_for(operations: Iterable[Operation]) -> Redaction:
    """The common redaction, extended by the credentials of the served operations."""
    headers, parameters = set(COMMON.headers), set(COMMON.parameters)
    for operation in operations:
        application = (operation.application_key,) if operation.application_key else ()
        for credential in (*operation.credentials, *application):
            if credential.location == "query":
                parameters.add(credential.name.lower())
            else:
                headers.add(credential.name.lower().encode("latin-1"))
    return Redaction(frozenset(headers), frozenset(parameters))
