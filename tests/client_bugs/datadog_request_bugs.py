"""Clients that send Datadog what is no right request, under the assertions that a user writes by habit."""

from __future__ import annotations

import gzip
import json
import urllib.parse
import urllib.request

import pytest
import requests

from mockserver.testing import Datadog
from tests.client_bugs.catching import caught
from tests.client_bugs.sending import (
    EVENTS_V1,
    EVENTS_V2,
    PRODLYTICS,
    SCALAR,
    alert,
    deployed,
    paid,
    post,
    post_raw,
    query,
)

# Where it is sent


@caught(assertion="received 0", contract="the nearest is POST /api/v2/prodlytics")
def test_misspelt_path(datadog: Datadog) -> None:
    post(datadog.url + "/api/v2/prodlytic", paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the nearest is POST /api/v2/prodlytics")
def test_wrong_version_of_the_path(datadog: Datadog) -> None:
    post(datadog.url + "/api/v1/prodlytics", paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the nearest is POST /api/v2/prodlytics")
def test_prefix_twice(datadog: Datadog) -> None:
    post(datadog.url + "/api/v2" + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the nearest is POST /api/v2/prodlytics")
def test_url_joined_without_its_prefix(datadog: Datadog) -> None:
    post(urllib.parse.urljoin(datadog.url + "/api/v2/", "/prodlytics"), paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the nearest is POST /api/v2/prodlytics")
def test_trailing_slash(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS + "/", paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the nearest is POST /api/v2/prodlytics")
def test_double_slash(datadog: Datadog) -> None:
    post(datadog.url + "/" + PRODLYTICS, paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the nearest is POST /api/v2/prodlytics")
def test_upper_case_path(datadog: Datadog) -> None:
    post(datadog.url + "/api/V2/prodlytics", paid(), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="/api/v2/prodlytics takes POST")
def test_put_for_post(datadog: Datadog) -> None:
    requests.put(datadog.url + PRODLYTICS, json=paid(), headers=datadog.headers, timeout=10)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="/api/v2/prodlytics takes POST")
def test_get_with_the_event_in_the_query(datadog: Datadog) -> None:
    requests.get(datadog.url + PRODLYTICS, params={"name": "paid"}, headers=datadog.headers, timeout=10)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="/data is missing")
def test_event_of_the_first_endpoint_at_the_second(datadog: Datadog) -> None:
    post(datadog.url + EVENTS_V2, deployed(), datadog.headers)
    datadog.assert_received("Deployed")


@caught(contract="the nearest is POST /api/v2/events")
def test_one_of_two_calls_goes_astray(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    post(datadog.url + "/api/v2/event", alert(), datadog.headers)
    datadog.assert_received("paid")


# As whom it is sent


@caught(assertion="received 0", unclaimed="there is no credential")
def test_no_key(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), {})
    datadog.assert_received("paid")


@caught(assertion="received 0", unclaimed="there is no credential")
def test_empty_key(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), {"DD-API-KEY": ""})
    datadog.assert_received("paid")


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_hard_coded_key(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), {"DD-API-KEY": "0123456789abcdef-of-staging"})
    datadog.assert_received("paid")


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_key_cut_off(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), {"DD-API-KEY": datadog.api_key[:-1]})
    datadog.assert_received("paid")


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_key_in_quotes(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), {"DD-API-KEY": f'"{datadog.api_key}"'})
    datadog.assert_received("paid")


@caught(assertion="received 0", unclaimed="nobody claims the credential")
def test_keys_swapped(datadog: Datadog) -> None:
    headers = {"DD-API-KEY": datadog.application_key, "DD-APPLICATION-KEY": datadog.api_key}
    post(datadog.url + EVENTS_V2, alert(), headers)
    datadog.assert_received("Disk full")


@caught(assertion="received 0", unclaimed="stands in header x-api-key")
def test_key_in_another_header(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), {"X-API-KEY": datadog.api_key})
    datadog.assert_received("paid")


