"""The wire fault `reset`."""

from mockserver.faults.wire import Acts, FaultContext, Parameters, wire_fault


@wire_fault(Acts.INSTEAD, "The connection is reset (RST) before any byte of a response.")
async def reset(_parameters: Parameters, context: FaultContext) -> None:
    context.below_http(ConnectionResetError).reset()
    await context.client_gone()
