"""What a handle reads and asserts: the events and requests of one account, and whether they kept the contract."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from mockserver.client import messages
from mockserver.client.allowances import Allowances, Expected, check_rule
from mockserver.client.arguments import bounds, check_choice, runs_in_a_task, suggesting, would_block
from mockserver.client.control import Control, ControlError, accepted, whole_listing
from mockserver.client.expecting import Bounds, RequestExpectation, unmet
from mockserver.client.judging import comparable
from mockserver.client.records import Outcome, ReceivedEvent, ReceivedRequest, received_events, received_requests
from mockserver.client.verifying import Verifier
from mockserver.support.matching import argument_problems

if TYPE_CHECKING:
    from mockserver.client.views import EventsView, RequestsView, UnverifiedView

ExpectedEvent = str | tuple[str, Any]
"""An event by its name or operation, or by that and a subset of its JSON."""
AnyOutcome = Literal[Outcome, "any"]
OUTCOMES = (*get_args(Outcome), "any")
NO_FILTER: Mapping[str, str] = MappingProxyType({})


class Asserting(ABC):
    """The events and requests of one account at one vendor. `violations_allowed` says that the test breaks the contract
    on purpose."""

    vendor: ClassVar[str]

    def __init__(self, control: Control, api_key: str) -> None:
        self._control = control
        self._query = {"account": api_key, "vendor": self.vendor}
        self._verifier = Verifier(control, self._query)
        self._allowances = Allowances()
        self.violations_allowed = False
        self.failures: int | None = None
        """How many requests had no success when the contract was last checked; None before."""

    # Reading

    @property
    def events(self) -> list[ReceivedEvent]:
        """Everything that was sent to be recorded, oldest first, whatever became of it."""
        return self._received(self._events())

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every request of this account, oldest first, with headers, bodies and the response that was sent."""
        return received_requests(self._whole_requests()["requests"])

    # Asserting

    @suggesting
    def assert_received(
        self,
        name: str | None = None,
        *,
        json: Any = None,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        within: float = 0.0,
        outcome: AnyOutcome = "accepted",
    ) -> None:
        """Fails unless as many events arrived as expected: exactly `times`, or within the bounds, or at least one.

        `name` is an event's name or an operation's id. `json` is a subset of the event as it was sent: objects may have
        more members, lists match in order and length; matchers, compiled patterns, datetimes, types, predicates and
        whatever has an `==` of its own stand for values. `within` is how many seconds to wait at most; the wait ends
        early once enough events arrived, and with `times=0` or only `at_most` it lasts to the end. Only accepted events
        count unless `outcome` says otherwise. With an upper bound it also fails if requests that were evicted from the
        journal could have held more events.

        Raises TypeError for what cannot be compared with JSON, ControlError for arguments that contradict each other,
        and RuntimeError where waiting would block the event loop of this thread.
        """
        __tracebackhide__ = True
        expected: dict[str, Any] = {
            "name": name,
            "times": times,
            "at_least": at_least,
            "at_most": at_most,
            "outcome": outcome,
        }
        check_choice("outcome", outcome, OUTCOMES)
        expected["json"] = wanted = comparable(json)
        report = self._verified(f"assert_received({_shown(name)}within={within:g})", expected, within)
        if report is not None:
            raise AssertionError(messages.not_received(name, outcome, wanted, within, report))

    @suggesting
    def assert_nothing_received(self, name: str | None = None, *, json: Any = None, within: float = 0.0) -> None:
        """Fails if such an event arrived, or arrives within so many seconds, accepted or not; `name`, `json` and errors
        are those of `assert_received`. Also fails if requests that were evicted from the journal could have held
        one."""
        __tracebackhide__ = True
        wanted = comparable(json)
        expected = {"name": name, "json": wanted, "times": 0, "outcome": "any"}
        report = self._verified(f"assert_nothing_received({_shown(name)}within={within:g})", expected, within)
        if report is not None:
            raise AssertionError(messages.unexpected(name, wanted, report))

    def assert_sequence(self, *expected: ExpectedEvent) -> None:
        """Fails unless accepted events arrived in this order; others may lie between them. Each is a name or an
        operation's id, or that with the `json` of `assert_received`: `("payment.processed", {"usr": {"id": "u1"}})`."""
        __tracebackhide__ = True
        wanted = [(item[0], comparable(item[1])) if isinstance(item, tuple) else item for item in expected]
        for item in wanted:
            problem = next(argument_problems(item[1]), None) if isinstance(item, tuple) else None
            if problem is not None:
                raise ControlError(f"json{problem.pointer}: {problem.expected}")
        now = self._now()
        listing = self._events({"outcome": "accepted"})
        events = self._received(listing)
        places = messages.places_in_sequence(wanted, events, now)
        if len(places) < len(wanted):
            raise AssertionError(messages.out_of_sequence(wanted, events, places, listing["evicted"]))

    @suggesting
    def assert_requests(
        self,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        method: Any = None,
        path: Any = None,
        headers: Mapping[str, Any] | None = None,
        status: Any = None,
        json: Any = None,
        operation: Any = None,
    ) -> None:
        """Fails unless as many requests arrived as expected: exactly `times`, or within the bounds, or at least one.

        A request counts if everything that is given is as expected: its method (in any case), its path without the
        query, the headers that are named, the status of the response that was sent, its body as JSON and the id of its
        operation. Text and numbers are equal; patterns, matchers and all that `json` of `assert_received` takes work
        for every member, as in `headers={"user-agent": re.compile("^shop/"), "x-debug": absent()}`. It does not wait:
        call `settle()` or `wait_for()` before. With an upper bound it also fails if requests were evicted from the
        journal. Raises TypeError for what cannot be compared, ControlError for arguments that contradict each other.
        """
        __tracebackhide__ = True
        many = Bounds(*bounds(times, at_least, at_most))
        expectation = RequestExpectation(
            method=method, path=path, headers=headers, status=status, json=json, operation=operation
        )
        now, listing = self._now(), self._whole_requests()
        why = unmet(expectation, many, received_requests(listing["requests"]), listing["evicted"], now)
        if why is not None:
            raise AssertionError(why)

    @suggesting
    def wait_for(self, count: int = 1, timeout: float = 5.0, name: str | None = None) -> list[ReceivedEvent]:
        """The accepted events, or those of a name or an operation, once there are `count` of them. Fails after
        `timeout` seconds, and if the journal does not keep so many. Raises RuntimeError where waiting would block the
        event loop of this thread."""
        __tracebackhide__ = True
        expected = {"name": name, "at_least": count, "outcome": "accepted"}
        report = self._verified(f"wait_for({count})", expected, timeout)
        if report is not None:
            raise AssertionError(messages.not_received(name, "accepted", None, timeout, report))
        listing = self._events({"outcome": "accepted"} | ({} if name is None else {"name": name}))
        if listing["total"] < count:
            raise AssertionError(messages.no_longer_kept(count, listing["total"], listing["evicted"]))
        return self._received(listing)

    @suggesting
    def settle(self, quiet: float = 0.2, timeout: float = 5.0) -> None:
        """Returns when no request came for `quiet` seconds. Fails if they still come after `timeout` seconds. Raises
        RuntimeError where an event loop runs in this thread, which it would block."""
        __tracebackhide__ = True
        if runs_in_a_task():
            raise would_block(f"{self.vendor}.settle()")
        body = {"quiet": quiet, "timeout": timeout}
        response = self._control.call("POST", "/settle", self._query, body, timeout=quiet + timeout + 30.0)
        if response.status == 409:
            raise AssertionError(f"requests still came after {timeout:g} s, never {quiet:g} s apart")
        accepted(response)

    def allow_violations(self, *rules: str) -> None:
        """Declares that this test breaks the contract on purpose: in any way, or only the rules named, such as
        `"format"` or `"spelling"`. Raises ValueError for what is the name of no rule."""
        self._allowances.allow(rules)
        self.violations_allowed = self.violations_allowed or not rules

    @suggesting
    @contextmanager
    def expect_violation(
        self, pointer: str | None = None, rule: str | None = None, times: int | None = None
    ) -> Iterator[None]:
        """`with datadog.expect_violation("/usr/id", "required"):` fails at its end unless a request that came since its
        beginning had such a violation, or `times` requests, if given. Warnings, such as of a misspelt field, count too.

        `pointer` is the JSON Pointer of the place, or the name of the header or the parameter that is wrong; `rule` the
        name of the rule that is broken. None stands for any. `assert_contract_kept` lets pass what was expected. Raises
        ValueError for what is the name of no rule.
        """
        __tracebackhide__ = True
        if rule is not None:
            check_rule(rule)
        before = self._requests({"limit": "0"})
        yield
        listing = self._requests()
        new = max(0, before["total"] + before["evicted"] - listing["evicted"])
        requests = [ReceivedRequest.from_view(view) for view in listing["requests"]]
        requests = requests[new:] if new <= len(requests) else requests  # after a reset all are new
        expected = Expected(pointer, rule)
        having = self._allowances.excuse(expected, requests)
        if (times is None and not having) or times not in (None, len(having)):
            raise AssertionError(messages.violation_missing(self.vendor, expected, times, having, requests))

    def assert_contract_kept(self, *, strict: bool = False) -> None:
        """Fails if a request broke the contract; with `strict` also for a warning, such as a misspelt field. What
        `expect_violation` expected and the rules that `allow_violations` names do not count, but requests that were
        evicted from the journal do."""
        __tracebackhide__ = True
        listing = self._requests(NO_FILTER if strict else {"verdict": "invalid"})
        self.failures = listing.get("failures", 0)
        requests = [
            self._allowances.left(ReceivedRequest.from_view(view), strict=strict) for view in listing["requests"]
        ]
        broken = [request for request in requests if request.violations or request.warnings]
        if broken:
            raise AssertionError(messages.contract_broken(self.vendor, broken))
        evicted = listing.get("evicted_invalid", 0) + (listing.get("evicted_warned", 0) if strict else 0)
        if evicted:
            raise AssertionError(messages.contract_was_broken(self.vendor, evicted))

    def _received(self, listing: EventsView) -> list[ReceivedEvent]:
        return received_events(listing["events"], lambda: self.requests)

    def _events(self, query: Mapping[str, str] = NO_FILTER) -> EventsView:
        listing: EventsView = whole_listing(self._control, "/events", {**self._query, **query})
        return listing

    def _requests(self, query: Mapping[str, str] = NO_FILTER) -> RequestsView:
        listing: RequestsView = whole_listing(self._control, "/requests", {**self._query, **query})
        return listing

    def _whole_requests(self) -> RequestsView:
        """All requests with headers and bodies; a server of the last version cannot list those."""
        try:
            return self._requests({"bodies": "true"})
        except ControlError as error:
            if "bodies" not in str(error):
                raise
            return self._requests()

    def _verified(self, call: str, expected: Mapping[str, Any], within: float) -> UnverifiedView | None:
        """The report on an expectation that fails; None if it holds. Where an event loop runs in this thread, it is
        looked at without waiting; RuntimeError is raised if `call` would have to wait."""
        if within <= 0 or not runs_in_a_task():
            return self._verifier.verify(expected, within)
        report = self._verifier.verify(expected, 0.0)
        low, high = bounds(*(expected.get(name) for name in ("times", "at_least", "at_most")))
        exceeded = report is not None and high is not None and report["count"] > high
        decided = exceeded or report["undecided"] if report is not None else low > 0
        if not decided:
            raise would_block(f"{self.vendor}.{call}")
        return report

    def _now(self) -> float:
        """The time of the account's clock, in seconds since the epoch."""
        return float(self._call("GET", "/clock")["now"])

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return accepted(self._control.call(method, path, self._query, body))


def _shown(name: str | None) -> str:
    """The first argument of a call, as a test writes it."""
    return "" if name is None else f'"{name}", '
