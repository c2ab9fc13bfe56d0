"""Every operation of a document answers a valid request as documented, and refuses those that break one rule."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from benchmarks.document_requests import cases
from benchmarks.documents import score
from mockserver.testing import MockServer
from mockserver.vendors.contracts import load_contracts

pytestmark = pytest.mark.socket

DOCUMENT = """
openapi: 3.0.3
info: {title: Shop, version: "1"}
servers: [{url: "https://shop.example.com"}]
security: [{key: []}]
paths:
  /items:
    parameters: [{$ref: "#/components/parameters/Trace"}]
    get:
      parameters:
        - {name: page, in: query, required: true, schema: {type: integer, minimum: 1, exclusiveMinimum: true}}
        - {name: sort, in: query, schema: {type: string, enum: [up, down]}}
        - {name: ids, in: query, required: true, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: filter, in: query, required: true, style: deepObject, schema: {$ref: "#/components/schemas/Filter"}}
        - {name: session, in: cookie, required: true, schema: {type: boolean}}
      responses:
        "200":
          description: OK
          headers: {X-Total: {required: true, schema: {type: integer}}}
          content: {application/json: {schema: {type: array, minItems: 2, items: {$ref: "#/components/schemas/Item"}}}}
        default: {$ref: "#/components/responses/Error"}
    post:
      requestBody: {$ref: "#/components/requestBodies/Item"}
      responses:
        "201": {description: Created, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}
        "4XX": {$ref: "#/components/responses/Error"}
  /items/{id}:
    parameters: [{name: id, in: path, required: true, style: label, schema: {type: integer, format: int32}}]
    get:
      responses:
        "200": {description: OK, content: {application/xml: {schema: {$ref: "#/components/schemas/Item"}}}}
    put:
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [name]
              properties: {name: {type: string}, tags: {type: array, items: {type: string}}}
      responses: {"200": {description: OK, content: {text/plain: {schema: {type: string}}}}}
    delete: {responses: {"204": {description: Gone}, "404": {$ref: "#/components/responses/Error"}}}
  /photos/{name}:
    post:
      parameters: [{name: name, in: path, required: true, schema: {type: string, maxLength: 20}}]
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [photo]
              properties: {photo: {type: string, format: binary}, of: {$ref: "#/components/schemas/Filter"}}
      responses:
        "302": {description: Found, headers: {Location: {required: true, schema: {type: string, format: uri}}}}
  /notes:
    put:
      requestBody: {required: true, content: {text/*: {schema: {type: string}}}}
      responses: {"2XX": {description: OK, content: {text/csv: {}}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  parameters: {Trace: {name: X-Trace, in: header, required: true, schema: {type: string, pattern: "^[0-9a-f]{8}$"}}}
  requestBodies:
    Item: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}
  responses:
    Error:
      description: Error
      content:
        application/json:
          schema:
            type: object
            required: [error, id]
            properties: {error: {type: string}, id: {type: string, format: uuid}}
  schemas:
    Filter: {type: object, required: [color], properties: {color: {type: string}, size: {type: integer}}}
    Item:
      type: object
      required: [id, name, price, parent]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string, minLength: 3, maxLength: 9}
        price: {type: number, multipleOf: 0.25}
        parent: {allOf: [{$ref: "#/components/schemas/Item"}], nullable: true}
        codes: {type: array, uniqueItems: true, minItems: 2, items: {type: string, enum: [a, b, c]}}
"""


def test_valid_requests_succeed_as_documented_and_broken_ones_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(DOCUMENT, "utf-8")
    operations = load_contracts(path, (), "documented").operations
    written = yaml.safe_load(DOCUMENT)["paths"].values()
    assert len(operations) == sum(name != "parameters" for item in written for name in item)
    requests = [case for operation in operations for case in cases(operation)]
    with MockServer(schemas=path) as server:
        assert server.port is not None
        found = score(server.port, requests)
    assert found.wrong == ()
    assert (found.accepted, found.refused) == (len(operations), len(requests) - len(operations))
    assert found.broken > 25
