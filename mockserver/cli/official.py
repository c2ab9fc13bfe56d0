"""Reads an OpenAPI document for `mockserver extract`, in any version, from one file or many."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from mockserver.contracts.bundling import Bundler
from mockserver.contracts.dereferencing import ReferencingError, operation_at
from mockserver.contracts.sifting import sifted
from mockserver.contracts.sources import Sources, read_document
from mockserver.contracts.upgrading import dialect_of
from mockserver.errors import ContractError, one_line
from mockserver.extract.errors import ExtractError
from mockserver.extract.kept import Call, calls
from mockserver.extract.model import Schema, Unread
from mockserver.extract.official import Official
from mockserver.extract.reading import load

HEAD = re.compile(r"""^\s*["']?(?:openapi|swagger)["']?\s*:\s*["']?[23]\b""", re.MULTILINE)
MAX_HEAD = 100_000
"""How many bytes of a file are searched for the version of OpenAPI."""
SUFFIXES = (".json", ".yaml", ".yml")


def is_document(name: str) -> bool:
    """Whether a path or URL leads to an OpenAPI document, by its name and the head of the file."""
    if not name.lower().partition("?")[0].endswith(SUFFIXES):
        return False
    if re.match(r"https?://", name):
        return True
    try:
        with Path(name).open("rb") as file:
            head = file.read(MAX_HEAD).decode("utf-8", "replace")
    except OSError:
        return False
    return HEAD.search(head) is not None or re.search(r'[{,]\s*"(?:openapi|swagger)"\s*:', head) is not None


def read_official(name: str) -> tuple[Official, list[Unread]]:
    """The document called `name`, and the operations of it that cannot be read. Raises ExtractError."""
    if not re.match(r"https?://", name):
        return _read(name, Path(name))
    with TemporaryDirectory() as folder:
        file = Path(folder) / Path(name.partition("?")[0]).name
        file.write_text(load(name).text, "utf-8")
        return _read(name, file)


def _read(name: str, file: Path) -> tuple[Official, list[Unread]]:
    try:
        document = read_document(file)
        dialect = dialect_of(document)
        if dialect is None:
            raise ExtractError(name, 1, "OpenAPI 3.0, 3.1 or 3.2, or Swagger 2.0")
        main = file.resolve()
        rest = sifted(Bundler(main, Sources(main, document, dialect)).bundle())
    except ContractError as error:
        raise ExtractError(name, 1, f"an OpenAPI document that can be read ({one_line(str(error))})") from error
    unread = [Unread(name, 1, f"an operation that can be served ({line})", "operation") for line in rest.left_out]
    operations: dict[Call, Schema] = {}
    for path, method in calls(rest.document):
        try:
            operations[path, method] = operation_at(rest.document, path, method)
        except ReferencingError as error:
            unread.append(Unread(name, 1, f"{method.upper()} {path}: {error}", "operation"))
    components = rest.document.get("components", {})
    info = rest.document.get("info") or {}
    official = Official(
        label=str(info.get("title") or Path(name).name),
        operations=operations,
        schemas=components.get("schemas", {}),
        security_schemes=components.get("securitySchemes", {}),
        servers=tuple(rest.document.get("servers") or ()),
        security=tuple(rest.document.get("security") or ()),
    )
    return official, unread
