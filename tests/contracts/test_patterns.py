"""Texts for a pattern match it."""

from __future__ import annotations

from itertools import islice

import jsonschema_rs
import pytest

from mockserver.contracts.patterns import texts_for

PATTERNS = {
    r"^(count|sum|pc[1-9][0-9]?)$": ["count", "sum", "pc1"],
    r"^-?[0-9]+$": ["0"],
    r"^\d{3}-\d{2}-\d{4}$": ["000-00-0000"],
    r"^#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})$": ["#aaaaaa", "#aaa"],
    r"^\+[1-9]\d{1,14}$": ["+10"],
    r"[^\s\x1c-\x1f\x85\ufeff]": ["a"],
    r"^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{8,}$": [],
    r"^(?!x)[x-z]$": ["y", "z"],
    r"^\p{L}{2,4}$": ["aa"],
    r"^\P{L}\p{Nd}$": ["00"],
    r"^\u4e2d\u{4e2d}\x41\t$": ["中中A\t"],
    r"^[\u0400-\u0410]{3}$": ["ЀЀЀ"],
    r"^(a|b)\1$": ["aa", "bb"],
    r"^(?:a|b)(?<name>c)?\.$": ["a."],
    r"^[\w.\-\]]+?$": ["a"],
    r"\bword\b": ["word"],
    r"^a{2}b{0}c{1,}$": ["aac"],
    r"^\/v1\/$": ["/v1/"],
    r"^$": [""],
    r"": [""],
}


@pytest.mark.parametrize(("pattern", "among"), PATTERNS.items(), ids=str)
def test_the_texts_match(pattern: str, among: list[str]) -> None:
    validator = jsonschema_rs.validator_for({"pattern": pattern})
    texts = [text for text in texts_for(pattern) if validator.is_valid(text)]
    assert texts
    assert len(set(texts)) == len(texts)
    assert set(among) <= set(texts)


@pytest.mark.parametrize(
    ("pattern", "length"),
    [(r"^[a-z]+$", 20_000), (r"^(ab)+$", 8), (r"^[^@]+@[a-z]+\.[a-z]{2,}$", 30), ("foo", 12), (r"^x-", 9)],
)
def test_a_length_is_kept(pattern: str, length: int) -> None:
    validator = jsonschema_rs.validator_for({"pattern": pattern})
    assert any(validator.is_valid(text) for text in islice(texts_for(pattern, length, length), 5))
    assert {len(text) for text in islice(texts_for(pattern, length, length), 5)} == {length}


@pytest.mark.parametrize("pattern", ["(", ")", "[a", "a{2000000}", "\\", "[^\\s\\S]", "[a-\\d]"])
def test_a_pattern_that_is_not_understood_has_no_text(pattern: str) -> None:
    assert list(texts_for(pattern)) == []
