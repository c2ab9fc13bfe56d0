"""Claims: who answers for a credential, how many are remembered, and when nobody has said anything yet."""

from __future__ import annotations

import pytest

from mockserver.accounts.claims import Claims


def test_until_somebody_claims_one_all_are_covered() -> None:
    claims = Claims(10)
    assert claims.covers("datadog", "a")
    claims.add("datadog", "b")
    assert not claims.covers("datadog", "a")
    assert claims.covers("datadog", "b")


def test_settled_ones_are_always_covered_and_nothing_else() -> None:
    claims = Claims(10, [("datadog", "a")])
    assert claims.complete
    assert not Claims(10).complete
    assert claims.covers("datadog", "a")
    assert not claims.covers("satori", "a")
    assert not claims.covers("datadog", "b")
    claims.add("datadog", "b")
    assert claims.covers("datadog", "b")
    assert claims.covers("datadog", "a")


def test_a_claim_at_every_vendor() -> None:
    claims = Claims(10)
    claims.add(None, "a")
    assert claims.covers("datadog", "a")
    assert claims.covers("satori", "a")
    assert not claims.covers("satori", "b")


@pytest.mark.parametrize("claimed", [False, True])
def test_no_credential_is_covered_only_where_none_is_taken(*, claimed: bool) -> None:
    claims = Claims(10)
    claims.keyless = frozenset({"open"})
    if claimed:
        claims.add("datadog", "a")
    assert claims.covers("open", "")
    assert not claims.covers("datadog", "")


def test_the_oldest_claim_goes_first_and_one_made_again_is_new() -> None:
    claims = Claims(2)
    for credential in ("a", "b", "a", "c"):
        claims.add("datadog", credential)
    assert list(claims) == [("datadog", "c"), ("datadog", "a")]
    assert [claims.names(credential) for credential in "abc"] == [True, False, True]
    assert not claims.covers("datadog", "b")


def test_a_name_that_is_claimed_twice_outlives_one_of_its_claims() -> None:
    claims = Claims(2, [("satori", "s")])
    for vendor in ("datadog", "satori", "supalytics"):
        claims.add(vendor, "a")
    assert claims.names("a")
    claims.add("datadog", "b")
    claims.add("datadog", "c")
    assert not claims.names("a")
    claims.add("datadog", "s")
    claims.add("datadog", "d")
    claims.add("datadog", "e")
    assert claims.names("s")
    assert list(claims) == [("datadog", "e"), ("datadog", "d"), ("satori", "s")]
