"""Where documentation pages contradict themselves or each other."""

import re
from collections.abc import Iterator

import jsonschema

from mockserver.extract import shown
from mockserver.extract.model import Contract, Endpoint, Example, Finding, Json, Operation, Page, Schema
from mockserver.extract.schema import build, documented
from mockserver.support.pointers import pointer_of

PLACEHOLDERS = ("string", "integer", "number", "boolean", "object", "")
STATUS = re.compile(r"(\d{3})\b\s*:")


def findings(contract: Contract) -> list[Finding]:
    """Every contradiction in the pages of the contract, ordered by page and line."""
    found: list[Finding] = []
    for operation in contract.operations:
        for page, endpoint in operation.pages:
            found.extend(_page(operation.id, page, endpoint))
        found.extend(_differences(operation))
    return sorted(set(found))


def _page(name: str, page: Page, endpoint: Endpoint) -> Iterator[Finding]:
    for stem, body in documented(name, endpoint):
        schema = build(body).schema
        examples = list(body.examples)
        if stem.endswith(".request"):
            examples += [sample.body for sample in endpoint.samples if sample.body]
        for example in examples:
            yield from _rejected(page, stem, schema, example)
        yield from shown.unlike(page.source, stem, body.fields, examples)
    yield from _samples(page, name, endpoint)
    yield from _statuses(page, name, endpoint)


def _rejected(page: Page, stem: str, schema: Schema, example: Example) -> Iterator[Finding]:
    """Findings on an example that its schema rejects, formats included: an empty string is no UUID."""
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for error in validator.iter_errors(example.value):
        pointer = pointer_of(error.absolute_path)
        note = " (a placeholder)" if error.instance in PLACEHOLDERS else ""
        message = f"the example has {_brief(error.instance)}{note} at {pointer or '/'}, against {error.validator}"
        yield Finding(page.source, example.line_of(pointer), "example-rejected", stem, message)


def _brief(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _samples(page: Page, name: str, endpoint: Endpoint) -> Iterator[Finding]:
    served = {site.url for site in endpoint.sites if site.url}
    for sample in endpoint.samples:
        wrong = []
        if sample.broken:
            message = f'the body of the sample "{sample.title}" is not JSON from here on'
            yield Finding(page.source, sample.broken, "sample-body", name, message)
        if sample.method != endpoint.method:
            wrong.append(f"the method {sample.method}, not {endpoint.method}")
        if sample.path is not None and _shape(sample.path) != _shape(endpoint.path):
            wrong.append(f"the path {sample.path}, not {endpoint.path}")
        if served and sample.host.startswith("http") and sample.host not in served:
            wrong.append(f"the server {sample.host}, which the endpoint table does not list")
        for each in wrong:
            yield Finding(page.source, sample.line, "sample-endpoint", name, f'the sample "{sample.title}" has {each}')


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _statuses(page: Page, name: str, endpoint: Endpoint) -> Iterator[Finding]:
    """Statuses that only the prose or only the tabs know, and error examples that carry another status."""
    tabs = {response.status: response.line for response in endpoint.responses}
    listed = {match[1]: prose.line for prose in endpoint.prose if (match := STATUS.match(prose.text))}
    for status in sorted(set(listed) ^ set(tabs)) if listed else ():
        where = "the prose lists and no tab shows" if status in listed else "a tab shows and the prose does not list"
        line = listed.get(status) or tabs[status]
        yield Finding(page.source, line, "status-list", name, f"a status that {where}: {status}")
    for response in endpoint.responses:
        for example in response.body.examples if response.body else ():
            yield from _status_inside(page, f"{name}.response.{response.status}", response.status, example)


def _status_inside(page: Page, stem: str, status: str, example: Example) -> Iterator[Finding]:
    errors = example.value.get("errors") if isinstance(example.value, dict) else None
    for index, error in enumerate(errors if isinstance(errors, list) else ()):
        shown_status = error.get("status") if isinstance(error, dict) else None
        if isinstance(shown_status, str) and shown_status.isdigit() and shown_status != status:
            line = example.line_of(f"/errors/{index}/status")
            yield Finding(page.source, line, "example-status", stem, f"the example of {status} says {shown_status}")


def _differences(operation: Operation) -> Iterator[Finding]:
    """Each fact that only one page states, or that both state differently; the finding names both pages."""
    (first_page, first), *others = operation.pages
    for other_page, other in others:
        before, after = _facts(operation.id, first_page, first), _facts(operation.id, other_page, other)
        for fact in sorted({*before, *after}):
            if fact not in after:
                yield _only(first_page, before[fact][0], operation.id, fact, other_page)
            elif fact not in before:
                yield _only(other_page, after[fact][0], operation.id, fact, first_page)
            elif before[fact][1] != after[fact][1]:
                line, first_place = after[fact][0], f"{first_page.source} (line {before[fact][0]})"
                message = f"{fact} differs from {first_place}"
                yield Finding(other_page.source, line, "page-difference", operation.id, message)


def _only(page: Page, line: int, name: str, fact: str, other: Page) -> Finding:
    return Finding(page.source, line, "page-difference", name, f"{fact} is not on {other.source}")


def _facts(name: str, page: Page, endpoint: Endpoint) -> dict[str, tuple[int, object]]:
    """What a page states, with its line: rows of the endpoint table and of the models, statuses, example bodies."""
    facts: dict[str, tuple[int, object]] = {
        f"the endpoint row {site.name}": (site.line, site.url) for site in endpoint.sites
    }
    facts.update((f"the status {each.status}", (each.line, None)) for each in endpoint.responses)
    for stem, body in documented(name, endpoint):
        for row, pointer in build(body).places:
            facts[f"the row {stem}#{pointer}"] = (row.line, (row.type, row.required, row.description))
        for number, example in enumerate(body.examples, 1):
            facts[f"example {number} of {stem}"] = (example.line, repr(example.value))
    return facts
