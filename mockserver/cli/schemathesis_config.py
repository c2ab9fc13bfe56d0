"""Writes the configuration with which schemathesis tests a served contract: each departure from its checks with why."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mockserver.contracts import VendorContract
from mockserver.operations import Credential, Operation
from mockserver.support.evidence import EVIDENCE, EVIDENCE_FOR, read_annotation
from mockserver.support.keywords import types_of
from mockserver.support.pointers import walk
from mockserver.vendors.registry import vendor_named

POSITIVE = ("2xx", "3xx", 401, 403, 404, 409, 429, "5xx")
"""What schemathesis expects of valid data by default."""
NEGATIVE = (400, 401, 403, 404, 405, 406, 409, 415, 422, 428, 429, "5xx")
"""What it expects of invalid data by default."""
OWN_FORMATS = frozenset({"int64", "double", "iso-8601-time"})
"""Formats of OpenAPI that schemathesis generates no strings for."""
CHOICES = ("oneOf", "anyOf")


def schemathesis_config(contract: VendorContract, key: str = "fuzz", application_key: str = "fuzz-app") -> str:
    """A `schemathesis.toml` for one vendor, served anywhere.

    `key` is the credential to present (without the vendor's prefix). Made from the contract: named rules that a schema
    cannot say, choices in which schemathesis mistakes an untaken option's violation for the body's, and what the vendor
    answers to a wrong method. A fake takes any key, so that the check `ignored_auth` needs `accepted_keys` that list
    this one.
    """
    profile = contract.document["info"].get("x-profile", "documented")
    command = f"mockserver openapi {contract.vendor} --profile {profile} --schemathesis-config"
    credentials = [each for operation in contract.operations for each in operation.credentials[:1]]
    headers = {credential.name: _value(credential, key) for credential in credentials}
    keys = [each.application_key for each in contract.operations if each.application_key is not None]
    headers |= {each.name: application_key for each in keys}
    presented = next((credential.prefix for credential in credentials), "") + key
    lines = [
        f"# schemathesis for {contract.vendor}, profile {profile}: written by `{command}`.",
        "# The check ignored_auth wants a server that knows its keys: start it with a settings file that says",
        f"#   accepted_keys: {{{contract.vendor}: [{presented}]}}",
        "",
        "[headers]",
        *(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in headers.items()),
    ]
    for operation in contract.operations:
        departures = list(_departures(operation))
        if departures:
            lines += ["", "[[operations]]", f"include-path = {json.dumps(operation.path)}", *departures]
    return "\n".join(lines) + "\n"


def _departures(operation: Operation) -> Iterator[str]:
    """The checks that are configured otherwise than by default, each below the reasons."""
    reasons = list(_valid_but_refused(operation))
    if reasons:
        yield from _check(reasons, "positive_data_acceptance", (*POSITIVE, 400))
    reasons = list(_invalid_but_accepted(operation))
    if reasons:
        yield from _check(reasons, "negative_data_rejection", (*NEGATIVE, "2xx"))
    status = vendor_named(operation.vendor).wrong_method(operation).status
    if status != 405:
        yield f"# A method that the path does not have is answered {status}, by this vendor's gateway."
        yield from ("[operations.checks.unsupported_method]", "enabled = false")
        yield from _check([], "not_a_server_error", ("2xx", "3xx", "4xx", status or 501))


def _valid_but_refused(operation: Operation) -> Iterator[str]:
    """Why a body that fits the schema may be answered 400."""
    if operation.served is None:
        return
    for rule in operation.served.rules:
        about = ", ".join(f"{name} {value}" for name, value in rule.parameters.items() if name != "name")
        kind, source = rule.annotation.evidence
        yield f"No schema can say the rule {rule.name} ({about}): {kind}, {source}."
    for refusal in operation.extensions.get("x-refusals", ()):
        yield f"No schema can say the rule {refusal['name']} at {refusal['pointer']}: {refusal['because']}."
    if any(
        schema.get("format") in OWN_FORMATS and "string" in types_of(schema)
        for schema in _schemas(operation.served.document)
    ):
        yield "schemathesis knows no int64 and no ISO 8601 as formats of text, so it writes other texts."


def _invalid_but_accepted(operation: Operation) -> Iterator[str]:
    """Why a body that schemathesis takes for invalid may be accepted."""
    if operation.served is None:
        return
    schemas = list(_schemas(operation.served.document))
    options = [option for schema in schemas for keyword in CHOICES for option in schema.get(keyword, ())]
    if any("properties" in option for option in options if isinstance(option, dict)):
        yield "A change inside an option that the body does not take (oneOf, anyOf) leaves the body valid."
    for schema in schemas:
        stated = [schema.get(EVIDENCE), *schema.get(EVIDENCE_FOR, {}).values()]
        levels = {read_annotation(annotation).level for annotation in stated if annotation}
        if "warning" in levels or ("uncertain" in levels and operation.served is operation.documented):
            yield "What breaks a rule that no page documents is accepted with a warning."
            break
    if any("x-null" in schema for schema in schemas):
        yield "Null counts as unset, and is accepted with a warning."
    if "x-empty-body" in operation.extensions:
        yield "An empty body counts as an empty object."


def _schemas(document: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a schema document but for its annotations (`x-…`); names of properties do no harm here."""
    return (node for pointer, node in walk(document) if isinstance(node, dict) and "/x-" not in pointer)


def _value(credential: Credential, key: str) -> str:
    if credential.scheme == "basic":
        return "Basic " + base64.b64encode(f"{key}:".encode()).decode("ascii")
    return f"Bearer {credential.prefix}{key}" if credential.scheme == "bearer" else f"{credential.prefix}{key}"


def _check(reasons: Iterable[str], name: str, statuses: tuple[int | str, ...]) -> Iterator[str]:
    yield from (f"# {' '.join(reason.split())}" for reason in reasons)
    yield f"[operations.checks.{name}]"
    yield f"expected-statuses = {json.dumps(statuses)}"
