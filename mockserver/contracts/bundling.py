"""Makes one self-contained OpenAPI 3.1 document of a contract in any dialect, however many files it is in."""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs

from mockserver.contracts.anatomy import SECTIONS, part_of
from mockserver.contracts.checking import KEYWORDS
from mockserver.contracts.sources import Origin, Sources, Target
from mockserver.contracts.upgrading import upgraded_schema
from mockserver.support.keywords import DIALECT
from mockserver.support.pointers import escaped, parts_of

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_RANGE = re.compile(r"^[1-5]xx$")
MAX_NAME = 80
_DROPPED = frozenset({"$id", "$schema", "$anchor", "$dynamicAnchor", "$vocabulary", "id"})
"""Keywords that only say where a schema is found: after bundling it is found among the components."""
_KNOWN = frozenset(KEYWORDS) | _DROPPED | {"xml", "externalDocs", "definitions", "additionalItems", "$dynamicRef"}


class Bundle(NamedTuple):
    """A self-contained document: each reference of a schema is `#/components/schemas/NAME`, and none leads out of it.

    `broken` says of each reference that leads nowhere, and of each schema that is none, what is wrong with it.
    `warnings` are about what is served, but not judged.
    """

    document: dict[str, Any]
    broken: Mapping[str, str]
    warnings: tuple[str, ...]


