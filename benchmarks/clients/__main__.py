"""The command `python -m benchmarks.clients [--only NAME …] [--output FILE]`.

Runs `mockserver conduct` with each real client whose toolchain is here, and prints the matrix client × rule as
Markdown; `make clients` writes it to docs/clients.md. The clients of other languages are built first: see `BUILDS`.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.clients.python_clients import CLIENTS
from mockserver.battery.running import within_reason
from mockserver.client.conduct import JudgeOptions, verdict_view
from mockserver.conduct.reports.machine import json_report
from mockserver.conduct.reports.scorecard import Case, Scorecard
from mockserver.faults.scenario import battery
from mockserver.testing import CoupledClock, MockServer

FOLDER = Path(__file__).parent
BUILT = FOLDER / "built"
SECONDS = "20"
"""For each scenario; a client that retries for ever is ended then."""
NEEDS_REAL_TIME = {"tenacity-bare", "datadog-api-client"}
"""Python clients that have to be ended: one retries for ever without a wait, and one waits for ever."""
AT_ONCE = 5
"""Clients that are judged at once: they sleep most of the time."""
BUILDS: dict[str, tuple[Path, tuple[str, ...]]] = {
    "npm": (FOLDER / "node", ("npm", "install", "--no-package-lock", "--silent")),
    "go": (FOLDER / "go", ("go", "build", "-o", str(BUILT / "go-client"), ".")),
    "javac": (FOLDER / "java", ("javac", "-d", str(BUILT), "Client.java")),
}
"""By the tool that must be there: where, and what builds the clients of its language."""
MARKS = {
    "broken": "✗",
    "advisory": "!",
    "kept": "✓",
    "too few samples": "?",
    "not exercised": "·",
    "allowed": "·",
}
HEAD = """\
# Real clients

What `mockserver conduct` says of real clients, each configured as its documentation has it, with three events in every
scenario. `make clients` writes this page; the clients are in `benchmarks/clients/`. Those in Python run in virtual
time; the others, `tenacity-bare` and `datadog-api-client` run in real time, where load can hide that delays are alike.

