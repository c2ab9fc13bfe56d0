"""Which recorded exchanges are judged otherwise by the contract that the pages give than by the one that is written."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from mockserver.check.checking import Checker, CheckOptions
from mockserver.check.findings import Finding, Report
from mockserver.check.text import described, place_of
from mockserver.cli.extraction import Extracted, Places
from mockserver.errors import ContractError
from mockserver.extract import emit, overlays
from mockserver.extract.drift import Impact
from mockserver.extract.errors import ExtractError
from mockserver.vendors.contracts import load_contracts

Key = tuple[Path, str, str]
PROFILE = "documented"


def impact(found: Sequence[Extracted], places: Places, recordings: tuple[Path, ...]) -> tuple[Impact, ...]:
    """The exchanges whose request or response changes its verdict. Raises ExtractError for a recording that cannot be
    read, and for a contract that cannot be served."""
    vendors = tuple(each.whole.vendor for each in found)
    with TemporaryDirectory() as folder:
        new = Places(Path(folder) / "schemas", Path(folder) / "fixtures")
        for each in found:
            emit.write(emit.render(each.whole, *new), ())
            for name in overlays.FILES:
                if (places.out / each.whole.vendor / name).exists():
                    shutil.copy(places.out / each.whole.vendor / name, new.out / each.whole.vendor / name)
        reports = [_judged(folder, vendors, recordings) for folder in (places.out, new.out)]
    return tuple(_changed(*reports))


def _judged(schemas: Path, vendors: tuple[str, ...], recordings: tuple[Path, ...]) -> Report:
    try:
        report = Checker(load_contracts(schemas, vendors, PROFILE), CheckOptions(hosts={})).check(recordings)
    except ContractError as error:
        raise ExtractError(str(schemas), 1, f"a contract that can be served ({error})") from error
    for problem in report.unreadable:
        raise ExtractError(str(problem.file), 1, f"a recording that can be read ({problem.detail})")
    return report


def _changed(before: Report, after: Report) -> Iterator[Impact]:
    old, new = _broken(before), _broken(after)
    for key in [*old, *(key for key in new if key not in old)]:
        if (key in old) != (key in new):
            finding = (new.get(key) or old[key])[0]
            exchange, violation = finding.exchange, finding.violation
            yield Impact(
                vendor=exchange.vendor,
                operation=exchange.operation,
                exchange=f"{exchange.file}: {exchange.place}",
                side=finding.side,
                verdict="invalid" if key in new else "valid",
                message=f"{place_of(violation)}: {described(violation)}",
            )


def _broken(report: Report) -> dict[Key, list[Finding]]:
    """The violations by exchange and side."""
    found: dict[Key, list[Finding]] = {}
    for finding in report.findings:
        if finding.level == "violation":
            found.setdefault((finding.exchange.file, finding.exchange.place, finding.side), []).append(finding)
    return found
