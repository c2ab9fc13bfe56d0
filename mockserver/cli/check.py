"""The command `mockserver check`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from mockserver.check.checking import BOTH, Checker, CheckOptions
from mockserver.check.findings import Report, Side
from mockserver.check.junit import junit_report
from mockserver.check.machine import github_report, json_report
from mockserver.check.reading import recordings_in
from mockserver.check.sarif import sarif_report
from mockserver.check.text import text_report
from mockserver.cli.options import output_option, settings_options, write_output
from mockserver.errors import SettingsError, one_line
from mockserver.settings import Settings
from mockserver.vendors.contracts import known_contracts, load_contracts

REPORTS: dict[str, Callable[[Report], Iterator[str]]] = {
    "text": text_report,
    "json": json_report,
    "junit": junit_report,
    "github": github_report,
    "sarif": sarif_report,
}
SIDES: dict[str | None, tuple[Side, ...]] = {None: BOTH, "requests": ("request",), "responses": ("response",)}
LONG_BYTES = 4 * 1024 * 1024
"""From this size on, a progress bar is shown to a terminal."""


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--format", "form", type=click.Choice(list(REPORTS)), default="text", show_default=True, help="Form of the report."
)
@click.option("--only", type=click.Choice(["requests", "responses"]), help="Check only these.")
@click.option("--host", "hosts", multiple=True, metavar="HOST=VENDOR", help="Vendor of a host; `*` matches any text.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too, and where nothing was checked.")
@click.option(
    "--credentials/--no-credentials", default=True, help="Require requests to carry credentials [default: yes]."
)
@output_option
@settings_options("vendor", "profile", "schemas", "max_body_bytes")
def check(
    settings: Settings,
    files: tuple[Path, ...],
    form: str,
    only: str | None,
    hosts: tuple[str, ...],
    strict: bool,
    credentials: bool,
    output: Path | None,
) -> None:
    """Check recorded traffic against the contracts.

    FILE is HAR, a VCR cassette, JSON of Java's MockServer, an export of mockserver's journal as JSON lines, or a
    directory of them. Exit code 1 where a request or a response breaks its contract, 2 where a file cannot be read.
    """
    catalogue = load_contracts(settings.schemas, settings.vendor, settings.profile)
    options = CheckOptions(
        hosts=read_hosts(hosts, tuple(known_contracts(settings.schemas))),
        sides=SIDES[only],
        strict=strict,
        credentials=credentials,
        max_body_bytes=settings.max_body_bytes,
    )
    with ExitStack() as stack:
        report = Checker(catalogue, options).check(files, _progress(stack, files))
    for problem in report.unreadable:
        click.echo(f"mockserver: {one_line(str(problem))}", err=True)
    if form != "text" or report.exchanges or not report.unreadable:
        write_output("".join(f"{line}\n" for line in REPORTS[form](report)), output)
    sys.exit(report.exit_code)


def read_hosts(given: tuple[str, ...], vendors: tuple[str, ...]) -> dict[str, str]:
    """`HOST=VENDOR` texts as a mapping. Raises SettingsError."""
    hosts = {}
    for text in given:
        host, _, vendor = text.rpartition("=")
        if not host or vendor not in vendors:
            raise SettingsError(f"--host: expected HOST=VENDOR with one of {', '.join(vendors)}, found {text!r}")
        hosts[host] = vendor
    return hosts


def _progress(stack: ExitStack, paths: tuple[Path, ...]) -> Callable[[int], None]:
    """What is told how many bytes were read: a bar on a terminal where the work is long, else nothing."""
    if not sys.stderr.isatty():
        return lambda _bytes: None
    total = sum(path.stat().st_size for path, _ in recordings_in(paths) if path.is_file())
    if total < LONG_BYTES:
        return lambda _bytes: None
    bar: Any = click.progressbar(length=total, label="checking", file=sys.stderr, update_min_steps=max(1, total // 200))
    stack.enter_context(bar)
    return bar.update  # type: ignore[no-any-return]
