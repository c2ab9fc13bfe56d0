"""A command that cannot write says so in one line; one whose reader has left ends without a word."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.extract_support import ROOT
from tests.support.harness import PATIENCE, command, environment, refused

pytestmark = pytest.mark.socket

PAGE = str(ROOT / "tests" / "extract" / "pages" / "widgets.md")
PRINTING = (
    ("routes", "--explain"),
    ("openapi", "datadog"),
    ("openapi", "datadog", "--schemathesis-config"),
    ("vectors", "supalytics"),
    ("scenarios",),
    ("extract", "--lint", PAGE),
    ("--help",),
)
WRITING = (("openapi", "satori"), ("openapi", "satori", "--no-bundle"), ("vectors", "satori"))
FULL = [Path(name) for name in ("/dev/full",) if Path(name).exists()]
"""A device on which there is never room, where the system has it."""


def ended(arguments: tuple[str, ...], stdout: int) -> subprocess.CompletedProcess[str]:
    """A command that writes to a file descriptor and ends."""
    line = command(*arguments)
    return subprocess.run(
        line, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment(), timeout=PATIENCE, check=False
    )


@pytest.mark.parametrize("arguments", [*PRINTING, ("serve", "--port", "0")], ids=" ".join)
@pytest.mark.parametrize("device", FULL, ids=str)
def test_standard_output_without_room_is_one_line_and_exit_code_2(device: Path, arguments: tuple[str, ...]) -> None:
    with device.open("wb") as full:
        outcome = ended(arguments, full.fileno())
    assert outcome.stderr == "mockserver: standard output cannot be written: No space left on device\n"
    assert outcome.returncode == 2


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_reader_that_has_left_ends_a_command_without_a_word(arguments: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        assert ended(arguments, write).stderr == ""
    finally:
        os.close(write)


@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_an_output_that_cannot_be_written_is_one_line_that_names_it(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    for place in (tmp_path, tmp_path / "missing" / "file", Path(), *FULL):
        said = refused(*arguments, "--output", str(place))
        assert f"--output: {place} cannot be written: " in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["nope", "", "http://[::1", "http://127.0.0.1:99999", "ftp://127.0.0.1"])
def test_an_export_from_what_is_no_url_is_one_line_and_exit_code_2(url: str) -> None:
    assert f"--url: expected the URL of a mockserver, such as http://127.0.0.1:8080, found {url!r}" in refused(
        "export", "--url", url
    )
