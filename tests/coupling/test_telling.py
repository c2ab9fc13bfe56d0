"""Every function that tells the time tells the same, and tells the real time again afterwards."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
import threading
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic as imported_by_name

import pytest

from mockserver.testing import CoupledClock, Datadog, MockServer
from tests.coupling.coupled import OUTAGE, send, within

pytestmark = [pytest.mark.socket, pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")]
DAY = 86400.0
NEAR = 20.0
"""Seconds that a test on a busy machine may take."""


def told() -> dict[str, float]:
    """What every function tells of the wall clock, in seconds since the epoch."""
    local = time.mktime(time.strptime(time.strftime("%Y-%m-%d %H:%M:%S"), "%Y-%m-%d %H:%M:%S"))
    return {
        "time": time.time(),
        "time_ns": time.time_ns() / 1e9,
        "now": dt.datetime.now().timestamp(),
        "now(tz)": dt.datetime.now(dt.UTC).timestamp(),
        "utcnow": utcnow().replace(tzinfo=dt.UTC).timestamp(),
        "today": dt.datetime.today().timestamp(),
        "gmtime": time.mktime(time.gmtime()) - time.mktime(time.gmtime(0)),
        "localtime": time.mktime(time.localtime()),
        "ctime": time.mktime(time.strptime(time.ctime())),
        "asctime": time.mktime(time.strptime(time.asctime())),
        "strftime": local,
    }


def utcnow() -> dt.datetime:
    return dt.datetime.utcnow()


def test_all_functions_tell_the_same_and_so_does_the_account(account: Datadog) -> None:
    real = time.time()
    with CoupledClock(account):
        time.sleep(DAY)
        during = told()
        assert account.clock.now == pytest.approx(during["time"], abs=NEAR)
        assert dt.date.today() == dt.datetime.fromtimestamp(during["time"]).date()
        send(account)
    assert during == pytest.approx(dict.fromkeys(during, real + DAY), abs=NEAR)
    assert told() == pytest.approx(dict.fromkeys(during, real), abs=NEAR)
    (request,) = account.requests
    assert request.time == pytest.approx(real + DAY, abs=NEAR)
    assert request.wall_time == pytest.approx(real, abs=NEAR)
    assert request.response.headers is not None
    assert parsedate_to_datetime(request.response.headers["date"]).timestamp() == pytest.approx(real + DAY, abs=NEAR)


@pytest.mark.parametrize("name", ["monotonic", "perf_counter"])
def test_the_clocks_for_durations_count_what_was_skipped(account: Datadog, name: str) -> None:
    before, before_ns = getattr(time, name)(), getattr(time, f"{name}_ns")()
    with CoupledClock(account) as clock:
        time.sleep(DAY)
        assert getattr(time, name)() - before == pytest.approx(DAY, abs=NEAR)
        assert getattr(time, f"{name}_ns")() - before_ns == pytest.approx(DAY * 1e9, abs=NEAR * 1e9)
        assert clock.skipped == pytest.approx(DAY, abs=NEAR)
    assert getattr(time, name)() - before < NEAR


def test_a_name_that_was_imported_from_time_is_coupled_too(coupled: CoupledClock) -> None:
    before = imported_by_name()
    time.sleep(60)
    assert imported_by_name() - before == pytest.approx(60, abs=NEAR)


def test_methods_keep_their_arguments(coupled: CoupledClock) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    assert dt.datetime.now(tz=zone).tzinfo is zone
    assert type(dt.datetime.now()) is dt.datetime
    assert time.gmtime(0).tm_year == 1970
    assert time.strftime("%Y", time.gmtime(0)) == "1970"
    assert time.localtime(None).tm_year >= 2020
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_the_client_starts_at_the_time_of_an_account_that_was_set(account: Datadog) -> None:
    account.clock.freeze("2031-05-05T05:05:05Z")
    with CoupledClock(account):
        assert dt.datetime.now(dt.UTC).isoformat().startswith("2031-05-05T05:05:0")
        time.sleep(60)
        assert account.clock.now == pytest.approx(time.time(), abs=NEAR)
        assert not account.clock.frozen


def test_an_account_that_is_coupled_later_has_the_same_time(account: Datadog, backend: MockServer) -> None:
    with CoupledClock(account) as clock:
        time.sleep(DAY)
        other = backend.datadog()
        clock.couple(other)
        time.sleep(60)
        assert other.clock.now == pytest.approx(account.clock.now, abs=NEAR)
        assert other.clock.now == pytest.approx(time.time(), abs=NEAR)


class Given:
    """Functions and methods as they are outside of coupled time."""

    NAMES = ("sleep", "time", "monotonic", "perf_counter", "time_ns", "gmtime", "strftime")

    def __init__(self) -> None:
        self.functions = [getattr(time, name) for name in self.NAMES]
        self.methods = [threading.Condition.wait, threading.Thread.start, threading.Thread.join]
        self.imported = imported_by_name
        self.now = dt.datetime.__dict__["now"]

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_everything_is_as_before_whatever_ends_the_block(account: Datadog, error: type[BaseException]) -> None:
    before = Given()

    def fail() -> None:
        with CoupledClock(account):
            assert before != Given()
            time.sleep(60)
            raise error

    with pytest.raises(error):
        fail()
    assert before == Given()


def test_everything_is_as_before_where_coupling_fails(account: Datadog) -> None:
    before = Given()
    with CoupledClock(account), pytest.raises(RuntimeError, match="coupled already"), CoupledClock(account):
        pass
    assert before == Given()
    with CoupledClock(account):
        time.sleep(1)


def test_a_clock_is_used_once(account: Datadog) -> None:
    clock = CoupledClock(account)
    with clock:
        pass
    with pytest.raises(RuntimeError, match="make a new one"), clock:
        pass


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module that nobody has imported."""
    (tmp_path / "imported_late.py").write_text("from time import sleep, time\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "imported_late"
    sys.modules.pop("imported_late", None)


def test_a_module_that_is_imported_meanwhile_is_in_real_time_afterwards(account: Datadog, module: str) -> None:
    with CoupledClock(account), within(1):
        importlib.import_module(module).sleep(60)
    assert importlib.import_module(module).sleep is time.sleep
    assert importlib.import_module(module).time is time.time


def test_rate_limits_follow(backend: MockServer) -> None:
    with MockServer(rate_limits={"SubmitProductAnalyticsEvent": {"limit": 1, "period": OUTAGE}}) as server:
        datadog = server.datadog()
        with CoupledClock(datadog):
            assert [send(datadog), send(datadog)] == [202, 429]
            headers = datadog.requests[-1].response.headers
            time.sleep(float(headers["x-ratelimit-reset"]))
            assert send(datadog) == 202
