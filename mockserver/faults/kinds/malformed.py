"""The wire fault `malformed`."""

from mockserver.faults.wire import Acts, FaultContext, Parameters, wire_fault
from mockserver.http.sending import respond


@wire_fault(Acts.SHAPES, "The response is complete, and its JSON is broken.")
async def malformed(_parameters: Parameters, context: FaultContext) -> None:
    whole = context.response.body
    body = whole[:-1] + b"," if whole else whole  # a 204 must not have one
    length = b"%d" % len(body)
    headers = tuple((name, length if name == b"content-length" else value) for name, value in context.headers)
    await respond(context.send, context.response._replace(body=body), headers)
