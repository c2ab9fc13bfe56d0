"""A handle: one vendor's account on a server, with the calls by which a test scripts, reads and asserts."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Protocol, TypeVar
from urllib.parse import urlsplit

import yaml

from mockserver.client import texts
from mockserver.client.control import Control, ControlError, Reply
from mockserver.client.records import ReceivedEvent, ReceivedRequest
from mockserver.matching import argument_problems

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Delay = float | Mapping[str, Any]
Expected = str | tuple[str, Any]
"""An event by its name or operation, or by that and a subset of its JSON."""
EVERY = "999999999"
"""A limit beyond what any journal holds: a test is never shown a part without being told."""


class Handle:
    """One account at one vendor. Every call is about this account only; other tests never see it.

    Calls raise ControlError where the server refuses them, and AssertionError where an expectation fails.
    """

    vendor: ClassVar[str] = ""

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
    def headers(self) -> dict[str, str]:
        """The request headers that carry this account's credentials."""
        raise NotImplementedError

    def env(self) -> dict[str, str]:
        """The environment variables that point this vendor's SDKs here, with this account's credentials."""
        raise NotImplementedError

    # Scripting

    def fail(
        self,
        status: int,
        *,
        times: int | None = None,
        retry_after: float | None = None,
        operation: str | None = None,
        match: Any = None,
        stage: str = "before",
        after: int = 0,
        every: int = 1,
        probability: float = 1.0,
        undocumented: bool = False,
    ) -> None:
        """Answers `status` to the next requests that match: `times` of them, or until cleared. With
        `stage="after"` what was sent is stored and only its acknowledgement is lost."""
        self._arm(
            {
                "status": status,
                "times": times,
                "retry_after": retry_after,
                "operation": operation,
                "match": match,
                "stage": stage,
                "after": after,
                "every": every,
                "probability": probability,
                "undocumented": undocumented or None,
            }
        )

    def slow(
        self, delay: Delay, *, times: int | None = None, operation: str | None = None, match: Any = None, after: int = 0
    ) -> None:
        """Holds answers back: seconds, `{"uniform": [low, high]}` or `{"lognormal": {"median": …, "sigma": …}}`."""
        self._arm({"delay": delay, "times": times, "operation": operation, "match": match, "after": after})

    def drop(
        self,
        wire: str | Mapping[str, Any] = "reset",
        *,
        times: int | None = None,
        operation: str | None = None,
        match: Any = None,
        stage: str = "before",
        after: int = 0,
        every: int = 1,
    ) -> None:
        """Breaks the connection in place of an answer: reset, empty, truncate, garbage, malformed, dribble, hang or
        slow_request. With `stage="after"` what was sent is stored first."""
        self._arm(
            {
                "wire": wire,
                "times": times,
                "operation": operation,
                "match": match,
                "stage": stage,
                "after": after,
                "every": every,
            }
        )

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
        found = self._expect(self._control.call("GET", "/events", {**self._world, "limit": EVERY}))
        return [ReceivedEvent(**view) for view in found["events"]]

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every request of this account, oldest first."""
        return self._requests()

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
        (`times=0`, `at_most`) to the end. Only accepted events count unless `outcome` says otherwise.
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
            raise AssertionError(texts.not_received(name, outcome, json, within, reply.body))
        self._expect(reply)

    def assert_nothing_received(self, name: str | None = None, *, json: Any = None, within: float = 0.0) -> None:
        """Fails if such an event arrived, or arrives within so many seconds; accepted or not."""
        __tracebackhide__ = True
        body = {"name": name, "json": json, "times": 0, "within": within, "outcome": "any"}
        reply = self._control.call("POST", "/verify", self._world, _given(body), timeout=within + 30.0)
        if reply.status == 409:
            raise AssertionError(texts.unexpected(name, json, reply.body))
        self._expect(reply)

    def assert_sequence(self, *expected: Expected) -> None:
        """Fails unless accepted events arrived in this order; others may lie between them."""
        __tracebackhide__ = True
        for item in expected:
            problem = next(argument_problems(item[1]), None) if isinstance(item, tuple) else None
            if problem is not None:
                raise ControlError(f"json{problem.pointer}: {problem.expected}")
        now = self.clock.now
        found = self._expect(self._control.call("GET", "/events", {**self._world, "limit": EVERY}))
        events = [ReceivedEvent(**view) for view in found["events"]]
        accepted = [event for event in events if event.outcome == "accepted"]
        places = texts.places_in_sequence(expected, accepted, now)
        if len(places) < len(expected):
            raise AssertionError(texts.out_of_sequence(expected, accepted, places, found["evicted"]))

    def wait_for(self, count: int = 1, timeout: float = 5.0, name: str | None = None) -> list[ReceivedEvent]:
        """The accepted events once there are `count` of them. Fails after `timeout` seconds."""
        __tracebackhide__ = True
        self.assert_received(name, at_least=count, within=timeout)
        found = [event for event in self.events if event.outcome == "accepted"]
        return [event for event in found if name in (None, event.name, event.operation)]

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
        """Fails if a request broke the contract; with `strict` also for a warning, such as a misspelt field."""
        __tracebackhide__ = True
        judged = self.requests if strict else self._requests(verdict="invalid")
        broken = [request for request in judged if request.violations or (strict and request.warnings)]
        if broken:
            raise AssertionError(texts.contract_broken(self.vendor, broken, strict=strict))

    def reset(self) -> None:
        """Forgets everything about this account: requests, events, faults, quotas, clock, what the vendor keeps."""
        self._call("POST", "/reset")
        self.violations_allowed = False

    @property
    def aio(self) -> Awaitables:
        """The same calls for async tests, to be awaited: `await datadog.aio.wait_for(2)`, `await
        datadog.aio.clock.advance(31)`. They wait in a thread, so the test's event loop runs on."""
        return Awaitables(self)

    def _requests(self, **query: str) -> list[ReceivedRequest]:
        found = self._expect(self._control.call("GET", "/requests", {**self._world, "limit": EVERY, **query}))
        return [ReceivedRequest.from_json(view) for view in found["requests"]]

    def _arm(self, fault: Mapping[str, Any]) -> None:
        self._call("POST", "/faults", _given(fault))

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self._expect(self._control.call(method, path, self._world, body))

    @staticmethod
    def _expect(reply: Reply) -> Any:
        if reply.status >= 400:
            detail = reply.body.get("detail") if isinstance(reply.body, dict) else reply.body
            raise ControlError(str(detail))
        return reply.body


