"""Reads a vendor's contract files, and bundles them into one self-contained OpenAPI document."""

import json
from pathlib import Path
from typing import Any

from mockserver.errors import ContractError
from mockserver.support.pointers import walk

SCHEMA_PREFIX = "#/components/schemas/"
PACKAGED = Path(__file__).parents[1] / "schemas"


def packaged_schemas() -> Path:
    """The folder of contracts that comes with the package, in a checkout as in an installed wheel."""
    return PACKAGED


def is_packaged(folder: Path) -> bool:
    """Whether a vendor's folder is one of those that come with the package."""
    return folder.parent == PACKAGED


def contract_folders(schemas: Path) -> dict[str, Path]:
    """The vendors that a schemas folder holds: each a folder with an `openapi.yaml`. Raises ContractError if none."""
    if not schemas.is_dir():
        raise ContractError(schemas, "", "is not a folder")
    folders = sorted(file.parent for file in schemas.glob("*/openapi.yaml"))
    if not folders:
        raise ContractError(schemas, "", "holds no contract: expected <vendor>/openapi.yaml")
    return {folder.name: folder for folder in folders}


def read_yaml(path: Path) -> Any:
    """One YAML document. Raises ContractError that names the line."""
    from mockserver.support import yaml  # noqa: PLC0415 - a start from cached contracts does without

    try:
        return yaml.read_yaml(path).value()
    except yaml.YamlError as error:
        raise ContractError(path, error.place, error.problem) from error


def read_bundle(folder: Path) -> dict[str, Any]:
    """A vendor's `openapi.yaml` with every `$ref` to a schema file moved into `components/schemas`. Raises
    ContractError for a missing file, a document that is not OpenAPI 3.1, or a reference out of the folder."""
    source = folder / "openapi.yaml"
    document = read_yaml(source)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1"):
        raise ContractError(source, "openapi", "expected an OpenAPI 3.1 document")
    document.setdefault("paths", {})
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for holder in _references(document):
        reference = holder["$ref"]
        if not isinstance(reference, str):
            raise ContractError(source, "$ref", f"expected a string, found {reference!r}")
        if not reference.startswith("#"):
            holder["$ref"] = SCHEMA_PREFIX + _bundle_file(folder, source, reference, schemas)
    return document


def _bundle_file(folder: Path, source: Path, reference: str, schemas: dict[str, Any]) -> str:
    name = reference.removesuffix(".json")
    path = folder / reference
    if "/" in reference or not reference.endswith(".json"):
        raise ContractError(source, f"$ref {reference}", "expected a .json file of the same folder")
    if name in schemas:
        return name
    if not path.is_file():
        raise ContractError(source, f"$ref {reference}", "there is no such file")
    try:
        schema = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise ContractError(path, f"line {error.lineno}", error.msg) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(path, "", f"cannot be read: {error}") from error
    if not isinstance(schema, dict):
        raise ContractError(path, "", "expected a JSON Schema object")
    schema.pop("$schema", None)
    schema.pop("$id", None)
    for holder in _references(schema):
        target = holder["$ref"]
        if isinstance(target, str) and target.startswith("#/"):
            holder["$ref"] = f"{SCHEMA_PREFIX}{name}/{target[2:]}"
    schemas[name] = schema
    return name


def _references(document: Any) -> list[dict[str, Any]]:
    """Every object of a document that holds a `$ref`."""
    return [value for _, value in walk(document) if isinstance(value, dict) and "$ref" in value]
