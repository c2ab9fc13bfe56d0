"""The documented example bodies of an operation and the names of their files."""

import json
from collections.abc import Iterator

from mockserver.extract.model import Body, Endpoint, Example, Json
from mockserver.extract.names import slug


def bodies(endpoint: Endpoint) -> Iterator[tuple[str, Json]]:
    """File name and body of every example and sample; of requests that are the same only the first."""
    taken: set[str] = set()
    seen: set[str] = set()
    for name, example in _requests(endpoint):
        key = json.dumps(example.value)
        if key not in seen:
            seen.add(key)
            yield _free(name, taken), example.value
    for response in endpoint.responses:
        for number, example in enumerate(distinct(response.body), 1):
            tail = "" if number == 1 else f".example-{number}"
            yield f"response.{response.status}{tail}.json", example.value


def distinct(body: Body | None) -> list[Example]:
    """The examples of a body without repetitions."""
    return list({json.dumps(example.value): example for example in (body.examples if body else ())}.values())


def _requests(endpoint: Endpoint) -> Iterator[tuple[str, Example]]:
    for number, example in enumerate(distinct(endpoint.request), 1):
        yield f"request.example-{number}", example
    for sample in endpoint.samples:
        if sample.body:
            yield f"request.sample-{slug(sample.title)}", sample.body


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return f"{free}.json"
