"""A scripted fault: every parameter with its type, bounds, default and meaning. Scripts, the control API's schema and
the documentation derive from here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from mockserver.faults.delays import DELAY, Delay
from mockserver.faults.kinds import WIRE_FAULTS
from mockserver.faults.parameters import (
    COUNT,
    FLAG,
    MAX_SECONDS,
    POSITIVE,
    SECONDS,
    SHARE,
    SUBSET,
    TEXT,
    Parameter,
    Problems,
    ValueType,
    choice,
    integer,
    number,
    object_of,
    one_member,
)
from mockserver.faults.wire import Acts, Wire
from mockserver.model import Json
from mockserver.operations import Operation

Stage = Literal["before", "after"]
"""When a fault acts: before the vendor stores anything, or after it."""


_NAME = choice("wire fault", WIRE_FAULTS)


def _read_wire(value: Json, problems: Problems) -> Wire | None:
    """A wire fault by its name, or by an object whose one member is the name, with its parameters."""
    name, raw = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else (value, {})
    if _NAME.read(name, problems) is None:
        return None
    parameters = WIRE_FAULTS[name].parameters_type.read(raw, problems.at(name))
    return None if parameters is None else Wire(WIRE_FAULTS[name], parameters)


WIRE = ValueType(
    {"anyOf": [_NAME.schema, one_member({name: kind.schema for name, kind in WIRE_FAULTS.items()})]}, _read_wire
)


def parameter(value_type: ValueType, description: str, default: Any = None) -> Any:
    """A field of Fault that scripts can set."""
    return field(default=default, metadata={"type": value_type, "description": description})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One scripted fault; a selector that is None matches everything.

    `source` is the fault as it was written, without the account: that is a secret.
    """

    vendor: str | None = parameter(TEXT, "Fires only on requests to this vendor.")
    operation: str | None = parameter(TEXT, "Fires only on requests to this operation, by its id.")
    account: str | None = parameter(TEXT, "Fires only on requests with this credential.")
    match: Json = parameter(SUBSET, "Fires only on requests whose body contains this JSON subset.")
    larger_than: int | None = parameter(
        COUNT, "Fires only on requests whose body has more bytes than this, as it was sent."
    )
    status: int | None = parameter(
        integer(200, 599), "Responds with this status in the vendor's envelope; excludes `wire`."
    )
    undocumented: bool = parameter(FLAG, "Allows a `status` that the contract does not document.", False)
    retry_after: float | None = parameter(
        number(0, 24 * MAX_SECONDS), "Seconds in `Retry-After` and the vendor's rate-limit headers; needs a `status`."
    )
    retry_after_date: bool = parameter(
        FLAG, "Writes `Retry-After` as a date, which is exact to a second; needs a `retry_after`.", False
    )
    until_waited: bool = parameter(
        FLAG,
        "Fires until the seconds of `retry_after` have passed on the account's clock since it first fired, however "
        "many requests come; excludes `times`, `every` and `probability`.",
        False,
    )
    delay: Delay | None = parameter(DELAY, "Holds the response back for these seconds, or random ones.")
    wire: Wire | None = parameter(WIRE, "Breaks the connection or the response; excludes `status`.")
    stage: Stage | None = parameter(
        choice("stage", ("before", "after")),
        "Acts before anything is stored, or after it, so that only the acknowledgement is lost; absent: before, but "
        "after it for a wire fault that spoils the response.",
    )
    after: int = parameter(COUNT, "Skips this many matching requests.", 0)
    times: int | None = parameter(POSITIVE, "Fires this often; absent: until it is cleared.")
    lasts: float | None = parameter(
        SECONDS,
        "Fires until so many seconds have passed on the account's clock since it first fired; excludes `until_waited`.",
    )
    every: int = parameter(POSITIVE, "Fires on every n-th matching request only.", 1)
    probability: float = parameter(SHARE, "Fires on this share of those requests, at random.", 1.0)
    optional: bool = parameter(FLAG, "Need not fire: a test does not fail where it never did.", False)
    source: Mapping[str, Json] = field(default_factory=dict)

    def selects(self, operation: Operation) -> bool:
        """Whether it can fire on requests to this operation: a status must be one that the operation documents."""
        documented = self.status is None or self.undocumented or operation.response_for(self.status) is not None
        return documented and self.vendor in (None, operation.vendor) and self.operation in (None, operation.id)

    @property
    def early(self) -> bool:
        """Whether it begins before the body is read."""
        return self.wire is not None and self.wire.kind.early

    @property
    def late(self) -> bool:
        """Whether it acts after the vendor stored what was sent. What goes out with the status of a success does,
        unless its stage is given: a client that reads no further would count on it."""
        if self.stage is None:
            return self.wire is not None and self.wire.kind.acts is Acts.SHAPES
        return self.stage == "after"

    @property
    def spoils(self) -> bool:
        """Whether it keeps the client from getting a whole response."""
        return self.wire is not None and not self.wire.kind.delivers

    @property
    def rejects(self) -> bool:
        """Whether it keeps the vendor from storing what was sent."""
        return not self.late and (self.status is not None or self.spoils)


FAULT = object_of(
    "a fault",
    tuple(Parameter(each.name, default=each.default, **each.metadata) for each in fields(Fault) if each.metadata),
)
