"""The vectors hold: our server answers each as it says, an independent validator agrees, a seed repeats them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.support.harness import BY_ID, PROFILES, VENDORS, Server, marks, request_validator, run

pytestmark = pytest.mark.socket

KEYWORDS = {
    "datadog": {"type", "enum", "maxLength", "maxItems", "maxProperties", "required", "pattern", "format", "minimum"}
    | {"maximum", "oneOf", "anyOf", "if", "additionalProperties", "time-window", "less-than", "minLength"},
    "satori": {"type", "required", "pattern", "format", "not", "minLength", "minimum", "maximum"},
    "supalytics": {"type", "required", "pattern", "maxLength", "maxProperties"},
}


def vectors_of(vendor: str, profile: str, seed: int = 0) -> Any:
    done = run("vectors", vendor, "--profile", profile, "--seed", str(seed))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("vendor", VENDORS)
def test_our_own_server_agrees_with_every_vector(
    server: Server, observed: Server, vendor: str, profile: str, key: str
) -> None:
    running = server if profile == "documented" else observed
    document = vectors_of(vendor, profile)
    operation = next(each for each in BY_ID.values() if each.vendor == vendor)
    frozen = {"now": document["now"], "frozen": True}
    account = {"account": operation.credential(key), "vendor": vendor}
    assert document["vectors"]
    running.post(operation, key)
    assert running.client.put("/__admin/clock", params=account, json=frozen).status_code == 200
    for vector in document["vectors"]:
        body = json.dumps(vector["body"], ensure_ascii=False).encode()
        response = running.post(BY_ID[vector["operation"]], key, content=body)
        assert response.status_code == vector["expect"]["status"], (vector, response.text)
    judged = running.journal(operation, key)[1:]
    for vector, exchange in zip(document["vectors"], judged, strict=True):
        for level in ("violations", "warnings"):
            assert sorted(set(marks(exchange[level]))) == marks(vector["expect"][level]), vector


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_independent_validator_agrees_with_every_vector(server: Server, vendor: str) -> None:
    contract = server.contract(vendor)
    referees = {path: request_validator(contract, path) for path in contract["paths"]}
    rules = {"time-window", "less-than"}
    for vector in vectors_of(vendor, "documented")["vectors"]:
        by_schema = [each for each in vector["expect"]["violations"] if each["rule"] not in rules]
        formats = {each["rule"] for each in by_schema} == {"format"}  # int64 is a format that it does not know
        valid = referees[vector["path"]].is_valid(vector["body"])
        uncertain = not by_schema and bool(vector["expect"]["warnings"])  # broken, but the page does not say so
        assert valid == (not by_schema) or formats or uncertain, vector


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_keyword_is_tried_on_both_sides_of_its_limit(vendor: str) -> None:
    vectors = vectors_of(vendor, "documented")["vectors"]
    sides = Counter((vector["keyword"], vector["side"] == "outside") for vector in vectors)
    for keyword in KEYWORDS[vendor]:
        assert sides[keyword, False] or keyword in ("required", "not", "type"), keyword
        assert sides[keyword, True] or keyword in ("if", "additionalProperties"), keyword
    findings = [vector["expect"]["violations"] + vector["expect"]["warnings"] for vector in vectors]
    broken = {each["rule"] for found in findings for each in found}
    assert KEYWORDS[vendor] - broken <= {"if", "additionalProperties"}
    assert [
        vector for vector, found in zip(vectors, findings, strict=True) if vector["side"] == "outside" and not found
    ] == []


def test_each_operation_has_accepted_and_refused_bodies() -> None:
    for vendor in VENDORS:
        statuses: dict[str, set[int]] = {}
        for vector in vectors_of(vendor, "documented")["vectors"]:
            statuses.setdefault(vector["operation"], set()).add(vector["expect"]["status"])
        assert all(found == {BY_ID[name].success, 400} for name, found in statuses.items())


def test_a_seed_repeats_byte_for_byte_and_another_differs() -> None:
    first, second, third = (run("vectors", "datadog", "--seed", seed).stdout for seed in ("7", "7", "8"))
    assert first == second != third


def test_a_vector_keeps_its_ids_unique() -> None:
    identifiers = [vector["id"] for vector in vectors_of("datadog", "observed")["vectors"]]
    assert len(set(identifiers)) == len(identifiers)
