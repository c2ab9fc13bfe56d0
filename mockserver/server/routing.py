"""One Starlette route per documented operation, and a fallback for a path or a method that no contract documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import chain

from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.contracts.paths import decoded_path, literalness, parameter_names, path_pattern
from mockserver.model import Violation
from mockserver.operations import Operation
from mockserver.validation.request import NO_PAGE, undocumented

Handler = Callable[[Operation, Scope, Receive, Send], Awaitable[None]]
SHARED_BY = "mockserver.shared_by"
"""The key of the scope under which a request carries the operations that its path may mean, where they are several."""


class Endpoint:
    """An ASGI application bound to one operation: Starlette hands such a route the raw request."""

    def __init__(self, operation: Operation, handler: Handler) -> None:
        self.operation = operation
        self._handler = handler

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._handler(self.operation, scope, receive, send)


class Claim:
    """An endpoint under one path and method: `rank` is lower where the contract itself says that it is there."""

    def __init__(self, rank: int, endpoint: Endpoint) -> None:
        self.rank = rank
        self.endpoint = endpoint


class Node:
    """A segment of the documented paths: what may follow it, and the claims of the path that ends with it, by method;
    "" for any other method."""

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.patterns: dict[str, Node] = {}
        self.claims: dict[str, list[Claim]] = {}

    def child(self, segment: str) -> Node:
        children = self.patterns if "{" in segment else self.literals
        return children.setdefault(segment, Node())

    def matching(self, segments: Sequence[str], at: int = 0) -> Iterator[Node]:
        """The ends of the paths that match, the most literal first."""
        if at == len(segments):
            if self.claims:
                yield self
            return
        literal = self.literals.get(segments[at])
        if literal is not None:
            yield from literal.matching(segments, at + 1)
        for pattern, node in self.patterns.items():
            if path_pattern(pattern).fullmatch(segments[at]):
                yield from node.matching(segments, at + 1)

    def sort(self) -> None:
        """Puts the more literal patterns first, here and below."""
        self.patterns = dict(sorted(self.patterns.items(), key=lambda each: literalness(f"/{each[0]}")))
        for node in chain(self.literals.values(), self.patterns.values()):
            node.sort()


class DocumentedRouter(Router):
    """Starlette's router, with the documented paths looked up instead of tried one by one.

    An operation is found below each path of its servers, at the root, and below `/<vendor>`. Where several are found
    the most literal path goes before the others, then the one that the contract itself says. Of several vendors the
    Host header decides.
    """

    def __init__(self, routes: Sequence[BaseRoute], default: ASGIApp) -> None:
        super().__init__(routes, redirect_slashes=False, default=default)
        others = [route for route in routes if _endpoint_of(route) is None]
        self._others = Router(others, redirect_slashes=False, default=default)
        self._root = Node()
        self._static: dict[tuple[str, bytes], Endpoint] = {}
        for route in routes:
            endpoint = _endpoint_of(route)
            if endpoint is not None:
                self._add(endpoint, getattr(route, "methods", None) or {""})
        self._root.sort()
        self._look_up_static(self._root, "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        # what is percent-encoded is not among the static ones: a %2F does not separate segments
        endpoint: ASGIApp | None = self._static.get((scope["method"], scope.get("raw_path", b"")))
        if endpoint is None:
            found, endpoint = self._find(scope)
            if endpoint is None and SHARED_BY not in found:
                endpoint = self._others  # which decodes paths as Starlette does
            else:
                scope, endpoint = found, endpoint or self.default
        await endpoint(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[Scope, Endpoint | None]:
        """The endpoint of a request, and its scope, whose path has the slashes in values still percent-encoded."""
        raw = scope.get("raw_path") or b""
        if b"%2" in raw:
            scope = {**scope, "path": decoded_path(raw.decode("latin-1"))}
        ends = list(self._root.matching(scope["path"].split("/")[1:]))
        for method in (scope["method"], ""):
            for end in ends:
                claims = _preferred(end.claims.get(method, ()), scope)
                if len(claims) == 1:
                    return scope, claims[0].endpoint
                if claims:
                    return {**scope, SHARED_BY: tuple(claim.endpoint.operation for claim in claims)}, None
        return scope, None

    def _add(self, endpoint: Endpoint, methods: Iterable[str]) -> None:
        """Claims every path of an operation for its endpoint."""
        operation = endpoint.operation
        own = dict.fromkeys(operation.served_at.bases, 0)
        ranks = {**own, "": own.get("", 1)}
        ranks |= {f"/{operation.vendor}{base}": 2 for base in ranks if f"/{operation.vendor}{base}" not in ranks}
        for base, rank in ranks.items():
            node = self._root
            for segment in re.sub(r"\{[^}]*\}", "{}", f"{base}{operation.path}").split("/")[1:]:
                node = node.child(segment)
            for method in methods:
                implied = method not in ("", operation.method)  # the HEAD that Starlette adds to a GET
                node.claims.setdefault(method, []).append(Claim(2 * rank + implied, endpoint))

    def _look_up_static(self, node: Node, path: str) -> None:
        """Remembers the endpoint of each path without variables that only one operation can mean."""
        for method, claims in node.claims.items():
            if method and len(claims) == 1 and path.isascii():
                self._static[method, path.encode("ascii")] = claims[0].endpoint
        for segment, child in node.literals.items():
            self._look_up_static(child, f"{path}/{segment}")


def _endpoint_of(route: BaseRoute) -> Endpoint | None:
    """The endpoint of a documented operation; None of any other route."""
    endpoint = route.endpoint if isinstance(route, Route) else None
    return endpoint if isinstance(endpoint, Endpoint) else None


def _preferred(claims: Sequence[Claim], scope: Scope) -> list[Claim]:
    """The claims of the vendors whose host is asked for, else of all; of those the ones of the best rank, one for each
    vendor."""
    if len(claims) > 1:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
        host = host.rpartition(":")[0] or host
        claims = [claim for claim in claims if host in claim.endpoint.operation.served_at.hosts] or claims
    best = min((claim.rank for claim in claims), default=0)
    by_vendor = {claim.endpoint.operation.vendor: claim for claim in reversed(claims) if claim.rank == best}
    return [by_vendor[vendor] for vendor in sorted(by_vendor)]


def documented_routes(operations: Iterable[Operation], handle: Handler, wrong_method: Handler) -> list[Route]:
    """A route per operation, the most literal path first, and after them one per path that takes every other method.
    Where several vendors document a path, each has it below its own name."""
    operations = sorted(operations, key=lambda operation: (literalness(operation.path), operation.method == "GET"))
    owners = Counter(path for path, _ in {(starlette_path(each.path), each.vendor) for each in operations})

    def path_of(operation: Operation) -> str:
        path = starlette_path(operation.path)
        return path if owners[path] == 1 else f"/{operation.vendor}{path}"

    routes = [Route(path_of(each), Endpoint(each, handle), methods=[each.method]) for each in operations]
    by_path = {path_of(operation): operation for operation in operations}
    return routes + [Route(path, Endpoint(operation, wrong_method)) for path, operation in by_path.items()]


def starlette_path(template: str) -> str:
    """An OpenAPI path template as Starlette writes it; parameter names need not be identifiers in OpenAPI."""
    for number, name in enumerate(parameter_names(template)):
        template = template.replace(f"{{{name}}}", f"{{p{number}}}", 1)
    return template


def methods_of(operation: Operation, operations: Iterable[Operation]) -> list[str]:
    """The methods documented for the path of an operation, as an Allow header lists them."""
    path = starlette_path(operation.path)
    same = (each for each in operations if each.vendor == operation.vendor and starlette_path(each.path) == path)
    return sorted({each.method for each in same})


def unknown_path(nearest: Operation | None, shared: Sequence[Operation] = ()) -> Violation:
    """What is wrong with a request to a path that no contract documents; names the operation with the most similar
    path, if there is one, or those of several vendors that it may mean."""
    if shared:
        places = " or ".join(f"/{each.vendor}{each.path} ({each.id})" for each in shared)
        message = f"several vendors document this path: send the request to {places}, or with the Host of one"
        return undocumented("path", message, NO_PAGE)
    hint = f"; the nearest is {nearest.method} {nearest.path} ({nearest.vendor} {nearest.id})" if nearest else ""
    return undocumented("path", f"no documented endpoint at this path{hint}", NO_PAGE)
