"""schemathesis, with all its checks and the generated configuration, finds nothing in any OpenAPI document."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.test_self_conformity import generated, schemathesis
from tests.support.harness import run, serving

DOCUMENT = """\
openapi: 3.0.3
info: {title: Things, version: "1"}
paths:
  /things:
    get:
      security: [{query: []}]
      parameters:
        - {name: limit, in: query, schema: {type: integer, maximum: 10}}
        - {name: since, in: query, schema: {type: string, format: int64}}
      responses: {"200": {$ref: "#/components/responses/Things"}}
    post:
      security: [{basic: []}]
      requestBody:
        content:
          application/xml: {schema: {$ref: "#/components/schemas/Thing"}}
          application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/Thing"}}
      responses: {"201": {description: made}, "401": {description: no}}
  /things/mine:
    get:
      security: [{cookie: []}]
      responses: {"200": {$ref: "#/components/responses/Things"}}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      security: [{bearer: []}]
      responses: {"200": {$ref: "#/components/responses/Things"}, default: {description: else}}
    delete:
      responses: {"204": {description: gone, content: {application/json: {schema: {type: object}}}}}
components:
  securitySchemes:
    basic: {type: http, scheme: basic}
    bearer: {type: http, scheme: bearer}
    query: {type: apiKey, in: query, name: api_key}
    cookie: {type: apiKey, in: cookie, name: session}
  responses:
    Things:
      description: Things.
      content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Chosen"}}}}
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string}
        tags: {type: array, items: {type: object, properties: {id: {type: integer}}}}
    Chosen:
      oneOf: [{$ref: "#/components/schemas/Toy"}]
      discriminator: {propertyName: kind}
    Toy: {type: object, required: [kind], properties: {kind: {type: string, enum: [toy]}}}
"""
FEW = ["--phases", "coverage,fuzzing", "--continue-on-failure"]


def test_schemathesis_finds_nothing_that_the_configuration_does_not_explain(examples: int, tmp_path: Path) -> None:
    document, config = tmp_path / "things.yaml", tmp_path / "schemathesis.toml"
    document.write_text(DOCUMENT, "utf-8")
    written = run("openapi", "things", "--schemas", str(document), "--schemathesis-config", "--output", str(config))
    assert written.returncode == 0, written.stderr
    settings = tmp_path / "settings.yaml"
    settings.write_text("accepted_keys: {things: [fuzz]}\n", "utf-8")
    arguments = ["--schemas", str(document), "--config", str(settings), "--no-quotas", "--log-level", "error"]
    with serving(*arguments) as server:
        url = f"{server.url}/__admin/contracts/things/openapi.json"
        done = schemathesis(config, url, *FEW, "--max-examples", str(examples), patience=60 + examples * 3)
        assert done.returncode == 0, done.stdout + done.stderr
        assert generated(done.stdout) >= examples
        assert server.log == ""
