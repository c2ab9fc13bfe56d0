"""What one vendor is: its behaviours, wording, options, control views, handle and pages, each with a default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from mockserver.contracts.answers import documented_response, is_acceptable
from mockserver.errors import Failure
from mockserver.http.statuses import phrase
from mockserver.model import EventPart, Evidence, FailureKind, Headers, Json, Quota, Response, Violation
from mockserver.operations import Operation, RequestContext
from mockserver.support.jsontext import dump

if TYPE_CHECKING:
    from mockserver.accounts.account import Account
    from mockserver.client.handle import Handle
    from mockserver.extract.dialects import Dialect
    from mockserver.vendors.views import Views

State = TypeVar("State")
_CREDENTIAL_KINDS = (FailureKind.CREDENTIAL_MISSING, FailureKind.CREDENTIAL_INVALID)


class Problem(NamedTuple):
    """One thing to tell the client in the vendor's envelope, and the place that it is about, where the vendor names
    it. Of a `bare` problem the envelope holds no more than its schema requires."""

    message: str
    pointer: str | None = None
    header: str | None = None
    parameter: str | None = None
    bare: bool = False


Behaviour = Callable[[RequestContext, "Account"], Response]
"""What an operation does with an accepted request, in the account that it belongs to. It refuses one by raising
Failure: whatever it returns counts as a success."""


@dataclass(frozen=True)
class NoSettings:
    """The options of a vendor that has none of its own."""


class Vendor:
    """A vendor of which only the contract is known. A subclass overrides what it knows better.

    The registry makes one instance of each vendor, named after its folder or its entry point.
    """

    behaviours: ClassVar[Mapping[str, Behaviour]] = {}
    """By operation id. An operation without one answers with a value that fits the contract."""
    settings: ClassVar[type[Any]] = NoSettings
    """A frozen dataclass of the vendor's own options, made with `settings.option`; their names begin with the
    vendor's."""
    schemas: ClassVar[Path | None] = None
    """The folder that holds the contract as `<vendor>/openapi.yaml`, if the vendor's package brings it."""
    key_prefix: ClassVar[str] = "mock-"
    """What the made-up keys of the vendor's handles begin with."""
    real_keys: ClassVar[re.Pattern[str] | None] = None
    """The form of the vendor's real keys, which nobody should send to a fake."""

    documentation: ClassVar[Mapping[str, str]] = {}
    """The URLs of the vendor's documentation pages, by how the sources of evidence name the page or a section of it."""
    handle: ClassVar[str] = ""
    """The class of the Python handles on the vendor's accounts, as `module:Class`; imported when a test needs it."""
    views: ClassVar[str] = ""
    """The vendor's `Views`, its own control calls, as `module:NAME`; imported when the control API is called."""
    dialect: ClassVar[str] = ""
    """The `Dialect` of the vendor's documentation pages, as `module:NAME`; imported by `mockserver extract`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def load_handle(self) -> type[Handle]:
        """The class of the handles; by default one that presents the credentials of the contract."""
        from mockserver.vendors.handle import contract_handle  # noqa: PLC0415 - a server does without

        kind: type[Handle] = _imported(self.handle) if self.handle else contract_handle(self.name)
        return kind

    def load_views(self) -> Views | None:
        views: Views | None = _imported(self.views)
        return views

    def load_dialect(self) -> Dialect | None:
        dialect: Dialect | None = _imported(self.dialect)
        return dialect

    def page(self, evidence: Evidence) -> str | None:
        """The URL of the documentation page that a rule comes from; None where it comes from none that is known."""
        if evidence.kind != "documented":
            return None
        named = (url for name, url in self.documentation.items() if evidence.source.startswith(name))
        return next(named, evidence.source.split()[0] if evidence.source.startswith("https://") else None)

    def looks_real(self, credential: str) -> bool:
        """Whether a credential has the form of the vendor's real ones."""
        return self.real_keys is not None and self.real_keys.fullmatch(credential) is not None

    def behaviour(self, operation: Operation) -> Behaviour:
        """What the operation does with an accepted request."""
        return self.behaviours.get(operation.id, sample_response)

    def events(self, context: RequestContext, response: Json) -> list[EventPart]:
        """The events that a request holds; `response` is the JSON body of the vendor's response, None where it took
        nothing. By default a request with a body is one event."""
        body = context.body
        if body is None:
            return []
        name = body.get("name") or body.get("title") if isinstance(body, dict) else None
        return [EventPart(name if isinstance(name, str) else context.operation.id, body)]

    def problems(self, operation: Operation, failure: Failure, status: int) -> list[Problem]:
        """What to tell the client of a failure, in the order of the places in the body."""
        if failure.violations:
            return [self.problem(operation, violation) for violation in failure.violations]
        if failure.kind not in _CREDENTIAL_KINDS or not operation.credentials:
            return [Problem(failure.detail or phrase(status))]
        expected = operation.credentials[0]
        text = phrase(status)
        if type(self) is Vendor:  # what another vendor says is its own to tell
            wrong = "is missing" if failure.kind is FailureKind.CREDENTIAL_MISSING else "is not accepted"
            text = f"the credential in {expected.place} {wrong}"
        return [Problem(failure.detail or text, header=expected.name)]

    def problem(self, operation: Operation, violation: Violation) -> Problem:
        """What to tell the client of one violation."""
        return Problem(f"{violation.place}: {violation.message}", violation.pointer, parameter=violation.parameter)

    def code(self, status: int) -> int:
        """The number that the vendor's envelope calls `code`."""
        return status

    def headers(self, operation: Operation, status: int, problems: list[Problem]) -> Headers:
        """The headers of a failure, besides those of the rate limit."""
        return ()

    def rate_limit_headers(self, operation: Operation, status: int, quota: Quota, reset_in: int) -> Headers:
        """The vendor's own headers about the account's quota, `reset_in` being the whole seconds until it is whole
        again. `Retry-After` is not one of them: it comes with every 429 and 503."""
        return ()

    def wrong_method(self, operation: Operation) -> Failure:
        """How the vendor answers a method that the path does not have."""
        return Failure(FailureKind.WRONG_METHOD, "Method Not Allowed", status=405)

    def unknown_path(self, operation: Operation) -> Failure | None:
        """How the vendor answers a path that it does not have, next to an operation's; None where nobody knows."""
        return None

    def refuses_before_credentials(self, violation: Violation) -> bool:
        """Whether the vendor finds this violation while it decodes, before it looks at the credential."""
        return False


