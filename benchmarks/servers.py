"""Starts the servers that are compared, each pinned to the server's core and checked before it is measured."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks import machine
from benchmarks.work import Work, valid

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
PROC = Path("/proc/self/status").exists()
CONTENDERS = machine.HERE / "contenders"
NO_429 = {vendor: {"limit": 2**40, "period": 60} for vendor in ("datadog", "satori", "supalytics")}
"""Quotas stay on and are counted, with limits that no run reaches."""


class WrongAnswerError(Exception):
    """A server gave a wrong response; the text names the server, the response and the end of its log."""


class Server:
    """A running server: its process, its port, and what it has written to its standard error."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], port: int, log: Path | None) -> None:
        self.name, self.process, self.port, self._log = name, process, port, log

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
        """(status, body) of one request on a new connection."""
        client = http.client.HTTPConnection(HOST, self.port, timeout=START_SECONDS)
        try:
            client.request(method, path, body, headers or {})
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def control(self, method: str, path: str, body: object = None) -> Any:
        """The JSON that mockserver's control API returns. Raises WrongAnswerError for an error."""
        status, content = self.ask(method, f"/__admin{path}", None if body is None else json.dumps(body).encode())
        if status >= 300:
            raise WrongAnswerError(f"{self.name}: {method} /__admin{path} answered {status} {content[:200]!r}")
        return json.loads(content)

    def check(self, given: Work) -> None:
        """Raises WrongAnswerError unless every body of the work gets its status."""
        for number in range(len(given.bodies)):
            status, content = self.ask("POST", given.path, given.body(number), given.headers)
            if status != given.status:
                raise WrongAnswerError(f"{self.name}: body {number} of '{given.name}' got {status}, {content[:200]!r}")

    def resident(self) -> float:
        """Resident memory of the process, in megabytes (10^6 bytes)."""
        if PROC:
            status = self._proc("status").read_text("utf-8")
            kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        else:
            kibibytes = subprocess.check_output(["ps", "-o", "rss=", "-p", str(self.process.pid)], text=True)
        return int(kibibytes) * 1024 / 1e6

    def busy(self) -> float:
        """CPU seconds of all its threads since its start, in steps of the system's clock."""
        fields = self._proc("stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self) -> int:
        """The number of files it has open; 0 where the system does not say."""
        return len(list(self._proc("fd").iterdir())) if PROC else 0

    def settle(self, seconds: float = 10.0) -> None:
        """Returns once it is idle, so that its remaining work does not slow down another server."""
        give_up, before = time.monotonic() + seconds, -1.0
        while PROC and time.monotonic() < give_up:
            busy = self.busy()
            if busy == before:
                return
            before = busy
            time.sleep(0.1)

    def _proc(self, name: str) -> Path:
        return Path("/proc", str(self.process.pid), name)

    def complaints(self) -> list[str]:
        """Its log, which must be empty but for the requests that nobody claims: some loads send such on purpose."""
        lines = self._log.read_text("utf-8", "replace").splitlines() if self._log else []
        return [line for line in lines if not line.endswith(" unclaimed")]

    def wait_until_answered(self, given: Work) -> None:
        """Returns as soon as a request gets its status. Raises WrongAnswerError if none does."""
        give_up = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, _ = self.ask("POST", given.path, given.body(0), given.headers)
                if status == given.status:
                    return
            if self.process.poll() is not None or time.monotonic() > give_up:
                said = " / ".join(self.complaints()[-3:])
                raise WrongAnswerError(f"{self.name} does not answer as it should: {said or 'it says nothing'}")
            time.sleep(0.001)

    def stop(self) -> int:
        """Ends it and its children; returns the exit code, which is negative if it had to be killed."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def launch(name: str, command: list[str], port: int, log: Path | None) -> Server:
    """Starts a command on the server's core, in its own process group; its output goes to `log` or is discarded."""
    output = log.open("wb") if log else subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: machine.stay_on(machine.SERVER_CORE),  # noqa: PLW1509 - no thread holds a lock that it needs
        )
    finally:
        if not isinstance(output, int):
            output.close()
    return Server(name, process, port, log)


