"""Turns a blocking call into an awaitable one: it runs in a thread, so that the caller's event loop runs on."""

import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from inspect import CORO_CREATED, getcoroutinestate
from pathlib import Path
from types import FrameType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Target = TypeVar("Target")


class Unawaited:
    """The awaitable calls of one handle that were made and not awaited yet."""

    def __init__(self) -> None:
        self._made: dict[object, tuple[Coroutine[Any, Any, Any], str]] = {}
        self._forgotten: list[str] = []

    def start(self, call: Callable[[], Result], name: str, caller: FrameType) -> Coroutine[Any, Any, Result]:
        """A coroutine that makes the call. `name` is how the code of `caller` names it."""
        made = object()

        async def run() -> Result:
            self._made.pop(made, None)
            from anyio import CapacityLimiter, to_thread  # noqa: PLC0415 - only async tests pay for it

            return await to_thread.run_sync(call, abandon_on_cancel=True, limiter=CapacityLimiter(1))

        coroutine = run()
        self._made[made] = coroutine, f"{name}() was never awaited, so it did nothing ({_place(caller)})"
        return coroutine

    def forgotten(self) -> list[str]:
        """A sentence for each call that nobody awaited until now, in the order in which they were made. They can no
        longer be awaited, and Python does not warn of them."""
        made, self._made = self._made, {}
        for coroutine, sentence in made.values():
            if getcoroutinestate(coroutine) == CORO_CREATED:
                self._forgotten.append(sentence)
            coroutine.close()
        return list(self._forgotten)


@dataclass(frozen=True)
class OnTarget(Generic[Target]):
    """Holds what is called, how a test names it, and the calls that were not awaited yet."""

    target: Target
    name: str
    unawaited: Unawaited


class Awaited(Generic[Parameters, Result]):
    """A blocking call of a target, to be awaited. It runs in a thread that nothing else waits for; a caller that is
    cancelled does not wait for it."""

    def __init__(self, call: Callable[Concatenate[Any, Parameters], Result]) -> None:
        self._call = call

    def __set_name__(self, owner: type[OnTarget[Any]], name: str) -> None:
        self._name = name

    def __get__(
        self, instance: OnTarget[Any], owner: type[OnTarget[Any]]
    ) -> Callable[Parameters, Coroutine[Any, Any, Result]]:
        def start(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Coroutine[Any, Any, Result]:
            call = partial(self._call, instance.target, *arguments, **keywords)
            caller = sys._getframe(1)
            return instance.unawaited.start(call, f"{instance.name}.{self._name}", caller)

        return start


def _place(frame: FrameType) -> str:
    """The file and the line that a frame is at; the file as the working directory sees it."""
    file = Path(frame.f_code.co_filename)
    shown = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
    return f"{shown}:{frame.f_lineno}"
