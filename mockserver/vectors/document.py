"""Puts the vectors of a vendor together: places times trials, judged, each with what the server must say."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from mockserver.accounts.account import Accounts, Bounds
from mockserver.contracts import VendorContract
from mockserver.errors import Failure
from mockserver.http.problems import status_of
from mockserver.model import BodySchema, FailureKind, Operation, Request, RequestContext, Violation
from mockserver.support.clock import start_timer
from mockserver.support.jsontext import canonical
from mockserver.support.keywords import types_of
from mockserver.validation.body import judge_body
from mockserver.vectors.limits import Trial, trials
from mockserver.vectors.places import Place, body_with, places, pointer_to
from mockserver.vectors.timing import rule_trials, settled, with_value
from mockserver.vectors.values import Maker
from mockserver.vendors.registry import vendor_named

NOW = 1752580800
"""The time at which the vectors hold, in seconds since the epoch: 2025-07-15T12:00:00Z."""
NO_REQUEST = Request("POST", "/", b"", (), b"", 0)
CHOICES = [(enum, option) for option in range(4) for enum in range(4)]


def make_vectors(contract: VendorContract, seed: int = 0) -> dict[str, Any]:
    """The vectors of a vendor's operations as one JSON document, the same for the same contract and seed.

    Each has a `body`, the `keyword` that it is about, its `place` (a JSON pointer), on which `side` of the limit it
    is, and `expect`: the `status` and the `violations` (pointer and rule), sorted; `refused` is what the vendor's
    behaviour turns down although the body keeps the contract. They hold in a fresh account whose clock is at `now`.
    """
    vectors = [vector for operation in contract.operations for vector in _of_operation(operation, seed)]
    return {
        "vendor": contract.vendor,
        "profile": contract.document["info"].get("x-profile", "documented"),
        "seed": seed,
        "now": NOW,
        "vectors": vectors,
    }


def _of_operation(operation: Operation, seed: int) -> Iterator[dict[str, Any]]:
    seen: set[bytes] = set()
    bodies = ((operation.documented, seed), (operation.served, seed + 1))
    schemas = {id(schema): (schema, salt) for schema, salt in bodies if schema is not None}
    number = 0
    for schema, salt in schemas.values():
        for place, trial, body in _bodies(schema, random.Random(f"{operation.id}/{salt}")):  # noqa: S311 - not a secret
            written = canonical(body)
            if written in seen:
                continue
            seen.add(written)
            number += 1
            yield {
                "id": f"{operation.id}-{number:04d}",
                "operation": operation.id,
                "method": operation.method,
                "path": operation.path,
                "place": place,
                "keyword": trial.keyword,
                "side": trial.side,
                "body": body,
                "expect": _expected(operation, body),
            }


def _bodies(schema: BodySchema, chance: random.Random) -> Iterator[tuple[str, Trial, Any]]:
    document = schema.document
    for place in places(Maker(document, chance), document):
        maker, pointer = _suited(schema, place, chance), pointer_to(place.steps)
        for trial in trials(maker, place.schema):
            body = body_with(maker, document, place.steps, trial.value)
            if trial.side != "outside" and not schema.validator.is_valid(body):
                body = body_with(_suited(schema, place, chance, trial), document, place.steps, trial.value)
            yield pointer, trial, settled(body, schema.rules, pointer, NOW)
        for rule in schema.rules:
            if rule.parameters["pointer"] == pointer:
                body = body_with(maker, document, place.steps, maker.least(place.schema))
                in_text = "string" in types_of(place.schema)
                for trial in rule_trials(rule, settled(body, schema.rules, pointer, NOW), NOW, in_text=in_text):
                    yield pointer, trial, with_value(settled(body, schema.rules, pointer, NOW), pointer, trial.value)


def _suited(schema: BodySchema, place: Place, chance: random.Random, trial: Trial | None = None) -> Maker:
    """The maker whose choices make a right body around a place (holding a trial's value, or the least one); the plain
    one where none does."""
    for enum, option in CHOICES:
        maker = Maker(schema.document, chance, enum, option)
        leaf = maker.least(place.schema) if trial is None else trial.value
        if schema.validator.is_valid(body_with(maker, schema.document, place.steps, leaf)):
            return maker
    return Maker(schema.document, chance)


def _expected(operation: Operation, body: Any) -> dict[str, Any]:
    verdict = judge_body(operation, json.loads(json.dumps(body)), NOW)
    violations = _marks(verdict.violations)
    if verdict.rejections:
        failure = Failure(FailureKind.INVALID, violations=verdict.rejections)
        return {"status": status_of(operation, failure), "violations": violations}
    vendor = vendor_named(operation.vendor)
    fresh = Accounts(Bounds(1, 1, 1), lambda: float(NOW), start_timer, 0).of(operation.vendor, "vectors")
    try:
        response = vendor.behaviour(operation)(RequestContext(operation, NO_REQUEST, {}, body=body), fresh)
    except Failure as failure:
        status = status_of(operation, failure)
        return {"status": status, "violations": violations, "refused": _marks(failure.violations)}
    return {"status": response.status, "violations": violations}


def _marks(violations: tuple[Violation, ...]) -> list[dict[str, str]]:
    marks = {(violation.pointer, violation.rule) for violation in violations}
    return [{"pointer": pointer, "rule": rule} for pointer, rule in sorted(marks)]
