"""A sender in Node under the README's recipe for CI: its mistakes are found by `verify` and by `--fail-on` alone."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.harness import PATIENCE, environment

pytestmark = [
    pytest.mark.socket,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm and node are missing: apt-get install nodejs npm"),
]

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SENDER = """
const event = {
  type: "server",
  application: { id: "shop" },
  event: { name: "payment.processed" },
  usr: { id: "u1" },
};
for (let attempt = 0; attempt < 5; attempt++) {
  const response = await fetch(process.env.EVENTS_URL + "/api/v2/prodlytics", {
    method: "POST",
    headers: { "Content-Type": "application/json", "DD-API-KEY": "demo" },
    body: JSON.stringify(event),
  });
  if (response.status !== 503) break; // and like many senders, it does not look at any other failure
  await new Promise((resolve) => setTimeout(resolve, 1000 * response.headers.get("retry-after")));
}
"""
NOTE_FAILURES = """trap 'echo "exit code $?: $BASH_COMMAND"' ERR"""


class Ended(NamedTuple):
    """The exit code of the recipe, its output, and the commands that failed."""

    code: int
    output: str
    failed: list[str]


@pytest.fixture
def port() -> int:
    """A free port that no other test is given: those ask the system, which gives them ports above these."""
    while True:
        chosen = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", chosen))
            return chosen


def recipe(port: int) -> str:
    """The README's listing for a server on a port; it waits for events no longer than they need."""
    found = re.search(r"^## In CI, for any language\n+```bash\n(.*?)```", README, re.DOTALL | re.MULTILINE)
    assert found
    script = found[1].replace("--port 8080", f"--port {port}").replace("--within 5", "--within 0.2")
    return re.sub(r"^(mockserver (?:wait|verify|export))", rf"\1 --url http://127.0.0.1:{port}", script, flags=re.M)


def follow(folder: Path, port: int, sender: str, *options: str) -> Ended:
    """Follows the recipe with a sender as `npm test`. What it leaves behind where it ends early is ended too."""
    folder.joinpath("sender.mjs").write_text(sender, "utf-8")
    folder.joinpath("package.json").write_text('{"private": true, "scripts": {"test": "node sender.mjs"}}', "utf-8")
    path = f"{Path(sys.executable).parent}:{environment()['PATH']}"
    process = subprocess.Popen(
        ["bash", "-u", *options, "-c", f"{NOTE_FAILURES}\n{recipe(port)}"],
        cwd=folder,
        env=environment(PATH=path, EVENTS_URL=f"http://127.0.0.1:{port}", npm_config_update_notifier="false"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=3 * PATIENCE)  # it starts six programs, one after the other
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return Ended(process.returncode, output, re.findall(r"^exit code (\d+: \w+ ?\w*)", output, re.MULTILINE))


def test_a_right_sender_passes(tmp_path: Path, port: int) -> None:
    """Under `bash -e`, as most CI systems run a script: no command fails."""
    ended = follow(tmp_path, port, SENDER, "-e")
    assert (ended.code, ended.failed) == (0, []), ended.output
    assert 'ok: 1 accepted event "payment.processed"' in ended.output
    summary = ended.output.splitlines()[-1]
    assert re.fullmatch(r"violation: 0, (conduct: 0, )?unclaimed: 0, unfired: 0, advisory: 0", summary)
    assert "payment.processed" in (tmp_path / "journal.har").read_text("utf-8")


@pytest.mark.parametrize(
    ("right", "wrong", "verified", "finding", "summary"),
    [
        pytest.param(
            '"demo"',
            '"dem0"',
            "requests that no account claims:\n  POST /api/v2/prodlytics (request r1): nobody claims the credential",
            "account     de…2a97516c354b is the nearest that is claimed\n  the same in 3 more requests: r2, r3, r4\n",
            "violation: 0, unclaimed: 4, unfired: 0, advisory: 0",
            id="wrong key",
        ),
        pytest.param(
            "/prodlytics",
            "/prodlytic",
            "POST /api/v2/prodlytic (request r1, answered 404): path: no documented endpoint at this path; the nearest "
            "is POST /api/v2/prodlytics",
            "path: no documented endpoint at this path; the nearest is POST /api/v2/prodlytics",
            "violation: 1, unclaimed: 0, unfired: 0, advisory: 0",
            id="wrong path",
        ),
        pytest.param(
            "usr:",
            "user:",
            "rejected: 400: the body at least one of usr, account and session is required)\n"
            '       /usr     expected {"id": "u1"}\n                received nothing',
            "/user unknown field 'user'; did you mean 'usr'?",
            "violation: 4, unclaimed: 0, unfired: 0, advisory: 4",
            id="misspelt field",
        ),
    ],
)
def test_a_wrong_sender_fails_both_gates(
    tmp_path: Path, port: int, right: str, wrong: str, verified: str, finding: str, summary: str
) -> None:
    """`npm test` passes; `verify` says what came instead, and the server, asked to end, what was wrong."""
    assert SENDER.count(right) == 1
    ended = follow(tmp_path, port, SENDER.replace(right, wrong))
    assert (ended.code, ended.failed) == (1, ["1: mockserver verify", "1: wait "]), ended.output
    report, _, rest = ended.output.partition("mockserver received ")
    assert verified in report
    assert finding in rest
    assert set(summary.split(", ")) <= set(rest.splitlines()[-2].split(", "))
    assert rest.endswith("\nexit code 1: wait %1\n")
