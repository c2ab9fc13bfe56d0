"""Runs `mockserver check`: loads the contracts, shows how far it is, writes the report, and gives the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from mockserver.check.checking import BOTH, Checker, Wishes
from mockserver.check.findings import Report, Side
from mockserver.check.junit import junit_report
from mockserver.check.machine import github_report, json_report
from mockserver.check.reading import recordings_in
from mockserver.check.sarif import sarif_report
from mockserver.check.text import text_report
from mockserver.contracts import load_catalogue, packaged_schemas, vendors_in
from mockserver.errors import SettingsError
from mockserver.settings import Settings

REPORTS: dict[str, Callable[[Report], Iterator[str]]] = {
    "text": text_report,
    "json": json_report,
    "junit": junit_report,
    "github": github_report,
    "sarif": sarif_report,
}
LONG_BYTES = 4 * 1024 * 1024
"""From this size on, a progress bar is shown to a terminal."""


def run(
    settings: Settings,
    paths: tuple[Path, ...],
    *,
    form: str = "text",
    only: str | None = None,
    hosts: tuple[str, ...] = (),
    strict: bool = False,
    credentials: bool = True,
    output: Path | None = None,
) -> int:
    """Checks the recordings and writes the report; the exit code is 0, 1 where a contract is broken, 2 where a file
    cannot be read. Raises ContractError or SettingsError where there is nothing to check with."""
    schemas = settings.schemas or packaged_schemas()
    catalogue = load_catalogue(schemas, settings.vendor, settings.profile)
    sides: tuple[Side, ...] = BOTH if only is None else (("request",) if only == "requests" else ("response",))
    wishes = Wishes(read_hosts(hosts, vendors_in(schemas)), sides, strict, credentials, settings.max_body_bytes)
    with ExitStack() as stack:
        report = Checker(catalogue, wishes).check(paths, _progress(stack, paths))
    for problem in report.unreadable:
        click.echo(f"mockserver: {problem}".encode("utf-8", "replace").decode(), err=True)
    lines = (line.encode("utf-8", "replace").decode() for line in REPORTS[form](report))
    if output is None:
        for line in lines:
            click.echo(line)
    else:
        _write(output, lines)
    return report.exit_code


def _write(output: Path, lines: Iterator[str]) -> None:
    """Raises SettingsError where the file cannot be written."""
    try:
        output.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as error:
        raise SettingsError(f"--output: {output} cannot be written: {error.strerror or error}") from None


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
