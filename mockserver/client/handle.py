"""A handle: one vendor's account on a server, with the calls by which a test scripts, reads and asserts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypedDict, TypeVar, Unpack
from urllib.parse import urlsplit

from mockserver.client import messages
from mockserver.client.awaiting import Awaited, OnTarget
from mockserver.client.clock import AwaitableClock, HandleClock
from mockserver.client.control import Control, ControlError, ControlResponse
from mockserver.client.records import ReceivedEvent, ReceivedRequest
from mockserver.client.scripts import read_script
from mockserver.support.matching import argument_problems

Delay = float | Mapping[str, Any]
Expected = str | tuple[str, Any]
"""An event by its name or operation, or by that and a subset of its JSON."""
EVERY = "999999999"
"""A limit beyond what any journal holds: a test is never shown a part without being told."""


class FaultOptions(TypedDict, total=False):
    """Which requests a fault fires on, and when; the fault scripts' keys of the same names."""

    operation: str | None
    match: Any
    stage: Literal["before", "after"]
    after: int
    times: int | None
    every: int
    probability: float


class Handle(ABC):
    """One account at one vendor. Every call is about this account only; other tests never see it.

    Calls raise ControlError where the server refuses them, and AssertionError where an expectation fails.
    """

    vendor: ClassVar[str]

    def __init__(self, control: Control, url: str, api_key: str) -> None:
        self._control = control
        self._world = {"account": api_key, "vendor": self.vendor}
        self.url = url
        self.api_key = api_key
        self.violations_allowed = False

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

    # Scripting

    def fail(
        self,
        status: int,
        *,
        retry_after: float | None = None,
        undocumented: bool = False,
        **options: Unpack[FaultOptions],
    ) -> None:
        """Responds with `status` to the next requests that match: `times` of them, or until cleared. With
        `stage="after"` what was sent is stored and only its acknowledgement is lost."""
        self._arm(status=status, retry_after=retry_after, undocumented=undocumented or None, **options)

    def slow(self, delay: Delay, **options: Unpack[FaultOptions]) -> None:
        """Holds responses back: seconds, `{"uniform": [low, high]}` or `{"lognormal": {"median": …, "sigma": …}}`."""
        self._arm(delay=delay, **options)

    def drop(self, wire: str | Mapping[str, Any] = "reset", **options: Unpack[FaultOptions]) -> None:
        """Breaks the connection or the response: a wire fault by its name, or with its parameters, as in
        `{"dribble": {"chunks": 5}}`. With `stage="after"` what was sent is stored first."""
        self._arm(wire=wire, **options)

    def script(self, script: str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Arms a fault script: a packaged scenario by its name, a YAML file, or the script itself."""
        if isinstance(script, (str, Path)):
            script = read_script(script)
        self._call("POST", "/faults", script)

    def clear_faults(self) -> None:
        """Disarms every fault of this account."""
        self._expect(self._control.call("DELETE", "/faults", self._world))

    @property
    def clock(self) -> HandleClock:
        """This account's clock."""
        return HandleClock(self._call)

    # Reading

    @property
    def events(self) -> list[ReceivedEvent]:
        """Everything that was sent to be recorded, oldest first, whatever became of it."""
        return [ReceivedEvent(**view) for view in self._listed("/events")["events"]]

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every request of this account, oldest first."""
        return [ReceivedRequest.from_json(view) for view in self._listed("/requests")["requests"]]

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
        included. With `within` it waits so many seconds at most: until enough arrived, or where none need to
        (`times=0`, `at_most`) to the end. Only accepted events count unless `outcome` says otherwise. Where there may
        not be too many, it fails too if requests that were evicted from the journal could have held more.
        """
        __tracebackhide__ = True
        expected = {
            "name": name,
            "json": json,
            "times": times,
            "at_least": at_least,
            "at_most": at_most,
            "within": within,
            "outcome": outcome,
        }
        body = {key: value for key, value in expected.items() if value is not None}
        reply = self._control.call("POST", "/verify", self._world, body, timeout=within + 30.0)
        if reply.status == 409:
            raise AssertionError(messages.not_received(name, outcome, json, within, reply.body))
        self._expect(reply)

    def assert_nothing_received(self, name: str | None = None, *, json: Any = None, within: float = 0.0) -> None:
        """Fails if such an event arrived, or arrives within so many seconds; accepted or not. Fails too where nobody
        can know, because older requests were evicted from the journal."""
        __tracebackhide__ = True
        body = {"name": name, "json": json, "times": 0, "within": within, "outcome": "any"}
        reply = self._control.call("POST", "/verify", self._world, given(body), timeout=within + 30.0)
        if reply.status == 409:
            raise AssertionError(messages.unexpected(name, json, reply.body))
        self._expect(reply)

    def assert_sequence(self, *expected: Expected) -> None:
        """Fails unless accepted events arrived in this order; others may lie between them."""
        __tracebackhide__ = True
        for item in expected:
            problem = next(argument_problems(item[1]), None) if isinstance(item, tuple) else None
            if problem is not None:
                raise ControlError(f"json{problem.pointer}: {problem.expected}")
        now = self.clock.now
        found = self._listed("/events")
        events = [ReceivedEvent(**view) for view in found["events"]]
        accepted = [event for event in events if event.outcome == "accepted"]
        places = messages.places_in_sequence(expected, accepted, now)
        if len(places) < len(expected):
            raise AssertionError(messages.out_of_sequence(expected, accepted, places, found["evicted"]))

    def wait_for(self, count: int = 1, timeout: float = 5.0, name: str | None = None) -> list[ReceivedEvent]:
        """The accepted events once there are `count` of them. Fails after `timeout` seconds, and where the journal does
        not keep so many."""
        __tracebackhide__ = True
        self.assert_received(name, at_least=count, within=timeout)
        listed = self._listed("/events", {"outcome": "accepted", **({} if name is None else {"name": name})})
        if listed["total"] < count:
            raise AssertionError(messages.no_longer_kept(count, listed["total"], listed["evicted"]))
        return [ReceivedEvent(**view) for view in listed["events"]]

    def settle(self, quiet: float = 0.2, timeout: float = 5.0) -> None:
        """Returns when no request came for `quiet` seconds. Fails if they still come after `timeout` seconds."""
        __tracebackhide__ = True
        body = {"quiet": quiet, "timeout": timeout}
        reply = self._control.call("POST", "/settle", self._world, body, timeout=quiet + timeout + 30.0)
        if reply.status == 409:
            raise AssertionError(f"requests still came after {timeout:g} s, never {quiet:g} s apart")
        self._expect(reply)

    def allow_violations(self) -> None:
        """Says that this test breaks the contract on purpose."""
        self.violations_allowed = True

    def assert_contract_kept(self, *, strict: bool = False) -> None:
        """Fails if a request broke the contract; with `strict` also for a warning, such as a misspelt field. A request
        that was evicted from the journal counts as the others do."""
        __tracebackhide__ = True
        found = self._listed("/requests", {} if strict else {"verdict": "invalid"})
        judged = [ReceivedRequest.from_json(view) for view in found["requests"]]
        broken = [request for request in judged if request.violations or (strict and request.warnings)]
        if broken:
            raise AssertionError(messages.contract_broken(self.vendor, broken, strict=strict))
        evicted = found.get("evicted_invalid", 0) + (found.get("evicted_warned", 0) if strict else 0)
        if evicted:
            raise AssertionError(messages.contract_was_broken(self.vendor, evicted))

    def reset(self) -> None:
        """Forgets everything about this account: requests, events, faults, quotas, clock, what the vendor keeps."""
        self._call("POST", "/reset")
        self.violations_allowed = False

    @property
    def aio(self) -> Awaitables:
        """The same calls for async tests, to be awaited: `await datadog.aio.wait_for(2)`, `await
        datadog.aio.clock.advance(31)`. They wait in a thread, so the test's event loop runs on."""
        return Awaitables(self)

    def _listed(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A listing of the control API, whole unless the query says otherwise."""
        return dict(self._expect(self._control.call("GET", path, {**self._world, "limit": EVERY, **(query or {})})))

    def _arm(self, **fault: Any) -> None:
        self._call("POST", "/faults", given(fault))

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self._expect(self._control.call(method, path, self._world, body))

    @staticmethod
    def _expect(reply: ControlResponse) -> Any:
        if reply.status >= 400:
            detail = reply.body.get("detail") if isinstance(reply.body, dict) else reply.body
            raise ControlError(str(detail))
        return reply.body


def _events(handle: Handle) -> list[ReceivedEvent]:
    return handle.events


def _requests(handle: Handle) -> list[ReceivedRequest]:
    return handle.requests


class Awaitables(OnTarget[Handle]):
    """A handle's calls to be awaited."""

    fail = Awaited(Handle.fail)
    slow = Awaited(Handle.slow)
    drop = Awaited(Handle.drop)
    script = Awaited(Handle.script)
    clear_faults = Awaited(Handle.clear_faults)
    events = Awaited(_events)
    requests = Awaited(_requests)
    assert_received = Awaited(Handle.assert_received)
    assert_nothing_received = Awaited(Handle.assert_nothing_received)
    assert_sequence = Awaited(Handle.assert_sequence)
    assert_contract_kept = Awaited(Handle.assert_contract_kept)
    wait_for = Awaited(Handle.wait_for)
    settle = Awaited(Handle.settle)
    reset = Awaited(Handle.reset)

    @property
    def clock(self) -> AwaitableClock:
        return AwaitableClock(self.target.clock)


HandleType_co = TypeVar("HandleType_co", bound=Handle, covariant=True)


class Maker(Protocol[HandleType_co]):
    """The type of the fixtures `make_datadog`, `make_satori` and `make_supalytics`."""

    def __call__(
        self,
        *,
        strict: bool | None = None,
        allow_violations: bool | None = None,
        scenario: str | Path | None = None,
        profile: str | None = None,
    ) -> HandleType_co:
        """A handle on a further account of this test. What it is not told, the test's marker says."""


def given(body: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are not None: the others are as the server has them."""
    return {key: value for key, value in body.items() if value is not None}
