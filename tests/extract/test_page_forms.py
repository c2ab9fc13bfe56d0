"""The forms of Datadog's pages: one operation gives one contract, whichever form its page has."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockserver.server.app import create_app
from mockserver.settings import Settings
from tests.support.extract_support import ROOT, Run

FORMS = ROOT.parent / "shared" / "docs-forms"


def newer(text: str) -> str:
    """A page of the first form in the second: `Object 1`, and a line that says "Copy page"."""
    text = re.sub(r"\bOption (?=\d)", "Object ", text)
    return re.sub(r"(?m)^(# .*)$", r"\1\nCopy pageCopied", text, count=1)


def newest(text: str) -> str:
    """A page of the first form in the third: versions are headings, tabs are grouped and labelled, methods bold."""
    made, depth = list[str](), 0
    for line in re.sub(r"(?m)^(\|[^|]*\| )(GET|POST|PUT|PATCH|DELETE) ", r"\1**\2** ", text).split("\n"):
        if re.match(r'\{% tab title="v\d', line):
            made.append(f"## {line.split(chr(34))[1]} (latest)" if "(" not in line else f"## {line.split(chr(34))[1]}")
        elif line.startswith("{% tab"):
            depth += 1
            made += ["{% tabs %}", line.replace("title=", "label=")]
        elif line.startswith("{% /tab"):
            made += ["{% /tab %}", "{% /tabs %}"] if depth else []
            depth = max(0, depth - 1)
        else:
            made.append(line)
    return (
        "\n".join(made)
        .replace("\n## Create", "\n# Create")
        .replace("\n## Get", "\n# Get")
        .replace("\n## Del", "\n# Del")
    )


def _written(run: Run, folder: Path, text: str) -> dict[str, bytes]:
    folder.mkdir()
    page = folder / "page.md"
    page.write_text(text)
    result = run(page, "--vendor", "acme", "--out", folder / "schemas")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "not read" not in result.stdout
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*")) if path != page
    }


def test_the_three_forms_of_a_page_give_the_same_files(run: Run, written: Path, tmp_path: Path) -> None:
    text = (written / "widgets.md").read_text()
    first = _written(run, tmp_path / "first", text)
    assert _written(run, tmp_path / "second", newer(text)) == first
    assert _written(run, tmp_path / "third", newest(text)) == first
    assert len(first) > 10


@pytest.fixture
def forms() -> Path:
    """The vendor's pages in the newer forms, which lie beside a checkout and are no part of it."""
    if not FORMS.is_dir():
        pytest.skip("the pages in the newer forms are not beside the checkout (../shared/docs-forms)")
    return FORMS


