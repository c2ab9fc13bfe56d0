"""The dialect of Datadog's pages, on a page that is none of theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import validate

from mockserver.extract.contract import contract
from mockserver.extract.reading import source
from mockserver.vendors.datadog.pages import read
from tests.support.extract_support import Run

HEAD = """\
# Ping
{% tab title="v1" %}

| Datadog site | API endpoint                     |
| ------------ | -------------------------------- |
| one          | POST https://one.example.com/ping |
"""


@pytest.fixture
def widgets(run: Run, written: Path, tmp_path: Path) -> Path:
    result = run(written / "widgets.md", "--vendor", "acme", "--out", tmp_path / "schemas")
    assert result.exit_code == 0, result.output
    assert "total: rows read 36, emitted 36, lost 0" in result.output
    return tmp_path


def _openapi(folder: Path) -> Any:
    return yaml.safe_load((folder / "schemas/acme/openapi.yaml").read_text())


def _schema(folder: Path, name: str) -> Any:
    return json.loads((folder / f"schemas/acme/{name}.json").read_text())


def test_the_page_becomes_a_valid_document(widgets: Path) -> None:
    file = widgets / "schemas/acme/openapi.yaml"
    document = _openapi(widgets)
    validate(document, base_uri=file.as_uri())
    assert {path: list(item) for path, item in document["paths"].items()} == {
        "/v1/widgets": ["post"],
        "/v2/widgets": ["post"],
        "/v2/widgets/{widget_id}": ["get", "delete"],
    }


def test_operations_are_named_by_the_sdk_or_the_heading(widgets: Path) -> None:
    names = [each["operationId"] for item in _openapi(widgets)["paths"].values() for each in item.values()]
    assert names == ["CreateWidgetV1", "CreateWidgetV2", "GetAWidget", "DeleteAWidget"]


def test_sites_credentials_and_body_limit(widgets: Path) -> None:
    operation = _openapi(widgets)["paths"]["/v1/widgets"]["post"]
    assert operation["servers"] == [{"url": "https://api.one.example.com", "description": "one.example.com"}]
    assert operation["security"] == [{"x_widget_key": []}]
    assert operation["x-max-body-bytes"] == 64_000
    assert operation["x-evidence"] == {
        "kind": "documented",
        "page": "Docs › API Reference › Widgets",
        "section": "Create a widget › v1",
    }


def test_parameters(widgets: Path) -> None:
    parameters = _openapi(widgets)["paths"]["/v2/widgets/{widget_id}"]["get"]["parameters"]
    uuid = {"type": "string", "format": "uuid"}
    assert parameters == [
        {"name": "widget_id", "in": "path", "required": True, "schema": uuid},
        {"name": "view", "in": "query", "required": False, "schema": {"type": "string", "enum": ["full", "brief"]}},
        {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 1, "maximum": 50}},
        {"name": "fields", "in": "query", "required": False, "schema": {"type": "array", "items": {"type": "string"}}},
    ]


def test_types(widgets: Path) -> None:
    data = _schema(widgets, "CreateWidgetV2.request")["properties"]["data"]["properties"]
    assert data["grid"] == {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
    assert data["level"] == {"type": "integer", "enum": [1, 2, 3]}
    assert data["codes"] == {
        "type": "array",
        "maxItems": 3,
        "uniqueItems": True,
        "items": {"type": "string", "format": "uuid"},
    }
    assert data["marks"]["additionalProperties"] == {
        "type": "object",
        "required": ["weight"],
        "properties": {"weight": {"type": "number", "format": "double", "exclusiveMinimum": 0}},
    }
    bolt, name = data["parts"]["items"]["oneOf"]
    assert bolt["properties"]["size"] == {
        "type": "integer",
        "format": "int32",
        "minimum": 1,
        "maximum": 2**31 - 1,
    }
    assert name == {"title": "Option 2", "type": "string"}
    assert [option["title"] for option in data["shape"]["anyOf"]] == ["Option 1", "Option 2"]
    assert data["extra"] == {}


def test_the_example_tells_which_of_several_parents_of_one_name_is_meant(widgets: Path) -> None:
    data = _schema(widgets, "CreateWidgetV2.request")["properties"]["data"]["properties"]
    assert data["data"]["properties"]["data"]["properties"] == {"deep": {"type": "boolean"}}
    assert "grid" in data


@pytest.mark.parametrize(
    ("tree", "valid"),
    [
        ({"a": {"b": 1}}, True),
        ({"a": [1, None, "x"]}, True),
        ({"a": {"b": {}}}, False),
        ({"a": [[]]}, False),
        ({str(n): n for n in range(4)}, True),
        ({str(n): n for n in range(5)}, False),
        ({"a": {str(n): n for n in range(5)}}, False),
    ],
)
def test_nesting_and_property_limits(widgets: Path, tree: Any, valid: bool) -> None:
    schema = _schema(widgets, "CreateWidgetV2.request")
    body = {"data": {"tree": tree}}
    assert jsonschema.Draft202012Validator(schema).is_valid(body) == valid
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(body) == valid


def test_a_list_example_makes_a_list_and_an_example_alone_makes_a_schema(widgets: Path) -> None:
    assert _schema(widgets, "GetAWidget.response.200")["type"] == "array"
    gone = _schema(widgets, "GetAWidget.response.404")
    assert gone["properties"] == {"errors": {"type": "array"}}
    assert _openapi(widgets)["paths"]["/v2/widgets/{widget_id}"]["delete"]["responses"] == {
        "204": {"description": "No Content"}
    }


def test_examples_and_samples(widgets: Path) -> None:
    folder = widgets / "fixtures/acme"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.json")) == [
        "CreateWidgetV1/request.example-1.json",
        "CreateWidgetV1/request.sample-default.json",
        "CreateWidgetV1/response.201.json",
        "CreateWidgetV2/request.example-1.json",
        "CreateWidgetV2/request.sample-curl.json",
        "CreateWidgetV2/response.201.json",
        "GetAWidget/response.200.json",
        "GetAWidget/response.404.json",
    ]
    assert (folder / "CreateWidgetV1/request.sample-default.json").read_text() == '{\n  "label": "from curl"\n}\n'


def test_rules_that_are_no_keyword_are_listed_with_their_place(widgets: Path) -> None:
    operations = [each for item in _openapi(widgets)["paths"].values() for each in item.values()]
    rules = {rule.pop("id"): rule for each in operations for rule in each.get("x-unextracted", [])}
    radius = "/properties/data/properties/shape/anyOf/0/properties/radius"
    assert rules[f"CreateWidgetV2.request#{radius}:less-than"] == {
        "place": f"CreateWidgetV2.request.json#{radius}",
        "kind": "less-than",
        "than": "data.angle",
    }
    assert rules["CreateWidgetV2.request#/properties/data:exactly-one-of"]["fields"] == ["data.shape", "data.note"]
    assert rules["CreateWidgetV2.request#/properties/data/properties/tags:unclassified"]
    assert rules["GetAWidget.parameters#fields:required-for"]["place"] == (
        "openapi.yaml#/paths/~1v2~1widgets~1{widget_id}/get/parameters/3/schema"
    )
    assert len(rules) == 5


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (HEAD.replace("POST https", "POST nowhere") + "\n{% /tab %}\n", 6, "METHOD https://host/path"),
        ('{% tab title="Model" %}\n\n{% /tab %}\n', 1, "a version, such as"),
        ('{% tab title="Model" %}\n', 1, 'a {% /tab %} that closes the tab "Model"'),
    ],
)
def test_a_page_on_which_no_call_can_be_read(run: Run, tmp_path: Path, text: str, line: int, expected: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    result = run(page, "--vendor", "acme", "--out", tmp_path / "schemas")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{page}:{line}: expected ")
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (HEAD, 2, 'a {% /tab %} that closes the tab "v1"'),
        (f"{HEAD}\n{{% /tab %}}\n\n{{% /tab %}}\n", 10, "no tab is open"),
        (HEAD.replace("API endpoint", "Address") + "\n{% /tab %}\n", 4, "Datadog site | API endpoint"),
        (
            HEAD + "| two | POST https://two.example.com/other |\n\n{% /tab %}\n",
            7,
            "one method and one path for all sites",
        ),
    ],
)
def test_an_operation_that_cannot_be_read_is_kept_as_a_call(
    run: Run, tmp_path: Path, text: str, line: int, expected: str
) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    result = run(page, "--vendor", "acme", "--out", tmp_path / "schemas")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{page}:{line}: expected ")
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1
    operation = _openapi(tmp_path)["paths"]["/ping"]["post"]
    assert operation["operationId"] == "Ping"
    assert expected in operation["x-unread"]
    assert not {"requestBody", "security"} & operation.keys()


MODEL = HEAD + '\n### Request\n\n#### Body Data (required)\n\n{% tab title="Model" %}\n\n'
END = "| b | string | B. Must not be empty. |\n\n{% /tab %}\n{% /tab %}\n"
CLOSED = "{% /tab %}\n{% /tab %}\n"
PLAIN = "| Field | Type | Description |\n| --- | --- | --- |\n"
PARENTS = "| Parent field | Field | Type | Description |\n| --- | --- | --- | --- |\n"


@pytest.mark.parametrize(
    ("rows", "line", "expected"),
    [
        (f"{PLAIN}| a | colour | A. |\n{END}", 16, "a known type, not 'colour'; the type is left out"),
        (f"{PLAIN}| | string | A. |\n{END}", 16, "a field name in this row; the row is left out"),
        (
            f"{PARENTS}| z | a | string | A. |\n| {END}",
            16,
            'a row above that opens the parent "z"; the row is left out',
        ),
        (f"{PARENTS}| a | a | string | A. |\n| a | c | string | C. |\n| {END}", 17, "the row is left out"),
        (
            f'{PLAIN}{END[:-12]}\n{{% tab title="Example" %}}\n\n```json\n{{\n  "a": \n}}\n```\n\n' + CLOSED,
            24,
            "JSON (Expecting value); the example is left out",
        ),
    ],
    ids=["type", "name", "parent", "below", "example"],
)
def test_a_row_or_an_example_that_cannot_be_read_costs_itself_only(
    run: Run, tmp_path: Path, rows: str, line: int, expected: str
) -> None:
    page = tmp_path / "page.md"
    page.write_text(MODEL + rows)
    result = run(page, "--vendor", "acme", "--out", tmp_path / "schemas")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"not read: {page}:{line}: expected " in result.stdout
    assert expected in result.stdout
    properties = _schema(tmp_path, "Ping.request")["properties"]
    assert properties["b"] == {"type": "string", "minLength": 1}
    assert properties.get("a", {}) == {}
    assert "c" not in properties


def test_two_calls_in_one_endpoint_table_are_two_operations_without_a_contract() -> None:
    text = HEAD + "| two | GET https://two.example.com/ping |\n\n{% /tab %}\n"
    page = read(source("page.md", text))
    assert [(each.method, each.path) for each in page.endpoints] == [("POST", "/ping"), ("GET", "/ping")]
    assert [str(each) for each in page.unread] == [
        "page.md:7: expected one method and one path for all sites of the table; the operation is left out"
    ]


BODY = HEAD + '\n### Request\n\n#### Body Data\n\n{% tab title="Model" %}\n\n'
TAIL = '\n\n{% /tab %}\n\n### Response\n\n{% tab title="204" %}\nGone\n{% /tab %}\n\n'
COLUMNS = "| Parent field | Field | Type | Description |\n| --- | --- | --- | --- |\n"


def _request(rows: str, code: str = "") -> Any:
    made = contract("acme", [read(source("page.md", f"{BODY}{COLUMNS}{rows}{TAIL}{code}{{% /tab %}}\n"))], {})
    return made.schemas["Ping.request.json"]


def test_a_body_that_is_a_choice_or_a_map() -> None:
    choice = _request("| | Option 1 | object | A. |\n| Option 1 | a | string | A. |\n| | Option 2 | string | B. |")
    assert "type" not in choice
    assert [option["title"] for option in choice["oneOf"]] == ["Option 1", "Option 2"]
    assert _request("| additionalProperties | <any-key> | int64 | N. |")["additionalProperties"]["format"] == "int64"


def test_options_inside_options_and_the_way_back_out() -> None:
    schema = _request(
        "| | a | <oneOf> | A. |\n| a | Option 1 | object | 1. |\n| Option 1 | b | <oneOf> | B. |\n"
        "| b | Option 1 | object | 1. |\n| Option 1 | c | string | C. |\n| b | Option 2 | object | 2. |\n"
        "| Option 2 | d | string | D. |\n| Option 1 | e | string | E. |\n| a | Option 2 | string | 2. |"
    )
    first, second = schema["properties"]["a"]["oneOf"]
    assert list(first["properties"]) == ["b", "e"]
    assert [list(option["properties"]) for option in first["properties"]["b"]["oneOf"]] == [["c"], ["d"]]
    assert second == {"title": "Option 2", "type": "string"}


def test_a_sample_whose_body_is_no_json_is_no_example() -> None:
    code = (
        '### Code Example\n\n\\# Curl command curl -X POST "https://one.example.com/ping" \\\n-d @- << EOF\nhi\nEOF\n\n'
    )
    page = read(source("page.md", f"{BODY}{COLUMNS}| | a | string | A. |{TAIL}{code}{{% /tab %}}\n"))
    assert [(sample.path, sample.body) for sample in page.endpoints[0].samples] == [("/ping", None)]


def test_a_path_parameter_of_which_no_table_speaks() -> None:
    text = HEAD.replace("com/ping", "com/ping/{id}") + "\n{% /tab %}\n"
    operation = contract("acme", [read(source("page.md", text))], {}).openapi["paths"]["/ping/{id}"]["post"]
    assert operation["parameters"] == [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    assert list(operation["responses"]) == ["default"]


def test_options_named_by_what_tells_them_apart_and_cells_without_type() -> None:
    schema = _request(
        "| | included | [ <oneOf>] | A. |\n| included | <type=users> | object | U. |\n"
        "| <type=users> | n | string | N. |\n"
        "| included | <type=roles> | object | R. |\n| | map | object | M. |\n"
        "| additionalProperties | <any-key> | | V. |"
    )
    assert schema["properties"]["included"]["items"]["oneOf"] == [
        {"title": "<type=users>", "type": "object", "properties": {"n": {"type": "string"}}},
        {"title": "<type=roles>", "type": "object"},
    ]
    assert schema["properties"]["map"] == {"type": "object", "additionalProperties": {}}


def test_alphabetical_order_tells_parents_of_one_name_apart_where_no_example_does() -> None:
    schema = _request(
        "| | data | object | D. |\n| data | links | object | L. |\n| links | data | object | D. |\n"
        "| data | id | string | I. |\n| data | type | string | T. |\n| data | type | string | T. |\n"
        "| | page | object | P. |\n| page | page | object | P. |\n| page | zoom | string | Z. |\n"
        "| page | area | string | A. |"
    )
    data = schema["properties"]["data"]["properties"]
    assert list(data) == ["links", "type"]
    assert list(data["links"]["properties"]["data"]["properties"]) == ["id", "type"]
    assert list(schema["properties"]["page"]["properties"]["page"]["properties"]) == ["zoom", "area"]


def test_two_rules_of_one_kind_at_one_place_are_two() -> None:
    text = f"{BODY}{COLUMNS}| | a | string | Must be nice. Cannot be blue. |{TAIL}{{% /tab %}}\n"
    text = text.replace("### Request", "### Overview\n\nYou must try.\n\n- You must not cry.\n\n### Request")
    rules = contract("acme", [read(source("page.md", text))], {}).rules
    assert [(rule.id, rule.line) for rule in rules] == [
        ("Ping.request#/properties/a:unclassified", 22),
        ("Ping.request#/properties/a:unclassified-2", 22),
        ("Ping:unclassified", 10),
        ("Ping:unclassified-2", 12),
    ]
