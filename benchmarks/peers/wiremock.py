"""WireMock: stubs by its admin API, faults as scenarios; a request that no stub matches fails, as in its JUnit
extension."""

from __future__ import annotations

import base64
import json
import tempfile
import time
import urllib.error
import urllib.request
from typing import Any

from benchmarks import machine
from benchmarks.peers.operations import Operation
from benchmarks.peers.peer import Account, Exchange, Fault, Peer, cannot_be_written
from benchmarks.servers import HOST, START_SECONDS, free_port, launch

FAULTS = {"reset": "CONNECTION_RESET_BY_PEER", "empty": "EMPTY_RESPONSE"}
END = "over"


class WireMock(Peer):
    """The server of the npm package, reset before each test. Raises machine.MissingToolError where it is missing."""

    def start(self) -> None:
        command, port = machine.wiremock(), free_port()
        self.name = f"WireMock {machine.versions()['WireMock']}"
        self.url = f"http://{HOST}:{port}"
        self._folder = tempfile.TemporaryDirectory()
        options = ["--bind-address", HOST, "--port", str(port), "--root-dir", self._folder.name, "--disable-banner"]
        self._server = launch("WireMock", command + options, port, None)
        give_up = time.monotonic() + START_SECONDS
        while not self._is_up():
            assert self._server.process.poll() is None, "WireMock ended"
            assert time.monotonic() < give_up, "WireMock does not start"
            time.sleep(0.1)

    def stop(self) -> None:
        self._server.stop()
        self._folder.cleanup()

    def begin(self) -> None:
        self._call("POST", "/reset")
        self._faults = 0

    def stub(self, account: Account) -> None:
        for operation in account.operations:
            self._add(account, operation, {"response": _success(operation), "priority": 9})

    def arm(self, fault: Fault) -> None:
        if fault.until_waited:
            cannot_be_written("a limit that ends when its time is over takes an extension in Java")
        self._faults += 1
        scenario, last = f"fault {self._faults}", fault.after + (fault.times or 0) - 1
        for number in range(last + 1):
            state = {
                "scenarioName": scenario,
                "requiredScenarioState": f"{number}" if number else "Started",
                "newScenarioState": END if number == last else f"{number + 1}",
                "priority": self._faults,
            }
            for operation in fault.operations:
                response = _success(operation) if number < fault.after else _failure(fault, operation)
                self._add(fault.account, operation, {**state, "response": response}, fault.match)

    def _add(self, account: Account, operation: Operation, mapping: dict[str, Any], match: Any = None) -> None:
        request: dict[str, Any] = {
            "method": "POST",
            "urlPath": operation.path,
            "headers": {name: {"equalTo": value} for name, value in account.credentials(operation).items()},
        }
        if match is not None:
            request["bodyPatterns"] = [{"equalToJson": json.dumps(match), "ignoreExtraElements": True}]
        metadata = {"account": str(sorted(account.headers.items())), "operation": operation.id}
        self._call("POST", "/mappings", {"request": request, "metadata": metadata, **mapping})

    def log(self, account: Account) -> list[Exchange]:
        by_id = {operation.id: operation for operation in account.operations}
        found = []
        for event in reversed(self._call("GET", "/requests")["requests"]):
            metadata = event.get("stubMapping", {}).get("metadata", {})
            if metadata.get("account") != str(sorted(account.headers.items())):
                continue
            definition = event["responseDefinition"]
            status = None if "fault" in definition else int(definition["status"])
            body = base64.b64decode(event["request"]["bodyAsBase64"])
            headers = {name.lower(): str(value) for name, value in definition.get("headers", {}).items()}
            found.append(Exchange(by_id[metadata["operation"]], body, status, headers))
        return found

    def complaints(self) -> list[str]:
        unmatched = [
            f"unmatched: {one['method']} {one['url']}" for one in self._call("GET", "/requests/unmatched")["requests"]
        ]
        scenarios = self._call("GET", "/scenarios")["scenarios"]
        left = [f"{one['name']} is still in the state {one['state']}" for one in scenarios if one["state"] != END]
        return unmatched + left

    def read(self, body: bytes) -> Any:
        """Jackson reads UTF-8 without a byte order mark, and no NaN."""
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)

    def _is_up(self) -> bool:
        try:
            self._call("GET", "/mappings")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/__admin{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            content = response.read()
        return json.loads(content) if content else None


def _success(operation: Operation) -> dict[str, Any]:
    return {
        "status": operation.status,
        "jsonBody": operation.body,
        "headers": {"Content-Type": "application/json"},
    }


def _failure(fault: Fault, operation: Operation) -> dict[str, Any]:
    if fault.wire in FAULTS:
        return {"fault": FAULTS[fault.wire]}
    if fault.wire == "malformed":
        return {"status": operation.status, "body": json.dumps(operation.body)[:-1]}
    if fault.status is None:
        return {**_success(operation), "fixedDelayMilliseconds": int(fault.delay * 1000)}
    return {"status": fault.status, "jsonBody": {}, "headers": fault.headers()}


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
