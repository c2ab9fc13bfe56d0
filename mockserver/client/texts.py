"""What a failed expectation prints: counts first, then what comes nearest, field by field, at most a screenful."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mockserver.client.records import ReceivedEvent, ReceivedRequest, Violation
from mockserver.matching import is_subset, shown

LINES_AT_MOST = 40
DIFFERENCES_AT_MOST = 8
VIOLATIONS_AT_MOST = 100


def not_received(name: str | None, outcome: str, report: Mapping[str, Any]) -> str:
    """Too few or too many events; `report` is the control API's answer to a verification."""
    kind = "" if outcome == "any" else f"{outcome} "
    lines = [f"expected {report['expected']} {kind}{_events_named(name)}, received {report['count']}"]
    nearest = report["nearest"]
    if nearest:
        lines += ["", f"nearest of {_counted(report['total'], 'event')} received:"]
        for number, near in enumerate(nearest, 1):
            lines += _near(number, near)
    elif report["total"] == 0:
        lines += ["", "no events were received at all"]
    lines += _evictions(report["evicted"])
    return _cut(lines)


def unexpected(name: str | None, events: Sequence[ReceivedEvent]) -> str:
    """Events where none were expected."""
    found = [event for event in events if name in (None, event.name, event.operation)]
    what = "any event" if name is None else f'"{name}"'
    lines = [f"expected not to receive {what}, received {_counted(len(found), 'event')}:", ""]
    lines += [f"  {_titled(event)}" for event in found]
    return _cut(lines)


def sequence_gap(expected: Sequence[Any], events: Iterable[ReceivedEvent], now: float) -> int | None:
    """The position in `expected` of the first event that did not come after the ones before it, or None."""
    at = 0
    for event in events:
        if at < len(expected) and _fits(expected[at], event, now):
            at += 1
    return at if at < len(expected) else None


def out_of_sequence(expected: Sequence[Any], events: Sequence[ReceivedEvent], at: int) -> str:
    lines = [f"expected {_counted(len(expected), 'event')} in order; number {at + 1} did not come in its place", ""]
    lines.append("expected:")
    for number, item in enumerate(expected):
        lines.append(f"  {'→' if number == at else ' '} {number + 1}. {_in_words(item)}")
    lines += ["", "received:" if events else "received: nothing"]
    lines += [f"    {number}. {_titled(event)}" for number, event in enumerate(events, 1)]
    return _cut(lines)


def contract_broken(vendor: str, requests: Sequence[ReceivedRequest], *, strict: bool) -> str:
    """Every violation, with its place, rule, evidence, value and the smallest change that would mend it."""
    lines = [f"{_counted(len(requests), 'request')} to {vendor} broke the contract"]
    left = VIOLATIONS_AT_MOST
    for request in requests:
        status = "no answer" if request.status is None else str(request.status)
        lines += ["", f"{request.method} {request.path} {request.operation or '-'} → {status} (request {request.id})"]
        found = request.violations + (request.warnings if strict else ())
        for violation in found[:left]:
            lines += _violation(violation)
        left -= len(found)
        if left < 0:
            lines.append(f"  … and {-left} more violations")
            break
    lines += ["", "if the test means to break the contract, call allow_violations()"]
    return "\n".join(lines)


def late(events: Mapping[str, Sequence[str]]) -> str:
    """Requests that came after their test was over; by the test's name, a line for each request."""
    count = sum(len(lines) for lines in events.values())
    lines = [
        f"{_counted(count, 'request')} came after the test that caused it was over"
        if count == 1
        else f"{_counted(count, 'request')} came after the tests that caused them were over"
    ]
    for test, requests in events.items():
        lines += ["", test]
        lines += [f"  {request}" for request in requests]
    lines += ["", "a sender works in the background: wait for it in the test, with wait_for() or settle()"]
    return "\n".join(lines)


def _violation(violation: Violation) -> list[str]:
    place = violation.pointer or violation.parameter or "the body"
    lines = [f"  {place}: {violation.message} ({violation.rule})"]
    if violation.value is not None:
        lines.append(f"    sent      {violation.value}")
    lines.append(f"    evidence  {violation.evidence['kind']}: {violation.evidence['source']}")
    if violation.remedy is not None:
        lines.append(f"    change    {violation.remedy}")
    return lines


def _near(number: int, near: Mapping[str, Any]) -> list[str]:
    event, found = ReceivedEvent(**near["event"]), near["differences"]
    lines = [f"  {number}. {_titled(event)}"]
    width = max([len(place["pointer"] or "the event") for place in found[:DIFFERENCES_AT_MOST]], default=0)
    for place in found[:DIFFERENCES_AT_MOST]:
        actual = "nothing" if place["missing"] else shown(place["actual"])
        lines.append(f"       {(place['pointer'] or 'the event').ljust(width)}  expected {place['expected']}")
        lines.append(f"       {''.ljust(width)}  received {actual}")
    if len(found) > DIFFERENCES_AT_MOST:
        lines.append(f"       … and {len(found) - DIFFERENCES_AT_MOST} more differences")
    return lines


def _titled(event: ReceivedEvent) -> str:
    name = f'"{event.name}"' if event.name is not None else "an event without a name"
    reason = f": {event.reason}" if event.reason else ""
    return f"{name} ({event.operation}, request {event.request_id}, {event.outcome}{reason})"


def _events_named(name: str | None) -> str:
    return "events" if name is None else f'events "{name}"'


def _fits(expected: Any, event: ReceivedEvent, now: float) -> bool:
    name, json = expected if isinstance(expected, tuple) else (expected, None)
    return name in (event.name, event.operation) and (json is None or is_subset(json, event.attributes, now))


def _in_words(expected: Any) -> str:
    return f'"{expected[0]}" with {shown(expected[1])}' if isinstance(expected, tuple) else f'"{expected}"'


def _evictions(evicted: int) -> list[str]:
    if not evicted:
        return []
    were = "request was" if evicted == 1 else "requests were"
    return ["", f"{evicted} older {were} evicted from the journal and could have held it; see journal_entries"]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _cut(lines: list[str]) -> str:
    if len(lines) > LINES_AT_MOST:
        lines = [*lines[:LINES_AT_MOST], f"… and {len(lines) - LINES_AT_MOST} more lines"]
    return "\n".join(lines)
