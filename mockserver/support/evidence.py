"""Reads the evidence in a contract: `x-evidence` in an object, `x-evidence-for/<key>` beside a plain value."""

from collections.abc import Mapping
from typing import Any, get_args

from mockserver.model import Evidence, EvidenceKind, Level
from mockserver.operations import Annotation

EVIDENCE = "x-evidence"
EVIDENCE_FOR = "x-evidence-for"
KINDS: tuple[str, ...] = get_args(EvidenceKind)
LEVELS = ("violation", "warning")
"""What an overlay can say of the rules that an action adds, by `x-level`."""
UNSTATED = Evidence("assumed", "the contract does not say")


def annotation_of(node: Mapping[Any, Any], key: object = None) -> Any:
    """The annotation of a node's member, or else that of the node; None where there is neither."""
    own = node.get(EVIDENCE_FOR)
    return (own.get(key) if isinstance(own, dict) else None) or node.get(EVIDENCE)


def read_annotation(annotation: Any) -> Annotation:
    """What an annotation says. Without a `level`, what is stated to be inferred or assumed is uncertain."""
    evidence = evidence_of(annotation)
    stated = annotation if isinstance(annotation, dict) else {}
    uncertain = evidence.kind in ("inferred", "assumed") and evidence != UNSTATED
    level: Level = stated["level"] if stated.get("level") in LEVELS else ("uncertain" if uncertain else "violation")
    return Annotation(evidence, stated.get("reason"), level)


def evidence_of(annotation: Any) -> Evidence:
    """The evidence in an annotation: its kind, and its source or the page and section that it names.

    An annotation that is absent, or of no known kind, counts as `assumed`: so it is in documents that somebody else
    wrote. In the packaged contracts evidence is mandatory; `apply_overlay` refuses an action without it.
    """
    if not isinstance(annotation, dict) or annotation.get("kind") not in KINDS:
        return UNSTATED
    place = " — ".join(str(annotation[key]) for key in ("page", "section") if key in annotation)
    return Evidence(annotation["kind"], str(annotation.get("source") or place or UNSTATED.source))
