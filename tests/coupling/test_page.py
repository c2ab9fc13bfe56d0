"""What docs/time.md shows works as it is written."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from mockserver.testing import MockServer
from tests.coupling.coupled import PATH, within
from tests.support.harness import PRODLYTICS

pytestmark = pytest.mark.socket
PAGE = (Path(__file__).parents[2] / "docs" / "time.md").read_text("utf-8")


def listing(language: str, text: str) -> str:
    """The one listing that has a text."""
    (found,) = [each for each in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if text in each]
    return str(found)


def send_events(url: str, headers: dict[str, str]) -> None:
    """What the page has its reader define."""
    while (refused := requests.post(url + PATH, json=PRODLYTICS.body, headers=headers)).status_code != 202:
        time.sleep(float(refused.headers["retry-after"]))


class Shop:
    """The code under test of the page's example."""

    def __init__(self, datadog: Any) -> None:
        self._datadog = datadog

    def pay(self, order: str) -> None:
        send_events(self._datadog.url, self._datadog.headers)


def test_the_example_without_pytest() -> None:
    with within(20):
        exec(listing("python", "import CoupledClock"), {"send_events": send_events})


def test_the_example_with_the_fixture() -> None:
    names: dict[str, Any] = {"order": "pen"}
    exec(listing("python", "def test_survives").replace("payment.processed", PRODLYTICS.body["event"]["name"]), names)
    with within(20), MockServer() as server:
        from mockserver.testing import CoupledClock

        datadog = server.datadog()
        with CoupledClock(datadog) as clock:
            names["test_survives_an_outage"](datadog, Shop(datadog), clock)


def test_the_recipe_for_other_processes() -> None:
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed: apt-get install faketime")
    with within(8), MockServer() as server:
        script = listing("bash", "faketime").replace("http://127.0.0.1:8080", server.url)
        subprocess.run(["bash", "-euc", script], check=True, timeout=60)
        demo = server.datadog("demo")
        assert demo.clock.rate == 20
        demo.clear_faults()


def test_the_environment_for_a_process() -> None:
    with MockServer() as server:
        datadog = server.datadog()
        exec(listing("python", "faked_time"), {"datadog": datadog, "command": ["true"]})
        assert datadog.clock.rate == 20
