"""The calls about the journal: list its exchanges, show one whole, and export them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mockserver.accounts.account import Account
from mockserver.control.filters import filter_of
from mockserver.control.paging import page, since_of
from mockserver.control.query import AccountSelector, evicted, json_response, query_of
from mockserver.control.sources import ContractFiles
from mockserver.control.unclaimed import MAX_EXPLAINED, Unclaimed
from mockserver.control.views import summary, whole
from mockserver.events.export import export_format
from mockserver.events.export.writing import ExportContext
from mockserver.events.reader import EventReader
from mockserver.model import Exchange
from mockserver.support.jsontext import dump
from mockserver.support.redaction import Redaction

if TYPE_CHECKING:
    from mockserver.client.views import RequestsView, RequestView, WholeRequestView

MAX_PAGE_BYTES = 8 * 1024 * 1024
"""What the exchanges of a page have together, as JSON, where they are listed whole."""


@dataclass(frozen=True)
class JournalCalls:
    """`GET /requests`, `GET /requests/{id}` and `GET /export`."""

    selector: AccountSelector
    reader: EventReader
    unclaimed: Unclaimed
    max_body_bytes: int
    redaction: Redaction
    contracts: ContractFiles

    async def list(self, request: Request) -> Response:
        """A page of the exchanges that match, oldest first."""
        selected, selects = self.selector.selected(request), filter_of(request)
        only_unclaimed = query_of(request)["unclaimed"]
        if only_unclaimed:
            selected = [each for each in selected if self.unclaimed.is_unclaimed(each)]
        kept = list(_in_order(selected))
        matching = [exchange for exchange in kept if selects(exchange)]
        listed, following = page(request, matching, attrgetter("sequence"))
        views = [*self._views(listed, bodies=query_of(request)["bodies"], explained=only_unclaimed)]
        if 0 < len(views) < len(listed):
            following = f"{listed[len(views) - 1].sequence}.1"
        view: RequestsView = {
            "requests": views,
            "total": len(matching),
            "evicted": evicted(selected),
            "next": following,
        }
        if invalid := sum(each.journal.evicted_invalid for each in selected):
            view["evicted_invalid"] = invalid
        if warned := sum(each.journal.evicted_warned for each in selected):
            view["evicted_warned"] = warned
        failures = sum(each.journal.evicted_failed for each in selected) + sum(exchange.failed for exchange in kept)
        if failures:
            view["failures"] = failures
        return json_response(view)

    def _views(self, listed: Iterable[Exchange], *, bodies: bool, explained: bool) -> Iterator[RequestView]:
        """The views of exchanges: with `bodies` whole ones, at least one, as many as have MAX_PAGE_BYTES together; if
        `explained`, at most MAX_EXPLAINED."""
        size = 0
        for exchange in islice(listed, MAX_EXPLAINED if explained else None):
            view = self._whole(exchange) if bodies else summary(exchange, self.redaction, self.contracts)
            if bodies:
                size, first = size + len(dump(view)), size == 0
                if size > MAX_PAGE_BYTES and not first:
                    return
            yield {**view, "unclaimed": self.unclaimed.explain(exchange)} if explained else view

    async def export(self, request: Request) -> Response:
        """The journal in one of the export formats."""
        since = since_of(request)
        origin = f"{request.url.scheme}://{request.headers.get('host', 'mockserver')}"
        selected = _in_order(self.selector.selected(request))
        exchanges = [exchange for exchange in selected if since is None or since.admits(exchange)]
        format_ = export_format(query_of(request)["format"])
        written = format_.write(exchanges, ExportContext(origin, self.redaction, self._whole))
        return StreamingResponse(pieces(written), media_type=format_.content_type)

    def _whole(self, exchange: Exchange) -> WholeRequestView:
        events = self.reader.sent(exchange).events
        return whole(exchange, events, self.max_body_bytes, self.redaction, self.contracts)

    async def show(self, request: Request) -> Response:
        identifier = request.path_params["id"]
        for account in self.selector.selected(request):
            exchange = account.journal.find(identifier)
            if exchange is not None:
                return json_response(self._whole(exchange))
        raise HTTPException(404, f"there is no request {identifier!r}; it may have been evicted or reset")


async def pieces(exported: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in exported:
        yield piece


def _in_order(accounts: Iterable[Account]) -> Iterable[Exchange]:
    return merge(*(account.journal for account in accounts), key=attrgetter("sequence"))
