"""A check that schemathesis runs on every exchange: the answer is what an independent reading of the contract says.

schemathesis' own checks of positive and negative data ask what it meant to generate; this one asks what was sent. It
holds also where the configuration tells those checks to be lenient.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import schemathesis
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from mockserver.contracts.formats import is_int64, is_iso_8601_time
from mockserver.model import Evidence
from mockserver.operations import Annotation, Rule
from mockserver.support.evidence import annotation_of, read_annotation
from mockserver.support.pointers import follow
from mockserver.validation.rules import RULES

REFUSED = (400, 413, 422)
NOWHERE = Annotation(Evidence("assumed", "the contract"))
CHECKER = FormatChecker(["date-time", "uuid"])
CHECKER.checks("int64")(is_int64)
CHECKER.checks("iso-8601-time")(is_iso_8601_time)
GOOD = ("fuzz", "fuzz-app", "Bearer sly_fuzz", "Basic ZnV6ejo=")
VALIDATORS: dict[tuple[int, str], Draft202012Validator] = {}


@schemathesis.check
def the_answer_is_what_the_contract_says(ctx: Any, response: Any, case: Any) -> None:
    document, request = case.operation.schema.raw_schema, response.request
    spec = document["paths"][case.operation.path].get(request.method.lower())
    status = response.status_code
    if spec is None:
        assert status in (405, 501), f"a wrong method was answered {status}"
        assert response.headers.get("allow"), "a wrong method was answered without Allow"
        return
    assert str(status) in spec["responses"], f"{status} is not documented"
    if not presents_good_credentials(spec, document, request):
        assert status in (400, 401, 403), f"a request without a good credential was answered {status}"
        return
    why = list(faults(document, case.operation.path, request))
    if why:
        assert status in REFUSED, f"{status} although the body is wrong: {why[:3]}"
    elif status >= 300:
        pointers = [refusal["pointer"] for refusal in spec.get("x-refusals", ())]
        told = json.dumps(response.json())
        assert status == 400, f"{status} although the body is right"
        assert any(pointer in told for pointer in pointers), f"400 although the body is right: {told[:300]}"


def faults(document: dict[str, Any], path: str, request: Any) -> Iterator[str]:
    """What is wrong with a request's body, by jsonschema and the named rules."""
    raw = request.body or b""
    raw = raw if isinstance(raw, bytes) else raw.encode()
    empty = document["paths"][path]["post"].get("x-empty-body")
    try:
        body = json.loads(raw) if raw.strip() or empty is None else empty
    except ValueError as error:
        yield f"no JSON: {error}"
        return
    yield from certain_breaches(validator(document, path), body, document)
    for rule in document["paths"][path]["post"].get("x-rules", ()):
        if rule.get("x-evidence", {}).get("level") == "warning":
            continue
        for pointer, _ in RULES[rule["name"]].check(body, Rule(rule["name"], rule, NOWHERE), time.time()):
            yield f"{pointer} {rule['name']}"


def certain_breaches(referee: Draft202012Validator, body: Any, document: dict[str, Any]) -> list[str]:
    """What breaks a schema of a contract, but for what is only a warning by the pages."""
    by_the_pages = document["info"].get("x-profile", "documented") == "documented"
    breaches = referee.iter_errors(body)
    certain = [each for each in breaches if not (by_the_pages and is_uncertain(each, referee.schema))]
    return [f"{each.json_path} {each.validator}" for each in certain]


def is_uncertain(breach: ValidationError, schema: Any) -> bool:
    """Whether the rule that is broken is a warning by the pages: nobody has published it, or null counts as unset."""
    nodes = [schema]
    for part in breach.absolute_schema_path:  # which does not name references
        while isinstance(nodes[-1], dict) and part not in nodes[-1] and "$ref" in nodes[-1]:
            nodes[-1] = follow(schema, nodes[-1]["$ref"])
        nodes.append(nodes[-1][part])
    if breach.instance is None and nodes[-2].get("x-null") == "unset":
        return True
    keys = [*breach.absolute_schema_path, None]
    pairs = [(node, key) for node, key in zip(nodes, keys, strict=True) if isinstance(node, dict)]
    said = (annotation_of(node, key) for node, key in reversed(pairs))
    return read_annotation(next(filter(None, said), None)).level != "violation"


def validator(document: dict[str, Any], path: str) -> Draft202012Validator:
    """The referee of an operation's body, made once."""
    key = (id(document), path)
    if key not in VALIDATORS:
        schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        VALIDATORS[key] = Draft202012Validator({**schema, "components": document["components"]}, format_checker=CHECKER)
    return VALIDATORS[key]


def presents_good_credentials(spec: dict[str, Any], document: dict[str, Any], request: Any) -> bool:
    """Whether the request carries the good credentials of one of the alternatives that the operation takes."""
    schemes = document["components"]["securitySchemes"]
    names = [[schemes[name].get("name", "Authorization") for name in option] for option in spec["security"]]
    return any(all(request.headers.get(name) in GOOD for name in option) for option in names)
