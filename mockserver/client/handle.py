"""A handle: one vendor's account on a server, with the calls by which a test scripts, reads and asserts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypedDict, TypeVar, Unpack
from urllib.parse import urlsplit

from mockserver.client import messages
from mockserver.client.allowances import Allowances, Expected, check_rule
from mockserver.client.awaiting import Awaited, OnTarget, Unawaited
from mockserver.client.clock import AwaitableClock, HandleClock
from mockserver.client.control import Control, ControlError, accepted, whole_listing
from mockserver.client.findings import unfired_faults
from mockserver.client.records import ReceivedEvent, ReceivedRequest, received_events, received_requests
from mockserver.errors import SettingsError
from mockserver.support.matching import argument_problems

if TYPE_CHECKING:
    from mockserver.client.views import EventsView, RequestsView, UnverifiedView

Delay = float | Mapping[str, Any]
ExpectedEvent = str | tuple[str, Any]
"""An event by its name or operation, or by that and a subset of its JSON."""
NO_FILTER: Mapping[str, str] = MappingProxyType({})


class FaultOptions(TypedDict, total=False):
    """Which requests a fault fires on, and when; the fault scripts' keys of the same names."""

    operation: str | None
    match: Any
    stage: Literal["before", "after"]
    after: int
    times: int | None
    every: int
    probability: float
    optional: bool


