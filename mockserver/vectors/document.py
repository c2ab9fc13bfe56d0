"""Puts the vectors of a vendor together: places times trials, judged, each with what the server must say."""

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import unquote

from mockserver.accounts.account import Accounts
from mockserver.contracts import VendorContract
from mockserver.contracts.limits import Makers, Trial, trials
from mockserver.contracts.merging import all_of
from mockserver.contracts.schema import CompiledSchema
from mockserver.contracts.values import ValueMaker
from mockserver.contracts.writing import write_parameters
from mockserver.errors import Failure
from mockserver.http.problems import status_of
from mockserver.model import FailureKind, Headers, Json, Request, Violation
from mockserver.operations import Operation, RequestContext
from mockserver.settings import Settings
from mockserver.support.clock import start_timer
from mockserver.support.jsontext import canonical, dump
from mockserver.support.keywords import types_of
from mockserver.validation.credentials import EVERY_CREDENTIAL
from mockserver.validation.exchange import judge_request
from mockserver.vectors.places import ROOT, places
from mockserver.vectors.timing import rule_trials, settled, with_value
from mockserver.vendors.registry import vendor_named

NOW = 1752580800
"""The time at which the vectors hold, in seconds since the epoch: 2025-07-15T12:00:00Z."""
MAX_BODY_BYTES = 1 << 30


def make_vectors(contract: VendorContract, seed: int = 0) -> dict[str, Any]:
    """The vectors of a vendor's operations as one JSON document, the same for the same contract and seed.

    Each has a `body`, the `keyword` that it is about, its `place` (a JSON pointer), on which `side` of the limit it
    is, and `expect`: the `status`, the `violations` and the `warnings` (pointer and rule), sorted; `refused` is what
    the vendor's behaviour turns down although the body keeps the contract. They hold in a fresh account whose clock is
    at `now`.
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
    schemas = {schema: salt for schema, salt in bodies if schema is not None}
    number = 0
    for schema, salt in schemas.items():
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


def _bodies(schema: CompiledSchema, chance: random.Random) -> Iterator[tuple[str, Trial, Json]]:
    """Bodies that hold each trial at its place and are right everywhere else: (pointer of the place, trial, body)."""
    least, full = ValueMaker(schema.document), ValueMaker(schema.document, full=True)
    makers = Makers(least, full, lambda: f"zz{chance.getrandbits(24):06x}")
    for place in places(least):
        pointer = place.pointer
        for usual in islice(least.values(all_of(ROOT, place.around(place.schema))), 1):
            for trial in trials(makers, place.schema):
                body = with_value(usual, pointer, trial.value)
                if trial.side != "outside" and not schema.validator.is_valid(body):
                    around = place.around({"const": trial.value})
                    body = next(least.values(all_of(ROOT, around)), body)
                yield pointer, trial, settled(body, schema.rules, pointer, NOW)
            for rule in schema.rules:
                if rule.parameters["pointer"] == pointer:
                    body = settled(usual, schema.rules, pointer, NOW)
                    for trial in rule_trials(rule, body, NOW, in_text="string" in types_of(place.schema)):
                        yield pointer, trial, with_value(body, pointer, trial.value)


def _expected(operation: Operation, body: Json) -> dict[str, Any]:
    request, path_values = _request(operation, body)
    parsed = judge_request(operation, request, path_values, EVERY_CREDENTIAL, NOW, MAX_BODY_BYTES)
    verdict, failure = parsed.verdict, parsed.failure
    if verdict.rejections:
        failure = Failure(FailureKind.INVALID, violations=verdict.rejections)
    judged = {"violations": _marks(verdict.violations), "warnings": _marks(verdict.warnings)}
    if failure is not None:
        return {"status": status_of(operation, failure), **judged}
    vendor = vendor_named(operation.vendor)
    fresh = Accounts(Settings(), lambda: float(NOW), start_timer).of(operation.vendor, "vectors")
    try:
        context = RequestContext(operation, request, path_values, body=parsed.body)
        response = vendor.behaviour(operation)(context, fresh)
    except Failure as refusal:
        return {"status": status_of(operation, refusal), **judged, "refused": _marks(refusal.violations)}
    judged["warnings"] = _marks(verdict.warnings + response.warnings)
    return {"status": response.status, **judged}


def _request(operation: Operation, body: Json) -> tuple[Request, dict[str, str]]:
    """A request with a body, right in all else, and the values of its path."""
    required = [parameter for parameter in operation.parameters if parameter.required]
    written = write_parameters((parameter, parameter.schema.sample) for parameter in required)
    raw = dump(body)
    headers: Headers = ((b"content-type", (operation.media_type or "application/json").encode("latin-1")),)
    headers += tuple((name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in written.headers.items())
    headers += ((b"cookie", written.cookies.encode("latin-1")),) if written.cookies else ()
    query = written.query.encode("ascii")
    values = {name: unquote(text) for name, text in written.path.items()}
    return Request(operation.method, operation.path, query, headers, raw, len(raw)), values


def _marks(violations: tuple[Violation, ...]) -> list[dict[str, str]]:
    marks = {(violation.pointer, violation.rule) for violation in violations}
    return [{"pointer": pointer, "rule": rule} for pointer, rule in sorted(marks)]
