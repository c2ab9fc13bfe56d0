"""Scripted faults: the vocabulary that scripts are written in, the schedule that fires them, and what they do."""

from mockserver.faults.scenario import Scenario, packaged_scenarios, read_scenario
from mockserver.faults.schedule import ArmedFault, FaultBook, Firing, TooManyFaults
from mockserver.faults.vocabulary import Delay, Fault, Script, ScriptError, Wire, parse_script

__all__ = [
    "ArmedFault",
    "Delay",
    "Fault",
    "FaultBook",
    "Firing",
    "Scenario",
    "Script",
    "ScriptError",
    "TooManyFaults",
    "Wire",
    "packaged_scenarios",
    "parse_script",
    "read_scenario",
]
