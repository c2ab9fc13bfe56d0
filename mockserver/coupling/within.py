"""The control calls that wait for the code under test, in virtual time."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from mockserver.client.arguments import bounds
from mockserver.client.control import Control, ControlResponse, accepted
from mockserver.coupling.virtual_time import VirtualTime

LOOKS = 64
"""How often a call looks at what has come, at equal distances of virtual time."""
BOUNDS = ("times", "at_least", "at_most")


class VirtualWaits:
    """A control whose calls that wait do so in virtual time: `verify` with `within`, and `settle`."""

    def __init__(self, control: Control, virtual: VirtualTime) -> None:
        self._control = control
        self._virtual = virtual

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, timeout: float = 30.0
    ) -> ControlResponse:
        if path == "/settle" and body:
            return self._settle(query or {}, body["quiet"], body["timeout"])
        if path != "/verify" or not body.get("within"):
            return self._control.call(method, path, query, body, timeout)
        now = self._virtual.now
        began, end, step = monotonic(), now() + body["within"], body["within"] / LOOKS
        asked = {**body, "within": 0.0}
        while not _is_final(response := self._control.call(method, path, query, asked), body):
            left = end - now()
            if left <= 0:
                self._virtual.be_patient(began)  # what sends may be in no thread of Python's
                return self._control.call(method, path, query, asked)
            self._virtual.sleep(min(step, left))
        return response

    def _settle(self, query: Mapping[str, str], quiet: float, timeout: float) -> ControlResponse:
        end, came = self._virtual.now() + timeout, self._came(query)
        while True:
            self._virtual.sleep(quiet)
            before, came = came, self._came(query)
            if came == before:
                return ControlResponse(200, {"ok": True})
            if self._virtual.now() >= end:
                return ControlResponse(409, {"ok": False})

    def _came(self, query: Mapping[str, str]) -> int:
        listing = accepted(self._control.call("GET", "/requests", {**query, "limit": "0"}))
        return int(listing["total"]) + int(listing["evicted"])


def _is_final(response: ControlResponse, body: Mapping[str, Any]) -> bool:
    """Whether nothing that still comes can change what the server said of an expectation."""
    if response.status not in (200, 409):
        return True
    low, high = bounds(*(body.get(name) for name in BOUNDS))
    count = response.body["count"]
    return (
        (response.status == 200 and low > 0)
        or (high is not None and count > high)
        or bool(response.body.get("undecided"))
    )
