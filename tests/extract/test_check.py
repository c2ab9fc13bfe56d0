"""`extract --check` on pages that changed since their contract was written."""
# ruff: noqa: E501 - one case a line

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.extract_support import Run


@pytest.fixture
def folder(run: Run, written: Path, tmp_path: Path) -> Path:
    """A folder with the page of widgets, its contract and its examples."""
    page = tmp_path / "widgets.md"
    page.write_text((written / "widgets.md").read_text())
    assert run(page, "--vendor", "acme", "--out", tmp_path / "schemas").exit_code == 0
    return tmp_path


def _check(run: Run, folder: Path, *more: str) -> tuple[int, str]:
    result = run("--check", "--vendor", "acme", "--out", folder / "schemas", folder / "widgets.md", *more)
    return result.exit_code, result.stdout


def test_the_same_page_has_no_difference(run: Run, folder: Path) -> None:
    assert _check(run, folder) == (0, "no difference\n")


@pytest.mark.socket
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("| data                 | note  ", "| data | note [*required*] ", "breaking    CreateWidgetV2.request.json#/properties/data  note became required"),
        ("`1,2,3`", "`1,2`", "breaking    CreateWidgetV2.request.json#/properties/data/properties/level  enum lost 3"),
        ("`1,2,3`", "`1,2,3,4`", "compatible  CreateWidgetV2.request.json#/properties/data/properties/level  enum gained 4"),
        ("Limited to 40", "Limited to 30", "breaking    CreateWidgetV2.request.json#/properties/data/properties/note  maxLength is 30, was 40"),
        ("Limited to 40", "Limited to 50", "compatible  CreateWidgetV2.request.json#/properties/data/properties/note  maxLength is 50, was 40"),
        ("Minimum length of 2", "Minimum length of 3", "breaking    CreateWidgetV1.request.json#/properties/label  minLength is 3, was 2"),
        ("| float      |", "| integer    |", "breaking    CreateWidgetV2.request.json#/properties/data/properties/angle  type is integer, was number"),
        ("| data                 | born ", "| data                 | dawn ", "breaking    CreateWidgetV2.request.json#/properties/data/properties/born  vanished"),
        ("| data                 | born ", "| data                 | dawn ", "compatible  CreateWidgetV2.request.json#/properties/data/properties/dawn  is new"),
        ('tab title="404"', 'tab title="410"', "breaking    GET /v2/widgets/{widget_id}  the status 404 vanished"),
        ('tab title="404"', 'tab title="410"', "compatible  GET /v2/widgets/{widget_id}  the status 410 is new"),
        ("| view   |", "| view [*required*] |", "breaking    GET /v2/widgets/{widget_id}  the query parameter view became required"),
        ("`full,brief`", "`full`", "breaking    GET /v2/widgets/{widget_id} query parameter view#  enum lost 'brief'"),
        ("above 64KB", "above 32KB", "breaking    POST /v1/widgets  x-max-body-bytes is 32000, was 64000"),
        ("DELETE https", "PUT https", "breaking    DELETE /v2/widgets/{widget_id}  the operation is no longer documented"),
        ("| one.example.com  | POST https://api.one.example.com/v1", "| two | POST https://api.two.example.com/v1", "breaking    POST /v1/widgets  the server https://api.one.example.com vanished"),
        ("id [*required*] | uuid | Its id", "id | uuid | Its id", "breaking    CreateWidgetV2.response.201.json#  id is no longer required"),
        ("| id    | int32", "| id [*required*] | int32", "compatible  CreateWidgetV1.response.201.json#  id became required"),
        ("Required for squares.", "", "compatible  CreateWidgetV2.request.json#/properties/data/properties/shape/anyOf/1/properties/side  the rule required-for vanished"),
        ("What to call it.", "What to call it. Must be funny.", "breaking    CreateWidgetV1.request.json#/properties/label  the rule unclassified is new"),
        ("depth of 2 levels", "depth of 3 levels", "breaking    CreateWidgetV2.request.json#/properties/data/properties/tree/additionalProperties  $ref is #/$defs/level2of3max4, was #/$defs/level2of2max4"),
        ('{"label": "first"}', '{"label": "other"}', "compatible  CreateWidgetV1/request.example-1.json  the example changed"),
        ("# Widgets\n\nWidgets", "# Widgets\n\nThings", ""),
    ],
)  # fmt: skip
def test_each_change_is_classed(run: Run, folder: Path, old: str, new: str, expected: str) -> None:
    page = folder / "widgets.md"
    assert old in page.read_text()
    page.write_text(page.read_text().replace(old, new, 1))
    code, output = _check(run, folder)
    assert code == (1 if expected else 0)
    assert f"acme  {expected}\n" in output or not expected


def test_json(run: Run, folder: Path) -> None:
    page = folder / "widgets.md"
    page.write_text(page.read_text().replace("Limited to 40", "Limited to 30"))
    code, output = _check(run, folder, "--format", "json")
    assert code == 1
    assert json.loads(output) == {
        "differences": [
            {
                "class": "breaking",
                "vendor": "acme",
                "place": "CreateWidgetV2.request.json#/properties/data/properties/note",
                "message": "maxLength is 30, was 40",
            }
        ],
        "breaking": 1,
        "not_compared": {},
    }


def test_a_contract_that_someone_edited_is_a_difference(run: Run, folder: Path) -> None:
    file = folder / "schemas/acme/CreateWidgetV1.request.json"
    file.write_text(file.read_text().replace('"minLength": 2', '"minLength": 1'))
    assert _check(run, folder)[0] == 1
    file.write_text(file.read_text().replace('"minLength": 1', '"minLength": 2').replace("CreateWidgetV1 req", "x"))
    assert _check(run, folder)[0] == 1


def test_an_operation_that_only_a_page_not_given_documents_is_not_compared(
    run: Run, folder: Path, written: Path
) -> None:
    out = folder / "both"
    other = written / "satori-guide.txt"
    assert run(folder / "widgets.md", other, "--vendor", "acme", "--out", out).exit_code == 0
    result = run("--check", "--vendor", "acme", "--out", out, other)
    assert result.exit_code == 0
    assert "not every page that documents it was given: CreateWidgetV1" in result.stdout


def test_there_is_nothing_to_compare_with(run: Run, folder: Path) -> None:
    result = run("--check", "--vendor", "nobody", "--out", folder / "schemas", folder / "widgets.md")
    assert result.exit_code == 2
    assert "a contract of nobody to compare with" in result.stderr
