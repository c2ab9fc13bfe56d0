"""The command `mockserver serve`."""

import gc
import sys

import click

from mockserver.cli.options import echo_lines, settings_options
from mockserver.settings import Settings


@click.command("serve")
@settings_options()
def serve(settings: Settings) -> None:
    """Serve the documented endpoints until SIGTERM or SIGINT.

    Prints `mockserver listening on ADDRESS` once it serves. Exit code 2, with one line that names the reason: the
    address, a setting or a contract cannot be used; 1 where --fail-on found something.
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
    if settings.fail_on:
        from mockserver.cli.summary import summary_of  # noqa: PLC0415 - only who asks for it pays for it
        from mockserver.testing.in_process import AsgiControl  # noqa: PLC0415
        from mockserver.testing.owning import OwningLoop  # noqa: PLC0415

        summary = summary_of(AsgiControl(app, OwningLoop()))
        echo_lines(summary.lines)
        sys.exit(any(summary.counts[kind] for kind in settings.fail_on))
