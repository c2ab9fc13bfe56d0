"""Enums of which a page shows the first values only, compared with a contract that has them all."""

from mockserver.extract.model import Contract, Json, Schema
from mockserver.support.evidence import EVIDENCE_FOR


def is_cut(schema: Schema) -> bool:
    """Whether an enum may have more values than the page shows."""
    return bool(schema.get(EVIDENCE_FOR, {}).get("enum", {}).get("level") == "warning")


def completed(new: Contract, old: Contract) -> Contract:
    """The new contract with the values of the old one where the page shows some of these: what a page does not show has
    not changed."""
    schemas = {name: _completed(schema, old.schemas.get(name)) for name, schema in new.schemas.items()}
    return new._replace(schemas=schemas, openapi=_completed(new.openapi, old.openapi))


def _completed(new: Json, old: Json) -> Json:
    if isinstance(new, list) and isinstance(old, list):
        rest = new[len(old) :]
        return [*(_completed(item, known) for item, known in zip(new, old, strict=False)), *rest]
    if not (isinstance(new, dict) and isinstance(old, dict)):
        return new
    made = {key: _completed(value, old.get(key)) for key, value in new.items()}
    shown = new.get("enum") or new.get("examples") or []
    if is_cut(new) and not is_cut(old) and "enum" in old and all(value in old["enum"] for value in shown):
        made["enum"] = old["enum"]
        del made[EVIDENCE_FOR]
        made.pop("examples", None)
        return {
            key: made[key] for key in [*(key for key in old if key in made), *(key for key in made if key not in old)]
        }
    return made
