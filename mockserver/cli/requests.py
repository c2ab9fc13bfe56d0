"""The command `mockserver requests`."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from mockserver.cli.remote import Remote, remote, rows
from mockserver.client.records import Violation

COLUMNS = ("REQUEST", "RECEIVED", "ACCOUNT", "OPERATION", "METHOD", "PATH", "STATUS", "VERDICT", "FIRST VIOLATION")


@click.command("requests")
@click.argument("identifier", metavar="ID", required=False)
@click.option("--operation", help="Only requests to this operation.")
@click.option("--status", type=click.IntRange(0, 999), help="Only requests with this response status.")
@click.option(
    "--verdict", type=click.Choice(["valid", "invalid"]), help="Only requests that keep the contract, or break it."
)
@click.option("--since", help="Only those since: the id of a request, seconds since the epoch, or an ISO 8601 time.")
@remote
def requests(
    server: Remote,
    identifier: str | None,
    operation: str | None,
    status: int | None,
    verdict: str | None,
    since: str | None,
) -> None:
    """List the requests that arrived, oldest first; with ID show that one whole."""
    if identifier is not None:
        exchange = server.call("GET", f"/requests/{identifier}")
        server.show(exchange, _whole(exchange))
        return
    listing = server.listing("/requests", operation=operation, status=status, verdict=verdict, since=since)
    server.show(listing, rows(COLUMNS, map(_row, listing["requests"])))


def _row(view: Mapping[str, Any]) -> list[Any]:
    shown = [view[key] for key in ("id", "received", "account", "operation", "method", "path", "status", "verdict")]
    return [*shown, next(map(_in_words, view["violations"]), None)]


def _in_words(violation: Mapping[str, Any]) -> str:
    return f"{Violation.from_view(violation).place} {violation['message']}"


def _whole(view: Mapping[str, Any]) -> Iterator[str]:
    request, response = view["request"], view["response"]
    yield f"{view['id']}  {view['received']}  {view['operation'] or '-'}  {view['verdict']}"
    yield f"\n{view['method']} {view['path']}{'?' if view['query'] else ''}{view['query']}"
    yield from _message(request)
    yield f"\n{response['status'] if response['status'] is not None else 'no response'}"
    yield from _message(response)
    for kind in ("violations", "warnings"):
        if view[kind]:
            yield f"\n{kind}"
        for violation in view[kind]:
            yield f"  {_in_words(violation)} (rule: {violation['rule']})"
            evidence = violation["evidence"]
            yield f"    evidence  {evidence['kind']}: {evidence['source']}"
            yield from (f"              {evidence[place]}" for place in ("url", "file") if place in evidence)
            if "fix" in violation:
                yield f"    fix       {violation['fix']}"


def _message(message: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name}: {value}" for name, value in message["headers"])
    if body := message.get("body") or message.get("body_base64"):
        yield f"\n{body}"
