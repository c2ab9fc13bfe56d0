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


def likenesses(expected: str, names: Iterable[str], characters: int) -> dict[str, float]:
    """How alike each of several names is to one, from 0 to 1, compared in so many of their first characters."""
    matcher, found = SequenceMatcher(b=expected[:characters]), {}
    for name in names:
        matcher.set_seq1(name[:characters])
        found[name] = matcher.ratio()
    return found
