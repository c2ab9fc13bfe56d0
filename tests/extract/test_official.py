"""OpenAPI documents beside pages: read, combined with them, and compared with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.support.extract_support import Run

PAGE = """\
# Things

## Update a thing

{% tab title="v1" %}

| Datadog site | API endpoint |
| --- | --- |
| one | PATCH https://one.example.com/v1/things/{id} |

### Arguments

#### Path Parameters

| Name | Type | Description |
| --- | --- | --- |
| id [*required*] | string | Its id. |

### Request

#### Body Data (required)

{% tab title="Model" %}

| Field | Type | Description |
| --- | --- | --- |
| name [*required*] | string | Limited to 40 characters. |
| size | int32 | Its size. |

{% /tab %}

### Response

{% tab title="204" %}
Done
{% /tab %}

### Code Example

\\# Curl command curl -X PATCH "https://one.example.com/v1/things/${id}" \\
-H "X-Key: ${KEY}" \\
-H "X-Other-Key: ${OTHER}"

{% /tab %}
"""
LONG = "/name: must be at most 3 characters long"
DOCUMENT = """\
openapi: 3.0.3
info: {title: Official, version: "1"}
servers: [{url: "https://one.example.com"}]
paths:
  /v1/things/{thing}:
    patch:
      operationId: PatchThing
      parameters:
        - {name: thing, in: path, required: true, schema: {type: string, maxLength: 8}}
        - {name: dry, in: query, schema: {type: boolean}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
      responses:
        "204": {description: Done.}
        "404": {description: Gone., content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
  /v1/other:
    get:
      operationId: ../list.others
      responses:
        "200": {description: All., content: {application/json: {schema: {$ref: '#/components/schemas/Things'}}}}
components:
  schemas:
    Things: {type: array, items: {$ref: '#/components/schemas/Thing'}}
    Thing:
      type: object
      description: Words of the vendor.
      properties:
        name: {type: string, minLength: 1, maxLength: 50, description: More words.}
        size: {type: integer, minimum: 1}
        inner: {nullable: true, allOf: [{$ref: '#/components/schemas/Thing'}]}
"""


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """A page and an OpenAPI document."""
    page, document = tmp_path / "page.md", tmp_path / "official.yaml"
    page.write_text(PAGE)
    document.write_text(DOCUMENT)
    return page, document


def _openapi(folder: Path) -> Any:
    return yaml.safe_load((folder / "schemas/acme/openapi.yaml").read_text())


def _schema(folder: Path, name: str) -> Any:
    return json.loads((folder / f"schemas/acme/{name}.json").read_text())


def test_credentials_that_every_sample_sends_are_required_together(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    assert run(tmp_path / "page.md", "--vendor", "acme", "--out", tmp_path / "schemas").exit_code == 0
    operation = _openapi(tmp_path)["paths"]["/v1/things/{id}"]["patch"]
    assert operation["security"] == [{"x_key": [], "x_other_key": []}]


def test_a_document_alone(run: Run, both: tuple[Path, Path], tmp_path: Path) -> None:
    result = run(both[1], "--vendor", "acme", "--out", tmp_path / "schemas")
    assert (result.exit_code, result.stderr) == (0, "")
    operations = {each["operationId"]: each for item in _openapi(tmp_path)["paths"].values() for each in item.values()}
    assert list(operations) == ["PatchThing", "list_others"]
    assert operations["PatchThing"]["x-evidence"] == {
        "kind": "documented",
        "page": "Official",
        "section": "PATCH /v1/things/{thing}",
    }
    things = jsonschema_rs.Draft202012Validator(_schema(tmp_path, "list_others.response.200"))
    assert things.is_valid([{"name": "a", "inner": {"size": 1}}])
    assert not things.is_valid([{"name": "a", "inner": {"size": 0}}])
    assert "words" not in (tmp_path / "schemas/acme/PatchThing.request.json").read_text().lower()
    assert run(both[1], "--check", "--vendor", "acme", "--out", tmp_path / "schemas").output == "no difference\n"


def test_only_some_operations_of_a_document(run: Run, both: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("PATCH /v1/things/{thing}", "PatchThing"):
        result = run(both[1], "--vendor", "acme", "--out", tmp_path / "schemas", "--only", name)
        assert (result.exit_code, list(_openapi(tmp_path)["paths"])) == (0, ["/v1/things/{thing}"])
    assert run(both[1], "--vendor", "acme", "--out", tmp_path / "schemas", "--only", "Nothing").exit_code == 2


def test_the_page_goes_before_the_document_and_each_gives_its_evidence(
    run: Run, both: tuple[Path, Path], tmp_path: Path
) -> None:
    result = run(*both, "--vendor", "acme", "--out", tmp_path / "schemas")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        "differs, and the page goes first: UpdateAThing.request.json#/properties/name  maxLength is 40" in result.stdout
    )
    operation = _openapi(tmp_path)["paths"]["/v1/things/{id}"]["patch"]
    assert operation["x-evidence"]["also"] == ["Official"]
    assert [each["name"] for each in operation["parameters"]] == ["id", "dry"]
    assert operation["parameters"][0]["schema"]["maxLength"] == 8
    source = {"kind": "documented", "source": "Official — PATCH /v1/things/{thing}"}
    assert operation["parameters"][1]["x-evidence"] == source
    assert operation["responses"]["404"]["content"]["application/json"]["schema"] == {
        "$ref": "UpdateAThing.response.404.json"
    }
    body = _schema(tmp_path, "UpdateAThing.request")
    assert body["required"] == ["name"]
    assert body["properties"]["name"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 40,
        "x-evidence-for": {"minLength": source},
    }
    assert body["properties"]["size"]["minimum"] == -(2**31)
    assert body["properties"]["inner"]["x-evidence"] == source
    assert not jsonschema_rs.Draft202012Validator(body).is_valid({"name": "a", "inner": {"size": 0}})
    assert _openapi(tmp_path)["paths"]["/v1/other"]["get"]["operationId"] == "list_others"


def test_drift_between_a_page_and_a_document(run: Run, both: tuple[Path, Path]) -> None:
    result = run("--drift", *both, "--format", "json")
    found = {(each["rule"], each["level"], each["place"]) for each in json.loads(result.stdout)["differences"]}
    assert result.exit_code == 1
    assert found == {
        ("request-parameter-removed", "error", "PATCH /v1/things/{id}"),
        ("response-status-removed", "error", "PATCH /v1/things/{id}"),
        ("request-property-became-required", "error", "UpdateAThing.request.json#"),
        ("request-property-max-length-decreased", "error", "UpdateAThing.request.json#/properties/name"),
        ("request-property-minimum-decreased", "info", "UpdateAThing.request.json#/properties/size"),
        ("request-property-removed", "error", "UpdateAThing.request.json#/properties/inner"),
    }
    assert run("--drift", both[0]).exit_code == 2


def test_a_document_that_cannot_be_read(run: Run, both: tuple[Path, Path], tmp_path: Path) -> None:
    both[1].write_text("openapi: 3.0.0\npaths: [\n")
    result = run(*both, "--vendor", "acme", "--out", tmp_path / "schemas")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{both[1]}:1: expected an OpenAPI document that can be read")
    assert result.stderr.count("\n") == 1
    assert (tmp_path / "schemas/acme/UpdateAThing.request.json").exists()


def test_the_impact_of_a_change_on_recorded_exchanges(run: Run, both: tuple[Path, Path], tmp_path: Path) -> None:
    page = both[0]
    assert run(page, "--vendor", "acme", "--out", tmp_path / "schemas").exit_code == 0
    page.write_text(PAGE.replace("Limited to 40", "Limited to 3"))
    journal = tmp_path / "journal.jsonl"
    lines = [
        {
            "vendor": "acme",
            "verdict": "valid",
            "method": "PATCH",
            "path": "/v1/things/1",
            "request": {
                "headers": [["X-Key", "a"], ["X-Other-Key", "b"], ["Content-Type", "application/json"]],
                "body": json.dumps({"name": name}),
            },
            "response": {"status": 204, "headers": [], "body": ""},
        }
        for name in ("abc", "abcd")
    ]
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    result = run("--check", page, "--vendor", "acme", "--out", tmp_path / "schemas", "--impact", journal)
    assert result.exit_code == 1
    (told,) = [line for line in result.stdout.split("\n") if line.startswith("impact: ")]
    place = f"{journal}: line 2: acme UpdateAThing"
    assert told == f'impact: {place}: the request becomes invalid, was valid: {LONG}; found "abcd"'
