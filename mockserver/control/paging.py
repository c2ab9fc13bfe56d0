"""Where a listing begins and ends: `since`, `cursor` and `limit`, with the same meaning for every listing."""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from starlette.requests import Request

from mockserver.control.query import bad_query, query_of
from mockserver.model import Exchange
from mockserver.support.timestamps import moment

Item = TypeVar("Item")


class Since(NamedTuple):
    """The exchanges after number `sequence` that were received at `seconds` since the epoch or later."""

    sequence: int = 0
    seconds: float = -math.inf

    def admits(self, exchange: Exchange) -> bool:
        return exchange.sequence > self.sequence and exchange.received >= self.seconds


def since_of(request: Request) -> Since | None:
    """What `since` asks for: the id of a request, seconds since the epoch, or ISO 8601. Raises BadCall for others."""
    text = query_of(request).get("since")
    if text is None:
        return None
    if re.fullmatch(r"r[0-9]{1,18}", text):
        return Since(sequence=int(text[1:]))
    seconds = _seconds(text)
    if seconds is None or not math.isfinite(seconds):
        expected = "the id of a request, seconds since the epoch or an ISO 8601 time"
        raise bad_query(("since", f"since must be {expected}; it is {text[:40]!r}"))
    return Since(seconds=seconds)


def page(request: Request, items: Sequence[Item], sequence: Callable[[Item], int]) -> tuple[Sequence[Item], str | None]:
    """The items of the page that a call asks for, and the cursor of the next page, None on the last one.

    `items` are all that match, oldest first; `sequence` is the number of an item's exchange. Exchanges are numbered
    when they are recorded, so new ones come behind every cursor, which is the number of the last exchange on the page
    and how many of its items were listed. Raises BadCall for other text.
    """
    limit, cursor = query_of(request)["limit"], query_of(request).get("cursor")
    start = 0
    if cursor is not None:
        last, listed = _parsed(cursor)
        start = min(bisect_left(items, last, key=sequence) + listed, bisect_right(items, last, key=sequence))
    end = start + limit
    if not limit or end >= len(items):
        return items[start:end], None
    last = sequence(items[end - 1])
    return items[start:end], f"{last}.{end - bisect_left(items, last, key=sequence)}"


def _parsed(cursor: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,18})", cursor)
    if found is None:
        raise bad_query(("cursor", f"cursor must be the `next` of an earlier page; it is {cursor[:40]!r}"))
    return int(found[1]), int(found[2])


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return moment(text)
