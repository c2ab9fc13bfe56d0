"""Runs a client's command to its end, or ends it after its time, with all that it started."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, NamedTuple

from mockserver.conduct.reports.scorecard import ClientRun
from mockserver.errors import StartError

MAX_OUTPUT = 16 * 1024
"""Bytes of the client's output that are kept, the last."""
POLL_SECONDS = 0.05
GRACE_SECONDS = 2.0
"""What a client has to end by itself once it was told to."""


class Command(NamedTuple):
    """A command with its arguments, its environment, and the seconds that it may take."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    seconds: float


def run_client(command: Command, stop: threading.Event) -> ClientRun:
    """Runs a command until it ends, its time has passed or `stop` is set; what it leaves behind is ended. Raises
    StartError where it cannot be started."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = _started(command, output)
        try:
            timed_out = not _ends(process, began + command.seconds, stop)
        finally:
            _end(process)
        seconds = time.monotonic() - began
        return ClientRun(None if timed_out else process.returncode, timed_out, seconds, _tail(output))


def _started(command: Command, output: IO[bytes]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - running it is what the user asks for
            command.arguments,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise StartError(f"{command.arguments[0]} cannot be started: {error.strerror or error}") from None


def _ends(process: "subprocess.Popen[bytes]", deadline: float, stop: threading.Event) -> bool:
    """Whether a process ends by itself before its time has passed."""
    while time.monotonic() < deadline and not stop.is_set():
        with suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
            return True
    return process.poll() is not None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process and the group that it leads."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - MAX_OUTPUT))
    text = output.read().decode("utf-8", "replace").strip()
    return text if size <= MAX_OUTPUT else f"…{text}"
