"""The command `mockserver openapi`: prints a vendor's effective contract for other tools."""

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mockserver.cli.options import output_option, settings_options, write_output
from mockserver.cli.schemathesis_config import schemathesis_config
from mockserver.contracts import served_at
from mockserver.errors import SettingsError
from mockserver.settings import Settings
from mockserver.support.jsontext import indented
from mockserver.support.pointers import walk
from mockserver.support.yaml import yaml_text
from mockserver.vendors.contracts import load_contracts

SCHEMA = re.compile(r"^#/components/schemas/([^/]+)(/.*)?$")


@click.command("openapi")
@click.argument("vendor")
@settings_options("profile", "schemas", "state")
@click.option(
    "--bundle/--no-bundle", default=True, help="Write one document, or each schema to a file beside --output."
)
@click.option("--server", metavar="URL", help="Name this server instead of the vendor's own.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.option(
    "--schemathesis-config",
    "for_schemathesis",
    is_flag=True,
    help="Print a schemathesis.toml for the contract instead.",
)
@output_option
def openapi(
    vendor: str,
    settings: Settings,
    bundle: bool,
    server: str | None,
    form: str,
    for_schemathesis: bool,
    output: Path | None,
) -> None:
    """Print the contract of VENDOR as one OpenAPI 3.1 document.

    The overlays of the profile are applied.
    """
    catalogue = load_contracts(settings.schemas, (vendor,), settings.profile)
    contract = catalogue.vendors[vendor]
    if for_schemathesis:
        schemas = str(settings.schemas) if settings.schemas is not None else None
        write_output(schemathesis_config(contract, state=settings.state, schemas=schemas), output)
        return
    document = served_at(contract.document, server) if server else dict(contract.document)
    files: dict[str, Any] = {}
    if not bundle:
        if output is None:
            raise SettingsError("--no-bundle writes several files: name the first with --output")
        document, files = unbundled(document)
    write_output(indented(document) if form == "json" else yaml_text(document), output)
    for name, schema in files.items():
        write_output(indented(schema), Path(output or "").with_name(f"{name}.json"))


def unbundled(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document with each component schema replaced by a reference to a file, and the content of those files."""
    apart = copy.deepcopy(dict(document))
    for _, node in walk(apart):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str) and (found := SCHEMA.match(node["$ref"])):
            node["$ref"] = f"{found[1]}.json{'#' + found[2] if found[2] else ''}"
    files = apart["components"].pop("schemas")
    if not apart["components"]:
        del apart["components"]
    return apart, files
