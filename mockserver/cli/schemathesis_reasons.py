"""Says which checks of schemathesis an operation cannot pass as they are, and why: all read from its contract."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mockserver.contracts.contents import Content
from mockserver.contracts.paths import path_pattern
from mockserver.contracts.schema import CompiledSchema
from mockserver.errors import Failure
from mockserver.http.problems import status_of
from mockserver.model import FailureKind
from mockserver.operations import Operation
from mockserver.support.evidence import EVIDENCE, EVIDENCE_FOR, read_annotation
from mockserver.support.keywords import resolved, types_of
from mockserver.support.pointers import walk
from mockserver.validation.coercion import Form, Forms
from mockserver.validation.contents import FORM
from mockserver.vendors.registry import vendor_named

POSITIVE = ("2xx", "3xx", 401, 403, 404, 409, 429, "5xx")
"""What schemathesis expects of valid data by default."""
NEGATIVE = (400, 401, 403, 404, 405, 406, 409, 415, 422, 428, 429, "5xx")
"""What it expects of invalid data by default."""
OWN_FORMATS = frozenset({"int64", "double", "iso-8601-time"})
"""Formats of OpenAPI that schemathesis generates no strings for."""
CHOICES = ("oneOf", "anyOf")
STRUCTURED = frozenset({"object", "array"})
WITHOUT_CONTENT = (204, 205, 304)
"""Statuses whose responses have no content (RFC 9110)."""
MULTIPART = "multipart/form-data"


class Departure(NamedTuple):
    """A check that is configured otherwise than by default, and why: it expects `statuses`; without, it is off."""

    check: str
    reasons: tuple[str, ...]
    statuses: tuple[int | str, ...] | None = None


def departures_of(operation: Operation, operations: Iterable[Operation]) -> Iterator[Departure]:
    """The checks that an operation of a contract with these operations cannot pass as they are."""
    positive, negative = tuple(_valid_but_refused(operation)), tuple(_invalid_but_accepted(operation))
    empty, named = tuple(_without_content(operation)), tuple(_contradicted_discriminators(operation))
    status = vendor_named(operation.vendor).wrong_method(operation).status
    gateway = f"A method that the path does not have is answered {status}, by this vendor's gateway."
    methods = ((gateway,) if status != 405 else ()) + tuple(_methods_elsewhere(operation, operations))
    departures = (
        Departure("positive_data_acceptance", positive, (*POSITIVE, _refusal(operation))),
        Departure("negative_data_rejection", negative, (*NEGATIVE, "2xx")),
        Departure("status_code_conformance", tuple(_undocumented(operation))),
        Departure("content_type_conformance", empty),
        Departure("response_schema_conformance", empty + named),
        Departure("unsupported_method", methods),
    )
    yield from (each for each in departures if each.reasons)
    if status != 405:
        yield Departure("not_a_server_error", (), ("2xx", "3xx", "4xx", status or 501))


def _valid_but_refused(operation: Operation) -> Iterator[str]:
    """Why a request that fits the schemas may be refused."""
    for rule in operation.served.rules if operation.served is not None else ():
        about = ", ".join(f"{name} {value}" for name, value in rule.parameters.items() if name != "name")
        kind, source = rule.annotation.evidence
        yield f"No schema can say the rule {rule.name} ({about}): {kind}, {source}."
    for refusal in operation.extensions.get("x-refusals", ()):
        yield f"No schema can say the rule {refusal['name']} at {refusal['pointer']}: {refusal['because']}."
    if any(
        schema.get("format") in OWN_FORMATS and "string" in types_of(schema)
        for compiled in (*_bodies(operation), *(each.schema for each in operation.parameters))
        for schema in _schemas(compiled.document)
    ):
        yield "schemathesis knows no int64 and no ISO 8601 as formats of text, so it writes other texts."
    deep = [each.name for each in operation.parameters if each.style == "deepObject"]
    if deep:
        yield f"OpenAPI does not say how deepObjects hold lists and objects; schemathesis guesses: {', '.join(deep)}."
    if any(_is_nested(forms) for content in _forms(operation) for forms in _members(content)):
        yield "OpenAPI does not say how forms hold objects and lists of them; schemathesis sends them as plain texts."


def _invalid_but_accepted(operation: Operation) -> Iterator[str]:
    """Why a request that schemathesis takes for invalid may be accepted."""
    schemas = [schema for compiled in _bodies(operation) for schema in _schemas(compiled.document)]
    options = [option for schema in schemas for keyword in CHOICES for option in schema.get(keyword, ())]
    if any("properties" in option for option in options if isinstance(option, dict)):
        yield "A change inside an option that the body does not take (oneOf, anyOf) leaves the body valid."
    if operation.served is not None and _only_warns(operation, operation.served):
        yield "What breaks a rule that no page documents is accepted with a warning."
    if any("x-null" in schema for schema in schemas):
        yield "Null counts as unset, and is accepted with a warning."
    if "x-empty-body" in operation.extensions:
        yield "An empty body counts as an empty object."
    unread = [content.media_type for content in operation.bodies if _is_unread(content)]
    if unread:
        yield f"Bodies of {', '.join(unread)} are not judged."
    queries = (each.schema.forms for each in operation.parameters if each.location == "query")
    if operation.credentials and any(_has_kind(forms, ("array",)) for forms in queries):
        yield "A text is a list of one, and schemathesis presents the credential also where it means to leave it out."
    if operation.bodies and not operation.body_required and not all(each.is_json for each in operation.bodies):
        yield "The body is optional, and an empty one counts as none."
    if any(_has_kind(forms, STRUCTURED) for content in _forms(operation) for forms in _members(content)):
        yield "An empty list has no field in a form, so that a list without one counts as empty."


def _undocumented(operation: Operation) -> Iterator[str]:
    """The statuses that an operation is answered with, and does not document."""
    statuses: dict[int, str] = {operation.success: "which successes have"}
    if operation.bodies or any(map(_can_be_refused, operation.parameters)):
        statuses.setdefault(_refusal(operation), "with which invalid requests are refused")
    if operation.credentials:
        kinds = [FailureKind.CREDENTIAL_INVALID] + [FailureKind.CREDENTIAL_MISSING] * (not operation.anonymous)
        for kind in kinds:
            reason = "with which requests without a valid credential are refused"
            statuses.setdefault(operation.credential_statuses[kind], reason)
    for status, reason in sorted(statuses.items()):
        if operation.response_for(status) is None:
            yield f"{operation.method} {operation.path} documents no {status}, {reason}."


def _refusal(operation: Operation) -> int:
    """The status of invalid requests."""
    return status_of(operation, Failure(FailureKind.INVALID, ""))


def _can_be_refused(parameter: Any) -> bool:
    """Whether some value of a parameter, or its absence, is invalid: not where any text does, in a path or a header."""
    if parameter.location not in ("path", "header") or (parameter.required and parameter.location != "path"):
        return True
    forms = parameter.schema.forms
    return [form.kind for form in forms] != ["string"] or not parameter.schema.validator.is_valid("")


def _without_content(operation: Operation) -> Iterator[str]:
    for status in WITHOUT_CONTENT:
        response = operation.response_for(status) if status in operation.responses else None
        if response is not None and response.contents:
            yield f"{operation.method} {operation.path} documents content of {status}, which has none (RFC 9110)."


def _contradicted_discriminators(operation: Operation) -> Iterator[str]:
    """Discriminators of responses whose values are not those that the schemas which they choose allow."""
    contents = [each for response in operation.responses.values() for each in response.contents]
    documents = [content.schema.document for content in contents if content.schema is not None]
    found = {
        schema["discriminator"].get("propertyName")
        for document in documents
        for schema in _schemas(document)
        if isinstance(schema.get("discriminator"), dict) and not _agrees(schema, document)
    }
    for name in sorted(each for each in found if isinstance(each, str)):
        yield f"The schemas that the discriminator {name} chooses allow values of {name} that do not name them."


def _agrees(schema: Mapping[str, Any], document: Any) -> bool:
    """Whether each option of a discriminator allows only names that the discriminator knows."""
    discriminator = schema["discriminator"]
    options = [each for keyword in CHOICES for each in schema.get(keyword, ()) if isinstance(each, dict)]
    names = {str(each.get("$ref", "")).rpartition("/")[2] for each in options} | (
        discriminator.get("mapping") or {}
    ).keys()
    for option in options:
        properties = resolved(option, document).get("properties", {})
        value = resolved(properties.get(discriminator.get("propertyName"), {}), document)
        allowed = [value["const"]] if "const" in value else value.get("enum", [None])
        if not names.issuperset(each for each in allowed if isinstance(each, str)) or None in allowed:
            return False
    return True


def _methods_elsewhere(operation: Operation, operations: Iterable[Operation]) -> Iterator[str]:
    """The methods of a path that belong to a less literal path."""
    own = {each.method for each in operations if each.path == operation.path}
    for other in operations:
        if other.method not in own and path_pattern(other.path).fullmatch(operation.path):
            yield f"{other.method} {operation.path} is a request to {other.method} {other.path}."


def _only_warns(operation: Operation, served: CompiledSchema) -> bool:
    """Whether what breaks some rule of the body is accepted with a warning."""
    for schema in _schemas(served.document):
        stated = [schema.get(EVIDENCE), *schema.get(EVIDENCE_FOR, {}).values()]
        levels = {read_annotation(annotation).level for annotation in stated if annotation}
        if "warning" in levels or ("uncertain" in levels and served is operation.documented):
            return True
    return False


def _bodies(operation: Operation) -> list[CompiledSchema]:
    """The schemas of the request body: that which decides, and those of the media types besides JSON."""
    others = [each.schema for each in operation.bodies if each.schema is not None and not each.is_json]
    return others if operation.served is None else [operation.served, *others]


def _schemas(document: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a schema document but for its annotations (`x-…`); names of properties do no harm here."""
    return (node for pointer, node in walk(document) if isinstance(node, dict) and "/x-" not in pointer)


def _forms(operation: Operation) -> Iterator[Content]:
    return (each for each in operation.bodies if each.media_type.partition(";")[0] in (FORM, MULTIPART))


def _is_unread(content: Content) -> bool:
    """Whether the body is text or bytes while its schema speaks of objects or lists, as of XML."""
    media_type = content.media_type.partition(";")[0]
    if content.is_json or content.schema is None or media_type in (FORM, MULTIPART):
        return False
    return all(form.kind in STRUCTURED for form in content.schema.forms)


def _members(content: Content) -> Iterator[Forms]:
    """The forms of the members of a form."""
    for form in content.schema.forms if content.schema is not None else ():
        yield from form.members.values()


def _has_kind(forms: Forms, kinds: Iterable[str]) -> bool:
    return any(form.kind in kinds for form in forms)


def _is_nested(forms: Forms) -> bool:
    """Whether a member is an object, or a list of objects or lists."""
    return any(form.kind == "object" or _is_list_of_structures(form) for form in forms)


def _is_list_of_structures(form: Form) -> bool:
    return form.kind == "array" and _has_kind(form.items, STRUCTURED)
