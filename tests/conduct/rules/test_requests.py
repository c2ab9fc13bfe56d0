"""What a client sends is split, stopped and sent in part as the vendor's responses ask for."""

from typing import Any

import pytest

from mockserver.conduct.records import Attempt
from tests.support.conduct_histories import attempt, chain, levels, result

WHOLE = attempt("a", 0, 413, event_keys=("e", "f"))


def part(name: str, at: float, *keys: str, body_bytes: int = 60) -> Attempt:
    return attempt(name, at, 202, event_keys=keys, body_bytes=body_bytes, wire_bytes=body_bytes)


def test_halves_after_413_are_fine() -> None:
    halves = part("b", 1, "e"), part("c", 2, "f")
    for rule in ("split", "status", "hot", "same-event", "not-lost", "gives-up"):
        assert not result(rule, chain(WHOLE, *halves)).findings
    assert result("split", chain(WHOLE, *halves)).state == "kept"


def test_a_part_of_the_same_size_breaks_the_rule() -> None:
    found = result("split", chain(WHOLE, part("b", 1, "f", "e", body_bytes=100)))
    assert levels(found) == ["violation"]
    assert (found.findings[0].seen_value, found.findings[0].due_value) == (100, 100)


def test_parts_that_overlap_break_the_rule() -> None:
    found = result("split", chain(WHOLE, part("b", 1, "e"), part("c", 2, "f", "e")))
    assert levels(found) == ["violation"]
    assert (found.findings[0].seen_value, found.findings[0].due_value) == (3, 2)


def test_a_part_that_fails_may_be_sent_again() -> None:
    failing = part("b", 1, "e")._replace(status=503, retry="should", acknowledged=False, stored=False)
    assert result("split", chain(WHOLE, failing, part("c", 2, "f"), part("d", 3, "e"))).state == "kept"


def test_what_failed_of_a_part_may_be_sent_again() -> None:
    half_taken = part("b", 1, "f", "e")._replace(failed_events=("f",))
    assert result("split", chain(WHOLE, half_taken, part("c", 2, "f"))).state == "kept"


def test_the_same_body_after_413_is_judged_once() -> None:
    again = WHOLE._replace(request_id="b", started_at=1.0)
    assert levels(result("status", chain(WHOLE, again))) == ["violation"]
    assert result("split", chain(WHOLE, again)).state == "not exercised"


def sent(number: int, at: float, status: int, **facts: Any) -> Attempt:
    return attempt(f"r{number}", at, status, event_keys=(f"e{number}",), **facts)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_rests(status: int) -> None:
    attempts = [sent(number, number * 2.0, status) for number in range(3)]
    found = result("credentials", *map(chain, attempts))
    assert levels(found) == ["violation"]
    assert found.findings[0].requests == ("r0", "r1", "r2")
    assert result("credentials", *map(chain, attempts[:2])).state == "kept"


@pytest.mark.parametrize(
    "others",
    [
        [sent(1, 0.01, 401), sent(2, 0.02, 401), sent(3, 0.03, 401)],  # in flight
        [sent(1, 5, 401), sent(2, 10.1, 401)],
        [sent(1, 1, 401, credential="b"), sent(2, 2, 202, credential="b"), sent(3, 3, 202, credential="b")],
        [sent(1, 1, 202), sent(2, 2, 202), sent(3, 3, 202)],  # the credential works again
    ],
)
def test_a_credential_that_may_be_used(others: list[Attempt]) -> None:
    assert result("credentials", *map(chain, [sent(0, 0, 401), *others])).state == "kept"


def test_a_403_is_about_its_operation() -> None:
    others = [sent(each, each, 202, operation="another") for each in (1, 2, 3)]
    assert result("credentials", *map(chain, [sent(0, 0, 403), *others])).state == "kept"


def test_only_what_failed_is_sent_again() -> None:
    first = attempt("a", 0, 207, event_keys=("e", "f"), failed_events=("f",))
    found = result("partial", chain(first, attempt("b", 1, 202, event_keys=("e", "f"))))
    assert levels(found) == ["violation"]
    assert "only the 1 event again" in found.findings[0].fix
    assert result("partial", chain(first, attempt("b", 1, 202, event_keys=("f",)))).state == "kept"
    assert result("partial", chain(first, attempt("b", 1, 202, event_keys=("f", "new")))).state == "kept"


@pytest.mark.parametrize("place", ["body", "path"])
def test_the_credential_is_nowhere_but_in_its_place(place: str) -> None:
    found = result("secrets", chain(attempt("a", 0, 202, secrets_in=(place,))), chain(attempt("b", 1, 202)))
    assert levels(found) == ["advisory"]
    assert found.findings[0].requests == ("a",)
