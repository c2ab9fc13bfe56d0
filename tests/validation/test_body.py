"""The evidence of a rule decides whether a body that breaks it is refused or warned of, unless the overlay says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.validation.body import judge_body
from mockserver.vendors.contracts import load_contracts

PROPERTIES = "$.components.schemas.Widget.properties"
BODY = {"plain": "long", "inferred": "long", "sure": "long", "odd": "long", "unset": None}
LIMIT = {"maxLength": 3}


def action(name: str, update: dict[str, Any], kind: str, **more: str) -> dict[str, Any]:
    evidence = {"kind": kind, "source": "a test"}
    return {"target": f"{PROPERTIES}.{name}", "update": update, "x-reason": "a test", "x-evidence": evidence, **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A contract with a rule of each level; `plain` has no evidence."""
    properties = {name: {"type": "string"} for name in BODY}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Widget"}}}
    operation = {
        "operationId": "MakeWidget",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "OK"}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Widgets", "version": "1"},
        "paths": {"/widgets": {"post": operation}},
        "components": {
            "schemas": {
                "Widget": {"type": "object", "properties": {**properties, "plain": {"type": "string", **LIMIT}}}
            }
        },
    }
    actions = [
        action("inferred", LIMIT, "inferred"),
        action("sure", LIMIT, "assumed", **{"x-level": "violation"}),
        action("odd", LIMIT, "documented", **{"x-level": "warning"}),
        action("unset", {"x-null": "unset"}, "recorded"),
    ]
    (tmp_path / "widgets").mkdir()
    (tmp_path / "widgets" / "openapi.yaml").write_text(yaml.safe_dump(document), "utf-8")
    (tmp_path / "widgets" / "overlay.yaml").write_text(
        yaml.safe_dump({"overlay": "1.0.0", "actions": actions}), "utf-8"
    )
    return tmp_path


def observe(folder: Path, *actions: dict[str, Any]) -> None:
    path = folder / "widgets" / "observed.yaml"
    path.write_text(yaml.safe_dump({"overlay": "1.0.0", "actions": list(actions)}), "utf-8")


def judged(folder: Path, profile: str) -> tuple[list[str], ...]:
    """The places of violations, warnings and rejections."""
    (operation,) = load_contracts(folder, (), profile).operations
    verdict = judge_body(operation, BODY, 0.0)
    return tuple([found.pointer for found in findings] for findings in verdict)


def test_by_the_pages_what_nobody_published_is_a_warning(folder: Path) -> None:
    assert judged(folder, "documented") == (["/plain", "/sure"], ["/inferred", "/odd", "/unset"], ["/plain", "/sure"])


def test_nothing_changes_where_nothing_was_observed(folder: Path) -> None:
    assert judged(folder, "observed") == judged(folder, "documented")


def test_what_is_inferred_refuses_where_something_was_observed(folder: Path) -> None:
    observe(folder, action("plain", {"maxLength": 2}, "recorded"))
    violations, warnings, rejections = judged(folder, "observed")
    assert (violations, warnings) == (["/plain", "/sure"], ["/inferred", "/odd", "/unset"])
    assert rejections == ["/inferred", "/plain", "/sure"]
    assert judged(folder, "documented") == (violations, warnings, violations)


def test_a_body_that_keeps_every_rule_is_accepted(folder: Path) -> None:
    (operation,) = load_contracts(folder, (), "documented").operations
    assert judge_body(operation, dict.fromkeys(BODY, "abc"), 0.0) == ((), (), ())
