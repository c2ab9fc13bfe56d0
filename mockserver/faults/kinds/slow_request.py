"""The wire fault `slow_request`."""

from mockserver.faults.parameters import SECONDS, Parameter
from mockserver.faults.wire import Acts, FaultContext, Parameters, wire_fault


@wire_fault(
    Acts.EARLY,
    "The request body is not read for a while; then the usual response comes. Excludes `match`.",
    Parameter("seconds", SECONDS, "Seconds for which the body is not read.", default=1.0),
)
async def slow_request(parameters: Parameters, context: FaultContext) -> None:
    await context.clock.sleep(parameters["seconds"], context.connection)
