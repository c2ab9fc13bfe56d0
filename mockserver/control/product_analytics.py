"""The calls about Product Analytics: define the segments that queries name, and script how long queries take."""

from __future__ import annotations

import uuid

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Accounts
from mockserver.analytics.audience import Segment
from mockserver.analytics.errors import QueryError
from mockserver.analytics.search_syntax import parse_search
from mockserver.control.query import BadCall, json_body, json_response, members, own_account, own_known_account
from mockserver.vendors.datadog.product_analytics import ProductAnalytics, product_analytics_of

RUNNING_AT_MOST = 10_000
SEGMENTS_AT_MOST = 1_000
OWN = "segments and queries are an account's own"


class ProductAnalyticsCalls:
    """`GET`, `PUT` and `DELETE /datadog/segments/{id}`, `GET /datadog/segments`, and `PUT /datadog/queries`.

    They need `account`, for segments and queries are an account's own.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def segments(self, request: Request) -> Response:
        return json_response({"segments": {name: _view(segment) for name, segment in self._segments(request).items()}})

    async def show_segment(self, request: Request) -> Response:
        segment = self._segments(request).get(_id(request))
        if segment is None:
            raise HTTPException(404, f"there is no segment {_id(request)}")
        return json_response(_view(segment))

    async def put_segment(self, request: Request) -> Response:
        """Defines a segment: the users by id, or those that a search over users finds, or those in both."""
        body = members(await json_body(request), {"users", "query"})
        users, query = body.get("users"), body.get("query")
        if users is not None and not (isinstance(users, list) and all(isinstance(user, str) for user in users)):
            raise BadCall("users: expected a list of user ids", [("/users", "expected a list of user ids")])
        if query is not None and not isinstance(query, str):
            raise BadCall("query: expected a search over users", [("/query", "expected text")])
        try:
            parse_search(query or "", "/query")
        except QueryError as error:
            raise BadCall(f"query: {error.message}", [(error.pointer, error.message)]) from None
        name = _id(request)
        kept = self._of(request).segments
        if name not in kept and len(kept) >= SEGMENTS_AT_MOST:
            raise BadCall(f"an account has at most {SEGMENTS_AT_MOST} segments")
        kept[name] = segment = Segment(None if users is None else frozenset(users), query)
        return json_response(_view(segment))

    async def delete_segment(self, request: Request) -> Response:
        return json_response({"deleted": self._segments(request).pop(_id(request), None) is not None})

    async def put_queries(self, request: Request) -> Response:
        """From now on new queries answer `running` so many times before they are done, or `timeout`."""
        body = members(await json_body(request), {"running", "timeout"})
        running, timeout = body.get("running", 0), body.get("timeout", False)
        if not isinstance(running, int) or isinstance(running, bool) or not 0 <= running <= RUNNING_AT_MOST:
            raise BadCall("running: expected how often, a whole number", [("/running", "expected a whole number")])
        if not isinstance(timeout, bool):
            raise BadCall("timeout: expected true or false", [("/timeout", "expected true or false")])
        kept = self._of(request)
        kept.running, kept.timeout = running, timeout
        return json_response({"running": running, "timeout": timeout})

    def _of(self, request: Request) -> ProductAnalytics:
        return product_analytics_of(own_account(request, self._accounts, "datadog", OWN))

    def _segments(self, request: Request) -> dict[str, Segment]:
        """The segments of an account that may never have been used."""
        known = own_known_account(request, self._accounts, "datadog", OWN)
        return product_analytics_of(known).segments if known else {}


def _id(request: Request) -> str:
    """The segment's id in the path, in lower case. Raises BadCall for one that is no UUID as requests write it."""
    text = str(request.path_params["id"])
    try:
        return _lower_case_uuid(text)
    except ValueError:
        raise BadCall(f"expected the UUID of a segment, found {text[:40]!r}") from None


def _lower_case_uuid(text: str) -> str:
    known = str(uuid.UUID(text))
    if known != text.lower():
        raise ValueError("not in the usual form")
    return known


def _view(segment: Segment) -> dict[str, object]:
    return {"users": None if segment.users is None else sorted(segment.users), "query": segment.query}
