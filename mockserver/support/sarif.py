"""Writes SARIF 2.1.0 (OASIS) as code scanning takes it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from mockserver import __version__
from mockserver.support.jsontext import dump

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def document(
    tool: str, rules: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], invocation: Mapping[str, Any]
) -> str:
    """A report of one run of a tool."""
    run = {
        "tool": {"driver": {"name": tool, "version": __version__, "rules": rules}},
        "invocations": [invocation],
        "results": results,
        "columnKind": "unicodeCodePoints",
    }
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}).decode("utf-8", "replace")


def rule(name: str, said: str, help_text: str) -> dict[str, Any]:
    """A rule with all the texts that code scanning requires."""
    text = {"text": said}
    return {"id": name, "shortDescription": text, "fullDescription": text, "help": {"text": help_text}}


def location(uri: str, line: int, place: str, kind: str) -> dict[str, Any]:
    """A line of a file, and the place in it by its name."""
    region = {"startLine": line, "startColumn": 1}  # code scanning requires both
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": region},
        "logicalLocations": [{"fullyQualifiedName": place, "kind": kind}],
    }


def fingerprints(identity: str) -> dict[str, str]:
    """What makes a result the same in the next run. Code scanning reads no other name, and without it hashes the line,
    which may hold a whole file. The form is its own: 16 hex digits, and the number among equal ones."""
    digest = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()
    return {"primaryLocationLineHash": f"{digest[:16]}:1"}
