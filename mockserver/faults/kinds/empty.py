"""The wire fault `empty`."""

from mockserver.faults.wire import Acts, FaultContext, Parameters, wire_fault


@wire_fault(Acts.INSTEAD, "The connection is closed (FIN) before any byte of a response.")
async def empty(_parameters: Parameters, context: FaultContext) -> None:
    context.below_http(ConnectionAbortedError).close()
    await context.client_gone()
