"""A handle: one vendor's account on a server, with the calls by which a test scripts, reads and asserts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol, TypedDict, TypeVar, Unpack
from urllib.parse import urlsplit

from mockserver.client.allowances import Allowances
from mockserver.client.awaiting import Awaited, OnTarget, Unawaited
from mockserver.client.clock import AwaitableClock, HandleClock
from mockserver.client.conduct import Conduct
from mockserver.client.conducting import Conducting
from mockserver.client.control import Control, ControlError, accepted, without_none
from mockserver.client.findings import NEED_NOT_FIRE, unfired_faults
from mockserver.client.judging import comparable, is_judged_here
from mockserver.client.records import ReceivedEvent, ReceivedRequest
from mockserver.client.verifying import Verifier
from mockserver.errors import SettingsError

Delay = float | Mapping[str, Any]
WireFault = Literal["dribble", "empty", "garbage", "hang", "malformed", "reset", "slow_request", "truncate"]
"""The names of the wire faults."""
Profile = Literal["documented", "observed"]


class FaultOptions(TypedDict, total=False):
    """Which requests a fault fires on, and when; the fault scripts' keys of the same names.

    `operation` is an operation's id, and `match` a subset of the body as JSON, which the server judges: matchers work,
    but no Python values; `larger_than` the bytes that a body must exceed. Of the requests that match, the first `after`
    (default 0) pass. Then the fault fires on each `every`-th (default 1), `times` times at most (default: until
    cleared), with `probability` (0 to 1, default 1), until `lasts` seconds have passed since it first fired.
    `stage` is `"before"` the vendor takes what was sent (default) or `"after"`. A fault that fires less often than
    `times`, or never, fails the test unless it is `optional`.
    """

    operation: str | None
    match: Any
    larger_than: int | None
    stage: Literal["before", "after"]
    after: int
    times: int | None
    lasts: float | None
    every: int
    probability: float
    optional: bool


class Handle(Conducting):
    """One account at one vendor. Every call is about this account only; other tests never see it.

    Calls raise ControlError where the server refuses them, and AssertionError where an expectation fails.
    """

    def __init__(self, control: Control, url: str, api_key: str) -> None:
        super().__init__(control, api_key)
        self.url = url
        self.api_key = api_key
        self._unawaited = Unawaited()
        self._has_armed = False

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

    @property
    def control(self) -> Control:
        """What this handle calls the server with."""
        return self._control

    @property
    def query(self) -> Mapping[str, str]:
        """What narrows a control call to this account."""
        return self._query

    @contextmanager
    def through(self, control: Control) -> Iterator[None]:
        """Makes the calls of this handle through another control for a while."""
        before = self._control, self._verifier
        self._control, self._verifier = control, Verifier(control, self._query)
        try:
            yield
        finally:
            self._control, self._verifier = before

    def claim(self) -> None:
        """Says that a test answers for this account: requests with a credential that nobody claims are unclaimed."""
        self._call("POST", "/accounts")

    # Scripting

    def fail(
        self,
        status: int,
        *,
        retry_after: float | None = None,
        retry_after_date: bool = False,
        undocumented: bool = False,
        until_waited: bool = False,
        **options: Unpack[FaultOptions],
    ) -> None:
        """Makes the next requests that match fail with `status`: `times` of them, or until cleared. `retry_after` is
        the Retry-After that they are told, in seconds; with `retry_after_date` it is told as a date. A status that the
        contract does not document for an operation is refused unless `undocumented`. With `stage="after"` what was
        sent is stored and only its acknowledgement is lost. With `until_waited` they fail until `retry_after` seconds
        have passed on this account's clock."""
        set_flags = {"retry_after_date": retry_after_date, "undocumented": undocumented, "until_waited": until_waited}
        flags = {name: True for name, is_set in set_flags.items() if is_set}
        self._arm(status=status, retry_after=retry_after, **flags, **options)

    def slow(self, delay: Delay, **options: Unpack[FaultOptions]) -> None:
        """Delays responses: seconds, `{"uniform": [low, high]}` or `{"lognormal": {"median": …, "sigma": …}}`."""
        self._arm(delay=delay, **options)

    def drop(self, wire: WireFault | Mapping[WireFault, Any] = "reset", **options: Unpack[FaultOptions]) -> None:
        """Breaks the connection or the response: a wire fault by its name, or with its parameters, as in
        `{"dribble": {"chunks": 5}}`. With `stage="after"`, the default of `truncate` and `malformed`, what was sent is
        stored first."""
        self._arm(wire=wire, **options)

    def script(self, script: str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Arms a fault script: a packaged scenario by its name, a YAML file, or the script itself."""
        if isinstance(script, (str, Path)):
            script = read_script(script)
        self._call("POST", "/faults", script)
        self._has_armed = True

    def assert_faults_fired(self) -> None:
        """Fails if a fault that this handle scripted did not fire, or less often than `times`. Faults with `optional`,
        with a `probability` or without an end do not count."""
        __tracebackhide__ = True
        if not self._has_armed:
            return
        unfired = self._control.call("GET", "/faults", {**self._query, "unfired": "true"})
        faults = accepted(unfired)["faults"]
        if faults:
            raise AssertionError("\n".join([*unfired_faults(self.vendor, faults), *NEED_NOT_FIRE]))

    def clear_faults(self) -> None:
        """Disarms every fault of this account."""
        self._call("DELETE", "/faults")

    @property
    def clock(self) -> HandleClock:
        """This account's clock."""
        return HandleClock(self._call)

    def reset(self) -> None:
        """Forgets everything about this account: requests, events, faults, quotas, clock, what the vendor keeps."""
        self._call("POST", "/reset")
        self.violations_allowed = False
        self._allowances = Allowances()
        self._allowed_conduct = frozenset()

    @property
    def aio(self) -> Awaitables:
        """The same calls for async tests, to be awaited: `await datadog.aio.wait_for(2)`, `await
        datadog.aio.clock.advance(31)`. They wait in a thread, so the test's event loop runs on."""
        return Awaitables(self, f"{self.vendor}.aio", self._unawaited)

    def forgotten_awaits(self) -> list[str]:
        """A sentence for each call of `aio` that was never awaited, with its name, file and line. Such a call does
        nothing; from now on it cannot be awaited."""
        return self._unawaited.forgotten()

    def _arm(self, **fault: Any) -> None:
        if is_judged_here(comparable(fault.get("match"))):
            raise TypeError("match is judged by the server, so it takes JSON and matchers, but no Python values")
        self._call("POST", "/faults", without_none(fault))
        self._has_armed = True


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
    assert_requests = Awaited(Handle.assert_requests)
    assert_contract_kept = Awaited(Handle.assert_contract_kept)
    conduct: Awaited[[], Conduct] = Awaited(lambda handle: handle.conduct)
    assert_conduct = Awaited(Handle.assert_conduct)
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
    allow: str | Sequence[str] | None
    scenario: str | Path | None
    profile: Profile | None


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
