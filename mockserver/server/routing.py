"""One Starlette route per documented operation, and a fallback for a path or a method that no contract documents."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.contracts.paths import parameter_names
from mockserver.model import Operation, Violation
from mockserver.validation.request import NO_PAGE, undocumented

Handler = Callable[[Operation, Scope, Receive, Send], Awaitable[None]]


class Endpoint:
    """An ASGI application bound to one operation: Starlette hands such a route the raw request."""

    def __init__(self, operation: Operation, handler: Handler) -> None:
        self._operation = operation
        self._handler = handler

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._handler(self._operation, scope, receive, send)


class DocumentedRouter(Router):
    """Starlette's router, with the documented paths that hold no parameter looked up instead of tried one by one."""

    def __init__(self, routes: Sequence[BaseRoute], default: ASGIApp) -> None:
        super().__init__(routes, redirect_slashes=False, default=default)
        self._endpoints = {
            (method, route.path): route.endpoint
            for route in reversed(routes)
            if isinstance(route, Route) and "{" not in route.path
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoints.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if endpoint is not None:
            await endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def documented_routes(operations: Iterable[Operation], handle: Handler, wrong_method: Handler) -> list[Route]:
    """A route per operation, and after them one per path that takes every other method."""
    operations = list(operations)
    routes = [
        Route(starlette_path(operation.path), Endpoint(operation, handle), methods=[operation.method])
        for operation in operations
    ]
    by_path = {starlette_path(operation.path): operation for operation in operations}
    return routes + [Route(path, Endpoint(operation, wrong_method)) for path, operation in by_path.items()]


def starlette_path(template: str) -> str:
    """An OpenAPI path template as Starlette writes it; parameter names need not be identifiers in OpenAPI."""
    for number, name in enumerate(parameter_names(template)):
        template = template.replace(f"{{{name}}}", f"{{p{number}}}", 1)
    return template


def methods_of(path: str, operations: Iterable[Operation]) -> list[str]:
    """The methods documented for a path, as an Allow header lists them."""
    return sorted({operation.method for operation in operations if operation.path == path})


def unknown_path(nearest: Operation | None) -> Violation:
    """What is wrong with a request to a path that no contract documents; names the operation with the most similar
    path, if there is one."""
    hint = f"; the nearest is {nearest.method} {nearest.path} ({nearest.vendor} {nearest.id})" if nearest else ""
    return undocumented("path", f"no documented endpoint at this path{hint}", NO_PAGE)
