"""The text of a failed expectation: counts first, then what comes nearest, field by field, at most a screenful."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mockserver.client.records import ReceivedEvent, ReceivedRequest, Violation
from mockserver.support.budget import Budget
from mockserver.support.matching import Difference, comparing, is_subset, shown

if TYPE_CHECKING:
    from mockserver.client.allowances import Expected
    from mockserver.client.views import EventView, NearView, RequestView, UnverifiedView

MAX_LINES = 40
MAX_LINE = 110
MAX_EVENTS_BEFORE = 5
MAX_DIFFERENCES = 8
MAX_FINDINGS = 50
MAX_PLACES = 10
MAX_IDS = 10
OF_THE_FORM = ("enum", "const", "format", "type", "pattern", "minLength")
"""Rules of which a value breaks several at once where it has the wrong form; the one that tells most first."""
ON_PURPOSE = ("", "if the test breaks the contract on purpose, call allow_violations()")


def not_received(name: str | None, outcome: str, json: Any, within: float, report: UnverifiedView) -> str:
    """Too few or too many events; `report` is the control API's on the verification."""
    kind = "" if outcome == "any" else f"{outcome} "
    noun = "event" if report["expected"].split()[-1] == "1" else "events"
    named = "" if name is None else f' "{name}"'
    what = f"{report['expected']} {kind}{noun}{named}"
    if report["undecided"]:
        return _undecided(what, json, report)
    patience = f" within {within:g} s" if within else ""
    lines = [f"expected {what}{patience}, received {report['count']}", *_with(json)]
    if report["matched"]:
        lines += ["", "received:", *_matched(report["matched"], report["count"])]
    if report["nearest"]:
        others = max(report["total"] - report["count"], len(report["nearest"]))
        compared = report.get("compared", others)
        only = f", {compared} compared" if compared < others else ""
        noun = "other event" if report["count"] else "event"
        lines += ["", f"nearest of {counted(others, noun)} received{only}:"]
        for number, near in enumerate(report["nearest"], 1):
            lines += _near(number, near)
    elif report["total"] == 0:
        lines += ["", "no events were received at all", *_came(report.get("requests", ()))]
    lines += _nobodys(report.get("unclaimed", ()))
    lines += evictions(report["evicted"])
    return cut(lines)


def _came(requests: Sequence[RequestView]) -> list[str]:
    """What arrived instead of an event: a line for each request."""
    lines = [f"{counted(len(requests), 'request')} came:"] if requests else []
    for request in requests:
        first = next(iter(request["violations"]), None)
        why = "" if first is None else f": {Violation.from_view(first).place} {first['message']}"
        status = answered(request["status"])
        lines.append(f"  {request['method']} {request['path']} (request {request['id']}, {status}){why}")
    return lines


def _nobodys(requests: Sequence[RequestView]) -> list[str]:
    """Requests that may have been meant for the account: a line for each."""
    lines = [
        f"  {each['method']} {each['path']} (request {each['id']}): {each['unclaimed']['reason']}" for each in requests
    ]
    return ["", "requests that no account claims:", *lines] if lines else []


def unexpected(name: str | None, json: Any, report: UnverifiedView) -> str:
    """Events where none were expected."""
    what = "any event" if name is None else f'"{name}"'
    if report["undecided"]:
        return _undecided(f"not to receive {what}", json, report)
    lines = [f"expected not to receive {what}, received {counted(report['count'], 'event')}", *_with(json)]
    return cut([*lines, "", "received:", *_matched(report["matched"], report["count"])])


def no_longer_kept(count: int, kept: int, evicted: int) -> str:
    """As many events as expected came, but their requests did not all stay."""
    lines = [f"{counted(count, 'event')} came, but the journal keeps only {kept} of them"]
    return "\n".join([*lines, *evictions(evicted, "the others")])


def _undecided(what: str, json: Any, report: UnverifiedView) -> str:
    """As many as expected, as far as is known."""
    known = "1 is known" if report["count"] == 1 else f"{report['count'] or 'none'} are known"
    lines = [f"cannot tell: expected {what}; {known}, but there may have been more", *_with(json)]
    return cut([*lines, *evictions(report["unseen"], "such events")])


