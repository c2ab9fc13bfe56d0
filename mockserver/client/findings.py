"""The text of what a test overlooked: requests that nobody claims, and faults that did not fire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mockserver.client.messages import answered, counted, the_same_in
from mockserver.support.jsontext import dump

if TYPE_CHECKING:
    from mockserver.client.views import RequestView

MAX_REQUESTS = 10
COUNTERS = frozenset({"id", "account", "matched", "fired", "remaining", "armed", "reason"})
"""What the control API tells of a fault besides what was written."""
ALLOW_UNCLAIMED = (
    "",
    "if the test sends them on purpose, make a handle on their account with mockserver.account(VENDOR, KEY)",
    "or mark it with @pytest.mark.mockserver(allow_unclaimed=True)",
)
NEED_NOT_FIRE = ("", "if it need not fire, script it with optional=True")


def unclaimed_requests(requests: Sequence[RequestView]) -> list[str]:
    """Requests that came to the server and belong to no account of the test, with what was probably meant; those of
    which the same is to be said are told once."""
    lines = [f"{counted(len(requests), 'request')} came that no account claims"]
    alike: dict[tuple[object, ...], list[RequestView]] = {}
    for request in requests:
        told = request["unclaimed"]
        alike.setdefault((request["method"], request["path"], *told.values()), []).append(request)
    for request, *others in [*alike.values()][:MAX_REQUESTS]:
        told = request["unclaimed"]
        lines += ["", f"{request['method']} {request['path']} (request {request['id']}, {answered(request['status'])})"]
        lines.append(f"  reason      {told['reason']}")
        if told["credential"] is not None:
            lines.append(f"  credential  {told['credential']}, in {told['place']}")
        if told["endpoint"] is not None:
            lines.append(f"  endpoint    {told['endpoint']}")
        if told["expected"] is not None:
            lines.append(f"  expected    the credential in {told['expected']}")
        if told["account"] is not None:
            lines.append(f"  account     {told['account']} is the nearest that is claimed")
        if others:
            lines.append(f"  {the_same_in([each['id'] for each in others])}")
    more = sum(map(len, [*alike.values()][MAX_REQUESTS:]))
    if more:
        lines += ["", f"… and {counted(more, 'more request')}"]
    return lines


def script_of(fault: Mapping[str, Any]) -> dict[str, Any]:
    """A fault of the control API's listing as it was written."""
    return {name: value for name, value in fault.items() if name not in COUNTERS}


def unfired_faults(vendor: str, faults: Sequence[Mapping[str, Any]]) -> list[str]:
    """Faults that did not fire as often as they were to, with the request that came nearest."""
    lines = [f"{counted(len(faults), 'fault')} of {vendor} did not fire as scripted"]
    for fault in faults:
        script = {name: value for name, value in script_of(fault).items() if name != "vendor"}
        times = fault["fired"] + fault["remaining"] if fault["remaining"] is not None else "once or more"
        fired = "never fired" if not fault["fired"] else f"fired {fault['fired']} of {times} times"
        lines += ["", f"{fault['id']} {dump(script).decode('utf-8', 'replace')}", f"  {fired}: {fault['reason']}"]
    return lines
