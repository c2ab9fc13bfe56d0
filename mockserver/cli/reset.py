"""The command `mockserver reset`."""

import click

from mockserver.cli.remote import Remote, remote
from mockserver.client.messages import counted


@click.command("reset")
@remote
def reset(server: Remote) -> None:
    """Forget requests, events, faults, quotas, clocks and what the vendors keep."""
    done = server.call("POST", "/reset")
    server.show(done, [f"reset {counted(done['forgotten'], 'account')}"])
