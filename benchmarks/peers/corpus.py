"""The tests of tests/client_bugs by kind of bug: the comment that a test stands under."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "tests" / "client_bugs"
BUGS = (
    "datadog_request_bugs",
    "datadog_event_bugs",
    "satori_bugs",
    "supalytics_bugs",
    "failing_bugs",
)
UNCAUGHT, RIGHT = "uncaught_bugs", "right_clients"
UNCAUGHT_KIND, RIGHT_KIND = "Known to pass with mockserver", "Right clients that fail"
KINDS = (
    "Where it is sent",
    "As whom it is sent",
    "How it is written",
    "What it says",
    "Which events, and how often",
    "Retries",
    "Faults that were never met",
    "Awaits that were forgotten",
    "Tests that are over",
)
"""The kinds of bugs in the order of the table."""


def files() -> list[Path]:
    """The modules of the corpus."""
    return [FOLDER / f"{name}.py" for name in (*BUGS, UNCAUGHT, RIGHT)]


def kinds(module: Path) -> dict[str, str]:
    """The kind of each test of a module. Raises ValueError for a bug that stands under no heading."""
    if module.stem in (UNCAUGHT, RIGHT):
        heading = UNCAUGHT_KIND if module.stem == UNCAUGHT else RIGHT_KIND
        return dict.fromkeys(_tests(module.read_text("utf-8")), heading)
    found: dict[str, str] = {}
    for part in re.split(r"(?m)^(?=# .*\n\n)", module.read_text("utf-8")):
        heading = part.partition("\n")[0].removeprefix("# ")
        tests = _tests(part)
        if tests and heading not in KINDS:
            raise ValueError(f"{module.name}: {tests[0]} stands under no kind of bug")
        found |= dict.fromkeys(tests, heading)
    return found


def _tests(text: str) -> list[str]:
    return re.findall(r"(?m)^(?:async )?def (test_\w+)", text)
