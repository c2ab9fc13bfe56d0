"""A client that keeps all rules of conduct, and one for each rule that breaks only that.

It knows no server: `Post` sends a request, and `Timer` waits, in virtual or in real time. `tests.support.model_vendor`
has both in virtual time; `http_post` sends to a real server.
"""

from __future__ import annotations

import http.client
import json
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import NamedTuple, Protocol

RETRIED = frozenset({408, 429, 500, 502, 503, 504})
REFUSALS_OF_CREDENTIALS = (401, 403)


class Event(NamedTuple):
    """An event with its own id and time, and the time at which it happens."""

    id: str
    time: float
    name: str
    happens_at: float = 0.0


class Request(NamedTuple):
    """A request to send: `timeout` in seconds, `reuse` whether an open connection may carry it."""

    body: bytes
    timeout: float
    reuse: bool


class Reply(NamedTuple):
    """What came back. `told` is how long to wait, in seconds; `failed` the places of the events that were refused."""

    status: int
    told: float | None = None
    failed: tuple[int, ...] = ()


class LostError(Exception):
    """The connection was lost, or the timeout passed, before a response came."""


Post = Callable[[Request], Reply]


class Timer(Protocol):
    """The time, in seconds, and a way to let it pass."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class Habits:
    """How a client behaves; as it stands, it keeps all rules. Times are seconds, `jitter` is the share of a delay that
    is drawn at random, `told_share` how much of what it was told it waits, `pace` the least time before a new batch."""

    retried: frozenset[int] = RETRIED
    max_attempts: int = 10
    base: float = 0.5
    factor: float = 2.0
    cap: float = 60.0
    jitter: float = 0.5
    told_share: float = 1.0
    holds_back: bool = True
    keeps_ids: bool = True
    keeps_bytes: bool = True
    drops_acknowledged: bool = True
    splits: bool = True
    stops_when_refused: bool = True
    reads_partial: bool = True
    timeout: float = 10.0
    reuses_connections: bool = True
    hides_key: bool = True
    batch: int = 1
    pace: float = 0.3
    key: str = "model-key"


KEEPS_ALL = Habits()
BREAKS: Mapping[str, Habits] = {
    "status": replace(KEEPS_ALL, retried=RETRIED | {400}),
    "wait": replace(KEEPS_ALL, told_share=0.5),
    "throttled": replace(KEEPS_ALL, holds_back=False),
    "hot": replace(KEEPS_ALL, base=0.0),
    "growth": replace(KEEPS_ALL, factor=1.0, jitter=0.3),
    "jitter": replace(KEEPS_ALL, jitter=0.0),
    "cap": replace(KEEPS_ALL, base=250.0, cap=math.inf),
    "gives-up": replace(KEEPS_ALL, max_attempts=100),
    "same-event": replace(KEEPS_ALL, keeps_ids=False),
    "not-doubled": replace(KEEPS_ALL, drops_acknowledged=False),
    "not-lost": replace(KEEPS_ALL, max_attempts=1),
    "split": replace(KEEPS_ALL, splits=False, batch=4),
    "credentials": replace(KEEPS_ALL, stops_when_refused=False),
    "partial": replace(KEEPS_ALL, reads_partial=False, batch=4),
    "timeout": replace(KEEPS_ALL, timeout=90.0),
    "connections": replace(KEEPS_ALL, reuses_connections=False),
    "recovery": replace(KEEPS_ALL, pace=0.0),
    "same-bytes": replace(KEEPS_ALL, keeps_bytes=False),
    "secrets": replace(KEEPS_ALL, hides_key=False),
}
"""By rule, the habits that break it and no other. Amplification and concurrency are figures, which nothing breaks."""


@dataclass
class Batch:
    """Events that are sent together, with their serialized body, the attempts so far and when the next is due."""

    events: tuple[Event, ...]
    body: bytes
    attempts: int = 0
    due_at: float = 0.0


@dataclass
class ModelClient:
    """Sends events one request after the other. A batch that fails is sent again before anything else, unless the
    client does not hold back after a 429."""

    post: Post
    timer: Timer
    habits: Habits = KEEPS_ALL
    random: Random = field(default_factory=lambda: Random(0))
    _ids: int = 0
    _next_request_at: float = 0.0

    def run(self, events: Sequence[Event]) -> None:
        """Sends all events, each when it has happened, until each is taken, refused or given up."""
        coming, queue = deque(sorted(events, key=lambda event: event.happens_at)), deque[Batch]()
        while coming or queue:
            self._take(coming, queue)
            batch = queue.popleft()
            if self._is_passed(batch, coming):
                queue.append(batch)
                self._wait_until(coming[0].happens_at)
                queue.appendleft(self._batch((coming.popleft(),)))
                continue
            self._wait_until(batch.due_at if batch.attempts else max(batch.due_at, self._next_request_at))
            queue.extendleft(reversed(self._send(batch)))

    def _is_passed(self, batch: Batch, coming: deque[Event]) -> bool:
        return not self.habits.holds_back and bool(coming) and coming[0].happens_at < batch.due_at

    def _take(self, coming: deque[Event], queue: deque[Batch]) -> None:
        """Makes the next batch, of what has happened, where none waits."""
        if queue:
            return
        self._wait_until(coming[0].happens_at)
        taken = [coming.popleft()]
        while coming and coming[0].happens_at <= self.timer.now() and len(taken) < self.habits.batch:
            taken.append(coming.popleft())
        queue.append(self._batch(taken))

    def _batch(self, events: Sequence[Event]) -> Batch:
        return Batch(tuple(events), self._body(events))

    def _body(self, events: Sequence[Event], indent: int | None = None) -> bytes:
        extra = {} if self.habits.hides_key else {"key": self.habits.key}
        listed = [{"id": event.id, "time": event.time, "name": event.name} for event in events]
        return json.dumps({"events": listed, **extra}, indent=indent).encode()

    def _send(self, batch: Batch) -> list[Batch]:
        """Sends a batch, and returns what is to be sent next of it."""
        batch.attempts += 1
        try:
            reply = self.post(Request(batch.body, self.habits.timeout, self.habits.reuses_connections))
        except LostError:
            reply = Reply(0)
        self._next_request_at = self.timer.now() + self.habits.pace
        if 200 <= reply.status < 300:
            return self._after_success(batch, reply)
        if reply.status == 413:
            return self._after_too_large(batch)
        if reply.status in REFUSALS_OF_CREDENTIALS and self.habits.stops_when_refused:
            self._next_request_at = self.timer.now() + 11
        return self._again(batch, reply) if reply.status in self.habits.retried or not reply.status else []

    def _after_success(self, batch: Batch, reply: Reply) -> list[Batch]:
        if reply.failed:
            failed = [batch.events[place] for place in reply.failed] if self.habits.reads_partial else batch.events
            return self._again(Batch(tuple(failed), self._body(failed), batch.attempts), reply)
        if not self.habits.drops_acknowledged:
            self.post(Request(batch.body, self.habits.timeout, self.habits.reuses_connections))
        return []

    def _after_too_large(self, batch: Batch) -> list[Batch]:
        events = batch.events
        if len(events) == 1:
            return []
        if not self.habits.splits:
            batch = Batch(events[::-1], self._body(events[::-1]), batch.attempts)
            return [batch] if batch.attempts < 3 else []
        middle = len(events) // 2
        return [self._batch(events[:middle]), self._batch(events[middle:])]

    def _again(self, batch: Batch, reply: Reply) -> list[Batch]:
        if batch.attempts >= self.habits.max_attempts:
            return []
        wait = self._back_off(batch.attempts) if reply.told is None else reply.told * self.habits.told_share
        batch.due_at = self.timer.now() + wait
        if not self.habits.keeps_ids:
            batch.events = tuple(self._renamed(event) for event in batch.events)
            batch.body = self._body(batch.events)
        if not self.habits.keeps_bytes:
            batch.body = self._body(batch.events, indent=batch.attempts)
        return [batch]

    def _renamed(self, event: Event) -> Event:
        self._ids += 1
        return event._replace(id=f"again-{self._ids}")

    def _back_off(self, attempts: int) -> float:
        habits = self.habits
        longest = min(habits.cap, habits.base * habits.factor ** min(attempts - 1, 100))
        return longest * (1 - habits.jitter * self.random.random())

    def _wait_until(self, time: float) -> None:
        if time > self.timer.now():
            self.timer.sleep(time - self.timer.now())


def http_post(host: str, port: int, path: str, headers: Mapping[str, str]) -> Post:
    """Sends to a real server over one connection, opened anew where it was lost. Reads Retry-After in seconds."""
    kept: list[http.client.HTTPConnection] = []

    def post(request: Request) -> Reply:
        connection = kept.pop() if kept and request.reuse else http.client.HTTPConnection(host, port)
        connection.timeout = request.timeout
        try:
            connection.request("POST", path, request.body, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise LostError from error
        if request.reuse:
            kept.append(connection)
        else:
            connection.close()
        told = response.headers.get("Retry-After")
        return Reply(response.status, float(told) if told and told.isdigit() else None)

    return post
