"""What a wire fault is: a record of its name, its parameters and when it acts, with the coroutine that performs it."""

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import NamedTuple

from starlette.types import Receive, Send

from mockserver.faults.parameters import Parameter, ValueType, object_of
from mockserver.http.connection import Connection
from mockserver.model import Headers, Json, Response
from mockserver.support.clock import Clock

Parameters = Mapping[str, float]
NO_RESPONSE = Response(0, b"")


class Acts(Enum):
    """When a wire fault acts, and so what the client gets."""

    EARLY = "before the body is read; the client gets the whole response"
    INSTEAD = "in place of the response"
    SHAPES = "on the response, which it spoils"
    DELIVERS = "on the response, which the client gets whole"


class FaultContext(NamedTuple):
    """What a wire fault acts on: the connection (None in process), ASGI, the account's clock, and the response, which
    is empty for an early fault."""

    connection: Connection | None
    receive: Receive
    send: Send
    clock: Clock
    response: Response = NO_RESPONSE
    headers: Headers = ()

    def below_http(self, in_process: type[ConnectionError]) -> Connection:
        """The connection. In process, where there is none to break, raises `in_process` into the client instead."""
        if self.connection is None:
            raise in_process("a scripted wire fault")
        return self.connection

    async def client_gone(self) -> None:
        """Returns once the client has left: the connection knows it even where other requests wait on it."""
        if self.connection is not None:
            await self.connection.gone()
            return
        while (await self.receive())["type"] != "http.disconnect":
            pass


Perform = Callable[[Parameters, FaultContext], Awaitable[None]]
"""Returns when the client is gone or has its response; for an early fault, when the body may be read."""


class WireFault(NamedTuple):
    """A kind of wire fault. `description` says in one sentence what the client sees."""

    name: str
    description: str
    acts: Acts
    perform: Perform
    parameters: tuple[Parameter, ...]

    @property
    def early(self) -> bool:
        return self.acts is Acts.EARLY

    @property
    def responds(self) -> bool:
        """Whether the client gets a response, whole or spoilt."""
        return self.acts is not Acts.INSTEAD

    @property
    def delivers(self) -> bool:
        """Whether the client gets the whole response."""
        return self.acts in {Acts.EARLY, Acts.DELIVERS}

    @property
    def parameters_type(self) -> ValueType:
        return object_of("an object of parameters", self.parameters)

    @property
    def schema(self) -> dict[str, Json]:
        """The JSON Schema of its parameters."""
        return {**self.parameters_type.schema, "description": self.description}


def wire_fault(acts: Acts, description: str, *parameters: Parameter) -> Callable[[Perform], WireFault]:
    """Makes a coroutine the wire fault of its name."""
    return lambda perform: WireFault(perform.__name__, description, acts, perform, parameters)


class Wire(NamedTuple):
    """A wire fault with the parameters that a script gives it."""

    kind: WireFault
    parameters: Parameters

    async def perform(self, context: FaultContext) -> None:
        await self.kind.perform(self.parameters, context)
