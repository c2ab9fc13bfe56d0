"""Supalytics: the events write endpoint; only its documentation page is public."""

from __future__ import annotations

import math

from mockserver.accounts.account import Account
from mockserver.model import EventPart, Headers, Json, Operation, Quota, RequestContext, Response
from mockserver.vendors.base import Behaviour, Vendor, sample_response, text_at


class Supalytics(Vendor):
    name = "supalytics"

    def behaviour(self, operation: Operation) -> Behaviour:
        return write_event if operation.id == "WriteEvent" else sample_response

    def events(self, context: RequestContext, response: Json) -> list[EventPart]:
        if context.operation.id != "WriteEvent":
            return super().events(context, response)
        body = context.body
        return [EventPart(text_at(body, "name"), body, identity=text_at(body, "visitor_id"))]

    def looks_real(self, credential: str) -> bool:
        return credential.startswith("sly_live")

    def rate_limit_headers(self, operation: Operation, status: int, quota: Quota, reset_in: int) -> Headers:
        """The three documented headers, on every answer; the unit of the reset, epoch seconds, is assumed."""
        reset_at = math.ceil(quota.reset_at)
        values = {b"X-RateLimit-Limit": quota.limit, b"X-RateLimit-Remaining": quota.remaining}
        return tuple((name, b"%d" % value) for name, value in {**values, b"X-RateLimit-Reset": reset_at}.items())


def write_event(context: RequestContext, _account: Account) -> Response:
    """200 `{"success": true}` (documented)."""
    return Response(context.operation.success, b'{"success":true}')
