"""The command `mockserver extract`: writes a contract, or reports differences or contradictions."""

import re
from collections.abc import Sequence
from pathlib import Path

import click

from mockserver.cli.drift_reports import REPORTS
from mockserver.cli.options import output_option, write_output
from mockserver.contracts import packaged_schemas
from mockserver.extract import check, drift, emit, kept, lint, overlays, report
from mockserver.extract.contract import contract
from mockserver.extract.dialects import Dialect, read
from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Contract, Page
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
@click.option("--lint", "mode", flag_value="lint", help="Report where the pages contradict themselves.")
@click.option("--format", "form", type=click.Choice(list(REPORTS)), default="text", show_default=True)
@click.option(
    "--approvals",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of the differences that were approved; --check does not fail for them.",
)
@click.option("--approve", metavar="REASON", help="Add every difference that --check finds to the file of approvals.")
@output_option
def extract(
    pages: tuple[str, ...],
    vendor: str | None,
    out: Path | None,
    fixtures: Path | None,
    mode: str | None,
    form: str,
    approvals: Path | None,
    approve: str | None,
    output: Path | None,
) -> None:
    """Extract a vendor's contract from its documentation pages.

    PAGE is a file, - for standard input, or an http(s) URL. Name all pages of a vendor at once: what no page documents
    is removed, except overlay.yaml and observed.yaml. What cannot be read on a page is left out and named. Exit code 1
    where --check or --lint reports something, 2 where a page or an operation cannot be read: the others are read all
    the same, and what an earlier contract says of it is kept. Exit code 3 where --check reads 20 % fewer fields on a
    page than the contract has: its form has probably changed, and not the vendor.
    """
    if mode is None and (vendor is None or out is None):
        raise click.UsageError("--vendor and --out are needed to write a contract")
    if approve is not None and (approvals is None or mode != "check"):
        raise click.UsageError("--approve needs --check and --approvals FILE")
    if mode == "lint" and form not in ("text", "json"):
        raise click.UsageError("--lint reports as text or json")
    folder = out or packaged_schemas()
    examples = fixtures or folder.parent / "fixtures"
    try:
        read_pages, unreadable = _read(pages, dialects())
        partly = bool(unreadable) or any(each.unread for page in read_pages for each in page.endpoints)
        earlier = _earlier(vendor, folder, examples) if mode is None and partly else None
        contracts = _contracts(read_pages, vendor, folder, earlier)
        code = 0
        if mode == "check":
            found = _check(contracts, folder, examples, approvals, approve)
            code = SUSPECT if found.suspects else FINDINGS if found.open else 0
            write_output("".join(f"{line}\n" for line in REPORTS[form](found)), output)
        elif mode == "lint":
            findings = [finding for each in contracts for finding in lint.findings(each)]
            code = FINDINGS if findings else 0
            write_output(f"{report.linted(findings, form)}\n", output)
        else:
            for each in contracts:
                _write(each, folder, examples, earlier, all_pages_read=not unreadable)
    except ExtractError as error:
        click.echo(str(error), err=True)
        raise SystemExit(UNREADABLE) from error
    unreadable += [str(left) for each in contracts for left in each.unread if left.what in ("operation", "page")]
    for line in unreadable:
        click.echo(line, err=True)
    raise SystemExit(UNREADABLE if unreadable else code)


def _read(names: Sequence[str], known: Sequence[Dialect]) -> tuple[list[Page], list[str]]:
    """The pages, and why others cannot be read. Raises ExtractError where that is all of them."""
    pages: list[Page] = []
    errors: list[ExtractError] = []
    for name in names:
        try:
            pages.append(read(name, known))
        except ExtractError as error:
            errors.append(error)
    if not pages:
        for other in errors[1:]:
            click.echo(str(other), err=True)
        raise errors[0]
    return pages, list(map(str, errors))


def _earlier(vendor: str | None, out: Path, fixtures: Path) -> Contract | None:
    """The contract that is written already. Raises ExtractError if it is broken."""
    there = vendor is not None and (out / vendor / "openapi.yaml").exists()
    return check.load(vendor, out, fixtures) if vendor and there else None


def _contracts(pages: Sequence[Page], vendor: str | None, out: Path, earlier: Contract | None) -> list[Contract]:
    vendors = dict.fromkeys(vendor or page.vendor for page in pages)
    stable = kept.names(earlier.openapi) if earlier else {}
    return [
        contract(
            name,
            [page for page in pages if name in {vendor, page.vendor}],
            {**stable, **overlays.renames(out / name)},
        )
        for name in vendors
    ]


def _write(extracted: Contract, out: Path, fixtures: Path, earlier: Contract | None, *, all_pages_read: bool) -> None:
    covered = overlays.covered(out / extracted.vendor)
    taken: list[kept.Call] = []
    if earlier:
        extracted, taken = kept.kept(extracted, earlier, all_pages_read=all_pages_read)
    content = emit.render(extracted, out, fixtures)
    removed = emit.stale(extracted, out, fixtures, content)
    emit.write(content, removed)
    for line in report.summary(extracted, covered, len(content), removed, taken):
        click.echo(line)


def _check(
    extracted: Sequence[Contract], out: Path, fixtures: Path, file: Path | None, reason: str | None
) -> drift.Drift:
    """What differs from the contracts in `out`; with a reason, all of it is approved. Raises ExtractError."""
    known = drift.read_approvals(file) if file and file.exists() else {}
    changes: list[drift.Change] = []
    skipped: dict[str, list[str]] = {}
    suspects: list[str] = []
    for new in extracted:
        old = check.load(new.vendor, out, fixtures)
        differences, left = check.differences(old, new)
        changes.extend(drift.changes(new, differences, known))
        suspects.extend(drift.suspects(old, new))
        if left:
            skipped[new.vendor] = left
    if file and reason is not None:
        text = drift.approvals_text(known, [change for change in changes if change.approved is None], reason)
        emit.write({file: text.encode()}, ())
        changes = [change._replace(approved=change.approved or reason) for change in changes]
    unused = known.keys() - {change.fingerprint for change in changes}
    unread = tuple(left for each in extracted for left in each.unread)
    return drift.Drift(tuple(changes), skipped, tuple(suspects), unread, tuple(sorted(unused)))
