"""Finds which documented operation a recorded request was meant for, by the host and the path of its URL."""

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from mockserver.contracts import Catalogue
from mockserver.contracts.paths import literalness, path_pattern, path_values
from mockserver.operations import Operation
from mockserver.support.addresses import is_loopback

Miss = Literal["host", "endpoint"]


class Match(NamedTuple):
    """An operation with the values of its path parameters."""

    operation: Operation
    path_values: Mapping[str, str]


class _Server(NamedTuple):
    vendor: str
    host: re.Pattern[str]
    base: str


class Targets:
    """The operations of a catalogue by vendor, host and path, judged by the profile that they serve.

    A host belongs to the vendor that `hosts` names for it (pattern, with or without a port → vendor), or whose contract
    lists it among its servers. A loopback host can be any vendor's.
    """

    def __init__(self, catalogue: Catalogue, hosts: Mapping[str, str]) -> None:
        self._hosts = {pattern.lower(): vendor for pattern, vendor in hosts.items()}
        self._servers = [server for name in catalogue.vendors for server in _servers(name, catalogue)]
        self._all_vendors = set(catalogue.vendors)
        operations = (replace(operation, documented=operation.served) for operation in catalogue.operations)
        self._operations = sorted(operations, key=lambda operation: literalness(operation.path))
        self._bases = {"", *(base for each in self._operations for base in each.served_at.bases)}
        self._prefixed = {f"/{vendor}{base}": vendor for vendor in self._all_vendors for base in self._bases}

    def find(self, method: str, host: str, port: int | None, path: str, vendor: str | None = None) -> Match | Miss:
        """The operation of a request, or what is unknown: its host, or its method and path. `vendor` is set where the
        recording names it."""
        vendors, bases = (
            ({vendor}, {*self._bases, *self._prefixed}) if vendor in self._all_vendors else self._vendors(host, port)
        )
        if not vendors:
            return "host"
        for base in sorted(bases, key=len, reverse=True):
            for operation in self._operations if path.startswith(f"{base}/") else ():
                found = operation.vendor in vendors and path_pattern(operation.path).fullmatch(path, len(base))
                own = self._prefixed.get(base, operation.vendor) == operation.vendor
                if found and operation.method == method and own:
                    return Match(operation, path_values(operation.path, path))
        return "endpoint"

    def _vendors(self, host: str, port: int | None) -> tuple[set[str], set[str]]:
        """The vendors that a host can belong to, and the base paths of their servers."""
        for pattern, vendor in self._hosts.items():
            if fnmatch.fnmatchcase(host, pattern) or fnmatch.fnmatchcase(f"{host}:{port}", pattern):
                bases = {server.base for server in self._servers if server.vendor == vendor}
                return {vendor} & self._all_vendors, {"", *bases}
        served = [server for server in self._servers if server.host.fullmatch(host)]
        if served:
            return {server.vendor for server in served}, {server.base for server in served}
        # a client that connects to 0.0.0.0 reaches its own machine
        own = is_loopback(host) or host.endswith(".localhost") or host in ("0.0.0.0", "::")  # noqa: S104 - nothing binds
        return (self._all_vendors, {*self._bases, *self._prefixed}) if own else (set(), set())


def _servers(vendor: str, catalogue: Catalogue) -> Iterator[_Server]:
    """The servers of a contract, of its paths and of its operations. A variable matches any text."""
    document = catalogue.vendors[vendor].document
    holders: list[Any] = [document]
    for item in document.get("paths", {}).values():
        holders += [item, *(inner for inner in item.values() if isinstance(inner, dict))]
    urls = {server.get("url", "") for holder in holders for server in holder.get("servers") or ()}
    for url in sorted(urls):
        marked = re.sub(r"\{[^}]*\}", "VARIABLE", url)
        try:
            parts = urlsplit(marked)
            host, base = parts.hostname or "", parts.path.rstrip("/")
        except ValueError:
            continue
        if host.replace("variable", "").strip("."):
            pattern = re.escape(host).replace("variable", r"[\w.-]+")
            yield _Server(vendor, re.compile(pattern), base)
