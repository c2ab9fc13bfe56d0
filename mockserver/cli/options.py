"""What the commands share: the options of the settings, and where output goes."""

import io
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field
from functools import wraps
from pathlib import Path
from typing import Any

import click

from mockserver.errors import SettingsError, one_line
from mockserver.settings import ENVIRONMENT_PREFIX, Settings, kind_of, load_settings, mistyped_variables, options_of
from mockserver.vendors.registry import vendor_settings

Command = Callable[..., None]
Decorator = Callable[[Command], Command]

output_option: Decorator = click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file, not to standard output."
)


def settings_options(*names: str) -> Decorator:
    """Gives a command `settings`: out of an option for each of the named ones (all of them without names, the vendors'
    own included), --config and the environment."""
    of_vendors = vendor_settings()
    declared = [*options_of(Settings), *(setting for kind in of_vendors.values() for setting in options_of(kind))]
    chosen = [setting for setting in declared if not names or setting.name in names]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def call(config: Path | None, **options: Any) -> None:
            known = {name for setting in chosen for name in (setting.name, *setting.metadata["aliases"])}
            flags = {name: options.pop(name) for name in known & options.keys()}
            given = {name: value for name, value in flags.items() if value not in (None, ())}
            for warning in mistyped_variables(os.environ, of_vendors):
                click.echo(f"mockserver: warning: {one_line(warning)}", err=True)
            command(settings=load_settings(given, os.environ, config, of_vendors), **options)

        decorated: Command = call
        for setting in reversed(chosen):
            if not setting.metadata["file_only"]:
                for name in (*setting.metadata["aliases"], setting.name):
                    decorated = _option(setting, name)(decorated)
        config = click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings file (YAML).")
        return config(decorated)

    return decorate


def _option(setting: Field[Any], name: str) -> Decorator:
    """The option of a setting under its name, or, hidden, under a former one."""
    metadata, kind, flag = setting.metadata, kind_of(setting), f"--{name.replace('_', '-')}"
    return click.option(
        f"{flag}/--no-{flag[2:]}" if kind == "bool" else flag,
        name,
        default=None,
        hidden=name != setting.name,
        multiple=kind.startswith("tuple"),
        type=click.Choice(metadata["choices"]) if metadata["choices"] else bool if kind == "bool" else str,
        metavar=metadata["metavar"] or ("N" if kind == "int" else None),
        help=f"{metadata['help']}{_default(setting)} [env: {ENVIRONMENT_PREFIX}{name.upper()}]",
    )


def _default(setting: Field[Any]) -> str:
    if setting.default in (None, (), MISSING):
        return ""
    default = setting.default if kind_of(setting) != "bool" else "yes" if setting.default else "no"
    return f" [default: {default}]"


def write_output(content: str | bytes, output: Path | None) -> None:
    """Writes to a file, in UTF-8, or to standard output; of text that is no Unicode, what is. Raises SettingsError
    where the file cannot be written."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    if output is None:
        raw = getattr(sys.stdout, "buffer", None)
        if isinstance(raw, io.RawIOBase):  # PYTHONUNBUFFERED is set; then a signal cuts what is larger than a pipe
            _write_whole(raw, data)
        else:
            click.echo(data if isinstance(content, bytes) else data.decode(), nl=False)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise SettingsError(f"--output: {output} cannot be written: {error.strerror or error}") from None


def _write_whole(raw: io.RawIOBase, data: bytes) -> None:
    """Writes all of it, in as many pieces as it takes."""
    left = memoryview(data)
    while left:
        left = left[raw.write(left) or 0 :]


def echo_lines(lines: Iterable[str]) -> None:
    """Prints lines; of text that is no Unicode, what is."""
    for line in lines:
        click.echo(line.encode("utf-8", "replace").decode())
