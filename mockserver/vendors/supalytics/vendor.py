"""Supalytics: the events write endpoint; only its documentation page is public."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from mockserver.model import EventPart, Headers, Json, Quota, Response
from mockserver.operations import Operation, RequestContext
from mockserver.vendors.base import Behaviour, Vendor, text_at

if TYPE_CHECKING:
    from mockserver.accounts.account import Account


def write_event(context: RequestContext, _account: Account) -> Response:
    """200 `{"success": true}` (documented)."""
    return Response(context.operation.success, b'{"success":true}')


class SupalyticsVendor(Vendor):
    behaviours: ClassVar[Mapping[str, Behaviour]] = {"WriteEvent": write_event}
    key_prefix = "sly_mock_"
    real_keys = re.compile("sly_live.*", re.DOTALL)
    handle = "mockserver.vendors.supalytics.handle:Supalytics"
    views = "mockserver.vendors.supalytics.views:VIEWS"
    dialect = "mockserver.vendors.supalytics.pages:DIALECT"
    documentation: ClassVar[Mapping[str, str]] = {
        "Events (Write)": "https://www.supalytics.co/docs/api/server-side-events"
    }

    def events(self, context: RequestContext, response: Json) -> list[EventPart]:
        if context.operation.id != "WriteEvent":
            return super().events(context, response)
        body = context.body
        return [EventPart(text_at(body, "name"), body, identity=text_at(body, "visitor_id"))]

    def rate_limit_headers(self, operation: Operation, status: int, quota: Quota, reset_in: int) -> Headers:
        """The three documented headers, on every response; the unit of the reset, epoch seconds, is assumed."""
        reset_at = math.ceil(quota.reset_at)
        values = {b"X-RateLimit-Limit": quota.limit, b"X-RateLimit-Remaining": quota.remaining}
        return tuple((name, b"%d" % value) for name, value in {**values, b"X-RateLimit-Reset": reset_at}.items())
