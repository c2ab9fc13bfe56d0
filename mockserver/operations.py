"""The records of documented operations: what a contract says of one, once it is compiled, and a request to one."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import parse_qs

from mockserver.model import Evidence, FailureKind, Json, Level, Request

if TYPE_CHECKING:
    from mockserver.contracts.contents import Content, ResponseContract
    from mockserver.contracts.parameters import Parameter
    from mockserver.contracts.schema import CompiledSchema

Presence = Literal["required", "recommended", "optional"]


class Annotation(NamedTuple):
    """What a contract says of a rule in it: where it comes from, the reason that the overlay gives for it, if it does,
    and the level of what breaks it."""

    evidence: Evidence
    reason: str | None = None
    level: Level = "violation"


class Rule(NamedTuple):
    """A rule that a schema cannot say: a name that a vendor module implements, with its parameters."""

    name: str
    parameters: Mapping[str, Json]
    annotation: Annotation


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential that an operation takes, and where. `scheme` is `apiKey`, or that of the Authorization header in
    lower case. `prefix` is what every key of the vendor begins with; `header` is the name of the header that holds it,
    as ASGI writes it."""

    scheme: str
    location: Literal["header", "query", "cookie"]
    name: str
    presence: Presence = "required"
    prefix: str = ""
    case_sensitive: bool = False
    header: bytes = field(init=False)

    def __post_init__(self) -> None:
        name = "cookie" if self.location == "cookie" else self.name
        object.__setattr__(self, "header", name.lower().encode("latin-1"))

    @property
    def place(self) -> str:
        """Where it belongs, in words."""
        if self.location != "header":
            return f"{'query parameter' if self.location == 'query' else 'cookie'} {self.name}"
        if self.scheme == "basic":
            return "header Authorization: Basic, as the user name"
        return f"header {self.name}" if self.scheme == "apiKey" else f"header Authorization: {self.scheme.capitalize()}"


class Credentials(NamedTuple):
    """The credentials that a request carries; "" where it carries none. `malformed` is set where the header is there
    but not in the form of its scheme. Of an operation that takes several together, `lacking` are those that the request
    does not carry, and `rejected` says that it carries all, but one that no vendor would take."""

    credential: str = ""
    application_key: str = ""
    malformed: bool = False
    lacking: tuple[Credential, ...] = ()
    rejected: bool = False


class ServedAt(NamedTuple):
    """Where a contract says that an operation is served: the paths of its servers, "" for the root, and their hosts."""

    bases: tuple[str, ...] = ("",)
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One documented operation, compiled. `documented` judges; `served`, of the served profile, decides refusals.
    `prescreen` holds the bodies that fit the documented and the observed schema and have no unknown name. `ranges` are
    the responses to several statuses, by their first digit, `default` by 0. `bodies` are all media types of the request
    body; `by_media_type` says that its Content-Type decides how it is judged, else it is read as `media_type`, which is
    JSON. `success` is the status of a success: the first documented 2xx, else 3xx."""

    vendor: str
    id: str
    method: str
    path: str
    credentials: tuple[Credential, ...]
    application_key: Credential | None
    credential_statuses: Mapping[FailureKind, int]
    parameters: tuple[Parameter, ...]
    responses: Mapping[int, ResponseContract]
    body_required: bool
    media_type: str | None
    documented: CompiledSchema | None
    served: CompiledSchema | None
    observed: CompiledSchema | None
    prescreen: Container[Json]
    max_body_bytes: int | None
    evidence: Evidence
    requirements: tuple[tuple[Credential, ...], ...] = ()
    """The alternatives of credentials of which one must be presented whole, where one holds several."""
    anonymous: bool = False
    """Whether requests without credentials are taken, too."""
    served_at: ServedAt = field(default_factory=ServedAt)
    extensions: Mapping[str, Json] = field(default_factory=dict)
    ranges: Mapping[int, ResponseContract] = field(default_factory=dict)
    bodies: tuple[Content, ...] = ()
    by_media_type: bool = False
    success: int = field(init=False)

    def __post_init__(self) -> None:
        exact = sorted(status for status in self.responses if 200 <= status < 400)
        usual = [] if self.ranges.keys().isdisjoint((0, 2)) else [200]
        success = next(iter([each for each in exact if each < 300] + usual + exact), 200)
        object.__setattr__(self, "success", success)

    def response_for(self, status: int) -> ResponseContract | None:
        """The documented response of a status: its own, that of its range, or the default."""
        exact = self.responses.get(status)
        return exact or (self.ranges.get(status // 100) or self.ranges.get(0) if self.ranges else None)


class Preferences(NamedTuple):
    """What one request asks for itself (RFC 7240): `code` is the status of the response, `wait` the seconds before it,
    at most an hour, `example` the name of the documented example to send; `dynamic`: a made value instead of one."""

    code: int | None = None
    wait: float | None = None
    example: str | None = None
    dynamic: bool = False


NO_PREFERENCES = Preferences()


class RequestContext(NamedTuple):
    """A request to an operation, as responders and vendors' behaviours see it. `path_values` are the values of the
    path parameters by name; `body` is its JSON value, None where it has none or it could not be read."""

    operation: Operation
    request: Request
    path_values: Mapping[str, str]
    credentials: Credentials = Credentials()
    preferences: Preferences = NO_PREFERENCES
    body: Json = None

    @property
    def query(self) -> dict[str, list[str]]:
        """The values of each query parameter, percent-decoded, in the order in which they were sent."""
        return parse_qs(self.request.query.decode("latin-1"), keep_blank_values=True)
