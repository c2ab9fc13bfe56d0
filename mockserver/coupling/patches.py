"""Puts functions that know virtual time in the place of those that tell the time and wait, and takes them out again."""

import contextlib
import ctypes
import datetime as dt
import gc
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mockserver.coupling.virtual_time import REAL_TIME

OWN_NAMES = REAL_TIME | {"_pytest", "pytest"}
"""The packages whose names stay theirs: pytest measures durations by them. What it calls for a test may be virtual."""
Functions = Mapping[str, Callable[..., Any]]
ABSENT = object()


@contextlib.contextmanager
def patched_time(functions: Functions) -> Iterator[None]:
    """Replaces functions of the module `time`, by their names, in every module that knows them by name."""
    there = [(getattr(time, name), function) for name, function in functions.items()]
    try:
        _replace({id(real): (real, ours) for real, ours in there}, but=OWN_NAMES)
        yield
    finally:
        _replace({id(ours): (ours, real) for real, ours in there})  # also where it was imported meanwhile


def _replace(functions: Mapping[int, tuple[object, object]], but: frozenset[str] = frozenset()) -> None:
    for name, module in list(sys.modules.items()):
        namespace = getattr(module, "__dict__", None)
        if namespace is None or name.partition(".")[0] in but:
            continue
        for key, value in list(namespace.items()):
            found = functions.get(id(value))
            if found is not None and value is found[0]:
                namespace[key] = found[1]


@contextlib.contextmanager
def patched_methods(owner: type, methods: Functions) -> Iterator[None]:
    """Replaces methods of a class that is written in Python."""
    before = {name: owner.__dict__.get(name, ABSENT) for name in methods}
    try:
        for name, method in methods.items():
            setattr(owner, name, method)
        yield
    finally:
        for name, method in before.items():
            delattr(owner, name) if method is ABSENT else setattr(owner, name, method)


@contextlib.contextmanager
def patched_datetime(methods: Functions) -> Iterator[None]:
    """Replaces class methods of `datetime.datetime`. It is written in C and refuses that, but a class in its place
    would not be the one that others have imported and compare with; so its own dictionary is changed, as a class does
    when one of its attributes is set."""
    (namespace,) = (each for each in gc.get_referents(dt.datetime.__dict__) if isinstance(each, dict))
    before = {name: namespace[name] for name in methods}
    try:
        namespace.update({name: classmethod(method) for name, method in methods.items()})
        _forget_looked_up(dt.datetime)
        yield
    finally:
        namespace.update(before)
        _forget_looked_up(dt.datetime)


def _forget_looked_up(changed: type) -> None:
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(changed))
