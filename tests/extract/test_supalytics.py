"""The dialect of Supalytics' pages, on a page that is none of theirs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

from mockserver.extract.errors import ExtractError
from mockserver.extract.reading import source
from mockserver.vendors.supalytics.pages import read
from tests.support.extract_support import Run


@pytest.fixture
def page(written: Path) -> str:
    return (written / "supalytics-page.md").read_text()


def test_the_page_becomes_a_contract(run: Run, written: Path, tmp_path: Path) -> None:
    result = run(written / "supalytics-page.md", "--vendor", "visits", "--out", tmp_path / "schemas")
    assert result.exit_code == 0
    file = tmp_path / "schemas/visits/openapi.yaml"
    document = yaml.safe_load(file.read_text())
    validate(document, base_uri=file.as_uri())
    operation = document["paths"]["/v3/visits"]["post"]
    assert operation["operationId"] == "RecordVisit"
    assert operation["servers"] == [{"url": "https://api.example.com"}]
    assert operation["security"] == [{"bearerAuth": []}]
    assert operation["x-evidence"]["page"] == "https://docs.example.com/visits"
    assert operation["x-rate-limit"] == {
        "limit": 1200,
        "period": 60,
        "per": "api key",
        "headers": ["X-RateLimit-Limit", "X-RateLimit-Reset"],
    }
    assert [rule["kind"] for rule in operation["x-unextracted"]] == ["unclassified"]
    schema = json.loads((tmp_path / "schemas/visits/RecordVisit.request.json").read_text())
    assert schema["required"] == ["page"]
    assert schema["properties"] == {
        "page": {
            "type": "string",
            "pattern": "^[a-z0-9.-]+$",
            "not": {"type": "string", "pattern": r"\n"},
            "maxLength": 12,
        },
        "labels": {"type": "object", "maxProperties": 3, "additionalProperties": {"maxLength": 5}},
    }
    answer = json.loads((tmp_path / "schemas/visits/RecordVisit.response.201.json").read_text())
    assert answer["required"] == ["recorded", "count"]
    assert answer["properties"] == {"recorded": {"type": "boolean"}, "count": {"type": "integer"}}


def test_lint_finds_a_call_to_another_path(run: Run, written: Path) -> None:
    result = run("--lint", written / "supalytics-page.md")
    assert result.exit_code == 1
    assert "supalytics-page.md:52: sample-endpoint: RecordVisit: " in result.output
    assert "/v3/visit, not /v3/visits" in result.output


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("POST https://api", "https://api", 12, "METHOD https://host/path"),
        ("| Yes      |", "| Maybe    |", 27, "Yes or No"),
        ("Success (201)", "Success", 6, "Success (200)"),
    ],
)
def test_a_page_that_departs_from_the_form(page: str, old: str, new: str, line: int, expected: str) -> None:
    with pytest.raises(ExtractError) as caught:
        read(source("page.md", page.replace(old, new, 1)))
    assert (caught.value.line, expected in caught.value.expected) == (line, True)
