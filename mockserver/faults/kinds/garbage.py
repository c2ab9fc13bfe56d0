"""The wire fault `garbage`."""

from mockserver.faults.wire import Acts, FaultContext, Parameters, WireFault

GARBAGE = b"\x16\x03\x01\x02\x00mockserver: this is not HTTP\x00\xff\r\n\r\n"


async def perform(_parameters: Parameters, context: FaultContext) -> None:
    connection = context.below_http(ConnectionAbortedError)
    connection.write(GARBAGE)
    connection.close()
    await context.client_gone()


WIRE_FAULT = WireFault(
    name="garbage",
    description="The client gets bytes that are not HTTP, then the end of the connection.",
    acts=Acts.INSTEAD,
    perform=perform,
)
