"""Runs the battery: each scenario under a credential of its own, and the verdict on what the client did in it."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.battery.process import Command, run_client
from mockserver.client.conduct import JudgeOptions, verdict_view
from mockserver.client.control import Control, accepted, whole_listing
from mockserver.client.findings import script_of, unclaimed_requests
from mockserver.client.handle import Handle
from mockserver.conduct.reports.scorecard import Case, FaultUse
from mockserver.support.faketime import faked_time, unaffected
from mockserver.support.jsontext import dump
from mockserver.support.yaml import SMALL, read_yaml
from mockserver.testing.server import Backend
from mockserver.vendors.registry import vendor_named

QUIET_SECONDS = 0.05
PATIENCE_SECONDS = 2.0
NOT_JUDGED: Mapping[str, Mapping[str, str]] = {
    "down": {"not-lost": "the service never came back"},
}
"""The rules that no client could keep in a scenario, with why."""
HINT = "the client must take its URL and its credential from the environment: MOCKSERVER_URL and MOCKSERVER_API_KEY"


class Battery(NamedTuple):
    """What is run: a command at one vendor, in scenarios by their names, with the seconds that it may take in each, and
    as many at once as `jobs`. Time runs at `rate`, for the client as for its accounts."""

    command: tuple[str, ...]
    vendor: str
    scenarios: Mapping[str, Path]
    seconds: float
    jobs: int
    judge: JudgeOptions
    rate: float = 1.0


def possible_rate(command: Sequence[str], rate: float) -> tuple[float, str]:
    """The rate at which a command's time can run: the one that is asked for, else 1, and then why."""
    why = unaffected(command) or faked_time(rate, {}).reason if rate != 1 else ""
    return (1.0, f"in real time, not at --rate {rate:g}: {why}") if why else (rate, "")


def run_battery(battery: Battery, server: Backend, ended: Callable[[str], None]) -> tuple[list[Case], bool]:
    """The cases in the order of the scenarios, and whether the run was broken off by Ctrl-C; `ended` is told the name
    of each scenario that has ended. Raises StartError where the command cannot be started, ControlError where the
    server refuses a call."""
    stop = threading.Event()
    with ThreadPoolExecutor(battery.jobs) as pool:
        futures = {name: pool.submit(_run, battery, server, name, stop) for name in battery.scenarios}
        try:
            return [_told(name, future, ended) for name, future in futures.items()], False
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(cancel_futures=True)
            return list(_finished(futures)), True
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def unclaimed_note(control: Control) -> Iterator[str]:
    """What came that belongs to no scenario, if anything did."""
    requests = whole_listing(control, "/requests", {"unclaimed": "true"})["requests"]
    if requests:
        yield "\n".join([*unclaimed_requests(requests), "", HINT])


def environment(handle: Handle, scenario: str, rate: float) -> Mapping[str, str]:
    """What the client is given besides our own environment: the vendor's own variables, ours, no proxy before the
    server, and a time that runs at a rate."""
    direct = {name: ",".join(filter(None, (os.environ.get(name), handle.host))) for name in ("NO_PROXY", "no_proxy")}
    own = {"MOCKSERVER_URL": handle.url, "MOCKSERVER_API_KEY": handle.api_key, "MOCKSERVER_SCENARIO": scenario}
    given = {**os.environ, **handle.env(), **own, **direct}
    if rate == 1:
        return given
    handle.clock.rate = rate
    return faked_time(rate, given).environment or given


def _told(name: str, future: "Future[Case]", ended: Callable[[str], None]) -> Case:
    case = future.result()
    ended(name)
    return case


def _finished(futures: Mapping[str, "Future[Case]"]) -> Iterator[Case]:
    """What had ended by itself when the run was broken off."""
    for future in futures.values():
        if future.done() and not future.cancelled() and future.exception() is None:
            case = future.result()
            if case.client is not None and not case.client.timed_out:
                yield case


def _run(battery: Battery, server: Backend, name: str, stop: threading.Event) -> Case:
    """Runs one scenario."""
    document: Any = read_yaml(battery.scenarios[name], SMALL).value()
    handle = server.account(battery.vendor, _key(server, battery.vendor, name))
    handle.script(document)
    variables = environment(handle, name, battery.rate)
    client = run_client(Command(battery.command, variables, battery.seconds / battery.rate), stop)
    with suppress(AssertionError):
        handle.settle(QUIET_SECONDS, PATIENCE_SECONDS)
    query = {"account": handle.api_key, "vendor": battery.vendor}
    listing = accepted(server.control.call("GET", "/requests", {**query, "limit": "0"}))
    faults = accepted(server.control.call("GET", "/faults", query))["faults"]
    return Case(
        name=name,
        verdict=within_reason(verdict_view(server.control, query, battery.judge), name),
        description=document.get("description", ""),
        requests=listing["total"] + listing["evicted"],
        client=client,
        faults=tuple(map(_use, faults)),
    )


def within_reason(verdict: dict[str, Any], name: str) -> dict[str, Any]:
    """A verdict in which the rules are allowed that no client could keep in its scenario."""
    reasons = NOT_JUDGED.get(name, {})
    results = [
        {**each, "state": "allowed", "note": reasons[each["rule"]], "findings": []} if each["rule"] in reasons else each
        for each in verdict["results"]
    ]
    return {**verdict, "results": results}


def _key(server: Backend, vendor: str, name: str) -> str | None:
    """A key that says which scenario it is for; one that nobody else has where others use the server too."""
    return None if server.shared else f"{vendor_named(vendor).key_prefix}conduct-{name}"


def _use(fault: Mapping[str, Any]) -> FaultUse:
    """What became of a fault, out of the control API's listing."""
    script = {name: value for name, value in script_of(fault).items() if name != "vendor"}
    times = None if fault["remaining"] is None else fault["fired"] + fault["remaining"]
    written = dump(script).decode("utf-8", "replace")
    return FaultUse(written, fault["fired"], times, optional=bool(script.get("optional")))