def _with(json: Any) -> list[str]:
    return [] if json is None else [f"  with {shown(json, MAX_LINE)}"]


def places_in_sequence(expected: Sequence[Any], events: Sequence[ReceivedEvent], now: float) -> list[int]:
    """The place in `events` of each expected event that came after the ones before it; it ends where one did not.
    Raises TooMuchWork."""
    places, budget = list[int](), comparing()
    for place, event in enumerate(events):
        if len(places) < len(expected) and _fits(expected[len(places)], event, now, budget):
            places.append(place)
    return places


def out_of_sequence(
    expected: Sequence[Any], events: Sequence[ReceivedEvent], places: Sequence[int], evicted: int
) -> str:
    """The expected order, where it broke, and what came instead; `places` are those of `places_in_sequence`."""
    at = len(places)
    came = f"number {at + 1} did not come after number {at}" if at else "number 1 did not come"
    lines = [f"expected {counted(len(expected), 'event')} in this order; {came}", "", "expected:"]
    for number, item in enumerate(expected):
        lines.append(f"  {'→' if number == at else ' '} {number + 1}. {_in_words(item)}")
    lines += ["", "received, accepted ones only:" if events else "no accepted events were received"]
    first = max(0, (places[-1] if places else 0) - MAX_EVENTS_BEFORE)
    if first:
        lines.append(f"    … {first} earlier")
    expected_at = {place: number for number, place in enumerate(places, 1)}
    for place, event in enumerate(events[first:], first):
        matched = f" ← number {expected_at[place]}" if place in expected_at else ""
        lines.append(f"    {_titled(event)}{matched}")
    return cut([*lines[:MAX_LINES], *_more(len(lines) - MAX_LINES), *evictions(evicted)])


def contract_broken(vendor: str, requests: Sequence[ReceivedRequest]) -> str:
    """Every mistake in some requests, and how a test says that it makes them on purpose."""
    return "\n".join([*mistakes_in(vendor, requests), *ON_PURPOSE])


def mistakes_in(vendor: str, requests: Sequence[ReceivedRequest]) -> list[str]:
    """Every mistake in some requests, with its place, rules, value, evidence and the smallest change that corrects it.
    It is shown once: with the other places of a list where it stands too, and the other requests that have it."""
    lines = [f"{counted(len(requests), 'request')} to {vendor} broke the contract"]
    findings = _findings(requests)
    for number, finding in enumerate(findings[:MAX_FINDINGS]):
        request, *others = finding.requests
        if number == 0 or request is not findings[number - 1].requests[0]:
            lines += ["", titled_request(request)]
        lines += _finding(finding.mistakes[0])
        also = finding.mistakes[1 : MAX_PLACES + 1]
        lines += [f"    also      {other[0].place}{_sent(other[0])}" for other in also]
        if len(finding.mistakes) > MAX_PLACES + 1:
            last = finding.mistakes[-1][0].place
            lines.append(f"    also      at {len(finding.mistakes) - MAX_PLACES - 1} more places, the last {last}")
        if others:
            lines.append(f"    {the_same_in([each.id for each in others])}")
    if len(findings) > MAX_FINDINGS:
        lines += ["", f"… and {len(findings) - MAX_FINDINGS} more findings"]
    return lines


def the_same_in(ids: Sequence[str]) -> str:
    """The further requests that a finding was made in, by their ids."""
    shown_ids = ", ".join([*ids[:MAX_IDS], *(["…"] if len(ids) > MAX_IDS else [])])
    return f"the same in {counted(len(ids), 'more request')}: {shown_ids}"


