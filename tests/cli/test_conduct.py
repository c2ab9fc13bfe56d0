"""`mockserver conduct`: a client's command in the battery, its scorecard, its reports and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mockserver.support.faketime import library_in
from tests.support.faulting import until
from tests.support.harness import PATIENCE, PRODLYTICS, serving

pytestmark = pytest.mark.socket

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "conduct" / "send_events.py"
SENDER = """
import json, os, sys, urllib.error, urllib.request
def post(path="/api/v2/prodlytics", key=os.environ["MOCKSERVER_API_KEY"]):
    event = {"type": "server", "application": {"id": "a"}, "event": {"name": "paid"}, "usr": {"id": "u1"}}
    headers = {"DD-API-KEY": key, "Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["MOCKSERVER_URL"] + path, json.dumps(event).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
"""
MAX_SECONDS = 240.0
"""For a whole run, on a machine that does much else."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    command = [sys.executable, "-m", "mockserver", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=MAX_SECONDS, check=False)


def client(tmp_path: Path, code: str) -> tuple[str, str]:
    """The command of a client of a few lines."""
    file = tmp_path / "client.py"
    file.write_text(SENDER + code, "utf-8")
    return sys.executable, str(file)


def judged(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the scorecard as JSON."""
    ended = run("conduct", "--format", "json", *arguments)
    return ended.returncode, json.loads(ended.stdout)


def standings(card: dict[str, Any]) -> dict[str, str]:
    return {rule["rule"]: rule["standing"] for rule in card["rules"]}


def changed(tmp_path: Path, old: str, new: str) -> tuple[str, str]:
    """The command of the example with one change."""
    source = EXAMPLE.read_text("utf-8")
    assert source.count(old) == 1
    file = tmp_path / "send_events.py"
    file.write_text(source.replace(old, new), "utf-8")
    return sys.executable, str(file)


def test_the_example_keeps_every_rule() -> None:
    code, card = judged("--jobs", "14", "--strict", "--", sys.executable, str(EXAMPLE))
    found = set(standings(card).values())
    assert (code, card["failed"]) == (0, [])
    assert found <= {"kept", "too few samples", "not exercised"}
    assert standings(card)["wait"] == standings(card)["gives-up"] == standings(card)["jitter"] == "kept"
    assert len(card["cases"]) == 14


WAITS = "time.sleep(backoff(attempt) if told is None else told)"
CHANGES = {
    "no wait": (WAITS, "pass", "429", {"wait"}, {"broken"}),
    "not as told": (WAITS, "time.sleep(backoff(attempt))", "503", {"wait"}, {"broken"}),
    "no growth": ("FIRST_DELAY * 2.0 ** (attempt - 1)", "FIRST_DELAY", "down", {"growth"}, {"advisory"}),
    "no jitter": (
        "min(MAX_DELAY, FIRST_DELAY * 2.0 ** (attempt - 1)) * random.uniform(0.8, 1.2)",
        "2.0**attempt",
        "500",
        {"jitter"},
        {"advisory"},
    ),
    "no end": ("range(1, MAX_ATTEMPTS + 1)", "range(1, 100)", "down", {"gives-up"}, {"broken"}),
    "retries 400": ("RETRIED = {408", "RETRIED = {400, 408", "400", {"status"}, {"broken"}),
    "sends 413 again": ("RETRIED = {408", "RETRIED = {413, 408", "413", {"status"}, {"broken"}),
    "retries nothing": ("MAX_ATTEMPTS = 6", "MAX_ATTEMPTS = 1", "reset", {"not-lost"}, {"advisory"}),
    "an impatient client": ("TIMEOUT = 5.0", "TIMEOUT = 0.5", "slow", {"timeout"}, {"advisory"}),
    "a key in the text": ('"tags": ["shop"]', '"tags": [API_KEY]', "503", {"secrets"}, {"advisory"}),
    "deaf to dates": (
        "return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())",
        "return 0.1",
        "429-date",
        {"wait"},
        {"broken"},
    ),
    "a new time for each attempt": (
        "status, told = self._post(body)",
        'status, told = self._post(json.dumps({**event, "date_happened": 1700000000 + attempt}).encode())',
        "503",
        {"same-event"},
        {"advisory"},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_one_wrong_line_turns_the_right_line_red(name: str, tmp_path: Path) -> None:
    old, new, scenario, rules, levels = CHANGES[name]
    command = changed(tmp_path, old, new)
    code, card = judged("--only", scenario, "--timeout", "30", "--", *command)
    found = {rule: standing for rule, standing in standings(card).items() if standing in ("broken", "advisory")}
    assert rules <= set(found)
    assert set(found) <= rules | {"throttled", "not-lost", "hot"}
    assert {found[rule] for rule in rules} == levels
    assert code == int("broken" in found.values())


PATIENT = """
import time
unit, share, waits = float(sys.argv[1]), float(sys.argv[2]), open(sys.argv[3], "a")
for factor in (0.8, 1.0, 1.25):
    for attempt in range(3):
        status, told = post()
        if status == 202:
            break
        wait = factor * unit * 3**attempt if told is None else share * float(told)
        time.sleep(wait)
        print(wait, file=waits, flush=True)
"""
"""Waits as long as it is told, or a share of that, else three times as long with each attempt, and writes its waits
down."""


@pytest.mark.parametrize(("share", "standing"), [("1", "kept"), ("0.5", "broken")])
def test_a_client_whose_time_runs_faster_is_judged_alike(share: str, standing: str, tmp_path: Path) -> None:
    if library_in() is None:
        pytest.skip("libfaketime is not installed: apt-get install faketime")
    sender = SENDER.replace("return response.status", "return response.status, None")
    sender = sender.replace("return error.code", "return error.code, error.headers['retry-after']")
    file, waits = tmp_path / "client.py", tmp_path / "waits"
    file.write_text(sender.replace("timeout=10", "timeout=600") + PATIENT, "utf-8")
    battery = ("--only", "500", "--only", "503", "--jobs", "2")
    command = (sys.executable, str(file))
    _, usual = judged(*battery, "--", *command, "0.2", share, os.devnull)
    _, faster = judged(*battery, "--rate", "20", "--timeout", "1200", "--", *command, "4", share, str(waits))
    assert standings(faster) == standings(usual)
    assert standings(faster)["wait"] == standing
    assert faster["notes"] == []
    waited = sum(map(float, waits.read_text().split()))
    assert sum(case["client"]["seconds"] for case in faster["cases"]) < waited / 2


def test_a_person_reads_a_scorecard_and_files_say_the_same(tmp_path: Path) -> None:
    command = client(tmp_path, "print(post(), post(), os.environ['MOCKSERVER_SCENARIO'], os.environ['DD_API_KEY'])")
    outputs = [tmp_path / f"conduct{ending}" for ending in (".xml", ".sarif", ".md", ".json", ".txt")]
    options = [argument for output in outputs for argument in ("--output", str(output))]
    ended = run("conduct", "--only", "400", "--only", "429", *options, "--", *command)
    assert ended.returncode == 1
    assert "\nstatus         BROKEN           400: attempt 2 with the same content after 400\n" in ended.stdout
    assert "  400 400 400 mock-dd-conduct-400" not in ended.stdout
    assert "  400 202 400 mock-dd-conduct-400" in ended.stdout
    assert "fired 1 of 2" not in ended.stdout
    assert {case.get("name") for case in ET.parse(outputs[0]).iter("testsuite")} == {"400", "429"}
    assert json.loads(outputs[1].read_text("utf-8"))["version"] == "2.1.0"
    assert outputs[2].read_text("utf-8").startswith("### ❌ mockserver conduct: ")
    assert json.loads(outputs[3].read_text("utf-8"))["failed"] == ["status", "wait"]
    assert outputs[4].read_text("utf-8") == ended.stdout


def test_what_does_not_come_with_the_credential_is_told(tmp_path: Path) -> None:
    ended = run("conduct", "--only", "429", "--", *client(tmp_path, "post(key='another-key-0123')"))
    assert ended.returncode == 2
    assert "no request came" in ended.stdout
    assert "1 request came that no account claims" in ended.stdout
    assert "MOCKSERVER_API_KEY" in ended.stdout


def test_a_client_may_try_as_often_as_it_is_allowed(tmp_path: Path) -> None:
    command = client(tmp_path, "import time\nfor _ in range(4): post(), time.sleep(0.3)")
    for attempts, standing in (("3", "broken"), ("4", "kept"), ("unlimited", "not exercised")):
        _, card = judged("--only", "down", "--max-attempts", attempts, "--", *command)
        assert standings(card)["gives-up"] == standing, attempts


def test_a_vendor_of_which_only_the_contract_is_known_is_served(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.joinpath("acme").mkdir(parents=True)
    folder.joinpath("acme", "openapi.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: acme, version: '1'}\nsecurity: [{key: []}]\n"
        "components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}\n"
        "paths:\n  /v1/events:\n    post:\n      operationId: Send\n      responses: {'200': {description: OK}}\n",
        "utf-8",
    )
    code = """
request = urllib.request.Request(os.environ["ACME_URL"] + "/v1/events", b"{}", {"X-Key": os.environ["ACME_API_KEY"]})
for _ in range(2):
    try: urllib.request.urlopen(request).close()
    except urllib.error.HTTPError: pass
"""
    exit_code, card = judged(
        "--vendor", "acme", "--schemas", str(folder), "--only", "400", "--", *client(tmp_path, code)
    )
    assert (exit_code, card["failed"]) == (1, ["status"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give the command of a client after --, or the --url of a running mockserver"),
        (("--only", "42", "--", "true"), "--only: there is no scenario '42'"),
        (("--vendor", "datadgo", "--", "true"), "there is no vendor 'datadgo'; did you mean 'datadog'?"),
        (("--output", "report.pdf", "--", "true"), "--output: expected a file that ends in .txt, .json, .xml"),
        (("--max-attempts", "0", "--", "true"), "expected a number of at least 1 or unlimited, found '0'"),
        (("--only", "429", "--", "no-such-client"), "no-such-client cannot be started: No such file or directory"),
    ],
)
def test_a_wrong_call_is_one_line_and_2(arguments: tuple[str, ...], said: str) -> None:
    ended = run("conduct", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_ctrl_c_ends_the_client_and_tells_what_was_found(tmp_path: Path) -> None:
    marker = tmp_path / "second"
    code = f"""
if os.environ["MOCKSERVER_SCENARIO"] == "400":
    post(), post()
else:
    open({str(marker)!r}, "w").write(str(os.getpid()))
    signal = __import__("signal").pause()
"""
    command = [sys.executable, "-m", "mockserver", "conduct", "--only", "400", "--only", "429", "--"]
    process = subprocess.Popen([*command, *client(tmp_path, code)], stdout=subprocess.PIPE, text=True)
    until(lambda: marker.exists() and marker.read_text())
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "status         BROKEN" in said
    assert "\ninterrupted; so far 21 rules: " in said
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


def test_the_verdict_of_a_running_server() -> None:
    with serving("--log-level", "error") as server:
        headers = {**PRODLYTICS.headers("right-key"), "Prefer": "code=400"}
        for _ in range(2):
            server.client.post(PRODLYTICS.path, json=PRODLYTICS.body, headers=headers)
        ended = run("conduct", "--url", server.url, "--account", "right-key")
        assert ended.returncode == 1
        assert ended.stdout.startswith(f"mockserver conduct: right-key at {server.url} (2 requests)\n")
        assert "status         BROKEN" in ended.stdout
        other = run("conduct", "--url", server.url, "--account", "other-key")
        assert (other.returncode, other.stdout.splitlines()[-1]) == (2, "nothing to judge: no request came")
