"""The command `mockserver reset`."""

import click

from mockserver.cli.remote import Remote, remote


@click.command("reset")
@remote
def reset(server: Remote) -> None:
    """Forget requests, events, faults, quotas, clocks and what the vendors keep."""
    done = server.call("POST", "/reset")
    count = done["forgotten"]
    server.show(done, [f"reset {'1 account' if count == 1 else f'{count} accounts'}"])
