"""The wire fault `hang`."""

from mockserver.faults.wire import Acts, FaultContext, Parameters, wire_fault


@wire_fault(Acts.INSTEAD, "The connection stays open, and no response comes.")
async def hang(_parameters: Parameters, context: FaultContext) -> None:
    await context.client_gone()
