"""Folds attempts into chains, one attempt after another, so that what is no longer in the journal is still known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mockserver.conduct.ledger import EventRecord, totals_of
from mockserver.conduct.records import Attempt, Chain

MAX_CHAINS = 1_000
"""Chains of one account that are kept; beyond, those go first that came to an end longest ago."""
MAX_HEAD, MAX_ATTEMPTS = 20, 100
"""Attempts of a chain that are kept: the first so many, and so many in all, the others the newest."""
ATTEMPT_BYTES, KEY_BYTES, EVENT_BYTES, CHAIN_BYTES = 1500, 260, 400, 800
"""What an attempt, an event in it, an event of a chain and a chain take in memory, near enough for a bound."""


@dataclass(slots=True, eq=False)
class OpenChain:
    """A chain that may go on. `keys` counts the events in its attempts, each as often as it is there; `events` are the
    records of its events by key, `others` the keys under which a client sent them again after it had made their ids
    or times anew, and `renewed` the attempts of that kind, by number. `acknowledged` says for each event when the
    client knew that it is through, by the server's monotonic clock; `links` are what later attempts are known by."""

    id: str
    first: float
    follows_success: bool
    attempts: list[Attempt] = field(default_factory=list)
    total: int = 0
    forgotten: int = 0
    head: int = 0
    keys: int = 0
    events: dict[str, EventRecord] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    renewed: set[int] = field(default_factory=set)
    acknowledged: dict[str, float] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)

    @property
    def newest(self) -> Attempt:
        return self.attempts[-1]

    @property
    def done(self) -> bool:
        """Whether the client knows that all of it is through."""
        return len(self.acknowledged) == len(self.events)

    @property
    def bytes(self) -> int:
        kept = ATTEMPT_BYTES * len(self.attempts) + KEY_BYTES * self.keys
        return CHAIN_BYTES + kept + EVENT_BYTES * len(self.events)

    def copy(self) -> OpenChain:
        return OpenChain(
            id=self.id,
            first=self.first,
            follows_success=self.follows_success,
            attempts=self.attempts.copy(),
            total=self.total,
            forgotten=self.forgotten,
            head=self.head,
            keys=self.keys,
            events={key: record.copy() for key, record in self.events.items()},
            others=self.others.copy(),
            renewed=self.renewed.copy(),
            acknowledged=self.acknowledged.copy(),
            links=self.links.copy(),
        )

    def record(self) -> Chain:
        first = self.attempts[0]
        return Chain(
            id=self.id,
            vendor=first.vendor,
            operation=first.operation,
            account=first.account,
            attempts=tuple(self.attempts),
            total=self.total,
            forgotten=self.forgotten,
            follows_success=self.follows_success,
            head=self.head,
        )

    def add(self, attempt: Attempt, *, renewed: bool = False) -> None:
        """Puts an attempt into its place by the time at which it began. `renewed`: it holds the events of the newest
        one under other keys."""
        if renewed:
            self.renewed.add(attempt.sequence)
            pairs = zip(keys_of(attempt), keys_of(self.newest), strict=True)
            self.others.update((key, self.others.get(known, known)) for key, known in pairs if key != known)
        at = len(self.attempts)
        while at and self.attempts[at - 1].started_elapsed > attempt.started_elapsed:
            at -= 1
        self.attempts.insert(at, attempt)
        self.total += 1
        self.keys += len(attempt.event_keys)
        self._note(attempt)
        if len(self.attempts) > MAX_ATTEMPTS:
            gone = self.attempts.pop(MAX_HEAD)
            self.keys -= len(gone.event_keys)
            self.renewed.discard(gone.sequence)
            self.forgotten, self.head = self.forgotten + 1, MAX_HEAD

    def _note(self, attempt: Attempt) -> None:
        """Books an attempt to each of its events."""
        over = over_elapsed(attempt)
        for number, key in enumerate(keys_of(attempt)):
            root = self.others.get(key, key)
            if root not in self.events:
                name = attempt.event_names[number] if number < len(attempt.event_names) else None
                self.events[root] = EventRecord(root, name, is_event=bool(attempt.event_keys))
            self.events[root].note(attempt, number)
            if not attempt.failed and over is not None and key not in attempt.failed_events:
                self.acknowledged.setdefault(root, over)


