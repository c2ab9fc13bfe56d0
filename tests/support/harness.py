"""What the tests share: the server as a process of its own, the seven operations, and what the journal says."""

from __future__ import annotations

import base64
import copy
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

PLAIN_PYTEST = "[pytest]\naddopts = --strict-markers" + "".join(
    f" -p no:{plugin}" for plugin in ("cacheprovider", "hypothesispytest", "schemathesis")
)
"""The settings of a project whose tests run in ours: without the plugins that take a second to import."""
MUTATED = "MUTANT_UNDER_TEST" in os.environ
"""Whether mutmut runs these tests."""
PATIENCE = 120.0 if MUTATED else 20.0
"""Seconds after which a server that does not answer is taken to hang. With every change built in it is slow."""


@dataclass(frozen=True)
class Operation:
    """A documented operation and a body that it accepts."""

    vendor: str
    id: str
    path: str
    success: int
    accepted: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        """A fresh copy of the accepted body, free to be changed."""
        return copy.deepcopy(self.accepted)

    def credential(self, key: str) -> str:
        """The credential that names the account of a test's key at this vendor."""
        return f"sly_{key}" if self.vendor == "supalytics" else key

    def headers(self, key: str) -> dict[str, str]:
        """The headers with which a client presents the key."""
        if self.vendor == "datadog":
            return {"DD-API-KEY": key, "DD-APPLICATION-KEY": f"app-{key}"}
        if self.vendor == "satori":
            return {"Authorization": basic(key)}
        return {"Authorization": f"Bearer {self.credential(key)}"}


