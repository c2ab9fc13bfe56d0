"""The call about the conduct of clients: what every rule says of them, their chains of attempts and their ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from mockserver.accounts.account import Account
from mockserver.conduct.judging import judge
from mockserver.conduct.ledger import FATES
from mockserver.conduct.records import Attempt, Chain, Finding, History, LedgerEntry, Limits, RuleResult, State, Verdict
from mockserver.conduct.reports.junit import junit_report
from mockserver.conduct.reports.markdown import markdown_report
from mockserver.conduct.reports.sarif import sarif_report
from mockserver.conduct.reports.scorecard import Case, Scorecard, counted
from mockserver.conduct.reports.text import text_report
from mockserver.conduct.store import told_by
from mockserver.control.query import AccountSelector, bad_query, json_response, query_of
from mockserver.model import Evidence
from mockserver.support.suggestions import hint
from mockserver.vendors.conduct import ConductKeeper
from mockserver.vendors.registry import vendor_named

if TYPE_CHECKING:
    from mockserver.client.views import (
        AccountConductView,
        AttemptView,
        ChainView,
        ConductFindingView,
        ConductView,
        EvidenceView,
        LedgerEntryView,
        RuleResultView,
        VerdictView,
    )

STATES: tuple[State, ...] = ("broken", "allowed", "kept", "too few samples", "not exercised")
"""What became of a rule, the first of these over several accounts."""


WRITERS: Mapping[str, Callable[[Any], Response]] = {
    "json": json_response,
    "text": lambda view: _text("\n".join(text_report(_scorecard(view))), "text/plain"),
    "junit": lambda view: _text("\n".join(junit_report(_scorecard(view))), "application/xml"),
    "sarif": lambda view: _text(sarif_report(_scorecard(view), "conduct"), "application/sarif+json"),
    "markdown": lambda view: _text("\n".join(markdown_report(_scorecard(view))), "text/markdown"),
}
"""What writes a verdict in each format: a `ConductView` → the response."""


class AccountVerdict(NamedTuple):
    """The verdict on the client of one account."""

    account: Account
    verdict: Verdict


@dataclass(frozen=True)
class ConductCalls:
    """`GET /conduct`."""

    selector: AccountSelector
    keeper: ConductKeeper

    async def show(self, request: Request) -> Response:
        """The verdict on the selected accounts, each judged by itself."""
        query = query_of(request)
        verdicts = [
            AccountVerdict(account, self._verdict(account, query))
            for account in self.selector.selected(request)
            if account.vendor
        ]
        together = _together([each.verdict for each in verdicts]) if len(verdicts) != 1 else verdicts[0].verdict
        if not verdicts:
            together = _verdict_of(History((), (), 0, query["over"], 0.0), query)
        offset, limit = query["offset"], query["limit"]
        view: ConductView = {**_view(together, offset, limit), "over": query["over"], "accounts": []}
        if len(verdicts) > 1:
            view["accounts"] = [_account_view(each, offset, limit) for each in verdicts]
        return WRITERS[query["format"]](view)

    def _verdict(self, account: Account, query: Any) -> Verdict:
        """What the rules say of an account, with what its journal and what left that tell."""
        found = told_by(self.keeper.folder(account), over=query["over"], now=account.now())
        history = found.history
        if query["allow_violations"]:
            history = _without_invalid(history)
        totals: dict[str, int] = {fate: found.totals[fate] for fate in FATES}
        unknown = _incomplete(
            history, found.forgotten_chains, account.journal.evicted if account.conduct is None else 0
        )
        verdict = _verdict_of(history, query)
        events = {name: found.totals[name] for name in ("events", "deliveries", "harmless")}
        requests = len(history.attempts) + history.forgotten
        figures = {"requests": requests, "chains": len(history.chains) + found.forgotten_chains, **events}
        return verdict._replace(
            ledger=found.ledger, totals=totals, figures={**figures, **verdict.figures}, incomplete=unknown
        )


def _verdict_of(history: History, query: Any) -> Verdict:
    """What the rules say of a history. Raises BadCall for the name of no rule."""
    results = judge(history, _limits(query))
    names = [result.rule for result in results]
    allowed = [name for name in query.get("allow", "").split(",") if name]
    for name in allowed:
        if name not in names:
            raise bad_query(("allow", f"there is no rule of conduct {name[:40]!r}{hint(name, names)}"))
    results = tuple(
        each._replace(state="allowed") if each.rule in allowed and each.state == "broken" else each for each in results
    )
    figures = {name: value for result in results for name, value in result.figures.items()}
    return Verdict(results, history.chains, (), dict.fromkeys(FATES, 0), figures)


def _scorecard(view: Any) -> Scorecard:
    """A verdict as the reports take it: each account is a case."""
    accounts = view["accounts"] or [{**view, "account": "the account", "vendor": ""}]
    cases = tuple(Case(each["account"], each, requests=each["figures"].get("requests", 0)) for each in accounts)
    return Scorecard(f"mockserver conduct: {counted(len(cases), 'account')}", "", cases)


def _text(content: str, media_type: str) -> Response:
    return Response(f"{content.rstrip()}\n", media_type=media_type)


def _limits(query: Any) -> Limits:
    attempts = query["max_attempts"]
    return Limits(None if attempts == "unlimited" else int(attempts), ordered=query["ordered"])


def _without_invalid(history: History) -> History:
    """A history in which requests that break the contract are not judged."""

    def marked(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
        return tuple(each if each.valid else each._replace(judged=False) for each in attempts)

    chains = tuple(chain._replace(attempts=marked(chain.attempts)) for chain in history.chains)
    return history._replace(chains=chains, attempts=marked(history.attempts))


def _incomplete(history: History, forgotten_chains: int, unread: int) -> tuple[str, ...]:
    """What a verdict does not know."""
    said = []
    if history.forgotten:
        attempts = f"{history.forgotten} of {history.forgotten + len(history.attempts)} requests are no longer kept"
        said.append(f"{attempts}, {forgotten_chains} whole chains among them: rules are judged by the others")
    if unread:
        said.append(f"{unread} requests left the journal unread")
    return tuple(said)


def _together(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdicts on several clients as one: every finding of each; figures are those that can be summed."""
    summed = ("requests", "chains", "events", "deliveries", "harmless")
    return Verdict(
        results=tuple(map(_merged, zip(*(verdict.results for verdict in verdicts), strict=True))),
        chains=tuple(chain for verdict in verdicts for chain in verdict.chains),
        ledger=tuple(entry for verdict in verdicts for entry in verdict.ledger),
        totals={fate: sum(verdict.totals[fate] for verdict in verdicts) for fate in FATES},
        figures={name: sum(verdict.figures[name] for verdict in verdicts) for name in summed},
        incomplete=tuple(said for verdict in verdicts for said in verdict.incomplete),
    )


