"""An overlay merges, appends and removes as OpenAPI Overlay 1.0 says, and leaves its evidence beside each change."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.contracts.overlay import apply_overlay
from mockserver.errors import ContractError
from mockserver.support.evidence import evidence_of

BECAUSE = {"x-reason": "because", "x-evidence": {"kind": "recorded", "source": "a test"}}
EVIDENCE = {"kind": "recorded", "source": "a test", "reason": "because"}
DOCUMENT: dict[str, Any] = {
    "a": {"title": "old", "deep": {"kept": 1}, "list": [1, 2]},
    "b": {"title": "old"},
    "names": ["x", "y", "z"],
}


@pytest.fixture
def overlay(tmp_path: Path) -> Any:
    """Apply actions to a copy of the document; answers the document."""

    def apply(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
        path = tmp_path / "overlay.yaml"
        content = {"overlay": "1.0.0", "actions": [{**BECAUSE, **action} for action in actions], **more}
        path.write_text(yaml.safe_dump(content), "utf-8")
        document = copy.deepcopy(DOCUMENT)
        apply_overlay(document, path)
        return document

    return apply


def test_a_value_is_replaced_and_its_evidence_stands_beside_it(overlay: Any) -> None:
    document = overlay({"target": "$.a", "update": {"title": "new"}})
    assert document["a"] == {**DOCUMENT["a"], "title": "new", "x-evidence-for": {"title": EVIDENCE}}
    assert document["b"] == DOCUMENT["b"]


def test_a_level_stands_beside_the_evidence(overlay: Any) -> None:
    document = overlay({"target": "$.a", "update": {"title": "new"}, "x-level": "warning"})
    assert document["a"]["x-evidence-for"] == {"title": {**EVIDENCE, "level": "warning"}}


def test_objects_are_merged(overlay: Any) -> None:
    document = overlay({"target": "$.a", "update": {"deep": {"added": 2}}})
    assert document["a"]["deep"] == {"kept": 1, "added": 2, "x-evidence-for": {"added": EVIDENCE}}


def test_lists_are_concatenated(overlay: Any) -> None:
    assert overlay({"target": "$.a", "update": {"list": [3]}})["a"]["list"] == [1, 2, 3]


def test_a_new_object_carries_its_evidence(overlay: Any) -> None:
    assert overlay({"target": "$.b", "update": {"new": {"type": "string"}}})["b"]["new"] == {
        "type": "string",
        "x-evidence": EVIDENCE,
    }


def test_every_match_is_changed_and_none_shares_the_update(overlay: Any) -> None:
    document = overlay({"target": "$['a', 'b']", "update": {"new": {"list": []}}})
    document["a"]["new"]["list"].append(1)
    assert document["b"]["new"]["list"] == []


def test_a_list_that_is_targeted_is_appended_to(overlay: Any) -> None:
    assert overlay({"target": "$.names", "update": "w"})["names"] == ["x", "y", "z", "w"]


def test_a_member_is_removed_and_the_evidence_for_it_too(overlay: Any) -> None:
    document = overlay({"target": "$.b", "update": {"title": "new"}}, {"target": "$.b.title", "remove": True})
    assert "title" not in document["b"]
    assert "title" not in document["b"].get("x-evidence-for", {})


@pytest.mark.parametrize(
    ("target", "left"),
    [("$.names[1]", ["x", "z"]), ("$.names[0, 2]", ["y"]), ("$.names[*]", []), ("$.names[-1]", ["x", "y"])],
)
def test_items_are_removed_from_a_list(overlay: Any, target: str, left: list[str]) -> None:
    assert overlay({"target": target, "remove": True})["names"] == left


def test_actions_are_applied_in_their_order(overlay: Any) -> None:
    document = overlay(
        {"target": "$", "update": {"c": {"title": "first"}}}, {"target": "$.c", "update": {"title": "second"}}
    )
    assert document["c"]["title"] == "second"


def test_the_names_of_a_new_map_are_its_own(overlay: Any) -> None:
    """Among properties, headers or responses every name means something: evidence belongs inside each entry."""
    document = overlay({"target": "$.b", "update": {"properties": {"id": {"type": "string"}}}})
    assert document["b"]["properties"] == {"id": {"type": "string", "x-evidence": EVIDENCE}}
    document = overlay({"target": "$.b", "update": {"headers": {"x-limit": {"schema": {"const": 1}}}}})
    assert document["b"]["headers"].keys() == {"x-limit"}


@pytest.mark.parametrize(
    ("action", "place"),
    [
        ({"target": "$.nothing", "remove": True}, r"actions\[0\]\.target"),
        ({"target": "$.a[", "remove": True}, r"actions\[0\]\.target"),
        ({"target": 3, "remove": True}, r"actions\[0\]"),
        ({"target": "$", "remove": True}, r"actions\[0\]"),
        ({"target": "$.a"}, r"actions\[0\]"),
        ({"target": "$.a", "update": "text"}, r"actions\[0\]"),
        ({"target": "$.a.title", "update": {"b": 1}}, r"actions\[0\]"),
        (
            {"target": "$.a", "update": {}, "x-evidence": {"kind": "guessed", "source": "x"}},
            r"actions\[0\]\.x-evidence",
        ),
        ({"target": "$.a", "update": {}, "x-evidence": {"kind": "assumed"}}, r"actions\[0\]\.x-evidence"),
        ({"target": "$.a", "update": {}, "x-reason": ""}, r"actions\[0\]\.x-reason"),
        ({"target": "$.a", "update": {}, "x-level": "maybe"}, r"actions\[0\]\.x-level"),
        ({"target": "$.a", "update": {}, "x-level": ["violation"]}, r"actions\[0\]\.x-level"),
    ],
)
def test_a_bad_action_is_named_in_one_line(overlay: Any, action: dict[str, Any], place: str) -> None:
    with pytest.raises(ContractError, match=rf"overlay\.yaml: {place}: ") as caught:
        overlay(action)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("packaged", [True, False])
@pytest.mark.parametrize("lacking", ["x-evidence", "x-reason"])
def test_only_a_packaged_overlay_must_give_its_evidence(tmp_path: Path, lacking: str, packaged: bool) -> None:
    path, document = tmp_path / "overlay.yaml", copy.deepcopy(DOCUMENT)
    action = {"target": "$.b", "update": {"new": {}}, **BECAUSE}
    del action[lacking]
    path.write_text(yaml.safe_dump({"overlay": "1.0.0", "actions": [action]}), "utf-8")
    if packaged:
        with pytest.raises(ContractError, match=rf"actions\[0\]\.{lacking}"):
            apply_overlay(document, path, packaged=True)
    else:
        apply_overlay(document, path)
        assert evidence_of(document["b"]["new"]["x-evidence"]).kind == {"x-evidence": "assumed"}.get(
            lacking, "recorded"
        )


@pytest.mark.parametrize("more", [{"overlay": "2.0.0"}, {"overlay": None}, {"actions": None}, {"actions": {}}])
def test_a_file_that_is_no_overlay_is_refused(overlay: Any, more: dict[str, Any]) -> None:
    with pytest.raises(ContractError, match="expected"):
        overlay(**more)
