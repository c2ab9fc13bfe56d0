"""Finds the contracts that a path names: a folder of vendors, one vendor's folder, or one document."""

import re
from collections.abc import Iterator
from pathlib import Path

from mockserver.errors import ContractError

SUFFIXES = (".yaml", ".yml", ".json")
STEMS = ("openapi", "swagger")
"""What a vendor's document is usually called; another name is taken where it is the only document of its folder."""
OVERLAYS = {"documented": "overlay.yaml", "observed": "observed.yaml"}
"""The profiles, and the overlay that each lays over the one before."""
_VERSION = re.compile(rb"""(?m)(?:^|[{,]\s*)["']?(?:openapi|swagger)["']?\s*:\s*["']?[23]\.""")


def contract_files(schemas: Path) -> dict[str, Path]:
    """The document of each vendor at a path, by the vendor's name: that of its folder or file, as `vendor_name` makes
    it. Raises ContractError where there is none, or two of one name."""
    try:
        files = list(_documents(schemas))
    except OSError as error:
        raise ContractError(schemas, "", f"cannot be read: {error.strerror or error}") from error
    if not files:
        raise ContractError(schemas, "", "holds no contract: expected <vendor>/openapi.yaml, or OpenAPI documents")
    named: dict[str, Path] = {}
    for name, file in files:
        if name in named:
            raise ContractError(file, "", f"the vendor {name} is {named[name]} already: rename one of them")
        named[name] = file
    return dict(sorted(named.items()))


def overlay_file(document: Path, profile: str) -> Path:
    """The overlay that a profile lays over a document: `overlay.yaml` beside `openapi.yaml`, and `acme.overlay.yaml`
    beside `acme.yaml`."""
    name = OVERLAYS[profile]
    return document.with_name(name if document.stem in STEMS else f"{document.stem}.{name}")


def vendor_name(text: str) -> str:
    """The name of a vendor, made of that of a file or folder or of a title: in lower case, with `-` for whatever
    cannot stand in a path of a URL."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.") or "api"


def _documents(schemas: Path) -> Iterator[tuple[str, Path]]:
    """The name and the document of each vendor."""
    if not schemas.is_dir():
        if not schemas.exists():
            raise ContractError(schemas, "", "there is no such file or folder")
        yield _name_of(schemas), schemas
        return
    own = _usual_document(schemas)
    if own is not None:
        yield vendor_name(schemas.resolve().name), own
        return
    for path in sorted(schemas.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            document = _usual_document(path) or _only_document(path)
            if document is not None:
                yield _folder_name(path), document
        elif path.is_file() and is_document(path):
            yield vendor_name(path.stem), path


def _folder_name(folder: Path) -> str:
    return folder.name if re.fullmatch(r"[\w.-]+", folder.name) else vendor_name(folder.name)


def _name_of(file: Path) -> str:
    """The name of a vendor of which one file is given: where that says only what it holds, that of its folder."""
    return vendor_name(file.resolve().parent.name if file.stem.lower() in STEMS else file.stem)


def _usual_document(folder: Path) -> Path | None:
    candidates = (folder / f"{stem}{suffix}" for stem in STEMS for suffix in SUFFIXES)
    return next((each for each in candidates if each.is_file()), None)


def _only_document(folder: Path) -> Path | None:
    found = [each for each in sorted(folder.iterdir()) if each.is_file() and is_document(each)]
    return found[0] if len(found) == 1 else None


def is_document(file: Path) -> bool:
    """Whether a file looks like an OpenAPI document: one of JSON or YAML that names a version."""
    if file.suffix.lower() not in SUFFIXES:
        return False
    return _VERSION.search(file.read_bytes()) is not None
