"""The type cell of a table row → the JSON Schema of that type."""

from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Schema

_SCALARS: dict[str, Schema] = {
    "string": {"type": "string"},
    "enum": {"type": "string"},
    "object": {"type": "object"},
    "json": {"type": "object"},
    "boolean": {"type": "boolean"},
    "bool": {"type": "boolean"},
    "integer": {"type": "integer"},
    "int32": {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1},
    "number": {"type": "number"},
    "double": {"type": "number", "format": "double"},
    "float": {"type": "number", "format": "float"},
    "uuid": {"type": "string", "format": "uuid"},
    "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "email": {"type": "string", "format": "email"},
    "uri": {"type": "string", "format": "uri"},
    "binary": {"type": "string", "format": "binary"},
    "array": {"type": "array"},
    "any": {},
    "": {},
    "<oneOf>": {},
    "<anyOf>": {},
}


def schema_of(cell: str, form: str, file: str, line: int) -> Schema:
    """The schema of a type cell, such as `int64`, `[object]`, `[]` or `<oneOf>`; `form` is a format column's cell.

    Raises ExtractError for a type that is not known.
    """
    name = cell.strip()
    if name.startswith("[") and name.endswith("]"):
        items = schema_of(name[1:-1], form, file, line) if name != "[]" else {}
        return {"type": "array", "items": items} if items else {"type": "array"}
    if name not in _SCALARS:
        raise ExtractError(file, line, f"a known type, not {name!r}")
    schema = dict(_SCALARS[name])
    if form == "int64" and name == "string":
        return {**schema, "format": form, "pattern": "^-?[0-9]+$", "not": {"type": "string", "pattern": r"\n"}}
    return {**schema, "format": form} if form else schema
