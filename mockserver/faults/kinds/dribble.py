"""The wire fault `dribble`."""

from mockserver.faults.parameters import SECONDS, Parameter, integer
from mockserver.faults.wire import Acts, FaultContext, Parameters, wire_fault

MAX_CHUNKS = 10_000


@wire_fault(
    Acts.DELIVERS,
    "The whole response comes, in pieces with pauses before them.",
    Parameter("chunks", integer(1, MAX_CHUNKS), "Number of pieces.", default=10),
    Parameter("seconds", SECONDS, "Seconds over which they come.", default=1.0),
)
async def dribble(parameters: Parameters, context: FaultContext) -> None:
    body, chunks = context.response.body, int(parameters["chunks"])
    await context.send({"type": "http.response.start", "status": context.response.status, "headers": context.headers})
    pause = parameters["seconds"] / chunks
    for number in range(chunks):
        await context.clock.sleep(pause, context.connection)
        chunk = body[len(body) * number // chunks : len(body) * (number + 1) // chunks]
        await context.send({"type": "http.response.body", "body": chunk, "more_body": number + 1 < chunks})
