"""Checks the requests that arrived against what a test expects of them, and shows those that come nearest."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mockserver.client.control import ControlError, without_none
from mockserver.client.judging import comparable
from mockserver.client.messages import counted, cut, evictions, pointed, titled_request
from mockserver.client.records import ReceivedRequest
from mockserver.support.matching import Difference, argument_problems, differences, is_subset, shown

MAX_SHOWN = 10
MAX_NEAREST = 3


class RequestExpectation:
    """What a request should be; members that are None may be anything. Raises ControlError for a matcher with a wrong
    argument, and TypeError for what cannot be compared."""

    def __init__(self, **expected: Any) -> None:
        said = without_none(expected)
        if isinstance(said.get("method"), str):
            said["method"] = said["method"].upper()
        if isinstance(said.get("headers"), Mapping):
            said["headers"] = {name.lower(): value for name, value in said["headers"].items()}
        self._expected = {name: comparable(value, f"/{name}") for name, value in said.items()}
        for problem in argument_problems(self._expected):
            raise ControlError(f"{problem.pointer[1:]}: {problem.expected}")

    def matches(self, request: ReceivedRequest, now: float) -> bool:
        """Whether a request is as expected. `now` is the account's time, in seconds."""
        return is_subset(self._expected, self._of(request), now)

    def departures(self, request: ReceivedRequest, now: float) -> list[Difference]:
        """Where a request is not as expected."""
        return list(differences(self._expected, self._of(request), now))

    def in_words(self) -> Iterator[str]:
        """A line for each thing that is expected."""
        for name, value in self._expected.items():
            yield f"  {name} {value if isinstance(value, str) else shown(value, 100)}"

    def _of(self, request: ReceivedRequest) -> dict[str, Any]:
        """What of a request is compared."""
        actual = {name: getattr(request, name) for name in self._expected if name != "headers"}
        return {**actual, "headers": dict(request.headers)}


class Bounds(NamedTuple):
    """How many requests are expected."""

    at_least: int
    at_most: int | None

    def accept(self, count: int) -> bool:
        return self.at_least <= count and (self.at_most is None or count <= self.at_most)

    def in_words(self) -> str:
        if self.at_most is None:
            return f"at least {counted(self.at_least, 'request')}"
        exactly = self.at_least == self.at_most
        return (
            f"exactly {counted(self.at_least, 'request')}" if exactly else f"{self.at_least} to {self.at_most} requests"
        )


def unmet(
    expectation: RequestExpectation, bounds: Bounds, requests: Sequence[ReceivedRequest], evicted: int, now: float
) -> str | None:
    """Why the requests that arrived are not as expected, nearest first; None if they are. `evicted` more are no longer
    kept."""
    matched = [request for request in requests if expectation.matches(request, now)]
    undecided = bounds.accept(len(matched)) and bounds.at_most is not None and evicted > 0
    if bounds.accept(len(matched)) and not undecided:
        return None
    many = len(matched) if matched else "none"
    told = f"{many} known, but there may have been more" if undecided else f"received {len(matched)}"
    lines = [f"{'cannot tell: ' if undecided else ''}expected {bounds.in_words()}, {told}", *expectation.in_words()]
    if matched:
        lines += ["", "received:", *_listed(matched)]
    if len(matched) < bounds.at_least:
        others = [request for request in requests if request not in matched]
        lines += _nearest(expectation, others, now, matched)
    return cut([*lines, *evictions(evicted, "such requests")])


def _nearest(
    expectation: RequestExpectation, others: list[ReceivedRequest], now: float, matched: list[ReceivedRequest]
) -> list[str]:
    """The requests that arrived instead: where the nearest differ, and what others there are."""
    if not others:
        return [] if matched else ["", "no requests were received at all"]
    found = [(expectation.departures(request, now), request) for request in reversed(others)]
    found.sort(key=lambda each: len(each[0]))
    lines = ["", f"nearest of {counted(len(others), 'other request' if matched else 'request')} received:"]
    for number, (departures, request) in enumerate(found[:MAX_NEAREST], 1):
        lines += [f"  {number}. {titled_request(request)}", *pointed(departures, "the request")]
    return [*lines, *_listed([request for _, request in found[MAX_NEAREST:]])]


def _listed(requests: Sequence[ReceivedRequest]) -> list[str]:
    more = [f"  … and {len(requests) - MAX_SHOWN} more"] if len(requests) > MAX_SHOWN else []
    return [*(f"  {titled_request(request)}" for request in requests[:MAX_SHOWN]), *more]
