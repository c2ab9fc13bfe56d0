"""The wire faults, one module each, found by its name: each holds the fault of that name."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from mockserver.faults.wire import WireFault

WIRE_FAULTS: Mapping[str, WireFault] = {
    module.name: getattr(import_module(f"{__name__}.{module.name}"), module.name) for module in iter_modules(__path__)
}
