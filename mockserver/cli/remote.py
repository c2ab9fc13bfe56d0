"""What the commands share that speak to a running server: where it is, their account, and the form of output."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, NamedTuple

import click

from mockserver.cli.options import echo_lines
from mockserver.client.control import ControlError, HttpControl, accepted, whole_listing, without_none
from mockserver.errors import StartError
from mockserver.support.jsontext import indented
from mockserver.support.tables import table

NOT_SO = 1
"""The exit code where an expectation does not hold; 2 is for what could not be asked."""
WIDEST = 60
"""The most characters of a cell of a table."""


class Remote(NamedTuple):
    """A running server, the query that narrows calls to an account, and whether output is JSON."""

    control: HttpControl
    url: str
    account: Mapping[str, str]
    as_json: bool

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The body of a call's response."""
        return accepted(self.control.call(method, path, {**self.account, **texts(query)}, body))

    def listing(self, path: str, **query: Any) -> Any:
        """All pages of a listing."""
        return whole_listing(self.control, path, {**self.account, **texts(query)})

    def show(self, document: Any, lines: Iterable[str]) -> None:
        """Prints the document, if output is JSON, or the lines."""
        if self.as_json:
            click.echo(indented(document), nl=False)
        else:
            echo_lines(lines)


url_option = click.option(
    "--url",
    default="http://127.0.0.1:8080",
    show_default=True,
    envvar="MOCKSERVER_URL",
    show_envvar=True,
    help="URL of the running mockserver.",
)
token_option = click.option(
    "--token", envvar="MOCKSERVER_ADMIN_TOKEN", help="The server's --admin-token, if it has one."
)


def remote(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `server`: a Remote, from --url, --token, --account, --vendor and --json. Where the server does
    not respond or refuses a call, the command prints one line and ends with exit code 2."""

    @wraps(command)
    def call(
        url: str, token: str | None, account: str | None, vendor: str | None, as_json: bool, **options: Any
    ) -> None:
        try:
            server = Remote(
                HttpControl(url, token), url.rstrip("/"), texts({"account": account, "vendor": vendor}), as_json
            )
            command(server=server, **options)
        except ControlError as error:
            raise StartError(str(error)) from None

    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON: the control API's response."),
        click.option("--vendor", help="Only what concerns this vendor."),
        click.option("--account", metavar="CREDENTIAL", help="Only what concerns this credential, or its masked form."),
        token_option,
        url_option,
    ):
        call = option(call)
    return call


def texts(query: Mapping[str, Any]) -> dict[str, str]:
    """The query parameters that are set, as text."""
    return {name: str(value) for name, value in without_none(query).items()}


def rows(header: Sequence[str], cells: Iterable[Sequence[Any]]) -> Iterable[str]:
    """A table, its cells cut and on one line."""
    return table([header, *(tuple(map(_cell, row)) for row in cells)])


def _cell(value: Any) -> str:
    text = "-" if value is None or value == "" else " ".join(str(value).split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
