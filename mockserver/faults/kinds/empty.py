"""The wire fault `empty`."""

from mockserver.faults.wire import Acts, FaultContext, Parameters, WireFault


async def perform(_parameters: Parameters, context: FaultContext) -> None:
    context.below_http(ConnectionAbortedError).close()
    await context.client_gone()


WIRE_FAULT = WireFault(
    name="empty",
    description="The connection is closed (FIN) before any byte of a response.",
    acts=Acts.INSTEAD,
    perform=perform,
)
