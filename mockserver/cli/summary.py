"""What a server received, as `serve --fail-on` prints it at its end: counts, and what was wrong."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mockserver.client.conduct import Conduct, JudgeOptions, verdict_view
from mockserver.client.conducting import advisories, misconduct
from mockserver.client.control import Control, accepted, whole_listing
from mockserver.client.findings import unclaimed_requests, unfired_faults
from mockserver.client.messages import counted, mistakes_in
from mockserver.client.records import ReceivedRequest
from mockserver.support.tables import table

COLUMNS = ("ACCOUNT", "OPERATION", "REQUESTS", "INVALID", "WARNED", "FAULTS")


class Summary(NamedTuple):
    """The text for people, and how many findings there are of each kind that `--fail-on` names."""

    lines: tuple[str, ...]
    counts: Mapping[str, int]


def summary_of(control: Control) -> Summary:
    """Reads a server's journal and faults over its control API. Raises ControlError."""
    requests = whole_listing(control, "/requests", {})
    unclaimed = whole_listing(control, "/requests", {"unclaimed": "true"})["requests"]
    unfired = accepted(control.call("GET", "/faults", {"unfired": "true"}))["faults"]
    records = [ReceivedRequest.from_view(view) for view in requests["requests"]]
    broken = [request for request in records if request.violations]
    lines = [_came(len(records), requests["evicted"]), *table([COLUMNS, *_rows(records)])]
    by_account: dict[tuple[str, str], list[ReceivedRequest]] = defaultdict(list)
    for request in broken:
        by_account[request.vendor or "no vendor", request.account].append(request)
    for (vendor, _), theirs in by_account.items():
        lines += ["", *mistakes_in(vendor, theirs)]
    conduct = Conduct.from_view(verdict_view(control, {}, JudgeOptions()))
    for vendor in dict.fromkeys(finding.vendor for finding in conduct.violations):
        lines += ["", *misconduct(vendor, [each for each in conduct.violations if each.vendor == vendor])]
    lines += _warnings(records)
    if conduct.advisories:
        lines += ["", "advisories on conduct", *(f"  {line}" for line in advisories(conduct.advisories))]
    if unclaimed:
        lines += ["", *unclaimed_requests(unclaimed)]
    if unfired:
        lines += ["", *unfired_faults("the server", unfired)]
    counts = {
        "violation": len(broken) + requests.get("evicted_invalid", 0),
        "conduct": len(conduct.violations),
        "unclaimed": len(unclaimed),
        "unfired": len(unfired),
        "advisory": sum(bool(request.warnings) for request in records)
        + requests.get("evicted_warned", 0)
        + len(conduct.advisories),
    }
    return Summary((*lines, "", _counted(counts)), counts)


def _warnings(records: Sequence[ReceivedRequest]) -> Iterator[str]:
    """A line for each warning, with the number of requests that have it."""
    warnings = Counter(
        (
            record.vendor or "no vendor",
            violation.place,
            violation.message,
            violation.rule,
        )
        for record in records
        for violation in record.warnings
    )
    if warnings:
        yield ""
        yield "warnings"
    for (vendor, place, message, rule), count in warnings.items():
        yield f"  {vendor}: {place} {message} (rule: {rule}), {'once' if count == 1 else f'{count} times'}"


def _came(kept: int, evicted: int) -> str:
    lost = f", of which {evicted} are no longer in the journal" if evicted else ""
    return f"mockserver received {counted(kept + evicted, 'request')}{lost}"


def _rows(records: Sequence[ReceivedRequest]) -> Iterator[tuple[str, ...]]:
    """A row for each account and operation, in the order of their first requests."""
    groups: dict[tuple[str, str], list[ReceivedRequest]] = defaultdict(list)
    for record in records:
        groups[record.account, record.operation or "-"].append(record)
    for (account, operation), group in groups.items():
        numbers = (
            len(group),
            sum(bool(each.violations) for each in group),
            sum(bool(each.warnings) for each in group),
            sum(each.fault is not None for each in group),
        )
        yield account, operation, *map(str, numbers)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{kind}: {count}" for kind, count in counts.items())