def keys_of(attempt: Attempt) -> tuple[str, ...]:
    """The keys of the events of an attempt; of one without any a key of its content."""
    return attempt.event_keys or (f"{attempt.operation}/{attempt.method} {attempt.body_digest.hex()}",)


def over_elapsed(attempt: Attempt) -> float | None:
    """When the client could know how an attempt ended, by the server's monotonic clock."""
    return attempt.answered_elapsed if attempt.answered_elapsed is not None else attempt.lost_elapsed


class ChainFolder:
    """The chains of one account, as far as attempts were added, in the order in which they came to an end.

    An attempt goes on the chain that has its idempotency key, or shares at least half of the events of either, unless
    the client knew by then that they were through: then it begins a chain that `follows_success`. Without such a chain,
    it goes on one whose newest attempt had failed before it began, with the same content but for ids and times. Where a
    client is seen later to keep its ids, what was joined so parts again.

    What is forgotten is counted. `open` is the number of chains that are not through.
    """

    def __init__(self, max_chains: int = MAX_CHAINS) -> None:
        self._max_chains = max_chains
        self._chains: dict[str, OpenChain] = {}
        self._newest: dict[str, OpenChain] = {}
        self._waiting: dict[str, dict[str, OpenChain]] = {}
        self._keeps_ids: set[str] = set()
        self._forgotten = self._forgotten_chains = self.open = self.bytes = 0
        self._counted = self._counted_events = 0
        self._totals = Counter[str]()

    def __len__(self) -> int:
        return len(self._chains)

    @property
    def forgotten(self) -> int:
        """Attempts that are no longer kept."""
        return self._forgotten + self._counted

    @property
    def forgotten_chains(self) -> int:
        """Chains that are no longer kept."""
        return self._forgotten_chains + self._counted

    @property
    def totals(self) -> Counter[str]:
        """The totals of the events in chains that are no longer kept."""
        plain = dict.fromkeys(("events", "delivered", "deliveries"), self._counted_events)
        return self._totals + Counter(plain)

    @property
    def full(self) -> bool:
        return len(self._chains) >= self._max_chains

    def copy(self) -> ChainFolder:
        """The same once more, to be folded further by itself."""
        other = ChainFolder(self._max_chains)
        other._chains = copies = {identifier: chain.copy() for identifier, chain in self._chains.items()}
        other._newest = {link: copies[chain.id] for link, chain in self._newest.items()}
        other._waiting = {link: {each: copies[each] for each in chains} for link, chains in self._waiting.items()}
        other._keeps_ids, other._totals = self._keeps_ids.copy(), self._totals.copy()
        other._forgotten, other._forgotten_chains = self._forgotten, self._forgotten_chains
        other._counted, other._counted_events = self._counted, self._counted_events
        other.open, other.bytes = self.open, self.bytes
        return other

    def chains(self) -> tuple[Chain, ...]:
        """The chains, in the order in which they began."""
        return tuple(chain.record() for chain in self._in_order())

    def events(self) -> Iterator[EventRecord]:
        """The records of the events of every chain, in the order in which the chains began."""
        for chain in self._in_order():
            yield from (record for record in chain.events.values() if record.is_event)

    def _in_order(self) -> list[OpenChain]:
        return sorted(self._chains.values(), key=lambda chain: chain.first)

    def add(self, attempt: Attempt) -> None:
        """Folds one more attempt in."""
        chain, follows_success, renewed = self._same(attempt), False, False
        if chain is not None and attempt.event_keys:
            chain = self._parted(chain, attempt)
        if chain is not None:
            if _was_through(chain, attempt):
                chain, follows_success = None, bool(attempt.event_keys)
        elif attempt.operation not in self._keeps_ids:
            chain = self._alike(attempt)
            renewed = chain is not None
        if chain is None:
            chain = self._begun(attempt, follows_success=follows_success)
        was_done, size, forgotten = chain.total > 0 and chain.done, chain.bytes, chain.forgotten
        chain.add(attempt, renewed=renewed)
        self.open += was_done - chain.done
        self.bytes += chain.bytes - size
        self._forgotten += chain.forgotten - forgotten
        self._link(attempt, chain)

    def count(self, events: int) -> None:
        """Counts a plain success instead of folding it, with the number of its events."""
        self._counted += 1
        self._counted_events += events

    def forget_oldest(self) -> None:
        """Forgets the first chain that is through, or the first of all, into the counters."""
        chain = next((chain for chain in self._chains.values() if chain.done), None)
        chain = chain or next(iter(self._chains.values()))
        self._forgotten += len(chain.attempts)
        self._forgotten_chains += 1
        self._totals.update(totals_of((each for each in chain.events.values() if each.is_event), over=True))
        self._remove(chain)

    def _begun(self, attempt: Attempt, *, follows_success: bool) -> OpenChain:
        while self.full:
            self.forget_oldest()
        chain = OpenChain(f"c{attempt.sequence}", attempt.started_elapsed, follows_success)
        self._chains[chain.id] = chain
        self.bytes += chain.bytes
        self.open += 1
        return chain

    def _remove(self, chain: OpenChain) -> None:
        del self._chains[chain.id]
        self.bytes -= chain.bytes
        self.open -= not chain.done
        for link in chain.links:
            if self._newest.get(link) is chain:
                del self._newest[link]
        self._unlink(chain)

    def _link(self, attempt: Attempt, chain: OpenChain) -> None:
        """Makes a chain known by what an attempt in it shares with those to come."""
        for link in (*keys_of(attempt), *_headers_of(attempt)):
            self._newest[link] = chain
            chain.links.add(link)
        if chain.done:
            self._unlink(chain)
        else:
            self._waiting.setdefault(_content_of(attempt), {})[chain.id] = chain

    def _unlink(self, chain: OpenChain) -> None:
        """Nothing of the content of a chain is waited for any more."""
        for content in {_content_of(attempt) for attempt in chain.attempts}:
            waiting = self._waiting.get(content, {})
            waiting.pop(chain.id, None)
            if not waiting:
                self._waiting.pop(content, None)

    def _same(self, attempt: Attempt) -> OpenChain | None:
        """The newest chain that has the idempotency key of an attempt, or enough of its events."""
        for header in _headers_of(attempt):
            if header in self._newest:
                return self._newest[header]
        keys = keys_of(attempt)
        shared = Counter(self._newest[key].id for key in keys if key in self._newest)
        for identifier, number in shared.most_common(1):
            chain = self._chains[identifier]
            if 2 * number >= min(len(keys), len(keys_of(chain.newest))):
                return chain
        return None

    def _alike(self, attempt: Attempt) -> OpenChain | None:
        """Of the chains that wait for an attempt of this content, whatever its ids and times are, the first."""
        waiting = [
            (over, chain)
            for chain in self._waiting.get(_content_of(attempt), {}).values()
            if chain.newest.failed
            and (over := over_elapsed(chain.newest)) is not None
            and over <= attempt.started_elapsed
            and len(keys_of(chain.newest)) == len(keys_of(attempt))
            and chain.events.keys().isdisjoint(keys_of(attempt))
        ]
        return min(waiting, key=lambda pair: pair[0])[1] if waiting else None

    def _parted(self, chain: OpenChain, attempt: Attempt) -> OpenChain | None:
        """The chain that an attempt goes on, once its client is seen to keep the ids of its events."""
        if attempt.idempotency_key is not None:
            return chain
        self._keeps_ids.add(attempt.operation)
        if not chain.renewed or chain.forgotten:
            return chain
        self._remove(chain)
        for each in sorted(chain.attempts, key=lambda each: each.sequence):
            self.add(each)
        return self._same(attempt)


def _headers_of(attempt: Attempt) -> tuple[str, ...]:
    key = attempt.idempotency_key
    return () if key is None else (f"{attempt.operation}/idempotency-key/{key}",)


def _content_of(attempt: Attempt) -> str:
    return f"{attempt.operation}/{attempt.content_digest.hex()}"


def _was_through(chain: OpenChain, attempt: Attempt) -> bool:
    """Whether a client knew, when it began an attempt, that all of its events that are in the chain were through."""
    roots = [chain.others.get(key, key) for key in keys_of(attempt)]
    known = [key for key in roots if key in chain.events] or list(chain.events)
    return all(chain.acknowledged.get(key, math.inf) <= attempt.started_elapsed for key in known)
