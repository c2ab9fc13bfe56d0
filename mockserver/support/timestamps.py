"""Timestamps as text: reads and writes ISO 8601."""

import datetime as dt


def moment(text: str) -> float | None:
    """Seconds since the epoch of a time in ISO 8601, in UTC where it names no zone; None for other text."""
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return seconds_of(when)


def seconds_of(when: dt.datetime) -> float:
    """Seconds since the epoch of a time, in UTC where it names no zone."""
    return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()


def iso(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds; seconds beyond the calendar as a number."""
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
