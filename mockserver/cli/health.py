"""The command `mockserver health`."""

import sys
from typing import Any

import click

from mockserver.cli.remote import NOT_SO, Remote, remote
from mockserver.client.control import ControlError, accepted


@click.command("health")
@remote
def health(server: Remote) -> None:
    """Say whether a mockserver serves requests: exit code 0 if it does, 1 if none responds."""
    try:
        state = healthy(server)
    except ControlError as error:
        click.echo(f"mockserver: {error}", err=True)
        sys.exit(NOT_SO)
    server.show(state, [f"mockserver {state['version']} at {server.url} serves {', '.join(state['vendors'])}"])


def healthy(server: Remote, seconds: float = 5.0) -> dict[str, Any]:
    """What a server says of its health. Raises ControlError where no mockserver responds within so many seconds."""
    state = accepted(server.control.call("GET", "/health", timeout=seconds))
    if not isinstance(state, dict) or state.get("status") != "ok":
        raise ControlError(f"what responds at {server.url} is no mockserver")
    return state
