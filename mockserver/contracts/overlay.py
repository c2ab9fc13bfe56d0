"""Applies an OpenAPI Overlay 1.0 document, and writes the evidence of each action beside what the action changed."""

import copy
from itertools import islice
from pathlib import Path
from typing import Any

from mockserver.contracts.files import read_yaml
from mockserver.contracts.locating import overlay_file
from mockserver.errors import ContractError
from mockserver.support.evidence import EVIDENCE, EVIDENCE_FOR, KINDS, LEVELS, UNSTATED

MAX_MATCHES = 20_000
NAME_MAPS = frozenset(
    {"properties", "patternProperties", "$defs", "dependentSchemas", "schemas", "responses", "headers", "content"}
    | {"paths", "securitySchemes", "requestBodies", "examples", "links", "callbacks", "variables"}
)
"""The keywords under which keys are names, of properties, statuses, media types and the like."""


def apply_overlay(document: dict[str, Any], path: Path, *, packaged: bool = False) -> None:
    """Changes `document` in place as the overlay file says.

    An action selects with JSONPath (RFC 9535) and merges `update` into every match (objects recursively, arrays
    concatenated, other values replaced) or removes them. Its `x-reason`, `x-evidence {kind, source}` and `x-level` are
    kept in the document: as `x-evidence` in a new object, as `x-evidence-for/<key>` beside a new value. A packaged
    overlay must give the first two; in one that somebody else wrote, absent evidence is `assumed`. Raises ContractError
    that names the action, also where a target matches nothing.
    """
    overlay = read_yaml(path)
    if not isinstance(overlay, dict) or not str(overlay.get("overlay", "")).startswith("1."):
        raise ContractError(path, "overlay", "expected an OpenAPI Overlay 1.x document")
    actions = overlay.get("actions")
    if not isinstance(actions, list):
        raise ContractError(path, "actions", "expected a list")
    for number, action in enumerate(actions):
        _apply(document, action, path, f"actions[{number}]", packaged=packaged)


def overlay_actions(document: Path, profile: str) -> list[dict[str, Any]]:
    """The actions by which a profile differs from a vendor's document. Raises ContractError."""
    path = overlay_file(document, profile)
    return list(read_yaml(path).get("actions", ())) if path.is_file() else []


def _apply(document: dict[str, Any], action: Any, path: Path, place: str, *, packaged: bool) -> None:
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        raise ContractError(path, place, "expected an object with a target")
    from jsonpath import JSONPathError, finditer  # noqa: PLC0415 - a start from cached contracts does without

    evidence = _annotation_of(action, path, place, packaged=packaged)
    try:
        matches = list(islice(finditer(action["target"], document), MAX_MATCHES + 1))
    except JSONPathError as error:
        raise ContractError(path, f"{place}.target", str(error.args[0])) from error
    except RecursionError as error:
        raise ContractError(path, f"{place}.target", "has too many segments") from error
    if len(matches) > MAX_MATCHES:
        raise ContractError(path, f"{place}.target", f"matches more than {MAX_MATCHES} values")
    if not matches:
        raise ContractError(path, f"{place}.target", f"{action['target']} matches nothing")
    for match in reversed(matches):  # so that removing an item does not move those still to be removed
        if action.get("remove"):
            if match.parent is None:
                raise ContractError(path, place, "the whole document cannot be removed")
            _remove(match.parent.obj, match.parts[-1])
        elif isinstance(match.obj, dict) and isinstance(action.get("update"), dict):
            _merge(match.obj, action["update"], evidence, names=_is_name_map(match.parts))
        elif isinstance(match.obj, list) and "update" in action:
            match.obj.append(copy.deepcopy(action["update"]))
        else:
            raise ContractError(path, place, "expected an update that fits the target, or remove: true")


def _annotation_of(action: dict[str, Any], path: Path, place: str, *, packaged: bool) -> dict[str, str]:
    """The evidence, reason and level of an action, as they are written beside what it changes."""
    evidence, reason, level = action.get(EVIDENCE), action.get("x-reason"), action.get("x-level")
    if evidence is None and not packaged:
        evidence = UNSTATED._asdict()
    if not isinstance(evidence, dict) or evidence.get("kind") not in KINDS or not evidence.get("source"):
        raise ContractError(path, f"{place}.{EVIDENCE}", f"expected {{kind: one of {', '.join(KINDS)}, source: …}}")
    if (reason is not None or packaged) and not (isinstance(reason, str) and reason):
        raise ContractError(path, f"{place}.x-reason", "expected the reason of this action")
    if level is not None and level not in LEVELS:
        raise ContractError(path, f"{place}.x-level", f"expected one of {', '.join(LEVELS)}")
    annotation = {"kind": evidence["kind"], "source": evidence["source"], "reason": reason, "level": level}
    return {key: value for key, value in annotation.items() if value is not None}


def _remove(parent: Any, part: Any) -> None:
    if isinstance(parent, dict):
        del parent[part]
        if part in parent.get(EVIDENCE_FOR, {}):
            del parent[EVIDENCE_FOR][part]
    else:
        parent.pop(int(part))


def _merge(target: dict[str, Any], update: dict[str, Any], evidence: dict[str, str], *, names: bool) -> None:
    """Merges an update. With `names`, the target's keys are names, such as properties: only their values carry
    evidence."""
    for key, value in update.items():
        current, maps = target.get(key), not names and key in NAME_MAPS
        if isinstance(current, dict) and isinstance(value, dict):
            _merge(current, value, evidence, names=maps)
        elif isinstance(value, dict):
            target[key] = _annotated(copy.deepcopy(value), evidence, names=maps)
        else:
            extended = isinstance(current, list) and isinstance(value, list)
            target[key] = current + copy.deepcopy(value) if extended else copy.deepcopy(value)
            if not names:
                target.setdefault(EVIDENCE_FOR, {})[key] = evidence


def _annotated(value: dict[str, Any], evidence: dict[str, str], *, names: bool) -> dict[str, Any]:
    """A new object with its evidence; of a map of names, each entry."""
    if not names:
        return {EVIDENCE: evidence, **value}
    return {
        name: _annotated(inner, evidence, names=False) if isinstance(inner, dict) else inner
        for name, inner in value.items()
    }


def _is_name_map(parts: tuple[Any, ...]) -> bool:
    """Whether a path leads to a map whose keys are names."""
    names = False
    for part in parts:
        names = not names and part in NAME_MAPS
    return names
