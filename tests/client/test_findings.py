"""Requests that nobody claims are told once where the same is to be said of them."""

from __future__ import annotations

from typing import Any

from mockserver.client.findings import MAX_REQUESTS, unclaimed_requests


def request(number: int, path: str = "/api/v2/prodlytics", status: int = 202) -> Any:
    """The view of an unclaimed request."""
    told = {
        "reason": "there is no credential",
        "credential": None,
        "place": None,
        "endpoint": None,
        "expected": None,
        "account": None,
    }
    return {"id": f"r{number}", "method": "POST", "path": path, "status": status, "unclaimed": told}


def test_the_same_of_several_requests_is_told_once() -> None:
    assert unclaimed_requests([request(1, status=503), request(2, "/other"), request(3), request(4)]) == [
        "4 requests came that no account claims",
        "",
        "POST /api/v2/prodlytics (request r1, answered 503)",
        "  reason      there is no credential",
        "  the same in 2 more requests: r3, r4",
        "",
        "POST /other (request r2, answered 202)",
        "  reason      there is no credential",
    ]


def test_only_the_first_findings_are_shown() -> None:
    paths = [f"/{number}" for number in range(MAX_REQUESTS + 1)]
    lines = unclaimed_requests([request(number, path) for number, path in enumerate([*paths, paths[-1]])])
    assert lines[-1] == "… and 2 more requests"
    assert f"POST {paths[-1]} " not in "\n".join(lines)
