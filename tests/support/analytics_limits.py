"""The limits that the pages of Datadog's Product Analytics state, and bodies of its events and queries."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.support.harness import (
    PRODLYTICS,
    SCALAR,
    TIMESERIES,
    Operation,
)
from tests.support.limits import Limit


def query(operation: Operation, **attributes: Any) -> dict[str, Any]:
    body = operation.body
    body["data"]["attributes"].update(attributes)
    return body


def asking(operation: Operation, **parts: Any) -> dict[str, Any]:
    """A query with other parts: compute, group_by, indexes …"""
    body = operation.body
    body["data"]["attributes"]["query"].update(parts)
    return body


def occurrences(operation: Operation, **parts: str) -> dict[str, Any]:
    threshold = {"operator": ">=", "value": "3", **parts}
    return asking(
        operation, query={"data_source": "product_analytics_occurrence", "search": {"occurrences": threshold}}
    )


def segment(operation: Operation, identifier: str) -> dict[str, Any]:
    return asking(operation, audience_filters={"segments": [{"name": "s", "segment_id": identifier}]})


def prodlytics(**fields: Any) -> dict[str, Any]:
    return {**PRODLYTICS.body, **fields}


def anonymous(**identities: Any) -> dict[str, Any]:
    """A server-side event of exactly these identities."""
    body = prodlytics(**identities)
    if "usr" not in identities:
        del body["usr"]
    return body


PRODUCT_ANALYTICS = [
    Limit(PRODLYTICS, "type", prodlytics, lambda: prodlytics(type="client"), "/type", "enum"),
    Limit(
        PRODLYTICS,
        "application",
        lambda: prodlytics(application={"id": "a"}),
        lambda: prodlytics(application={}),
        "/application/id",
        "required",
    ),
    Limit(
        PRODLYTICS,
        "application's id",
        lambda: prodlytics(application={"id": "a"}),
        lambda: prodlytics(application={"id": ""}),
        "/application/id",
        "minLength",
        "assumed",
    ),
    Limit(
        PRODLYTICS,
        "event's name",
        lambda: prodlytics(event={"name": "a", "more": [1]}),
        lambda: prodlytics(event={}),
        "/event/name",
        "required",
    ),
    *(
        Limit(
            PRODLYTICS,
            f"one of usr, account and session: {identity}",
            partial(anonymous, **{identity: {"id": "1"}}),
            anonymous,
            "",
            "anyOf",
        )
        for identity in ("usr", "account", "session")
    ),
    *(
        Limit(
            PRODLYTICS,
            f"{identity} with an id",
            partial(anonymous, **{identity: {"id": "1"}}),
            partial(anonymous, **{identity: {"name": "x"}}),
            f"/{identity}/id",
            "required",
        )
        for identity in ("usr", "account", "session")
    ),
    Limit(
        PRODLYTICS,
        "usr's id",
        lambda: anonymous(usr={"id": "1"}),
        lambda: anonymous(usr={"id": ""}),
        "/usr/id",
        "minLength",
        "assumed",
    ),
]
COMPUTE = "/data/attributes/query/compute"


def queries(operation: Operation) -> list[Limit]:
    """The limits that both analytics queries have."""
    base = {"interval": 3600000} if operation is TIMESERIES else {}

    def compute(**parts: Any) -> dict[str, Any]:
        return asking(operation, compute={"aggregation": "count", **base, **parts})

    def grouped(**parts: Any) -> dict[str, Any]:
        return asking(operation, group_by=[{"facet": "@view.name", **parts}])

    return [
        Limit(
            operation,
            "from before to",
            lambda: query(operation, **{"from": 1, "to": 2}),
            lambda: query(operation, **{"from": 2, "to": 2}),
            "/data/attributes/from",
            "less-than",
        ),
        Limit(
            operation,
            "at most one index",
            lambda: asking(operation, indexes=["a"]),
            lambda: asking(operation, indexes=["a", "b"]),
            "/data/attributes/query/indexes",
            "maxItems",
        ),
        Limit(
            operation,
            "metric unless count",
            lambda: compute(aggregation="avg", metric="@session.time_spent"),
            lambda: compute(aggregation="avg"),
            f"{COMPUTE}/metric",
            "required",
        ),
        Limit(
            operation,
            "aggregation",
            lambda: compute(aggregation="pc95", metric="@a"),
            lambda: compute(aggregation="pc100", metric="@a"),
            f"{COMPUTE}/aggregation",
            "pattern",
            "inferred",
        ),
        Limit(
            operation,
            "groups",
            lambda: grouped(limit=10_000),
            lambda: grouped(limit=10_001),
            "/data/attributes/query/group_by/0/limit",
            "maximum",
            "inferred",
        ),
        Limit(
            operation,
            "order",
            lambda: grouped(sort={"order": "asc"}),
            lambda: grouped(sort={"order": "up"}),
            "/data/attributes/query/group_by/0/sort/order",
            "enum",
        ),
        Limit(
            operation,
            "execution type",
            lambda: query(operation, enforced_execution_type="materialized-view"),
            lambda: query(operation, enforced_execution_type="fast"),
            "/data/attributes/enforced_execution_type",
            "enum",
        ),
        Limit(
            operation,
            "operator",
            lambda: occurrences(operation, operator="<"),
            lambda: occurrences(operation, operator="=="),
            "/data/attributes/query/query/search/occurrences/operator",
            "enum",
        ),
        Limit(
            operation,
            "threshold",
            lambda: occurrences(operation, value="0"),
            lambda: occurrences(operation, value="few"),
            "/data/attributes/query/query/search/occurrences/value",
            "pattern",
        ),
        Limit(
            operation,
            "segment",
            lambda: segment(operation, "6f8f1b1e-0f0e-4f4e-9d6c-2b9f9c8b7a60"),
            lambda: segment(operation, "6f8f1b1e"),
            "/data/attributes/query/audience_filters/segments/0/segment_id",
            "format",
        ),
        Limit(
            operation,
            "kind of request",
            lambda: operation.body,
            lambda: {"data": {**operation.body["data"], "type": "other"}},
            "/data/type",
            "enum",
        ),
    ]


TIMESERIES_ONLY = [
    Limit(
        TIMESERIES,
        "interval",
        lambda: asking(TIMESERIES, compute={"aggregation": "count", "interval": 1}),
        lambda: asking(TIMESERIES, compute={"aggregation": "count"}),
        f"{COMPUTE}/interval",
        "required",
    ),
    Limit(
        TIMESERIES,
        "least interval",
        lambda: asking(TIMESERIES, compute={"aggregation": "count", "interval": 1}),
        lambda: asking(TIMESERIES, compute={"aggregation": "count", "interval": 0}),
        f"{COMPUTE}/interval",
        "minimum",
        "assumed",
    ),
]

ANALYTICS = [*PRODUCT_ANALYTICS, *queries(SCALAR), *queries(TIMESERIES), *TIMESERIES_ONLY]