✗ broken, ! advisory, ✓ kept, ? too few samples, · not exercised. A name that ends in `-like` is a loop that follows a
published policy, not the product itself.
"""


class Program(NamedTuple):
    """A client to run: its name, the version that counts, its command, and what is special in a few words."""

    name: str
    version: str
    command: tuple[str, ...]
    note: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clients", description="Judge real clients.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these clients")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the matrix here")
    given = parser.parse_args()
    programs = [each for each in all_programs() if given.only is None or each.name in given.only]
    virtual = {each.name: judged_virtually(each) for each in programs if each.name in CLIENTS.keys() - NEEDS_REAL_TIME}
    real = [each for each in programs if each.name not in virtual]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        cards = {**virtual, **dict(zip([each.name for each in real], pool.map(judged, real), strict=True))}
    page = matrix([(program, cards[program.name]) for program in programs])
    print(page, end="")
    if given.output:
        given.output.write_text(page, "utf-8")
    return 0


def all_programs() -> list[Program]:
    """The clients whose toolchain is here, built."""
    BUILT.mkdir(exist_ok=True)
    present = {tool for tool in BUILDS if shutil.which(tool)}
    for tool in present:
        folder, command = BUILDS[tool]
        subprocess.run(command, cwd=folder, check=True)
    return [*python_programs(), *(each for tool in sorted(present) for each in PROGRAMS[tool]())]


def python_programs() -> Iterator[Program]:
    for name, client in CLIENTS.items():
        versions = ", ".join(f"{package} {version(package)}" for package in client.packages)
        command = (sys.executable, "-m", "benchmarks.clients.python_clients", name)
        yield Program(name, f"Python {platform.python_version()}, {versions}", command, client.note)


def node_programs() -> Iterator[Program]:
    node = _said("node", "--version").removeprefix("v")
    got = json.loads((FOLDER / "node" / "node_modules" / "got" / "package.json").read_text("utf-8"))["version"]
    yield Program("fetch", f"Node {node}", ("node", str(FOLDER / "node" / "fetch.mjs")), "retries nothing by itself")
    yield Program(
        "got", f"Node {node}, got {got}", ("node", str(FOLDER / "node" / "got.mjs")), "`retry: {methods: ['POST']}`"
    )


def go_programs() -> Iterator[Program]:
    go = _said("go", "env", "GOVERSION").removeprefix("go")
    program, module = str(BUILT / "go-client"), "github.com/hashicorp/go-retryablehttp"
    required = next(
        line.split()[2] for line in (FOLDER / "go" / "go.mod").read_text("utf-8").splitlines() if module in line
    )
    yield Program("net/http", f"Go {go}", (program, "net/http"), "retries no POST by itself")
    yield Program("retryablehttp", f"Go {go}, {required}", (program, "retryablehttp"), "hashicorp's, with its defaults")


def java_programs() -> Iterator[Program]:
    java = _said("java", "--version").split()[1]
    command = ("java", "-XX:TieredStopAtLevel=1", "-cp", str(BUILT), "Client")
    yield Program("HttpURLConnection", f"Java {java}", (*command, "HttpURLConnection"), "sends a POST again by itself")
    yield Program(
        "HttpClient", f"Java {java}", (*command, "HttpClient"), "`java.net.http`, without retries of one's own"
    )


PROGRAMS = {"npm": node_programs, "go": go_programs, "javac": java_programs}


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def judged(program: Program) -> dict[str, Any]:
    """The scorecard of a client, as JSON. Raises ChildProcessError where it cannot be judged."""
    command = ("conduct", "--format", "json", "--jobs", "14", "--timeout", SECONDS, "--", *program.command)
    ended = subprocess.run(
        (sys.executable, "-m", "mockserver", *command),
        capture_output=True,
        text=True,
        cwd=FOLDER.parents[1],
        check=False,
    )
    if ended.returncode not in (0, 1):
        raise ChildProcessError(f"{program.name}: {ended.stderr}")
    print(f"{program.name}: {json.loads(ended.stdout)['summary']}", file=sys.stderr)
    scorecard: dict[str, Any] = json.loads(ended.stdout)
    return scorecard


def judged_virtually(program: Program) -> dict[str, Any]:
    """The scorecard of a Python client in virtual time, where no other load of the machine disturbs its delays."""
    cases = []
    with MockServer(log_level="error") as server:
        for name, path in battery().items():
            account = server.datadog(f"mock-dd-{name}")
            account.script(path)
            with CoupledClock(account):
                CLIENTS[program.name].send(account.url, account.api_key)
            query = {"account": account.api_key, "vendor": account.vendor}
            cases.append(Case(name, within_reason(verdict_view(server.control, query, JudgeOptions()), name)))
    scorecard: dict[str, Any] = json.loads(json_report(Scorecard(program.name, "datadog", tuple(cases))))
    print(f"{program.name}: {scorecard['summary']}", file=sys.stderr)
    return scorecard


def matrix(judged: Sequence[tuple[Program, dict[str, Any]]]) -> str:
    """The page: a row for each client, a column for each rule that one of them exercised, and what was broken."""
    standings = {program.name: {rule["rule"]: rule["standing"] for rule in card["rules"]} for program, card in judged}
    rules = [
        rule
        for rule in next(iter(standings.values()), {})
        if any(each[rule] not in ("not exercised", "allowed") for each in standings.values())
    ]
    lines = [HEAD, f"| client | {' | '.join(f'`{rule}`' for rule in rules)} |", f"|---|{'---|' * len(rules)}"]
    for program, _ in judged:
        lines.append(f"| {program.name} | {' | '.join(MARKS[standings[program.name][rule]] for rule in rules)} |")
    lines += ["", "| client | versions | configured | broken, and advisories |", "|---|---|---|---|"]
    for program, card in judged:
        told = [f"**{each['rule']}**" for each in card["rules"] if each["standing"] == "broken"]
        told += [each["rule"] for each in card["rules"] if each["standing"] == "advisory"]
        lines.append(f"| {program.name} | {program.version} | {program.note} | {', '.join(told) or 'nothing'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
