"""Datadog: events v1 and v2, Product Analytics events and queries."""

import re
from collections.abc import Mapping
from typing import ClassVar

from mockserver.errors import Failure
from mockserver.model import EventPart, FailureKind, Headers, Json, Quota, Violation
from mockserver.operations import Operation, RequestContext
from mockserver.vendors.base import Problem, Vendor
from mockserver.vendors.datadog import wording
from mockserver.vendors.datadog.behaviour import BEHAVIOURS, EVENTS

EVENTS_PAGE = "https://docs.datadoghq.com/api/latest/events/post-an-event/"
PRODUCT_ANALYTICS_PAGE = "https://docs.datadoghq.com/api/latest/product-analytics/"


class DatadogVendor(Vendor):
    behaviours = BEHAVIOURS
    key_prefix = "mock-dd-"
    real_keys = re.compile(r"[0-9a-f]{32}")
    handle = "mockserver.vendors.datadog.handle:Datadog"
    views = "mockserver.vendors.datadog.views:VIEWS"
    dialect = "mockserver.vendors.datadog.pages:DIALECT"
    documentation: ClassVar[Mapping[str, str]] = {
        "Docs › API Reference › Events": EVENTS_PAGE,
        "Post an event": EVENTS_PAGE,
        "Docs › API Reference › Product Analytics": PRODUCT_ANALYTICS_PAGE,
        "Send server-side events": PRODUCT_ANALYTICS_PAGE,
        "Compute ": PRODUCT_ANALYTICS_PAGE,
    }

    def events(self, context: RequestContext, response: Json) -> list[EventPart]:
        return EVENTS.get(context.operation.id, super().events)(context, response)

    def problems(self, operation: Operation, failure: Failure, status: int) -> list[Problem]:
        if failure.violations:
            problems = super().problems(operation, failure, status)
            return (
                [min(problems, key=wording.asked_for_first)] if operation.extensions.get("x-first-only") else problems
            )
        if failure.kind in operation.credential_statuses:
            return [wording.credential_problem(operation, failure.kind)]
        if failure.kind is FailureKind.UNREADABLE:
            return [Problem(f"Malformed payload: {failure.detail}")]
        return [Problem(failure.detail or wording.scripted_message(operation, status))]

    def problem(self, operation: Operation, violation: Violation) -> Problem:
        return wording.violation_problem(operation, violation)

    def rate_limit_headers(self, operation: Operation, status: int, quota: Quota, reset_in: int) -> Headers:
        """Lower-case names, seconds left (recorded); on other answers than 429 and 503 only where the contract says
        so, for an accepted event v1 carries none (recorded)."""
        if status not in (429, 503) and operation.extensions.get("x-rate-limit", {}).get("headers") != "always":
            return ()
        return (
            (b"x-ratelimit-limit", b"%d" % quota.limit),
            (b"x-ratelimit-period", b"%d" % quota.period),
            (b"x-ratelimit-remaining", b"%d" % quota.remaining),
            (b"x-ratelimit-reset", b"%d" % reset_in),
            (b"x-ratelimit-name", quota.name.encode("latin-1")),
        )
