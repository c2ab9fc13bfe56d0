"""One endpoint from all pages that document it: the union of what they say, the first page first."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from mockserver.extract.model import Body, Endpoint, Field, Page, Parameter, Response

Documentation = Sequence[tuple[Page, Endpoint]]
Item = TypeVar("Item")


def by_call(pages: Iterable[Page]) -> dict[tuple[str, str], Documentation]:
    """(path, METHOD) → the pages that document it, ordered by label whatever order they were named in. A page
    of which nothing but the call could be read counts only where no other documents it."""
    calls: dict[tuple[str, str], list[tuple[Page, Endpoint]]] = {}
    for page in sorted(pages, key=lambda page: page.label):
        for endpoint in page.endpoints:
            calls.setdefault((endpoint.path, endpoint.method), []).append((page, endpoint))
    return {call: [each for each in found if not each[1].unread] or found for call, found in calls.items()}


def union(pages: Documentation) -> Endpoint:
    """The endpoint that says everything that any of the pages says."""
    first, *others = (endpoint for _, endpoint in pages)
    for other in others:
        first = first._replace(
            versions=max(first.versions, other.versions),
            sites=_distinct([*first.sites, *other.sites], lambda site: site.name),
            parameters=_parameters(first.parameters, other.parameters),
            request=_body(first.request, other.request),
            request_required=first.request_required or other.request_required,
            responses=_responses(first.responses, other.responses),
            samples=(*first.samples, *other.samples),
            credentials=first.credentials or other.credentials,
            prose=_distinct([*first.prose, *other.prose], lambda each: each.text),
            rate_limit=first.rate_limit or other.rate_limit,
            deprecated=first.deprecated and other.deprecated,
            max_body_bytes=first.max_body_bytes or other.max_body_bytes,
        )
    return first


def _parameters(first: Sequence[Parameter], other: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """The parameters of both, each with the enum that is whole."""
    whole = {(each.location, each.row.name): each for each in other if not each.row.cut}
    fuller = [whole.get((each.location, each.row.name), each) if each.row.cut else each for each in first]
    return _distinct([*fuller, *other], lambda each: (each.location, each.row.name))


def _body(first: Body | None, other: Body | None) -> Body | None:
    if first is None or other is None:
        return first or other
    examples = _distinct([*first.examples, *other.examples], lambda example: repr(example.value))
    fields, sent = _fields(first.fields, other.fields), (*first.sent, *other.sent)
    return first._replace(fields=fields, examples=examples, sent=sent)


def _fields(first: Sequence[Field], other: Sequence[Field]) -> tuple[Field, ...]:
    others = {field.row.name: field for field in other}
    merged: list[Field] = []
    for field in first:
        same = others.pop(field.row.name, field)
        # a field that only one page calls required is not required
        fuller = same if field.row.cut and not same.row.cut else field  # it has the whole enum
        row = fuller.row._replace(line=field.row.line, required=field.row.required and same.row.required)
        merged.append(Field(row, _fields(field.children, same.children)))
    return (*merged, *others.values())


def _responses(first: Sequence[Response], other: Sequence[Response]) -> tuple[Response, ...]:
    merged = {response.status: response for response in first}
    for response in other:
        known = merged.get(response.status, response)
        merged[response.status] = known._replace(body=_body(known.body, response.body))
    return tuple(merged.values())


def _distinct(items: Iterable[Item], key: Callable[[Item], Hashable]) -> tuple[Item, ...]:
    """The first item of each key."""
    first: dict[Hashable, Item] = {}
    for item in items:
        first.setdefault(key(item), item)
    return tuple(first.values())
