"""Whatever bytes a body holds, the server answers as documented: no 5xx, no hang, no growth of memory."""

from __future__ import annotations

import json
import zlib
from itertools import islice

import pytest

from mockserver.contracts import packaged_schemas
from tests.support.harness import Operation, each_operation, serving
from tests.support.mutants import mutants as mutated
from tests.support.pouring import pour

FIXTURES = packaged_schemas().parent / "fixtures"
ANSWERS = {200, 202, 400, 413}
GROWTH = 24 * 1024 * 1024
"""Bytes by which the server may still grow once its journal is full."""


@pytest.mark.parametrize("profile", ["documented", "observed"])
@each_operation
def test_no_body_breaks_the_server(operation: Operation, profile: str, mutants: int) -> None:
    examples = [json.loads(path.read_text("utf-8")) for path in FIXTURES.glob(f"*/{operation.id}/request.*.json")]
    bodies = mutated([operation.accepted, *examples], zlib.crc32(operation.id.encode()), mutants)
    small = ("--journal-entries", "100", "--journal-bytes", "2000000", "--log-level", "error", "--no-quotas")
    with serving("--profile", profile, *small) as server:
        headers = operation.headers("fuzz")
        first = pour(server.url, operation.path, headers, islice(bodies, mutants // 3))
        before = server.resident_bytes
        rest = pour(server.url, operation.path, headers, bodies)
        statuses = first.statuses + rest.statuses
        assert first.broke + rest.broke == []
        assert set(statuses) <= ANSWERS
        assert statuses.total() == mutants
        assert server.resident_bytes - before < GROWTH
        assert server.log == ""
