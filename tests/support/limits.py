"""How a limit of a contract is written down, and bodies that are just inside and just outside of one."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.harness import (
    Operation,
)

HOUR = 3600
SLACK = 60
"""Seconds between the edge of a time window and the test's request, so that a slow machine does not decide it."""


@dataclass(frozen=True)
class Limit:
    """One edge of one limit: a body just inside, one just outside, and what is then said where."""

    operation: Operation
    name: str
    inside: Callable[[], Any]
    outside: Callable[[], Any]
    pointer: str
    rule: str
    evidence: str = "documented"


def nested(levels: int) -> dict[str, Any]:
    """Objects inside each other, `levels` of them in all."""
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"deeper": value}
    return value


def lists(levels: int) -> dict[str, Any]:
    """An object that holds lists inside each other, `levels` containers in all."""
    value: list[Any] = []
    for _ in range(levels - 2):
        value = [value]
    return {"list": value}


def many(count: int) -> dict[str, int]:
    return {f"p{number}": number for number in range(count)}


def ago(hours: float, seconds: float = 0) -> int:
    """POSIX seconds of a time in the past, `seconds` further from now (towards now, where negative)."""
    return int(time.time() - hours * HOUR - seconds)


def iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def length(operation: Operation, name: str, pointer: str, most: int, make: Callable[[str], Any]) -> Limit:
    """A limit in characters, which are code points and not bytes."""
    return Limit(operation, name, lambda: make("é" * most), lambda: make("é" * (most + 1)), pointer, "maxLength")


def count(operation: Operation, name: str, pointer: str, most: int, make: Callable[[int], Any]) -> Limit:
    return Limit(operation, name, lambda: make(most), lambda: make(most + 1), pointer, "maxItems")
