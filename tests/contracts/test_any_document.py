"""Any OpenAPI document loads as it is: references, names and dialects; what cannot be served is left out by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.contracts.locating import contract_files
from mockserver.contracts.schema import CompiledSchema
from mockserver.errors import ContractError
from mockserver.vendors.contracts import load_contracts
from tests.contracts.documents import OK, Loader, get, three
from tests.support.extract_support import ROOT

PET: dict[str, Any] = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}


def answered(operation: Any, status: int = 200) -> CompiledSchema:
    """The schema of an operation's response."""
    schema: CompiledSchema = operation.responses[status].schema
    return schema


REFERENCES = {
    "a component": "#/components/schemas/Pet",
    "a part of a component": "#/components/schemas/Pet/properties/friend",
    "a response of a path": "#/paths/~1others/get/responses/200/content/application~1json/schema",
    "a percent-encoded pointer": "#/components/schemas/Odd%20Name",
    "a file": "pet.yaml",
    "a part of a file": "common.json#/deep/Pet",
    "a file in a folder": "models/pet.yml",
    "an anchor": "#pet",
    "an identifier": "https://acme.example/pet",
}
BESIDE: dict[str, Any] = {
    "pet_yaml": PET,
    "common_json": {"deep": {"Pet": {"$ref": "#/Other"}}, "Other": PET},
    "models__pet_yml": {"$ref": "../pet.yaml"},
}


@pytest.mark.parametrize("case", REFERENCES)
def test_a_schema_is_found_wherever_a_reference_leads(acme: Loader, case: str) -> None:
    schemas = {
        "Pet": {**PET, "properties": {**PET["properties"], "friend": PET}},
        "Odd Name": PET,
        "Anchored": {"$anchor": "pet", **PET},
        "Identified": {"$id": "https://acme.example/pet", "$ref": "#/$defs/inner", "$defs": {"inner": PET}},
    }
    paths = {"/pets": get({"$ref": REFERENCES[case]}), "/others": get(PET)}
    loaded = acme.load(three(paths, schemas=schemas), **BESIDE)
    assert loaded.lines == []
    validator = answered(loaded.operation("get_pets")).validator
    assert [validator.is_valid(value) for value in ({"name": "Rex"}, {}, {"name": 5})] == [True, False, False]


def test_references_outside_schemas_may_lead_into_other_files(acme: Loader) -> None:
    shared = {
        "limit": {"name": "limit", "in": "query", "schema": {"$ref": "#/number"}},
        "number": {"type": "integer"},
        "made": {"description": "made", "headers": {"X-Id": {"$ref": "#/header"}}},
        "header": {"schema": {"const": "7"}},
        "item": {"get": {"operationId": "inOtherFile", "responses": OK}},
    }
    paths = {
        "/pets": {
            "get": {"parameters": [{"$ref": "shared.yaml#/limit"}], "responses": {"200": {"$ref": "shared.yaml#/made"}}}
        },
        "/other": {"$ref": "shared.yaml#/item"},
    }
    loaded = acme.load(three(paths), shared_yaml=shared)
    assert loaded.lines == []
    assert loaded.ids == ["get_pets", "inOtherFile"]
    operation = loaded.operation("get_pets")
    assert [parameter.name for parameter in operation.parameters] == ["limit"]
    assert operation.responses[200].headers == ((b"X-Id", b"7"),)


def test_a_recursive_schema_in_another_file_is_one_component(acme: Loader) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "node.yaml"}, "$ref": {"type": "string"}}}
    loaded = acme.load(three({"/nodes": get({"$ref": "node.yaml"})}), node_yaml=node)
    assert list(loaded.schemas) == ["node"]
    validator = answered(loaded.operation("get_nodes")).validator
    assert validator.is_valid({"next": {"next": {}, "$ref": "a text"}})
    assert not validator.is_valid({"next": {"next": 5}})
    assert not validator.is_valid({"$ref": 5})


def test_data_that_looks_like_a_reference_is_data(acme: Loader) -> None:
    data = {"$ref": "#/nowhere"}
    loaded = acme.load(three({"/pets": get({"enum": [data], "default": data, "examples": [data]})}))
    assert loaded.lines == []
    assert answered(loaded.operation("get_pets")).validator.is_valid(data)


def test_names_that_no_reference_can_hold_are_replaced(acme: Loader) -> None:
    schemas = {"Page«Pet»": PET, "Page_Pet_": {"type": "null"}}
    loaded = acme.load(three({"/pets": get({"$ref": "#/components/schemas/Page«Pet»"})}, schemas=schemas))
    assert sorted(loaded.schemas) == ["Page_Pet_", "Page_Pet__2"]
    assert answered(loaded.operation("get_pets")).validator.is_valid({"name": "Rex"})


