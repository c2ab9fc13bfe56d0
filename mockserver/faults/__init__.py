"""Scripted faults: the vocabulary that scripts are written in, the schedule that fires them, and what they do."""

from mockserver.faults.fault import FAULT, Fault
from mockserver.faults.scenario import Scenario, packaged_scenarios, read_scenario
from mockserver.faults.schedule import ArmedFault, FaultBook, Firing, TooManyFaults
from mockserver.faults.script import Script, ScriptError, fault_schemas, parse_script
from mockserver.faults.wire import FaultContext

__all__ = [
    "FAULT",
    "ArmedFault",
    "Fault",
    "FaultBook",
    "FaultContext",
    "Firing",
    "Scenario",
    "Script",
    "ScriptError",
    "TooManyFaults",
    "fault_schemas",
    "packaged_scenarios",
    "parse_script",
    "read_scenario",
]
