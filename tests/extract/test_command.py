"""The command itself: where pages come from, what is written and removed, overlays, errors."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.extract_support import Run


def test_standard_input(run: Run, written: Path, tmp_path: Path) -> None:
    text = (written / "supalytics-page.md").read_text()
    assert run("-", "--vendor", "visits", "--out", tmp_path / "schemas", input=text).exit_code == 0
    assert (tmp_path / "fixtures/visits/RecordVisit/request.sample-example.json").is_file()


@pytest.fixture
def url(written: Path) -> Iterator[str]:
    """Where the pages that were written for the tests are served."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(written))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.socket
def test_a_url(run: Run, url: str, written: Path, tmp_path: Path) -> None:
    assert run(f"{url}/widgets.md", "--vendor", "a", "--out", tmp_path / "schemas").exit_code == 0
    assert run("--check", written / "widgets.md", "--vendor", "a", "--out", tmp_path / "schemas").exit_code == 0


@pytest.mark.socket
def test_a_url_that_fails(run: Run, url: str) -> None:
    result = run("--lint", f"{url}/absent.md")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{url}/absent.md:1: expected a page that can be fetched")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ":1: expected a documentation page"),
        (b"Hello,\nworld\n", ":1: expected a page with {% tab %} blocks"),
        (b"Hello,\nw\xffrld\n", ":2: expected text in UTF-8"),
        (None, ":1: expected a page that can be read"),
    ],
)
def test_a_page_that_cannot_be_read(run: Run, tmp_path: Path, content: bytes | None, expected: str) -> None:
    page = tmp_path / "page.md"
    if content is not None:
        page.write_bytes(content)
    for mode in (["--lint"], ["--check"], ["--vendor", "acme", "--out", tmp_path / "schemas"]):
        result = run(page, *mode)
        assert result.exit_code == 2
        assert result.stderr.startswith(f"{page}{expected}")
    assert not (tmp_path / "schemas").exists()


def test_a_page_that_cannot_be_read_costs_itself_only(run: Run, written: Path, tmp_path: Path) -> None:
    page, gone = tmp_path / "widgets.md", tmp_path / "gone.md"
    page.write_text((written / "widgets.md").read_text())
    gone.write_text(page.read_text().replace("/v1/", "/v3/").replace("/v2/", "/v4/").replace("Widgets", "Yonder"))
    assert run(page, gone, "--vendor", "acme", "--out", tmp_path / "schemas").exit_code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "fixtures").rglob("*.*")}
    gone.write_text("nothing")
    page.write_text(page.read_text().replace("Max 5 entries", "Max 6 entries"))
    result = run(page, gone, "--vendor", "acme", "--out", tmp_path / "schemas")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{gone}:1: expected a page with")
    assert "kept from the earlier contract: POST /v3/widgets" in result.stdout
    schema = tmp_path / "schemas/acme/CreateWidgetV2.request.json"
    assert '"maxItems": 6' in schema.read_text()
    assert {path: path.read_bytes() for path in (tmp_path / "fixtures").rglob("*.*")} == before
    assert (tmp_path / "schemas/acme/CreateWidgetV2_2.request.json").exists()


def test_an_operation_that_cannot_be_read_keeps_its_earlier_contract(run: Run, written: Path, tmp_path: Path) -> None:
    page = tmp_path / "widgets.md"
    page.write_text((written / "widgets.md").read_text())
    assert run(page, "--vendor", "acme", "--out", tmp_path / "schemas").exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path != page}
    page.write_text(page.read_text().replace("| Datadog site     | API endpoint", "| Site | Where", 1))
    result = run(page, "--vendor", "acme", "--out", tmp_path / "schemas")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path != page}
    assert yaml.safe_load(after.pop(tmp_path / "schemas/acme/openapi.yaml")) == yaml.safe_load(
        before.pop(tmp_path / "schemas/acme/openapi.yaml")
    )
    assert after == before
    assert "not compared" in run("--check", page, "--vendor", "acme", "--out", tmp_path / "schemas").stdout


