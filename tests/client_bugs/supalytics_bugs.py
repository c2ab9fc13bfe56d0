"""Wrong clients of Supalytics, each under the assertions that a user writes by habit."""

from __future__ import annotations

import httpx2
import pytest

from mockserver.testing import Datadog, Supalytics
from tests.client_bugs.catching import caught
from tests.client_bugs.sending import WRITE_EVENT, post, signup


def send(supalytics: Supalytics, body: object, **headers: str) -> int:
    return post(supalytics.url + WRITE_EVENT, body, headers or supalytics.headers)


# Where it is sent


@caught(assertion="received 0", contract="the nearest is POST /v1/events")
def test_singular_path(supalytics: Supalytics) -> None:
    post(supalytics.url + "/v1/event", signup(), supalytics.headers)
    supalytics.assert_received("signup")


@caught(assertion="received 0", unclaimed="stands in header authorization")
def test_path_under_a_prefix(supalytics: Supalytics) -> None:
    post(supalytics.url + "/api" + WRITE_EVENT, signup(), supalytics.headers)
    supalytics.assert_received("signup")


@caught(assertion="received 0", contract="/v1/events takes POST")
def test_get_for_post(supalytics: Supalytics) -> None:
    httpx2.get(supalytics.url + WRITE_EVENT, headers=supalytics.headers)
    supalytics.assert_received("signup")


# As whom it is sent


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_key_without_its_prefix(supalytics: Supalytics) -> None:
    send(supalytics, signup(), Authorization=f"Bearer {supalytics.api_key.removeprefix('sly_')}")
    supalytics.assert_received("signup")


@caught(assertion="received 0", unclaimed="stands in header authorization")
def test_key_without_a_scheme(supalytics: Supalytics) -> None:
    send(supalytics, signup(), Authorization=supalytics.api_key)
    supalytics.assert_received("signup")


@caught(assertion="received 0", unclaimed="stands in header authorization")
def test_another_scheme(supalytics: Supalytics) -> None:
    send(supalytics, signup(), Authorization=f"Token {supalytics.api_key}")
    supalytics.assert_received("signup")


@caught(assertion="received 0", unclaimed="stands in header authorization")
def test_key_as_the_user_of_basic(supalytics: Supalytics) -> None:
    httpx2.post(supalytics.url + WRITE_EVENT, json=signup(), auth=(supalytics.api_key, ""))
    supalytics.assert_received("signup")


@caught(assertion="received 0", unclaimed="stands in header x-api-key")
def test_key_in_another_header(supalytics: Supalytics) -> None:
    send(supalytics, signup(), **{"X-API-Key": supalytics.api_key})
    supalytics.assert_received("signup")


@caught(assertion="received 0", unclaimed="stands in query")
def test_key_in_the_query(supalytics: Supalytics) -> None:
    post(supalytics.url + WRITE_EVENT, signup(), {}, params={"api_key": supalytics.api_key})
    supalytics.assert_received("signup")


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_key_of_another_vendor(supalytics: Supalytics, datadog: Datadog) -> None:
    send(supalytics, signup(), Authorization=f"Bearer {datadog.api_key}")
    supalytics.assert_received("signup")


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_key_of_another_account(supalytics: Supalytics) -> None:
    send(supalytics, signup(), Authorization="Bearer sly_of_the_old_project")
    supalytics.assert_received("signup")


# What it says


@caught(assertion="received 0", contract="/name must match the pattern ^[a-z0-9_-]+$")
def test_name_in_title_case(supalytics: Supalytics) -> None:
    send(supalytics, signup(name="Sign Up"))
    supalytics.assert_received("Sign Up")


@caught(assertion="received 0", contract="/name must be at most 64 characters long")
def test_name_too_long(supalytics: Supalytics) -> None:
    send(supalytics, signup(name="signup-" * 10))
    supalytics.assert_received("signup-" * 10)


@caught(assertion="received 0", contract="/name is missing")
def test_event_for_name(supalytics: Supalytics) -> None:
    send(supalytics, {"event": "signup", "visitor_id": "v1"})
    supalytics.assert_received("signup")


@caught(assertion="received 0", contract="must be of type object")
def test_list_of_events(supalytics: Supalytics) -> None:
    send(supalytics, [signup(), signup(visitor_id="v2")])
    supalytics.assert_received("signup", times=2)


@caught(assertion="received 0", contract="/metadata must have at most 10 properties")
def test_too_much_metadata(supalytics: Supalytics) -> None:
    send(supalytics, signup(metadata={f"field_{number}": number for number in range(11)}))
    supalytics.assert_received("signup")


@caught(assertion="received 0", contract="/metadata/referrer must be at most 255 characters long")
def test_long_metadata(supalytics: Supalytics) -> None:
    send(supalytics, signup(metadata={"referrer": "https://example.com/" + "a" * 250}))
    supalytics.assert_received("signup")


@caught(contract="/metadata/plan must be of type null or boolean or number or string")
@pytest.mark.mockserver(strict=True)
def test_nested_metadata(supalytics: Supalytics) -> None:
    send(supalytics, signup(metadata={"plan": {"name": "pro"}}))
    supalytics.assert_received("signup")


@caught(assertion="received 0", contract="/metadata must be of type object")
def test_metadata_as_text(supalytics: Supalytics) -> None:
    send(supalytics, signup(metadata='{"plan": "pro"}'))
    supalytics.assert_received("signup")


@caught(assertion="received 0", contract="/visitor_id must be of type string")
def test_visitor_as_a_number(supalytics: Supalytics) -> None:
    send(supalytics, signup(visitor_id=17))
    supalytics.assert_received("signup")


@caught(contract="/visitorId unknown field 'visitorId'; did you mean 'visitor_id'?")
@pytest.mark.mockserver(strict=True)
def test_misspelt_field(supalytics: Supalytics) -> None:
    send(supalytics, {"name": "signup", "visitorId": "v1"})
    supalytics.assert_received("signup")


# How it is written


@caught(assertion="received 0", contract="the body is a form")
def test_form_for_json(supalytics: Supalytics) -> None:
    httpx2.post(supalytics.url + WRITE_EVENT, data=signup(), headers=supalytics.headers)
    supalytics.assert_received("signup")


# Which events, and how often


@caught(assertion="received 0")
def test_default_for_a_value_that_is_missing(supalytics: Supalytics) -> None:
    send(supalytics, signup(metadata={"plan": "undefined"}))
    supalytics.assert_received("signup", json={"metadata": {"plan": "pro"}})


@caught(assertion="received 0")
def test_sends_nothing(supalytics: Supalytics) -> None:
    consented = supalytics.api_key == "true"
    if consented:
        send(supalytics, signup())
    supalytics.assert_received("signup")
