"""The accounts of one test: makes handles on them, and judges at its end what its clients sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

import pytest

from mockserver.client.conducting import advisories, conduct_broken
from mockserver.client.control import ControlError, without_none
from mockserver.client.findings import ALLOW_UNCLAIMED, unclaimed_requests
from mockserver.client.handle import AccountOptions, Handle, Maker, MarkerOptions
from mockserver.support.redaction import mask

if TYPE_CHECKING:
    from mockserver.coupling import CoupledClock
    from mockserver.pytest_plugin import Servers


class Accounts:
    """The accounts that one test has, with what its marker says of them."""

    def __init__(self, request: pytest.FixtureRequest, servers: Servers) -> None:
        self._test: str = request.node.nodeid
        self._servers = servers
        self._marked = _marked(request.node.get_closest_marker("mockserver"))
        self._unclaimed_allowed = bool(self._marked.pop("allow_unclaimed", False))
        self._strict = bool(
            request.config.getoption("--mockserver-strict") or request.config.getini("mockserver_strict")
        )
        self._servers.begin(self._test)
        self._made: list[tuple[Handle, bool]] = []
        self._coupled_clock: CoupledClock | None = None

    def maker(self, vendor: str) -> Maker[Any]:
        """A function that makes handles on accounts at one vendor."""
        return partial(self.make, vendor)

    def make(self, vendor: str, **options: Unpack[AccountOptions]) -> Handle:
        """A handle on a further account. The test's marker sets what is not passed."""
        chosen = {**self._marked, **without_none(options)}
        server = self._servers.get(chosen.get("profile"))
        key = None if server.shared else _key(vendor, self._test, len(self._made))
        handle = server.account(vendor, key)
        handle.violations_allowed = bool(chosen.get("allow_violations"))
        _allow(handle, chosen.get("allow", ()))
        if chosen.get("scenario"):
            handle.script(chosen["scenario"])
        self._made.append((handle, bool(chosen.get("strict", self._strict))))
        if self._coupled_clock is not None:
            self._coupled_clock.couple(handle)
        return handle

    @contextmanager
    def coupled(self) -> Iterator[CoupledClock]:
        """Couples the time of the test with the clocks of its accounts, those that it makes meanwhile too."""
        from mockserver.coupling import CoupledClock  # noqa: PLC0415 - only who uses it pays for it

        with CoupledClock(*(handle for handle, _ in self._made)) as clock:
            self._coupled_clock = clock
            try:
                yield clock
            finally:
                self._coupled_clock = None

    def close(self) -> list[str]:
        """Forgets the accounts; answers what they did wrong, a text for each that broke its contract."""
        broken: list[str] = []
        for handle, strict in self._made:
            self._servers.over(handle, self._test)
            try:
                handle.failures = None  # what a check in the test told is old by now
                broken += _findings(handle, strict=strict)
                broken += self._conduct(handle, strict=strict)
                handle.reset()
            except ControlError as error:
                broken.append(f"cannot tell whether {handle.vendor} requests kept the contract: {error}")
        try:
            unclaimed = self._servers.unclaimed()
        except ControlError as error:
            broken.append(f"cannot tell whether there were requests that no account claims: {error}")
            return broken
        if unclaimed and not self._unclaimed_allowed:
            broken.append("\n".join([*unclaimed_requests(unclaimed), *ALLOW_UNCLAIMED]))
        return broken

    def _conduct(self, handle: Handle, *, strict: bool) -> Iterator[str]:
        """What the client of an account did wrong, as one text; advisories are kept for the summary. Costs no call
        where every request was a success. Raises ControlError."""
        if handle.has_failures:
            broken, told = handle.conduct_findings(strict=strict)
            if told:
                self._servers.advised.setdefault(self._test, []).extend(advisories(told))
            if broken:
                yield conduct_broken(handle.vendor, broken)


def _allow(handle: Handle, rules: str | Iterable[str]) -> None:
    """Allows rules of conduct that the marker names. Raises pytest.UsageError for what is the name of no rule."""
    try:
        handle.allow(*([rules] if isinstance(rules, str) else rules))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def _findings(handle: Handle, *, strict: bool) -> Iterator[str]:
    """What a test's account did wrong: a text for each expectation that does not hold. Raises ControlError."""
    contract = partial(handle.assert_contract_kept, strict=strict)
    for check in (handle.assert_faults_fired,) if handle.violations_allowed else (contract, handle.assert_faults_fired):
        try:
            check()
        except AssertionError as error:
            yield str(error)
    forgotten = handle.forgotten_awaits()
    if forgotten:
        yield "\n".join(forgotten)


def _marked(marker: pytest.Mark | None) -> dict[str, Any]:
    if marker is None:
        return {}
    known = sorted(MarkerOptions.__annotations__)
    unknown = set(marker.kwargs).difference(known)
    if unknown or marker.args:
        wrong = sorted(unknown)[0] if unknown else repr(marker.args[0])
        raise pytest.UsageError(f"@pytest.mark.mockserver takes {', '.join(known)} by name, not {wrong}")
    return dict(marker.kwargs)


def _key(vendor: str, test: str, number: int) -> str:
    """A key that is a test's own, and the same in every run, so that ids and random faults are too."""
    from mockserver.vendors.registry import vendor_named  # noqa: PLC0415 - only who uses a fixture pays for it

    return f"{vendor_named(vendor).key_prefix}{mask(f'{test}/{number}').partition('…')[2]}"
