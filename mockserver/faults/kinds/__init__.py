"""The wire faults, one module each: a new one is a module here with the fault of its name, and a line in NAMES."""

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
WIRE_FAULTS: Mapping[str, WireFault] = {name: getattr(import_module(f"{__name__}.{name}"), name) for name in NAMES}
