"""The command line: finds the command that was called, and imports no other."""

import errno
import os
import sys
from importlib import import_module

import click

from mockserver import __version__
from mockserver.errors import StartError

USAGE_ERROR = 2
CLOSED_PIPE = 1
UNWRITABLE = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What writing to standard output fails with."""
COMMANDS = {
    "check": "Check recorded traffic against the contracts.",
    "conduct": "Judge how a client behaves when its vendor fails.",
    "events": "List the events that arrived, oldest first.",
    "export": "Export the journal of a running mockserver, credentials masked.",
    "extract": "Extract a vendor's contract from its documentation pages, from OpenAPI documents, or from both.",
    "faults": "List the scripted faults with how often they fired.",
    "health": "Say whether a mockserver serves requests: exit code 0 if it does, 1 if none responds.",
    "openapi": "Print the contract of VENDOR as one OpenAPI 3.1 document.",
    "proxy": "Forward live traffic to the vendors, and judge requests and responses on the way.",
    "requests": "List the requests that arrived, oldest first; with ID show that one whole.",
    "reset": "Forget requests, events, faults, quotas, clocks and what the vendors keep.",
    "routes": "Print a table of the served endpoints.",
    "scenarios": "List the packaged fault scripts.",
    "serve": "Serve the documented endpoints until SIGTERM or SIGINT.",
    "vectors": "Write test vectors for VENDOR as JSON.",
    "verify": "Check that the events named NAME (an event's name or an operation's id; without it: any) arrived.",
    "wait": "Wait until a mockserver serves requests.",
}
"""Each command, with the sentence that its own help begins with. `cli/<name>.py` defines it, under that name."""


class Commands(click.Group):
    """The commands, each of which is imported when it is called, and not to be listed."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"mockserver.cli.{name}"), name)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        listed = {name: click.Command(name, help=text) for name, text in COMMANDS.items()}
        click.Group(commands=listed).format_commands(context, formatter)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockserver")
def cli() -> None:
    """A fake of the vendor APIs that a backend sends its events to."""


def main() -> None:
    """The entry point. A failure to start is one line and exit code 2, as is standard output that takes no more; a
    reader that goes away early ends the program without a word."""
    try:
        cli.main(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except StartError as error:
        click.echo(f"mockserver: {error}", err=True)
        sys.exit(USAGE_ERROR)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered would fail again at exit
        if error.errno != errno.EPIPE:
            click.echo(f"mockserver: standard output cannot be written: {error.strerror}", err=True)
        sys.exit(CLOSED_PIPE if error.errno == errno.EPIPE else USAGE_ERROR)
