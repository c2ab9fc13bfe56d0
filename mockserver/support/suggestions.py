"""Names that are nearly the same: what a misspelt name probably means, and how alike two names are."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

USUAL_LIKENESS = 0.6


def closest(name: str, known: Iterable[str], likeness: float = USUAL_LIKENESS) -> str | None:
    """The known name that is most like `name`, at least so alike (0 to 1)."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=likeness)), None)


def hint(name: object, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known one that it is most like, or else all of them."""
    names = sorted(known)
    meant = closest(str(name), names)
    return f"; did you mean '{meant}'?" if meant is not None else f"; expected one of {', '.join(names)}"


def likeness(name: str, other: str) -> float:
    """How alike two names are, from 0 to 1."""
    return SequenceMatcher(None, name, other).ratio()


class Likeness:
    """How alike many names are to one, from 0 to 1. Each is compared once, in its first `characters`; beyond `names`
    of them only as an upper bound, which is much faster."""

    def __init__(self, expected: str, *, characters: int, names: int) -> None:
        self._characters, self._names = characters, names
        self._matcher = SequenceMatcher(b=expected[:characters])
        self._known: dict[str, float] = {}

    def of(self, name: str) -> float:
        text = name[: self._characters]
        if text not in self._known:
            self._matcher.set_seq1(text)
            exact = len(self._known) <= self._names
            self._known[text] = self._matcher.ratio() if exact else self._matcher.quick_ratio()
        return self._known[text]
