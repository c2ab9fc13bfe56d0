"""The command `mockserver events`."""

import click

from mockserver.cli.remote import Remote, remote, rows
from mockserver.client.asserting import OUTCOMES

COLUMNS = ("REQUEST", "VENDOR", "OPERATION", "ACCOUNT", "NAME", "TIME", "OUTCOME", "ATTEMPT", "REASON")


@click.command("events")
@click.option("--name", help="Only events of this name, or of the operation with this id.")
@click.option("--operation", help="Only events of this operation.")
@click.option("--outcome", type=click.Choice(OUTCOMES), default="any", show_default=True, help="Only of this outcome.")
@click.option("--since", help="Only those since: the id of a request, seconds since the epoch, or an ISO 8601 time.")
@remote
def events(server: Remote, name: str | None, operation: str | None, outcome: str, since: str | None) -> None:
    """List the events that arrived, oldest first."""
    listing = server.listing("/events", name=name, operation=operation, outcome=outcome, since=since)
    cells = [
        [event[key] for key in ("request_id", "vendor", "operation", "account", "name", "timestamp")]
        + [
            event["outcome"]
            if event["acknowledged"] or event["outcome"] == "rejected"
            else f"{event['outcome']}, unacknowledged",
            event["attempt"],
            event["reason"],
        ]
        for event in listing["events"]
    ]
    server.show(listing, rows(COLUMNS, cells))
