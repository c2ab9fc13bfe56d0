"""Serves OpenAPI documents as they are: `python -m benchmarks.documents FOLDER [--prism] [--output FILE]`.

For each document of the folder: how many operations are served, how many valid requests (one for each operation) get a
documented success that fits its schema, and how many of those that break one rule get a 4xx; the same with Prism.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import yaml

from benchmarks import machine
from benchmarks.document_requests import Case, cases
from benchmarks.servers import free_port
from mockserver.http.media import accepts, essence, is_json
from mockserver.operations import Operation
from mockserver.support.keywords import METHODS
from mockserver.testing import MockServer
from mockserver.vendors.contracts import load_contracts

HOST = "127.0.0.1"
START_SECONDS = 90.0
ANSWER_SECONDS = 2.0
"""Prism never answers a body that is no JSON."""


class Score(NamedTuple):
    """What one server made of the requests to one document: how many of each kind it took as it should."""

    valid: int = 0
    accepted: int = 0
    broken: int = 0
    refused: int = 0
    wrong: tuple[str, ...] = ()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.documents", description=__doc__)
    parser.add_argument("documents", type=Path, nargs="+", metavar="PATH", help="documents, or folders of them")
    parser.add_argument("--prism", action="store_true", help="send the same requests to Prism")
    parser.add_argument("--wrong", action="store_true", help="list what was not taken as it should be")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the table here, as Markdown")
    given = parser.parse_args()
    lines = list(HEADER)
    print("\n".join(lines))
    for document in _documents(given.documents):
        lines.append(row(document, given.prism, given.wrong))
        print(lines[-1], flush=True)
    if given.output:
        given.output.write_text("\n".join([*lines, ""]), "utf-8")
    return 0


HEADER = (
    "| document | operations | served | valid → success | broken → 4xx | Prism: valid | Prism: broken |",
    "|---|--:|--:|--:|--:|--:|--:|",
)


def _documents(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]


def row(document: Path, prism: bool, wrong: bool) -> str:
    """The row of one document."""
    catalogue = load_contracts(document, (), "documented")
    operations = catalogue.operations
    requests = [case for operation in operations for case in cases(operation)]
    found: dict[str, Score | None] = {"mockserver": ours(document, requests)}
    found["Prism"] = prisms(document, requests) if prism else None
    for name, score in found.items():
        for line in score.wrong if wrong and score is not None else ():
            print(f"{document.name}: {name}: {line}")
    cells = [document.name, str(_written(document)), str(len(operations))]
    for score in found.values():
        cells += (
            ["–", "–"] if score is None else [_share(score.accepted, score.valid), _share(score.refused, score.broken)]
        )
    return f"| {' | '.join(cells)} |"


def _written(document: Path) -> int:
    """The operations that a document writes down."""
    text = document.read_text("utf-8")
    content = json.loads(text) if document.suffix == ".json" else yaml.safe_load(text)
    items = (content.get("paths") or {}).values()
    return sum(method in item for item in items if isinstance(item, dict) for method in METHODS)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "–"


def ours(document: Path, requests: list[Case]) -> Score:
    with MockServer(schemas=document, quotas=False) as server:
        assert server.port is not None
        return score(server.port, requests)


def prisms(document: Path, requests: list[Case]) -> Score | None:
    """What Prism makes of them; None where it does not serve the document."""
    port = free_port()
    options = ["mock", str(document), "-h", HOST, "-p", str(port), "--verboseLevel", "error"]
    with subprocess.Popen(machine.prism() + options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            return score(port, requests) if _is_up(process, port) else None
        finally:
            process.terminate()


def _is_up(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            client = http.client.HTTPConnection(HOST, port, timeout=5)
            client.request("GET", "/")
            client.getresponse().read()
            client.close()
            return True
        time.sleep(0.2)
    return False


def score(port: int, requests: list[Case]) -> Score:
    """Sends the requests one after the other, and counts."""
    counted: Counter[str] = Counter()
    wrong: list[str] = []
    client = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    for case in requests:
        try:
            client.request(case.method, case.target, case.body, dict(case.headers))
            response = client.getresponse()
            body, status, header = response.read(), response.status, response.headers.get("content-type")
        except (OSError, http.client.HTTPException) as error:
            client.close()
            body, status, header = str(error).encode(), 0, None
        problem = _problem(case, status, header, body)
        kind = "valid" if case.broken is None else "broken"
        counted[kind] += 1
        counted["accepted" if case.broken is None else "refused"] += problem is None
        if problem is not None:
            wrong.append(f"{case.method} {case.target} ({case.broken or 'valid'}): {status} {problem}")
    client.close()
    return Score(counted["valid"], counted["accepted"], counted["broken"], counted["refused"], tuple(wrong))


def _problem(case: Case, status: int, header: str | None, body: bytes) -> str | None:
    """What is wrong with the response to a request; None where nothing is."""
    if case.broken is not None:
        return None if 400 <= status < 500 else body[:200].decode("utf-8", "replace")
    if not 200 <= status < 400:
        return body[:300].decode("utf-8", "replace")
    return _misfit(case.operation, status, header, body)


def _misfit(operation: Operation, status: int, header: str | None, body: bytes) -> str | None:
    """Where a success departs from its document, by another validator than the server's."""
    contract = operation.response_for(status)
    if contract is None:
        return None if not operation.responses else "the status is not documented"
    if status in (204, 304) or operation.method == "HEAD":
        return "there is content" if body else None
    if not contract.contents:
        return None
    sent = essence((header or "").encode())
    content = next((each for each in contract.contents if accepts(each.media_type, sent)), None)
    if content is None:
        return f"the content type {sent} is not documented"
    if content.schema is None or not is_json(sent.encode()):
        return None
    validator = jsonschema.Draft202012Validator(content.schema.document)
    try:
        problem: Any = next(validator.iter_errors(json.loads(body)), None)
    except ValueError as error:
        return f"the body is not JSON: {error}"
    return None if problem is None else f"{problem.json_path}: {problem.message[:200]}"


if __name__ == "__main__":
    raise SystemExit(main())
