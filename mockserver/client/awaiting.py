"""Turns a blocking call into an awaitable one: it runs in a thread, so that the caller's event loop runs on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Target = TypeVar("Target")


@dataclass(frozen=True)
class OnTarget(Generic[Target]):
    """Holds what is called."""

    target: Target


class Awaited(Generic[Parameters, Result]):
    """A blocking call of a target, to be awaited. It runs in a thread that nothing else waits for; a caller that is
    cancelled does not wait for it."""

    def __init__(self, call: Callable[Concatenate[Any, Parameters], Result]) -> None:
        self._call = call

    def __get__(self, instance: OnTarget[Any], owner: type[OnTarget[Any]]) -> Callable[Parameters, Awaitable[Result]]:
        async def start(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Result:
            from anyio import CapacityLimiter, to_thread  # noqa: PLC0415 - only async tests pay for it

            call = partial(self._call, instance.target, *arguments, **keywords)
            return await to_thread.run_sync(call, abandon_on_cancel=True, limiter=CapacityLimiter(1))

        return start
