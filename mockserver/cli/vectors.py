"""The command `mockserver vectors`."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("vectors")
@click.argument("vendor")
@click.option("--seed", type=int, default=0, show_default=True, help="Vectors are the same for the same seed.")
@click.option("--profile", type=click.Choice(["documented", "observed"]), default="documented", show_default=True)
@click.option("--schemas", type=click.Path(path_type=Path), metavar="DIR", help="Contracts other than the built-in.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write here, not to standard output.")
def vectors(vendor: str, seed: int, profile: str, schemas: Path | None, output: Path | None) -> None:
    """Write test vectors for VENDOR as JSON: bodies around every limit, with the status and violations to expect."""
    from mockserver.contracts import load_catalogue, packaged_schemas  # noqa: PLC0415 - only this command pays for it
    from mockserver.vectors.document import make_vectors  # noqa: PLC0415

    contract = load_catalogue(schemas or packaged_schemas(), (vendor,), profile).vendors[vendor]
    text = json.dumps(make_vectors(contract, seed), indent=1, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
