"""The commands of docs/extract.md work word for word."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.support.extract_support import ROOT, Run

COMMANDS = re.findall(r"^mockserver extract (.+)$", (ROOT / "docs/extract.md").read_text("utf-8"), re.MULTILINE)
DOCUMENT = """\
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets/{petId}:
    get:
      operationId: getPet
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: A pet.}}
"""


def test_the_commands_of_the_page(run: Run, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(written / "widgets.md", "page.md")
    Path("openapi.yaml").write_text(DOCUMENT)
    Path("journal.jsonl").write_text(
        '{"verdict": "valid", "method": "GET", "path": "/x", "request": {"headers": [], "body": ""}, "response": {}}\n'
    )
    assert len(COMMANDS) == 7
    for command in COMMANDS:
        result = run(*shlex.split(command))
        assert result.exit_code in (0, 1), (command, result.output)
        assert result.stderr == ""
