"""The command `mockserver vectors`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mockserver.cli.options import output_option, settings_options, write_output
from mockserver.contracts import load_catalogue, packaged_schemas
from mockserver.settings import Settings
from mockserver.vectors.document import make_vectors


@click.command("vectors")
@click.argument("vendor")
@settings_options("profile", "schemas", "seed")
@output_option
def vectors(vendor: str, settings: Settings, output: Path | None) -> None:
    """Write test vectors for VENDOR as JSON.

    They are bodies around every limit, with the expected status and violations. The same seed writes the same vectors.
    """
    catalogue = load_catalogue(settings.schemas or packaged_schemas(), (vendor,), settings.profile)
    document = make_vectors(catalogue.vendors[vendor], settings.seed)
    write_output(json.dumps(document, indent=1, ensure_ascii=False) + "\n", output)