def basic(user: str, password: str = "") -> str:
    """The value of an Authorization header for HTTP Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _query(kind: dict[str, Any]) -> dict[str, Any]:
    attributes = {
        "from": 1771232048460,
        "to": 1771836848262,
        "query": {
            "compute": kind,
            "query": {"data_source": "product_analytics", "search": {"query": "@type:view"}},
        },
    }
    return {"data": {"type": "formula_analytics_extended_request", "attributes": attributes}}


_ALERT = {"category": "alert", "title": "Something broke", "attributes": {"status": "error"}}
_SERVER_EVENT = {
    "type": "server",
    "application": {"id": "123abcde-123a-123b-1234-123456789abc"},
    "event": {"name": "payment.processed"},
    "usr": {"id": "123"},
}
_ANALYTICS = "/api/v2/product-analytics/analytics"

V1 = Operation("datadog", "CreateEventV1", "/api/v1/events", 202, {"title": "Deployed", "text": "Oh boy!"})
V2 = Operation("datadog", "CreateEventV2", "/api/v2/events", 202, {"data": {"type": "event", "attributes": _ALERT}})
PRODLYTICS = Operation("datadog", "SubmitProductAnalyticsEvent", "/api/v2/prodlytics", 202, _SERVER_EVENT)
SCALAR = Operation(
    "datadog", "QueryProductAnalyticsScalar", f"{_ANALYTICS}/scalar", 200, _query({"aggregation": "count"})
)
TIMESERIES = Operation(
    "datadog",
    "QueryProductAnalyticsTimeseries",
    f"{_ANALYTICS}/timeseries",
    200,
    _query({"aggregation": "count", "interval": 3600000}),
)
SATORI = Operation(
    "satori",
    "ServerEvent",
    "/v1/server-event",
    200,
    {"events": [{"name": "purchaseCompleted", "timestamp": "2025-07-15T12:00:00.00Z"}]},
)
SUPALYTICS = Operation("supalytics", "WriteEvent", "/v1/events", 200, {"name": "subscription_created"})

OPERATIONS = (V1, V2, PRODLYTICS, SCALAR, TIMESERIES, SATORI, SUPALYTICS)
BY_ID = {operation.id: operation for operation in OPERATIONS}
DATADOG = tuple(operation for operation in OPERATIONS if operation.vendor == "datadog")
VENDORS = ("datadog", "satori", "supalytics")
PROFILES = ("documented", "observed")


def each_of(*operations: Operation) -> pytest.MarkDecorator:
    """Run a test once for each of the operations, as its argument `operation`."""
    return pytest.mark.parametrize("operation", operations, ids=lambda operation: operation.id)


each_operation = each_of(*OPERATIONS)
each_datadog_operation = each_of(*DATADOG)


class Server:
    """A running `mockserver serve`, seen from outside: its address, its process, its log."""

    def __init__(self, process: subprocess.Popen[str], url: str, client: httpx2.Client, log: IO[bytes]) -> None:
        self.process = process
        self.url = url
        self.client = client
        self._log = log

    def post(self, operation: Operation, key: str, json: Any = None, **options: Any) -> httpx2.Response:
        """Post a body (the operation's accepted one by default) with the key's credentials."""
        headers = {**operation.headers(key), **options.pop("headers", {})}
        if "content" in options:
            headers.setdefault("Content-Type", "application/json")
        else:
            options["json"] = operation.accepted if json is None else json
        return self.client.post(operation.path, headers=headers, **options)

    def control(self, path: str, **query: Any) -> Any:
        """What a GET call of the control API answers."""
        response = self.client.get(f"/__admin{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def journal(self, operation: Operation, key: str | None, **filters: Any) -> list[dict[str, Any]]:
        """The exchanges of one account, oldest first; of the account without a credential for `key` None."""
        credential = "" if key is None else operation.credential(key)
        listing = self.control("/requests", account=credential, vendor=operation.vendor, **filters)
        return list(listing["requests"])

    def last(self, operation: Operation, key: str | None) -> dict[str, Any]:
        """The newest exchange of an account."""
        return self.journal(operation, key)[-1]

    def whole(self, exchange: dict[str, Any]) -> Any:
        """An exchange with its headers and bodies."""
        return self.control(f"/requests/{exchange['id']}")

    def contract(self, vendor: str) -> Any:
        return self.control(f"/contracts/{vendor}/openapi.json")

    @property
    def log(self) -> str:
        """Everything that the server has written to standard error so far."""
        self._log.seek(0)
        return self._log.read().decode("utf-8")

    @property
    def resident_bytes(self) -> int:
        """The most memory that the process ever held."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:  # noqa: PTH123 - not a file on disk
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


def environment(**more: str) -> dict[str, str]:
    """The environment of a server process: this one's without any setting of the server, and with `more`. Bytecode is
    kept, for many processes are started."""
    hidden = ("MOCKSERVER_", "PYTHONDONTWRITEBYTECODE")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return {**plain, **more}


def command(*arguments: str) -> list[str]:
    """The command line of the server under test."""
    return [sys.executable, "-m", "mockserver", *arguments]


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself; `more` are environment variables."""
    if MUTATED:
        pytest.skip("a process of its own hides from mutmut what it calls")
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=PATIENCE, env=environment(**more), check=False
    )


def refused(*arguments: str, **environment: str) -> str:
    """The one line on standard error with which a command that cannot start ends, exit code 2."""
    ended = run(*arguments, **environment)
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("mockserver: ")
    return line


@contextmanager
def serving(
    *arguments: str,
    line: list[str] | None = None,
    headers: dict[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """A server on a free port, stopped at the end. `line` replaces the command, `headers` go with every request,
    `variables` are added to its environment."""
    if MUTATED:
        from tests.support.mutated import serving_in_thread

        if line is not None:
            pytest.skip("a process of its own hides from mutmut what it calls")
        with serving_in_thread(arguments, headers, variables or {}) as server:
            yield server
        return
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            line or command("serve", "--port", "0", *arguments),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(**(variables or {})),
        )
        assert process.stdout is not None
        try:
            ready = process.stdout.readline()
            log.seek(0)
            assert ready.startswith("mockserver listening on "), log.read().decode()
            address = ready.split()[-1]
            unix = address.removeprefix("unix:") if address.startswith("unix:") else None
            transport = httpx2.HTTPTransport(uds=unix) if unix else None
            base = "http://localhost" if unix else address
            with httpx2.Client(
                base_url=base, transport=transport, headers=headers, timeout=PATIENCE, trust_env=False
            ) as client:
                yield Server(process, address, client, log)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()
                process.stdout.close()


def response_validator(document: dict[str, Any], path: str, status: int) -> Draft202012Validator:
    """The referee for the body of a documented response."""
    content = document["paths"][path]["post"]["responses"][str(status)]["content"]
    schema = next(iter(content.values()))["schema"]
    return validator_of(document, schema)


def request_validator(document: dict[str, Any], path: str) -> Draft202012Validator:
    """The referee for the body of a documented request."""
    return validator_of(
        document, document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    )


def validator_of(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """jsonschema's validator of a schema inside an OpenAPI document."""
    whole = {**schema, "components": document["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def breaches(validator: Draft202012Validator, body: Any) -> list[str]:
    """Where a body breaks a schema, as sorted JSON pointers with the keyword: `/a/0 type`."""
    errors = validator.iter_errors(body)
    return sorted("".join(f"/{part}" for part in error.absolute_path) + f" {error.validator}" for error in errors)


def marks(findings: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The place and the rule of each violation or warning of an exchange."""
    return [(finding["pointer"], finding["rule"]) for finding in findings]


Edit = Callable[[dict[str, Any]], Any]


def edited(operation: Operation, edit: Edit) -> dict[str, Any]:
    """The accepted body with one change made by `edit`."""
    body = operation.body
    edit(body)
    return body