BAD: dict[str, tuple[Any, str]] = {
    "a reference to nothing": ({"$ref": "#/components/schemas/Nothing"}, "#/components/schemas/Nothing leads nowhere"),
    "a file that is not there": ({"$ref": "nothing.yaml"}, "nothing.yaml leads nowhere"),
    "the web": ({"$ref": "https://acme.example/x.json"}, "https://acme.example/x.json is not read from the web"),
    "an invalid schema": ({"type": "object", "minLength": "long"}, 'minLength: "long" is not of type'),
    "a component that reaches one": ({"$ref": "#/components/schemas/Outer"}, "#/components/schemas/Bad/type: "),
}


@pytest.mark.parametrize("case", BAD)
def test_an_operation_that_cannot_be_served_is_left_out_by_name(acme: Loader, case: str) -> None:
    schema, reason = BAD[case]
    schemas = {"Outer": {"items": {"$ref": "#/components/schemas/Bad"}}, "Bad": {"type": "nothing"}}
    paths = {"/pets": get(schema, operationId="listPets"), "/good": get(PET)}
    loaded = acme.load(three(paths, schemas=schemas))
    assert loaded.ids == ["get_good"]
    assert list(loaded.document["paths"]) == ["/good"]
    left_out = [line for line in loaded.lines if "left out" in line]
    assert len(left_out) == 1
    assert left_out[0].startswith("acme: left out: GET /pets (listPets): ")
    assert reason in left_out[0]


PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "no slash": ({"pets": get()}, "acme: left out: pets: a path begins with /"),
    "a query": (
        {"/pets?x=1": get()},
        "acme: left out: /pets?x=1: a path has no query: document its parameters instead",
    ),
    "the control API": ({"/__admin/x": get()}, "acme: left out: /__admin/x: /__admin is the control API of mockserver"),
    "a path twice": (
        {"/pets/{a}": get(operationId="one"), "/pets/{b}": get(operationId="two")},
        "acme: left out: GET /pets/{b} (two): the same method and path are one already",
    ),
    "a fragment": (
        {"/pets#b": get(operationId="two"), "/pets": get(operationId="one")},
        "acme: left out: GET /pets#b (two): the same method and path are one already",
    ),
    "no scheme": (
        {"/pets": get(operationId="one", security=[{"magic": []}])},
        "acme: left out: GET /pets (one): paths//pets/get/security: there is no security scheme magic",
    ),
    "a method of 3.2": (
        {"/pets": {"query": {"responses": OK}}},
        "acme: left out: QUERY /pets: this method is not served",
    ),
    "another form": (
        {"/pets": get(operationId="one", parameters=[{"name": 5, "in": "query"}])},
        'acme: left out: GET /pets (one): parameters/0/name: 5 is not of type "string"',
    ),
}


@pytest.mark.parametrize("case", PLACES)
def test_the_line_says_why(acme: Loader, case: str) -> None:
    paths, line = PLACES[case]
    assert acme.load(three(paths)).lines == [line]


def test_a_path_with_a_fragment_is_served_where_the_path_has_no_such_method(acme: Loader) -> None:
    paths = {"/pets": get(), "/pets#make": {"post": {"operationId": "make", "responses": OK}}}
    loaded = acme.load(three(paths))
    assert [(each.method, each.path) for each in loaded.contract.operations] == [("GET", "/pets"), ("POST", "/pets")]


def test_operations_without_a_name_get_one_of_method_and_path(acme: Loader) -> None:
    paths = {
        "/pets/{petId}/photo.{format}": get(),
        "/": get(operationId=" "),
        "/a": get(operationId="same"),
        "/b": get(operationId="same"),
    }
    loaded = acme.load(three(paths))
    assert loaded.ids == ["get_pets_petId_photo_format", "get", "same", "same_2"]
    assert loaded.lines == ["acme: GET /b: the operationId same is given twice, this one is same_2"]
    assert loaded.document["paths"]["/b"]["get"]["operationId"] == "same_2"


def test_what_is_not_judged_is_said_once(acme: Loader) -> None:
    odd = {"type": "string", "color": "red", "pattern": r"\Z"}
    names = {"patternProperties": {r"\Z": {"type": "null"}}, "additionalProperties": False}
    schema = {"type": "object", "properties": {"a": odd, "b": odd, "c": names}}
    loaded = acme.load(three({"/pets": get(schema)}))
    assert [line.partition(" (at")[0] for line in loaded.lines] == [
        r"acme: not judged: the pattern \Z",
        "acme: not judged: 'color' is not a keyword of JSON Schema 2020-12",
    ]
    assert loaded.lines[1].endswith(", and 1 more times)")
    validator = answered(loaded.operation("get_pets")).validator
    assert validator.is_valid({"a": "any", "c": {"x": 5}})
    assert not validator.is_valid({"a": 5})