def violation_missing(
    vendor: str,
    expected: Expected,
    times: int | None,
    having: Sequence[ReceivedRequest],
    requests: Sequence[ReceivedRequest],
) -> str:
    """Fewer or more requests with an expected violation than expected, and what was wrong with all that came."""
    many = "a request" if times is None else counted(times, "request")
    of_rule = "" if expected.rule is None else f" of rule {expected.rule}"
    at = "" if expected.pointer is None else f" at {expected.pointer or 'the body'}"
    lines = [f"expected {many} to {vendor} with a violation{of_rule}{at}; {len(having)} of {len(requests)} had one"]
    for request in requests:
        found = request.violations + request.warnings
        told = [f"  {each.place} {each.message} (rule: {each.rule})" for each in found]
        lines += ["", titled_request(request), *(told or ["  keeps the contract"])]
    return cut(lines)


def titled_request(request: ReceivedRequest) -> str:
    """A request in one line."""
    operation, status = request.operation or "-", answered(request.status)
    return f"{request.method} {request.path} ({operation}, request {request.id}, {status})"


def answered(status: int | None) -> str:
    """How a request was answered."""
    return "not answered" if status is None else f"answered {status}"


def contract_was_broken(vendor: str, evicted: int) -> str:
    """The requests that broke the contract are no longer kept."""
    are = "is" if evicted == 1 else "are"
    lines = [f"{counted(evicted, 'request')} to {vendor} broke the contract and {are} no longer in the journal:"]
    return "\n".join([*lines, "raise journal_entries, journal_bytes or total_bytes to see what was wrong", *ON_PURPOSE])


Mistake = Sequence[Violation]
"""The violations that one wrong value is, the one that tells most first."""


class Finding(NamedTuple):
    """A mistake that some requests have in common: as it stands in the first one, at each of its places."""

    requests: list[ReceivedRequest]
    mistakes: list[Mistake]


def _findings(requests: Sequence[ReceivedRequest]) -> list[Finding]:
    """What is wrong with requests, in the order in which it was first seen. Mistakes that differ only in their place in
    a list, in their value or in their request are one."""
    findings: dict[tuple[object, ...], Finding] = {}
    for request in requests:
        for mistake in _mistakes(request.violations + request.warnings):
            place = re.sub(r"/[0-9]+(?=/|$)", "/0", mistake[0].place)
            worded = tuple((violation.rule, violation.message) for violation in mistake)
            key = (request.method, request.operation or request.path, place, worded)
            found = findings.setdefault(key, Finding([], []))
            if not found.requests or found.requests[-1] is not request:
                found.requests.append(request)
            if found.requests[0] is request:
                found.mistakes.append(mistake)
    return list(findings.values())


def _mistakes(violations: Sequence[Violation]) -> list[Mistake]:
    """Violations, those together that are of one value: what has the wrong form breaks several rules at once."""
    mistakes: dict[tuple[object, ...], list[Violation]] = {}
    for violation in violations:
        one = violation.value is not None and violation.rule in OF_THE_FORM
        key = (violation.place, violation.value) if one else (violation.place, violation.rule, violation.message)
        mistakes.setdefault(key, []).append(violation)
    return [
        sorted(each, key=lambda violation: OF_THE_FORM.index(violation.rule)) if len(each) > 1 else each
        for each in mistakes.values()
    ]


def _sent(violation: Violation) -> str:
    return "" if violation.value is None else f", sent {violation.value}"


def late(events: Mapping[str, Sequence[str]]) -> str:
    """Requests that came after their test was over; by the test's name, the text of each as `late_request` has it."""
    count = sum(len(texts) for texts in events.values())
    over = "test that caused it was" if count == 1 else "tests that caused them were"
    lines = [f"{counted(count, 'request')} came after the {over} over, and {'fails' if count == 1 else 'fail'} the run"]
    for test, texts in events.items():
        lines += ["", test, *(f"  {line}" for text in texts for line in text.splitlines())]
    lines += ["", "a sender works in the background: let the test wait for it with wait_for() or settle()"]
    return "\n".join(lines)


def late_request(request: ReceivedRequest, names: Sequence[str], *, strict: bool = False) -> str:
    """One request that came after its test was over: what it was, the names of its events, and what it did wrong."""
    events = "".join(f', "{name}"' for name in names)
    lines = [f"{titled_request(request)}{f': {events[2:]}' if events else ''}"]
    for mistake in _mistakes(request.violations + (request.warnings if strict else ())):
        lines += _finding(mistake)
    return "\n".join(lines)


