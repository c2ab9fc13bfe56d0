"""The documented example of analytics is run as it is written: 1,000 purchases by the SDK, and the right numbers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.harness import PATIENCE, Server, environment

PAGE = Path(__file__).parents[1] / "docs" / "analytics.md"


def test_a_thousand_purchases_by_plan_per_hour(server: Server, tmp_path: Path) -> None:
    (listing,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert "http://127.0.0.1:8080" in listing
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", listing.replace("http://127.0.0.1:8080", server.url)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.findall(r"usr\.plan:(\w+) \d\d:00 [\d.]+", done.stdout) == 4 * ["free"] + 4 * ["pro"] + 4 * ["enterprise"]
