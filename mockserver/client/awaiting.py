"""Turns a blocking call into an awaitable one: it runs in a thread, so that the caller's event loop runs on."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Target = TypeVar("Target")


class OnTarget(Generic[Target]):
    """Holds what is called."""

    def __init__(self, target: Target) -> None:
        self.target = target


class Awaited(Generic[Parameters, Result]):
    """A call of a target, to be awaited."""

    def __init__(self, call: Callable[Concatenate[Any, Parameters], Result]) -> None:
        self._call = call

    def __get__(self, instance: OnTarget[Any], owner: type[OnTarget[Any]]) -> Callable[Parameters, Awaitable[Result]]:
        def start(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Awaitable[Result]:
            return in_thread(partial(self._call, instance.target, *arguments, **keywords))

        return start


async def in_thread(call: Callable[[], Result]) -> Result:
    """Runs a blocking call in a thread that nothing else waits for; a caller that is cancelled does not wait for it."""
    from anyio import CapacityLimiter, to_thread  # noqa: PLC0415 - only async tests pay for it

    return await to_thread.run_sync(call, abandon_on_cancel=True, limiter=CapacityLimiter(1))
