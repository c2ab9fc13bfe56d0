"""Couples the time of this process with the clocks of accounts, so that a test does not wait: `CoupledClock`."""

from mockserver.coupling.clock import CoupledClock

__all__ = ["CoupledClock"]
