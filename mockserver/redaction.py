"""Keeps credentials out of everything that is logged, listed or exported: first characters and a fingerprint."""

from __future__ import annotations

import hashlib
from urllib.parse import unquote_plus

from mockserver.model import Headers

SECRET_HEADERS = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"dd-api-key", b"dd-application-key"}
    | {b"x-api-key", b"x-mockserver-token"}
)
SECRET_PARAMETERS = frozenset({"api_key", "application_key", "app_key", "token", "access_token"})
ANONYMOUS = "anonymous"


def mask(credential: str) -> str:
    """A credential's first four characters (never more than half of it) and 12 hex digits of its SHA-256."""
    if not credential:
        return ANONYMOUS
    shown = credential[: min(4, len(credential) // 2)]
    return f"{shown}…{hashlib.sha256(credential.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def masked_headers(headers: Headers, secret: frozenset[bytes] = SECRET_HEADERS) -> list[tuple[str, str]]:
    """Headers as text, the values of the secret ones masked; an authorization scheme stays readable."""
    return [(name.decode("latin-1"), _header_value(name, value, secret)) for name, value in headers]


def masked_query(query: bytes) -> str:
    """A query string as text, the values of keys that hold credentials masked."""
    pieces = []
    for piece in query.decode("latin-1").split("&"):
        name, equals, value = piece.partition("=")
        secret = unquote_plus(name).strip().lower() in SECRET_PARAMETERS
        pieces.append(f"{name}={mask(unquote_plus(value))}" if equals and secret else piece)
    return "&".join(pieces)


def _header_value(name: bytes, value: bytes, secret: frozenset[bytes]) -> str:
    text = value.decode("latin-1")
    if name.lower() not in secret:
        return text
    scheme, _, rest = text.partition(" ")
    return f"{scheme} {mask(rest)}" if rest and scheme.lower() in ("basic", "bearer") else mask(text)
