"""The named rules: trials around what one says, and bodies changed so that it holds where something else is tried."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from mockserver.contracts.limits import Trial
from mockserver.operations import Rule
from mockserver.support.jsontext import dump
from mockserver.support.numbers import is_number
from mockserver.support.pointers import follow, parts_of
from mockserver.validation.rules import RULES


def rule_trials(rule: Rule, body: Any, now: int, *, in_text: bool) -> Iterator[Trial]:
    """The trials of a rule at its pointer. `body` is a right one; `in_text` says that times are RFC 3339 text."""
    if rule.name == "time-window":
        for side, seconds in _moments(rule, now):
            yield Trial(rule.name, side, _text(seconds) if in_text else seconds)
    elif rule.name == "less-than":
        limit = follow(body, rule.parameters["than"])
        if not is_number(limit):  # an optional field that the body does not have
            return
        for side, value in (("inside", limit - 1), ("outside", limit), ("outside", limit + 1)):
            yield Trial(rule.name, side, value)


def settled(body: Any, rules: tuple[Rule, ...], tried: str, now: int) -> Any:
    """The body with every named rule kept, but for what stands at the pointer that is `tried` itself."""
    for rule in rules:
        pointer = rule.parameters["pointer"]
        if not any(RULES[rule.name].check(body, rule, now)):
            continue
        if rule.name == "less-than":
            than = rule.parameters["than"]
            if tried == pointer:
                body = with_value(body, than, now * 1000)
            else:
                body = with_value(body, pointer, min(follow(body, than) - 1, follow(body, pointer)))
        elif rule.name == "time-window" and tried != pointer:
            body = with_value(body, pointer, _text(now) if isinstance(follow(body, pointer), str) else now)
    return body


def with_value(body: Any, pointer: str, value: Any) -> Any:
    """A copy of the body with another value at a pointer whose holder is there."""
    if not pointer:
        return value
    changed = json.loads(dump(body))  # not a deep copy: parts of a made body may be one object
    holder, last = follow(changed, pointer.rpartition("/")[0]), parts_of(pointer)[-1]
    holder[int(last) if isinstance(holder, list) else last] = value
    return changed


def _moments(rule: Rule, now: int) -> Iterator[tuple[str, int]]:
    yield "inside", now
    past, future = rule.parameters["past"], rule.parameters.get("future")
    yield from (("at", now - past), ("inside", now - past + 1), ("outside", now - past - 1))
    if future is None:
        yield "inside", now + 10 * 365 * 86400
    else:
        yield from (("at", now + future), ("inside", now + future - 1), ("outside", now + future + 1))


def _text(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
