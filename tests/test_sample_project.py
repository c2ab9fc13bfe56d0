"""The wheel in a fresh environment, beside a project that knows nothing of this one: its suite passes and fails as it
should, with and without workers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.socket

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("pytest", "pytest-xdist", "datadog-api-client", "httpx2")


class Project(NamedTuple):
    """A copy of the sample project, and the Python of its environment."""

    folder: Path
    python: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.python), "-m", "pytest", "-q", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=plain(), capture_output=True, text=True, timeout=120, check=False
        )


def plain() -> dict[str, str]:
    """The environment without what would let the project see this checkout or this run of pytest."""
    hidden = ("MOCKSERVER_", "PYTEST_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.mktemp("sample")
    folder = base / "project"
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache")
    shutil.copytree(ROOT / "tests" / "sample_project", folder, ignore=ignored)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(base), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, env=plain())
    (wheel,) = base.glob("*.whl")
    venv.create(base / "env", with_pip=False)
    python = base / "env" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    subprocess.run([*install, str(wheel), *NEEDED], check=True, capture_output=True, env=plain())
    return Project(folder, python)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_its_suite_fails_where_it_should_and_nowhere_else(project: Project, workers: tuple[str, ...]) -> None:
    result = project.run(*workers)
    output = result.stdout
    assert result.returncode == 1, output + result.stderr
    assert "4 failed, 33 passed, 2 errors in" in output, output
    for line in (
        'AssertionError: expected at least 1 accepted event "payment.refunded", received 0',
        '/usr/id  expected "u2"',
        'AssertionError: expected exactly 1 accepted event "payment.processed", received 2',
        "/events/0/timestamp must be a valid date-time (rule: format, pattern)",
        "suite/late_spec.py::test_sends_late\n  POST /api/v2/prodlytics (SubmitProductAnalyticsEvent, request r",
    ):
        assert line in output, output
    assert "FAILED suite/passing_spec.py" not in output
    for name in ("missing_event", "wrong_field", "wrong_count", "broken_contract_and_failed"):
        assert f"FAILED suite/failing_spec.py::test_{name}" in output
    for name in ("broken_contract", "broken_contract_and_failed"):
        assert f"ERROR suite/failing_spec.py::test_{name}" in output


def test_its_passing_tests_pass(project: Project) -> None:
    result = project.run("suite/passing_spec.py")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "31 passed" in result.stdout


def test_what_is_installed_is_the_wheel(project: Project) -> None:
    show = "import mockserver, mockserver.client; print(mockserver.__file__)"
    found = subprocess.run(
        [str(project.python), "-c", show], cwd="/", env=plain(), capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()).is_relative_to(project.python.parents[1])