class Handle(ABC):
    """One account at one vendor. Every call is about this account only; other tests never see it.

    Calls raise ControlError where the server refuses them, and AssertionError where an expectation fails.
    """

    vendor: ClassVar[str]

    def __init__(self, control: Control, url: str, api_key: str) -> None:
        self._control = control
        self._query = {"account": api_key, "vendor": self.vendor}
        self.url = url
        self.api_key = api_key
        self.violations_allowed = False
        self._allowances = Allowances()
        self._unawaited = Unawaited()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.url}>"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 80

    @property
    @abstractmethod
    def headers(self) -> dict[str, str]:
        """The request headers that carry this account's credentials."""

    @abstractmethod
    def env(self) -> dict[str, str]:
        """The environment variables that point this vendor's SDKs here, with this account's credentials."""

    def claim(self) -> None:
        """Says that a test answers for this account: requests with a credential that nobody claims are unclaimed."""
        self._call("POST", "/accounts")

    # Scripting

    def fail(
        self,
        status: int,
        *,
        retry_after: float | None = None,
        undocumented: bool = False,
        until_waited: bool = False,
        **options: Unpack[FaultOptions],
    ) -> None:
        """Makes the next requests that match fail with `status`: `times` of them, or until cleared. With
        `stage="after"` what was sent is stored and only its acknowledgement is lost. With `until_waited` they fail
        until `retry_after` seconds have passed on this account's clock."""
        flags = {"undocumented": undocumented or None, "until_waited": until_waited or None}
        self._arm(status=status, retry_after=retry_after, **flags, **options)

    def slow(self, delay: Delay, **options: Unpack[FaultOptions]) -> None:
        """Delays responses: seconds, `{"uniform": [low, high]}` or `{"lognormal": {"median": …, "sigma": …}}`."""
        self._arm(delay=delay, **options)

    def drop(self, wire: str | Mapping[str, Any] = "reset", **options: Unpack[FaultOptions]) -> None:
        """Breaks the connection or the response: a wire fault by its name, or with its parameters, as in
        `{"dribble": {"chunks": 5}}`. With `stage="after"`, the default of `truncate` and `malformed`, what was sent is
        stored first."""
        self._arm(wire=wire, **options)

    def script(self, script: str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Arms a fault script: a packaged scenario by its name, a YAML file, or the script itself."""
        if isinstance(script, (str, Path)):
            script = read_script(script)
        self._call("POST", "/faults", script)

    def assert_faults_fired(self) -> None:
        """Fails if a fault of this account did not fire, or less often than `times`. Faults with `optional`, with a
        `probability` or without an end do not count."""
        __tracebackhide__ = True
        unfired = self._control.call("GET", "/faults", {**self._query, "unfired": "true"})
        faults = accepted(unfired)["faults"]
        if faults:
            raise AssertionError(unfired_faults(self.vendor, faults))

    def clear_faults(self) -> None:
        """Disarms every fault of this account."""
        self._call("DELETE", "/faults")

    @property
    def clock(self) -> HandleClock:
        """This account's clock."""
        return HandleClock(self._call)

    # Reading

    @property
    def events(self) -> list[ReceivedEvent]:
        """Everything that was sent to be recorded, oldest first, whatever became of it."""
        return self._received(self._events())

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every request of this account, oldest first, with headers, bodies and the response that was sent."""
        return received_requests(self._requests({"bodies": "true"})["requests"])

    # Asserting

    def assert_received(
        self,
        name: str | None = None,
        *,
        json: Any = None,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        within: float = 0.0,
        outcome: str = "accepted",
    ) -> None:
        """Fails unless as many events arrived as expected: exactly `times`, or within the bounds, or at least one.

        `name` is an event's name or an operation's id; `json` a subset of the event as it was sent, matchers
        included. `within` is how many seconds to wait at most; the wait ends early once enough events arrived, and
        with `times=0` or only `at_most` it lasts to the end. Only accepted events count unless `outcome` says
        otherwise. With an upper bound it also fails if requests that were evicted from the journal could have held
        more events.
        """
        __tracebackhide__ = True
        report = self._verify(
            within, name=name, json=json, times=times, at_least=at_least, at_most=at_most, outcome=outcome
        )
        if report is not None:
            raise AssertionError(messages.not_received(name, outcome, json, within, report))

    def assert_nothing_received(self, name: str | None = None, *, json: Any = None, within: float = 0.0) -> None:
        """Fails if such an event arrived, or arrives within so many seconds, accepted or not. Also fails if requests
        that were evicted from the journal could have held one."""
        __tracebackhide__ = True
        report = self._verify(within, name=name, json=json, times=0, outcome="any")
        if report is not None:
            raise AssertionError(messages.unexpected(name, json, report))

    def assert_sequence(self, *expected: ExpectedEvent) -> None:
        """Fails unless accepted events arrived in this order; others may lie between them."""
        __tracebackhide__ = True
        for item in expected:
            problem = next(argument_problems(item[1]), None) if isinstance(item, tuple) else None
            if problem is not None:
                raise ControlError(f"json{problem.pointer}: {problem.expected}")
        now = self.clock.now
        listing = self._events({"outcome": "accepted"})
        events = self._received(listing)
        places = messages.places_in_sequence(expected, events, now)
        if len(places) < len(expected):
            raise AssertionError(messages.out_of_sequence(expected, events, places, listing["evicted"]))

    def wait_for(self, count: int = 1, timeout: float = 5.0, name: str | None = None) -> list[ReceivedEvent]:
        """The accepted events once there are `count` of them. Fails after `timeout` seconds, and if the journal does
        not keep so many."""
        __tracebackhide__ = True
        self.assert_received(name, at_least=count, within=timeout)
        listing = self._events(without_none({"outcome": "accepted", "name": name}))
        if listing["total"] < count:
            raise AssertionError(messages.no_longer_kept(count, listing["total"], listing["evicted"]))
        return self._received(listing)

    def settle(self, quiet: float = 0.2, timeout: float = 5.0) -> None:
        """Returns when no request came for `quiet` seconds. Fails if they still come after `timeout` seconds."""
        __tracebackhide__ = True
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
        requests = [
            self._allowances.left(ReceivedRequest.from_view(view), strict=strict) for view in listing["requests"]
        ]
        broken = [request for request in requests if request.violations or request.warnings]
        if broken:
            raise AssertionError(messages.contract_broken(self.vendor, broken))
        evicted = listing.get("evicted_invalid", 0) + (listing.get("evicted_warned", 0) if strict else 0)
        if evicted:
            raise AssertionError(messages.contract_was_broken(self.vendor, evicted))

    def reset(self) -> None:
        """Forgets everything about this account: requests, events, faults, quotas, clock, what the vendor keeps."""
        self._call("POST", "/reset")
        self.violations_allowed = False
        self._allowances = Allowances()

    @property
    def aio(self) -> Awaitables:
        """The same calls for async tests, to be awaited: `await datadog.aio.wait_for(2)`, `await
        datadog.aio.clock.advance(31)`. They wait in a thread, so the test's event loop runs on."""
        return Awaitables(self, f"{self.vendor}.aio", self._unawaited)

    def forgotten_awaits(self) -> list[str]:
        """A sentence for each call of `aio` that was never awaited, with its name, file and line. Such a call does
        nothing; from now on it cannot be awaited."""
        return self._unawaited.forgotten()

    def _received(self, listing: EventsView) -> list[ReceivedEvent]:
        return received_events(listing["events"], lambda: self.requests)

    def _events(self, query: Mapping[str, str] = NO_FILTER) -> EventsView:
        listing: EventsView = whole_listing(self._control, "/events", {**self._query, **query})
        return listing

    def _requests(self, query: Mapping[str, str] = NO_FILTER) -> RequestsView:
        listing: RequestsView = whole_listing(self._control, "/requests", {**self._query, **query})
        return listing

    def _verify(self, within: float, **expected: Any) -> UnverifiedView | None:
        """The report on an expectation that fails; None if it holds."""
        body = without_none({**expected, "within": within})
        response = self._control.call("POST", "/verify", self._query, body, timeout=within + 30.0)
        if response.status == 409:
            report: UnverifiedView = response.body
            return report
        accepted(response)
        return None

    def _arm(self, **fault: Any) -> None:
        self._call("POST", "/faults", without_none(fault))

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return accepted(self._control.call(method, path, self._query, body))


class Awaitables(OnTarget[Handle]):
    """A handle's calls to be awaited."""

    fail = Awaited(Handle.fail)
    slow = Awaited(Handle.slow)
    drop = Awaited(Handle.drop)
    script = Awaited(Handle.script)
    clear_faults = Awaited(Handle.clear_faults)
    events: Awaited[[], list[ReceivedEvent]] = Awaited(lambda handle: handle.events)
    requests: Awaited[[], list[ReceivedRequest]] = Awaited(lambda handle: handle.requests)
    assert_received = Awaited(Handle.assert_received)
    assert_nothing_received = Awaited(Handle.assert_nothing_received)
    assert_sequence = Awaited(Handle.assert_sequence)
    assert_contract_kept = Awaited(Handle.assert_contract_kept)
    wait_for = Awaited(Handle.wait_for)
    settle = Awaited(Handle.settle)
    reset = Awaited(Handle.reset)

    @property
    def clock(self) -> AwaitableClock:
        return AwaitableClock(self.target.clock, f"{self.name}.clock", self.unawaited)


HandleType_co = TypeVar("HandleType_co", bound=Handle, covariant=True)


def read_script(script: str | Path) -> Any:
    """A fault script out of a YAML file, or the packaged one of that name. Raises ControlError."""
    from mockserver.faults.scenario import script_path  # noqa: PLC0415 - the plugin is imported by every pytest run
    from mockserver.support import yaml  # noqa: PLC0415

    try:
        return yaml.read_yaml(script_path(str(script)), yaml.SMALL).value()
    except (SettingsError, yaml.YamlError) as error:
        raise ControlError(str(error)) from error


class AccountOptions(TypedDict, total=False):
    """What a test can say of an account; the marker `mockserver` takes it for all accounts of the test."""

    strict: bool | None
    allow_violations: bool | None
    scenario: str | Path | None
    profile: str | None


class MarkerOptions(AccountOptions, total=False):
    """What the marker `mockserver` takes: that of an account, and what is about the whole test."""

    allow_unclaimed: bool


class Maker(Protocol[HandleType_co]):
    """The type of the fixtures `make_datadog`, `make_satori` and `make_supalytics`."""

    def __call__(self, **options: Unpack[AccountOptions]) -> HandleType_co:
        """A handle on a further account of this test. The test's marker sets what is not passed."""


class AccountMaker(Protocol):
    """The type of the fixture `make_account`."""

    def __call__(self, vendor: str, **options: Unpack[AccountOptions]) -> Handle:
        """A handle on a further account of this test at any vendor. The test's marker sets what is not passed."""


def without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are not None: the server has defaults for the others."""
    return {key: value for key, value in body.items() if value is not None}
