"""Reads `--upstream VENDOR=URL`: where each vendor's traffic goes."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from mockserver.errors import SettingsError
from mockserver.support.redaction import Redaction

REDACTION = Redaction()


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a vendor's requests are forwarded to. `authority` is the value of the Host header, `base` the path before
    every request's own, without a slash at its end."""

    vendor: str
    url: str
    scheme: bytes
    host: bytes
    port: int
    authority: bytes
    base: bytes


def read_upstreams(given: tuple[str, ...], vendors: tuple[str, ...]) -> dict[str, Upstream]:
    """The upstream of each vendor. Raises SettingsError that says what was expected."""
    found: dict[str, Upstream] = {}
    for text in given:
        vendor, equals, url = text.partition("=")
        if not equals or vendor not in vendors:
            expected = f"VENDOR=URL with one of {', '.join(vendors)}"
            raise SettingsError(f"--upstream: expected {expected}, found {REDACTION.of_address(text)!r}")
        if vendor in found:
            raise SettingsError(f"--upstream: {vendor} is given twice")
        found[vendor] = _upstream(vendor, url)
    if not found:
        raise SettingsError("--upstream: expected at least one VENDOR=URL")
    return found


def _upstream(vendor: str, url: str) -> Upstream:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        encoded = host.encode("ascii") if host.isascii() else host.encode("idna")
    except ValueError as error:
        raise SettingsError(f"--upstream: {vendor}: {REDACTION.of_address(url)!r} is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or "@" in parts.netloc:
        found = REDACTION.of_address(url)
        raise SettingsError(f"--upstream: {vendor}: expected http(s)://HOST[:PORT][/PATH], found {found!r}")
    shown = b"[%s]" % encoded if b":" in encoded else encoded
    return Upstream(
        vendor=vendor,
        url=url,
        scheme=parts.scheme.encode("ascii"),
        host=encoded,
        port=port or (443 if parts.scheme == "https" else 80),
        authority=shown + (b":%d" % port if port is not None else b""),
        base=parts.path.rstrip("/").encode("utf-8"),
    )
