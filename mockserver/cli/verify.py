"""The command `mockserver verify`."""

import json
import sys
from typing import Any

import click

from mockserver.cli.remote import NOT_SO, Remote, remote
from mockserver.client import messages
from mockserver.client.asserting import OUTCOMES
from mockserver.client.control import accepted, without_none


class JsonValue(click.ParamType[Any]):
    """A value that is written as JSON."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return json.loads(value)
        except ValueError as error:
            self.fail(f"{value!r} is not JSON: {error}", param, ctx)


@click.command("verify")
@click.argument("name", required=False)
@click.option("--operation", help="Count only events of this operation.")
@click.option("--match", type=JsonValue(), metavar="JSON", help="Count only events with this JSON subset.")
@click.option("--times", type=click.IntRange(0), help="Expect exactly so many events.")
@click.option("--at-least", type=click.IntRange(0), help="Expect so many or more [default: 1].")
@click.option("--at-most", type=click.IntRange(0), help="Expect so many or fewer.")
@click.option("--outcome", type=click.Choice(OUTCOMES), default="accepted", show_default=True, help="Their outcome.")
@click.option(
    "--within", type=click.FloatRange(0, 300), default=0.0, show_default=True, help="Seconds to wait for them at most."
)
@remote
def verify(
    server: Remote,
    name: str | None,
    operation: str | None,
    match: Any,
    times: int | None,
    at_least: int | None,
    at_most: int | None,
    outcome: str,
    within: float,
) -> None:
    """Check that the events named NAME (an event's name or an operation's id; without it: any) arrived.

    Exit code 0 if as many as expected did, 1 with the nearest events if not, 2 if the server cannot be asked.
    """
    if times is not None and (at_least is not None or at_most is not None):
        raise click.UsageError("--times excludes --at-least and --at-most")
    expected = {"name": name, "operation": operation, "json": match, "times": times, "at_least": at_least}
    body = without_none({**expected, "at_most": at_most, "outcome": outcome, "within": within})
    response = server.control.call("POST", "/verify", server.account, body, timeout=within + 30.0)
    if response.status != 409:
        named = "" if name is None else f' "{name}"'
        server.show(response.body, [f"ok: {_counted(accepted(response)['count'], outcome)}{named}"])
        return
    server.show(response.body, [messages.not_received(name, outcome, match, within, response.body)])
    sys.exit(NOT_SO)


def _counted(count: int, outcome: str) -> str:
    return messages.counted(count, "event" if outcome == "any" else f"{outcome} event")
