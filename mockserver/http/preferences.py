"""Reads the preferences (RFC 7240) by which a request asks for a certain response."""

import re

from mockserver.model import Request
from mockserver.operations import NO_PREFERENCES, Preferences

_PREFERENCE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:\"([^\"]*)\"|([^\",;\s]*)))?")
_SEPARATOR = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')


MAX_WAIT_SECONDS = 3600.0


def read_preferences(request: Request) -> Preferences:
    """The preferences of a request; unknown and unreadable ones are ignored (RFC 7240)."""
    if request.header(b"prefer") is None:
        return NO_PREFERENCES
    found: dict[str, str] = {}
    for name, value in request.headers:
        if name == b"prefer":
            for part in _SEPARATOR.split(value.decode("latin-1")):
                if match := _PREFERENCE.match(part):
                    found.setdefault(match[1].lower(), (match[2] or match[3] or "").strip())
    code, wait = found.get("code", ""), found.get("wait", "")
    return Preferences(
        code=int(code) if re.fullmatch(r"[1-5][0-9]{2}", code) else None,
        example=found.get("example") or None,
        dynamic=found.get("dynamic", "").lower() == "true",
        wait=min(float(wait), MAX_WAIT_SECONDS) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", wait) else None,
    )
