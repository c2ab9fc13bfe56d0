"""Decides who may call the control API: beyond loopback callers need a token, and Host and Origin must be ours."""

import hmac
import ipaddress
import re

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mockserver.settings import Settings
from mockserver.support.addresses import is_loopback

IN_PROCESS = "mockserver.in_process"
"""The key of the scope that a caller in the server's own process sets; no request that comes over a socket has it."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


_HOST = re.compile(r"(\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(?::[0-9]{1,5})?")
"""RFC 9110, 7.2, without what no host of ours is called: userinfo, percent-encoding, IPv6 zones."""
_ORIGIN = re.compile(r"[A-Za-z][0-9A-Za-z+.-]*://" + _HOST.pattern)


class Gate:
    """Decides who may call the control API.

    A caller with the token may. Without it the server must listen on loopback or a Unix socket and have no token set,
    and the Host header (and Origin, where a browser sends it) must be a loopback name, the bound host or one of
    `admin_host`. That keeps a web page, by DNS rebinding or a cross-site form, from steering the server. What a proxy
    says of its client (X-Forwarded-…) counts for nothing.
    """

    def __init__(self, settings: Settings) -> None:
        self._tokens = forms_of(settings.admin_token) if settings.admin_token is not None else ()
        self._local = settings.uds is not None or is_loopback(settings.host)
        self._hosts = {name_of(host) for host in (*LOOPBACK_NAMES, settings.host, *settings.admin_host)}

    def check(self, request: Request, *, public: bool) -> None:
        """Raises HTTPException 401 or 403 for a call that is not allowed; a `public` route needs no token. A Host that
        cannot be read, or a second one, is refused whatever the token: the addresses that we tell are made of it."""
        if request.scope.get(IN_PROCESS):
            return
        hosts = [(value, _name_in(value, _HOST)) for value in request.headers.getlist("host")]
        for value, name in hosts:
            if name is None or len(hosts) > 1:
                raise _refused("host", value)
        if self._shows_token(request):
            return
        origins = [(value, _name_in(value, _ORIGIN)) for value in request.headers.getlist("origin")]
        for kind, named in (("host", hosts), ("origin", origins)):
            for value, name in named:
                if name not in self._hosts:
                    raise _refused(kind, value)
        if public:
            return
        if self._tokens:
            raise HTTPException(401, "the control API requires its token", {"WWW-Authenticate": "Bearer"})
        if not self._local:
            raise HTTPException(403, "beyond loopback the control API requires a token: set --admin-token")

    def _shows_token(self, request: Request) -> bool:
        scheme, _, shown = request.headers.get("authorization", "").encode("latin-1").partition(b" ")
        return scheme.lower() == b"bearer" and any(hmac.compare_digest(shown.strip(), form) for form in self._tokens)


def forms_of(token: str) -> tuple[bytes, ...]:
    """A token as clients write it into a header: most in UTF-8, some in Latin-1."""
    forms = {token.encode("utf-8", "surrogateescape")}
    if all(ord(character) < 256 for character in token):
        forms.add(token.encode("latin-1"))
    return tuple(forms)


def name_of(host: str) -> str:
    """A host's name or address in the one form in which it can be compared."""
    name = host.lower().removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def _name_in(value: str, form: re.Pattern[str]) -> str | None:
    """The name in a Host or Origin header, without scheme, port and brackets; None where it has not their form."""
    match = form.fullmatch(value)
    return name_of(match[1]) if match else None


def _refused(kind: str, value: str) -> HTTPException:
    detail = f"the {kind} {value[:80]!r} is not allowed to call the control API; allow it with --admin-host"
    return HTTPException(403, detail)
