"""Product Analytics queries, computed over the events an account has sent: a pure engine, without clock or network.

Keep events in an `EventStore`, then ask `scalar` or `timeseries` with the validated `data.attributes` of a request. A
`QueryError` says what is wrong with the query and where. Rules that no page of the vendor settles are marked assumed
where they are implemented.
"""

from mockserver.analytics.audience import Segment
from mockserver.analytics.errors import QueryError
from mockserver.analytics.queries import scalar, timeseries
from mockserver.analytics.store import EventStore

__all__ = ["EventStore", "QueryError", "Segment", "scalar", "timeseries"]
