"""Where two pages that document the same endpoint differ."""

from collections.abc import Iterator

from mockserver.extract.model import Endpoint, Finding, Operation, Page
from mockserver.extract.schema import build, documented

Facts = dict[str, tuple[int, object]]


def differences(operation: Operation) -> Iterator[Finding]:
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


def _facts(name: str, page: Page, endpoint: Endpoint) -> Facts:
    """What a page states, with its line: rows of the endpoint table and of the models, statuses, example bodies."""
    facts: Facts = {f"the endpoint row {site.name}": (site.line, site.url) for site in endpoint.sites}
    facts.update((f"the status {each.status}", (each.line, None)) for each in endpoint.responses)
    for stem, body in documented(name, endpoint):
        for row, pointer in build(page.source, body).places:
            facts[f"the row {stem}#{pointer}"] = (row.line, (row.type, row.required, row.description))
        for number, example in enumerate(body.examples, 1):
            facts[f"example {number} of {stem}"] = (example.line, repr(example.value))
    return facts
