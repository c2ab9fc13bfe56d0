"""Refuses wrong arguments of a call with what was probably meant, and calls that would block an event loop."""

import sys
from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from mockserver.client.control import ControlError
from mockserver.support.suggestions import hint

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def suggesting(call: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """A method that raises TypeError for a keyword that it does not take, with the one that was probably meant."""
    known = [name for name in signature(call).parameters if name != "self"]

    @wraps(call)
    def checked(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Result:
        __tracebackhide__ = True
        for name in keywords:
            if name not in known:
                raise TypeError(f"{call.__name__}() takes no argument {name!r}{hint(name, known)}")
        return call(*arguments, **keywords)

    return checked


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Raises ValueError, with what was probably meant, for an argument that is none of its choices."""
    if value not in choices:
        raise ValueError(f"{name} cannot be {value!r}{hint(value, choices)}")


def bounds(times: int | None, at_least: int | None, at_most: int | None) -> tuple[int, int | None]:
    """How many are expected at least, and at most; one at least where nothing is said. Raises ControlError for what
    contradicts itself, as the server does."""
    if times is not None and (at_least is not None or at_most is not None):
        raise ControlError("`times` excludes `at_least` and `at_most`")
    if times is not None:
        return times, times
    low = at_least if at_least is not None else 1 if at_most is None else 0
    if at_most is not None and low > at_most:
        raise ControlError(f"at_least must not be more than at_most, {at_most}; it is {low}")
    return low, at_most


def runs_in_a_task() -> bool:
    """Whether the caller runs in a task of an asyncio event loop, which waiting would block.

    A loop that runs in this thread without one is not asked for: libraries with a synchronous face, such as
    Playwright's, keep a loop running beside the test, and what they drive goes on while the test waits.
    """
    asyncio = sys.modules.get("asyncio")  # not imported here: pytest would pay for it in every run
    if asyncio is None:
        return False
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


def would_block(call: str) -> RuntimeError:
    """The error of a call that waits where an event loop runs; `call` is how a test names it, as `datadog.settle()`."""
    handle, _, rest = call.partition(".")
    return RuntimeError(
        f"{call} would wait here and block the event loop that runs in this thread, so what it waits for could not "
        f"happen: use `await {handle}.aio.{rest}`"
    )
