"""Scripted faults: the vocabulary that scripts are written in, the schedule that fires them, and what they do."""
