"""Says why a scripted fault did not fire as often as it was to."""

from collections.abc import Sequence
from typing import NamedTuple

from mockserver.faults.schedule import ArmedFault
from mockserver.model import Exchange, Json
from mockserver.support.budget import TooMuchWork
from mockserver.support.matching import comparing, differences, shown

MAX_COMPARED = 100
"""Requests whose bodies are compared with what a fault matches, the newest."""


class Sent(NamedTuple):
    """A request of the fault's accounts: its exchange and the JSON of its body."""

    exchange: Exchange
    body: Json


def why_unfired(armed: ArmedFault, requests: Sequence[Sent], now: float) -> str:
    """A sentence on the request that came nearest. `requests` are those of the fault's accounts, oldest first, and
    `now` is their time, in seconds."""
    fault = armed.fault
    if armed.matched:
        came = "1 matching request" if armed.matched == 1 else f"{armed.matched} matching requests"
        skips = f", of which it skips the first {fault.after}" if fault.after else ""
        each = f" and fires on every {fault.every}th" if fault.every > 1 else ""
        return f"{came} came{skips}{each}"
    if not requests:
        return "no request came"
    aimed = [sent for sent in requests if _is_aimed_at(armed, sent.exchange)]
    if not aimed:
        last = requests[-1].exchange
        return f"no request came to {fault.operation or fault.vendor}; the last was {_titled(last)}"
    if fault.match is None:
        last = aimed[-1].exchange
        reason = "met another fault first" if last.fault else "came before it was armed, or takes no such status"
        return f"{_titled(last)} {reason}"
    nearest, places = _nearest(fault.match, aimed[-MAX_COMPARED:], now)
    return f"{_titled(nearest.exchange)} came nearest: {places}"


def _is_aimed_at(armed: ArmedFault, exchange: Exchange) -> bool:
    fault = armed.fault
    return fault.vendor in (None, exchange.vendor) and fault.operation in (None, exchange.operation)


def _nearest(match: Json, requests: Sequence[Sent], now: float) -> tuple[Sent, str]:
    """The request whose body differs from `match` in the fewest places, and these in words."""
    best: tuple[int, Sent, str] | None = None
    for sent in reversed(requests):
        try:
            found = list(differences(match, sent.body, now, budget=comparing()))
        except TooMuchWork:
            continue
        if best is None or len(found) < best[0]:
            words = "; ".join(
                f"{each.pointer or 'the body'} expected {each.expected}, {_received(each.actual, missing=each.missing)}"
                for each in found[:3]
            )
            best = len(found), sent, words
    return best[1:] if best else (requests[-1], "its body is too large to compare")


def _received(actual: Json, *, missing: bool) -> str:
    return "received nothing" if missing else f"received {shown(actual)}"


def _titled(exchange: Exchange) -> str:
    return f"request {exchange.id}, {exchange.request.method} {exchange.operation or 'to an undocumented path'}"
