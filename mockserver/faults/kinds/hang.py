"""The wire fault `hang`."""

from mockserver.faults.wire import Acts, FaultContext, Parameters, WireFault


async def perform(_parameters: Parameters, context: FaultContext) -> None:
    await context.client_gone()


WIRE_FAULT = WireFault(
    name="hang",
    description="The connection stays open, and no response comes.",
    acts=Acts.INSTEAD,
    perform=perform,
)