class HandleClock:
    """An account's clock. Times are seconds since the epoch."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    @property
    def now(self) -> float:
        return float(self._call("GET", "/clock")["now"])

    @property
    def frozen(self) -> bool:
        return bool(self._call("GET", "/clock")["frozen"])

    def freeze(self, at: float | str | None = None) -> None:
        """Stops time, now or at a time (seconds since the epoch or ISO 8601)."""
        self._call("PUT", "/clock", {"now": at, "frozen": True})

    def set(self, now: float | str) -> None:
        """Sets the time; it stays frozen or goes on running."""
        self._call("PUT", "/clock", {"now": now})

    def advance(self, seconds: float) -> None:
        """Moves time on; delays that it passes end."""
        self._call("POST", "/clock/advance", {"seconds": seconds})

    def resume(self) -> None:
        """Lets time run again, from where it stands."""
        self._call("PUT", "/clock", {"frozen": False})


class Awaited(Generic[Parameters, Result]):
    """A call of a handle or a clock, to be awaited: it runs in a thread."""

    def __init__(self, call: Callable[Concatenate[Any, Parameters], Result]) -> None:
        self._call = call

    def __get__(self, instance: OnTarget, owner: type[OnTarget]) -> Callable[Parameters, Awaitable[Result]]:
        def start(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Awaitable[Result]:
            return in_thread(partial(self._call, instance.target, *arguments, **keywords))

        return start


class OnTarget:
    """Holds what is called."""

    def __init__(self, target: Handle | HandleClock) -> None:
        self.target = target


def _events(handle: Handle) -> list[ReceivedEvent]:
    return handle.events


def _requests(handle: Handle) -> list[ReceivedRequest]:
    return handle.requests


def _now(clock: HandleClock) -> float:
    return clock.now


class AwaitableClock(OnTarget):
    """A HandleClock's calls to be awaited."""

    now = Awaited(_now)
    freeze = Awaited(HandleClock.freeze)
    set = Awaited(HandleClock.set)
    advance = Awaited(HandleClock.advance)
    resume = Awaited(HandleClock.resume)


