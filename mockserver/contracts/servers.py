"""Reads the servers in a contract: under which paths and hosts it is served; and replaces them by the one served."""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from mockserver.operations import ServedAt

MAX_URLS = 64
"""Combinations of the variables of a server that are looked at; of one with more, that of the defaults."""
_VARIABLE = re.compile(r"\{([^}]*)\}")


def servers_of(document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]) -> ServedAt:
    """Where an operation is served by its contract: by its own servers, else those of its path, else of the document.
    A variable stands for each value of its enum and for its default."""
    servers = operation.get("servers") or item.get("servers") or document.get("servers") or ()
    bases: dict[str, None] = {}
    hosts: set[str] = set()
    for server in servers:
        for url in _urls(server):
            try:
                parts = urlsplit(url)
                host = parts.hostname
            except ValueError:
                continue
            bases["/".join(["", *filter(None, parts.path.split("/"))])] = None
            hosts |= {host} if host else set()
    return ServedAt(tuple(bases) or ("",), frozenset(hosts))


def _urls(server: Any) -> Iterator[str]:
    """The URLs of a server, its variables replaced by their values."""
    url = server.get("url") if isinstance(server, dict) else None
    if not isinstance(url, str):
        return
    variables = server.get("variables") or {}
    names = list(dict.fromkeys(_VARIABLE.findall(url)))
    choices = [_choices(variables.get(name)) for name in names]
    chosen = list(itertools.islice(itertools.product(*choices), MAX_URLS + 1))
    for values in chosen if len(chosen) <= MAX_URLS else chosen[:1]:
        filled = url
        for name, value in zip(names, values, strict=True):
            filled = filled.replace(f"{{{name}}}", value)
        yield filled


def _choices(variable: Any) -> list[str]:
    """The values of a variable, the default first."""
    stated = variable if isinstance(variable, dict) else {}
    options = stated.get("enum") if isinstance(stated.get("enum"), list) else []
    return list(dict.fromkeys(map(str, [stated.get("default", ""), *(options or [])])))


def served_at(document: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The OpenAPI document with `url` as its only server, for all paths and operations."""
    paths = {
        path: {key: _without_servers(part) for key, part in _without_servers(item).items()}
        for path, item in document["paths"].items()
    }
    return {**document, "servers": [{"url": url}], "paths": paths}


def _without_servers(part: Any) -> Any:
    return {key: value for key, value in part.items() if key != "servers"} if isinstance(part, dict) else part
