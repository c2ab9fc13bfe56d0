"""A contract → files: their bytes, and all of them written or none."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Contract
from mockserver.support.jsontext import indented
from mockserver.support.yaml import yaml_text

SCHEMAS = ("*.request.json", "*.response.*.json")
EXAMPLES = ("*/request.example-*.json", "*/request.sample-*.json", "*/response.*.json")


def render(contract: Contract, out: Path, fixtures: Path) -> dict[Path, bytes]:
    """Path → content of every file of the contract."""
    folder = out / contract.vendor
    files = {folder / "openapi.yaml": yaml_text(contract.openapi).encode()}
    files.update((folder / name, indented(schema).encode()) for name, schema in contract.schemas.items())
    examples = fixtures / contract.vendor
    files.update((examples / name, indented(body).encode()) for name, body in contract.examples.items())
    return files


def stale(contract: Contract, out: Path, fixtures: Path, files: Iterable[Path]) -> list[Path]:
    """Files that an earlier extraction for this vendor left and this one does not write. What is written by hand
    is not among them, since its name has another form."""
    kept = set(files)
    folders = {out / contract.vendor: SCHEMAS, fixtures / contract.vendor: EXAMPLES}
    found = {path for folder, patterns in folders.items() for pattern in patterns for path in folder.glob(pattern)}
    return sorted(found - kept)


def write(files: Mapping[Path, bytes], remove: Iterable[Path]) -> None:
    """Write all files, then remove those that are stale. Content goes to temporary files first, so that a full
    disk or a missing permission leaves everything as it was. Raises ExtractError for a file that cannot be written."""
    unfinished = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in files}
    path = Path()
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished[path].write_bytes(content)
        for path in files:
            unfinished[path].replace(path)
    except OSError as error:
        raise ExtractError(str(path), 1, f"a file that can be written ({error.strerror})") from error
    finally:
        for temporary in unfinished.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    for path in remove:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
