"""A contract says what may be sent again, with its evidence; what it does not say follows from HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.contracts.resending import check_resending, retry_of, wait_header_of
from mockserver.errors import ContractError
from mockserver.model import Evidence
from mockserver.vendors.contracts import load_contracts

BY_ID = {each.id: each.extensions for each in load_contracts(None, (), "documented").operations}


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_the_page_says_what_should_be_sent_again_to_prodlytics(status: int) -> None:
    retry, evidence = retry_of(BY_ID["SubmitProductAnalyticsEvent"], status)
    assert retry == "should"
    assert evidence == Evidence("documented", "Send server-side events › v2, status codes")


@pytest.mark.parametrize(
    ("status", "retry"), [(400, "must-not"), (413, "must-not"), (501, "must-not"), (429, "should"), (None, "should")]
)
def test_http_says_what_a_contract_does_not(status: int | None, retry: str) -> None:
    assert retry_of({}, status)[0] == retry


@pytest.mark.parametrize("status", [402, 425, 505, 599])
def test_what_nobody_says_is_left_to_the_client(status: int) -> None:
    assert retry_of({}, status)[0] == "may"


def test_a_contract_overrides_what_http_says() -> None:
    stated = {"409": "must", "lost": "must-not", "x-evidence": {"kind": "recorded", "source": "a recording"}}
    extensions = {"x-retry": stated}
    assert retry_of(extensions, 409) == ("must", Evidence("recorded", "a recording"))
    assert retry_of(extensions, None)[0] == "must-not"
    assert retry_of(extensions, 503)[0] == "should"


def test_each_status_has_evidence_of_its_own_where_overlays_say_so() -> None:
    own = {"x-evidence-for": {"502": {"kind": "inferred", "source": "a client"}}}
    evidence = {"x-evidence": {"kind": "documented", "source": "a page"}, **own}
    extensions = {"x-retry": {"502": "may", "503": "must", **evidence}}
    assert retry_of(extensions, 502) == ("may", Evidence("inferred", "a client"))
    assert retry_of(extensions, 503) == ("must", Evidence("documented", "a page"))


def test_the_vendors_name_their_own_headers() -> None:
    assert wait_header_of(BY_ID["CreateEventV1"]) == ("x-ratelimit-reset", "seconds")
    assert wait_header_of(BY_ID["WriteEvent"]) == ("x-ratelimit-reset", "time")
    assert wait_header_of(BY_ID["ServerEvent"]) is None


@pytest.mark.parametrize(
    ("spec", "place", "expected"),
    [
        ({"x-retry": []}, "x-retry", "expected an object of statuses"),
        (
            {"x-retry": {"503": "always"}},
            "x-retry/503",
            "expected a status or `lost`, with must, should, may, must-not",
        ),
        ({"x-retry": {"5xx": "should"}}, "x-retry/5xx", "expected a status or `lost`"),
        ({"x-retry": {503: "should"}}, "x-retry/503", "expected a status or `lost`"),
        (
            {"x-retry": {"wait": {"header": "X", "unit": "hours"}}},
            "x-retry/wait",
            "expected {header: …, unit: seconds or",
        ),
        ({"x-volatile": ["id"]}, "x-volatile", "expected a list of JSON pointers"),
    ],
)
def test_another_form_is_refused(spec: Any, place: str, expected: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_resending(spec, Path("openapi.yaml"), "paths//a/post")
    assert str(caught.value).startswith(f"openapi.yaml: paths//a/post/{place}: {expected}")