class Awaitables(OnTarget):
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
        return AwaitableClock(self.target.clock if isinstance(self.target, Handle) else self.target)


async def in_thread(call: Callable[[], Result]) -> Result:
    """Runs a blocking call in a thread that nothing else waits for; a caller that is cancelled does not wait for it."""
    from anyio import CapacityLimiter, to_thread  # noqa: PLC0415 - only async tests pay for it

    return await to_thread.run_sync(call, abandon_on_cancel=True, limiter=CapacityLimiter(1))


class Datadog(Handle):
    """An account at Datadog: events v1 and v2, Product Analytics events and queries."""

    vendor = "datadog"

    def __init__(self, control: Control, url: str, api_key: str) -> None:
        super().__init__(control, url, api_key)
        self.application_key = f"{api_key}-app"

    @property
    def headers(self) -> dict[str, str]:
        return {"DD-API-KEY": self.api_key, "DD-APPLICATION-KEY": self.application_key}

    def env(self) -> dict[str, str]:
        keys = {"DD_API_KEY": self.api_key, "DD_APP_KEY": self.application_key}
        legacy = {"DATADOG_API_KEY": self.api_key, "DATADOG_APP_KEY": self.application_key, "DATADOG_HOST": self.url}
        return {**keys, **legacy, "DD_URL": self.url, "MOCKSERVER_URL": self.url}

    def segment(self, segment_id: str, *, users: Sequence[str] | None = None, query: str | None = None) -> None:
        """Defines a segment that queries can name: users by id, or those that a search over users finds, or both."""
        body = {"users": None if users is None else list(users), "query": query}
        self._call("PUT", f"/datadog/segments/{segment_id}", _given(body))

    def queries(self, *, running: int = 0, timeout: bool = False) -> None:
        """From now on new Product Analytics queries answer `running` so many times before they are done, or
        `timeout`."""
        self._call("PUT", "/datadog/queries", {"running": running, "timeout": timeout})

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alert events (v2), those with one aggregation key as one alert: its title, status, priority, events."""
        return list(self._call("GET", "/datadog/alerts")["alerts"])


class Satori(Handle):
    """An account at Satori: server events."""

    vendor = "satori"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"{self.api_key}:".encode()).decode("ascii")}

    def env(self) -> dict[str, str]:
        return {"SATORI_URL": self.url, "SATORI_API_KEY": self.api_key, "MOCKSERVER_URL": self.url}

    def taxonomy(self, taxonomy: Mapping[str, Any]) -> None:
        """Defines which events the project knows: `events`, `max_value_length`, `max_metadata_bytes`, `uuid_ids`.
        Others are thrown away from now on, with the reason that the vendor's debugger shows."""
        self._call("PUT", "/satori/taxonomy", dict(taxonomy))

    def identity(self, identity: str) -> dict[str, Any]:
        """An identity's `events` and `sessions`, as the vendor's dashboard would show them."""
        return dict(self._call("GET", f"/satori/identities/{identity}"))


class Supalytics(Handle):
    """An account at Supalytics: events."""

    vendor = "supalytics"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    def env(self) -> dict[str, str]:
        return {"SUPALYTICS_URL": self.url, "SUPALYTICS_API_KEY": self.api_key, "MOCKSERVER_URL": self.url}

    def visitor(self, visitor: str) -> list[dict[str, Any]]:
        """A visitor's events."""
        return list(self._call("GET", f"/supalytics/visitors/{visitor}")["events"])


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


def read_script(script: str | Path) -> Any:
    """A fault script out of a YAML file, or the packaged one of that name. Raises ControlError."""
    from mockserver.faults import packaged_scenarios  # noqa: PLC0415 - only who names a scenario pays for it

    path = Path(script)
    if not path.is_file():
        packaged = packaged_scenarios()
        if str(script) not in packaged:
            raise ControlError(f"no scenario '{script}'; packaged are {', '.join(packaged)}")
        path = packaged[str(script)]
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ControlError(f"{path}: {error}") from error


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None}
