"""The control API's OpenAPI document: valid, complete both ways, and true to every response."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Mount

from mockserver.client import views
from mockserver.contracts.checking import check_schemas
from mockserver.events.export import export_format, format_names
from mockserver.server.app import create_app
from mockserver.settings import Settings
from mockserver.support.keywords import resolved
from mockserver.testing import MockServer
from tests.support.worlds import Sender, game_event, payment

pytestmark = pytest.mark.socket

METHODS = ("get", "put", "post", "delete", "patch")


@pytest.fixture(scope="module")
def document(mockserver: MockServer) -> Any:
    return httpx2.get(f"{mockserver.url}/__admin/openapi.json", trust_env=False).json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    return (
        (path, method, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item
    )


def parameters(document: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and each query parameter of the document."""
    for path, method, spec in operations(document):
        for parameter in spec.get("parameters", ()):
            found = resolved(parameter, document)
            if found["in"] == "query":
                yield path, method, found


def holders(document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every media type and parameter: what has a schema, and may have examples, with its name."""
    for path, method, spec in operations(document):
        bodies = [("body", spec.get("requestBody", {})), *spec["responses"].items()]
        for name, body in bodies:
            for media_type, holder in resolved(body, document).get("content", {}).items():
                yield f"{method} {path} {name} {media_type}", holder
    for path, method, parameter in parameters(document):
        yield f"{method} {path} parameter {parameter['name']}", parameter


def validator(document: Any, schema: Any) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def test_it_is_valid(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_every_schema_of_it_is_json_schema_without_unknown_keywords(document: Any) -> None:
    """A comma in an unquoted description once became a keyword."""
    inline = {name.replace("/", "."): holder["schema"] for name, holder in holders(document) if "schema" in holder}
    components = {**document["components"], "schemas": {**document["components"]["schemas"], **inline}}
    check_schemas({"components": components}, Path("openapi.yaml"))


def test_every_example_of_it_fits_its_schema(document: Any) -> None:
    tried = 0
    for name, holder in holders(document):
        examples = [one["value"] for one in holder.get("examples", {}).values()]
        for example in [*examples, *([holder["example"]] if "example" in holder else [])]:
            assert not list(validator(document, holder["schema"]).iter_errors(example)), name
            tried += 1
        assert " body " not in name or "example" in holder, f"{name} has no example"
    assert tried > 20


def test_every_route_is_in_it_and_the_reverse(document: Any, mockserver: MockServer) -> None:
    (mount,) = [route for route in create_app(Settings()).routes if isinstance(route, Mount)]
    routes = {getattr(route, "path", "").replace(":path}", "}") for route in mount.routes}
    assert routes == set(document["paths"])
    for path, item in document["paths"].items():
        target = re.sub(r"\{\w+\}", "datadog", path)
        refused = httpx2.request("PATCH", f"{mockserver.url}/__admin{target}", trust_env=False)
        assert refused.status_code == 405
        allowed = {method.lower() for method in refused.headers["allow"].split(", ")}
        assert allowed == {method for method in METHODS if method in item}, path


def test_every_parameter_of_it_is_read_and_no_other(document: Any, mockserver: MockServer) -> None:
    """One that is not read would take any nonsense."""
    nonsense = {"vendor": "nobody", "since": "x", "cursor": "x", "limit": "x", "status": "x", "format": "x"}
    nonsense |= {"verdict": "x", "outcome": "x", "unclaimed": "x", "unfired": "x", "bodies": "x", "unknown": "x"}
    nonsense |= {"max_attempts": "0", "ordered": "x", "over": "x", "allow": "x", "allow_violations": "x", "offset": "x"}
    texts = ("account", "operation", "name")  # any text is right for these
    for path, method, spec in operations(document):
        names = {parameter["name"] for at, by, parameter in parameters(document) if (at, by) == (path, method)}
        target = path.replace("{id}", SEGMENT.rpartition("/")[2]).replace("{vendor}", "datadog")
        body = spec.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        for name in {*names, "unknown"}.difference(texts):
            query = {"account": "a", name: nonsense[name]} if "account" in names else {name: nonsense[name]}
            response = mockserver.control.call(method.upper(), target, query, body)
            assert response.status == 400, (path, method, name)
            assert [error["parameter"] for error in response.body["errors"]] == [name]


SEGMENT = "/datadog/segments/6f8f1b1e-0f0e-4f4e-9d6c-2b9f9c8b7a60"
CALLS: list[tuple[str, str, Any, int]] = [
    ("GET", "/", None, 200),
    ("GET", "/health", None, 200),
    ("GET", "/openapi.json", None, 200),
    ("GET", "/contracts/datadog/openapi.json", None, 200),
    ("GET", "/contracts/nobody/openapi.json", None, 404),
    ("GET", "/requests", None, 200),
    ("GET", "/requests?limit=1", None, 200),
    ("GET", "/requests?unclaimed=true", None, 200),
    ("GET", "/requests?unclaimed=yes", None, 400),
    ("GET", "/faults?unfired=true", None, 200),
    ("GET", "/requests?bodies=true&limit=1", None, 200),
    ("POST", "/accounts?account=claimed&vendor=datadog", None, 201),
    ("GET", "/requests?verdict=x", None, 400),
    ("GET", "/requests/{id}", None, 200),
    ("GET", "/requests/r0", None, 404),
    ("GET", "/export", None, 200),
    ("GET", "/export?format=jsonl", None, 200),
    ("GET", "/export?format=curl", None, 200),
    ("GET", "/events", None, 200),
    ("GET", "/events?limit=1", None, 200),
    ("POST", "/verify", {"times": 2, "outcome": "any"}, 409),
    ("POST", "/verify", {"at_least": 1, "outcome": "any"}, 200),
    ("POST", "/verify", {"name": "x", "json": {"a": 1}}, 409),
    ("POST", "/verify", {"times": "x"}, 400),
    ("POST", "/settle", {"quiet": 0.01}, 200),
    ("GET", "/conduct", None, 200),
    ("GET", "/conduct?limit=1&offset=1&over=false", None, 200),
    ("GET", "/conduct?max_attempts=none", None, 400),
    ("POST", "/faults", {"status": 503}, 201),
    ("POST", "/faults", [{"status": 503, "times": 1}, {"wire": "reset", "after": 3}], 201),
    ("POST", "/faults", {"seed": 1, "faults": [{"delay": {"uniform": [0, 1]}}]}, 201),
    ("POST", "/faults", {"status": "x"}, 400),
    ("GET", "/faults", None, 200),
    ("DELETE", "/faults", None, 200),
    ("GET", "/clock", None, 200),
    ("PUT", "/clock", {"now": 1700000000, "frozen": True}, 200),
    ("PUT", "/clock", {"rate": 20}, 200),
    ("PUT", "/clock", {"now": "x"}, 400),
    ("POST", "/clock/advance", {"seconds": 1}, 200),
    ("POST", "/clock/advance", {}, 400),
    ("POST", "/reset", None, 200),
    ("GET", "/datadog/alerts", None, 200),
    ("GET", "/datadog/queries", None, 200),
    ("PUT", "/datadog/queries", {"running": 1}, 200),
    ("PUT", "/datadog/queries", {"running": "x"}, 400),
    ("PUT", SEGMENT, {"users": ["u1"]}, 200),
    ("GET", SEGMENT, None, 200),
    ("GET", SEGMENT.replace("6", "7"), None, 404),
    ("GET", "/datadog/segments", None, 200),
    ("DELETE", SEGMENT, None, 200),
    ("GET", "/satori/identities", None, 200),
    ("GET", "/satori/identities/p1", None, 200),
    ("GET", "/satori/identities/nobody", None, 404),
    ("PUT", "/satori/taxonomy", {"events": ["levelUp"]}, 200),
    ("GET", "/supalytics/visitors", None, 200),
    ("GET", "/supalytics/visitors/v1", None, 200),
    ("GET", "/supalytics/visitors/nobody", None, 404),
]
PLACES = [
    (re.compile(r"^/contracts/\w+/"), "/contracts/{vendor}/"),
    (re.compile(r"^(/requests|/datadog/segments|/satori/identities|/supalytics/visitors)/[^?]+"), r"\1/{id}"),
    (re.compile(r"\?.*"), ""),
]


def template(path: str) -> str:
    """The path of the document that a call's path belongs to."""
    for pattern, replacement in PLACES:
        path = pattern.sub(replacement, path)
    return path


@pytest.fixture
def visited(mockserver: MockServer, sender: Sender) -> dict[str, str]:
    """The key of an account with something to show at each vendor, the id of a request, and the server's address."""
    datadog, satori, supalytics = mockserver.datadog(), mockserver.satori(), mockserver.supalytics()
    datadog.segment(SEGMENT.rpartition("/")[2], users=["u1"])
    for body in ({}, {**payment(), "usr": {"id": 7}}, payment()):
        sender.pay(datadog, body)
    sender.batch(satori, game_event(identity_id="p1"))
    sender.goal(supalytics, name="signup", visitor_id="v1")
    keys = {"satori": satori.api_key, "supalytics": supalytics.api_key}
    return {"datadog": datadog.api_key, **keys, "id": datadog.requests[0].id, "url": mockserver.url}


@pytest.mark.parametrize(("method", "path", "body", "status"), CALLS, ids=str)
def test_every_response_fits_it(
    document: Any, visited: dict[str, str], method: str, path: str, body: Any, status: int
) -> None:
    spec = document["paths"][template(path)][method.lower()]
    names = {resolved(parameter, document)["name"] for parameter in spec.get("parameters", ())}
    vendor = path.split("/")[1]
    query = {"account": visited.get(vendor, visited["datadog"])} if "account" in names else {}
    url = httpx2.URL(f"{visited['url']}/__admin{path.replace('{id}', visited['id'])}").copy_merge_params(query)
    response = httpx2.request(method, url, json=body, trust_env=False)
    assert response.status_code == status, response.text
    described = resolved(spec["responses"].get(str(status), spec["responses"]["default"]), document)
    content = described["content"]
    media_type = response.headers["content-type"]
    assert media_type in content
    if media_type in ("application/json", "application/problem+json"):
        errors = validator(document, content[media_type].get("schema", {})).iter_errors(response.json())
        assert not [error.message for error in errors]
    if body is not None and status < 300:
        validator(document, spec["requestBody"]["content"]["application/json"]["schema"]).validate(body)


def test_every_operation_of_it_is_tried(document: Any) -> None:
    tried = {(template(path), method.lower()) for method, path, *_ in CALLS}
    assert {(path, method) for path, method, _ in operations(document)} == tried


def test_it_lists_every_export_format(document: Any) -> None:
    assert document["components"]["schemas"]["ExportFormat"]["enum"] == format_names()
    content = document["paths"]["/export"]["get"]["responses"]["200"]["content"]
    assert set(content) == {export_format(name).content_type for name in format_names()}


VIEWS = {
    "Violation": views.ViolationView,
    "Exchange": views.RequestView,
    "WholeExchange": views.WholeRequestView,
    "SentRequest": views.SentRequestView,
    "SentResponse": views.SentResponseView,
    "Exchanges": views.RequestsView,
    "Event": views.EventView,
    "Events": views.EventsView,
    "Near": views.NearView,
    "Verified": views.VerifiedView,
    "Unverified": views.UnverifiedView,
    "Clock": views.ClockView,
    "Verdict": views.VerdictView,
    "Conduct": views.ConductView,
    "AccountConduct": views.AccountConductView,
    "RuleResult": views.RuleResultView,
    "ConductFinding": views.ConductFindingView,
    "Chain": views.ChainView,
    "Attempt": views.AttemptView,
    "LedgerEntry": views.LedgerEntryView,
}


@pytest.mark.parametrize("name", VIEWS)
def test_the_views_have_the_members_that_it_describes(document: Any, name: str) -> None:
    """Those of Python, which the server builds and clients read."""
    schema = document["components"]["schemas"][name]
    parts = [resolved(part, document) for part in schema.get("allOf", [schema])]
    view: Any = VIEWS[name]
    assert view.__required_keys__ | view.__optional_keys__ == {name for part in parts for name in part["properties"]}
    assert view.__required_keys__ == {name for part in parts for name in part["required"]}


def test_the_scheme_that_a_local_proxy_forwards_is_told(mockserver: MockServer) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    told = httpx2.get(f"{mockserver.url}/__admin/openapi.json", headers=headers, trust_env=False).json()
    assert told["servers"] == [{"url": f"https://{mockserver.host}:{mockserver.port}/__admin"}]
