"""The command `python -m benchmarks.clients [--only NAME …] [--output FILE]`.

Runs `mockserver conduct` with each real client whose toolchain is here, and prints the matrix client × rule as
Markdown; `make clients` writes it to docs/clients.md. The clients of other languages are built first.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.clients.programs import FOLDER, LANGUAGES, Program, programs_of
from benchmarks.clients.python_clients import CLIENTS
from mockserver.battery.running import within_reason
from mockserver.client.conduct import JudgeOptions, verdict_view
from mockserver.conduct.reports.machine import json_report
from mockserver.conduct.reports.scorecard import Case, Scorecard
from mockserver.faults.scenario import battery
from mockserver.testing import CoupledClock, MockServer

SECONDS = "20"
"""For each scenario; a client that retries for ever is ended then."""
NEEDS_REAL_TIME = {"tenacity-bare", "datadog-api-client"}
"""Python clients that have to be ended: one retries for ever without a wait, and one waits for ever."""
NEVER_SLEEPS = "tenacity-bare"
"""The client that is judged alone: it takes the processor from others, which then seem to wait longer."""
AT_ONCE = 4
"""Other clients that are judged at once: they sleep most of the time."""
MARKS = {
    "broken": "✗",
    "advisory": "!",
    "kept": "✓",
    "too few samples": "?",
    "not exercised": "·",
    "allowed": "·",
}
NOT_RUN = "–"
HEAD = """\
# Real clients

What `mockserver conduct` says of real clients, each configured as the second table says, with three events in every
scenario. `make clients` writes this page; the clients are in `benchmarks/clients/`. Those in Python run in virtual
time; the others, `tenacity-bare` and `datadog-api-client` run in real time, where load can hide that delays are alike.
Where a toolchain or a package is not installed, the rows of its clients say what is missing.

✗ broken, ! advisory, ✓ kept, ? too few samples, · not exercised, – not run here. A name that ends in `-like` is a loop
that follows a published policy, not the product itself.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clients", description="Judge real clients.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these clients")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the matrix here")
    given = parser.parse_args()
    named = given.only or [*CLIENTS, *(name for language in LANGUAGES for name in language.notes)]
    programs = [each for each in python_programs() if each.name in named]
    for language in LANGUAGES:
        if language.notes.keys() & set(named):
            programs += [each for each in programs_of(language) if each.name in named]
    page = matrix(programs, scorecards([each for each in programs if each.command]))
    print(page, end="")
    if given.output:
        given.output.write_text(page, "utf-8")
    return 0


def scorecards(programs: Sequence[Program]) -> dict[str, dict[str, Any]]:
    """The scorecard of each client by its name."""
    virtual = [each for each in programs if each.name in CLIENTS.keys() - NEEDS_REAL_TIME]
    cards = {each.name: judged_virtually(each) for each in virtual}
    alone = [each for each in programs if each.name == NEVER_SLEEPS]
    cards |= {each.name: judged(each) for each in alone}
    real = [each for each in programs if each.name not in cards]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return cards | dict(zip([each.name for each in real], pool.map(judged, real), strict=True))


def python_programs() -> Iterator[Program]:
    for name, client in CLIENTS.items():
        versions = ", ".join(f"{package} {version(package)}" for package in client.packages)
        command = (sys.executable, "-m", "benchmarks.clients.python_clients", name)
        yield Program(name, f"Python {platform.python_version()}, {versions}", command, client.note)


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


def matrix(programs: Sequence[Program], cards: Mapping[str, dict[str, Any]]) -> str:
    """The page: a row for each client, a column for each rule that one of them exercised, and what was broken."""
    standings = {name: {rule["rule"]: rule["standing"] for rule in card["rules"]} for name, card in cards.items()}
    rules = [
        rule
        for rule in next(iter(standings.values()), {})
        if any(each[rule] not in ("not exercised", "allowed") for each in standings.values())
    ]
    lines = [HEAD, f"| client | {' | '.join(f'`{rule}`' for rule in rules)} |", f"|---|{'---|' * len(rules)}"]
    for program in programs:
        found = standings.get(program.name)
        marks = [MARKS[found[rule]] if found else NOT_RUN for rule in rules]
        lines.append(f"| {program.name} | {' | '.join(marks)} |")
    lines += ["", "| client | versions | configured | broken, and advisories |", "|---|---|---|---|"]
    for program in programs:
        told = said_of(cards[program.name]) if program.name in cards else "not run"
        lines.append(f"| {program.name} | {program.version} | {program.note} | {told} |")
    return "\n".join(lines) + "\n"


def said_of(card: Mapping[str, Any]) -> str:
    """The rules that a client broke, and those with advisories."""
    told = [f"**{each['rule']}**" for each in card["rules"] if each["standing"] == "broken"]
    told += [each["rule"] for each in card["rules"] if each["standing"] == "advisory"]
    return ", ".join(told) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
