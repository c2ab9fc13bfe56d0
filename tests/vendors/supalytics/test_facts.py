"""Facts about Supalytics: the page's limits, and what nobody has published and was chosen; visitors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fact_finding import NOON, call, events, set_clock
from tests.support.harness import SUPALYTICS, Server


def send(server: Server, key: str, **fields: Any) -> None:
    response = server.post(SUPALYTICS, key, json={**SUPALYTICS.body, **fields})
    assert (response.status_code, response.json()) == (200, {"success": True})


def refused(server: Server, key: str, **fields: Any) -> str:
    """The message of a 400, in the assumed envelope."""
    response = server.post(SUPALYTICS, key, json={**SUPALYTICS.body, **fields})
    assert response.status_code == 400, response.text
    (error,) = response.json().values()
    assert error.keys() == {"code", "message"}
    assert error["code"] == "invalid_request"
    return str(error["message"])


@pytest.mark.parametrize("name", ["a", "a-b_c-9", "x" * 64])
def test_a_name_of_1_to_64_small_letters_digits_dashes_and_underscores(either: Server, key: str, name: str) -> None:
    send(either, key, name=name)


@pytest.mark.parametrize("name", ["", "A", "a b", "a.b", "ä", "x" * 65, "a\n", None, 5])
def test_no_other_name(either: Server, key: str, name: Any) -> None:
    assert "name" in refused(either, key, name=name)


def test_metadata_has_at_most_10_keys(either: Server, key: str) -> None:
    send(either, key, metadata={f"k{number}": "v" for number in range(10)})
    assert "metadata" in refused(either, key, metadata={f"k{number}": "v" for number in range(11)})


def test_metadata_values_have_at_most_255_characters(either: Server, key: str) -> None:
    send(either, key, metadata={"a": "ü" * 255, "b": 29, "c": 1.5})
    assert "/metadata/a" in refused(either, key, metadata={"a": "ü" * 256})


@pytest.mark.parametrize("value", [{}, [], {"a": 1}, ["a"]], ids=str)
def test_a_metadata_value_that_is_not_plain_is_odd(either: Server, key: str, value: Any) -> None:
    send(either, key, metadata={"a": value})
    exchange = either.last(SUPALYTICS, key)
    assert exchange["verdict"] == "valid"
    (warning,) = exchange["warnings"]
    assert (warning["pointer"], warning["rule"], warning["evidence"]["kind"]) == ("/metadata/a", "type", "assumed")


def test_success_is_200_and_says_so(either: Server, key: str) -> None:
    send(either, key)


@pytest.mark.parametrize("authorization", [None, "Bearer key", "Bearer sly_", "Bearer", "Basic sly_key", "sly_key"])
def test_keys_start_with_sly_and_anything_else_is_401(either: Server, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = either.client.post(SUPALYTICS.path, json=SUPALYTICS.body, headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthorized"
    assert response.json()["error"]["message"]


def test_100_requests_a_second_and_key_with_headers(either: Server, key: str) -> None:
    set_clock(either, SUPALYTICS, key, NOON + 0.25)
    answers = [either.post(SUPALYTICS, key) for _ in range(101)]
    assert [answer.status_code for answer in answers] == [200] * 100 + [429]
    told = [(answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert told == [("100", str(left)) for left in (*range(99, -1, -1), 0)]
    assert {answer.headers["X-RateLimit-Reset"] for answer in answers} == {str(NOON + 1)}  # epoch seconds
    assert either.post(SUPALYTICS, f"{key}-other").status_code == 200
    set_clock(either, SUPALYTICS, key, NOON + 1)
    assert either.post(SUPALYTICS, key).headers["X-RateLimit-Remaining"] == "99"


def test_a_429_has_an_integer_retry_after_and_the_envelope(either: Server, key: str) -> None:
    set_clock(either, SUPALYTICS, key, NOON + 0.25)
    response = either.post(SUPALYTICS, key, headers={"Prefer": "code=429"})
    assert (response.status_code, response.headers["retry-after"]) == (429, "1")
    assert response.json()["error"]["code"] == "rate_limited"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method_is_405_with_allow(either: Server, key: str, method: str) -> None:
    response = either.client.request(method, SUPALYTICS.path, headers=SUPALYTICS.headers(key))
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


# Visitors


def test_visitors_and_their_events_are_a_view(either: Server, key: str) -> None:
    send(either, key, name="first", visitor_id="v1")
    send(either, key, name="second", visitor_id="v2")
    send(either, key, name="third", visitor_id="v1")
    send(either, key)
    refused(either, key, name="X", visitor_id="v1")
    credential = SUPALYTICS.credential(key)
    view = call(either, "GET", "/supalytics/visitors", credential).json()
    assert [(one["id"], one["events"]) for one in view["visitors"]] == [("v1", 2), ("v2", 1)]
    assert view["events_without_visitor"] == 1
    view = call(either, "GET", "/supalytics/visitors/v1", credential).json()
    assert (view["visitor"], [one["name"] for one in view["events"]]) == ("v1", ["first", "third"])
    assert len(events(either, SUPALYTICS, key)) == 5


def test_an_unknown_visitor_is_404(server: Server, key: str) -> None:
    assert call(server, "GET", "/supalytics/visitors/nobody", SUPALYTICS.credential(key)).status_code == 404


@pytest.mark.parametrize("path", ["/supalytics/visitors", "/supalytics/visitors/v1"])
def test_a_wrong_control_call_is_a_problem(server: Server, key: str, path: str) -> None:
    for query in ({"vendor": "satori"}, {"visitor": "v1"}):
        response = call(server, "GET", path, SUPALYTICS.credential(key), **query)
        assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
