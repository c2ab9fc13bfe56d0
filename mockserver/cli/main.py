"""The command line: `mockserver serve`, `routes`, `scenarios`, `export`, `check`, `proxy` and `extract`."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mockserver import __version__
from mockserver.errors import StartError
from mockserver.events.export import format_names
from mockserver.settings import ENVIRONMENT_PREFIX, Settings, load_settings

USAGE_ERROR = 2
ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "extract": ("mockserver.cli.extract", "Extract a vendor's contract from its documentation pages."),
    "openapi": (
        "mockserver.cli.openapi",
        "Print the contract of VENDOR, overlays applied, as one OpenAPI 3.1 document.",
    ),
    "vectors": (
        "mockserver.cli.vectors",
        "Write test vectors for VENDOR as JSON: bodies around every limit, with the status and violations to expect.",
    ),
}
"""Commands with a module of their own: the module, and what the list of commands says of them."""


class Commands(click.Group):
    """The commands, of which those ELSEWHERE are imported when they are called, and not to be listed."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted({*super().list_commands(context), *ELSEWHERE})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in ELSEWHERE:
            return super().get_command(context, name)
        command: click.Command = getattr(import_module(ELSEWHERE[name][0]), name)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        listed = {name: click.Command(name, help=text) for name, (_, text) in ELSEWHERE.items()}
        click.Group(commands={**self.commands, **listed}).format_commands(context, formatter)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockserver")
def cli() -> None:
    """A fake of the Datadog, Satori and Supalytics event APIs."""


