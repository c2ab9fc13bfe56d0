"""What a failure prints, kept as golden files: `GOLDEN=write` writes them anew, for a person to review."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mockserver.client import Handle, any_value, close_to_now, messages
from mockserver.testing import MockServer
from tests.support.worlds import Sender, game_event, payment

GOLDEN = Path(__file__).parent / "golden"


def compare(name: str, text: str) -> None:
    """The text with what differs in every run taken out is the golden one."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text) + "\n"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
    assert len(text.splitlines()) <= 100
    assert not re.search(r"mock-[a-z]+-[0-9]", text), "a credential is printed whole"


def failure(call: Callable[[], object]) -> str:
    with pytest.raises(AssertionError) as caught:
        call()
    return str(caught.value)


def missing_event(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    sender.pay(datadog, payment("u1", "payment.started"))
    sender.pay(datadog, payment("u1", "payment.processsed"))
    return failure(lambda: datadog.assert_received("payment.processed", json={"usr": {"id": "u1"}}))


def nothing_at_all(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    return failure(lambda: datadog.assert_received("payment.processed", times=1, within=0.01))


def rejected_event(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    datadog.fail(503, times=1)
    sender.pay(datadog)
    return failure(lambda: datadog.assert_received("payment.processed"))


def wrong_field(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    sender.pay(datadog, payment("u3", cart={"total": 12, "items": ["pen", "ink"]}))
    sender.pay(datadog, payment("u2", cart={"total": 12.5, "items": ["pen"], "at": "2001-01-01T00:00:00Z"}))
    expected = {"usr": {"id": "u2"}, "cart": {"total": 12, "items": ["ink"], "at": close_to_now(), "id": any_value()}}
    return failure(lambda: datadog.assert_received("payment.processed", json=expected))


def wrong_count(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    for user in ("u1", "u1", "u2"):
        sender.pay(datadog, payment(user))
    return failure(lambda: datadog.assert_received("payment.processed", times=1, json={"usr": {"id": "u1"}}))


def too_few(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    for user in ("u1", "u2"):
        sender.pay(datadog, payment(user))
    return failure(lambda: datadog.assert_received("payment.processed", at_least=2, json={"usr": {"id": "u1"}}))


def long_list(server: MockServer, sender: Sender) -> str:
    satori = server.satori()
    sender.batch(satori, *(game_event(id=f"g{number}") for number in range(60)))
    return failure(lambda: satori.assert_nothing_received("levelUp"))


def out_of_sequence(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    for name in ("cart.filled", "payment.processed", "order.sent"):
        sender.pay(datadog, payment("u1", name))
    expected = ("cart.filled", "order.sent", ("payment.processed", {"usr": {"id": "u1"}}))
    return failure(lambda: datadog.assert_sequence(*expected))


def unexpected(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    sender.pay(datadog, payment("u1"))
    sender.pay(datadog, payment("u2"))
    return failure(lambda: datadog.assert_nothing_received("payment.processed", json={"usr": {"id": "u2"}}))


def evicted(server: MockServer, sender: Sender) -> str:
    with MockServer(journal_entries=2, log_level="warning") as small:
        datadog = small.datadog()
        for number in range(5):
            sender.pay(datadog, payment(f"u{number}"))
        return failure(lambda: datadog.assert_received("payment.processed", json={"usr": {"id": "u0"}}))


def cannot_tell_how_many(server: MockServer, sender: Sender) -> str:
    with MockServer(journal_entries=2, log_level="warning") as small:
        datadog = small.datadog()
        for _ in range(3):
            sender.pay(datadog)
        return failure(lambda: datadog.assert_received("payment.processed", times=2, json={"usr": {"id": "u1"}}))


def cannot_tell_of_any(server: MockServer, sender: Sender) -> str:
    with MockServer(journal_entries=2, log_level="warning") as small:
        datadog = small.datadog()
        for name in ("unwanted", "a", "b"):
            sender.pay(datadog, payment(name=name))
        return failure(lambda: datadog.assert_nothing_received("unwanted"))


def evicted_violations(server: MockServer, sender: Sender) -> str:
    with MockServer(journal_entries=2, log_level="warning") as small:
        datadog = small.datadog()
        sender.pay(datadog, {})
        for _ in range(3):
            sender.pay(datadog)
        return failure(datadog.assert_contract_kept)


def broken_batch(server: MockServer, sender: Sender) -> str:
    """Three of fifty events are wrong, one of them in two places."""
    satori = server.satori()
    events = [game_event(id=f"g{number}") for number in range(50)]
    events[17]["timestamp"] = "yesterday"
    events[31]["metadata"] = {"level": 7}
    events[42] = {"name": 42, "timestamp": "2025-07-15"}
    sender.batch(satori, *events)
    return failure(satori.assert_contract_kept)


def broken_everywhere(server: MockServer, sender: Sender) -> str:
    """One mistake, made fifty times."""
    satori = server.satori()
    sender.batch(satori, *(game_event(metadata={"level": number}) for number in range(50)))
    return failure(satori.assert_contract_kept)


def broken_again(server: MockServer, sender: Sender) -> str:
    """The same mistakes in many requests, in each at other places and with other values, and one that only one has."""
    satori = server.satori()
    for number in range(15):
        events = [game_event(id=f"g{number}-{place}") for place in range(3)]
        events[number % 3]["metadata"] = {"level": number}
        events[1]["timestamp"] = f"yesterday {number}"
        if number == 4:
            events[2]["name"] = ""
        sender.batch(satori, *events)
    return failure(satori.assert_contract_kept)


def null_enum(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    sender.alert(datadog, "Deployed", priority=None, alert_type=None)
    sender.pay(datadog, {**payment(), "type": None})
    return failure(lambda: datadog.assert_contract_kept(strict=True))


def misspelt(server: MockServer, sender: Sender) -> str:
    datadog = server.datadog()
    sender.alert(datadog, "Deployed", agregation_key="k1")
    return failure(lambda: datadog.assert_contract_kept(strict=True))


CASES = (
    missing_event,
    nothing_at_all,
    rejected_event,
    wrong_field,
    wrong_count,
    too_few,
    long_list,
    out_of_sequence,
    unexpected,
    evicted,
    cannot_tell_how_many,
    cannot_tell_of_any,
    evicted_violations,
    broken_batch,
    broken_everywhere,
    broken_again,
    null_enum,
    misspelt,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_failure_reads_as_its_golden_file(case: Callable[[MockServer, Sender], str], sender: Sender) -> None:
    with MockServer(log_level="warning") as server:
        compare(case.__name__, case(server, sender))


def test_a_late_request_is_told_with_what_it_did_wrong(mockserver: MockServer, sender: Sender) -> None:
    datadog = mockserver.datadog()
    sender.pay(datadog, {**payment("u1"), "type": None})
    sender.alert(datadog, "Deployed", agregation_key="k1")
    first, second = (
        messages.late_request(request, ["a", "b"] if request.json.get("event") else [], strict=True)
        for request in datadog.requests
    )
    text = messages.late({"test_a.py::test_one": [first, second], "test_a.py::test_two": [second]})
    compare("late_requests", re.sub(r"request r\d+", "request rN", text))
    assert "spelling" not in messages.late_request(datadog.requests[1], [])


def test_many_findings_are_cut(mockserver: MockServer, sender: Sender) -> None:
    satori = mockserver.satori()
    for number in range(60):
        sender.batch(satori, game_event(metadata={f"key{number}": 1}))
    text = failure(satori.assert_contract_kept)
    assert text.count("(rule: ") == 50
    assert "… and 10 more findings" in text


def test_every_golden_file_is_compared() -> None:
    names = {case.__name__ for case in CASES} | {
        "late_event",
        "broken_contract_in_pytest",
        "missing_request",
        "late_requests",
    }
    assert {path.stem for path in GOLDEN.glob("*.txt")} == names


def test_a_handle_shows_no_key() -> None:
    handle: Handle = MockServer().datadog("very-secret-key")
    assert "very-secret-key" not in repr(handle)
