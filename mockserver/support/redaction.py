"""Keeps credentials out of everything that is logged, listed or exported: first characters and a fingerprint."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from urllib.parse import quote_plus, unquote, unquote_plus

from mockserver.model import Headers, Json, Violation
from mockserver.operations import Operation
from mockserver.support.credentials import KnownCredentials
from mockserver.support.jsontext import dump

ANONYMOUS = "anonymous"
SECRET_NAME = re.compile(
    r"apikey|authori[sz]ation|bearer|cookie|credential|jwt|passphrase|passw(or)?d|secret|signature|token"
    r"|(?<!aggregation)(?<!cache)(?<!idempotency)(?<!partition)(?<!primary)(?<!public)(?<!routing)(?<!sort)key$"
    r"|^x?(auth|authentication|key|keys|pass|pwd|session|sessionid|sid|sig)$"
)
"""The names of headers and query parameters whose values are taken for credentials: what such a name holds, in lower
case and without anything but letters and digits."""
MAX_ENCODINGS = 3
"""How often a text may be percent-encoded so that a credential is still found in it."""
MAX_NAME = 200
"""Characters of a name that are looked at."""
_MASKED = re.compile(r"…[0-9a-f]{12}$")
_USERINFO = re.compile(r"(?<=://)[^/?#\s\"'<>]+(?=@)")
_NAME = re.compile(r"(?:(?<=[?&;,/\s])|^)([^?&;,/\s=]+)=\"?")
_VALUE = re.compile(r"[^&;,\s\"']*")


def mask(credential: str) -> str:
    """A credential's first four characters (never more than half of it) and 12 hex digits of its SHA-256."""
    if not credential:
        return ANONYMOUS
    shown = credential[: min(4, len(credential) // 2)]
    return f"{shown}…{hashlib.sha256(credential.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def is_masked(credential: str) -> bool:
    """Whether a text is the mask of a credential, or ends in one."""
    return _MASKED.search(credential) is not None


@lru_cache(maxsize=1024)
def names_secret(name: str) -> bool:
    """Whether the value of a header or a query parameter of this name is taken for a credential."""
    return SECRET_NAME.search(re.sub(r"[^a-z0-9]", "", name.lower())) is not None


@dataclass(frozen=True, slots=True)
class Redaction:
    """Masks credentials wherever requests are shown: the values of headers and query parameters whose names say that
    they are some, or that a contract names (`names`, in lower case), and the `known` ones wherever they stand.
    `account` is the label of the account that a text belongs to."""

    names: frozenset[str] = frozenset()
    known: KnownCredentials = field(default_factory=KnownCredentials)

    def of_headers(self, headers: Headers, account: str = "") -> list[tuple[str, str]]:
        """Headers as text; an authorization scheme stays readable."""
        pairs = []
        for name, value in headers:
            text = name.decode("latin-1")
            pairs.append((text, self._of_named(text, value.decode("latin-1"))))
        whole = "\n".join(chain.from_iterable(pairs))
        if self.of_text(whole, account) == whole:  # as nearly always: looked at once instead of header by header
            return pairs
        return [(self.of_text(name, account), self.of_text(value, account)) for name, value in pairs]

    def of_query(self, query: bytes, account: str = "") -> str:
        """A query string as text."""
        if not query:
            return ""
        pieces = re.split("([&;])", query.decode("latin-1"))
        return "".join(piece if piece in ("&", ";") else self._of_parameter(piece, account) for piece in pieces)

    def of_address(self, text: str, account: str = "") -> str:
        """A path, a URL or a text with such in it: the userinfo and the parameters that are secret by name are masked
        there, too."""
        return self._of_parts(self.of_text(text, account))

    def of_text(self, text: str, account: str = "") -> str:
        """A text with known credentials masked. Where percent-encoding hides one, the text is shown decoded."""
        decoded = text
        for _ in range(MAX_ENCODINGS):
            raw = decoded.encode("utf-8", "surrogatepass")
            shown = self.known.masked(raw, account)
            if shown is not raw:
                return shown.decode("utf-8", "surrogatepass")
            if "%" not in decoded:
                break
            decoded = unquote(decoded)
        return text

    def of_body(self, body: bytes, account: str = "") -> bytes:
        """A raw body with known credentials masked; what is compressed stays as it is."""
        return self.known.masked(body, account)

    def of_json(self, value: Json, account: str = "") -> Json:
        """A JSON value with known credentials masked in its texts and names; the same object where there are none."""
        raw = dump(value)
        shown = self.known.masked(raw, account)
        if shown is raw:
            return value
        try:
            return json.loads(shown)  # as it nearly always can be, and sooner than every member is looked at
        except ValueError:
            return self._of_member(value, account)

    def of_violation(self, violation: Violation, account: str = "") -> Violation:
        """A violation with known credentials masked in what it cites."""
        value = None if violation.value is None else self.of_text(violation.value, account)
        message, pointer = (self.of_text(text, account) for text in (violation.message, violation.pointer))
        return violation._replace(message=message, pointer=pointer, value=value)

    def _of_member(self, value: Json, account: str) -> Json:
        if isinstance(value, str):
            return self.known.masked(value.encode("utf-8", "surrogatepass"), account).decode("utf-8", "surrogatepass")
        if isinstance(value, list):
            return [self._of_member(item, account) for item in value]
        if isinstance(value, dict):
            return {self._of_member(name, account): self._of_member(item, account) for name, item in value.items()}
        return value

    def _of_parts(self, text: str) -> str:
        if "://" in text:
            text = _USERINFO.sub(lambda found: mask(found[0]), text)
        return self._of_pairs(text) if "=" in text else text

    def _of_named(self, name: str, value: str) -> str:
        """A header's value as far as its name and its form say that there is a credential in it."""
        scheme, _, rest = value.partition(" ")
        if rest and scheme.lower() in ("basic", "bearer"):
            return f"{scheme} {mask(rest)}"
        return mask(value) if self._is_secret(name) else self._of_parts(value)

    def _of_parameter(self, piece: str, account: str) -> str:
        name, equals, value = piece.partition("=")
        shown = self._of_component(name, account)
        if not equals:
            return shown
        secret = self._is_secret(name)
        return f"{shown}={mask(unquote_plus(value)) if secret else self._of_component(value, account)}"

    def _of_component(self, component: str, account: str) -> str:
        """The name or the value of a parameter, as it was sent where nothing of it is masked."""
        decoded = unquote_plus(component)
        shown = self.of_address(decoded, account)
        return component if shown == decoded else "…".join(map(quote_plus, shown.split("…")))

    def _of_pairs(self, text: str) -> str:
        """A text with the values of the parameters masked that stand in it as name=value."""
        pieces, at = [], 0
        for name in _NAME.finditer(text):
            value = _VALUE.match(text, name.end())
            if name.start() >= at and value and value[0] and self._is_secret(name[1]) and not _MASKED.search(value[0]):
                pieces += [text[at : name.end()], mask(value[0])]
                at = value.end()
        return "".join([*pieces, text[at:]])

    def _is_secret(self, name: str) -> bool:
        name = (unquote_plus(name) if "%" in name or "+" in name else name).strip().lower()
        return name in self.names or names_secret(name[:MAX_NAME])


def redaction_for(operations: Iterable[Operation], known: KnownCredentials | None = None) -> Redaction:
    """A redaction that knows what the contracts of the served operations call a credential."""
    named = {
        credential.name.lower()
        for operation in operations
        for credential in (*operation.credentials, operation.application_key)
        if credential is not None
    }
    return Redaction(frozenset(named), KnownCredentials() if known is None else known)
