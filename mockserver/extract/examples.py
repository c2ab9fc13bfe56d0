"""The documented example bodies of an operation and the names of their files."""

import json
from collections.abc import Iterator

from mockserver.extract.model import Body, Endpoint, Example, Json
from mockserver.extract.names import numbered, slug


def bodies(endpoint: Endpoint) -> Iterator[tuple[str, Json]]:
    """File name and body of every example and sample; of requests that are the same only the first."""
    requests: dict[str, tuple[str, Json]] = {}
    for name, example in _requests(endpoint):
        requests.setdefault(json.dumps(example.value), (name, example.value))
    names = numbered(name for name, _ in requests.values())
    yield from ((f"{name}.json", body) for name, (_, body) in zip(names, requests.values(), strict=True))
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
