"""What is shipped works: the wheel, in an empty environment outside the checkout, serves from its own data."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.harness import OPERATIONS, environment, serving

pytestmark = pytest.mark.socket

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, env=environment())
    return folder


def test_the_source_distribution_holds_what_a_contributor_needs(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    decisions = {f"docs/decisions/{page.name}" for page in (ROOT / "docs" / "decisions").iterdir()}
    documents = {"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "Makefile"}
    assert decisions | documents <= names
    assert len(decisions) > 1


def test_the_wheel_names_its_license(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    with ZipFile(wheel) as archive:
        (metadata,) = (archive.read(name) for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        licenses = [archive.read(name) for name in archive.namelist() if name.endswith("/licenses/LICENSE")]
    fields = message_from_bytes(metadata)
    assert fields["License-Expression"] == "Apache-2.0"
    assert licenses == [(ROOT / "LICENSE").read_bytes()]
    assert "Typing :: Typed" in fields.get_all("Classifier", [])


def test_the_wheel_serves_from_an_empty_environment(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (wheel,) = dist.glob("*.whl")
    venv.create(tmp_path / "empty", with_pip=False)
    binaries = tmp_path / "empty" / "bin"
    install = [sys.executable, "-m", "pip", "--python", str(binaries / "python"), "install", "--quiet", "--no-compile"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, env=environment(PYTHONPATH=""))

    monkeypatch.chdir("/")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with serving(line=[str(binaries / "mockserver"), "serve", "--port", "0"]) as server:
        for operation in OPERATIONS:
            assert server.post(operation, "key").status_code == operation.success
            assert server.last(operation, "key")["verdict"] == "valid"
