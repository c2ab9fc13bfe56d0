"""How long a fault holds a response back: a fixed time, or a random one."""

import math
from collections.abc import Callable
from typing import NamedTuple

from mockserver.faults.parameters import (
    MAX_SECONDS,
    SECONDS,
    Parameter,
    Problems,
    ValueType,
    number,
    object_of,
    one_member,
)
from mockserver.model import Json

MAX_SIGMA = 10
Draw = Callable[[str], float]
"""Draws the random number in [0, 1) of a name, always the same one for the same name."""


class Uniform(NamedTuple):
    """Every delay between two bounds, in seconds, is as likely; a fixed delay has equal bounds."""

    low: float
    high: float

    def sample(self, draw: Draw) -> float:
        return self.low + (self.high - self.low) * draw("delay")


class Lognormal(NamedTuple):
    """Half of the delays are under the median, in seconds, and a few far over it, the farther the larger `sigma`."""

    median: float
    sigma: float

    def sample(self, draw: Draw) -> float:
        """Seconds, at most MAX_SECONDS; the normal number in them is made by the method of Box and Muller."""
        radius = math.sqrt(-2 * math.log(1 - draw("radius")))
        normal = radius * math.cos(2 * math.pi * draw("angle"))
        return min(self.median * math.exp(self.sigma * normal), MAX_SECONDS)


Delay = Uniform | Lognormal
_BOUNDS = {"type": "array", "items": SECONDS.schema, "minItems": 2, "maxItems": 2}
_LOGNORMAL = object_of(
    "an object with `median` and `sigma`",
    (
        Parameter("median", SECONDS, "Seconds that half of the delays do not reach.", required=True),
        Parameter("sigma", number(0, MAX_SIGMA), "Standard deviation of the delay's logarithm.", required=True),
    ),
)


def _read(value: Json, problems: Problems) -> Delay | None:
    match value:
        case {"uniform": [_, _] as bounds, **more} if not more:
            at = problems.at("uniform")
            low, high = (SECONDS.read(bound, at.at(position)) for position, bound in enumerate(bounds))
            if low is None or high is None:
                return None
            if low > high:
                at.add(f"expected [low, high], found {bounds}")
            return Uniform(low, high)
        case {"lognormal": parameters, **more} if not more:
            read = _LOGNORMAL.read(parameters, problems.at("lognormal"))
            return Lognormal(**read) if read else None
        case {}:
            problems.add("expected seconds, {uniform: [low, high]} or {lognormal: {median: …, sigma: …}}")
            return None
    seconds = SECONDS.read(value, problems)
    return None if seconds is None else Uniform(seconds, seconds)


DELAY = ValueType({"anyOf": [SECONDS.schema, one_member({"uniform": _BOUNDS, "lognormal": _LOGNORMAL.schema})]}, _read)
