"""Known credentials are found wherever they stand, and no text makes it take long to look for them."""

from __future__ import annotations

import json
import string
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.support.credentials import MAX_ALIKE, MAX_SOUGHT, WITHHELD, KnownCredentials
from mockserver.support.redaction import Redaction, mask

KEY_CHARACTERS = string.ascii_letters + string.digits + "_.~+/=-"
keys = st.text(KEY_CHARACTERS, min_size=16, max_size=60).map(lambda text: f"k7{text}")
credentials = st.text(st.characters(blacklist_categories=["Cs"]), min_size=12, max_size=40)


def knowing(*credentials: str) -> KnownCredentials:
    known = KnownCredentials()
    for each in credentials:
        known.add(each, mask(each))
    return known


@settings(deadline=None)
@given(keys, st.lists(keys, max_size=30), st.binary(max_size=40), st.binary(max_size=40))
def test_a_key_is_found_at_every_place_of_any_text(key: str, others: list[str], before: bytes, after: bytes) -> None:
    masked = knowing(*others, key).masked(before + key.encode() + after)
    assert key.encode() not in masked
    if not others:
        assert masked in (before + mask(key).encode() + after, knowing(key).masked(masked))


@settings(deadline=None)
@given(keys, st.text(max_size=30))
def test_a_key_is_found_in_basic_credentials(key: str, password: str) -> None:
    encoded = b64encode(f"{key}:{password}".encode())
    assert knowing(key).masked(b"<" + encoded + b">") == f"<{mask(key)}>".encode()


@settings(deadline=None)
@given(credentials, st.binary(max_size=7), st.binary(max_size=7))
def test_an_own_credential_is_found_in_every_form(credential: str, before: bytes, after: bytes) -> None:
    known, label = knowing(credential), mask(credential)
    for form in (
        credential.encode(),
        json.dumps(credential)[1:-1].encode(),
        json.dumps(credential, ensure_ascii=False)[1:-1].encode(),
        credential.lower().encode(),
    ):
        assert form not in known.masked(b" " + form + b" ", label)
    encoded = b64encode(before + credential.encode() + after)
    assert encoded not in known.masked(encoded, label)


@settings(deadline=None)
@given(credentials, st.lists(credentials, max_size=5))
def test_json_stays_json_whatever_the_credentials_are(credential: str, others: list[str]) -> None:
    redaction = Redaction(known=knowing(credential, *others))
    value = {"a": [credential, 12345678901234567890, 1e20, None, True], f"x{credential}": {"b": "c", "d": {}}}
    shown = redaction.of_json(value, mask(credential))
    assert not any(credential in text for text in (shown["a"][0], *shown))
    assert json.loads(json.dumps(shown)) == shown


def test_a_text_without_credentials_stays_the_same_object() -> None:
    known, text = knowing("k7-0123456789abcdef"), b"k7-0123456789abcde. " * 100
    assert known.masked(text) is text


@pytest.mark.parametrize("count", [MAX_ALIKE - 1, MAX_ALIKE, MAX_ALIKE * 3])
def test_of_many_keys_that_begin_alike_each_is_masked(count: int) -> None:
    alike = [f"key-0123456789ab-{number:04}" for number in range(count)]
    known = knowing(*alike)
    for each in alike:
        assert each.encode() not in known.masked(f"a {each} b".encode())


def test_a_text_that_looks_like_credentials_throughout_is_withheld() -> None:
    known = knowing(*("a" * length + "1" for length in range(16, 400)))
    assert known.masked(b"a" * 2_000_000) == WITHHELD.encode()
    key = "key-0123456789abcdef"
    assert knowing(key).masked(key.encode() * 200_000) == WITHHELD.encode()
    assert Redaction(known=knowing(key)).of_json([key, key * 200_000]) == [mask(key), WITHHELD]


def test_a_credential_of_very_many_characters_is_not_sought() -> None:
    known, huge = knowing("k7" * MAX_SOUGHT), ("k7" * MAX_SOUGHT).encode()
    assert known.masked(huge, mask("k7" * MAX_SOUGHT)) is huge
