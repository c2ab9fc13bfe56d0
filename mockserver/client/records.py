"""Events and requests as the control API reports them, as typed records with attributes."""

import json as json_module
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self
from warnings import warn

from mockserver.support.timestamps import moment

Outcome = Literal["accepted", "rejected", "duplicate", "dropped"]
Verdict = Literal["valid", "invalid"]
Raw = bytes
MAX_TEXT_BYTES = 128 * 1024 * 1024
"""How much of a compressed body `text` shows."""


class Headers(Mapping[str, str]):
    """The headers of a request or a response. A name is found in any case. Where a header came several times, its value
    is all of them, joined by ", "; `get_all` has them one by one. `pairs` are all headers in the order in which they
    came; iteration has each name once, in lower case."""

    def __init__(self, pairs: Iterable[Iterable[str]] = ()) -> None:
        self.pairs: tuple[tuple[str, str], ...] = tuple((name, value) for name, value in pairs)

    def get_all(self, name: str) -> list[str]:
        """The values of a header, in the order in which they came; none where it did not come."""
        return [value for other, value in self.pairs if other.lower() == name.lower()]

    def __getitem__(self, name: str) -> str:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self.pairs))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


@dataclass(frozen=True, slots=True)
class Record:
    """What a view of the control API says."""

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        """Members that the record does not know are left out: a newer server may tell more."""
        return cls(**{name: view[name] for name in cls.__dataclass_fields__ if name in view})


@dataclass(frozen=True, slots=True)
class Violation(Record):
    """One place where a request breaks the contract, with the rule, its evidence, and the change that fixes it.

    `pointer` is a JSON Pointer into the body, `parameter` the parameter, header or credential where it is not the body.
    `evidence` has `kind` (documented, recorded, inferred or assumed), `source` and, where one is known, the `url`
    of its page or else the contract's `file`, with the line if one alone states the rule. `value` is what stood
    there, as JSON, cut if it is long.
    """

    pointer: str
    rule: str
    message: str
    evidence: Mapping[str, str]
    value: str | None = None
    parameter: str | None = None
    fix: str | None = None

    @property
    def place(self) -> str:
        """Where it is, in words: the pointer, or the name of the parameter; the path and the method are their rules."""
        whole = f"{self.rule}:" if self.rule in ("path", "method") else "the body"
        return self.pointer or self.parameter or whole

    @property
    def remedy(self) -> str | None:
        """The old name of `fix`, for one more version."""
        warn("Violation.remedy is now Violation.fix", DeprecationWarning, stacklevel=2)
        return self.fix

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        return super(Violation, cls).from_view({"fix": view.get("remedy"), **view})


