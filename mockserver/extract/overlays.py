"""What the extractor reads in the hand-written overlays: operation ids, and the rules that they cover."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mockserver.extract.errors import ExtractError
from mockserver.extract.reading import document

TARGET = re.compile(r"""\$\.paths\[(?P<quote>["'])(?P<path>[^"']+)(?P=quote)\]\.(?P<method>[a-z]+)$""")
FILES = ("overlay.yaml", "observed.yaml")


def renames(folder: Path) -> dict[tuple[str, str], str]:
    """(path, METHOD) → operation id, from actions of overlay.yaml that update nothing but an operation's id too."""
    found = {}
    for action in _actions(folder / "overlay.yaml"):
        match = TARGET.match(str(action.get("target", "")).strip())
        update = action.get("update")
        if match and isinstance(update, dict) and isinstance(update.get("operationId"), str):
            name = update["operationId"]
            if not re.fullmatch(r"[A-Za-z]\w*", name):
                expected = f"an operation id of letters and digits, not {name!r}"
                raise ExtractError(str(folder / "overlay.yaml"), 1, expected)
            found[match["path"], match["method"].upper()] = name
    return found


def covered(folder: Path) -> set[str]:
    """The ids of unextracted rules that some action names in `x-covers`."""
    found: set[str] = set()
    for name in FILES:
        for action in _actions(folder / name):
            covers = action.get("x-covers", [])
            found.update(map(str, covers if isinstance(covers, list) else [covers]))
    return found


def _actions(file: Path) -> Iterator[dict[str, Any]]:
    """Raises ExtractError if the file exists and is no overlay."""
    if not file.exists():
        return
    overlay = document(file, "an overlay in YAML")
    actions = overlay.get("actions") if isinstance(overlay, dict) else None
    if not isinstance(actions, list):
        raise ExtractError(str(file), 1, "an OpenAPI overlay with a list of actions")
    yield from (action for action in actions if isinstance(action, dict))
