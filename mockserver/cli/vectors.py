"""The command `mockserver vectors`."""

from pathlib import Path

import click

from mockserver.cli.options import output_option, settings_options, write_output
from mockserver.settings import Settings
from mockserver.support.jsontext import indented
from mockserver.vectors.document import make_vectors
from mockserver.vendors.contracts import load_contracts


@click.command("vectors")
@click.argument("vendor")
@settings_options("profile", "schemas", "seed")
@output_option
def vectors(vendor: str, settings: Settings, output: Path | None) -> None:
    """Write test vectors for VENDOR as JSON.

    They are bodies around every limit, with the expected status and violations. The same seed writes the same vectors.
    """
    catalogue = load_contracts(settings.schemas, (vendor,), settings.profile)
    document = make_vectors(catalogue.vendors[vendor], settings.seed)
    write_output(indented(document, 1), output)
