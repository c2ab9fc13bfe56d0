"""The machine and its tools: which core does what, the versions, and the tools that can be installed."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import resource
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
INSTALLED = HERE / "node_modules"
PACKAGES = ("mockserver", "uvicorn", "uvloop", "httptools", "starlette")
INSTALL_SECONDS = 600


class MissingToolError(Exception):
    """A tool is missing and cannot be installed; the text says why."""


def cores() -> tuple[set[int], set[int]]:
    """The cores of the server and of the load: equal on one core, None where cores cannot be chosen."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    allowed = sorted(os.sched_getaffinity(0))
    return {allowed[0]}, {allowed[-1]}


SERVER_CORE, LOAD_CORE = cores()


def stay_on(chosen: set[int]) -> None:
    """Pins this process and its children."""
    if chosen:
        os.sched_setaffinity(0, chosen)


def pinned() -> str:
    """How the cores are shared, in words."""
    if not SERVER_CORE:
        return "servers and load are not pinned: this system cannot"
    if SERVER_CORE == LOAD_CORE:
        return "servers and load share the only core"
    return f"each server alone on core {min(SERVER_CORE)}, the load on core {min(LOAD_CORE)}"


def allow_open_files(count: int) -> int:
    """Lets this process and its servers open `count` files; returns the number allowed, if smaller."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


def wrk(*, install: bool) -> str:
    """The path of wrk. Raises MissingToolError."""
    found = shutil.which("wrk")
    if found is None and install and os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "install", "--yes", "--quiet", "wrk")
        found = shutil.which("wrk")
    if found is None:
        raise MissingToolError("wrk is not installed, and cannot be from here (apt-get install wrk)")
    return found


def node_tools() -> Path:
    """The folder in which the packages of package.json are installed. Raises MissingToolError."""
    wanted = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
    if any(_installed(name) != exactly for name, exactly in wanted.items()):
        if shutil.which("npm") is None:
            raise MissingToolError("npm is not there to install it with")
        _run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", str(HERE))
    return INSTALLED


def prism() -> list[str]:
    """The command of Prism. Raises MissingToolError."""
    folder = node_tools()
    if shutil.which("node") is None:
        raise MissingToolError("node is not there to run it with")
    return ["node", str(folder / "@stoplight" / "prism-cli" / "dist" / "index.js")]


def wiremock() -> list[str]:
    """The command of WireMock, as its package would run it. Raises MissingToolError."""
    folder = node_tools()
    if shutil.which("java") is None:
        raise MissingToolError("java is not there to run it with")
    jars = sorted((folder / "wiremock" / "build").glob("*.jar"))
    if not jars:
        raise MissingToolError("its package holds no jar")
    return ["java", "-jar", str(jars[0])]


def disturbance() -> str:
    """How busy the machine is before the first measurement, in words; load spoils the figures."""
    return f"{os.getloadavg()[0]:.1f} other processes ran in the minute before"


def versions() -> dict[str, str]:
    """The versions of everything that was measured, and the machine."""
    found = {"CPU": _cpu(), "system": f"{platform.system()} {platform.release()}", "Python": platform.python_version()}
    found |= {name: version(name) for name in PACKAGES}
    found["Prism"] = _installed("@stoplight/prism-cli") or "-"
    found["WireMock"] = _installed("wiremock") or "-"
    for name, command in (
        ("wrk", ["wrk", "--version"]),
        ("node", ["node", "--version"]),
        ("java", ["java", "-version"]),
    ):
        found[name] = _said(command)
    return found


def _cpu() -> str:
    with contextlib.suppress(OSError):
        model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text("utf-8"))
        if model:
            return f"{model[1]}, {os.cpu_count()} cores"
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def _said(command: list[str]) -> str:
    """The version number in a command's first line."""
    if shutil.which(command[0]) is None:
        return "-"
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    number = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return number[0] if number else "?"


def _installed(package: str) -> str | None:
    try:
        return str(json.loads((INSTALLED / package / "package.json").read_text("utf-8"))["version"])
    except (OSError, KeyError, ValueError):
        return None


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise MissingToolError(f"{' '.join(command[:2])} took more than {INSTALL_SECONDS} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise MissingToolError(f"{' '.join(command[:2])} failed: {last}")
