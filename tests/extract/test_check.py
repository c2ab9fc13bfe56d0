"""`extract --check` on pages that changed since their contract was written."""
# ruff: noqa: E501 - one case a line

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

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
    assert f"acme  {expected}  [" in output or not expected


def test_json(run: Run, folder: Path) -> None:
    page = folder / "widgets.md"
    page.write_text(page.read_text().replace("Limited to 40", "Limited to 30"))
    code, output = _check(run, folder, "--format", "json")
    assert code == 1
    (found,) = json.loads(output)["differences"]
    assert found.pop("file") == str(page)
    assert found.pop("line") == 90
    assert len(found.pop("fingerprint")) == 16
    assert found == {
        "class": "breaking",
        "level": "error",
        "rule": "request-property-max-length-decreased",
        "vendor": "acme",
        "place": "CreateWidgetV2.request.json#/properties/data/properties/note",
        "message": "maxLength is 30, was 40",
        "approved": None,
    }
    assert json.loads(output)["breaking"] == 1


def _change(folder: Path, old: str, new: str) -> None:
    page = folder / "widgets.md"
    assert old in page.read_text()
    page.write_text(page.read_text().replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("| id    | int32", "| id    | number", "breaking    CreateWidgetV1.response.201.json#/properties/id  type is number, was integer  [response-property-type-changed]"),
        ("| label | string | Its name", "| label | enum | Its name. Allowed enum values: `a,b`", "compatible  GetAWidget.response.200.json#/items/properties/label  enum is ['a', 'b'], was None  [response-property-enum-set]"),
        ('-H "X-Widget-Key: ${WIDGET_KEY}" \\\n-d @- << EOF\n{"data"', '-H "X-Widget-Key: ${WIDGET_KEY}" \\\n-H "X-App-Key: ${K}" \\\n-d @- << EOF\n{"data"', "breaking    POST /v2/widgets  the credential x_widget_key is not enough  [api-security-tightened]"),
        ("| A note. Must", "| **DEPRECATED**: A note. Must", "compatible  CreateWidgetV2.request.json#/properties/data/properties/note  deprecated changed  [request-property-deprecated-changed]"),
        ("How many. Between", "How many. default: `5` Between", "warning     GET /v2/widgets/{widget_id} query parameter limit#  default is 5, was None  [request-parameter-default-value-changed]"),
    ],
)  # fmt: skip
def test_rules_know_the_side_of_a_change(run: Run, folder: Path, old: str, new: str, expected: str) -> None:
    _change(folder, old, new)
    code, output = _check(run, folder)
    assert (code, f"acme  {expected}\n" in output) == (1, True), output


def test_an_approval_survives_other_changes(run: Run, folder: Path) -> None:
    approvals = str(folder / "approvals.yaml")
    _change(folder, "Limited to 40", "Limited to 30")
    assert _check(run, folder, "--approvals", approvals, "--approve", "They told us.")[0] == 0
    code, output = _check(run, folder, "--approvals", approvals)
    assert (code, "(approved: They told us.)" in output, "1 differences, 0 breaking, 1 approved" in output) == (
        0,
        True,
        True,
    )
    _change(folder, "# Widgets", "# Widgets\n\nOne more paragraph.")
    _change(folder, "Minimum length of 2", "Minimum length of 3")
    code, output = _check(run, folder, "--approvals", approvals)
    assert (code, "2 differences, 1 breaking, 1 approved" in output) == (1, True)
    _change(folder, "Limited to 30", "Limited to 20")
    assert "is no longer needed" in _check(run, folder, "--approvals", approvals)[1]
    (folder / "approvals.yaml").write_text("nothing")
    assert _check(run, folder, "--approvals", approvals)[0] == 2


def test_a_page_of_which_much_less_is_read_is_suspect(run: Run, folder: Path) -> None:
    page = folder / "widgets.md"
    page.write_text(page.read_text().replace("| Parent field         | Field", "| Parent               | Member"))
    code, output = _check(run, folder)
    assert code == 3
    assert f"suspect: {page}:102: expected a table with the columns" in output
    page.write_text(
        page.read_text()
        .replace("| Parent               | Member", "| Parent field | Field")
        .replace("| data         ", "| date ")
    )
    code, output = _check(run, folder)
    assert code == 3
    assert f"suspect: {page}: 25 of 36 rows could not be read" in output
    rows = page.read_text().replace("| date ", "| data ").split("\n")
    page.write_text("\n".join(row for row in rows if not row.startswith("| data ")))
    code, output = _check(run, folder)
    assert code == 3
    assert re.search(r"suspect: Docs › API Reference › Widgets: \d+ fields were read, the contract has \d+", output)


@pytest.mark.parametrize("form", ["junit", "sarif", "github", "markdown"])
def test_reports(run: Run, folder: Path, form: str) -> None:
    _change(folder, "Limited to 40", "Limited to 30")
    _change(folder, "Minimum length of 2", "Minimum length of 1")
    output = folder / "report"
    assert _check(run, folder, "--format", form, "--output", str(output)) == (1, "")
    text = output.read_text()
    if form == "junit":
        root = ET.fromstring(text)
        assert (root.get("tests"), root.get("failures")) == ("2", "1")
    elif form == "sarif":
        results = json.loads(text)["runs"][0]["results"]
        assert [(each["ruleId"], each["level"]) for each in results] == [
            ("request-property-max-length-decreased", "error"),
            ("request-property-min-length-decreased", "note"),
        ]
    elif form == "github":
        assert text.startswith(
            f"::error file={folder}/widgets.md,line=90,title=request-property-max-length-decreased::"
        )
    else:
        assert "| breaking | acme | CreateWidgetV2.request.json#/properties/data/properties/note |" in text


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
