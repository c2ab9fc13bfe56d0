"""The command `mockserver export`."""

from pathlib import Path

import click

from mockserver.cli.options import output_option, write_output
from mockserver.cli.remote import token_option, url_option
from mockserver.client.control import ControlError, HttpControl
from mockserver.errors import SettingsError, StartError
from mockserver.events.export import format_names


@click.command("export")
@url_option
@token_option
@click.option("--format", "form", type=click.Choice(format_names()), default="har", show_default=True)
@click.option("--account", help="Export only the requests of this credential.")
@click.option("--vendor", help="Export only the requests to this vendor.")
@output_option
def export(
    url: str, token: str | None, form: str, account: str | None, vendor: str | None, output: Path | None
) -> None:
    """Export the journal of a running mockserver, credentials masked."""
    query = {"format": form, "account": account, "vendor": vendor}
    try:
        control = HttpControl(url, token)
    except ControlError as error:
        raise SettingsError(f"--url: {error}") from error
    try:
        raw = control.download("/export", {key: value for key, value in query.items() if value})
    except ControlError as error:
        raise StartError(str(error)) from None
    write_output(raw, output)