def _merged(results: Sequence[RuleResult]) -> RuleResult:
    worst = min(results, key=lambda result: STATES.index(result.state))
    return worst._replace(
        exercised=sum(result.exercised for result in results),
        findings=tuple(finding for result in results for finding in result.findings),
    )


def _account_view(found: AccountVerdict, offset: int, limit: int) -> AccountConductView:
    account, verdict = found
    return {"account": account.label, "vendor": account.vendor, **_view(verdict, offset, limit)}


def _view(verdict: Verdict, offset: int, limit: int) -> VerdictView:
    """A verdict, with so many of its chains and of the entries of its ledger, from `offset` on."""
    page = slice(offset, offset + limit)
    return {
        "results": [_result_view(result) for result in verdict.results],
        "chains": [_chain_view(chain) for chain in verdict.chains[page]],
        "chains_total": len(verdict.chains),
        "ledger": [_entry_view(entry) for entry in verdict.ledger[page]],
        "ledger_total": len(verdict.ledger),
        "totals": dict(verdict.totals),
        "figures": dict(verdict.figures),
        "incomplete": list(verdict.incomplete),
    }


def _result_view(result: RuleResult) -> RuleResultView:
    return {
        "rule": result.rule,
        "state": result.state,
        "exercised": result.exercised,
        "findings": [_finding_view(finding) for finding in result.findings],
        "note": result.note,
        "figures": dict(result.figures),
    }


def _finding_view(finding: Finding) -> ConductFindingView:
    evidence = _evidence_view(finding.evidence, finding.vendor)
    return {**finding._asdict(), "requests": list(finding.requests), "evidence": evidence}  # type: ignore[typeddict-item]


def _evidence_view(evidence: Evidence, vendor: str) -> EvidenceView:
    view: EvidenceView = {"kind": evidence.kind, "source": evidence.source}
    page = vendor_named(vendor).page(evidence)
    if page is not None:
        view["url"] = page
    return view


def _chain_view(chain: Chain) -> ChainView:
    delays = (None, *chain.delays)
    attempts = [_attempt_view(each, delay) for each, delay in zip(chain.attempts, delays, strict=True)]
    return {
        "id": chain.id,
        "vendor": chain.vendor,
        "operation": chain.operation,
        "account": chain.account,
        "total": chain.total,
        "forgotten": chain.forgotten,
        "head": chain.head,
        "follows_success": chain.follows_success,
        "attempts": attempts,
    }


def _attempt_view(attempt: Attempt, delay: float | None) -> AttemptView:
    told = attempt.told
    return {
        "request_id": attempt.request_id,
        "status": attempt.status,
        "retry": attempt.retry,
        "delay": delay,
        "told": told.seconds if told else None,
        "told_by": told.header if told else None,
        "started_at": attempt.started_at,
        "answered_at": attempt.answered_at,
        "finished_at": attempt.finished_at,
        "lost_at": attempt.lost_at,
        "connection": attempt.connection,
        "position": attempt.position,
        "bytes": attempt.body_bytes,
        "events": len(attempt.event_keys),
        "fault": attempt.fault,
        "fault_stage": attempt.fault_stage,
        "wire": attempt.wire,
        "valid": attempt.valid,
        "stored": attempt.stored,
        "acknowledged": attempt.acknowledged,
        "received_whole": attempt.received_whole,
    }


def _entry_view(entry: LedgerEntry) -> LedgerEntryView:
    return {**entry._asdict(), "requests": list(entry.requests)}  # type: ignore[typeddict-item]
