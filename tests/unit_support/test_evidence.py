"""Evidence is read in one way wherever a contract holds it, and every rule of the packaged contracts has some."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.model import Evidence
from mockserver.operations import Annotation
from mockserver.support.evidence import (
    EVIDENCE,
    EVIDENCE_FOR,
    KINDS,
    UNSTATED,
    annotation_of,
    evidence_of,
    read_annotation,
)
from mockserver.support.pointers import walk
from mockserver.vendors.contracts import load_contracts


@pytest.mark.parametrize(
    ("annotation", "evidence"),
    [
        ({"kind": "recorded", "source": "a test"}, Evidence("recorded", "a test")),
        ({"kind": "documented", "page": "Events", "section": "Create"}, Evidence("documented", "Events — Create")),
        ({"kind": "inferred", "source": "", "page": "Events"}, Evidence("inferred", "Events")),
        ({"kind": "inferred"}, Evidence("inferred", UNSTATED.source)),
        ({"kind": "heard", "source": "a friend"}, UNSTATED),
        ({"source": "a test"}, UNSTATED),
        ({}, UNSTATED),
        (None, UNSTATED),
        ("documented", UNSTATED),
    ],
)
def test_absent_or_unknown_evidence_is_assumed(annotation: Any, evidence: Evidence) -> None:
    assert evidence_of(annotation) == evidence


def test_a_member_has_its_own_annotation_or_that_of_its_node() -> None:
    node = {EVIDENCE: {"reason": "whole"}, EVIDENCE_FOR: {"a": {"reason": "a"}}}
    assert [read_annotation(annotation_of(node, key)).reason for key in ("a", "b", None)] == ["a", "whole", "whole"]
    assert annotation_of({EVIDENCE_FOR: ["a"]}, "a") is None
    assert read_annotation("text") == Annotation(UNSTATED)


@pytest.mark.parametrize(
    ("kind", "level", "counts_as"),
    [
        ("documented", None, "violation"),
        ("recorded", None, "violation"),
        ("inferred", None, "uncertain"),
        ("assumed", None, "uncertain"),
        ("inferred", "violation", "violation"),
        ("documented", "warning", "warning"),
        ("hearsay", None, "violation"),
    ],
)
def test_what_is_inferred_or_assumed_is_uncertain_unless_it_is_said(
    kind: str, level: str | None, counts_as: str
) -> None:
    annotation = {"kind": kind, "source": "a page"} | ({"level": level} if level else {})
    assert read_annotation(annotation).level == counts_as


@pytest.mark.parametrize("profile", ["documented", "observed"])
def test_all_evidence_of_the_packaged_contracts_is_complete(profile: str) -> None:
    catalogue = load_contracts(None, (), profile)
    for contract in catalogue.vendors.values():
        for pointer, node in walk(contract.document):
            if isinstance(node, dict):
                for annotation in [*filter(None, [node.get(EVIDENCE)]), *node.get(EVIDENCE_FOR, {}).values()]:
                    assert annotation["kind"] in KINDS, pointer
                    assert evidence_of(annotation).source != UNSTATED.source, pointer
    for operation in catalogue.operations:
        assert operation.evidence is not UNSTATED
        for schema in (operation.documented, operation.observed):
            assert all(rule.annotation.evidence is not UNSTATED for rule in (schema.rules if schema else ()))
