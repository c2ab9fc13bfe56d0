"""`GET /conduct`: how a client behaved, from what it sent to a real server."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mockserver.client import Handle
from mockserver.testing import MockServer
from tests.support.harness import PATIENCE
from tests.support.worlds import Sender, game_event, payment

pytestmark = pytest.mark.socket


def conduct(handle: Handle, **query: Any) -> Any:
    """The verdict on the client of a handle's account."""
    query = {"account": handle.api_key, "vendor": handle.vendor, **query}
    response = httpx2.get(f"{handle.url}/__admin/conduct", params=query, timeout=PATIENCE, trust_env=False)
    assert response.status_code == 200, response.text
    return response.json()


def attempts(verdict: Any) -> list[list[Any]]:
    """The statuses of the attempts of each chain."""
    return [[attempt["status"] for attempt in chain["attempts"]] for chain in verdict["chains"]]


def result(verdict: Any, rule: str) -> Any:
    return next(each for each in verdict["results"] if each["rule"] == rule)


def test_a_client_that_sends_until_it_gets_through(mockserver: MockServer, sender: Sender) -> None:
    datadog = mockserver.datadog()
    datadog.fail(503, times=2, retry_after=1)
    for _ in range(3):
        sender.pay(datadog)
    verdict = conduct(datadog)
    assert attempts(verdict) == [[503, 503, 202]]
    assert verdict["totals"] == {"delivered": 1, "delivered again": 0, "refused": 0, "lost": 0, "in doubt": 0}
    first, second, third = verdict["chains"][0]["attempts"]
    assert (first["delay"], first["told"], first["told_by"], first["retry"]) == (None, 1.0, "Retry-After", "should")
    assert second["delay"] == pytest.approx(second["started_at"] - first["answered_at"])
    assert (first["fault"] is not None, third["fault"], third["acknowledged"]) == (True, None, True)
    assert result(verdict, "wait")["state"] == "broken"
    assert result(verdict, "split")["state"] == "not exercised"


def test_what_the_ledger_counts_is_what_came_of_the_events(mockserver: MockServer, sender: Sender) -> None:
    satori = mockserver.satori()
    satori.fail(503, stage="after", times=1)
    events = [game_event(id=each) for each in "abc"]
    sender.batch(satori, *events)
    doubt = conduct(satori)
    assert (doubt["totals"]["in doubt"], doubt["ledger"][0]["deliveries"]) == (3, 1)
    sender.batch(satori, *events)
    again = conduct(satori)
    assert again["totals"]["delivered again"] == 3
    assert all(entry["harmless"] and entry["attempts"] == 2 for entry in again["ledger"])
    assert attempts(again) == [[doubt["chains"][0]["attempts"][0]["status"], 200]]


def test_a_reset_connection_is_told_with_the_moment_of_its_loss(mockserver: MockServer, sender: Sender) -> None:
    datadog = mockserver.datadog()
    datadog.drop("reset", times=1)
    with pytest.raises(httpx2.TransportError):
        sender.pay(datadog)
    sender.pay(datadog)
    (chain,) = conduct(datadog)["chains"]
    lost, through = chain["attempts"]
    assert (lost["status"], lost["wire"], lost["received_whole"], lost["answered_at"]) == (None, "reset", False, None)
    assert lost["started_at"] <= lost["lost_at"] <= through["started_at"]
    assert through["delay"] == pytest.approx(through["started_at"] - lost["lost_at"])
    assert (through["position"], through["connection"] > lost["connection"]) == (1, True)


def test_what_is_given_up_is_lost_only_once_it_is_over(mockserver: MockServer, sender: Sender) -> None:
    datadog = mockserver.datadog()
    datadog.fail(503)
    sender.pay(datadog)
    assert conduct(datadog, over="false")["totals"]["in doubt"] == 1
    over = conduct(datadog)
    assert (over["totals"]["lost"], over["over"]) == (1, True)


def test_eviction_loses_nothing_of_a_client(sender: Sender) -> None:
    with MockServer(journal_entries=2) as small:
        datadog = small.datadog()
        datadog.fail(503, times=1)
        for user in ("u1", "u2", "u3", "u1", "u4", "u5"):
            sender.pay(datadog, payment(user))
        verdict = conduct(datadog)
        assert attempts(verdict) == [[503, 202], [202], [202], [202], [202]]
        assert (verdict["totals"]["delivered"], verdict["incomplete"]) == (5, [])
        assert verdict["figures"]["requests"] == 6


