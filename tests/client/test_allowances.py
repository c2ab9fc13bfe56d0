"""A test expects a violation, or allows some rules to be broken; everything else still fails it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

import mockserver
from mockserver.client.allowances import RULES
from mockserver.model import FailureKind
from mockserver.testing import Datadog, MockServer
from mockserver.validation.rules import RULES as NAMED_RULES
from mockserver.validation.violations import WORDING
from tests.support.worlds import Sender, payment

pytestmark = pytest.mark.socket
WRONG_TYPE = {**payment(), "type": "client"}


@pytest.fixture
def account(mockserver: MockServer) -> Datadog:
    """An account that the plugin does not judge."""
    return mockserver.datadog()


def test_what_is_expected_does_not_break_the_contract(account: Datadog, sender: Sender) -> None:
    sender.pay(account)
    with account.expect_violation("/type", "enum"):
        sender.pay(account, WRONG_TYPE)
    with account.expect_violation(rule="spelling", times=2):
        sender.alert(account, "Deployed", agregation_key="k1")
        sender.pay(account)
        sender.alert(account, "Deployed", agregation_key="k1")
    account.assert_contract_kept(strict=True)


def test_only_what_is_expected_and_only_in_its_block(account: Datadog, sender: Sender) -> None:
    with account.expect_violation("/type"):
        sender.pay(account, {**WRONG_TYPE, "event": {"name": 3}})
    with pytest.raises(AssertionError, match=r"1 request to datadog[\s\S]+/event/name must be of type") as caught:
        account.assert_contract_kept()
    assert "/type" not in str(caught.value)
    account.reset()
    sender.pay(account, WRONG_TYPE)
    with account.expect_violation():
        sender.pay(account, WRONG_TYPE)
    with pytest.raises(AssertionError, match="1 request to datadog broke the contract"):
        account.assert_contract_kept()


def test_the_place_may_be_the_name_of_a_header(account: Datadog, sender: Sender) -> None:
    with account.expect_violation("content-type", "content-type"):
        sender.pay(account, headers={**account.headers, "Content-Type": "text/plain"})
    account.assert_contract_kept(strict=True)


@pytest.mark.parametrize(
    ("options", "sent", "says"),
    [
        ({}, 0, "expected a request to datadog with a violation; 0 of 0 had one"),
        ({"pointer": "/usr"}, 1, "with a violation at /usr; 0 of 1 had one\n\nPOST /api/v2/prodlytics"),
        ({"pointer": "", "rule": "enum"}, 1, "with a violation of rule enum at the body; 0 of 1"),
        ({"rule": "type"}, 1, r"  /type must be one of: server \(rule: enum\)"),
        ({"rule": "enum", "times": 2}, 1, "expected 2 requests to datadog with a violation of rule enum; 1 of 1"),
        ({"rule": "enum", "times": 0}, 1, "expected 0 requests"),
    ],
)
def test_a_violation_that_did_not_come_is_told_with_those_that_did(
    account: Datadog, sender: Sender, options: dict[str, Any], sent: int, says: str
) -> None:
    sender.pay(account, WRONG_TYPE)

    def expect() -> None:
        with account.expect_violation(**options):
            for _ in range(sent):
                sender.pay(account, WRONG_TYPE)

    with pytest.raises(AssertionError, match=says):
        expect()


def test_after_a_reset_in_the_block_all_requests_count(account: Datadog, sender: Sender) -> None:
    for _ in range(3):
        sender.pay(account)
    with account.expect_violation(times=1):
        account.reset()
        sender.pay(account, WRONG_TYPE)


def test_an_error_in_the_block_is_the_one_that_is_told(account: Datadog) -> None:
    with pytest.raises(ZeroDivisionError), account.expect_violation():
        raise ZeroDivisionError


def test_it_is_used_in_async_tests_too(account: Datadog, sender: Sender) -> None:
    async def main() -> None:
        with account.expect_violation("/type"):
            await asyncio.to_thread(sender.pay, account, WRONG_TYPE)

    asyncio.run(main())
    account.assert_contract_kept()


def test_rules_are_allowed_by_name(account: Datadog, sender: Sender) -> None:
    account.allow_violations("enum", "spelling")
    assert not account.violations_allowed
    sender.pay(account, WRONG_TYPE)
    sender.alert(account, "Deployed", agregation_key="k1")
    account.assert_contract_kept(strict=True)
    sender.pay(account, {**WRONG_TYPE, "event": {"name": 3}})
    with pytest.raises(AssertionError, match="must be of type string"):
        account.assert_contract_kept()
    account.reset()
    sender.pay(account, WRONG_TYPE)
    with pytest.raises(AssertionError, match="must be one of: server"):
        account.assert_contract_kept()


def test_an_unknown_rule_is_refused_with_what_was_probably_meant(account: Datadog) -> None:
    with pytest.raises(ValueError, match=re.escape("there is no rule 'spellin'; did you mean 'spelling'?")):
        account.allow_violations("spellin")
    with pytest.raises(ValueError, match="did you mean 'format'"), account.expect_violation(rule="fromat"):
        raise AssertionError("the block does not begin")


def test_the_known_rules_are_those_of_the_server() -> None:
    asked_for = {"invalid", "unknown-path", "rate-limited", "wrong-method", "asked-for", "bug"}
    kinds = {kind.value for kind in FailureKind if not kind.value.startswith(("credential", "application"))}
    assert WORDING.keys() | NAMED_RULES.keys() | (kinds - asked_for) <= RULES
    source = "\n".join(path.read_text("utf-8") for path in Path(mockserver.__file__).parent.rglob("*.py"))
    written = set(re.findall(r'\bViolation\([^,()]+, "([a-z-]+)"|\bundocumented\("([a-z]+)"', source))
    assert {"".join(names) for names in written} - RULES == {"status"}, "that is of a response"
    assert len(written) > 5
