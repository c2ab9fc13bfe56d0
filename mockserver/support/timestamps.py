"""Timestamps as text: reads and writes ISO 8601."""

import datetime as dt
import re

from mockserver.support.numbers import is_number

_ISO_8601 = re.compile(
    r"[0-9]{4}-?(?:[0-9]{2}-?[0-9]{2}|W[0-9]{2}-?[0-9])"
    r"(?:[T ][0-9]{2}(?::?[0-9]{2}(?::?(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


def moment(text: str) -> float | None:
    """Seconds since the epoch of a date or time in ISO 8601, in UTC where it names no zone; None for other text.

    The letters may be in lower case, and a space may stand for the T (RFC 3339). A leap second is the next second.
    """
    text = text.upper()
    match = _ISO_8601.fullmatch(text)  # Python reads much else, such as a space before the zone
    if match is None:
        return None
    leap = match["second"] == "60"
    if leap:
        start, end = match.span("second")
        text = f"{text[:start]}59{text[end:]}"
    try:
        return seconds_of(dt.datetime.fromisoformat(text)) + leap
    except ValueError:  # an impossible date
        return None


def is_time(text: str) -> bool:
    """Whether a text is a date and time in ISO 8601, or in RFC 3339 with letters in lower case."""
    return "T" in text[:11].upper() and moment(text) is not None


def seconds_of(when: dt.datetime) -> float:
    """Seconds since the epoch of a time, in UTC where it names no zone."""
    return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()


def iso(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds; seconds beyond the calendar as a number."""
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def is_near(value: object, when: float, seconds: float) -> bool:
    """Whether a value is a time at most so many seconds from `when`, in any form of `time_of`."""
    time = time_of(value)
    return time is not None and abs(time - when) <= seconds


def time_of(value: object) -> float | None:
    """Seconds since the epoch, from ISO 8601 or a number of seconds; a number beyond the year 5138 is milliseconds."""
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", value):
        return moment(value)
    if isinstance(value, str) or is_number(value):
        number = float(value) if not isinstance(value, int) or abs(value) < 1 << 62 else 0.0
        return number / 1000 if abs(number) > 1e11 else number
    return None
