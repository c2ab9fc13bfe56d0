"""Writes the configuration with which schemathesis tests a served contract: each departure from its checks with why."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mockserver.cli.schemathesis_reasons import Departure, departures_of
from mockserver.contracts import VendorContract
from mockserver.operations import Credential, Operation


class _Keys(NamedTuple):
    """The made-up credentials that schemathesis presents."""

    key: str
    application_key: str


def schemathesis_config(
    contract: VendorContract,
    key: str = "fuzz",
    application_key: str = "fuzz-app",
    *,
    state: bool = False,
    schemas: str | None = None,
) -> str:
    """A `schemathesis.toml` for one vendor, served anywhere.

    `key` is the credential to present (without the vendor's prefix). Made from the contract: what no schema can say,
    what the contract leaves undocumented or open, choices in which schemathesis mistakes an untaken option's violation
    for the body's, and what the vendor answers to a wrong method. A fake takes any key, so that the check
    `ignored_auth` needs `accepted_keys` that list this one. `state` says that the server keeps resources, `schemas`
    names the document, for the head of the file.
    """
    profile, keys = contract.document["info"].get("x-profile", "documented"), _Keys(key, application_key)
    source = f" --schemas {schemas}" if schemas else ""
    command = f"mockserver openapi {contract.vendor} --profile {profile}{source} --schemathesis-config"
    common, differing = _headers(contract.operations, keys)
    lines = [
        f"# schemathesis for {contract.vendor}, profile {profile}: written by `{command}`.",
        *_about_keys(contract, key),
        "",
        "[headers]",
        *(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in common.items()),
        *_parameters(contract.operations, key),
        *_checks_of_all(contract.operations, state=state),
    ]
    for operation in contract.operations:
        own = {name: value for name, value in _presented(operation, keys).items() if name in differing}
        departures = list(departures_of(operation, contract.operations))
        if own or departures:
            lines += ["", "[[operations]]", f"include-name = {json.dumps(f'{operation.method} {operation.path}')}"]
            lines += [f"headers = {_inline(own)}"] if own else []
            lines += [line for departure in departures for line in _section("operations.checks", departure)]
    return "\n".join(lines) + "\n"


def _about_keys(contract: VendorContract, key: str) -> Iterator[str]:
    prefixes = [each.prefix for operation in contract.operations for each in operation.credentials[:1]]
    if prefixes:
        yield "# The check ignored_auth wants a server that knows its keys: start it with a settings file that says"
        yield f"#   accepted_keys: {{{contract.vendor}: [{prefixes[0]}{key}]}}"


def _required(operation: Operation) -> tuple[Credential, ...]:
    """The credentials of the first alternative that an operation takes."""
    return operation.requirements[0] if operation.requirements else operation.credentials[:1]


def _presented(operation: Operation, keys: _Keys) -> dict[str, str]:
    """The headers that hold the credentials of an operation."""
    headers = {each.name: _value(each, keys.key) for each in _required(operation) if each.location == "header"}
    if operation.application_key is not None:
        headers[operation.application_key.name] = keys.application_key
    return headers


def _headers(operations: Iterable[Operation], keys: _Keys) -> tuple[dict[str, str], frozenset[str]]:
    """The headers that all operations agree on, and the names of those that they do not."""
    values: dict[str, set[str]] = {}
    for operation in operations:
        for name, value in _presented(operation, keys).items():
            values.setdefault(name, set()).add(value)
    common = {name: next(iter(found)) for name, found in values.items() if len(found) == 1}
    return common, frozenset(values.keys() - common.keys())


def _parameters(operations: Iterable[Operation], key: str) -> Iterator[str]:
    """The credentials that are no headers."""
    required = [each for operation in operations for each in _required(operation) if each.location != "header"]
    for number, place in enumerate(dict.fromkeys(f"{each.location}.{each.name}" for each in required)):
        yield from () if number else ("", "[parameters]")
        yield f"{json.dumps(place)} = {json.dumps(key)}"


def _checks_of_all(operations: Iterable[Operation], *, state: bool) -> Iterator[str]:
    """The checks that are configured otherwise for every operation."""
    if not state and any(operation.method == "DELETE" for operation in operations):
        reason = "Nothing is kept or deleted, unless the server and the command that writes this have `--state`."
        yield from ("", *_section("checks", Departure("use_after_free", (reason,))))


def _section(table: str, departure: Departure) -> Iterator[str]:
    yield from (f"# {' '.join(reason.split())}" for reason in departure.reasons)
    yield f"[{table}.{departure.check}]"
    if departure.statuses is None:
        yield "enabled = false"
    else:
        yield f"expected-statuses = {json.dumps(departure.statuses)}"


def _inline(members: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in members.items()) + " }"


def _value(credential: Credential, key: str) -> str:
    if credential.scheme == "basic":
        return "Basic " + base64.b64encode(f"{key}:".encode()).decode("ascii")
    scheme = "" if credential.scheme == "apiKey" else f"{credential.scheme.capitalize()} "
    return f"{scheme}{credential.prefix}{key}"
