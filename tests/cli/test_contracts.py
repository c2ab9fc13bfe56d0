"""A contract that cannot be served stops the command with one line that names the file and the place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.contracts import packaged_schemas
from tests.support.harness import SUPALYTICS, V1, refused, run, serving

pytestmark = pytest.mark.socket


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """A copy of the contracts, free to be broken."""
    copied = tmp_path / "schemas"
    shutil.copytree(packaged_schemas(), copied)
    return copied


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def overlaid(schemas: Path, vendor: str, **action: Any) -> None:
    """One more action at the end of a vendor's overlay."""
    path = schemas / vendor / "overlay.yaml"
    evidence = {"x-reason": "a test", "x-evidence": {"kind": "assumed", "source": "a test"}}
    content = yaml.safe_load(path.read_text("utf-8"))
    content["actions"].append({**evidence, **action})
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


WRITE_EVENT = "WriteEvent.request.json"
NAME = "$.components.schemas['WriteEvent.request'].properties.name"
OPERATION = "$.paths['/v1/events'].post"

BROKEN: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "an unknown keyword": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"maxLength": 64', '"maxLenght": 64'),
        ["WriteEvent.request", "properties/name/maxLenght"],
    ),
    "a schema that the metaschema rejects": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"maxLength": 64', '"maxLength": "long"'),
        ["WriteEvent.request", "name"],
    ),
    "a pattern that is none": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"^[a-z0-9_-]+$"', '"^[a-z0-9_-+$"'),
        ["WriteEvent.request", "name"],
    ),
    "a type that is none": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"type": "string"', '"type": "text"'),
        ["WriteEvent.request", "name"],
    ),
    "JSON that is none": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"maxLength": 64', '"maxLength": 64,,'),
        [WRITE_EVENT, "line "],
    ),
    "a schema file that is missing": (
        lambda at: (at / "supalytics" / WRITE_EVENT).unlink(),
        ["openapi.yaml", WRITE_EVENT],
    ),
    "a reference out of the folder": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", WRITE_EVENT, "../datadog/CreateEventV1.request.json"),
        ["openapi.yaml", "../datadog/CreateEventV1.request.json"],
    ),
    "a reference to the web": (
        lambda at: overlaid(at, "supalytics", target=NAME, update={"$ref": "https://example.com/name.json"}),
        ["https://example.com/name.json"],
    ),
    "a reference that dangles": (
        lambda at: overlaid(at, "supalytics", target=NAME, update={"$ref": "#/components/schemas/Nothing"}),
        ["WriteEvent.request/properties/name", "#/components/schemas/Nothing"],
    ),
    "a reference of a response that dangles": (
        lambda at: overlaid(
            at,
            "supalytics",
            target=f"{OPERATION}.responses['400'].content['application/json'].schema",
            update={"$ref": "#/components/schemas/Nothing"},
        ),
        ["/v1/events", "400"],
    ),
    "YAML that is none": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "paths:", "paths: ["),
        ["openapi.yaml", "line "],
    ),
    "an OpenAPI of another version": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "openapi: 3.1.0", "openapi: 3.0.0"),
        ["openapi.yaml", "3.1"],
    ),
    "a path given twice": (
        lambda at: replaced(
            at / "supalytics" / "openapi.yaml",
            "components:",
            "  /v1/events:\n    post: {operationId: Again}\ncomponents:",
        ),
        ["openapi.yaml", "/v1/events"],
    ),
    "an operation without a name": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "operationId: WriteEvent", "operationId: ''"),
        ["openapi.yaml", "operationId"],
    ),
    "an unknown security scheme": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "- bearerAuth: []", "- magic: []"),
        ["openapi.yaml", "magic"],
    ),
    "a scheme that is not served": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "type: http", "type: magic"),
        ["openapi.yaml", "bearerAuth"],
    ),
    "a named rule that nobody wrote": (
        lambda at: overlaid(at, "supalytics", target=OPERATION, update={"x-rules": [{"name": "less-then"}]}),
        ["less-then"],
    ),
    "a named rule without its parameters": (
        lambda at: overlaid(at, "supalytics", target=OPERATION, update={"x-rules": [{"name": "less-than"}]}),
        ["less-than"],
    ),
    "an overlay target that matches nothing": (
        lambda at: overlaid(at, "supalytics", target="$.paths['/v2/events']", remove=True),
        ["overlay.yaml", "actions[5].target", "/v2/events"],
    ),
    "an overlay target that is no JSONPath": (
        lambda at: overlaid(at, "supalytics", target="$.paths[", remove=True),
        ["overlay.yaml", "actions[5].target"],
    ),
    "an overlay action with evidence of no known kind": (
        lambda at: overlaid(at, "supalytics", target=OPERATION, update={}, **{"x-evidence": {"kind": "heard"}}),
        ["overlay.yaml", "actions[5].x-evidence"],
    ),
    "an overlay that is none": (
        lambda at: (at / "supalytics" / "overlay.yaml").write_text("actions: []"),
        ["overlay.yaml", "overlay"],
    ),
    "no contract at all": (lambda at: shutil.rmtree(at / "supalytics"), ["supalytics"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_bad_contract_is_one_line_that_names_file_and_place(schemas: Path, case: str) -> None:
    break_it, said = BROKEN[case]
    break_it(schemas)
    line = refused("serve", "--port", "0", "--schemas", str(schemas), "--vendor", "supalytics")
    assert all(words in line for words in said), line


def test_the_copy_of_the_contracts_is_served_before_it_is_broken(schemas: Path) -> None:
    with serving("--schemas", str(schemas)) as server:
        assert server.post(V1, "key").status_code == 202


def test_what_somebody_elses_overlay_gives_no_evidence_for_is_assumed(schemas: Path) -> None:
    overlaid(schemas, "supalytics", target=NAME, update={"maxLength": 3}, **{"x-evidence": None, "x-reason": None})
    with serving("--schemas", str(schemas)) as server:
        server.post(SUPALYTICS, "key", {"name": "long"})
        (violation,) = server.last(SUPALYTICS, "key")["violations"]
        file = str(schemas / "supalytics" / "openapi.yaml")
        assert violation["evidence"] == {"kind": "assumed", "source": "the contract does not say", "file": file}
    explained = run("routes", "--explain", "--schemas", str(schemas), "--vendor", "supalytics").stdout
    assert "- No reason is given.\n      assumed: the contract does not say\n" in explained


def test_a_vendor_is_added_by_adding_a_folder(schemas: Path) -> None:
    folder = schemas / "acme"
    folder.mkdir()
    (folder / "openapi.yaml").write_text(
        """
openapi: 3.1.0
info: {title: acme, version: '1'}
paths:
  /acme/{site}/things:
    get:
      operationId: ListThings
      parameters:
        - {name: site, in: path, required: true, schema: {type: string, maxLength: 3}}
        - {name: limit, in: query, schema: {type: integer, maximum: 10}}
      responses:
        '200':
          description: OK
          content: {application/json: {schema: {$ref: Things.json}}}
""",
        "utf-8",
    )
    (folder / "Things.json").write_text(
        '{"type": "object", "required": ["things"], "properties": {"things": {"type": "array", "items":'
        ' {"type": "string", "format": "uuid"}}}}'
    )
    with serving("--schemas", str(schemas), "--vendor", "acme") as server:
        assert server.client.get("/acme/fra/things?limit=10").json()["things"]
        for path in ("/acme/fra/things?limit=11", "/acme/fra/things?limit=many", "/acme/paris/things"):
            assert server.client.get(path).status_code == 400
