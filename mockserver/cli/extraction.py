"""What `mockserver extract` does in each of its modes, between its options and the parts that read and compare."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from mockserver.cli.official import is_document, read_official
from mockserver.extract import check, combining, drift, emit, kept, overlays, report
from mockserver.extract.contract import contract
from mockserver.extract.dialects import Dialect, read
from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Contract, Page
from mockserver.extract.official import Official, official_contract

OUTCOMES = {"removed": "only in the document", "added": "only on the page"}
"""What a difference between document and page means for the contract, by the last word of its rule."""


class Places(NamedTuple):
    """The folders of contracts and of example bodies."""

    out: Path
    fixtures: Path


class Sources(NamedTuple):
    """What was read: pages, OpenAPI documents, and why others, or operations of these, could not be."""

    pages: tuple[Page, ...]
    documents: tuple[Official, ...]
    unreadable: tuple[str, ...]
    all_read: bool


class Extracted(NamedTuple):
    """One vendor: the contract of its pages, those of its documents, and both combined."""

    pages: Contract
    documents: tuple[Contract, ...]
    whole: Contract


def read_sources(names: Sequence[str], known: Sequence[Dialect]) -> Sources:
    """The pages and documents. Raises ExtractError where none of them can be read."""
    pages: list[Page] = []
    documents: list[Official] = []
    errors: list[ExtractError] = []
    left: list[str] = []
    for name in names:
        try:
            if is_document(name):
                official, unread = read_official(name)
                documents.append(official)
                left += map(str, unread)
            else:
                pages.append(read(name, known))
        except ExtractError as error:
            errors.append(error)
    if not pages and not documents:
        for other in errors[1:]:
            click.echo(str(other), err=True)
        raise errors[0]
    unreadable = [str(error) for error in errors]
    unreadable += [str(each) for page in pages for each in page.unread if each.what in ("operation", "page")]
    return Sources(tuple(pages), tuple(documents), (*unreadable, *left), not errors)


def earlier_contract(vendor: str | None, places: Places, sources: Sources) -> Contract | None:
    """The contract that is written already, where something could not be read. Raises ExtractError if it is broken."""
    partly = not sources.all_read or any(each.unread for page in sources.pages for each in page.endpoints)
    if vendor is None or not partly or not (places.out / vendor / "openapi.yaml").exists():
        return None
    return check.load(vendor, places.out, places.fixtures)


def extracted(
    sources: Sources, vendor: str | None, only: Sequence[str], out: Path, earlier: Contract | None
) -> list[Extracted]:
    """What was read, by vendor. Raises ExtractError, and click's UsageError where a document could be anybody's."""
    vendors = list(dict.fromkeys([*([vendor] if vendor else ()), *(vendor or page.vendor for page in sources.pages)]))
    if sources.documents and len(vendors) != 1:
        raise click.UsageError("--vendor is needed to say whose the OpenAPI document is")
    stable = kept.names(earlier.openapi) if earlier else {}
    found: list[Extracted] = []
    for name in vendors:
        own = [page for page in sources.pages if name in {vendor, page.vendor}]
        made = contract(name, own, {**stable, **overlays.renames(out / name)})
        documents = tuple(official_contract(name, each, only) for each in sources.documents)
        whole = made
        for each in documents:
            whole = combining.combined(whole, each)
        found.append(Extracted(made, documents, whole))
    missing = {*only} - {name for each in sources.documents for name in _names(each)}
    if missing:
        raise click.UsageError(f"--only: no document has the operation {min(missing)!r}")
    return found


def _names(document: Official) -> list[str]:
    """How --only can name the operations of a document."""
    listed = document.operations.items()
    return [name for (path, method), each in listed for name in (str(each["operationId"]), f"{method.upper()} {path}")]


def write(each: Extracted, places: Places, earlier: Contract | None, *, all_read: bool) -> None:
    """Writes a contract, and prints what was read for it."""
    made, taken = each.whole, list[kept.Call]()
    if earlier:
        made, taken = kept.kept(made, earlier, all_pages_read=all_read)
    covered = overlays.covered(places.out / made.vendor)
    content = emit.render(made, *places)
    removed = emit.stale(made, *places, content)
    emit.write(content, removed)
    for line in report.summary(made, covered, len(content), removed, taken):
        click.echo(line)
    for document in each.documents:
        described = len(kept.calls(document.openapi))
        both = sum(1 for _ in combining.pairs(each.pages, document))
        click.echo(f"  {document.sources[0]}: {described} operations, {both} of them on a page")
        for difference in combining.disagreements(each.pages, document):
            if difference.rule != "api-only-on-page":
                outcome = OUTCOMES.get(difference.rule.rpartition("-")[2], "differs, and the page goes first")
                click.echo(f"    {outcome}: {difference.place}  {difference.message}  [{difference.rule}]")


def compared(found: Sequence[Extracted], places: Places, approvals: Mapping[str, str]) -> drift.Drift:
    """What differs from the contracts that are written. Raises ExtractError."""
    changes: list[drift.Change] = []
    skipped: dict[str, list[str]] = {}
    suspects: list[str] = []
    for each in found:
        old = check.load(each.whole.vendor, *places)
        differences, left = check.differences(old, each.whole)
        changes.extend(drift.changes(each.whole, differences, approvals))
        suspects.extend(drift.suspects(old, each.whole))
        if left:
            skipped[each.whole.vendor] = left
    return _drift(found, changes, approvals)._replace(not_compared=skipped, suspects=tuple(suspects))


def documents_compared(found: Sequence[Extracted], approvals: Mapping[str, str]) -> drift.Drift:
    """Where the pages say something else than the documents, as changes from a document to a page."""
    changes = [
        change
        for each in found
        for document in each.documents
        for change in drift.changes(each.pages, combining.disagreements(each.pages, document), approvals)
    ]
    return _drift(found, sorted(changes, key=lambda each: check.RANKS[each.difference.level]), approvals)


def _drift(found: Sequence[Extracted], changes: Sequence[drift.Change], approvals: Mapping[str, str]) -> drift.Drift:
    unused = sorted(approvals.keys() - {change.fingerprint for change in changes})
    unread = tuple(left for each in found for left in each.whole.unread)
    return drift.Drift(tuple(changes), unread=unread, unused=tuple(unused))


def approved(found: drift.Drift, approvals: Mapping[str, str], file: Path, reason: str) -> drift.Drift:
    """The same with every change approved, as the file now says."""
    emit.write({file: drift.approvals_text(approvals, found.open, reason).encode()}, ())
    return found._replace(changes=tuple(each._replace(approved=each.approved or reason) for each in found.changes))
