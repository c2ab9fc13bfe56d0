"""The stand-in for mockserver's handles: what the corpus calls, by the means of any peer."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any, NoReturn

from benchmarks.peers.operations import OPERATIONS, is_subset
from benchmarks.peers.peer import Account, Exchange, Fault, Peer, cannot_be_written

SCENARIOS = {"brown-out": {"status": 503, "times": 3}}
"""The packaged scenarios that the corpus asks for, as a user would write them by hand."""


class StandIn:
    """An account of one vendor at a peer, with the calls of a handle. What is accepted was answered below 300."""

    def __init__(self, vendor: str, peer: Peer) -> None:
        self.vendor, self.url, self._peer = vendor, peer.url, peer
        key = uuid.uuid4().hex
        self.api_key = f"sly_{key}" if vendor == "supalytics" else key
        self.application_key = uuid.uuid4().hex
        self._account = Account(vendor, self.headers)
        peer.stub(self._account)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that carry the credentials."""
        if self.vendor == "datadog":
            return {"DD-API-KEY": self.api_key, "DD-APPLICATION-KEY": self.application_key}
        if self.vendor == "satori":
            return {"Authorization": "Basic " + base64.b64encode(f"{self.api_key}:".encode()).decode()}
        return {"Authorization": f"Bearer {self.api_key}"}

    @property
    def aio(self) -> Awaitables:
        """The same calls; they are made at once, for no peer has calls to await."""
        return Awaitables(self)

    @property
    def clock(self) -> NoReturn:
        """No peer has a clock to move."""
        cannot_be_written("a clock of the account")

    @property
    def requests(self) -> list[Any]:
        """What the stubs matched, each with `response.status` and `response.headers`."""
        return [
            SimpleNamespace(response=SimpleNamespace(status=one.status, headers=one.headers)) for one in self._log()
        ]

    # Scripting

    def fail(
        self,
        status: int,
        *,
        retry_after: float | None = None,
        until_waited: bool = False,
        operation: str | None = None,
        match: Any = None,
        after: int = 0,
        times: int | None = None,
    ) -> None:
        """Gives a failure."""
        self._arm(operation, status, None, 0.0, retry_after, until_waited, after, times, match)

    def slow(self, delay: float, *, times: int | None = None) -> None:
        """Delays successes by so many seconds."""
        self._arm(None, None, None, delay, None, False, 0, times, None)

    def drop(self, wire: str = "reset", *, times: int | None = None, stage: str = "before") -> None:
        """Breaks a connection or a response."""
        if stage == "after":
            cannot_be_written("an event that is taken and whose acknowledgement is lost")
        self._arm(None, None, wire, 0.0, None, False, 0, times, None)

    def arm_scenario(self, name: str) -> None:
        """Scripts what a packaged scenario does."""
        self.fail(**SCENARIOS[name])

    # Asserting

    def assert_received(
        self, name: str | None = None, *, json: Any = None, times: int | None = None, outcome: str = "accepted"
    ) -> None:
        """Fails unless `times` such events came, or at least one."""
        found = [event for event in self._events(name, accepted=outcome == "accepted") if is_subset(json or {}, event)]
        assert found if times is None else len(found) == times, f"received {len(found)} of {name!r}"

    def assert_nothing_received(self) -> None:
        """Fails if an event came."""
        assert not self._log(), f"received {len(self._log())}"

    def assert_sequence(self, *names: str) -> None:
        """Fails unless accepted events came in this order, others between them."""
        came = iter([name for name, _ in self._named(accepted=True)])
        assert all(name in came for name in names), f"not in this order: {names}"

    def assert_requests(
        self,
        *,
        times: int | None = None,
        operation: str | None = None,
        path: str | None = None,
        status: int | None = None,
    ) -> None:
        """Fails unless `times` such requests came, or at least one."""
        found = [
            one
            for one in self._log()
            if operation in (None, one.operation.id)
            and path in (None, one.operation.path)
            and status in (None, one.status)
        ]
        assert found if times is None else len(found) == times, f"received {len(found)} requests"

    def _arm(
        self,
        operation: str | None,
        status: int | None,
        wire: str | None,
        delay: float,
        retry_after: float | None,
        until_waited: bool,
        after: int,
        times: int | None,
        match: Any,
    ) -> None:
        chosen = tuple(one for one in self._account.operations if operation in (None, one.id))
        if times is None and not until_waited:
            cannot_be_written("a fault without an end")
        self._peer.arm(
            Fault(self._account, chosen, status, wire, delay, retry_after, until_waited, after, times, match)
        )

    def _log(self) -> list[Exchange]:
        return self._peer.log(self._account)

    def _events(self, name: str | None, *, accepted: bool) -> list[Any]:
        return [event for given, event in self._named(accepted=accepted) if name in (None, given)]

    def _named(self, *, accepted: bool) -> list[tuple[str, Any]]:
        return [pair for one in self._log() if one.is_accepted == accepted for pair in self._events_in(one)]

    def _events_in(self, exchange: Exchange) -> list[tuple[str, Any]]:
        try:
            return exchange.operation.events_in(self._peer.read(exchange.body))
        except ValueError:
            return []


class Done:
    """What `await` takes for a call that was made already."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


class Awaitables:
    """The calls of a stand-in that the corpus awaits. A call that nobody awaits was made all the same."""

    def __init__(self, handle: StandIn) -> None:
        self._handle = handle

    def fail(self, status: int, *, times: int) -> Done:
        """Gives a failure."""
        self._handle.fail(status, times=times)
        return Done()

    def assert_received(self, name: str, *, times: int | None = None) -> Done:
        """Fails unless such events came."""
        self._handle.assert_received(name, times=times)
        return Done()


class StandInServer:
    """The stand-in for the fixture `mockserver`: an account for the whole session."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def account(self, vendor: str) -> StandIn:
        """An account of a vendor."""
        assert vendor in {operation.vendor for operation in OPERATIONS}
        return StandIn(vendor, self._peer)
