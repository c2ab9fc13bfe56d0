"""The corners of RFC 8259: texts that are JSON are read, texts that are not are refused as such, by every operation."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import SATORI, Operation, Server, each_operation

TEXTS = sorted(Path(__file__).with_name("json_texts").glob("*.json"))


@each_operation
def test_what_is_no_json_is_refused_as_such(server: Server, operation: Operation, key: str) -> None:
    """y_ texts are JSON, n_ texts are none (or JSON that says one thing twice, or that no double can hold)."""
    for text in TEXTS:
        response = server.post(operation, key, content=text.read_bytes())
        rules = {violation["rule"] for violation in server.last(operation, key)["violations"]}
        assert response.status_code < 500, text.name
        empty = text.name in ("n_empty.json", "n_only-whitespace.json") and operation is SATORI  # an empty message
        assert ("unreadable" in rules) == (text.name.startswith("n_") and not empty), f"{text.name}: {rules}"
        if "unreadable" in rules:
            assert response.status_code == 400, text.name
