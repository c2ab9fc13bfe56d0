"""What changed between contracts and pages, told apart: the vendor, or the reading of its pages."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.extract.compare import Difference
from mockserver.extract.errors import ExtractError
from mockserver.extract.kept import calls
from mockserver.extract.model import Contract, Unread
from mockserver.extract.reading import document
from mockserver.support.evidence import EVIDENCE
from mockserver.support.pointers import walk
from mockserver.support.yaml import yaml_text

SUSPECT = 0.2
"""The part of a page's fields that may be missing before the reading of the page is suspected, not the vendor."""
MIN_FIELDS = 5
"""A page with fewer fields than this is not suspected."""


class Change(NamedTuple):
    """One difference of one vendor. `file` and `line` are those of the operation on its page, and `approved` is the
    reason for which it was approved, or None."""

    vendor: str
    difference: Difference
    fingerprint: str
    file: str
    line: int
    approved: str | None = None


class Impact(NamedTuple):
    """A recorded exchange whose request or response has another verdict by the new contract: `verdict` is the new one,
    `message` tells of what breaks one of the contracts."""

    vendor: str
    operation: str
    exchange: str
    side: str
    verdict: str
    message: str

    def __str__(self) -> str:
        before = "valid" if self.verdict == "invalid" else "invalid"
        told = f"{self.exchange}: {self.vendor} {self.operation}: the {self.side}"
        return f"{told} becomes {self.verdict}, was {before}: {self.message}"


class Drift(NamedTuple):
    """`not_compared` has the operations of each vendor of which not every page was given; `suspects` has a line for
    each page that was probably not read as it stands, `unused` the approvals that no difference needs, `impact`
    the recorded exchanges that it concerns."""

    changes: tuple[Change, ...]
    not_compared: Mapping[str, Sequence[str]] = {}
    suspects: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    unused: tuple[str, ...] = ()
    impact: tuple[Impact, ...] = ()

    @property
    def open(self) -> tuple[Change, ...]:
        """The changes that nobody approved."""
        return tuple(change for change in self.changes if change.approved is None)

    @property
    def breaking(self) -> int:
        return sum(change.difference.breaking for change in self.open)


def changes(contract: Contract, differences: Iterable[Difference], approvals: Mapping[str, str]) -> Iterator[Change]:
    """The differences of one vendor with where they stand and whether they are approved."""
    places = dict(_places(contract))
    for each in differences:
        fingerprint = each.fingerprint(contract.vendor)
        file, line = places.get(_operation_of(each.place), (f"{contract.vendor}/openapi.yaml", 1))
        yield Change(contract.vendor, each, fingerprint, file, line, approvals.get(fingerprint))


def _places(contract: Contract) -> Iterator[tuple[str, tuple[str, int]]]:
    for operation in contract.operations:
        page, endpoint = operation.pages[0]
        for key in (operation.id, f"{endpoint.method} {endpoint.path}"):
            yield key, (page.source, endpoint.line)


def _operation_of(place: str) -> str:
    """`POST /v1/x query parameter y#` → `POST /v1/x`; `CreateX.request.json#/y` → `CreateX`."""
    call = re.match(r"[A-Z]+ \S+", place)
    return call[0] if call else re.split(r"[./#]", place, maxsplit=1)[0]


def suspects(old: Contract, new: Contract) -> Iterator[str]:
    """A line for each sign that the form of a page changed, and not the vendor: much less was read than the contract
    has, or much of a page could not be read."""
    before, after = _fields(old), _fields(new)
    for page, count in before.items():
        found = after.get(page)
        if found is not None and count >= MIN_FIELDS and found <= count * (1 - SUSPECT):
            yield f"{page}: {found} fields were read, the contract has {count}: the form of the page may have changed"
    for page in dict.fromkeys(table.page for table in new.coverage):
        tables = [table for table in new.coverage if table.page == page]
        rows, lost = sum(table.read for table in tables), sum(len(table.lost) for table in tables)
        if rows >= MIN_FIELDS and lost >= rows * SUSPECT:
            yield f"{page}: {lost} of {rows} rows could not be read: the form of the page may have changed"
    yield from (str(left) for left in new.unread if left.what in ("table", "body", "response"))


def _fields(contract: Contract) -> dict[str, int]:
    """How many fields and parameters come from each page."""
    counts: dict[str, int] = {}
    for operation in calls(contract.openapi).values():
        page = str(operation.get(EVIDENCE, {}).get("page"))
        name = f"{operation.get('operationId')}."
        own = [schema for file, schema in contract.schemas.items() if file.startswith(name)]
        members = sum(len(node) for each in own for at, node in walk(each) if at.endswith("/properties"))
        counts[page] = counts.get(page, 0) + members + len(operation.get("parameters", ()))
    return counts


def read_approvals(file: Path) -> dict[str, str]:
    """Fingerprint → reason. Raises ExtractError if the file is no list of approvals."""
    listed = document(file, "a list of approvals in YAML")
    entries = listed.get("approved") if isinstance(listed, dict) else None
    if not isinstance(entries, list) or not all(isinstance(each, dict) and "fingerprint" in each for each in entries):
        raise ExtractError(str(file), 1, "`approved`, a list of {fingerprint, reason}")
    return {str(each["fingerprint"]): str(each.get("reason") or "approved") for each in entries}


def approvals_text(known: Mapping[str, str], new: Iterable[Change], reason: str) -> str:
    """The file of approvals with the changes added."""
    entries: dict[str, dict[str, Any]] = {each: {"fingerprint": each, "reason": text} for each, text in known.items()}
    for change in new:
        said = f"{change.vendor} {change.difference.place}: {change.difference.message}"
        entries[change.fingerprint] = {"fingerprint": change.fingerprint, "reason": reason, "change": said}
    return yaml_text({"approved": list(entries.values())})
