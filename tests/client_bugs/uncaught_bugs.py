"""Wrong clients that pass under the assertions of habit, each with the reason, and with what would catch it."""

from __future__ import annotations

import contextlib
import json

import requests

from mockserver.testing import Backend, Datadog, Satori, Supalytics
from tests.client_bugs.sending import (
    EVENTS_V1,
    EVENTS_V2,
    PRODLYTICS,
    SERVER_EVENT,
    WRITE_EVENT,
    ago,
    alert,
    batch,
    deployed,
    level_up,
    paid,
    post,
    post_raw,
    signup,
)


def test_sends_twice_and_nobody_counts(datadog: Datadog) -> None:
    for _ in range(2):
        post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid")


def test_sends_again_what_lost_its_acknowledgement(datadog: Datadog) -> None:
    datadog.drop("reset", times=1, stage="after")
    with contextlib.suppress(requests.ConnectionError):
        post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid")


def test_misspelt_optional_field(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V1, deployed(agregation_key="7"), datadog.headers)
    datadog.assert_received("Deployed")


def test_content_type_of_text(datadog: Datadog) -> None:
    post_raw(datadog.url + PRODLYTICS, json.dumps(paid()), datadog.headers, "text/plain")
    datadog.assert_received("paid")


def test_nested_metadata(supalytics: Supalytics) -> None:
    post(supalytics.url + WRITE_EVENT, signup(metadata={"plan": {"name": "pro"}}), supalytics.headers)
    supalytics.assert_received("signup")


def test_local_time_called_utc(datadog: Datadog) -> None:
    """Nine hours ahead, as in Tokyo."""
    post(datadog.url + EVENTS_V2, alert(timestamp=f"{ago(hours=-9):%Y-%m-%dT%H:%M:%S}Z"), datadog.headers)
    datadog.assert_received("Disk full")


def test_time_of_the_epoch(satori: Satori) -> None:
    post(satori.url + SERVER_EVENT, batch(level_up(timestamp="1970-01-01T00:00:00Z")), satori.headers)
    satori.assert_received("levelUp")


def test_default_that_nobody_asks_for(supalytics: Supalytics) -> None:
    post(supalytics.url + WRITE_EVENT, signup(metadata={"plan": "undefined"}), supalytics.headers)
    supalytics.assert_received("signup")


def test_wrong_event_to_an_account_of_the_session(mockserver: Backend) -> None:
    datadog = mockserver.account("datadog")
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    post(datadog.url + PRODLYTICS, paid(type="backend"), datadog.headers)
    datadog.assert_received("paid")


NOT_CAUGHT = {
    test_sends_twice_and_nobody_counts: "two equal events are legal; `times=1` catches it",
    test_sends_again_what_lost_its_acknowledgement: "the vendor has no key against duplicates; `times=1` catches it",
    test_misspelt_optional_field: "the vendor ignores unknown fields, so it is a warning; `strict` catches it",
    test_content_type_of_text: "no page refuses another media type, so it is a warning; `strict` catches it",
    test_nested_metadata: "the page does not say which values metadata takes, so it is a warning; `strict` catches it",
    test_local_time_called_utc: "the page bounds only the past; `json={…: close_to_now(60)}` catches it",
    test_time_of_the_epoch: "the page bounds no time; `json={…: close_to_now(60)}` catches it",
    test_wrong_event_to_an_account_of_the_session: "no test owns it; `make_account`, `assert_contract_kept` catch it",
    test_default_that_nobody_asks_for: "any text is right; `json={…}` catches it",
}
