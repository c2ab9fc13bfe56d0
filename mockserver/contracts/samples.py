"""Makes the values that stand for a whole schema: plain ones first, in every way that is tried until one fits."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from mockserver.contracts.values import NoValueError, ValueMaker
from mockserver.model import Json

ROOT = {"$ref": "#"}
MAX_CANDIDATES = 20


def sample_of(document: Mapping[str, Any], fits: Callable[[Json], bool]) -> Json:
    """A value that fits a self-contained schema, with all documented members if such a one is found, from the schema's
    own examples where they fit; None where none could be made."""
    return next(samples_of(document, fits), None)


def samples_of(document: Mapping[str, Any], fits: Callable[[Json], bool], *, examples: bool = True) -> Iterator[Json]:
    """Values that fit a self-contained schema, the fullest first; without its `examples` only made ones."""
    ways = (
        ValueMaker(document, full=True, examples=examples),
        ValueMaker(document, full=True),
        ValueMaker(document, examples=examples),
        ValueMaker(document),
    )
    for maker in ways:
        try:
            yield from (value for value in islice(maker.values(ROOT), MAX_CANDIDATES) if fits(value))
        except (NoValueError, RecursionError):
            continue
