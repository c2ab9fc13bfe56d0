"""The control API's OpenAPI document: valid, complete both ways, and true to what is answered."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Mount

from mockserver.server.app import create_app
from mockserver.settings import Settings
from mockserver.testing import Datadog, MockServer, Satori
from tests.support.worlds import Sender, game_event, payment

pytestmark = pytest.mark.socket

VENDORS = ("datadog", "satori", "supalytics")
METHODS = ("get", "put", "post", "delete", "patch")


@pytest.fixture(scope="module")
def document(mockserver: MockServer) -> Any:
    return httpx2.get(f"{mockserver.url}/__admin/openapi.json", trust_env=False).json()


def test_it_is_valid(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()


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


CALLS: list[tuple[str, str, Any, int]] = [
    ("GET", "/health", None, 200),
    ("GET", "/openapi.json", None, 200),
    ("GET", "/contracts/datadog/openapi.json", None, 200),
    ("GET", "/contracts/nobody/openapi.json", None, 404),
    ("GET", "/requests", None, 200),
    ("GET", "/requests?verdict=x", None, 400),
    ("GET", "/requests/{id}", None, 200),
    ("GET", "/requests/r0", None, 404),
    ("GET", "/export", None, 200),
    ("GET", "/export?format=jsonl", None, 200),
    ("GET", "/export?format=curl", None, 200),
    ("GET", "/events", None, 200),
    ("POST", "/verify", {"times": 2, "outcome": "any"}, 409),
    ("POST", "/verify", {"at_least": 1, "outcome": "any"}, 200),
    ("POST", "/verify", {"name": "x", "json": {"a": 1}}, 409),
    ("POST", "/verify", {"times": "x"}, 400),
    ("POST", "/settle", {"quiet": 0.01}, 200),
    ("POST", "/faults", {"status": 503}, 201),
    ("POST", "/faults", [{"status": 503, "times": 1}, {"wire": "reset", "after": 3}], 201),
    ("POST", "/faults", {"seed": 1, "faults": [{"delay": {"uniform": [0, 1]}}]}, 201),
    ("POST", "/faults", {"status": "x"}, 400),
    ("GET", "/faults", None, 200),
    ("DELETE", "/faults", None, 200),
    ("GET", "/clock", None, 200),
    ("PUT", "/clock", {"now": 1700000000, "frozen": True}, 200),
    ("PUT", "/clock", {"now": "x"}, 400),
    ("POST", "/clock/advance", {"seconds": 1}, 200),
    ("POST", "/clock/advance", {}, 400),
    ("POST", "/reset", None, 200),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), CALLS, ids=str)
def test_what_is_answered_fits_it(
    document: Any, datadog: Datadog, sender: Sender, method: str, path: str, body: Any, status: int
) -> None:
    datadog.allow_violations()
    sender.pay(datadog, {})
    sender.pay(datadog, {**payment(), "usr": {"id": 7}})
    sender.pay(datadog)
    target = path.replace("{id}", datadog.requests[0].id)
    query = {} if "contracts" in path or path in ("/health", "/openapi.json") else {"account": datadog.api_key}
    url = httpx2.URL(f"{datadog.url}/__admin{target}").copy_merge_params(query)
    answer = httpx2.request(method, url, json=body, trust_env=False)
    assert answer.status_code == status, answer.text
    template = re.sub(r"/(datadog|nobody)/", "/{vendor}/", path.partition("?")[0]).replace(
        "/requests/r0", "/requests/{id}"
    )
    responses = document["paths"][template][method.lower()]["responses"]
    response = responses.get(str(status), responses["default"])
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    content = {name.partition(";")[0]: media for name, media in response["content"].items()}
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in content
    if "json" in media_type and "ndjson" not in media_type:
        schema = {**content[media_type]["schema"], "components": document["components"]}
        assert not [error.message for error in Draft202012Validator(schema).iter_errors(answer.json())]
    if body is not None and status < 300:
        described = document["paths"][template][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator({**described, "components": document["components"]}).validate(body)


def test_every_operation_of_it_is_tried(document: Any) -> None:
    """Those of all vendors; a vendor's own calls are tried where its behaviours are."""
    tried = {
        (method.lower(), re.sub(r"/(datadog|nobody)/", "/{vendor}/", path.partition("?")[0]))
        for method, path, *_ in CALLS
    }
    described = {
        (method, path)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item and not path.startswith(tuple(f"/{vendor}/" for vendor in VENDORS))
    }
    assert described <= tried


@pytest.mark.parametrize("schema", ["Event", "Exchange", "WholeExchange"])
def test_the_records_are_described_whole(document: Any, satori: Satori, sender: Sender, schema: str) -> None:
    """Every member that is shown is described."""
    sender.batch(satori, game_event())
    described = json.loads(json.dumps(document["components"]["schemas"]))
    parts = described[schema].get("allOf", [described[schema]])
    names = {
        name for part in parts for name in described.get(part.get("$ref", "").rsplit("/", 1)[-1], part)["properties"]
    }
    shown = {
        "Event": lambda: sender.control(satori, "GET", "/events").json()["events"][0],
        "Exchange": lambda: sender.control(satori, "GET", "/requests").json()["requests"][0],
        "WholeExchange": lambda: sender.control(satori, "GET", f"/requests/{satori.requests[0].id}").json(),
    }[schema]()
    assert set(shown) == names


def test_the_scheme_that_a_local_proxy_forwards_is_told(mockserver: MockServer) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    told = httpx2.get(f"{mockserver.url}/__admin/openapi.json", headers=headers, trust_env=False).json()
    assert told["servers"] == [{"url": f"https://{mockserver.host}:{mockserver.port}/__admin"}]
