"""Reads the fault script that a test names: a packaged scenario, or a YAML file."""

from pathlib import Path
from typing import Any

from mockserver.client.control import ControlError
from mockserver.errors import SettingsError


def read_script(script: str | Path) -> Any:
    """A fault script out of a YAML file, or the packaged one of that name. Raises ControlError."""
    from mockserver.faults.scenario import script_path  # noqa: PLC0415 - the plugin is imported by every pytest run
    from mockserver.support import yaml  # noqa: PLC0415

    try:
        return yaml.read_yaml(script_path(str(script)), yaml.SMALL).value()
    except (SettingsError, yaml.YamlError) as error:
        raise ControlError(str(error)) from error
