"""Reads the evidence in a contract: `x-evidence` in an object, `x-evidence-for/<key>` beside a plain value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from mockserver.model import Evidence, EvidenceKind

EVIDENCE = "x-evidence"
EVIDENCE_FOR = "x-evidence-for"
KINDS: tuple[str, ...] = get_args(EvidenceKind)
UNSTATED = Evidence("assumed", "the contract does not say")


def annotation_of(node: Mapping[Any, Any], key: object = None) -> Any:
    """The annotation of a member of a node, where it has one of its own, or else the node's; None without."""
    own = node.get(EVIDENCE_FOR)
    return (own.get(key) if isinstance(own, dict) else None) or node.get(EVIDENCE)


def reason_of(annotation: Any) -> str | None:
    """Why an overlay changed what carries the annotation; None where it does not say."""
    return annotation.get("reason") if isinstance(annotation, dict) else None


def evidence_of(annotation: Any) -> Evidence:
    """The evidence in the value of an `x-evidence`, whose source is a text or the page and section.

    Where it is absent, or without a known kind, nobody has said where the rule comes from: it counts as `assumed`. So
    it is in documents that somebody else wrote. In the packaged contracts none is absent: `apply_overlay` refuses an
    action without it.
    """
    if not isinstance(annotation, dict) or annotation.get("kind") not in KINDS:
        return UNSTATED
    place = " — ".join(str(annotation[key]) for key in ("page", "section") if key in annotation)
    return Evidence(annotation["kind"], str(annotation.get("source") or place or UNSTATED.source))
