"""Takes the exchanges of a vendor's operations apart into events, each in the context of its request."""

from collections.abc import Iterable

from mockserver.contracts import Catalogue
from mockserver.contracts.paths import path_values
from mockserver.events.reader import Splitter
from mockserver.model import EventPart, Exchange, Json
from mockserver.operations import Operation, RequestContext
from mockserver.vendors.base import Vendor
from mockserver.vendors.registry import vendor_named


def splitters(catalogue: Catalogue) -> dict[str, Splitter]:
    """How the event reader takes the exchanges of each vendor apart."""
    return {name: splitter(vendor_named(name), contract.operations) for name, contract in catalogue.vendors.items()}


def splitter(vendor: Vendor, operations: Iterable[Operation]) -> Splitter:
    """How the event reader takes the exchanges of these operations apart."""
    by_id = {operation.id: operation for operation in operations}

    def split(exchange: Exchange, body: Json, response: Json) -> list[EventPart]:
        operation = by_id[str(exchange.operation)]
        values = path_values(operation.path, exchange.request.path)
        return vendor.events(RequestContext(operation, exchange.request, values, body=body), response)

    return split
