"""Datadog's Product Analytics: keeps an account's accepted events and answers queries over them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockserver.analytics import QueryError
from mockserver.analytics.arrivals import Arrivals
from mockserver.analytics.store import DEFAULT_MAX_BYTES, EventStore
from mockserver.errors import Failure
from mockserver.model import Evidence, FailureKind, Json, Response, Violation
from mockserver.operations import RequestContext
from mockserver.vendors.base import json_response, vendor_state

if TYPE_CHECKING:
    from mockserver.accounts.account import Account
    from mockserver.analytics.audience import Segment

MAX_EVENTS = 200_000
MAX_OPEN_QUERIES = 1000
SYNTAX = Evidence("documented", "the search syntax that the request tables refer to")
ATTRIBUTES = "/data/attributes"

Compute = Callable[[EventStore, Mapping[str, Json], "Mapping[str, Segment]"], dict[str, Json]]


@dataclass(slots=True, eq=False)
class ProductAnalytics:
    """What one account keeps: its events, the segments that a test defined, and the queries that go on.

    New queries answer `running` for `running` times before they are `done`; with `timeout` they answer that instead.
    """

    arrivals: Arrivals = field(default_factory=lambda: Arrivals(MAX_EVENTS, DEFAULT_MAX_BYTES))
    store: EventStore = field(default_factory=lambda: EventStore(MAX_EVENTS, DEFAULT_MAX_BYTES))
    segments: dict[str, Segment] = field(default_factory=dict)
    running: int = 0
    timeout: bool = False
    open: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def events(self) -> EventStore:
        """All its events, ready to be queried."""
        for timestamp_ms, body in self.arrivals.drain():
            self.store.append(timestamp_ms, body)
        return self.store

    @property
    def bytes(self) -> int:
        """About what its events take in memory."""
        return self.arrivals.bytes + self.store.bytes

    def forget_oldest(self) -> None:
        (self.store if len(self.store) else self.arrivals).forget_oldest()

    def __len__(self) -> int:
        return len(self.store) + len(self.arrivals)

    @property
    def evicted(self) -> int:
        """How many accepted events are no longer here to be counted by queries."""
        return self.store.evicted + self.arrivals.evicted


def product_analytics_of(account: Account) -> ProductAnalytics:
    """The account's events, segments and queries."""
    return vendor_state(account, "product_analytics", lambda: account.keep(ProductAnalytics()))


def submit_event(context: RequestContext, account: Account) -> Response:
    """202 `{}`; the event counts in queries from now on, at the account's time."""
    product_analytics_of(account).arrivals.append(int(account.now() * 1000), context.body)
    return Response(context.operation.success, b"{}")


def query_scalar(context: RequestContext, account: Account) -> Response:
    """200 with the group columns and the number column."""
    from mockserver.analytics.queries import scalar  # noqa: PLC0415 - most runs ask nothing

    return _query(context, account, scalar, "scalar_response")


def query_timeseries(context: RequestContext, account: Account) -> Response:
    """200 with the series of each group in epoch-aligned, sparse buckets."""
    from mockserver.analytics.queries import timeseries  # noqa: PLC0415

    return _query(context, account, timeseries, "timeseries_response")


def _query(context: RequestContext, account: Account, compute: Compute, kind: str) -> Response:
    from mockserver.vendors.datadog.uncertain_queries import INFERRED, computable  # noqa: PLC0415

    operation, analytics = context.operation, product_analytics_of(account)
    attributes, segments, selects, warnings = computable(context.body["data"]["attributes"], analytics.segments)
    identifier = attributes.get("request_id")
    if identifier is not None and identifier not in analytics.open:
        message = "is not the id of a query of this account"
        warnings += (Violation(f"{ATTRIBUTES}/request_id", "request-id", message, INFERRED, level="uncertain"),)
    if warnings and operation.served is not operation.documented:
        raise Failure(FailureKind.INVALID, violations=warnings)
    identifier, status = _progress(analytics, identifier, account)
    events = analytics.events() if status == "done" and selects else EventStore(1)
    try:
        result = compute(events, attributes, segments)
    except QueryError as error:
        violation = Violation(error.pointer, "query", error.message, SYNTAX)
        raise Failure(FailureKind.INVALID, violations=(violation,)) from None
    meta = {"request_id": identifier, "status": status}
    body = {"data": {"id": "0", "type": kind, "attributes": result}, "meta": meta}
    content_type = operation.responses[operation.success].content_type
    return json_response(operation.success, body, content_type)._replace(warnings=warnings)


def _progress(analytics: ProductAnalytics, identifier: str | None, account: Account) -> tuple[str, str]:
    """The id of a query and how far it is: the one that goes on, or a new one where there is none of that id."""
    if identifier is None or identifier not in analytics.open:
        identifier = f"{account.random.getrandbits(128):032x}"
        analytics.open[identifier] = analytics.running
        if len(analytics.open) > MAX_OPEN_QUERIES:
            analytics.open.popitem(last=False)
    if analytics.timeout:
        return identifier, "timeout"
    left = analytics.open[identifier]
    analytics.open[identifier] = max(0, left - 1)
    return identifier, "running" if left else "done"