def test_a_folder_that_cannot_be_written(run: Run, written: Path, tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/acme").write_text("in the way")
    result = run(written / "widgets.md", "--vendor", "acme", "--out", tmp_path / "schemas")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert [path.name for path in (tmp_path / "schemas").iterdir()] == ["acme"]


@pytest.mark.parametrize("options", [[], ["--vendor", "acme"], ["--out", "x"], ["--vendor", "../up", "--out", "x"]])
def test_usage(run: Run, written: Path, options: list[str]) -> None:
    assert run(written / "widgets.md", *options).exit_code == 2


def test_stale_files_go_and_those_written_by_hand_stay(run: Run, written: Path, tmp_path: Path) -> None:
    out = tmp_path / "schemas"
    assert run(written / "widgets.md", "--vendor", "acme", "--out", out).exit_code == 0
    overlay = "overlay: 1.0.0\nactions: []\n"
    by_hand = [out / "acme/overlay.yaml", out / "acme/observed.yaml", tmp_path / "fixtures/acme/GetAWidget/mine.json"]
    for path in by_hand:
        path.write_text(overlay)
    result = run(written / "supalytics-page.md", "--vendor", "acme", "--out", out)
    assert result.exit_code == 0
    assert f"removed {out / 'acme/CreateWidgetV1.request.json'}" in result.output
    assert [path.read_text() for path in by_hand] == [overlay] * 3
    assert sorted(path.name for path in (out / "acme").iterdir()) == [
        "RecordVisit.request.json",
        "RecordVisit.response.201.json",
        "observed.yaml",
        "openapi.yaml",
        "overlay.yaml",
    ]
    assert not (tmp_path / "fixtures/acme/CreateWidgetV1").exists()


OVERLAY = """\
overlay: 1.0.0
info: {title: t, version: 1.0.0}
actions:
  - target: $.paths['/v2/widgets/{widget_id}'].get
    update: {operationId: ReadWidget}
  - target: $.components
    x-covers:
      - ReadWidget.parameters#fields:required-for
      - Nothing:at-all
    update: {}
"""


def test_an_overlay_renames_and_covers(run: Run, written: Path, tmp_path: Path) -> None:
    folder = tmp_path / "schemas/acme"
    folder.mkdir(parents=True)
    (folder / "overlay.yaml").write_text(OVERLAY)
    result = run(written / "widgets.md", "--vendor", "acme", "--out", tmp_path / "schemas")
    assert result.exit_code == 0
    assert (folder / "ReadWidget.response.200.json").is_file()
    assert "unextracted rules: 1 covered, 4 open" in result.output
    assert "covered  ReadWidget.parameters#fields:required-for" in result.output
    assert "x-covers names no rule of the pages: Nothing:at-all" in result.output
    operation = yaml.safe_load((folder / "openapi.yaml").read_text())["paths"]["/v2/widgets/{widget_id}"]["get"]
    assert operation["operationId"] == "ReadWidget"
    assert run("--check", written / "widgets.md", "--vendor", "acme", "--out", tmp_path / "schemas").exit_code == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [("actions: [\n", 2), ("just text", 1), (OVERLAY.replace("ReadWidget}", "CreateWidgetV1}"), None)],
)
def test_an_overlay_that_cannot_be_used(run: Run, written: Path, tmp_path: Path, text: str, line: int | None) -> None:
    folder = tmp_path / "schemas/acme"
    folder.mkdir(parents=True)
    (folder / "overlay.yaml").write_text(text)
    result = run(written / "widgets.md", "--vendor", "acme", "--out", tmp_path / "schemas")
    assert result.exit_code == 2
    if line is None:
        assert "expected an operation id other than CreateWidgetV1, which is taken" in result.stderr
    else:
        assert f"overlay.yaml:{line}: expected " in result.stderr
    assert [path.name for path in folder.iterdir()] == ["overlay.yaml"]


def test_two_pages_of_one_endpoint_give_the_union_and_a_finding(run: Run, written: Path, tmp_path: Path) -> None:
    text = (written / "widgets.md").read_text()
    other = tmp_path / "other.md"
    row = "| two.example.com  | POST https://api.two.example.com/v1/widgets |\n"
    mark = "| gov.example.com "
    other.write_text(
        text.replace(mark, row + mark, 1)
        .replace("> Widgets", "> Widgets > More", 1)
        .replace("label [*required*]", "label", 1)
    )
    result = run(written / "widgets.md", other, "--vendor", "acme", "--out", tmp_path / "schemas")
    assert result.exit_code == 0
    document = yaml.safe_load((tmp_path / "schemas/acme/openapi.yaml").read_text())
    operation = document["paths"]["/v1/widgets"]["post"]
    assert [server["description"] for server in operation["servers"]] == ["one.example.com", "two.example.com"]
    assert operation["x-evidence"]["also"] == ["Docs › API Reference › Widgets › More › Widgets"]
    assert "required" not in json.loads((tmp_path / "schemas/acme/CreateWidgetV1.request.json").read_text())
    lint = run("--lint", "--format", "json", written / "widgets.md", other)
    found = [each for each in json.loads(lint.stdout)["findings"] if each["kind"] == "page-difference"]
    assert [(Path(each["file"]).name, each["line"]) for each in found] == [("other.md", 18), ("other.md", 33)]