def _whole(schema: Any) -> Any:
    """A schema in which every list of values is as long as the second form shows it."""
    if isinstance(schema, list):
        return [_whole(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    values = schema.get("enum")
    cut = {"enum": values[:10]} if isinstance(values, list) else {}
    return {key: _whole(each) for key, each in {**schema, **cut}.items() if key != "x-evidence-for"}


def test_no_row_of_the_newer_forms_is_lost_and_both_give_the_same_schemas(
    run: Run, forms: Path, tmp_path: Path
) -> None:
    made: dict[str, dict[str, str]] = {}
    for form in ("aug2026", "tabs"):
        result = run(*sorted((forms / form).glob("*.md")), "--vendor", "acme", "--out", tmp_path / form / "schemas")
        assert (result.exit_code, result.stderr) == (0, "")
        assert re.search(r"total: rows read (\d+), emitted \1, lost 0", result.stdout)
        assert "not read" not in result.stdout
        folder = tmp_path / form / "schemas/acme"
        made[form] = {path.name: path.read_text() for path in sorted(folder.glob("*.json"))}
    both = made["aug2026"].keys() & made["tabs"].keys()
    assert len(both) > 50
    for name in both:
        older, newer = made["aug2026"][name], made["tabs"][name]
        assert older == newer or _whole(json.loads(older)) == _whole(json.loads(newer))
    differing = {name for name in both if made["aug2026"][name] != made["tabs"][name]}
    assert differing == {"GetBrowserTestResult.response.200.json", "GetMonitor.response.200.json"}


PAGE = """\
# Things

Copy pageCopied

## Make a thing

{% tab title="v1" %}

| Datadog site | API endpoint |
| --- | --- |
| one | PUT https://one.example.com/v1/things/{id} |

### Arguments

#### Query Strings

| Parent field | Field | Type | Description |
| --- | --- | --- | --- |
|  | kind | enum | Its kind. Allowed enum values: `a,b,c,d,e,f,g,h,i,j` |

### Request

#### Body Data (required)

{% tab title="Model" %}

| Parent field | Field | Type | Description |
| --- | --- | --- | --- |
|  | few | enum | Nine. Allowed enum values: `a,b,c,d,e,f,g,h,i` |
|  | many | enum | More. Allowed enum values: `a,b,c,d,e,f,g,h,i,j` |

{% /tab %}

### Response

{% tab title="200" %}
OK
{% /tab %}

{% /tab %}
"""


Call = tuple[str, str, dict[str, Any] | None]


def _judged(schemas: Path, *sent: Call) -> list[dict[str, Any]]:
    """What the journal says of requests, each METHOD, path and JSON body."""

    async def talk() -> list[dict[str, Any]]:
        transport = httpx2.ASGITransport(app=create_app(Settings(schemas=schemas)))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for method, path, body in sent:
                await client.request(method, path, json=body)
            listed = (await client.get("/__admin/requests")).json()["requests"]
            return [(await client.get(f"/__admin/requests/{each['id']}")).json() for each in listed]

    return asyncio.run(talk())


def test_an_enum_that_the_page_cuts_warns(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    assert run(tmp_path / "page.md", "--vendor", "acme", "--out", tmp_path / "schemas").exit_code == 0
    path = "/v1/things/1"
    (parameter,) = _judged(tmp_path / "schemas", ("PUT", f"{path}?kind=z", {}))
    assert parameter["verdict"] == "valid"
    records = _judged(tmp_path / "schemas", ("PUT", path, {"few": "z"}), ("PUT", path, {"many": "z"}))
    assert {record["verdict"] for record in records} == {"invalid", "valid"}
    by_verdict = {record["verdict"]: record for record in records}
    assert [each["pointer"] for each in by_verdict["invalid"]["violations"]] == ["/few"]
    assert [each["pointer"] for each in by_verdict["valid"]["warnings"]] == ["/many"]


def test_a_call_whose_page_cannot_be_read_is_no_violation(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    broken = PAGE.replace("Things", "More").replace("PUT", "DELETE").replace("API endpoint", "Address")
    (tmp_path / "broken.md").write_text(broken)
    result = run(tmp_path / "page.md", tmp_path / "broken.md", "--vendor", "acme", "--out", tmp_path / "schemas")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    records = _judged(tmp_path / "schemas", ("DELETE", "/v1/things/1", None), ("DELETE", "/v1/things/1", {"a": 1}))
    assert [record["verdict"] for record in records] == ["valid", "valid"]


def test_an_enum_that_the_page_cuts_does_not_narrow_a_contract(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    whole = PAGE.replace("Copy pageCopied\n", "").replace("i,j`", "i,j,k,l`")
    page.write_text(whole)
    assert run(page, "--vendor", "acme", "--out", tmp_path / "schemas").exit_code == 0
    page.write_text(PAGE)
    result = run("--check", page, "--vendor", "acme", "--out", tmp_path / "schemas")
    assert (result.exit_code, result.output) == (0, "no difference\n")


def test_a_page_in_another_form_completes_the_enums(run: Run, tmp_path: Path) -> None:
    cut, whole = tmp_path / "cut.md", tmp_path / "whole.md"
    cut.write_text(PAGE)
    whole.write_text(PAGE.replace("Copy pageCopied\n", "").replace("i,j`", "i,j,k,l`"))
    assert run(whole, "--vendor", "acme", "--out", tmp_path / "one/schemas").exit_code == 0
    assert run(cut, whole, "--vendor", "acme", "--out", tmp_path / "two/schemas").exit_code == 0
    for name in ("MakeAThing.request.json", "openapi.yaml"):
        one, two = ((tmp_path / folder / "schemas/acme" / name).read_text() for folder in ("one", "two"))
        assert re.sub("\\W+also.*(?=\\n)", "", two) == one
