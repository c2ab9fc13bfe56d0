"""Events keep their ids, arrive once, and are not lost."""

from typing import Any

import pytest

from mockserver.conduct.records import Attempt
from tests.support.conduct_histories import attempt, chain, levels, result

ID: dict[str, Any] = {"dedup_ids": ("i",), "event_times": (1.0,)}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"event_times": (2.0,)}, ["violation"]),
        ({"dedup_ids": ("j",), "event_keys": ("f",), "content_digest": b"same"}, ["violation"]),
        ({"dedup_ids": ("j",), "event_times": (2.0,), "event_keys": ("f",), "content_digest": b"same"}, ["advisory"]),
        ({"content_digest": b"other"}, ["violation"]),
    ],
)
def test_an_event_is_equal_over_its_attempts(changed: dict[str, Any], found: list[str]) -> None:
    digest: dict[str, Any] = {"content_digest": b"same"} if "event_keys" in changed else {}
    first, second = attempt("a", 0, **ID, **digest), attempt("b", 1, 202, **{**ID, **digest, **changed})
    assert levels(result("same-event", chain(first, second))) == found


def test_events_without_ids_whose_times_differ_may_be_two() -> None:
    first, second = (attempt(f"{at}", at, event_times=(float(at),), event_keys=(f"{at}",)) for at in (0, 1))
    second = second._replace(content_digest=first.content_digest)
    assert levels(result("same-event", chain(first, second))) == ["advisory"]


def test_a_request_that_was_corrected_after_a_final_response_is_another() -> None:
    first, second = attempt("a", 0, 400, **ID), attempt("b", 1, 202, content_digest=b"corrected", **ID)
    assert result("same-event", chain(first, second)).state == "not exercised"


def test_events_regrouped_over_batches_stay_equal() -> None:
    ids: dict[str, Any] = {"dedup_ids": ("i", "j"), "event_times": (1.0, 2.0)}
    first = attempt("a", 0, event_keys=("i", "j"), **ids)
    second = attempt("b", 1, 202, event_keys=("j",), dedup_ids=("j",), event_times=(2.0,))
    assert result("same-event", chain(first, second)).state == "kept"
    assert levels(result("same-event", chain(first, second._replace(event_times=(3.0,))))) == ["violation"]


def test_different_events_have_different_ids() -> None:
    within = attempt("a", 0, 202, event_keys=("i", "i"), dedup_ids=("i", "i"), event_times=(1.0, 2.0))
    assert levels(result("same-event", chain(within))) == ["violation"]
    first, second = chain(attempt("a", 0, 202, **ID)), chain(attempt("b", 1, 202, content_digest=b"other", **ID))
    assert levels(result("same-event", first, second)) == ["violation"]


def test_what_was_acknowledged_is_not_sent_again() -> None:
    first, second = chain(attempt("a", 0, 202)), chain(attempt("b", 1, 202), follows_success=True)
    found = result("not-doubled", first, second)
    assert levels(found) == ["advisory"]
    assert found.findings[0].requests == ("a", "b")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"received_whole": False}, {}),
        ({"finished_at": 2.0}, {}),
        ({"event_times": (1.0,)}, {"event_times": (2.0,)}),
        ({"dedup_ids": ("i",)}, {"dedup_ids": ("j",)}),
    ],
)
def test_what_is_not_doubled(first: dict[str, Any], second: dict[str, Any]) -> None:
    chains = chain(attempt("a", 0, 202, **first)), chain(attempt("b", 1, 202, **second))
    assert not result("not-doubled", *chains).findings


def test_a_repeat_that_the_vendor_drops_is_harmless() -> None:
    second = chain(attempt("b", 1, 202, duplicate_events=("e",)))
    found = result("not-doubled", chain(attempt("a", 0, 202)), second)
    assert (found.state, found.figures) == ("kept", {"harmless_repeats": 1})


@pytest.mark.parametrize("status", [503, None])
def test_an_event_that_could_have_been_sent_again_is_lost(status: int | None) -> None:
    found = result("not-lost", chain(attempt("a", 0, status)))
    assert levels(found) == ["advisory"]


@pytest.mark.parametrize(
    "ending",
    [attempt("b", 1, 202), attempt("b", 1, 400), attempt("b", 1, None, stored=True)],
    ids=["taken", "refused", "stored"],
)
def test_an_event_that_is_not_lost(ending: Attempt) -> None:
    assert result("not-lost", chain(attempt("a", 0), ending)).state == "kept"


def test_an_event_sent_again_under_another_id_is_not_lost() -> None:
    first = attempt("a", 0, event_keys=("i",), content_digest=b"same")
    second = attempt("b", 1, 202, event_keys=("j",), content_digest=b"same")
    assert result("not-lost", chain(first, second)).state == "kept"


def test_an_event_can_still_come_before_the_end() -> None:
    assert result("not-lost", chain(attempt("a", 0)), over=False).state == "not exercised"


def test_a_retried_body_is_equal() -> None:
    first = attempt("a", 0)
    assert result("same-bytes", chain(first, attempt("b", 1, 202))).state == "kept"
    assert levels(result("same-bytes", chain(first, attempt("b", 1, 202, body_digest=b"other")))) == ["violation"]
    assert levels(result("same-bytes", chain(first, attempt("b", 1, 400, body_whole=False)))) == ["violation"]


def test_an_empty_body_after_a_failure_is_its_retry() -> None:
    empty = chain(attempt("b", 1, 400, event_keys=(), body_bytes=0))
    assert levels(result("same-bytes", chain(attempt("a", 0)), empty)) == ["violation"]
    assert not result("same-bytes", chain(attempt("a", 0, 202)), empty).findings
