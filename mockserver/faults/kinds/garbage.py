"""The wire fault `garbage`."""

from mockserver.faults.wire import Acts, FaultContext, Parameters, wire_fault

GARBAGE = b"\x16\x03\x01\x02\x00mockserver: this is not HTTP\x00\xff\r\n\r\n"


@wire_fault(Acts.INSTEAD, "The client gets bytes that are not HTTP, then the end of the connection.")
async def garbage(_parameters: Parameters, context: FaultContext) -> None:
    connection = context.below_http(ConnectionAbortedError)
    connection.write(GARBAGE)
    connection.close()
    await context.client_gone()
