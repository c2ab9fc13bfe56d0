"""Product Analytics queries, computed over the events that an account has sent: a pure engine, no clock, no network.

`EventStore` keeps events; `scalar` and `timeseries` compute over them with the validated `data.attributes` of a
request, or raise a QueryError that names what is wrong and where. Rules that no page of the vendor settles are marked
assumed where they are implemented.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from mockserver.support.budget import TooMuchWork


class QueryError(ValueError):
    """A query that cannot be computed.

    `message` is a sentence without the final full stop; `pointer` is a JSON Pointer (RFC 6901) into the request body.
    """

    def __init__(self, message: str, pointer: str) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer


@contextmanager
def within_budget(pointer: str) -> Iterator[None]:
    """Turns TooMuchWork into the QueryError that a part of a request takes too long."""
    try:
        yield
    except TooMuchWork as error:
        raise QueryError(str(error), pointer) from None
