"""Thousands of mutated bodies at all operations, in both profiles: never a 5xx, and every answer as documented."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.exact_checks import certain_breaches
from tests.support.fact_finding import call, events, submit
from tests.support.harness import (
    BY_ID,
    OPERATIONS,
    PROFILES,
    SCALAR,
    TIMESERIES,
    V1,
    V2,
    Operation,
    Server,
    breaches,
    each_operation,
    request_validator,
    response_validator,
)

MUTATED = 150
"""How many bodies each operation gets in each profile: 2,100 in all."""

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, -0.0, 1e300, -1e308, 5e-324, 2**31, 2**63, -(2**63), 2**64, 10**400),
    *("", " ", "a", "*", "null", "@a:", "(", '"', "\\", "\0", "ü", "\ud7ff", "😀", "x" * 300, "9" * 400, "\n", "-1"),
    *("2026-01-01T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00", "2016-12-31T23:59:60Z"),
    *([], {}, [None], [[]], [{}], {"": None}, {"id": 1}, {"a": {"b": [1, "2", None]}}, ["a"] * 50, [0, 0]),
)
NAMES = ("", "id", "name", "a.b", "@", "/", "~", "ü", "type", "events", "identityId", "query", "x" * 200)

SEGMENT = "00000000-0000-0000-0000-000000000001"
_TITLES = {"title": "t", "aggregation_key": "k", "host": "h", "tags": ["a:b"]}
_AUDIENCE = {
    "users": [{"name": "u", "query": "@usr.plan:pro"}],
    "accounts": [{"name": "a", "query": "*"}],
    "segments": [{"name": "s", "segment_id": SEGMENT}],
    "formula": "u OR NOT (a AND s)",
}
_GROUPS = [
    {"facet": "@usr.id", "limit": 5, "sort": {"aggregation": "sum", "metric": "@amount", "order": "asc"}},
    {"facet": "u", "source": "product_analytics_audience_filters.users", "should_exclude_missing": True},
]
_SEARCH = {"query": "@event.name:* -@x:[1 TO 5]", "occurrences": {"operator": ">=", "value": "1"}}


def rich(operation: Operation) -> dict[str, Any]:
    """A body with about everything that the operation takes."""
    body = operation.body
    if operation is V1:
        texts = dict.fromkeys(("device_name", "source_type_name"), "x")
        body |= {**_TITLES, **texts, "alert_type": "info", "priority": "low", "related_event_id": 1}
    elif operation is V2:
        links = [{"category": "runbook", "title": "t", "url": "https://example.com"}]
        specific = {"status": "ok", "priority": "1", "links": links, "custom": {"a": [1]}}
        body["data"]["attributes"] |= {**_TITLES, "message": "m", "attributes": specific}
    elif operation.id == "SubmitProductAnalyticsEvent":
        people = {"account": {"id": "a"}, "session": {"id": "s"}, "usr": {"id": "u", "plan": "pro"}}
        body |= {**people, "amount": 5, "tags": ["a", 1], "nested": {"deep": [{"er": 1}]}}
    elif operation.id == "ServerEvent":
        dates = {"session_issued_at": "1767268800", "sessionExpiresAt": 1767268900}
        event = {"id": "e", "value": "1", "metadata": {"a": "b"}, "identity_id": "i", "sessionId": "s", **dates}
        body["events"] = [{**body["events"][0], **event}, {**body["events"][0], "identityId": "i"}]
    elif operation.id == "WriteEvent":
        body |= {"visitor_id": "v", "metadata": {"plan": "pro", "amount": 29}}
    else:
        query = body["data"]["attributes"]["query"]
        query |= {"audience_filters": _AUDIENCE, "group_by": _GROUPS, "indexes": ["*"]}
        query["compute"] |= {"aggregation": "pc75", "metric": "@amount"}
        query["query"] = {"data_source": "product_analytics_occurrence", "search": _SEARCH}
        body["data"]["attributes"] |= {"from": 0, "to": 4_000_000_000_000, "enforced_execution_type": "simple"}
    return copy.deepcopy(body)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a value."""
    pending = [value]
    while pending:
        container = pending.pop()
        keys = container if isinstance(container, dict) else range(len(container))
        for key in list(keys):
            yield container, key
            if isinstance(container[key], (dict, list)):
                pending.append(container[key])


def mutated(body: Any, random_: random.Random) -> Any:
    """The body with one to three changes: a value replaced, a member removed, renamed, added or moved."""
    for _ in range(random_.choice((1, 1, 2, 3))):
        known = list(places(body))
        if not known:
            return body
        container, key = random_.choice(known)
        change = random_.randrange(8)
        if change < 4:
            container[key] = copy.deepcopy(random_.choice(VALUES))
        elif change == 4:
            del container[key]
        elif change == 5 and isinstance(container, dict):
            container[random_.choice(NAMES)] = container.pop(key)
        elif change == 6 and isinstance(container, dict):
            container[random_.choice(NAMES)] = copy.deepcopy(random_.choice(VALUES))
        else:
            inner, place = random_.choice(known)
            container[key] = (
                copy.deepcopy(inner[place])
                if place in (inner if isinstance(inner, dict) else range(len(inner)))
                else None
            )
    return body


@each_operation
@pytest.mark.parametrize("profile", PROFILES)
def test_no_mutated_body_breaks_the_server(
    request: pytest.FixtureRequest, key: str, profile: str, operation: Operation
) -> None:
    server: Server = request.getfixturevalue("server" if profile == "documented" else "observed")
    random_ = random.Random(f"{operation.id}/{profile}")
    document = server.contract(operation.vendor)
    documented = document["paths"][operation.path]["post"]["responses"]
    validators = {
        int(status): response_validator(document, operation.path, int(status))
        for status, response in documented.items()
        if "content" in response
    }
    referee = request_validator(document, operation.path)
    accepted = 0
    for half in (key, f"{key}-half"):  # so that no rate limit is reached
        call(server, "PUT", f"/datadog/segments/{SEGMENT}", half, {"query": "@usr.plan:pro"})
        for fields in ({"amount": 5}, {"amount": [1.5, "x"]}, {"usr": {"id": "u", "plan": "pro"}}):
            submit(server, half, **fields)
    for number in range(MUTATED):
        body = rich(operation) if number == 0 else mutated(rich(operation), random_)
        text = json.dumps(body, ensure_ascii=False)
        response = server.post(operation, f"{key}-half" if number % 2 else key, content=text.encode("utf-8"))
        assert response.status_code in (operation.success, 400), f"{response.status_code} {response.text}: {text}"
        assert not breaches(validators[response.status_code], response.json()), f"{response.text}: {text}"
        content = documented[str(response.status_code)]["content"]
        assert response.headers["content-type"] in content
        if response.status_code == operation.success:
            assert not certain_breaches(referee, body, document), text
            accepted += 1
    assert 0 < accepted < MUTATED
    assert events(server, operation, key) or operation in (SCALAR, TIMESERIES)
    for view in ("/datadog/alerts", "/satori/identities", "/supalytics/visitors"):
        assert call(server, "GET", view, operation.credential(key)).status_code == 200
    assert "Traceback" not in server.log


def test_every_operation_is_mutated() -> None:
    assert {operation.id for operation in OPERATIONS} == BY_ID.keys()
    assert MUTATED * len(OPERATIONS) * len(PROFILES) >= 2_000
