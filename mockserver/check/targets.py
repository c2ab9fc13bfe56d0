"""Finds which documented operation a recorded request was meant for, by the host and the path of its URL."""

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from mockserver.contracts import Catalogue
from mockserver.contracts.paths import parameter_names, path_pattern
from mockserver.model import Operation
from mockserver.support.addresses import is_loopback

Miss = Literal["host", "path"]


@dataclass(frozen=True, slots=True)
class Match:
    """An operation with the values of its path parameters. `allowed` is empty, or the methods of a path that does not
    have the request's."""

    operation: Operation
    path_values: Mapping[str, str]
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Server:
    vendor: str
    host: re.Pattern[str]
    base: str


class Targets:
    """The operations of a catalogue by vendor, host and path.

    A host belongs to the vendor that `hosts` names for it (pattern, with or without a port → vendor), or whose contract
    lists it among its servers. A loopback host can be any vendor's.
    """

    def __init__(self, catalogue: Catalogue, hosts: Mapping[str, str]) -> None:
        self._hosts = {pattern.lower(): vendor for pattern, vendor in hosts.items()}
        self._servers = [server for name in catalogue.vendors for server in _servers(name, catalogue)]
        self._paths: dict[str, list[tuple[re.Pattern[str], Operation]]] = {
            name: sorted(
                ((path_pattern(operation.path), operation) for operation in contract.operations),
                key=lambda pair: "{" in pair[1].path,
            )
            for name, contract in catalogue.vendors.items()
        }

    def find(self, method: str, host: str, port: int | None, path: str, vendor: str | None = None) -> Match | Miss:
        """The operation of a request, or which part of its URL is unknown. `vendor` is set where the recording names
        it."""
        vendors, bases = ([vendor], {""}) if vendor is not None and vendor in self._paths else self._vendors(host, port)
        if not vendors:
            return "host"
        for base in sorted(bases, key=len, reverse=True):
            if path.startswith(f"{base}/"):
                match = self._at(vendors, method, path[len(base) :])
                if match is not None:
                    return match
        return "path"

    def _vendors(self, host: str, port: int | None) -> tuple[list[str], set[str]]:
        """The vendors that a host can belong to, and the base paths of their servers."""
        for pattern, vendor in self._hosts.items():
            if fnmatch.fnmatchcase(host, pattern) or fnmatch.fnmatchcase(f"{host}:{port}", pattern):
                return [vendor] if vendor in self._paths else [], {
                    "",
                    *(server.base for server in self._servers if server.vendor == vendor),
                }
        served = [server for server in self._servers if server.host.fullmatch(host)]
        if served:
            return list({server.vendor: None for server in served}), {server.base for server in served}
        return (list(self._paths), {""}) if _is_own(host) else ([], set())

    def _at(self, vendors: list[str], method: str, path: str) -> Match | None:
        others: list[tuple[Operation, dict[str, str]]] = []
        for vendor in vendors:
            for pattern, operation in self._paths[vendor]:
                if match := pattern.fullmatch(path):
                    values = dict(zip(parameter_names(operation.path), match.groups(), strict=True))
                    if operation.method == method:
                        return Match(operation, values)
                    others.append((operation, values))
        if not others:
            return None
        return Match(*others[0], allowed=frozenset(operation.method for operation, _ in others))


def _is_own(host: str) -> bool:
    """Whether a host is the machine that recorded; a client that connects to 0.0.0.0 reaches it too."""
    return is_loopback(host) or host.endswith(".localhost") or host in ("0.0.0.0", "::")  # noqa: S104 - nothing binds


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
