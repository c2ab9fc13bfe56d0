"""The command `mockserver openapi`: prints a vendor's effective contract for other tools."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mockserver.errors import SettingsError
from mockserver.support.pointers import walk

SCHEMA = re.compile(r"^#/components/schemas/([^/]+)(/.*)?$")


@click.command("openapi")
@click.argument("vendor")
@click.option("--profile", type=click.Choice(["documented", "observed"]), default="documented", show_default=True)
@click.option("--schemas", type=click.Path(path_type=Path), metavar="DIR", help="Contracts other than the built-in.")
@click.option("--bundle/--no-bundle", default=True, help="One document, or each schema in a file beside --output.")
@click.option("--server", metavar="URL", help="Name this server in place of the vendor's own.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.option("--schemathesis-config", "config", is_flag=True, help="Print a schemathesis.toml for it instead.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write here, not to standard output.")
def openapi(
    vendor: str,
    profile: str,
    schemas: Path | None,
    bundle: bool,
    server: str | None,
    form: str,
    config: bool,
    output: Path | None,
) -> None:
    """Print the contract of VENDOR, overlays applied, as one OpenAPI 3.1 document."""
    from mockserver.cli.schemathesis_config import schemathesis_config  # noqa: PLC0415
    from mockserver.contracts import load_catalogue, packaged_schemas, served_at  # noqa: PLC0415 - only this command pays for it

    contract = load_catalogue(schemas or packaged_schemas(), (vendor,), profile).vendors[vendor]
    if config:
        write(schemathesis_config(contract), output)
        return
    document = served_at(contract.document, server) if server else dict(contract.document)
    if not bundle:
        if output is None:
            raise SettingsError("--no-bundle writes several files: say where with --output")
        document, files = unbundled(document)
        for name, schema in files.items():
            write(as_text(schema, "json"), output.with_name(f"{name}.json"))
    write(as_text(document, form), output)


def unbundled(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document with each component schema replaced by a reference to a file, and the content of those files."""
    apart = copy.deepcopy(dict(document))
    files = apart["components"].pop("schemas")
    _point_to_files(apart)
    _point_to_files(files)
    if not apart["components"]:
        del apart["components"]
    return apart, files


def _point_to_files(document: Any) -> None:
    for _, node in walk(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str) and (found := SCHEMA.match(node["$ref"])):
            node["$ref"] = f"{found[1]}.json{'#' + found[2] if found[2] else ''}"


def as_text(document: Any, form: str) -> str:
    """The document as YAML (no anchors, order kept) or indented JSON."""
    if form == "json":
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    from mockserver.support.yaml import yaml_text  # noqa: PLC0415

    return yaml_text(document)


def write(text: str, output: Path | None) -> None:
    """To a file, or to standard output."""
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
