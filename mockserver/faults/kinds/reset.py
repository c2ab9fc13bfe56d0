"""The wire fault `reset`."""

from mockserver.faults.wire import Acts, FaultContext, Parameters, WireFault


async def perform(_parameters: Parameters, context: FaultContext) -> None:
    context.below_http(ConnectionResetError).reset()
    await context.client_gone()


WIRE_FAULT = WireFault(
    name="reset",
    description="The connection is reset (RST) before any byte of a response.",
    acts=Acts.INSTEAD,
    perform=perform,
)
