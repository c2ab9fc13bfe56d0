"""What `extract --lint` finds in a page that contradicts itself."""
# ruff: noqa: E501 - one case a line

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.extract_support import Run


@pytest.mark.parametrize(
    ("old", "new", "kind", "line", "message"),
    [
        ('"level": 2', '"level": 4', "example-rejected", 143, "4 at /data/level, against enum"),
        ('"born": "2024', '"born": "string', "example-rejected", 139, "at /data/born, against format"),
        ('"size": 3', '"size": "integer"', "example-rejected", 145, "/data/parts/0, against oneOf"),
        ('"marks": ', '"mark": ', "name-spelling", 113, "the table says marks, the examples say mark (line 144)"),
        ("curl -X DELETE", "curl -X POST", "sample-endpoint", 289, "the method POST, not DELETE"),
        ("v2/widgets/${widget_id}", "v2/widget/${id}", "sample-endpoint", 259, "/v2/widget/{id}, not /v2/widgets/{widget_id}"),
        ('-X POST "https://api.one', '-X POST "https://api.two', "sample-endpoint", 71, "the server https://api.two.example.com"),
        ('["gone"]', '[{"status": "400"}]', "example-status", 249, "the example of 404 says 400"),
        ("### Arguments", "### Overview\n\n- 418: Teapot\n\n### Arguments", "status-list", 207, "the prose lists and no tab shows: 418"),
    ],
)  # fmt: skip
def test_each_contradiction_has_a_line(
    run: Run, written: Path, tmp_path: Path, old: str, new: str, kind: str, line: int, message: str
) -> None:
    text = (written / "widgets.md").read_text()
    assert old in text
    page = tmp_path / "widgets.md"
    page.write_text(text.replace(old, new, 1))
    result = run("--lint", "--format", "json", page)
    found = json.loads(result.stdout)["findings"]
    assert result.exit_code == 1
    assert [(each["line"], message in each["message"]) for each in found if each["kind"] == kind][:1] == [(line, True)]
    assert {each["file"] for each in found} == {str(page)}


def test_a_page_without_contradiction(run: Run, written: Path, tmp_path: Path) -> None:
    text = (written / "supalytics-page.md").read_text()
    page = tmp_path / "page.md"
    page.write_text(text.replace('v3/visit"', 'v3/visits"'))
    result = run("--lint", page)
    assert (result.exit_code, result.output) == (0, "no findings\n")


def test_a_sample_whose_body_is_no_json(run: Run, written: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text((written / "supalytics-page.md").read_text().replace('"page": "home",', '"page": home,'))
    assert f"{page}:36: sample-body: RecordVisit: " in run("--lint", page).output