def test_what_was_kept_counts_against_the_bytes_of_all_accounts(sender: Sender) -> None:
    with MockServer(journal_entries=1, total_bytes=40_000) as small:
        datadog = small.datadog()
        for number in range(60):
            sender.pay(datadog, payment(f"u{number}"))
        verdict = conduct(datadog)
        assert verdict["chains_total"] < 30
        assert verdict["totals"]["delivered"] == 60
        assert "no longer kept" in verdict["incomplete"][0]


def test_several_accounts_are_judged_each_by_itself(mockserver: MockServer, sender: Sender) -> None:
    with MockServer() as own:
        hasty, patient = own.datadog(), own.supalytics()
        hasty.fail(429, times=1)
        for _ in range(2):
            sender.pay(hasty)
        sender.goal(patient, name="signup", visitor_id="v1")
        query = {"limit": 1}
        verdict = httpx2.get(f"{own.url}/__admin/conduct", params=query, trust_env=False).json()
        states = {each["vendor"]: result(each, "wait")["state"] for each in verdict["accounts"]}
        assert states == {"datadog": "broken", "supalytics": "not exercised"}
        assert result(verdict, "wait")["state"] == "broken"
        assert (verdict["chains_total"], len(verdict["chains"]), verdict["ledger_total"]) == (2, 1, 2)
        assert verdict["totals"]["delivered"] == 2
        assert conduct(patient)["accounts"] == []


def test_an_account_that_nobody_used_breaks_nothing(mockserver: MockServer) -> None:
    verdict = conduct(mockserver.datadog())
    assert {each["state"] for each in verdict["results"]} == {"not exercised"}
    assert (verdict["chains"], verdict["ledger"], verdict["totals"]["delivered"]) == ([], [], 0)


def test_rules_can_be_allowed_and_still_tell_what_they_saw(mockserver: MockServer, sender: Sender) -> None:
    datadog = mockserver.datadog()
    datadog.fail(429, times=1)
    for _ in range(2):
        sender.pay(datadog)
    allowed = result(conduct(datadog, allow="hot,wait"), "wait")
    assert (allowed["state"], len(allowed["findings"])) == ("allowed", 1)


def test_what_broke_the_contract_on_purpose_is_not_judged(mockserver: MockServer, sender: Sender) -> None:
    datadog = mockserver.datadog()
    for _ in range(2):
        sender.pay(datadog, {"type": "server"})
    assert result(conduct(datadog), "status")["state"] == "broken"
    assert result(conduct(datadog, allow_violations="true"), "status")["state"] == "not exercised"
    datadog.allow_violations()


def test_a_long_list_comes_in_pages(mockserver: MockServer, sender: Sender) -> None:
    datadog = mockserver.datadog()
    for number in range(5):
        sender.pay(datadog, payment(f"u{number}"))
    pages = [conduct(datadog, limit=2, offset=offset) for offset in (0, 2, 4)]
    found = [chain["id"] for page in pages for chain in page["chains"]]
    assert found == [chain["id"] for chain in conduct(datadog)["chains"]]
    assert [len(page["ledger"]) for page in pages] == [2, 2, 1]
    assert {page["ledger_total"] for page in pages} == {5}


def test_credentials_are_masked_in_it(mockserver: MockServer, sender: Sender) -> None:
    datadog = mockserver.datadog()
    sender.pay(datadog, payment(name=datadog.api_key))
    (entry,) = conduct(datadog)["ledger"]
    assert "…" in entry["name"]
    assert result(conduct(datadog), "secrets")["state"] == "broken"


def test_the_second_in_a_503_that_nobody_scripted_is_not_what_a_client_is_judged_by(
    mockserver: MockServer, sender: Sender
) -> None:
    """A test that scripts no `retry_after` is about the retry, not about the wait."""
    datadog = mockserver.datadog()
    datadog.fail(503, times=1)
    assert sender.pay(datadog).headers["retry-after"] == "1"
    sender.pay(datadog)
    assert result(conduct(datadog), "wait")["state"] == "not exercised"
    datadog.fail(429, times=1)
    sender.pay(datadog)
    sender.pay(datadog)
    assert result(conduct(datadog), "wait")["state"] == "broken"
