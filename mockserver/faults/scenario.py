"""Names and reads fault scripts, and finds the ones that come with the package."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mockserver.errors import SettingsError
from mockserver.faults.script import Script, ScriptError, parse_script
from mockserver.operations import Operation
from mockserver.support.suggestions import hint

BATTERY = "conduct/"
"""What the names of the scenarios begin with that exercise the rules of conduct."""


class Scenario(NamedTuple):
    """A script in a file: its name, the sentence that says what it shows, and its faults."""

    name: str
    description: str
    script: Script


def packaged_scenarios() -> dict[str, Path]:
    """The scenarios that come with the package, by name; those of a folder are named with it, as `conduct/429`."""
    folder = Path(__file__).parents[1] / "fixtures" / "scenarios"
    found = {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.glob("**/*.yaml")}
    return {name: found[name] for name in sorted(found, key=lambda name: (name.startswith(BATTERY), name))}


def battery() -> dict[str, Path]:
    """The packaged scenarios that exercise the rules of conduct, by their names without the folder."""
    return {name.removeprefix(BATTERY): path for name, path in packaged_scenarios().items() if name.startswith(BATTERY)}


def script_path(name: str) -> Path:
    """The file of a script: `name` is its path, or the name of a packaged scenario. Raises SettingsError."""
    packaged = packaged_scenarios()
    with suppress(OSError):  # a name that is too long for a file
        if Path(name).is_file():
            return Path(name)
    if name not in packaged:
        raise SettingsError(f"no scenario '{name}'{hint(name, packaged)}")
    return packaged[name]


def read_scenario(name: str, operations: Iterable[Operation]) -> Scenario:
    """A scenario by the path of its file or the name of a packaged one.

    Raises SettingsError, with a line for every problem that names the file, the line and what is wrong; nothing of a
    broken script is used.
    """
    from mockserver.support import yaml  # noqa: PLC0415 - only who arms a script pays for YAML

    path = script_path(name)
    try:
        read = yaml.read_yaml(path, yaml.SMALL)
        document = read.value()
        if not isinstance(document, dict) or "faults" not in document:
            raise SettingsError(f"{path}:1: expected a script with `faults:`")
        script = parse_script(document, operations)
    except yaml.YamlError as error:
        raise SettingsError(f"{path}:{error.line or 1}: {error.problem}") from error
    except ScriptError as error:
        lines = [f"{path}:{read.line_of(pointer)}: {problem}" for pointer, problem in error.problems]
        raise SettingsError(*lines) from error
    return Scenario(path.stem, str(document.get("description", "")).strip(), script)
