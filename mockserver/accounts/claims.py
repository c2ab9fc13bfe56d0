"""Remembers whose credentials somebody answers for, so that a request with any other can be shown as nobody's."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator


class Claims:
    """Credentials that a test's handle or a call of the control API named, by vendor; at most `most`, the newest.

    `settled` are (vendor, credential) pairs that are always claimed: the accepted keys of the settings. `keyless` are
    the vendors that take no credentials: their one account is everybody's. Credentials are told apart once somebody
    claims one: until then nobody has said which are right. `complete` says that whoever makes accounts claims them, so
    that a request of any other is suspect as soon as it comes.
    """

    def __init__(self, most: int, settled: Iterable[tuple[str, str]] = ()) -> None:
        self._most = most
        self._settled = frozenset(settled)
        self.keyless: frozenset[str] = frozenset()
        self._claimed: OrderedDict[tuple[str | None, str], None] = OrderedDict()
        self._times = Counter(credential for _, credential in self._settled)
        self.complete = bool(self._settled)

    def add(self, vendor: str | None, credential: str) -> None:
        """Claims a credential at a vendor, or at every vendor."""
        if (vendor, credential) not in self._claimed:
            self._times[credential] += 1
        self._claimed[vendor, credential] = None
        self._claimed.move_to_end((vendor, credential))
        if len(self._claimed) > self._most:
            (_, gone), _ = self._claimed.popitem(last=False)
            self._times[gone] -= 1
            if not self._times[gone]:
                del self._times[gone]

    def names(self, credential: str) -> bool:
        """Whether a credential is claimed at any vendor."""
        return credential in self._times

    def covers(self, vendor: str, credential: str) -> bool:
        """Whether somebody answers for a credential at a vendor; without one nobody does."""
        if not credential:
            return vendor in self.keyless
        pairs: tuple[tuple[str | None, str], ...] = ((vendor, credential), (None, credential))
        claimed = pairs[0] in self._settled or any(pair in self._claimed for pair in pairs)
        return claimed or not (self._settled or self._claimed)

    def __iter__(self) -> Iterator[tuple[str | None, str]]:
        """Vendor and credential of each claim, the newest first."""
        yield from reversed(self._claimed)
        yield from self._settled
