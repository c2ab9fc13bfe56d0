"""Reads the files of a contract, and finds what a reference in one of them leads to."""

import json
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import orjson

from mockserver.contracts.files import as_contract_json, read_yaml
from mockserver.contracts.swagger import modernised
from mockserver.contracts.upgrading import Dialect, dialect_of
from mockserver.errors import ContractError
from mockserver.support.keywords import MAX_HOPS
from mockserver.support.pointers import follow, walk

MAX_BYTES = 64 * 1024 * 1024


class Origin(NamedTuple):
    """Where an object stands: the file, the dialect of its schemas, and the pointer of the schema resource (one with an
    `$id`) that its references are relative to, "" for the whole file."""

    file: Path
    dialect: Dialect
    resource: str = ""


class Target(NamedTuple):
    """What a reference leads to: the object, where it stands, and its pointer in that file."""

    value: Any
    origin: Origin
    pointer: str


class Sources:
    """The files of one contract, each read once. `problems` tells of each that could not be read, by its path."""

    def __init__(self, main: Path, document: Any, dialect: Dialect) -> None:
        self._raw: dict[Path, Any] = {main: document}
        self._identified: dict[Path, dict[str, str]] = {}
        self._dialects: dict[Path, Dialect] = {main: dialect}
        self.problems: dict[Path, str] = {}

    def origin(self, file: Path) -> Origin:
        return Origin(file, self._dialects[file])

    def within(self, identifier: str, origin: Origin) -> Origin:
        """The origin of what stands in a schema of this `$id`: its references are relative to it."""
        return origin._replace(resource=self._identifiers(origin.file).get(identifier.removesuffix("#"), ""))

    def document(self, file: Path) -> Any:
        """A whole file in the form of OpenAPI 3.1, but for its schemas."""
        raw = self._raw[file]
        if self._dialects[file] != "2.0" or not isinstance(raw, dict) or "swagger" not in raw:
            return raw
        return modernised(raw, lambda spec: self._resolved(spec, self.origin(file)))

    def find(self, reference: str, origin: Origin) -> Target | None:
        """What a reference in an object at `origin` leads to; None where it leads nowhere."""
        address, _, fragment = reference.partition("#")
        file, resource = origin.file, origin.resource
        if address and address in self._identifiers(origin.file):
            resource = self._identifiers(origin.file)[address]
        elif address:
            read = self._opened(origin.file, address, origin.dialect)
            if read is None:
                return None
            file, resource = read, ""
        pointer = unquote(fragment)
        if pointer and not pointer.startswith("/"):
            anchor = self._identifiers(file).get(f"#{pointer}")
            if anchor is None:
                return None
            pointer, resource = anchor, ""
        value = follow(self._raw[file], resource + pointer)
        if value is None:
            return None
        return Target(value, Origin(file, self._dialects[file], resource), resource + pointer)

    def _resolved(self, spec: Any, origin: Origin) -> Any:
        """The object behind a Reference Object, its own references made to lead to the same places from anywhere."""
        for _ in range(MAX_HOPS):
            if not (isinstance(spec, dict) and isinstance(spec.get("$ref"), str)):
                return spec
            target = self.find(spec["$ref"], origin)
            if target is None:
                return spec
            spec = target.value
            if target.origin.file != origin.file:
                spec, origin = _absolute(spec, target.origin.file), target.origin
        return spec

    def _opened(self, base: Path, address: str, dialect: Dialect) -> Path | None:
        """The file of a relative address, read; None where it cannot be."""
        if urlsplit(address).scheme not in ("", "file"):
            return None
        file = (base.parent / unquote(urlsplit(address).path)).resolve()
        if file in self._raw:
            return file
        if file in self.problems:
            return None
        try:
            self._raw[file] = read_document(file)
        except ContractError as error:
            self.problems[file] = str(error)
            return None
        self._dialects[file] = dialect_of(self._raw[file]) or dialect
        return file

    def _identifiers(self, file: Path) -> dict[str, str]:
        """The pointers of the schemas of a file that have an `$id` or an `$anchor`, by the name and by `#anchor`."""
        known = self._identified.get(file)
        if known is None:
            known = self._identified[file] = {}
            if self._dialects[file] == "3.1":
                for pointer, node in walk(self._raw[file]):
                    if isinstance(node, dict) and isinstance(node.get("$id"), str):
                        known.setdefault(node["$id"].removesuffix("#"), pointer)
                    for keyword in ("$anchor", "$dynamicAnchor"):
                        if isinstance(node, dict) and isinstance(node.get(keyword), str):
                            known.setdefault(f"#{node[keyword]}", pointer)
        return known


def _absolute(node: Any, file: Path) -> Any:
    """A copy of an object with every relative reference in it led from `file`."""
    if isinstance(node, dict):
        made = {name: _absolute(value, file) for name, value in node.items()}
        if isinstance(node.get("$ref"), str) and not urlsplit(node["$ref"]).scheme:
            address, _, fragment = node["$ref"].partition("#")
            made["$ref"] = f"{(file.parent / address) if address else file}#{fragment}"
        return made
    return [_absolute(item, file) for item in node] if isinstance(node, list) else node


def read_document(file: Path) -> Any:
    """A file of JSON or YAML as a value of JSON. Raises ContractError, one line that names the file and the line."""
    if not file.is_file():
        raise ContractError(file, "", "there is no such file")
    if file.suffix.lower() != ".json":
        return read_yaml(file)
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ContractError(file, "", f"cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_BYTES:
        raise ContractError(file, "", f"is larger than {MAX_BYTES} bytes")
    try:
        value = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise _explained(file, content, error) from error
    return as_contract_json(value, file)


def _explained(file: Path, content: bytes, error: json.JSONDecodeError) -> ContractError:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as undecodable:
        line = content.count(b"\n", 0, undecodable.start) + 1
        return ContractError(file, f"line {line}", "is not text in UTF-8")
    return ContractError(file, f"line {error.lineno}", error.msg)
