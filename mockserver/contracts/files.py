"""Reads a vendor's contract files, and bundles them into one self-contained OpenAPI document."""

import json
import sys
from pathlib import Path
from typing import Any

from mockserver.errors import ContractError
from mockserver.support.form import MAX_LEVELS, FormError, as_json, check_openapi
from mockserver.support.pointers import walk

SCHEMA_PREFIX = "#/components/schemas/"
PACKAGED = Path(__file__).parents[1] / "schemas"


def packaged_schemas() -> Path:
    """The folder of contracts that comes with the package, in a checkout as in an installed wheel."""
    return PACKAGED


def is_packaged(document: Path) -> bool:
    """Whether a vendor's document is one of those that come with the package."""
    return document.parent.parent == PACKAGED


def read_yaml(path: Path) -> Any:
    """A YAML document as a value of JSON: keys and dates are texts. Raises ContractError that names the line or the
    place."""
    from mockserver.support import yaml  # noqa: PLC0415 - a start from cached contracts does without

    try:
        return as_contract_json(yaml.read_yaml(path).value(), path)
    except yaml.YamlError as error:
        raise ContractError(path, error.place, error.problem) from error


def as_contract_json(value: Any, path: Path) -> Any:
    """A value that was read from a file as one of JSON. Raises ContractError that names the place."""
    try:
        return as_json(value)
    except FormError as error:
        raise ContractError(path, error.place, error.problem) from error


def check_form(document: Any, source: Path) -> None:
    """Raises ContractError for the first place of a document that has another form than OpenAPI asks for."""
    try:
        check_openapi(document)
    except FormError as error:
        raise ContractError(source, error.place, error.problem) from error


def bundle_strictly(source: Path, document: Any) -> dict[str, Any]:
    """The document of `source` with every `$ref` to a schema file beside it moved into `components/schemas`, in place.

    Raises ContractError for a missing file, a document that is not OpenAPI 3.1, or a reference out of the folder.
    """
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1"):
        raise ContractError(source, "openapi", "expected an OpenAPI 3.1 document")
    check_form(document, source)
    document.setdefault("paths", {})
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for holder in _references(document):
        reference = holder["$ref"]
        if not isinstance(reference, str):
            raise ContractError(source, "$ref", f"expected a string, found {reference!r}")
        if not reference.startswith("#"):
            holder["$ref"] = SCHEMA_PREFIX + _bundle_file(source.parent, source, reference, schemas)
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
        schema = as_contract_json(json.loads(path.read_text("utf-8")), path)
    except json.JSONDecodeError as error:
        raise ContractError(path, f"line {error.lineno}", error.msg) from error
    except UnicodeDecodeError as error:
        raise ContractError(path, "", "is not text in UTF-8") from error
    except ValueError as error:
        raise ContractError(path, "", f"holds a number with more than {sys.get_int_max_str_digits()} digits") from error
    except RecursionError as error:
        raise ContractError(path, "", f"is nested more than {MAX_LEVELS} levels deep") from error
    except OSError as error:
        raise ContractError(path, "", f"cannot be read: {error.strerror or error}") from error
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