def _imported(reference: str) -> Any:
    """What a reference `module:name` names; None for an empty one."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name) if module else None


def sample_response(context: RequestContext, account: Account) -> Response:
    """The documented success: an example or a made value that fits its schema, in the media type that the client
    accepts, with the documented headers; no body where the contract documents none."""
    operation, request, preferences = context.operation, context.request, context.preferences
    if 406 in operation.responses and not is_acceptable(operation, request):
        raise Failure(FailureKind.INVALID, "Accept names none of the documented media types", status=406)
    return documented_response(operation, operation.success, request, preferences, account.random)


def json_response(status: int, body: Json, content_type: str = "application/json") -> Response:
    return Response(status, dump(body), content_type.encode("latin-1"))


def text_at(body: Json, *path: str) -> str | None:
    """The text at a path of member names, or None where there is none."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, str) and body else None


def vendor_state(account: Account, key: str, make: Callable[[], State]) -> State:
    """What the account keeps under a key, made when it is first asked for, forgotten when the account is reset."""
    if key not in account.state:
        account.state[key] = make()
    state: State = account.state[key]
    return state


def settings_of(account: Account, kind: type[State]) -> State:
    """The vendor's own options, by their dataclass; the defaults where the server was given none."""
    return account.settings if isinstance(account.settings, kind) else kind()
