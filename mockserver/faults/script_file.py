"""Reads a YAML file and knows the line of every place in it, for those who tell what is wrong there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from mockserver.errors import SettingsError
from mockserver.support.pointers import parts_of


def read_script_file(path: Path) -> tuple[Any, Callable[[str], int]]:
    """The document, and the line, from 1, of what a JSON pointer leads to in it. Raises SettingsError that names the
    file and the line where it is not YAML, or gives a key twice."""
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
    return document, partial(_line_of, node)


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
