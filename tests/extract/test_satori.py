"""The dialect of Satori's guides, on a guide that is none of theirs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

from mockserver.extract.errors import ExtractError
from mockserver.extract.reading import source
from mockserver.vendors.satori.pages import read
from tests.support.extract_support import Run


@pytest.fixture
def guide(written: Path) -> str:
    return (written / "satori-guide.txt").read_text()


def test_the_guide_becomes_a_contract(run: Run, written: Path, tmp_path: Path) -> None:
    result = run(written / "satori-guide.txt", "--vendor", "sea", "--out", tmp_path / "schemas")
    assert result.exit_code == 0
    assert "rows read 4, emitted 4, lost 0" in result.output
    file = tmp_path / "schemas/sea/openapi.yaml"
    document = yaml.safe_load(file.read_text())
    validate(document, base_uri=file.as_uri())
    operation = document["paths"]["/v1/ship-beacon"]["post"]
    assert operation["operationId"] == "ShipBeacon"
    assert operation["security"] == [{"basicAuth": []}]
    assert list(operation["responses"]) == ["default"]
    assert [rule["id"] for rule in operation["x-unextracted"]] == ["ShipBeacon:unclassified"]
    schema = json.loads((tmp_path / "schemas/sea/ShipBeacon.request.json").read_text())
    assert schema["required"] == ["beacons"]
    assert schema["properties"]["beacons"]["items"] == {
        "type": "object",
        "required": ["ship_name", "sent_at"],
        "properties": {
            "ship_name": {"type": "string", "maxLength": 20},
            "sent_at": {"type": "string", "format": "date-time"},
            "crew_id": {
                "type": "string",
                "format": "int64",
                "pattern": "^-?[0-9]+$",
                "not": {"type": "string", "pattern": r"\n"},
            },
            "cargo": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    assert sorted(path.name for path in (tmp_path / "fixtures/sea/ShipBeacon").iterdir()) == [
        "request.example-1.json",
        "request.sample-curl.json",
    ]


def test_lint(run: Run, written: Path) -> None:
    result = run("--lint", "--format", "json", written / "satori-guide.txt")
    found = [(each["line"], each["kind"]) for each in json.loads(result.stdout)["findings"]]
    assert result.exit_code == 1
    assert found == [
        (20, "example-rejected"),
        (27, "name-case"),
        (28, "name-spelling"),
        (29, "field-unshown"),
        (44, "sample-endpoint"),
        (44, "sample-endpoint"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("| – | Yes |", "| Yes |", 26, "five cells"),
        ("---|", "name | string | – | Yes | Name. |", 25, '"---|"'),
        ("endpoint is", "endpoint was", 1, "endpoint is <path>"),
        ('"beacons":', '"beacons"', 20, "JSON"),
        ("\n|\nConclusion", "\nConclusion", 44, 'a line "|"'),
        ("| curl", "| wget", 1, "a curl command"),
    ],
)
def test_a_guide_that_departs_from_the_form(guide: str, old: str, new: str, line: int, expected: str) -> None:
    with pytest.raises(ExtractError) as caught:
        read(source("guide.txt", guide.replace(old, new, 1)))
    assert (caught.value.line, expected in caught.value.expected) == (line, True)
