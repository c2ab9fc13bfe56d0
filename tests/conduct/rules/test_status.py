"""Only what may be retried is retried."""

from typing import Any

import pytest

from mockserver.model import Evidence
from tests.support.conduct_histories import attempt, chain, levels, result


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 422, 501])
def test_a_final_response_is_not_repeated(status: int) -> None:
    found = result("status", chain(attempt("a", 0, status), attempt("b", 5, status)))
    assert levels(found) == ["violation"]
    assert found.findings[0].requests == ("a", "b")
    assert found.findings[0].fix.startswith(f"Do not retry {status}.")


def test_the_contract_has_the_last_word_and_gives_the_evidence() -> None:
    page = Evidence("documented", "the page on 429")
    first = attempt("a", 0, 429, retry="must-not", retry_evidence=page)
    assert result("status", chain(first, attempt("b", 5, 202))).findings[0].evidence == page
    assert result("status", chain(attempt("a", 0, 409, retry="should"), attempt("b", 5, 202))).state == "not exercised"


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        (400, {"content_digest": b"corrected"}),
        (401, {"credential": "another"}),
        (413, {"wire_bytes": 20}),
        (400, {"event_times": (2.0,)}),
    ],
)
def test_another_request_is_no_retry(status: int, changed: dict[str, Any]) -> None:
    found = result("status", chain(attempt("a", 0, status), attempt("b", 5, 202, **changed)))
    assert found.state == "kept"


def test_a_request_in_flight_when_the_refusal_left_is_no_retry() -> None:
    assert result("status", chain(attempt("a", 0, 400), attempt("b", 0.0005, 400))).state == "kept"


def test_what_a_test_allowed_is_not_judged() -> None:
    found = result("status", chain(attempt("a", 0, 400, judged=False), attempt("b", 5, 400, judged=False)))
    assert found.state == "not exercised"
