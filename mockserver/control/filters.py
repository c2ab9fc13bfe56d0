"""The filters of `GET /requests`: each query parameter that selects exchanges, and which it selects."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request

from mockserver.control.paging import since_of
from mockserver.control.query import query_of
from mockserver.model import Exchange

FILTERS: Mapping[str, Callable[[Exchange, Any], bool]] = {
    "operation": lambda exchange, operation: exchange.operation == operation,
    "status": lambda exchange, status: exchange.status == status,
    "verdict": lambda exchange, verdict: exchange.verdict.valid == (verdict == "valid"),
}
"""A parameter of the control API's document → whether an exchange passes its value."""


def filter_of(request: Request) -> Callable[[Exchange], bool]:
    """Whether an exchange passes every filter that a call has, and `since`. Raises BadCall."""
    query, since = query_of(request), since_of(request)
    chosen = [(passes, query[name]) for name, passes in FILTERS.items() if query.get(name) is not None]

    def selects(exchange: Exchange) -> bool:
        return (since is None or since.admits(exchange)) and all(passes(exchange, value) for passes, value in chosen)

    return selects
