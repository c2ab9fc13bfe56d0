"""The command `mockserver wait`."""

import sys
import time

import click

from mockserver.cli.health import healthy
from mockserver.cli.remote import NOT_SO, Remote, remote
from mockserver.client.control import ControlError

INTERVAL = 0.05
"""Seconds between two looks at a server that does not respond yet."""


@click.command("wait")
@click.option(
    "--timeout", type=click.FloatRange(0, 3600), default=30.0, show_default=True, help="Seconds to wait at most."
)
@remote
def wait(server: Remote, timeout: float) -> None:
    """Wait until a mockserver serves requests. Exit code 1 if none does in time."""
    end = time.monotonic() + timeout
    while True:
        try:
            state = healthy(server, max(INTERVAL, end - time.monotonic()))
            break
        except ControlError as error:
            if time.monotonic() >= end:
                click.echo(f"mockserver: no mockserver within {timeout:g} s: {error}", err=True)
                sys.exit(NOT_SO)
        time.sleep(INTERVAL)
    server.show(state, [f"mockserver {state['version']} at {server.url} is ready"])
