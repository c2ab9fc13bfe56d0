"""What the tests of facts share: an account's clock and events, and queries over what was sent."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.support.harness import PRODLYTICS, SCALAR, TIMESERIES, Operation, Server

NOON = 1_767_268_800
"""2026-01-01T12:00:00Z in seconds since the epoch."""
HOUR = 3600
MINUTE = 60


def set_clock(server: Server, operation: Operation, key: str, now: float = NOON) -> None:
    """Stop an account's clock at a time."""
    query = {"account": operation.credential(key), "vendor": operation.vendor}
    response = server.client.put("/__admin/clock", json={"now": now, "frozen": True}, params=query)
    assert response.status_code == 200, response.text


def events(server: Server, operation: Operation, key: str, **filters: Any) -> list[dict[str, Any]]:
    """The events of an account, oldest first."""
    listing = server.control("/events", account=operation.credential(key), vendor=operation.vendor, **filters)
    return list(listing["events"])


def outcomes(server: Server, operation: Operation, key: str) -> list[tuple[str, str | None]]:
    """What became of each event of an account, and why."""
    return [(event["outcome"], event["reason"]) for event in events(server, operation, key)]


def call(server: Server, method: str, path: str, key: str | None, body: Any = None, **query: str) -> httpx2.Response:
    """A control call about an account."""
    named = query if key is None else {"account": key, **query}
    return server.client.request(method, f"/__admin{path}", params=named, json=body)


def submit(server: Server, key: str, **fields: Any) -> None:
    """Send one server-side event; `fields` replace or join those of the accepted body."""
    response = server.post(PRODLYTICS, key, json={**PRODLYTICS.body, **fields})
    assert response.status_code == 202, response.text


def request(
    operation: Operation, compute: dict[str, Any] | None = None, search: str = "*", **more: Any
) -> dict[str, Any]:
    """A query over all times; `more` are further parts of it, or attributes beside it."""
    body = operation.body
    attributes = body["data"]["attributes"]
    attributes.update({"from": 0, "to": 4_000_000_000_000})
    attributes.update(
        {name: more.pop(name) for name in ("from", "to", "request_id", "enforced_execution_type") if name in more}
    )
    query = attributes["query"]
    query["query"]["search"]["query"] = search
    query["compute"].update(compute or {})
    query.update(more)
    return body


def ask(server: Server, key: str, operation: Operation, compute: dict[str, Any] | None = None, **more: Any) -> Any:
    """The answer to a query that must succeed."""
    response = server.post(operation, key, json=request(operation, compute, **more))
    assert response.status_code == 200, response.text
    return response.json()


def number(server: Server, key: str, compute: dict[str, Any] | None = None, **more: Any) -> float | None:
    """The number of an ungrouped scalar query; None without data."""
    (column,) = ask(server, key, SCALAR, compute, **more)["data"]["attributes"]["columns"]
    return next(iter(column["values"]), None)


def groups(server: Server, key: str, *rules: dict[str, Any], **more: Any) -> dict[Any, float]:
    """The numbers of a grouped scalar query, in their order: by the group's name, or by the names of several facets."""
    *names, numbers = ask(server, key, SCALAR, group_by=list(rules), **more)["data"]["attributes"]["columns"]
    rows = zip(*(column["values"] for column in names), strict=True)
    return {row if len(names) > 1 else row[0]: value for row, value in zip(rows, numbers["values"], strict=True)}


def series(server: Server, key: str, interval: int, **more: Any) -> Any:
    """The attributes of a timeseries answer; `interval` in milliseconds."""
    compute = {**more.pop("compute", {}), "interval": interval}
    return ask(server, key, TIMESERIES, compute, **more)["data"]["attributes"]


def refusal(server: Server, key: str, operation: Operation = SCALAR, **parts: Any) -> str:
    """The one error of a query that is refused."""
    response = server.post(operation, key, json=request(operation, **parts))
    assert response.status_code == 400, response.text
    (error,) = response.json()["errors"]
    return str(error)


def odd(server: Server, key: str, operation: Operation = SCALAR, **parts: Any) -> str:
    """The place of the one oddity of a query: a refusal by the live service, and by the pages a warning."""
    response = server.post(operation, key, json=request(operation, **parts))
    if server.control("/health")["profile"] == "observed":
        assert response.status_code == 400, response.text
        (error,) = response.json()["errors"]
        return str(error)
    assert response.status_code == 200, response.text
    exchange = server.last(operation, key)
    assert exchange["violations"] == []
    (warning,) = exchange["warnings"]
    assert warning["evidence"]["kind"] in ("inferred", "assumed")
    return f"{warning['pointer']} {warning['message']}"


AMOUNT = {"metric": "@customer.amount"}


def buy(server: Server, key: str, amount: Any, **fields: Any) -> None:
    submit(server, key, event={"name": "purchase"}, customer={"amount": amount}, **fields)
