"""The command `mockserver serve`."""

import gc

import click

from mockserver.cli.options import settings_options
from mockserver.settings import Settings


@click.command("serve")
@settings_options()
def serve(settings: Settings) -> None:
    """Serve the documented endpoints until SIGTERM or SIGINT.

    Prints `mockserver listening on ADDRESS` once it serves. Exit code 2, with one line that names the reason: the
    address, a setting or a contract cannot be used.
    """
    gc.disable()  # what is made at start stays: looking for garbage among it only takes time
    from mockserver.http import uvicorn as serving  # noqa: PLC0415 - after the collector is off
    from mockserver.server.app import create_app  # noqa: PLC0415

    serving.log_to_stderr(settings.log_level)
    app = create_app(settings)

    def announce(address: str) -> None:
        if settings.responses == "varied":
            click.echo(f"mockserver varies its responses: --responses varied --seed {settings.seed}", err=True)
        click.echo(f"mockserver listening on {address}")

    serving.serve_at(app, settings, announce)
