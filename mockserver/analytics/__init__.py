"""Product Analytics queries, computed over the events an account has sent: a pure engine, without clock or network.

Keep events in an `EventStore`, then ask `scalar` or `timeseries` with the validated `data.attributes` of a request. A
`QueryError` says what is wrong with the query and where. Rules that no page of the vendor settles are marked assumed
where they are implemented.
"""

from typing import TYPE_CHECKING, Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.store import EventStore

if TYPE_CHECKING:
    from mockserver.analytics.audience import Segment
    from mockserver.analytics.queries import scalar, timeseries

__all__ = ["EventStore", "QueryError", "Segment", "scalar", "timeseries"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """What only a query needs is imported when one comes: every server keeps events, few are asked."""
        if name in ("Segment", "scalar", "timeseries"):
            from mockserver.analytics import audience, queries  # noqa: PLC0415

            return getattr(audience if name == "Segment" else queries, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
