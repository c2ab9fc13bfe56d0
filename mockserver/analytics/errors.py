"""The one failure of a query: what is wrong, and where in the request."""


class QueryError(ValueError):
    """A query that cannot be computed.

    `message` is a sentence without the final full stop; `pointer` is a JSON Pointer (RFC 6901) into the request body.
    """

    def __init__(self, message: str, pointer: str) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer
