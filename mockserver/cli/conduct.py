"""The command `mockserver conduct`."""

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from mockserver.battery.running import Battery, possible_rate, run_battery, unclaimed_note
from mockserver.cli.options import settings_options, write_output
from mockserver.cli.remote import token_option
from mockserver.client.conduct import JudgeOptions, verdict_view
from mockserver.client.control import ControlError, accepted, without_none
from mockserver.conduct.reports.junit import junit_report
from mockserver.conduct.reports.machine import json_report
from mockserver.conduct.reports.markdown import markdown_report
from mockserver.conduct.reports.sarif import sarif_report
from mockserver.conduct.reports.scorecard import Case, Scorecard, counted
from mockserver.conduct.reports.text import text_report
from mockserver.errors import SettingsError, StartError
from mockserver.faults.scenario import battery
from mockserver.settings import Settings
from mockserver.support.suggestions import hint
from mockserver.testing.server import Backend, MockServer, RunningServer
from mockserver.vendors.contracts import known_contracts
from mockserver.vendors.registry import BUILT_IN

BROKEN, NOTHING_JUDGED, INTERRUPTED = 1, 2, 130
FORMS_BY_ENDING = {".txt": "text", ".json": "json", ".xml": "junit", ".sarif": "sarif", ".md": "markdown"}
UNLIMITED = "unlimited"
COLOURS = {"BROKEN": "red", "ADVISORY": "yellow", "kept": "green"}


class Attempts(click.ParamType[int | None]):
    """A number of attempts, or `unlimited`."""

    name = f"N|{UNLIMITED}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if isinstance(value, str) and value != UNLIMITED and (not value.isdecimal() or int(value) < 1):
            self.fail(f"expected a number of at least 1 or {UNLIMITED}, found {value!r}", param, ctx)
        return None if value in (None, UNLIMITED) else int(value)


class Wishes(NamedTuple):
    """What the options say of the reports."""

    form: str
    outputs: tuple[Path, ...]
    strict: bool
    verbose: bool


@click.command("conduct", context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- CMD...]")
@click.option("--vendor", default=next(iter(BUILT_IN)), show_default=True, metavar="NAME", help="Vendor of CMD.")
@click.option("--only", "names", multiple=True, metavar="SCENARIO", help="Run only this scenario; repeat for several.")
@click.option("--strict", is_flag=True, help="Exit with 1 for advisories too.")
@click.option(
    "--max-attempts", type=Attempts(), default="10", show_default=True, help="Attempts that a client may make."
)
@click.option(
    "--timeout", type=click.FloatRange(0.1, 3600), default=75.0, show_default=True, help="Seconds for each scenario."
)
@click.option(
    "--rate",
    type=click.FloatRange(1, 100),
    default=1.0,
    show_default=True,
    help="Run the client's time so many times as fast, by libfaketime.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Scenarios to run at once.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS_BY_ENDING.values())),
    default="text",
    show_default=True,
    help="Form of the scorecard on standard output.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the scorecard to this file too; its ending says the form: .xml (JUnit), .sarif, .md, .json, .txt.",
)
@click.option("--verbose", is_flag=True, help="Show the output of CMD in every scenario, not only where it failed.")
@click.option("--url", help="Use the mockserver that runs at this URL; without CMD, print its verdict.")
@click.option("--account", metavar="CREDENTIAL", help="With --url and without CMD: judge only this credential.")
@token_option
@settings_options("profile", "schemas")
def conduct(
    settings: Settings,
    command: tuple[str, ...],
    vendor: str,
    names: tuple[str, ...],
    strict: bool,
    max_attempts: int | None,
    timeout: float,
    rate: float,
    jobs: int,
    form: str,
    outputs: tuple[Path, ...],
    verbose: bool,
    url: str | None,
    account: str | None,
    token: str | None,
) -> None:
    """Judge how a client behaves when its vendor fails.

    Runs CMD once in each scenario of a battery, such as 429, reset and outage, and gives it the server's URL and a
    credential in MOCKSERVER_URL, MOCKSERVER_API_KEY and the vendor's own variables. Exit code 1 where CMD broke a rule,
    2 where it cannot be started or sent nothing. With --url and without CMD, the verdict on what a running server
    received.
    """
    wishes = Wishes(form, outputs, strict, verbose)
    for output in outputs:
        _form_of(output)
    judge = JudgeOptions(max_attempts=max_attempts, over=True)
    try:
        if not command:
            scorecard = _of_running(url, token, without_none({"account": account}), judge, strict=strict)
        else:
            rate, note = possible_rate(command, rate)
            chosen = Battery(command, vendor, _chosen(names), timeout, jobs, judge, rate)
            scorecard = _of_command(chosen, _server(settings, vendor, url, token), strict=strict)
            scorecard = scorecard._replace(notes=(*filter(None, (note,)), *scorecard.notes))
    except ControlError as error:
        raise StartError(str(error)) from None
    _report(scorecard, wishes, command)
    sys.exit(_exit_code(scorecard))


def _chosen(names: tuple[str, ...]) -> dict[str, Path]:
    """The scenarios to run. Raises SettingsError for a name of none."""
    known = battery()
    for name in names:
        if name not in known:
            raise SettingsError(
                f"--only: there is no scenario {name!r}{hint(name, known)}; there are {', '.join(known)}"
            )
    return {name: path for name, path in known.items() if not names or name in names}


def _server(settings: Settings, vendor: str, url: str | None, token: str | None) -> Backend:
    """The server to send to: the one at a URL, else one of our own."""
    if url is not None:
        return RunningServer(url, token)
    known = known_contracts(settings.schemas)
    if vendor not in known:
        raise SettingsError(
            f"--vendor: there is no vendor {vendor!r}{hint(vendor, known)}; there are {', '.join(known)}"
        )
    schemas = {} if settings.schemas is None else {"schemas": settings.schemas}
    return MockServer(profile=settings.profile, log_level="warning", **schemas).start()


def _of_command(chosen: Battery, server: Backend, *, strict: bool) -> Scorecard:
    """The scorecard of a battery."""
    began = time.monotonic()
    try:
        with _Progress(len(chosen.scenarios)) as progress:
            cases, interrupted = run_battery(chosen, server, progress.ended)
        notes = () if server.shared else tuple(unclaimed_note(server.control))
    finally:
        server.stop()
    seconds = time.monotonic() - began
    requests = counted(sum(case.requests for case in cases), "request")
    what = f"{counted(len(cases), 'scenario')} at {chosen.vendor}, {requests} in {seconds:.1f} s"
    title = f"mockserver conduct: {shlex.join(chosen.command)} ({what})"
    return Scorecard(title, chosen.vendor, tuple(cases), seconds, strict, notes, interrupted)


def _of_running(
    url: str | None, token: str | None, query: dict[str, str], judge: JudgeOptions, *, strict: bool
) -> Scorecard:
    """The scorecard of what a running server received."""
    if url is None:
        raise click.UsageError("give the command of a client after --, or the --url of a running mockserver")
    server = RunningServer(url, token)
    try:
        listing = accepted(server.control.call("GET", "/requests", {**query, "limit": "0"}))
        verdict = verdict_view(server.control, query, judge)
    finally:
        server.stop()
    requests = listing["total"] + listing["evicted"]
    case = Case(query.get("account", "all accounts"), verdict, requests=requests)
    title = f"mockserver conduct: {case.name} at {server.url} ({counted(requests, 'request')})"
    return Scorecard(title, "", (case,), strict=strict)


def _report(scorecard: Scorecard, wishes: Wishes, command: tuple[str, ...]) -> None:
    """Prints the scorecard, and writes the files."""
    for output in wishes.outputs:
        write_output(_rendered(scorecard, _form_of(output), wishes, command), output)
    text = _rendered(scorecard, wishes.form, wishes, command)
    if wishes.form == "text" and sys.stdout.isatty():
        for word, colour in COLOURS.items():
            text = text.replace(f" {word} ", f" {click.style(word, fg=colour)} ")
    write_output(text, None)


def _rendered(scorecard: Scorecard, form: str, wishes: Wishes, command: tuple[str, ...]) -> str:
    renderers: dict[str, Callable[[], str | Iterator[str]]] = {
        "text": lambda: text_report(scorecard, verbose=wishes.verbose),
        "json": lambda: json_report(scorecard),
        "junit": lambda: junit_report(scorecard),
        "sarif": lambda: sarif_report(scorecard, _file_in(command)),
        "markdown": lambda: markdown_report(scorecard),
    }
    rendered = renderers[form]()
    return rendered if isinstance(rendered, str) else "".join(f"{line}\n" for line in rendered)


def _form_of(output: Path) -> str:
    """The form that a file's ending names. Raises SettingsError where it names none."""
    if output.suffix not in FORMS_BY_ENDING:
        raise SettingsError(
            f"--output: expected a file that ends in {', '.join(FORMS_BY_ENDING)}, found {str(output)!r}"
        )
    return FORMS_BY_ENDING[output.suffix]


def _file_in(command: tuple[str, ...]) -> str:
    """The file of a command that stands for the client: the first argument that is one below this folder."""
    here = Path.cwd()
    for argument in command:
        path = (here / argument).resolve()
        if path.is_file() and path.is_relative_to(here):
            return path.relative_to(here).as_posix()
    return "conduct"


def _exit_code(scorecard: Scorecard) -> int:
    if scorecard.interrupted:
        return INTERRUPTED
    if scorecard.empty:
        return NOTHING_JUDGED
    return BROKEN if scorecard.failed else 0


class _Progress:
    """Tells a terminal how many scenarios have ended."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._shown = sys.stderr.isatty()

    def ended(self, name: str) -> None:
        self._done += 1
        if self._shown:
            click.echo(f"\r\x1b[K{self._done} of {self._total} scenarios: {name}", nl=False, err=True)

    def __enter__(self) -> "_Progress":
        if self._shown:
            click.echo(f"running {counted(self._total, 'scenario')}", nl=False, err=True)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)