def _finding(mistake: Mistake) -> list[str]:
    """One mistake: its place and rules, what was sent, the evidence of each rule, and how to correct it."""
    first = mistake[0]
    rules = ", ".join(dict.fromkeys(violation.rule for violation in mistake))
    lines = [f"  {first.place} {first.message} (rule: {rules})"]
    if first.value is not None:
        lines.append(f"    sent      {first.value}")
    sources = dict.fromkeys(source for each in mistake for source in _evidence(each.evidence))
    lines += [f"    {'' if number else 'evidence':8}  {source}" for number, source in enumerate(sources)]
    if first.fix is not None:
        lines.append(f"    fix       {first.fix}")
    return lines


def _evidence(evidence: Mapping[str, str]) -> list[str]:
    """Where a rule comes from, and the URL of the page or the contract's file where one is known."""
    kind, source, place = evidence["kind"], evidence["source"], evidence.get("url") or evidence.get("file")
    return [f"{kind}: {source}", *([] if place is None or place in source else [place])]


def _near(number: int, near: NearView) -> list[str]:
    found = [
        Difference(each["pointer"], each["expected"], each["actual"], each["missing"]) for each in near["differences"]
    ]
    return [f"  {number}. {_titled(ReceivedEvent.from_view(near['event']))}", *pointed(found, "the event")]


def pointed(found: Sequence[Difference], whole: str) -> list[str]:
    """Where something differs from what is expected, place by place; `whole` names it."""
    lines = []
    width = max([len(each.pointer or whole) for each in found[:MAX_DIFFERENCES]], default=0)
    for each in found[:MAX_DIFFERENCES]:
        actual = "nothing" if each.missing else shown(each.actual)
        lines.append(f"       {(each.pointer or whole).ljust(width)}  expected {each.expected}")
        lines.append(f"       {''.ljust(width)}  received {actual}")
    if len(found) > MAX_DIFFERENCES:
        lines.append(f"       … and {len(found) - MAX_DIFFERENCES} more differences")
    return lines


def _titled(event: ReceivedEvent) -> str:
    name = f'"{event.name}"' if event.name is not None else "an event without a name"
    reason = f": {event.reason}" if event.reason else ""
    attempt = f", attempt {event.attempt}" if event.attempt > 1 else ""
    return f"{name} ({event.operation}, request {event.request_id}{attempt}, {event.outcome}{reason})"


def _matched(views: Sequence[EventView], count: int) -> list[str]:
    """Events with what was in them."""
    lines = []
    for view in views:
        event = ReceivedEvent.from_view(view)
        lines += [f"  {_titled(event)}", f"    {shown(event.attributes, MAX_LINE)}"]
    return [*lines, *_more(count - len(views))]


def _more(count: int) -> list[str]:
    return [f"  … and {count} more"] if count > 0 else []


def _fits(expected: Any, event: ReceivedEvent, now: float, budget: Budget) -> bool:
    name, json = expected if isinstance(expected, tuple) else (expected, None)
    return name in (event.name, event.operation) and (json is None or is_subset(json, event.attributes, now, budget))


def _in_words(expected: Any) -> str:
    return f'"{expected[0]}" with {shown(expected[1])}' if isinstance(expected, tuple) else f'"{expected}"'


def evictions(evicted: int, what: str = "it") -> list[str]:
    """How many requests are no longer kept that could have held `what`, and what keeps more."""
    if not evicted:
        return []
    were = "was" if evicted == 1 else "were"
    return [
        "",
        f"{counted(evicted, 'older request')} {were} evicted from the journal and could have held {what}:",
        "raise journal_entries, journal_bytes or total_bytes, or reset() the account beforehand",
    ]


def counted(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def cut(lines: list[str]) -> str:
    """A message of at most a screenful."""
    more = [f"… and {len(lines) - MAX_LINES} more lines"] if len(lines) > MAX_LINES else []
    return "\n".join([*lines[:MAX_LINES], *more])