@contextlib.contextmanager
def running(name: str, command: list[str], port: int, given: Work) -> Iterator[Server]:
    """A server that has given the work's documented statuses; it is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        server = launch(name, command, port, Path(folder, "log"))
        try:
            server.wait_until_answered(given)
            server.check(given)
            yield server
        finally:
            server.stop()


def mockserver_program() -> list[str]:
    script = Path(sys.executable).with_name("mockserver")
    return [str(script)] if script.exists() else [sys.executable, "-m", "mockserver"]


@contextlib.contextmanager
def mockserver(*, access_log: bool = False, **settings: Any) -> Iterator[Server]:
    """mockserver with all features on. Raises WrongAnswerError if it logs anything or its exit code is not 0."""
    with tempfile.TemporaryDirectory() as folder:
        config, port = Path(folder, "settings.yaml"), free_port()
        config.write_text(yaml.safe_dump({"rate_limits": NO_429, **settings}), "utf-8")
        level = "info" if access_log else "warning"
        options = ["--port", str(port), "--config", str(config), "--log-level", level]
        command = [*mockserver_program(), "serve", *options]
        server = launch("mockserver", command, port, None if access_log else Path(folder, "log"))
        try:
            server.wait_until_answered(valid())
            yield server
        finally:
            code = server.stop()
        if code or server.complaints():
            said = " / ".join(server.complaints()[:5])
            raise WrongAnswerError(f"mockserver ended with code {code} and has logged: {said or 'nothing'}")


@contextlib.contextmanager
def starlette(*, access_log: bool = False) -> Iterator[Server]:
    """The endpoint written by hand in Starlette, under uvicorn with the same parser and loop."""
    port = free_port()
    with running(
        "bare Starlette", uvicorn_command("bare_starlette", port, access_log=access_log), port, valid()
    ) as one:
        yield one


def uvicorn_command(module: str, port: int, *, access_log: bool = False) -> list[str]:
    options = ["--host", HOST, "--port", str(port), "--http", "httptools", "--loop", "uvloop"]
    quiet = [] if access_log else ["--no-access-log"]
    return [sys.executable, "-m", "uvicorn", f"{module}:app", "--app-dir", str(CONTENDERS), *options, *quiet]


@contextlib.contextmanager
def prism() -> Iterator[Server]:
    """Prism on the contract that mockserver prints. Raises machine.MissingToolError."""
    command, port = machine.prism(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        contract = Path(folder, "datadog.yaml")
        subprocess.run([*mockserver_program(), "openapi", "datadog", "--bundle", "--output", str(contract)], check=True)
        options = ["mock", str(contract), "-h", HOST, "-p", str(port), "--verboseLevel", "error"]
        with running("Prism", command + options, port, valid()) as server:
            yield server


@contextlib.contextmanager
def wiremock(*, journal: bool) -> Iterator[Server]:
    """WireMock with a stub for the endpoint. Raises machine.MissingToolError."""
    command, port = machine.wiremock(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        mappings = Path(folder, "mappings")
        mappings.mkdir()
        mappings.joinpath("prodlytics.json").write_text(json.dumps(STUB), "utf-8")
        options = ["--bind-address", HOST, "--port", str(port), "--root-dir", folder, "--disable-banner"]
        options += [] if journal else ["--no-request-journal"]
        name = "WireMock" if journal else "WireMock without its journal"
        with running(name, command + options, port, valid()) as server:
            yield server


STUB = {
    "request": {
        "method": "POST",
        "urlPath": valid().path,
        "headers": {"DD-API-KEY": {"matches": ".+"}, "Content-Type": {"contains": "application/json"}},
        "bodyPatterns": [
            {"matchesJsonPath": "$[?(@.type == 'server')]"},
            {"matchesJsonPath": "$.application.id"},
            {"matchesJsonPath": "$.event.name"},
        ],
    },
    "response": {"status": 202, "headers": {"Content-Type": "application/json"}, "jsonBody": {}},
}
"""What a user would write: the path, the headers, and the members of the body that the documentation requires."""
