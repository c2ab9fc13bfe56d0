"""Parameters and bodies of control calls are checked by the document of the API, and errors say what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.testing import Datadog
from tests.support.harness import Server
from tests.support.worlds import Sender

pytestmark = pytest.mark.socket


def refused(sender: Sender, datadog: Datadog, method: str, path: str, body: Any = None, **query: Any) -> Any:
    response = sender.control(datadog, method, path, body, **query)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
    return response.json()


BODIES: list[tuple[str, str, Any, list[tuple[str, str | None]]]] = [
    ("PUT", "/clock", [], [("", "the body must be of type object; it is []")]),
    ("PUT", "/clock", {"frozen": "yes"}, [("/frozen", 'frozen must be of type null or boolean; it is "yes"')]),
    ("PUT", "/clock", {"now": -1}, [("/now", "now must be at least 0; it is -1")]),
    (
        "PUT",
        "/clock",
        {"now": "noon"},
        [("/now", "now must be seconds since the epoch or an ISO 8601 time from 1970 to 9999; it is 'noon'")],
    ),
    ("POST", "/clock/advance", {}, [("/seconds", "seconds is required")]),
    ("POST", "/settle", {"timout": 1}, [("/timout", "timout is an unknown member; did you mean 'timeout'?")]),
    ("POST", "/settle", {"colour": 1}, [("/colour", "colour is an unknown member; expected one of quiet, timeout")]),
    ("POST", "/settle", {"quiet": 6}, [("/quiet", "quiet must not be more than timeout, 5; it is 6")]),
    (
        "POST",
        "/verify",
        {"within": 301, "at_most": "2", "tmes": 1},
        [
            ("/at_most", 'at_most must be of type null or integer; it is "2"'),
            ("/tmes", "tmes is an unknown member; did you mean 'times'?"),
            ("/within", "within must be at most 300; it is 301"),
        ],
    ),
    (
        "POST",
        "/verify",
        {"outcome": "lost"},
        [("/outcome", 'outcome must be one of: accepted, rejected, duplicate, dropped, any; it is "lost"')],
    ),
    ("POST", "/verify", {"times": 1, "at_least": 1}, [("/times", "`times` excludes `at_least` and `at_most`")]),
    (
        "POST",
        "/verify",
        {"at_least": 2, "at_most": 1},
        [("/at_least", "at_least must not be more than at_most, 1; it is 2")],
    ),
    ("POST", "/verify", {"json": [{"$any": 1}]}, [("/json/0", None)]),
    ("PUT", "/datadog/queries", {"runing": 1}, [("/runing", "runing is an unknown member; did you mean 'running'?")]),
]


@pytest.mark.parametrize(("method", "path", "body", "problems"), BODIES, ids=str)
def test_a_body_that_breaks_the_document_is_refused_with_every_problem(
    datadog: Datadog, sender: Sender, method: str, path: str, body: Any, problems: list[tuple[str, str | None]]
) -> None:
    found = refused(sender, datadog, method, path, body)
    errors = [(error["pointer"], error["detail"]) for error in found["errors"]]
    assert [pointer for pointer, _ in errors] == [pointer for pointer, _ in problems]
    for (_, detail), (_, expected) in zip(errors, problems, strict=True):
        assert expected in (None, detail)
    assert found["detail"] == "; ".join(detail for _, detail in errors)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b'{"now": 1, "now": 2}', b" " * (4 * 1024 * 1024 + 1)], ids=len
)
def test_a_body_that_is_no_json_is_refused_as_a_whole(server: Server, key: str, content: bytes) -> None:
    response = server.client.put("/__admin/clock", params={"account": key}, content=content)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["detail"]) == ("", response.json()["detail"])


QUERIES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("/requests", {"verdict": "maybe"}, [("verdict", 'verdict must be one of: valid, invalid; it is "maybe"')]),
    ("/requests", {"limit": "many"}, [("limit", 'limit must be of type integer; it is "many"')]),
    ("/requests", {"limit": "-1"}, [("limit", "limit must be at least 0; it is -1")]),
    ("/requests", {"limit": "1_0"}, [("limit", 'limit must be of type integer; it is "1_0"')]),
    (
        "/events",
        {"acount": "x", "limt": "1"},
        [
            ("acount", "acount is an unknown parameter; did you mean 'account'?"),
            ("limt", "limt is an unknown parameter; did you mean 'limit'?"),
        ],
    ),
    ("/clock", {"colour": "red"}, [("colour", "colour is an unknown parameter; expected one of account, vendor")]),
    ("/health", {"colour": "red"}, [("colour", "colour is an unknown parameter")]),
    ("/export", {"format": "xml"}, [("format", 'format must be one of: curl, har, jsonl; it is "xml"')]),
    ("/requests", {"vendor": "dadadog"}, [("vendor", "vendor 'dadadog' is not served; did you mean 'datadog'?")]),
    ("/clock", {"vendor": "datadog"}, [("account", "account is required: a vendor alone has no clock")]),
    ("/datadog/segments", {}, [("account", "account is required")]),
]


@pytest.mark.parametrize(("path", "query", "problems"), QUERIES, ids=str)
def test_a_query_that_breaks_the_document_is_refused_with_every_problem(
    server: Server, path: str, query: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    response = server.client.get(f"/__admin{path}", params=query)
    assert response.status_code == 400
    found = response.json()
    assert [(error["parameter"], error["detail"]) for error in found["errors"]] == problems
    assert found["detail"] == "; ".join(detail for _, detail in problems)


def test_an_unknown_name_is_cut(datadog: Datadog, sender: Sender) -> None:
    found = refused(sender, datadog, "POST", "/settle", {"x" * 100_000: 1})
    assert found["errors"][0]["detail"].startswith("x" * 50)
    assert len(found["detail"]) < 200


def test_null_is_absent_where_the_document_allows_it(datadog: Datadog, sender: Sender) -> None:
    body = dict.fromkeys(("vendor", "operation", "name", "json", "times", "at_least", "at_most"))
    assert sender.verify(datadog, **body).json()["expected"] == "at least 1"
    assert sender.verify(datadog, times=2.0).json()["expected"] == "exactly 2"
