"""What is shipped works: the wheel, in an empty environment outside the checkout, serves from its own data."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.harness import OPERATIONS, environment, serving

pytestmark = pytest.mark.socket

ROOT = Path(__file__).resolve().parents[1]


def test_the_wheel_serves_from_an_empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, env=environment())
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "empty", with_pip=True)
    binaries = tmp_path / "empty" / "bin"
    install = [str(binaries / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, env=environment(PYTHONPATH=""))

    monkeypatch.chdir("/")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with serving(line=[str(binaries / "mockserver"), "serve", "--port", "0"]) as server:
        for operation in OPERATIONS:
            assert server.post(operation, "key").status_code == operation.success
            assert server.last(operation, "key")["verdict"] == "valid"
