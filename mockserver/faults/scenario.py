"""Reads fault scripts from YAML files, and finds the ones that come with the package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from mockserver.errors import SettingsError
from mockserver.faults.vocabulary import Script, ScriptError, nearest, parse_script
from mockserver.model import Operation
from mockserver.pointers import parts_of


@dataclass(frozen=True, slots=True)
class Scenario:
    """A script in a file: its name, the sentence that says what it shows, and its faults."""

    name: str
    description: str
    script: Script


def packaged_scenarios() -> dict[str, Path]:
    """The scenarios that come with the package, by name."""
    folder = Path(str(files("mockserver") / "fixtures" / "scenarios"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def read_scenario(name: str, operations: Iterable[Operation]) -> Scenario:
    """A scenario by the path of its file or the name of a packaged one.

    Raises SettingsError, with a line for every problem that names the file, the line and what is wrong; nothing of a
    broken script is used.
    """
    path = Path(name)
    packaged = packaged_scenarios()
    if not path.is_file():
        if name not in packaged:
            raise SettingsError(f"no scenario '{name}'{nearest(name, packaged)}")
        path = packaged[name]
    try:
        text = path.read_text("utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{path}:{line}: {error.problem}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a control character, the 31st of June, a deep nest
        raise SettingsError(f"{path}: cannot be read as YAML: {str(error).splitlines()[0]}") from error
    if (twice := _said_twice(node)) is not None:
        raise SettingsError(f"{path}:{twice.start_mark.line + 1}: '{twice.value}' is given twice")
    if not isinstance(document, dict) or "faults" not in document:
        raise SettingsError(f"{path}:1: expected a script with `faults:`")
    try:
        script = parse_script(document, operations)
    except ScriptError as error:
        lines = [f"{path}:{_line_of(node, pointer)}: {problem}" for pointer, problem in error.problems]
        raise SettingsError("\n".join(lines)) from error
    return Scenario(path.stem, str(document.get("description", "")).strip(), script)


def _said_twice(node: Any, seen: set[int] | None = None) -> Any:
    """The second of two equal keys of one mapping in a composed YAML document, if there is one."""
    seen = set() if seen is None else seen
    if id(node) in seen or not isinstance(node, yaml.CollectionNode):
        return None
    seen.add(id(node))
    inner = node.value
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in names:
                return key
            names.add(str(key.value))
        inner = [value for _, value in node.value]
    return next((found for item in inner if (found := _said_twice(item, seen)) is not None), None)


def _line_of(node: Any, pointer: str) -> int:
    """The line, from 1, of what a pointer leads to in a composed YAML document, as far as it leads."""
    line = node.start_mark.line
    for part in parts_of(pointer):
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1
