"""Names of ours made from names on the page."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator


def words(name: str) -> list[str]:
    """The words of a name in any case style, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def camel(name: str) -> str:
    """`create_event`, `createEvent`, `Create event` → `CreateEvent`."""
    return "".join(part[:1].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", name))


def slug(name: str) -> str:
    """`Event with user ID` → `event-with-user-id`."""
    return "-".join(words(name)) or "unnamed"


def numbered(names: Iterable[str]) -> Iterator[str]:
    """The names, from the second of the same on with a number: a, b, a-2."""
    seen = Counter[str]()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"
