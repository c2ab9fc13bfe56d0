"""A hand-written stub of the endpoint: a Starlette route that reads JSON and responds 202."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def submit(request: Request) -> JSONResponse:
    await request.json()
    return JSONResponse({}, status_code=202)


app = Starlette(routes=[Route("/api/v2/prodlytics", submit, methods=["POST"])])
