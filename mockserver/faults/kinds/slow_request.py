"""The wire fault `slow_request`."""

from mockserver.faults.parameters import SECONDS, Parameter
from mockserver.faults.wire import Acts, FaultContext, Parameters, WireFault


async def perform(parameters: Parameters, context: FaultContext) -> None:
    await context.clock.sleep(parameters["seconds"], context.connection)


WIRE_FAULT = WireFault(
    name="slow_request",
    description="The request body is not read for a while; then the usual response comes. Excludes `match`.",
    acts=Acts.EARLY,
    perform=perform,
    parameters=(Parameter("seconds", SECONDS, "Seconds for which the body is not read.", default=1.0),),
)
