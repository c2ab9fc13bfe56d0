"""A client's command is run to its end, or ended with all that it started."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress

import pytest

from mockserver.battery.process import MAX_OUTPUT, Command, run_client
from mockserver.conduct.reports.scorecard import ClientRun
from mockserver.errors import StartError

pytestmark = pytest.mark.socket


def ran(code: str, seconds: float = 20.0, stop: threading.Event | None = None, **environment: str) -> ClientRun:
    command = Command((sys.executable, "-c", code), {**os.environ, **environment}, seconds)
    return run_client(command, stop or threading.Event())


def test_its_exit_code_and_its_output_are_kept() -> None:
    client = ran("import os, sys; print(os.environ['KEY']); print('oh', file=sys.stderr); sys.exit(3)", KEY="k")
    assert (client.exit_code, client.timed_out) == (3, False)
    assert set(client.output.split()) == {"k", "oh"}
    assert client.words == "exit 3"


def test_only_the_end_of_a_long_output_is_kept() -> None:
    client = ran("print('x' * 100_000 + 'end')")
    assert client.output.endswith("end")
    assert len(client.output) <= MAX_OUTPUT + 1


def test_a_client_that_takes_too_long_is_ended() -> None:
    client = ran("import time; time.sleep(60)", seconds=0.2)
    assert (client.exit_code, client.timed_out) == (None, True)
    assert client.seconds < 10


def test_a_client_that_does_not_end_when_told_is_killed() -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    client = ran(code, seconds=1.0)
    assert client.timed_out
    assert client.seconds < 20


def test_what_a_client_leaves_behind_is_ended() -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"
    child = int(ran(code).output)
    deadline = time.monotonic() + 20
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(child, 0)
        pytest.fail("it still runs")


def test_it_ends_when_the_run_is_stopped() -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    assert ran("import time; time.sleep(60)", stop=stop).timed_out


def test_a_command_that_is_not_there_cannot_be_started() -> None:
    with pytest.raises(StartError, match="no-such-client cannot be started: No such file"):
        run_client(Command(("no-such-client",), os.environ, 1.0), threading.Event())
