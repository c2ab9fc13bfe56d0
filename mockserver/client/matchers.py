"""Matchers for values that a test cannot know, and for lists in any order.

They are plain JSON, so they work over HTTP and in the `match` of fault scripts too, as long as what they hold is JSON.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args, overload

from mockserver.support.suggestions import hint

Kind = Literal["string", "number", "boolean", "object", "array", "null", "value"]


def any_value(kind: Kind = "value") -> dict[str, Any]:
    """Any value that is present, or any of one JSON type: `any_value("string")`. Raises ValueError for other names."""
    if kind not in get_args(Kind):
        raise ValueError(f"any_value: there is no JSON type {kind!r}{hint(kind, get_args(Kind))}")
    return {"$any": kind}


def absent() -> dict[str, Any]:
    """No value: the member is not there. Null is a value."""
    return {"$absent": True}


@overload
def matching(pattern: str) -> dict[str, Any]: ...
@overload
def matching(pattern: re.Pattern[str]) -> re.Pattern[str]: ...
@overload
def matching(pattern: Callable[[Any], object]) -> Callable[[Any], object]: ...
def matching(pattern: str | re.Pattern[str] | Callable[[Any], object]) -> Any:
    """Text in which a regular expression of RE2 is found: `matching(r"^ord_[0-9]+$")`.

    A compiled pattern is one of Python's `re`, and a callable any predicate: `matching(lambda total: total > 0)`. Both
    are judged in the test's process, so they do not work over HTTP, and could stand without `matching` too.
    """
    return {"$regex": pattern} if isinstance(pattern, str) else pattern


def uuid() -> dict[str, Any]:
    """Text that is a UUID."""
    return {"$uuid": True}


def close_to_now(seconds: float = 5.0) -> dict[str, Any]:
    """A time at most so many seconds from the account's now: ISO 8601, or seconds or milliseconds since the epoch."""
    return {"$now": seconds}


def close_to(value: float | str | datetime, within: float | timedelta) -> dict[str, Any]:
    """A number at most `within` from `value`: `close_to(9.99, 0.01)`. Where `value` is a datetime or an ISO 8601 text,
    a time at most so many seconds from it, in any form that `close_to_now` takes. Raises ValueError for a datetime
    without a time zone, and for a negative `within`."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"close_to: {value!r} needs a time zone, such as datetime.UTC")
        value = value.isoformat()
    within = within.total_seconds() if isinstance(within, timedelta) else within
    if within < 0:
        raise ValueError(f"close_to: within must be 0 or more, it is {within:g}")
    return {"$close_to": {"value": value, "within": within}}


def one_of(*values: Any) -> dict[str, Any]:
    """One of some values, which may be matchers: `one_of("card", "cash", absent())`. Raises ValueError without any."""
    if not values:
        raise ValueError("one_of needs at least one value")
    return {"$one_of": list(values)}


def unordered(items: Iterable[Any]) -> dict[str, Any]:
    """A list with these items and no others, in any order: `unordered(["pen", "ink"])`. Each expected item has one of
    its own. Raises TypeError for a text or an object."""
    if isinstance(items, (str, Mapping)):
        raise TypeError(f"unordered takes a list of items, not {items!r}")
    return {"$unordered": list(items)}


def containing(*items: Any) -> dict[str, Any]:
    """A list that has these items somewhere, beside others: `containing({"sku": "pen"})`. Or a text with these
    parts."""
    return {"$containing": list(items)}
