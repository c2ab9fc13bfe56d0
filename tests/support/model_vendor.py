"""A vendor in virtual time that fails by a script, and keeps the history of what its client did."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from mockserver.conduct.records import Attempt, Chain, History, Told
from mockserver.model import Evidence, Retry
from tests.support.model_client import LostError, Reply, Request

MUST_NOT = {400, 401, 403, 404, 405, 409, 413, 415, 422, 501}
SHOULD = {408, 429, 500, 502, 503, 504}
LATENCY = 0.002
EVIDENCE = Evidence("documented", "the model vendor's page")


class Step(NamedTuple):
    """What becomes of one request: a status, or a loss of the connection where there is none. `wire` says how, `whole`
    that the events are taken although the connection is lost, `failed` the places of events that are refused; `seconds`
    delay the response."""

    status: int | None = 202
    told: float | None = None
    wire: str | None = None
    failed: tuple[int, ...] = ()
    taken: bool = False
    seconds: float = 0.0


OK = Step()


def retry_of(status: int | None) -> Retry:
    if status is None or status in SHOULD:
        return "should"
    return "must-not" if status in MUST_NOT else "may"


@dataclass
class ModelVendor:
    """Is its client's `Timer` too: time passes only as the client waits and requests take their time."""

    script: list[Step] = field(default_factory=list)
    key: str = "model-key"
    attempts: list[Attempt] = field(default_factory=list)
    time: float = 1_000.0
    _connections: int = 0
    _position: int = 0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def post(self, request: Request) -> Reply:
        step = self.script.pop(0) if self.script else OK
        if self._position and request.reuse:
            self._position += 1
        else:
            self._connections, self._position = self._connections + 1, 1
        started, self.time = self.time, self.time + LATENCY
        attempt = self._attempt(request, step, started)
        hangs = step.wire == "hang"
        waits = request.timeout if hangs else step.seconds
        self.time += min(waits, request.timeout)
        if step.status is None or waits > request.timeout:
            self._position = 0
            lost = attempt._replace(status=None, retry="should", lost_at=self.time, lost_elapsed=self.time)
            self.attempts.append(lost._replace(received_whole=False, acknowledged=False, stored=step.taken))
            raise LostError
        self.attempts.append(attempt._replace(answered_at=self.time, answered_elapsed=self.time, finished_at=self.time))
        failed = tuple(place for place in step.failed if place < len(attempt.event_keys))
        return Reply(step.status, step.told, failed)

    def _attempt(self, request: Request, step: Step, started: float) -> Attempt:
        body = json.loads(request.body)
        events = body["events"]
        keys = tuple(f"model/id/{event['id']}" for event in events)
        success = step.status is not None and step.status < 300
        number = len(self.attempts) + 1
        return Attempt(
            request_id=f"r{number}",
            sequence=number,
            vendor="model",
            operation="send",
            account="model",
            method="POST",
            path="/events",
            started_at=started,
            started_elapsed=started,
            request_ended_at=self.time,
            answered_at=None,
            answered_elapsed=None,
            finished_at=None,
            lost_at=None,
            lost_elapsed=None,
            connection=self._connections,
            position=self._position,
            connection_closed=False,
            body_bytes=len(request.body),
            body_whole=True,
            wire_bytes=len(request.body),
            status=step.status,
            retry=retry_of(step.status),
            retry_evidence=EVIDENCE,
            told=Told(step.told, "Retry-After") if step.told is not None else None,
            fault="f1" if step != OK else None,
            fault_stage=None,
            wire=step.wire,
            stored=success,
            acknowledged=success,
            received_whole=True,
            body_digest=_digest(request.body),
            content_digest=_digest(json.dumps(_content(body)).encode()),
            idempotency_key=None,
            event_keys=keys,
            dedup_ids=tuple(event["id"] for event in events),
            event_times=tuple(event["time"] for event in events),
            failed_events=tuple(keys[place] for place in step.failed if place < len(keys)) if success else (),
            secrets_in=("body",) if self.key.encode() in request.body else (),
            credential=self.key,
            slowed=step.seconds > 0,
        )

    def history(self) -> History:
        """What happened, at the end of a test."""
        return History(tuple(folded(self.attempts)), tuple(self.attempts), 0, over=True, now=self.time)


def _content(body: dict[str, Any]) -> Any:
    return [event["name"] for event in body["events"]]


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


def folded(attempts: Iterable[Attempt]) -> list[Chain]:
    """Chains by the keys that attempts share, or else by their content; a success begins a new one."""
    chains: list[list[Attempt]] = []
    open_: dict[object, list[Attempt]] = {}
    follows: set[str] = set()
    for attempt in attempts:
        joins = [*attempt.event_keys, attempt.content_digest]
        chain = next((open_[each] for each in joins if each in open_), None)
        if chain is not None and _is_done(chain, attempt):
            follows.add(attempt.request_id)
            chain = None
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(attempt)
        open_.update(dict.fromkeys(joins, chain))
    return [
        Chain(
            id=f"c{number}",
            vendor="model",
            operation="send",
            account="model",
            attempts=tuple(chain),
            total=len(chain),
            follows_success=chain[0].request_id in follows,
        )
        for number, chain in enumerate(chains, 1)
    ]


def _is_done(chain: list[Attempt], attempt: Attempt) -> bool:
    """Whether the vendor took what an attempt sends before, and the client knows."""
    taken = chain[-1].acknowledged and not any(each.failed_events for each in chain)
    return taken and not set(chain[-1].event_keys).isdisjoint(attempt.event_keys)
