"""The contracts and examples in the repository are exactly what the vendors' pages give."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import validate

from mockserver.extract import emit, lint, overlays
from mockserver.extract.contract import contract
from mockserver.extract.dialects import read
from mockserver.extract.model import Contract
from mockserver.vendors.registry import dialects
from tests.support.extract_support import ROOT, Run

SCHEMAS = ROOT / "schemas"
FIXTURES = ROOT / "fixtures"
VENDORS = ("datadog", "satori", "supalytics")
BODIES = sorted(path for vendor in VENDORS for pattern in emit.EXAMPLES for path in (FIXTURES / vendor).glob(pattern))
FILES = sorted(path for vendor in VENDORS for pattern in emit.SCHEMAS for path in (SCHEMAS / vendor).glob(pattern))


@pytest.fixture(scope="module")
def contracts(vendor_pages: list[Path]) -> dict[str, Contract]:
    pages = [read(str(path), dialects()) for path in vendor_pages]
    return {
        vendor: contract(vendor, [page for page in pages if page.vendor == vendor], overlays.renames(SCHEMAS / vendor))
        for vendor in VENDORS
    }


def test_check_finds_no_difference(run: Run, vendor_pages: list[Path]) -> None:
    result = run("--check", "--out", SCHEMAS, *vendor_pages)
    assert (result.output, result.exit_code) == ("no difference\n", 0)


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_on_disk_is_what_is_emitted(contracts: dict[str, Contract], vendor: str) -> None:
    files = emit.render(contracts[vendor], SCHEMAS, FIXTURES)
    assert {path: path.read_bytes() for path in files} == files
    assert emit.stale(contracts[vendor], SCHEMAS, FIXTURES, files) == []


def test_the_order_in_which_pages_are_named_does_not_matter(
    contracts: dict[str, Contract], vendor_pages: list[Path]
) -> None:
    pages = [read(str(path), dialects()) for path in reversed(vendor_pages)]
    pages = [page for page in pages if page.vendor == "datadog"]
    again = contract("datadog", pages, overlays.renames(SCHEMAS / "datadog"))
    assert emit.render(again, SCHEMAS, FIXTURES) == emit.render(contracts["datadog"], SCHEMAS, FIXTURES)


def test_no_row_of_a_model_table_is_lost(contracts: dict[str, Contract], vendor_pages: list[Path]) -> None:
    tables = [table for each in contracts.values() for table in each.coverage]
    read = Counter[str]()
    for table in tables:
        assert table.lost == ()
        assert table.emitted == table.read
        read[table.page] += table.read
    assert read == {str(path): _model_rows(path) for path in vendor_pages}
    assert sum(read.values()) == 330


def _model_rows(path: Path) -> int:
    """Rows of model tables, counted without the extractor: lines from a head of a model table to the next that is
    no row."""
    count, inside = 0, False
    for line in path.read_text().split("\n"):
        if re.match(r"(\|\s*(Parent field|Field)\s*\||Field Name \|)", line):
            inside = True
        elif not inside or re.match(r"[|\s:-]+$", line):
            inside = inside and bool(line.strip())
        elif line.startswith("|") or line.rstrip().endswith("|"):
            count += 1
        else:
            inside = False
    return count


def test_no_sentence_of_the_pages_is_copied(contracts: dict[str, Contract]) -> None:
    emitted = "\n".join(
        content.decode() for each in contracts.values() for content in emit.render(each, SCHEMAS, SCHEMAS).values()
    )
    bodies = [
        body
        for each in contracts.values()
        for operation in each.operations
        for _, endpoint in operation.pages
        for body in (endpoint.request, *(response.body for response in endpoint.responses))
        if body
    ]
    sentences = {row.description for body in bodies for row in body.rows if len(row.description.split()) > 3}
    assert len(sentences) > 100
    assert [sentence for sentence in sentences if sentence in emitted] == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_documents_are_valid_openapi(vendor: str) -> None:
    file = SCHEMAS / vendor / "openapi.yaml"
    validate(yaml.safe_load(file.read_text()), base_uri=file.as_uri())


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_schemas_are_valid_and_say_where_they_come_from(file: Path) -> None:
    schema = json.loads(file.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema_rs.Draft202012Validator(schema)
    assert schema["$id"] == file.name
    assert schema["x-evidence"]["kind"] == "documented"
    assert schema["x-evidence"]["page"]
    assert schema["x-evidence"]["section"]


@pytest.mark.parametrize("file", BODIES, ids=lambda path: "/".join(path.parts[-3:]))
def test_every_example_validates_or_is_in_the_lint_report(contracts: dict[str, Contract], file: Path) -> None:
    vendor, operation, name = file.parts[-3:]
    kind = "request" if name.startswith("request") else ".".join(name.split(".")[:2])
    schema = json.loads((SCHEMAS / vendor / f"{operation}.{kind}.json").read_text())
    body = json.loads(file.read_text())
    referee = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    valid = referee.is_valid(body)
    assert jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(body) == valid
    reported = {each.place for each in lint.findings(contracts[vendor]) if each.kind == "example-rejected"}
    assert valid or f"{operation}.{kind}" in reported


def test_lint_finds_what_is_known_of_the_pages(run: Run, vendor_pages: list[Path]) -> None:
    result = run("--lint", "--format", "json", *vendor_pages)
    found = {(Path(each["file"]).name, each["line"], each["kind"]) for each in json.loads(result.stdout)["findings"]}
    assert result.exit_code == 1
    assert ("satori-server-side-events.txt", 84, "name-spelling") in found
    assert ("datadog-post-an-event.md", 110, "example-rejected") in found
    assert ("datadog-product-analytics-send-server-side-events.md", 20, "page-difference") in found
    assert [each for each in found if each[2] == "page-difference"] == [
        ("datadog-product-analytics-send-server-side-events.md", 20, "page-difference")
    ]
    assert ("datadog-product-analytics.md", 830, "field-unshown") in found
    assert not [each for each in found if each[2] == "sample-endpoint"]


def test_the_traps_of_the_pages(contracts: dict[str, Contract]) -> None:
    datadog = contracts["datadog"]
    scalar = datadog.schemas["QueryProductAnalyticsScalar.request.json"]
    outer = scalar["properties"]["data"]["properties"]["attributes"]["properties"]["query"]["properties"]
    assert list(outer) == ["audience_filters", "compute", "group_by", "indexes", "query"]
    assert [list(option["properties"]["search"]["properties"]) for option in outer["query"]["oneOf"]] == [
        ["query"],
        ["occurrences", "query"],
    ]
    occurrences = outer["query"]["oneOf"][1]["properties"]["search"]["properties"]["occurrences"]
    assert occurrences["properties"]["meta"] == {"type": "object", "additionalProperties": {"type": "string"}}
    attributes = datadog.schemas["CreateEventV2.request.json"]["properties"]["data"]["properties"]["attributes"]
    assert {"category", "tags", "title"} <= set(attributes["properties"])
    servers = datadog.openapi["paths"]["/api/v2/prodlytics"]["post"]["servers"]
    assert len(servers) == 6
