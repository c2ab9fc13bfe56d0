"""The wire fault `truncate`."""

import json

from mockserver.faults.parameters import SHARE, Parameter
from mockserver.faults.wire import Acts, FaultContext, Parameters, wire_fault
from mockserver.http.statuses import phrase


@wire_fault(
    Acts.SHAPES,
    "The headers promise a whole body; the connection ends after a part of it.",
    Parameter("keep", SHARE, "Share of the body that is sent; never enough to read as whole JSON.", default=0.5),
)
async def truncate(parameters: Parameters, context: FaultContext) -> None:
    connection = context.below_http(ConnectionAbortedError)
    status, body = context.response.status, context.response.body
    head = [f"HTTP/1.1 {status} {phrase(status)}\r\n".encode("ascii")]
    head += [name + b": " + value + b"\r\n" for name, value in context.headers]
    kept = body[: min(int(len(body) * parameters["keep"]), len(body) - 1)] if body else b""
    while _is_json(kept):  # a number, or a document before white space, would still be whole
        kept = kept.rstrip()[:-1]
    connection.write(b"".join(head) + (b"\r\n" + kept if body else b""))  # without a body it is the head that is cut
    connection.close()
    await context.client_gone()


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