class Bundler:
    """Copies the document of `main` object by object: upgrades the schemas, and moves what is referred to among the
    components."""

    def __init__(self, main: Path, sources: Sources) -> None:
        self._main = main
        self._sources = sources
        self._names: dict[tuple[Path, str, str], str] = {}
        self._taken: dict[str, set[str]] = {section: set() for section in SECTIONS.values()}
        self._waiting: list[tuple[str, str, Target]] = []
        self._moved: dict[str, dict[str, Any]] = {}
        self._broken: dict[str, str] = {}
        self._unknown: dict[str, tuple[str, int]] = {}
        self._patterns: dict[str, bool] = {}
        self._warnings: dict[str, None] = {}

    def bundle(self) -> Bundle:
        origin = self._sources.origin(self._main)
        document = self._sources.document(self._main)
        self._name_components(document, origin)
        bundled = self._copy("document", document, origin, "")
        bundled["openapi"] = bundled["openapi"] if str(bundled["openapi"]).startswith("3.2") else "3.1.0"
        components = bundled["components"] = self._renamed(bundled.get("components") or {})
        while self._waiting:
            kind, name, target = self._waiting.pop()
            value = self._copy(kind, target.value, target.origin, f"/components/{SECTIONS[kind]}/{name}")
            self._moved.setdefault(SECTIONS[kind], {})[name] = value
        for section, moved in self._moved.items():
            components[section] = {**(components.get(section) or {}), **moved}
        components.setdefault("schemas", {})
        for name, scheme in (components.get("securitySchemes") or {}).items():
            if isinstance(scheme, dict) and scheme.get("type") == "mutualTLS":
                self._warnings[f"not judged: client certificates (at #/components/securitySchemes/{name})"] = None
        bundled.setdefault("paths", {})
        return Bundle(bundled, self._broken, (*self._warnings, *self._unknown_keywords(), *self._unread_files()))

    # Names

    def _name_components(self, document: Any, origin: Origin) -> None:
        """Keeps the names of the document's own components, as far as a reference can hold them."""
        components = document.get("components")
        components = components if isinstance(components, dict) else {}
        for kind, section in SECTIONS.items():
            names = components.get(section)
            names = list(names) if isinstance(names, dict) else []
            for name in sorted(names, key=lambda each: _NAME.fullmatch(each) is None):
                where = "/definitions" if origin.dialect == "2.0" and kind == "schema" else f"/components/{section}"
                self._name(origin.file, f"{where}/{escaped(name)}", kind, name)

    def _name(self, file: Path, pointer: str, kind: str, wanted: str) -> str:
        """The name of a component, made of the wanted one where that is taken or cannot stand in a reference."""
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", wanted)[-MAX_NAME:] or kind
        name, number, taken = stem, 2, self._taken[SECTIONS[kind]]
        while name in taken:
            name, number = f"{stem}_{number}", number + 1
        taken.add(name)
        self._names[file, pointer, kind] = name
        return name

    def _renamed(self, components: dict[str, Any]) -> dict[str, Any]:
        """The components under the names that references to them have."""
        origin = self._sources.origin(self._main)
        renamed = dict(components)
        for kind, section in SECTIONS.items():
            if isinstance(components.get(section), dict):
                where = "/definitions" if origin.dialect == "2.0" and kind == "schema" else f"/components/{section}"
                renamed[section] = {
                    self._names.get((origin.file, f"{where}/{escaped(name)}", kind), name): value
                    for name, value in components[section].items()
                }
        return renamed

    # Copies

    def _copy(self, kind: str, node: Any, origin: Origin, place: str, *, root: bool = True) -> Any:
        """An object of a kind with all that it holds. `root` says that a schema is not part of another."""
        if not isinstance(node, dict):
            return node
        if kind == "schema" and isinstance(node.get("$id"), str) and origin.dialect == "3.1":
            origin = self._sources.within(node["$id"], origin)
        if kind in SECTIONS and isinstance(node.get("$ref"), str):
            copied = self._reference(kind, node, origin, place)
        else:
            copied = {name: self._member(kind, name, value, origin, place) for name, value in node.items()}
            if kind == "schema":
                copied = self._schema(copied, origin, place)
        return self._checked(copied, place) if kind == "schema" and root else copied

    def _member(self, kind: str, name: str, value: Any, origin: Origin, place: str) -> Any:
        part = part_of(kind, name)
        if part is None:
            return self._mapping(value, origin) if kind == "schema" and name == "discriminator" else value
        where, root = f"{place}/{escaped(name)}", kind != "schema"
        if kind == "operation" and name == "responses" and isinstance(value, dict):
            value = {_RANGE.sub(lambda found: found[0].upper(), status): each for status, each in value.items()}
        if part.shape == "map" and isinstance(value, dict):
            return {
                key: each
                if kind == "operation" and key.startswith("x-")
                else self._copy(part.kind, each, origin, f"{where}/{escaped(key)}", root=root)
                for key, each in value.items()
            }
        if isinstance(value, list) and part.shape != "map":
            items = enumerate(value)
            return [self._copy(part.kind, each, origin, f"{where}/{number}", root=root) for number, each in items]
        return self._copy(part.kind, value, origin, where, root=root) if part.shape == "one" else value

    # References

    def _reference(self, kind: str, node: dict[str, Any], origin: Origin, place: str) -> Any:
        """What stands in place of a Reference Object, or of a schema with a `$ref`: a reference to a component."""
        reference = node["$ref"]
        target = self._sources.find(reference, origin)
        if target is None:
            self._broken.setdefault(reference, f"{reference} {self._why(reference)}")
            return {"$ref": reference}
        if kind == "pathItem":
            return self._path_item(node, target, origin, place)
        name = self._names.get((target.origin.file, target.pointer, kind))
        if name is None:
            name = self._name(target.origin.file, target.pointer, kind, self._wanted(target))
            self._waiting.append((kind, name, target))
        local = f"#/components/{SECTIONS[kind]}/{name}"
        if kind != "schema":
            return {**node, "$ref": local}
        if origin.dialect != "3.1":  # there, what stands beside a reference is ignored
            return {"$ref": local}
        beside = {key: self._member(kind, key, value, origin, place) for key, value in node.items() if key != "$ref"}
        return {"$ref": local, **self._schema(beside, origin, place)} if beside else {"$ref": local}

    def _path_item(self, node: dict[str, Any], target: Target, origin: Origin, place: str) -> Any:
        if (target.origin.file, target.pointer) in self._entered:
            self._broken.setdefault(node["$ref"], f"{node['$ref']} leads back to itself")
            return {"$ref": node["$ref"]}
        self._entered.append((target.origin.file, target.pointer))
        value = self._copy("pathItem", target.value, target.origin, place)
        self._entered.pop()
        beside = {
            key: self._member("pathItem", key, each, origin, place) for key, each in node.items() if key != "$ref"
        }
        return {**value, **beside} if isinstance(value, dict) else value

    @cached_property
    def _entered(self) -> list[tuple[Path, str]]:
        """The path items that are being copied."""
        return []

    def _wanted(self, target: Target) -> str:
        """The name that something moved among the components would like: of its own place in its file."""
        parts = [part for part in parts_of(target.pointer) if part not in ("components", "definitions", "paths")]
        if target.origin.file == self._main:
            return "_".join(parts).strip("_/")
        return parts[-1] if parts else target.origin.file.stem

    def _why(self, reference: str) -> str:
        address = reference.partition("#")[0]
        return "is not read from the web: save it beside the document" if "://" in address else "leads nowhere"

    def _mapping(self, discriminator: Any, origin: Origin) -> Any:
        """A discriminator whose references lead to the components."""
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        if not isinstance(mapping, dict):
            return discriminator
        made = {}
        for value, reference in mapping.items():
            made[value] = reference
            if isinstance(reference, str) and self._is_reference(reference, origin):
                made[value] = self._reference("schema", {"$ref": reference}, origin, "")["$ref"]
        return {**discriminator, "mapping": made}

    def _is_reference(self, value: str, origin: Origin) -> bool:
        """Whether the text of a mapping, which may be a plain name too, leads to a schema."""
        address, mark, _ = value.partition("#")
        return (origin.file.parent / address).is_file() if address else bool(mark)

    # Schemas

    def _schema(self, schema: dict[str, Any], origin: Origin, place: str) -> dict[str, Any]:
        """An upgraded schema, without what only says where it is found, and without patterns that cannot be judged."""
        for keyword in schema.keys() - _KNOWN:
            if not (keyword.startswith("x-") or (keyword == "nullable" and origin.dialect != "3.1")):
                first, times = self._unknown.get(keyword, (place, 0))
                self._unknown[keyword] = (first, times + 1)
        if not _DROPPED.isdisjoint(schema):
            schema = {name: value for name, value in schema.items() if name not in _DROPPED}
        if isinstance(schema.get("$dynamicRef"), str):
            schema = self._without_dynamics(schema, origin, place)
        if isinstance(schema.get("pattern"), str) and not self._is_judged(schema["pattern"], place):
            schema["x-pattern"] = schema.pop("pattern")
        if isinstance(schema.get("patternProperties"), dict):
            schema = self._judged_names(schema, place)
        return upgraded_schema(schema, origin.dialect)

    def _without_dynamics(self, schema: dict[str, Any], origin: Origin, place: str) -> dict[str, Any]:
        """A schema whose `$dynamicRef` is a plain reference to the schema that it names in its own file."""
        reference = schema.pop("$dynamicRef")
        self._warnings[f"not judged: $dynamicRef is read as a $ref (at #{place})"] = None
        return {**self._reference("schema", {"$ref": reference}, origin, place), **schema}

    def _judged_names(self, schema: dict[str, Any], place: str) -> dict[str, Any]:
        patterns = schema["patternProperties"]
        judged = {pattern: each for pattern, each in patterns.items() if self._is_judged(pattern, place)}
        if len(judged) == len(patterns):
            return schema
        unjudged = {pattern: each for pattern, each in patterns.items() if pattern not in judged}
        made = {**schema, "patternProperties": judged, "x-patternProperties": unjudged}
        made.pop("additionalProperties", None)  # it is about names that match no pattern, which nobody can tell
        return made

    def _is_judged(self, pattern: str, place: str) -> bool:
        """Whether the validator takes a regular expression; one that it does not take is told once."""
        judged = self._patterns.get(pattern)
        if judged is None:
            try:
                jsonschema_rs.Draft202012Validator({"pattern": pattern})
                judged = True
            except (jsonschema_rs.ValidationError, ValueError):
                judged = False
                self._warnings[f"not judged: the pattern {pattern} (at #{place})"] = None
            self._patterns[pattern] = judged
        return judged

    @cached_property
    def _metaschema(self) -> Any:
        return jsonschema_rs.validator_for({"$ref": DIALECT})

    def _checked(self, schema: Any, place: str) -> Any:
        """A whole schema, or a reference to nothing in place of one that the metaschema rejects."""
        if self._metaschema.is_valid(schema):
            return schema
        error = next(iter(self._metaschema.iter_errors(schema)))
        where = "".join(f"/{escaped(part)}" for part in error.instance_path)
        reference = f"#/x-invalid{place}"
        self._broken[reference] = f"#{place}{where}: {error.message}"
        return {"$ref": reference}

    # What to tell

    def _unknown_keywords(self) -> list[str]:
        return [
            f"not judged: '{keyword}' is not a keyword of JSON Schema 2020-12 (at #{place}"
            + (f", and {times - 1} more times)" if times > 1 else ")")
            for keyword, (place, times) in sorted(self._unknown.items())
        ]

    def _unread_files(self) -> list[str]:
        return list(self._sources.problems.values())
