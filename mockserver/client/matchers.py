"""Matchers for values that a test cannot know. They are plain JSON, so they work over HTTP too."""

from typing import Any, Literal

Kind = Literal["string", "number", "boolean", "object", "array", "null", "value"]


def any_value(kind: Kind = "value") -> dict[str, Any]:
    """Any value that is present, or any of one JSON type: `any_value("string")`."""
    return {"$any": kind}


def matching(pattern: str) -> dict[str, Any]:
    """Text in which a regular expression of RE2 is found: `matching(r"^ord_[0-9]+$")`."""
    return {"$regex": pattern}


def uuid() -> dict[str, Any]:
    """Text that is a UUID."""
    return {"$uuid": True}


def close_to_now(seconds: float = 5.0) -> dict[str, Any]:
    """A time at most so many seconds from the account's now: ISO 8601, or seconds or milliseconds since the epoch."""
    return {"$now": seconds}
