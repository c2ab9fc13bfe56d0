"""The document that docs/any-openapi-document.md shows is served as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.harness import run, serving

pytestmark = pytest.mark.socket

PAGE = (Path(__file__).parent.parent / "docs" / "any-openapi-document.md").read_text("utf-8")


@pytest.fixture
def petstore(tmp_path: Path) -> Path:
    """The document of the page."""
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    file = tmp_path / "petstore.yaml"
    file.write_text(found[1], "utf-8")
    return file


def test_the_document_is_served_at_each_path_that_the_page_lists(petstore: Path) -> None:
    table = PAGE.partition("## Where operations are served")[2].partition("\n\nOf several")[0]
    paths = re.findall(r"`(/[^`{]*/7)`", table)
    assert paths == ["/v1/pets/7", "/pets/7", "/petstore/pets/7", "/petstore/v1/pets/7"]
    assert re.findall(r"curl -i http://127.0.0.1:8080(\S+)", PAGE) == ["/pets/7", "/v1/pets/7"]
    with serving("--schemas", str(petstore)) as server:
        for path in paths:
            assert "name" in server.client.get(path).json()
            assert server.client.get(path.replace("7", "seven")).status_code == 400
        assert server.control("/events", vendor="petstore", account="any")["events"] == []
        assert len(server.control("/requests", vendor="petstore", account="any")["requests"]) == 2 * len(paths)


def test_the_operation_has_the_name_that_the_page_says(petstore: Path) -> None:
    assert "`get_pets_petId` for `GET /pets/{petId}`" in PAGE
    assert "get_pets_petId" in run("routes", "--schemas", str(petstore)).stdout
    assert "operationId: get_pets_petId" in run("openapi", "petstore", "--schemas", str(petstore)).stdout