def settings_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds an option for each of the named settings (all of them without names), and --config."""
    chosen = [setting for setting in fields(Settings) if not names or setting.name in names]

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        for setting in reversed(chosen):
            if not setting.metadata["file_only"]:
                function = _option(setting)(function)
        config = click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings file (YAML).")
        return config(function)

    return decorate


def _option(setting: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    metadata, default = setting.metadata, setting.default
    name = setting.name.replace("_", "-")
    if setting.type == "bool":
        return click.option(f"--{name}/--no-{name}", setting.name, default=None, help=metadata["help"])
    shown = "" if default in (None, (), MISSING) else f" [default: {default}]"
    return click.option(
        f"--{name}",
        setting.name,
        default=None,
        multiple=setting.type.startswith("tuple"),
        type=click.Choice(metadata["choices"]) if metadata["choices"] else str,
        metavar=metadata["metavar"] or ("N" if setting.type == "int" else None),
        help=f"{metadata['help']}{shown} [env: {ENVIRONMENT_PREFIX}{setting.name.upper()}]",
    )


def _settings(config: Path | None, options: dict[str, Any]) -> Settings:
    given = {name: value for name, value in options.items() if value not in (None, ())}
    return load_settings(given, os.environ, config)


@cli.command()
@settings_options()
def serve(config: Path | None, **options: Any) -> None:
    """Serve the documented endpoints until SIGTERM or SIGINT.

    Prints `mockserver listening on ADDRESS` when it really serves. Exit code 2: an address, a setting or a contract
    that it cannot serve with, said in one line.
    """
    gc.disable()  # what is made at start stays: looking for garbage among it only takes time
    from mockserver.http import uvicorn as serving  # noqa: PLC0415
    from mockserver.server.app import create_app  # noqa: PLC0415 - only this command pays for it

    settings = _settings(config, options)
    serving.log_to_stderr(settings.log_level)
    app = create_app(settings)

    def announce(address: str) -> None:
        if settings.responses == "varied":
            click.echo(f"mockserver varies its responses: --responses varied --seed {settings.seed}", err=True)
        click.echo(f"mockserver listening on {address}")

    serving.serve_at(app, settings, announce)


@cli.command()
@settings_options("vendor", "profile", "schemas")
@click.option("--explain", is_flag=True, help="List what the profile adds to the pages, with reason and evidence.")
def routes(config: Path | None, explain: bool, **options: Any) -> None:
    """Print a table of the endpoints that would be served."""
    from mockserver.cli.routes import explanation, routes_table  # noqa: PLC0415
    from mockserver.contracts import load_catalogue, overlay_actions, packaged_schemas  # noqa: PLC0415

    settings = _settings(config, options)
    schemas = settings.schemas or packaged_schemas()
    catalogue = load_catalogue(schemas, settings.vendor, settings.profile)
    click.echo(routes_table(catalogue.operations))
    if explain:
        for vendor in catalogue.vendors:
            actions = overlay_actions(schemas / vendor, settings.profile)
            if actions:
                click.echo(f"\n{explanation(vendor, settings.profile, actions, catalogue.operations)}")


@cli.command()
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="Where the mockserver runs.")
@click.option("--token", envvar="MOCKSERVER_ADMIN_TOKEN", help="Its --admin-token, if it has one.")
@click.option("--format", "form", type=click.Choice(format_names()), default="har", show_default=True)
@click.option("--account", help="Only the requests of this credential.")
@click.option("--vendor", help="Only the requests to this vendor.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write here, not to standard output.")
def export(
    url: str, token: str | None, form: str, account: str | None, vendor: str | None, output: Path | None
) -> None:
    """Write the journal of a running mockserver as HAR, JSON lines or curl commands, credentials masked."""
    from mockserver.client.control import ControlError, HttpControl  # noqa: PLC0415

    query = {"format": form, "account": account, "vendor": vendor}
    try:
        raw = HttpControl(url, token).download("/export", {key: value for key, value in query.items() if value})
    except ControlError as error:
        raise click.ClickException(str(error)) from error
    if output is None:
        sys.stdout.buffer.write(raw)
    else:
        output.write_bytes(raw)


@cli.command()
def scenarios() -> None:
    """List the fault scripts that come with mockserver."""
    from mockserver.contracts import load_catalogue, packaged_schemas  # noqa: PLC0415
    from mockserver.faults import packaged_scenarios, read_scenario  # noqa: PLC0415
    from mockserver.support.tables import table  # noqa: PLC0415

    operations = load_catalogue(packaged_schemas(), (), "documented").operations
    found = (read_scenario(name, operations) for name in packaged_scenarios())
    for line in table([(scenario.name, scenario.description) for scenario in found]):
        click.echo(line)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How to report.",
)
@click.option("--only", type=click.Choice(["requests", "responses"]), help="Judge only these.")
@click.option("--host", "hosts", multiple=True, metavar="HOST=VENDOR", help="Whose a host is; `*` matches any text.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too, and where nothing was judged.")
@click.option("--credentials/--no-credentials", default=True, help="Ask requests for credentials [default: yes].")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write here, not to standard output.")
@settings_options("vendor", "profile", "schemas", "max_body_bytes")
def check(
    files: tuple[Path, ...],
    form: str,
    only: str | None,
    hosts: tuple[str, ...],
    strict: bool,
    credentials: bool,
    output: Path | None,
    config: Path | None,
    **options: Any,
) -> None:
    """Hold recorded traffic against the contracts: HAR, VCR cassettes, mockserver's JSON lines, directories of them.

    Exit code 1 where a request or a response breaks its contract, 2 where a file cannot be read.
    """
    from mockserver.cli.check import run  # noqa: PLC0415

    settings = _settings(config, options)
    sys.exit(
        run(
            settings,
            files,
            form=form,
            only=only,
            hosts=hosts,
            strict=strict,
            credentials=credentials,
            output=output,
        )
    )


@cli.command()
@click.option("--upstream", "upstreams", multiple=True, required=True, metavar="VENDOR=URL", help="Where it goes.")
@click.option("--enforce", is_flag=True, help="Answer 400 to a request that breaks its contract; do not send it on.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long an upstream may take to answer.",
)
@settings_options(
    "host",
    "port",
    "uds",
    "profile",
    "schemas",
    "log_level",
    "admin_token",
    "admin_host",
    "max_body_bytes",
    "journal_entries",
    "journal_bytes",
    "accounts",
)
def proxy(upstreams: tuple[str, ...], enforce: bool, timeout: float, config: Path | None, **options: Any) -> None:
    """Pass live traffic on to the vendors, and judge requests and answers on the way.

    Prints `mockserver listening on ADDRESS` when it really serves; /__admin shows what passed. Exit code 2: an
    address, a setting or a contract that it cannot serve with, said in one line.
    """
    from mockserver.cli.proxy import run  # noqa: PLC0415

    run(_settings(config, options), upstreams, timeout=timeout, enforce=enforce)


def main() -> None:
    """The entry point: a failure to start is one clear line and exit code 2."""
    try:
        cli.main(standalone_mode=False)
    except StartError as error:
        click.echo(f"mockserver: {error}", err=True)
        sys.exit(USAGE_ERROR)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)


if __name__ == "__main__":
    main()
