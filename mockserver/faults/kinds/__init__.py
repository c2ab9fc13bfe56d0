"""The wire faults, one module each: a new one is a module here that defines WIRE_FAULT, and a line in NAMES."""

from collections.abc import Mapping
from importlib import import_module

from mockserver.faults.wire import WireFault

NAMES = (
    "reset",
    "empty",
    "truncate",
    "garbage",
    "malformed",
    "dribble",
    "hang",
    "slow_request",
)
WIRE_FAULTS: Mapping[str, WireFault] = {name: import_module(f"{__name__}.{name}").WIRE_FAULT for name in NAMES}
