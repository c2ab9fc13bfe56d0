"""The command `mockserver extract`: writes a contract, or reports differences or contradictions."""

import re
from pathlib import Path
from typing import NamedTuple

import click

from mockserver.cli import extraction
from mockserver.cli.drift_reports import REPORTS
from mockserver.cli.impact import impact
from mockserver.cli.options import output_option, write_output
from mockserver.contracts import packaged_schemas
from mockserver.extract import drift, lint, report
from mockserver.extract.errors import ExtractError
from mockserver.vendors.registry import dialects

FINDINGS = 1
"""Exit code where --check or --lint reports something."""
UNREADABLE = 2
"""Exit code where a page cannot be read, as for wrong usage."""
SUSPECT = 3
"""Exit code where so much less was read of a page that its form has probably changed."""


def _vendor_name(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    if name is not None and not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise click.BadParameter("lower-case letters, digits, hyphens and underscores only")
    return name


@click.command("extract")
@click.argument("pages", nargs=-1, required=True, metavar="PAGE...")
@click.option(
    "--vendor", callback=_vendor_name, help="Name of the vendor; --check and --lint can guess it from the page."
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of the contracts.")
@click.option(
    "--fixtures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the example bodies.  [default: fixtures, beside --out]",
)
@click.option("--check", "mode", flag_value="check", help="Compare the pages with the contracts in --out.")
@click.option("--drift", "mode", flag_value="drift", help="Compare the pages with the OpenAPI documents.")
@click.option("--lint", "mode", flag_value="lint", help="Report where the pages contradict themselves.")
@click.option("--format", "form", type=click.Choice(list(REPORTS)), default="text", show_default=True)
@click.option(
    "--only",
    multiple=True,
    metavar="OPERATION",
    help="Take only these operations of an OpenAPI document, by id or as 'METHOD /path'.",
)
@click.option(
    "--approvals",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of the differences that were approved; --check does not fail for them.",
)
@click.option("--approve", metavar="REASON", help="Add every difference that --check finds to the file of approvals.")
@click.option(
    "--impact",
    "recordings",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="With --check, name the exchanges of a recording whose verdict changes, such as an export of the journal.",
)
@output_option
def extract(
    pages: tuple[str, ...],
    vendor: str | None,
    out: Path | None,
    fixtures: Path | None,
    mode: str | None,
    form: str,
    only: tuple[str, ...],
    approvals: Path | None,
    approve: str | None,
    recordings: tuple[Path, ...],
    output: Path | None,
) -> None:
    """Extract a vendor's contract from its documentation pages, from OpenAPI documents, or from both.

    PAGE is a file, - for standard input, or an http(s) URL; a name that ends in .json, .yaml or .yml may be an OpenAPI
    document. Where a page and a document differ, the page goes first. Name all pages of a vendor at once: what none
    documents is removed, except overlay.yaml and observed.yaml. What cannot be read is left out and named.

    Exit code 1 where --check, --drift or --lint reports something; 2 where a page or an operation cannot be read (the
    others are read all the same, and what an earlier contract says of it is kept); 3 where --check reads 20 % fewer
    fields on a page than the contract has: the form of the page has probably changed, and not the vendor.
    """
    _check_usage(
        mode, form, named=vendor is not None and out is not None, approving=approve is not None, kept=approvals
    )
    if recordings and mode != "check":
        raise click.UsageError("--impact needs --check")
    folder = out or packaged_schemas()
    places = extraction.Places(folder, fixtures or folder.parent / "fixtures")
    code = 0
    try:
        sources = extraction.read_sources(pages, dialects())
        if mode == "drift" and not (sources.pages and sources.documents):
            raise click.UsageError("--drift compares pages with OpenAPI documents: name some of both")
        earlier = None if mode else extraction.earlier_contract(vendor, places, sources)
        found = extraction.extracted(sources, vendor, only, folder, earlier)
        if mode in ("check", "drift"):
            approving = Approving(approvals, approve)
            code = _report_differences(mode, found, places, approving, recordings, form, output)
        elif mode == "lint":
            code = _report_lint(found, form, output)
        else:
            for each in found:
                extraction.write(each, places, earlier, all_read=sources.all_read)
    except ExtractError as error:
        click.echo(str(error), err=True)
        raise SystemExit(UNREADABLE) from error
    for line in sources.unreadable:
        click.echo(line, err=True)
    raise SystemExit(UNREADABLE if sources.unreadable else code)


class Approving(NamedTuple):
    """The file of approved differences, and the reason to approve those that are open with."""

    file: Path | None
    reason: str | None


def _report_differences(
    mode: str,
    found: list[extraction.Extracted],
    places: extraction.Places,
    approving: Approving,
    recordings: tuple[Path, ...],
    form: str,
    output: Path | None,
) -> int:
    """Writes how what was read differs from the contract, or pages from documents. Returns the exit code."""
    approvals, reason = approving
    known = drift.read_approvals(approvals) if approvals and approvals.exists() else {}
    if mode == "check":
        compared = extraction.compared(found, places, known)
    else:
        compared = extraction.documents_compared(found, known)
    if recordings:
        compared = compared._replace(impact=impact(found, places, recordings))
    if approvals and reason is not None:
        compared = extraction.approved(compared, known, approvals, reason)
    write_output("".join(f"{line}\n" for line in REPORTS[form](compared)), output)
    return SUSPECT if compared.suspects else FINDINGS if compared.open else 0


def _report_lint(found: list[extraction.Extracted], form: str, output: Path | None) -> int:
    """Writes what is doubtful on the pages. Returns the exit code."""
    findings = [finding for each in found for finding in lint.findings(each.pages)]
    write_output(f"{report.linted(findings, form)}\n", output)
    return FINDINGS if findings else 0


def _check_usage(mode: str | None, form: str, *, named: bool, approving: bool, kept: Path | None) -> None:
    """Refuses options that say nothing together. `named`: vendor and folder; `kept`: the file of approvals."""
    if mode is None and not named:
        raise click.UsageError("--vendor and --out are needed to write a contract")
    if approving and (kept is None or mode not in ("check", "drift")):
        raise click.UsageError("--approve needs --check or --drift, and --approvals FILE")
    if mode == "lint" and form not in ("text", "json"):
        raise click.UsageError("--lint reports as text or json")
