"""Reads what a contract says of sending a request again: `x-retry` of an operation, or else what HTTP itself says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from mockserver.errors import ContractError
from mockserver.model import Evidence, Json, Retry
from mockserver.support.evidence import EVIDENCE, annotation_of, evidence_of

WORDS: tuple[Retry, ...] = get_args(Retry)
LOST = "lost"
"""The place of a status for a connection that was lost before the response was whole."""
WAIT = "wait"
UNITS = ("seconds", "time")
RETRY, VOLATILE = "x-retry", "x-volatile"
_RFC_9110 = "https://www.rfc-editor.org/rfc/rfc9110.html#section-"
_RFC_6585 = "https://www.rfc-editor.org/rfc/rfc6585.html#section-4"
_CUSTOM = Evidence("assumed", "what published retry policies have in common")
_DEFAULTS: Mapping[str, tuple[Retry, Evidence]] = {
    "400": ("must-not", Evidence("documented", _RFC_9110 + "15.5.1")),
    "401": ("must-not", Evidence("documented", _RFC_9110 + "15.5.2")),
    "403": ("must-not", Evidence("documented", _RFC_9110 + "15.5.4")),
    "404": ("must-not", Evidence("documented", _RFC_9110 + "15.5.5")),
    "405": ("must-not", Evidence("documented", _RFC_9110 + "15.5.6")),
    "408": ("should", Evidence("documented", _RFC_9110 + "15.5.9")),
    "409": ("must-not", Evidence("documented", _RFC_9110 + "15.5.10")),
    "413": ("must-not", Evidence("documented", _RFC_9110 + "15.5.14")),
    "415": ("must-not", Evidence("documented", _RFC_9110 + "15.5.16")),
    "422": ("must-not", Evidence("documented", _RFC_9110 + "15.5.21")),
    "429": ("should", Evidence("documented", _RFC_6585)),
    "500": ("should", _CUSTOM),
    "501": ("must-not", Evidence("documented", _RFC_9110 + "15.6.2")),
    "502": ("should", _CUSTOM),
    "503": ("should", Evidence("documented", _RFC_9110 + "15.6.4")),
    "504": ("should", _CUSTOM),
    LOST: ("should", _CUSTOM),
}
"""What holds of a status that a contract says nothing of."""


class WaitHeader(NamedTuple):
    """The vendor's own header that says how long to wait: its name in lower case, and whether it counts the `seconds`
    that are left or is the `time`, in seconds since the epoch."""

    name: str
    unit: str


def retry_of(extensions: Mapping[str, Json], status: int | None) -> tuple[Retry, Evidence]:
    """Whether a request may be sent again after a status, None for a connection that was lost, by the contract of its
    operation or else in general."""
    key, stated = LOST if status is None else str(status), extensions.get(RETRY) or {}
    if key in stated:
        return stated[key], evidence_of(annotation_of(stated, key))
    return _DEFAULTS.get(key, ("may", _CUSTOM))


def wait_header_of(extensions: Mapping[str, Json]) -> WaitHeader | None:
    """The vendor's own header that says how long to wait, where its contract names one."""
    stated = (extensions.get(RETRY) or {}).get(WAIT)
    return WaitHeader(stated["header"].lower(), stated["unit"]) if stated else None


def volatile_of(extensions: Mapping[str, Json]) -> tuple[tuple[str, ...], ...] | None:
    """The places of a body's ids and times, that a client may make anew for each attempt: the names on the way to each,
    `*` for every item of an array. None where the contract does not say."""
    stated = extensions.get(VOLATILE)
    return None if stated is None else tuple(tuple(pointer.split("/")[1:]) for pointer in stated)


def check_resending(spec: Mapping[str, Any], source: Path, place: str) -> None:
    """Raises ContractError where `x-retry` or `x-volatile` of an operation has another form."""
    stated, volatile = spec.get(RETRY, {}), spec.get(VOLATILE, [])
    if not isinstance(stated, dict):
        raise ContractError(source, f"{place}/{RETRY}", "expected an object of statuses")
    for key, value in stated.items():
        if key == WAIT:
            known = isinstance(value, dict) and isinstance(value.get("header"), str) and value.get("unit") in UNITS
            expected = f"expected {{header: …, unit: {' or '.join(UNITS)}}}"
        elif str(key).startswith(EVIDENCE):
            continue
        else:
            is_status = isinstance(key, str) and (key == LOST or (len(key) == 3 and key.isdecimal()))
            known, expected = is_status and value in WORDS, f"expected a status or `{LOST}`, with {', '.join(WORDS)}"
        if not known:
            raise ContractError(source, f"{place}/{RETRY}/{key}", expected)
    if not isinstance(volatile, list) or not all(isinstance(each, str) and each.startswith("/") for each in volatile):
        raise ContractError(source, f"{place}/{VOLATILE}", "expected a list of JSON pointers, with * for every item")
