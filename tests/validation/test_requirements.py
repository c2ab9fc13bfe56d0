"""Security as a document writes it: any scheme, credentials together and alternatives, and none at all."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from mockserver.testing import MockServer

pytestmark = pytest.mark.socket

SCHEMES: dict[str, Any] = {
    "first": {"type": "apiKey", "in": "header", "name": "X-First"},
    "second": {"type": "apiKey", "in": "header", "name": "X-Second"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "digest": {"type": "http", "scheme": "Digest"},
    "own": {"type": "http", "scheme": "Token"},
    "basic": {"type": "http", "scheme": "Basic"},
    "oauth": {"type": "oauth2", "flows": {}},
    "openid": {"type": "openIdConnect", "openIdConnectUrl": "https://acme.example"},
    "certificate": {"type": "mutualTLS"},
    "authorization": {"type": "apiKey", "in": "header", "name": "Authorization"},
    "referred": {"$ref": "#/components/securitySchemes/first"},
}
SECURITY: dict[str, list[Any]] = {
    "/query": [{"query": []}],
    "/cookie": [{"cookie": []}],
    "/digest": [{"digest": []}],
    "/own": [{"own": []}],
    "/basic": [{"basic": []}],
    "/oauth": [{"oauth": ["read"]}],
    "/openid": [{"openid": []}],
    "/referred": [{"referred": []}],
    "/certificate": [{"certificate": []}],
    "/authorization": [{"authorization": []}],
    "/basic-or-bearer": [{"basic": []}, {"oauth": []}],
    "/basic-or-authorization": [{"basic": []}, {"authorization": []}],
    "/both": [{"first": [], "second": []}],
    "/both-or-cookie": [{"first": [], "second": []}, {"cookie": []}],
    "/either": [{"first": []}, {"second": []}],
    "/optional": [{}, {"first": []}],
    "/none": [],
}
GOOD: dict[str, dict[str, Any]] = {
    "/query": {"params": {"key": "k"}},
    "/cookie": {"headers": {"Cookie": "a=b; sid=k"}},
    "/digest": {"headers": {"Authorization": 'Digest realm="r", username="k", uri="/"'}},
    "/own": {"headers": {"Authorization": "Token k"}},
    "/basic": {"headers": {"Authorization": "Basic " + b64encode(b"k:").decode()}},
    "/oauth": {"headers": {"Authorization": "Bearer k"}},
    "/openid": {"headers": {"Authorization": "Bearer k"}},
    "/referred": {"headers": {"X-First": "k"}},
    "/authorization": {"headers": {"Authorization": "Bearer k"}},
    "/basic-or-bearer": {"headers": {"Authorization": "Bearer k"}},
    "/basic-or-authorization": {"headers": {"Authorization": "k"}},
    "/both": {"headers": {"X-First": "k", "X-Second": "other"}},
    "/both-or-cookie": {"headers": {"Cookie": "sid=k", "X-First": "half"}},
    "/either": {"headers": {"X-Second": "k"}},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    responses = {"200": {"description": "ok"}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "acme", "version": "1"},
        "security": [{"first": []}],
        "components": {"securitySchemes": SCHEMES},
        "paths": {path: {"get": {"security": each, "responses": responses}} for path, each in SECURITY.items()},
    }
    file = tmp_path_factory.mktemp("security") / "acme.yaml"
    file.write_text(yaml.safe_dump(document), "utf-8")
    with MockServer(schemas=file) as running:
        yield running


@pytest.mark.parametrize("path", GOOD)
def test_the_credentials_of_each_scheme_are_taken_and_name_the_account(
    server: MockServer, http: httpx2.Client, path: str
) -> None:
    assert http.get(f"{server.url}{path}", **GOOD[path]).status_code == 200
    (request,) = [each for each in server.account("acme", "k").requests if each.path == path]
    assert request.status == 200


def test_an_alternative_that_is_presented_goes_before_an_invalid_one(server: MockServer, http: httpx2.Client) -> None:
    headers = {"X-First": "invalid", "X-Second": "good"}
    assert http.get(f"{server.url}/either", headers=headers).status_code == 200


@pytest.mark.parametrize("path", GOOD)
def test_a_request_without_credentials_is_refused(server: MockServer, http: httpx2.Client, path: str) -> None:
    assert http.get(f"{server.url}{path}").status_code == 401


@pytest.mark.parametrize("path", ["/optional", "/none", "/certificate"])
def test_an_operation_that_asks_for_none_takes_requests_without(
    server: MockServer, http: httpx2.Client, path: str
) -> None:
    assert http.get(f"{server.url}{path}").status_code == 200


REFUSED: dict[str, tuple[str, dict[str, str], int]] = {
    "one of two together": ("/both", {"X-First": "k"}, 401),
    "the other of two together": ("/both", {"X-Second": "k"}, 401),
    "two together, one of them invalid": ("/both", {"X-First": "k", "X-Second": "invalid"}, 403),
    "half of one alternative": ("/both-or-cookie", {"X-Second": "k"}, 401),
    "an invalid one where it is optional": ("/optional", {"X-First": "invalid"}, 403),
    "another scheme": ("/own", {"Authorization": "Bearer k"}, 403),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_whole_or_invalid_is_refused(server: MockServer, http: httpx2.Client, case: str) -> None:
    path, headers, status = REFUSED[case]
    assert http.get(f"{server.url}{path}", headers=headers).status_code == status


def test_a_violation_names_each_credential_that_is_lacking(server: MockServer, http: httpx2.Client) -> None:
    http.get(f"{server.url}/both", headers={"X-First": "lonely"})
    (request,) = server.account("acme", "lonely").requests
    assert [each.message for each in request.violations] == ["header X-Second is missing"]


def test_a_vendor_without_security_has_one_account_that_every_handle_reaches(
    tmp_path: Path, http: httpx2.Client
) -> None:
    operation = {"operationId": "ping", "responses": {"200": {"description": "ok"}, "503": {"description": "later"}}}
    document = {"openapi": "3.0.3", "info": {"title": "a", "version": "1"}, "paths": {"/ping": {"get": operation}}}
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(document), "utf-8")
    with MockServer(schemas=tmp_path / "acme.yaml") as server:
        acme = server.account("acme")
        assert acme.headers == {}
        acme.fail(503, times=1)
        assert [http.get(f"{server.url}/ping").status_code for _ in range(2)] == [503, 200]
        assert [each.status for each in acme.requests] == [503, 200]
        acme.assert_requests(times=2)
        assert len(server.account("acme").requests) == 2