@dataclass(frozen=True, slots=True)
class SentResponse:
    """The response that a client was sent, credentials masked. `status` is None where it was sent none; then there is
    nothing else."""

    status: int | None = None
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The value of the body. Raises ValueError where it is not JSON."""
        return json_module.loads(self.body)


@dataclass(frozen=True, slots=True)
class ReceivedRequest(Record):
    """One request that arrived, with the response that was sent. Credentials are masked in it.

    `status` is that of the response, None where none was sent; `verdict` is valid or invalid. `received` is ISO 8601,
    and `time` the same in seconds since the epoch, on the account's clock, when it was clear how the request ends;
    `wall_time` is when it began, on the real clock. `milliseconds`, and `duration` in seconds, are from its first byte
    to its response, or until its connection was lost where a scripted fault held it. `connection` is the number of the
    TCP connection that it came on, from 1, None in process. `attempt` counts the requests of this account with the same
    method, path, query and body, from 1. `fault` is the scripted fault that fired on it. `bytes` is the size of the
    body, `body` what came of it on the wire, of which `truncated` says that not all was kept; `json` is its value, None
    where it is not JSON.

    On the account's clock, in seconds since the epoch, it `started_at` its first byte, `request_ended_at` its last,
    `answered_at` is the start of the response and `finished_at` its end; `lost_at` is when its connection was lost
    before the response was whole. `monotonic` has the same, without `_at`, by a clock that nobody sets.
    `position` is its number on the connection, `connection_closed` says that the server closed that on it. `wire_bytes`
    counts the head too. `fault_stage` is `before` or `after` the vendor stored something. `body_digest` is of the body
    as it was sent; `event_keys` are the same for the same event, and `dedup_ids` are the client's own ids of them.

    `not_judged` says what of the request was not judged: the verdict says nothing of it.
    """

    id: str
    vendor: str | None
    operation: str | None
    account: str
    received: str
    method: str
    path: str
    query: str
    status: int | None
    verdict: Verdict
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    stored: bool
    acknowledged: bool
    fault: Mapping[str, Any] | None
    bytes: int
    milliseconds: float
    time: float = 0.0
    wall_time: float = 0.0
    connection: int | None = None
    started_at: float = 0.0
    request_ended_at: float | None = None
    answered_at: float | None = None
    finished_at: float | None = None
    lost_at: float | None = None
    monotonic: Mapping[str, float | None] = field(default_factory=dict)
    position: int | None = None
    connection_closed: bool = False
    wire_bytes: int = 0
    fault_stage: Literal["before", "after"] | None = None
    body_digest: str = ""
    event_keys: tuple[str, ...] = ()
    dedup_ids: tuple[str | None, ...] = ()
    not_judged: tuple[str, ...] = ()
    attempt: int = 1
    headers: Headers = field(default_factory=Headers)
    body: Raw = b""
    truncated: bool = False
    json: Any = None
    response: SentResponse = field(default_factory=SentResponse)

    @property
    def text(self) -> str:
        """The body as UTF-8, its content codings undone; empty where they cannot be."""
        from mockserver.model import Request  # noqa: PLC0415 - the plugin is imported by every pytest run
        from mockserver.validation.decoding import text_of  # noqa: PLC0415

        headers = tuple(
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in self.headers.pairs
        )
        return text_of(Request(self.method, self.path, b"", headers, self.body, len(self.body)), MAX_TEXT_BYTES)

    @property
    def duration(self) -> float:
        """Seconds from its first byte to its response, or until its connection was lost."""
        return self.milliseconds / 1000

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Self:
        """A listed request; it has headers and bodies if it was listed whole."""
        members = {
            "time": moment(view["received"]) or 0.0,
            **view,
            **{name: tuple(map(Violation.from_view, view[name])) for name in ("violations", "warnings")},
        }
        sent, response = view.get("request"), view.get("response")
        if sent is not None and response is not None:
            members |= {"headers": Headers(sent["headers"]), "body": _raw(sent)}
            members |= {"truncated": sent["truncated"], "json": sent["json"]}
            members |= {name: tuple(view.get(name, ())) for name in ("event_keys", "dedup_ids")}
            members["response"] = SentResponse(view["status"], Headers(response["headers"]), _raw(response))
        return super(ReceivedRequest, cls).from_view(members)


def received_requests(views: Iterable[Mapping[str, Any]]) -> list[ReceivedRequest]:
    """All requests of an account as they were listed, whole, their attempts counted."""
    requests, attempts = [], Counter[Any]()
    for request in map(ReceivedRequest.from_view, views):
        body = request.body if request.json is None else json_module.dumps(request.json, sort_keys=True)
        same = (request.method, request.path, request.query, body)
        attempts[same] += 1
        requests.append(replace(request, attempt=attempts[same]))
    return requests


@dataclass(frozen=True, slots=True)
class ReceivedEvent(Record):
    """One thing that the code under test wanted recorded.

    `name`, `id`, `identity` and `session` are what the vendor takes for such, `timestamp` the time that it gives the
    event, `attributes` its JSON as it was sent. `outcome` is accepted, rejected, duplicate or dropped, for `reason`;
    `acknowledged` says that the client could learn of its acceptance. `attempt` counts its presentations from 1. The
    request that it came in is `request`; `headers`, `body`, `response` and others are that request's.
    """

    vendor: str
    operation: str
    account: str
    name: str | None
    id: str | None
    timestamp: str
    identity: str | None
    session: str | None
    attributes: Any
    outcome: Outcome
    reason: str | None
    acknowledged: bool
    attempt: int
    request_id: str
    _find: Callable[[str], ReceivedRequest | None] = field(default=lambda _: None, repr=False, compare=False)

    @property
    def request(self) -> ReceivedRequest:
        """The request that it came in. It is fetched when it is first asked for; LookupError is raised where the server
        no longer keeps it, as after `reset()`."""
        found = self._find(self.request_id)
        if found is None:
            raise LookupError(f"the request {self.request_id} of this event is no longer kept")
        return found

    @property
    def headers(self) -> Headers:
        return self.request.headers

    @property
    def body(self) -> bytes:
        """The whole body of its request, as it came on the wire; `attributes` is the JSON of this event."""
        return self.request.body

    @property
    def response(self) -> SentResponse:
        return self.request.response

    @property
    def connection(self) -> int | None:
        """The number of the TCP connection that it came on, from 1; None in process."""
        return self.request.connection

    @property
    def fault(self) -> Mapping[str, Any] | None:
        """The scripted fault that fired on its request."""
        return self.request.fault

    @property
    def time(self) -> float:
        """When it came, in seconds since the epoch on the account's clock."""
        return self.request.time

    @property
    def wall_time(self) -> float:
        """When its request began, in seconds since the epoch on the real clock."""
        return self.request.wall_time

    @property
    def duration(self) -> float:
        """Seconds from the first byte of its request to the response, or until the connection was lost."""
        return self.request.duration


def received_events(
    views: Iterable[Mapping[str, Any]], fetch: Callable[[], Iterable[ReceivedRequest]]
) -> list[ReceivedEvent]:
    """Events as they were listed. `fetch` has the requests of their account; it is called once at most."""
    by_id: dict[str, ReceivedRequest] = {}

    def find(identifier: str) -> ReceivedRequest | None:
        if not by_id:
            by_id.update((request.id, request) for request in fetch())
        return by_id.get(identifier)

    return [ReceivedEvent.from_view({**view, "_find": find}) for view in views]


def _raw(view: Mapping[str, Any]) -> bytes:
    """A body that is text where it is UTF-8, else base64."""
    return b64decode(view["body_base64"]) if "body_base64" in view else str(view.get("body", "")).encode()
