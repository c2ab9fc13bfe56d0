"""Reads the fault script that a test names: a packaged scenario, or a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mockserver.client.control import ControlError


def read_script(script: str | Path) -> Any:
    """A fault script out of a YAML file, or the packaged one of that name. Raises ControlError."""
    from mockserver.faults import packaged_scenarios  # noqa: PLC0415 - the plugin is imported by every pytest run
    from mockserver.support import yaml  # noqa: PLC0415

    path = Path(script)
    if not path.is_file():
        packaged = packaged_scenarios()
        if str(script) not in packaged:
            raise ControlError(f"no scenario '{script}'; packaged are {', '.join(packaged)}")
        path = packaged[str(script)]
    try:
        return yaml.read_yaml(path, yaml.SMALL).value()
    except yaml.YamlError as error:
        raise ControlError(str(error)) from error
