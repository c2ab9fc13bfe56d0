"""The wire fault `truncate`."""

from mockserver.faults.parameters import SHARE, Parameter
from mockserver.faults.wire import Acts, FaultContext, Parameters, wire_fault
from mockserver.http.statuses import phrase


@wire_fault(
    Acts.SHAPES,
    "The headers promise a whole body; the connection ends after a part of it.",
    Parameter("keep", SHARE, "Share of the body that is sent; its last byte never is.", default=0.5),
)
async def truncate(parameters: Parameters, context: FaultContext) -> None:
    connection = context.below_http(ConnectionAbortedError)
    status, body = context.response.status, context.response.body
    head = [f"HTTP/1.1 {status} {phrase(status)}\r\n".encode("ascii")]
    head += [name + b": " + value + b"\r\n" for name, value in context.headers]
    kept = min(int(len(body) * parameters["keep"]), len(body) - 1)
    connection.write(b"".join(head) + b"\r\n" + body[: max(kept, 0)])
    connection.close()
    await context.client_gone()