@caught(assertion="received 0", unclaimed="stands in header dd_api_key")
def test_underscores_in_the_name_of_the_header(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), {"DD_API_KEY": datadog.api_key})
    datadog.assert_received("paid")


@caught(assertion="received 0", unclaimed="stands in header authorization")
def test_key_as_bearer(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), {"Authorization": f"Bearer {datadog.api_key}"})
    datadog.assert_received("paid")


@caught(assertion="received 0", unclaimed="stands in query")
def test_key_in_the_query(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), {}, params={"api_key": datadog.api_key})
    datadog.assert_received("paid")


@caught(unclaimed="there is no credential")
def test_key_only_on_the_first_call(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, paid(), datadog.headers)
    post(datadog.url + PRODLYTICS, paid(), {})
    datadog.assert_received("paid")


@caught(contract="DD-APPLICATION-KEY header DD-APPLICATION-KEY is missing")
def test_query_without_an_application_key(datadog: Datadog) -> None:
    post(datadog.url + SCALAR, query({"aggregation": "count"}), {"DD-API-KEY": datadog.api_key})
    datadog.assert_requests(operation="QueryProductAnalyticsScalar")


# How it is written


@caught(contract="Content-Type the content type is not application/json")
@pytest.mark.mockserver(strict=True)
def test_content_type_of_text(datadog: Datadog) -> None:
    post_raw(datadog.url + PRODLYTICS, json.dumps(paid()), datadog.headers, "text/plain")
    datadog.assert_received("paid")


@caught(contract="Content-Type the content type is not application/json")
@pytest.mark.mockserver(strict=True)
def test_no_content_type(datadog: Datadog) -> None:
    """urllib then says that it is a form."""
    request = urllib.request.Request(datadog.url + PRODLYTICS, json.dumps(paid()).encode(), datadog.headers)
    urllib.request.urlopen(request, timeout=10).close()
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the body is a form")
def test_form_for_json(datadog: Datadog) -> None:
    requests.post(datadog.url + EVENTS_V1, data=deployed(), headers=datadog.headers, timeout=10)
    datadog.assert_received("Deployed")


@caught(assertion="received 0", contract="must be of type object")
def test_json_encoded_twice(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, json.dumps(paid()), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the body begins with a byte order mark")
def test_byte_order_mark(datadog: Datadog) -> None:
    post_raw(datadog.url + PRODLYTICS, json.dumps(paid()).encode("utf-8-sig"), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the body is not in UTF-8")
def test_latin_1(datadog: Datadog) -> None:
    body = json.dumps(paid(usr={"id": "Zoë"}), ensure_ascii=False).encode("latin-1")
    post_raw(datadog.url + PRODLYTICS, body, datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the body has strings in single quotes")
def test_repr_for_json(datadog: Datadog) -> None:
    post_raw(datadog.url + PRODLYTICS, str(paid()), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the body has a number that JSON does not have")
def test_not_a_number(datadog: Datadog) -> None:
    body = json.dumps(paid(context={"amount": float("nan")}))
    post_raw(datadog.url + PRODLYTICS, body, datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="add the header Content-Encoding: gzip")
def test_compressed_and_not_said(datadog: Datadog) -> None:
    post_raw(datadog.url + PRODLYTICS, gzip.compress(json.dumps(paid()).encode()), datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="the body has more than one JSON value")
def test_lines_of_json(datadog: Datadog) -> None:
    lines = "\n".join(json.dumps(paid(usr={"id": user})) for user in ("u1", "u2"))
    post_raw(datadog.url + PRODLYTICS, lines, datadog.headers)
    datadog.assert_received("paid")


@caught(assertion="received 0", contract="must be of type object")
def test_a_list_of_events(datadog: Datadog) -> None:
    post(datadog.url + PRODLYTICS, [paid()], datadog.headers)
    datadog.assert_received("paid")
