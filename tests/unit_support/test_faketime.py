"""A process under libfaketime lives as fast as its account: it waits for what it is told, in a fraction of the time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from mockserver.support.faketime import FOR_PYTHON, faked_time, library_in, unaffected
from mockserver.testing import MockServer
from tests.support.harness import PRODLYTICS

RATE = 20
TOLD = 10
"""How long the client is told to wait, in seconds of its clock and the account's: half a real second."""

URLLIB = """
import os, time, urllib.error, urllib.request, threading, queue, asyncio

def send():
    request = urllib.request.Request(os.environ["URL"], os.environ["BODY"].encode(), {
        "DD-API-KEY": os.environ["KEY"], "Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=60).close()
        return 0
    except urllib.error.HTTPError as refused:
        return int(refused.headers["retry-after"])

def get(seconds):
    try:
        queue.Queue().get(timeout=seconds)
    except queue.Empty:
        pass

while told := send():
    WAIT
"""
NODE = """
const {URL: url, BODY: body, KEY} = process.env;
const send = () => fetch(url, {method: "POST", body, headers: {"DD-API-KEY": KEY, "Content-Type": "application/json"}});
(async () => {
  for (let r; (r = await send()).status !== 202; )
    await new Promise(done => setTimeout(done, 1000 * r.headers.get("retry-after")));
})();
"""
JAVA = """
import java.net.URI;
import java.net.http.*;

public class Client {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("URL")))
            .header("DD-API-KEY", System.getenv("KEY")).header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(System.getenv("BODY"))).build();
        while (true) {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() == 202) return;
            Thread.sleep(1000 * Long.parseLong(response.headers().firstValue("retry-after").get()));
        }
    }
}
"""
PYTHON_WAITS = {
    "sleep": "time.sleep(told)",
    "event": "threading.Event().wait(told)",
    "queue": "get(told)",
    "asyncio": "asyncio.run(asyncio.sleep(told))",
}


def installed(program: str) -> str:
    if library_in() is None:
        pytest.skip("libfaketime is not installed: apt-get install libfaketime")
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def waits_as_told(command: Sequence[str]) -> None:
    """Runs a client against an account at the same rate, which refuses it until it has waited."""
    with MockServer(log_level="error") as server:
        datadog = server.datadog()
        datadog.fail(503, until_waited=True, retry_after=TOLD)
        datadog.clock.rate = RATE
        client = {"URL": datadog.url + PRODLYTICS.path, "KEY": datadog.api_key, "BODY": json.dumps(PRODLYTICS.body)}
        faked = faked_time(RATE, {**os.environ, **client}, ahead=datadog.clock.now - time.time())
        assert faked.environment is not None
        subprocess.run(command, env=faked.environment, timeout=60, check=True)
        first, *_, last = datadog.requests
    assert [each.status for each in datadog.requests] == [503, 202]
    assert last.time - first.time >= TOLD
    assert last.wall_time - first.wall_time < TOLD / 2


@pytest.mark.socket
@pytest.mark.parametrize("wait", PYTHON_WAITS)
def test_python_waits_as_told(wait: str) -> None:
    installed("python3")
    waits_as_told([sys.executable, "-c", URLLIB.replace("WAIT", PYTHON_WAITS[wait])])


@pytest.mark.socket
def test_node_waits_as_told() -> None:
    waits_as_told([installed("node"), "-e", NODE])


@pytest.mark.socket
def test_java_waits_as_told(tmp_path: Path) -> None:
    compiler, java = installed("javac"), installed("java")
    (tmp_path / "Client.java").write_text(JAVA)
    subprocess.run([compiler, "-d", str(tmp_path), str(tmp_path / "Client.java")], check=True, timeout=120)
    waits_as_told([java, "-cp", str(tmp_path), "Client"])


@pytest.mark.socket
def test_what_waits_in_python_is_notified_too() -> None:
    installed("python3")
    code = """
import concurrent.futures, queue, threading, time
work, began = queue.Queue(), time.monotonic()
threading.Timer(5, work.put, ["item"]).start()
assert work.get(timeout=600) == "item" and 5 <= time.monotonic() - began < 60
with concurrent.futures.ThreadPoolExecutor() as pool:
    assert pool.submit(lambda: 7).result(timeout=600) == 7
assert threading.Event().wait(0) is False
"""
    faked = faked_time(RATE, os.environ)
    subprocess.run([sys.executable, "-c", code], env=faked.environment, timeout=60, check=True)


@pytest.mark.socket
def test_a_sitecustomize_of_the_users_own_is_imported_too(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os\nos.environ['CUSTOMIZED'] = 'yes'\n")
    environment = {**os.environ, "PYTHONPATH": f"{FOR_PYTHON}{os.pathsep}{tmp_path}"}
    code = "import os; assert os.environ['CUSTOMIZED'] == 'yes'"
    subprocess.run([sys.executable, "-c", code], env=environment, timeout=60, check=True)


def folder_with(tmp_path: Path, *names: str) -> str:
    folder = tmp_path / "lib" / "x86_64-linux-gnu" / "faketime"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return str(tmp_path / "lib")


def test_the_library_for_threads_is_preferred(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "libfaketime.so.1", "libfaketimeMT.so.1")
    found = library_in([str(tmp_path / "none"), folder])
    assert found is not None
    assert found.name == "libfaketimeMT.so.1"


def test_the_environment_adds_to_what_is_there(tmp_path: Path) -> None:
    given = {"LD_PRELOAD": "other.so", "PYTHONPATH": "mine", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "HOME": "/"}
    faked = faked_time(2.5, given, ahead=90.5, folders=[folder_with(tmp_path, "libfaketime.so.1")])
    assert faked.environment == {
        "HOME": "/",
        "LD_PRELOAD": f"{tmp_path}/lib/x86_64-linux-gnu/faketime/libfaketime.so.1:other.so",
        "FAKETIME": "+90.500 x2.5",
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": f"{FOR_PYTHON}:mine",
    }


def test_without_the_library_the_reason_says_what_would_bring_it(tmp_path: Path) -> None:
    faked = faked_time(20, {}, folders=[str(tmp_path)])
    assert faked.environment is None
    assert "apt-get install libfaketime" in faked.reason


def test_a_program_in_go_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in (("goes", b"\x7fELF\0\xff Go buildinf:\x08\x02"), ("waits", b"\x7fELF\0"), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = unaffected(["goes", "now"])
    assert reason is not None
    assert "written in Go" in reason
    assert [unaffected([name]) for name in ("waits", "empty", "nowhere")] == [None, None, None]
