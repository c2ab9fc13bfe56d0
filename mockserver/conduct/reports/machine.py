"""A scorecard for machines: one JSON object."""

from typing import Any

from mockserver import __version__
from mockserver.conduct.reports.scorecard import Case, Scorecard
from mockserver.support.jsontext import indented


def json_report(scorecard: Scorecard) -> str:
    """`summary`, `rules` and `cases`; each case holds its verdict as `GET /__admin/conduct` shows it."""
    return indented(
        {
            "version": __version__,
            "title": scorecard.title,
            "vendor": scorecard.vendor,
            "strict": scorecard.strict,
            "interrupted": scorecard.interrupted,
            "seconds": round(scorecard.seconds, 3),
            "notes": list(scorecard.notes),
            "summary": dict(scorecard.counts),
            "failed": [line.rule for line in scorecard.failed],
            "rules": [
                {
                    "rule": line.rule,
                    "standing": line.standing,
                    "cases": list(line.cases),
                    "findings": len(line.findings),
                    "note": line.note,
                }
                for line in scorecard.rules
            ],
            "cases": list(map(_case, scorecard.cases)),
        }
    )


def _case(case: Case) -> dict[str, Any]:
    client = case.client
    return {
        "name": case.name,
        "description": case.description,
        "requests": case.requests,
        "client": None
        if client is None
        else {"exit_code": client.exit_code, "timed_out": client.timed_out, "seconds": round(client.seconds, 3)},
        "faults": [{"script": each.script, "fired": each.fired, "times": each.times} for each in case.faults],
        "verdict": case.verdict,
    }
