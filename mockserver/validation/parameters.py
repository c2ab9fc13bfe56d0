"""Judges the parameters of a request: undoes the style of each, tries the types of its schema, and checks the value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from mockserver.errors import Failure
from mockserver.http.media import essence, is_json
from mockserver.model import NOT_JUDGED, Json, Request, Violation
from mockserver.operations import Operation
from mockserver.validation.coercion import TEXT, Texts, values_of
from mockserver.validation.decoding import parse_json
from mockserver.validation.styles import Sent, StyleError, cookie_pairs, query_pairs, sent_text, texts_as
from mockserver.validation.violations import schema_violations, shown

if TYPE_CHECKING:
    from mockserver.contracts.parameters import Parameter

MAX_READINGS = 12
FORM = "application/x-www-form-urlencoded"


def check_parameters(operation: Operation, request: Request, path_values: Mapping[str, str]) -> tuple[Violation, ...]:
    """Every violation in the documented parameters, and a warning for each that is not judged."""
    sent = _sent(operation, request, path_values)
    return tuple(chain.from_iterable(_violations(operation, parameter, sent) for parameter in operation.parameters))


def _sent(operation: Operation, request: Request, path_values: Mapping[str, str]) -> Sent:
    """What the request carries at the places where the operation has parameters."""
    locations = {parameter.location for parameter in operation.parameters}
    headers: dict[str, str] = {}
    cookies: Iterator[bytes] = (value for name, value in request.headers if name == b"cookie")
    if "header" in locations:
        for name, value in request.headers:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Sent(
        path=path_values,
        query=() if locations.isdisjoint(("query", "querystring")) else query_pairs(request.query),
        headers=headers,
        cookies=cookie_pairs(cookies) if "cookie" in locations else (),
        claimed=frozenset(parameter.name for parameter in operation.parameters if parameter.location == "query"),
        querystring=request.query.decode("latin-1") if "querystring" in locations else "",
    )


def _violations(operation: Operation, parameter: Parameter, sent: Sent) -> Iterator[Violation]:
    """What is wrong with one parameter, or with its absence."""
    subject, name = f"{parameter.location} parameter '{parameter.name}'", parameter.name
    if parameter.media_type is not None and not _is_judged(parameter.media_type):
        message = f"not judged: {subject}, which is {parameter.media_type}"
        if _text(parameter, sent) is not None:
            yield Violation("", NOT_JUDGED, message, operation.evidence, parameter=name, level="warning")
        elif parameter.required:
            yield Violation("", "required", f"{subject} is missing", operation.evidence, parameter=name)
        return
    readings, problem = _readings(parameter, sent)
    if problem is not None:
        value = shown(_text(parameter, sent))
        yield Violation("", "style", f"{subject} {problem}", operation.evidence, value, parameter=name)
    elif not readings:
        if parameter.required:
            yield Violation("", "required", f"{subject} is missing", operation.evidence, parameter=name)
    elif not any(map(parameter.schema.validator.is_valid, readings)):
        if parameter.allow_empty and _text(parameter, sent) == "":
            return
        plain = next((each for each in readings if not isinstance(each, (list, dict))), readings[0])
        found = schema_violations(parameter.schema, plain)
        untyped = {each.pointer for each in found if each.rule == "type"}
        for each in found:
            if each.rule == "format" and each.pointer in untyped:
                continue  # a text that is no integer is no int64 either
            place = f"{subject} {each.pointer} " if each.pointer else f"{subject} "
            yield Violation("", each.rule, place + each.message, operation.evidence, each.value, each.limit, name)


def _is_judged(media_type: str) -> bool:
    return is_json(media_type.encode("latin-1")) or essence(media_type.encode("latin-1")) == FORM


def _readings(parameter: Parameter, sent: Sent) -> tuple[list[Json], str | None]:
    """The values that a parameter may have, the most probable first, none where it is absent; and what is wrong with
    the way in which it is written, where nothing can be read."""
    if parameter.media_type is not None:
        return _of_content(parameter, sent)
    readings: list[Json] = []
    problem: str | None = None
    for form in parameter.schema.forms:
        try:
            texts = texts_as(parameter, form, sent)
        except StyleError as error:
            problem = problem or str(error)
            continue
        if texts is not None:
            forms = parameter.schema.forms if isinstance(texts, str) else (form,)
            readings += [each for each in values_of(texts, forms) if each not in readings]
    if readings or problem is None:
        return readings[:MAX_READINGS], None
    return [], problem


def _of_content(parameter: Parameter, sent: Sent) -> tuple[list[Json], str | None]:
    """The value of a parameter that is described by a media type: JSON or, of a whole query, a form."""
    text = _text(parameter, sent)
    if text is None:
        return [], None
    if is_json((parameter.media_type or "").encode("latin-1")):
        try:
            return [parse_json(text.encode("utf-8"))], None
        except Failure as failure:
            return [], f"is not JSON: {failure.detail}"
    form = next((form for form in parameter.schema.forms if form.kind == "object"), None)
    members = {name: [unquote_plus(each) for key, each in sent.query if key == name] for name, _ in sent.query}
    texts: dict[str, Texts] = {name: [*each] if len(each) > 1 else each[0] for name, each in members.items()}
    return list(islice(values_of(texts, (form,) if form else TEXT), MAX_READINGS)), None


def _text(parameter: Parameter, sent: Sent) -> str | None:
    if parameter.location == "querystring":
        return unquote_plus(sent.querystring) or None
    return sent_text(parameter, sent)
