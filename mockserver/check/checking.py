"""Judges recordings, exchange by exchange, and collects the findings."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mockserver.check.findings import Finding, JudgedExchange, Level, OperationCount, Report, Side, count
from mockserver.check.reading import Entry, Progress, read_file, recordings_in
from mockserver.check.recorded import NoRecording, RecordedExchange, UnreadableFile
from mockserver.check.targets import Match, Targets
from mockserver.contracts import Catalogue
from mockserver.events.export.writing import quoted_path
from mockserver.model import Request, Verdict, Violation
from mockserver.operations import Operation
from mockserver.support.redaction import mask, redaction_for
from mockserver.validation.credentials import EVERY_CREDENTIAL, read_credentials, recorded_credentials
from mockserver.validation.exchange import UNKNOWN_TIME, judge_request
from mockserver.validation.fixes import fixes
from mockserver.validation.response import judge_response

MAX_CREDENTIALS = 10_000
"""Credentials of recordings that are masked wherever they stand."""
UNRECORDED = "headers that the recorder may have left out"
BOTH: tuple[Side, ...] = ("request", "response")
OF_OUR_PROXY = re.compile(rb"mockserver\s*;.*\berror=")
"""The Proxy-Status (RFC 9209) of a response that `mockserver proxy` made itself."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How to check: `hosts` names the vendor of a host pattern; without `credentials`, requests need not carry any."""

    hosts: Mapping[str, str]
    sides: tuple[Side, ...] = BOTH
    strict: bool = False
    credentials: bool = True
    max_body_bytes: int = 10 * 1024 * 1024


class Checker:
    """Checks recordings against the contracts of a catalogue."""

    def __init__(self, catalogue: Catalogue, options: CheckOptions) -> None:
        self._options = options
        self._targets = Targets(catalogue, options.hosts)
        self._redaction = redaction_for(catalogue.operations)
        self._report = Report(catalogue.profile, options.sides, options.strict)

    def check(self, paths: tuple[Path, ...], progress: Progress = lambda _bytes: None) -> Report:
        """Checks every recording that the paths name. The report names the files that cannot be read; the others are
        checked all the same."""
        for path, named in recordings_in(paths):
            try:
                self._file(path, read_file(path, progress))
            except NoRecording as problem:
                if named:
                    self._report.unreadable.append(problem)
                else:
                    self._report.passed_over += 1
            except UnreadableFile as problem:
                self._report.unreadable.append(problem)
        return self._report

    def _file(self, path: Path, exchanges: Iterable[Entry]) -> None:
        report = self._report
        for exchange in exchanges:
            if isinstance(exchange, UnreadableFile):
                count(report.not_judged, "entries that cannot be read")
                if all(problem.file != path for problem in report.unreadable):  # one line per file is enough
                    report.unreadable.append(exchange)
            else:
                report.exchanges += 1
                report.files[path] = report.files.get(path, 0) + 1
                self._exchange(path, exchange)
        report.files.setdefault(path, 0)

    def _exchange(self, path: Path, exchange: RecordedExchange) -> None:
        report, request, address = self._report, exchange.request, exchange.address
        found = self._targets.find(request.method, address.host, address.port, address.path, exchange.vendor)
        if found == "host":
            count(report.unknown_hosts, address.host or "(no host)")
        elif found == "endpoint":
            path_shown = self._redaction.of_address(address.path)[:200]
            count(report.unknown_paths, f"{request.method} {address.host}{path_shown}")
        else:
            report.judged += 1
            self._judge(path, exchange, found)

    def _judge(self, path: Path, exchange: RecordedExchange, match: Match) -> None:
        operation, report = match.operation, self._report
        counted = report.operations.setdefault((operation.vendor, operation.id), OperationCount())
        counted.exchanges += 1
        if "request" in self._options.sides:
            verdict = self._request(exchange, match)
            counted.requests_violated += not verdict.valid
            counted.warnings += len(verdict.warnings)
            self._add(path, exchange, operation, "request", verdict)
        if "response" in self._options.sides:
            violations = self._response(exchange, operation)
            counted.responses_violated += bool(violations)
            self._add(path, exchange, operation, "response", Verdict(violations))

    def _request(self, exchange: RecordedExchange, match: Match) -> Verdict:
        operation, report = match.operation, self._report
        report.untimed += exchange.time is None
        request, body_known = exchange.request, exchange.body is not None
        if not body_known and request.body_size > (operation.max_body_bytes or self._options.max_body_bytes):
            request, body_known = request._replace(truncated=True), True  # its size says all
        if not body_known:
            count(report.not_judged, "request bodies that were not recorded whole")
        verdict = judge_request(
            operation,
            request,
            match.path_values,
            recorded_credentials(operation, request) if self._options.credentials else EVERY_CREDENTIAL,
            UNKNOWN_TIME if exchange.time is None else exchange.time,
            self._options.max_body_bytes,
            body_known=body_known,
        ).verdict
        return Verdict(self._recorded(exchange, verdict.violations), self._recorded(exchange, verdict.warnings))

    def _recorded(self, exchange: RecordedExchange, found: tuple[Violation, ...]) -> tuple[Violation, ...]:
        """What is wrong with a request, without what may only be missing in its recording."""
        kept = []
        for each in found:
            if each.rule in ("security", "content-type") and exchange.may_lack(each.parameter or ""):
                count(self._report.not_judged, UNRECORDED)
            else:
                kept.append(each)
        return tuple(kept)

    def _response(self, exchange: RecordedExchange, operation: Operation) -> tuple[Violation, ...]:
        response = exchange.response
        if response is None:
            count(self._report.not_judged, "requests without a response")
            return ()
        if any(name == b"proxy-status" and OF_OUR_PROXY.match(value) for name, value in response.headers):
            count(self._report.not_judged, "responses of mockserver's proxy, not of the vendor")
            return ()
        if not response.whole:
            count(self._report.not_judged, "response bodies that were not recorded whole")
        found = judge_response(operation, response, self._options.max_body_bytes)
        return found if response.headers else tuple(each for each in found if each.rule != "content-type")

    def _add(self, path: Path, exchange: RecordedExchange, operation: Operation, side: Side, verdict: Verdict) -> None:
        for what in verdict.not_judged:
            count(self._report.not_judged, what.removeprefix("not judged: "))
        if not (verdict.violations or verdict.warnings):
            return
        request, redaction = exchange.request, self._redaction
        account = self._account(operation, request)
        query = redaction.of_query(request.query, account)
        url = quoted_path(redaction.of_address(request.path, account)) + (f"?{query}" if query else "")
        judged = JudgedExchange(
            file=path,
            place=exchange.place,
            line=exchange.line,
            time=exchange.time,
            vendor=operation.vendor,
            operation=operation.id,
            method=request.method,
            url=url,
            status=exchange.response.status if exchange.response else None,
        )
        levels: tuple[Level, ...] = ("violation", "warning")
        for level, found, of_found in zip(levels, (verdict.violations, verdict.warnings), fixes(verdict), strict=True):
            for violation, fix in zip(found, of_found, strict=True):
                shown = redaction.of_text(fix, account) if fix and side == "request" else None
                self._report.add(Finding(judged, side, level, redaction.of_violation(violation, account), shown))

    def _account(self, operation: Operation, request: Request) -> str:
        """The label of the credential that a request presents; it is masked in every finding from now on."""
        credential, known = read_credentials(operation, request).credential, self._redaction.known
        label = mask(credential)
        if credential and label not in known and len(known) < MAX_CREDENTIALS:
            known.add(credential, label)
        return label
