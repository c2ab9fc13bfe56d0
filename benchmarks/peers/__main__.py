"""The command: `python -m benchmarks.peers [--only TOOL …] [--output FILE] [--list]`.

Runs the corpus with each tool and prints the table. `--list` adds, for each tool, the bugs that pass, the right clients
that fail and what cannot be written. Needs the extra `peers`, and Java and npm for WireMock.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from pathlib import Path

from benchmarks import machine
from benchmarks.peers import corpus
from benchmarks.peers.peer import Peer
from benchmarks.peers.running import Collector, run
from benchmarks.peers.table import table
from mockserver import __version__

PEERS = {
    "respx": ("respx_router", "RespxRouter"),
    "httpserver": ("httpserver", "HttpServer"),
    "wiremock": ("wiremock", "WireMock"),
}
TOOLS = ("mockserver", *PEERS)
BEGIN, END = "<!-- table -->\n", "<!-- end of the table -->\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description="Compare what tools catch.")
    parser.add_argument("--only", nargs="+", choices=TOOLS, default=list(TOOLS), metavar="TOOL", help=", ".join(TOOLS))
    parser.add_argument("--output", type=Path, metavar="FILE", help="replace the table of this page")
    parser.add_argument("--list", action="store_true", help="list what each tool does not catch")
    given = parser.parse_args()
    results: dict[str, Collector] = {}
    for tool in given.only:
        try:
            name, collector = _measured(tool)
        except (ImportError, machine.MissingToolError) as error:
            print(f"{tool} is left out: {error}", file=sys.stderr)
            continue
        results[name] = collector
    text = table(corpus.files(), {name: collector.fates for name, collector in results.items()})
    print(text)
    if given.list:
        for name, collector in results.items():
            print("\n".join([f"{name}:", *_listed(collector)]))
    if given.output:
        before, _, rest = given.output.read_text("utf-8").partition(BEGIN)
        given.output.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")
    return 0


def _measured(tool: str) -> tuple[str, Collector]:
    """A tool's name with its version, and what became of the tests."""
    with contextlib.redirect_stdout(sys.stderr):
        if tool == "mockserver":
            return f"mockserver {__version__}", run(corpus.files(), None)
        module, name = PEERS[tool]
        peer: Peer = getattr(importlib.import_module(f"benchmarks.peers.{module}"), name)()
        collector = run(corpus.files(), peer)
        return peer.name, collector


def _listed(collector: Collector) -> list[str]:
    lines = []
    for (module, test), fate in collector.fates.items():
        right = module == corpus.RIGHT
        if fate == "unwritten" or (fate == "failed") == right:
            last = (collector.reasons.get((module, test), "").strip().splitlines() or ["-"])[-1]
            lines.append(f"  {fate}: {module}.{test}: {last}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