def test_client_certificates_are_not_judged(acme: Loader) -> None:
    schemes = {"certificate": {"type": "mutualTLS"}}
    loaded = acme.load(three({"/pets": get(security=[{"certificate": []}])}, securitySchemes=schemes))
    assert loaded.lines == ["acme: not judged: client certificates (at #/components/securitySchemes/certificate)"]


def test_nothing_in_the_loaded_document_refers_to_what_was_left_out(acme: Loader) -> None:
    bad = {"description": "bad", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Bad"}}}}
    operation = {"post": {"responses": {"200": bad}}}
    document = three(
        {"/pets": get(), "/bad": operation},
        schemas={"Bad": {"type": "nothing"}, "Good": PET},
        responses={"Bad": bad, "Good": {"description": "ok"}},
    )
    loaded = acme.load({**document, "webhooks": {"made": operation}}).document
    assert "Bad" not in str({**loaded, "info": None})
    assert {section: list(each) for section, each in loaded["components"].items()} == {
        "schemas": ["Good"],
        "responses": ["Good"],
    }


REFUSED: dict[str, tuple[str, str]] = {
    "no OpenAPI": ("a: b", "expected OpenAPI 3.0, 3.1 or 3.2, or Swagger 2.0"),
    "another version": ("openapi: 4.0.0", "expected OpenAPI 3.0, 3.1 or 3.2, or Swagger 2.0, found 4.0.0"),
    "no YAML": ("openapi: [", "line 2"),
    "paths of another form": ("openapi: 3.0.0\npaths: 5", "paths: 5 is not of types"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_none_is_refused_with_one_line(acme: Loader, case: str) -> None:
    text, said = REFUSED[case]
    with pytest.raises(ContractError, match=said) as refused:
        acme.load(text)
    assert str(refused.value).startswith(str(acme.folder / "acme.yaml"))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("version", ["3.0.4", "3.1.2", "3.2.0"])
def test_json_and_yaml_of_every_version_are_read(acme: Loader, version: str) -> None:
    for name in ("acme.json", "acme.yaml", "acme.yml"):
        assert acme.load(three({"/pets": get(PET)}, version), name).ids == ["get_pets"]


def test_overlays_lie_over_a_document_of_any_name(acme: Loader) -> None:
    action = {"target": "$.paths['/pets'].get", "update": {"operationId": "renamed"}}
    overlay = {"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, "actions": [action]}
    assert acme.load(three({"/pets": get()}), acme_overlay_yaml=overlay).ids == ["renamed"]


# Where contracts are found


def test_vendors_are_named_after_their_files_and_folders(tmp_path: Path) -> None:
    text = yaml.safe_dump(three({"/pets": get()}))
    (tmp_path / "One API.yaml").write_text(text)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "openapi.json").write_text("{}")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "api.yml").write_text(text)
    (tmp_path / "notes.yaml").write_text("a: 1")
    (tmp_path / "package.json").write_text('{"openapi-generator": "3.1"}')
    assert {name: file.name for name, file in contract_files(tmp_path).items()} == {
        "one-api": "One API.yaml",
        "three": "api.yml",
        "two": "openapi.json",
    }
    assert list(contract_files(tmp_path / "three" / "api.yml")) == ["api"]
    assert list(contract_files(tmp_path / "two")) == ["two"]
    assert list(contract_files(tmp_path / "two" / "openapi.json")) == ["two"]


def test_two_documents_of_one_name_are_refused(tmp_path: Path) -> None:
    text = yaml.safe_dump(three({"/pets": get()}))
    for suffix in ("yaml", "json"):
        (tmp_path / f"acme.{suffix}").write_text(text)
    with pytest.raises(ContractError, match="the vendor acme is"):
        contract_files(tmp_path)


@pytest.fixture
def public_documents() -> list[Path]:
    """Documents of public APIs, where they lie beside the checkout."""
    folder = ROOT.parent / "shared" / "openapi"
    if not folder.is_dir():
        pytest.skip("no public documents are beside the checkout (../shared/openapi)")
    return sorted(folder.iterdir())


def test_every_operation_of_public_documents_is_served_or_named(
    public_documents: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    for file in public_documents:
        caplog.clear()
        served = {(each.method, each.path) for each in load_contracts(file, (), "documented").operations}
        document = yaml.load(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        stated = [(path, method) for path, item in document.get("paths", {}).items() for method in item]
        for path, method in stated:
            if method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
                named = any(f"left out: {method.upper()} {path} " in line for line in caplog.messages)
                assert named or (method.upper(), path.partition("#")[0]) in served, (file.name, method, path)
