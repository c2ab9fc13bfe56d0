"""The calls about faults: list them, add one, a list or a script, and clear them."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mockserver.control.query import AccountSelector, BadCall, account, json_response, query_of, unchecked_body
from mockserver.control.unfired import MAX_COMPARED, Sent, why_unfired
from mockserver.control.views import json_of
from mockserver.faults.schedule import ArmedFault, TooManyFaults
from mockserver.faults.script import ScriptError, parse_script
from mockserver.model import Json
from mockserver.support.redaction import Redaction, mask


@dataclass(frozen=True)
class FaultCalls:
    """`GET`, `POST` and `DELETE /faults`."""

    selector: AccountSelector
    max_body_bytes: int
    redaction: Redaction

    async def list(self, request: Request) -> Response:
        vendor = self.selector.vendor(request)
        faults = [
            (owner, armed)
            for owner, armed in self.selector.accounts.faults.list(account(request))
            if vendor is None or armed.fault.vendor in (None, vendor)
        ]
        if query_of(request)["unfired"]:
            listed = [
                {**_view(owner, armed), "reason": self._reason(owner, armed)}
                for owner, armed in faults
                if armed.unfired
            ]
        else:
            listed = [_view(owner, armed) for owner, armed in faults]
        return json_response({"faults": listed, "total": len(listed), "evicted": 0})

    def _reason(self, owner: str | None, armed: ArmedFault) -> str:
        """Why a fault did not fire as often as it was to."""
        accounts = self.selector.accounts.select(armed.fault.vendor, owner)
        newest = [exchange for each in accounts for exchange in each.journal.newest(MAX_COMPARED)]
        sent = [
            Sent(exchange, json_of(exchange, self.max_body_bytes, self.redaction))
            for exchange in sorted(newest, key=attrgetter("sequence"))
        ]
        return why_unfired(armed, sent, accounts[0].now() if accounts else self.selector.accounts.clock.now())

    async def add(self, request: Request) -> Response:
        """201 with what was armed; 400 with every problem that the fault vocabulary finds, and nothing armed."""
        vendor, owner = self.selector.vendor(request), account(request)
        try:
            document = _narrowed(await unchecked_body(request), vendor)
            added = self.selector.accounts.faults.add(parse_script(document, self.selector.catalogue.operations), owner)
        except ScriptError as error:
            raise BadCall(str(error), error.problems) from None
        except TooManyFaults as error:
            raise BadCall(str(error)) from None
        views = [_view(armed.fault.account or owner, armed) for armed in added]
        return json_response({"faults": views, "total": len(views), "evicted": 0}, 201)

    async def clear(self, request: Request) -> Response:
        return json_response(
            {"cleared": self.selector.accounts.faults.clear(account(request), self.selector.vendor(request))}
        )


def _narrowed(document: Json, vendor: str | None) -> Json:
    """A script with the vendor of the call in every fault that names none."""
    if vendor is None:
        return document
    if isinstance(document, list):
        return [_narrowed(item, vendor) for item in document]
    if isinstance(document, dict) and "faults" in document:
        return {**document, "faults": _narrowed(document["faults"], vendor)}
    return {"vendor": vendor, **document} if isinstance(document, dict) else document


def _view(owner: str | None, armed: ArmedFault) -> dict[str, Any]:
    """A fault as it was written, with its counters; its account masked."""
    written = {name: value for name, value in armed.fault.source.items() if name != "account"}
    counters = {"matched": armed.matched, "fired": armed.fired, "remaining": armed.remaining, "armed": armed.armed}
    return {"id": armed.id, "account": mask(owner) if owner is not None else None, **written, **counters}
