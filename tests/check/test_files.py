"""`mockserver check` and its files: what cannot be read is said in one line, and size does not matter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import command, environment
from tests.support.recordings import check, har, report, v1

EXPECTED = "expected HAR, a VCR cassette (YAML or JSON), JSON of Java's MockServer or mockserver's JSON lines"
JSONL = json.dumps({"verdict": "valid", "method": "POST", "path": "/v1/events"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", f"is empty: {EXPECTED}"),
        ("hello", f"is none of the known recordings: {EXPECTED}"),
        ("{}", f"is none of the known recordings: {EXPECTED}"),
        ("[1]", f"is none of the known recordings: {EXPECTED}"),
        ("{nope", f"is not JSON, near line 1; {EXPECTED}"),
        ("a: [1", f"did not find expected ',' or ']'; {EXPECTED}"),
        ("\x00\x01", EXPECTED),
        ('{"log": {}}', "log.entries: expected a list of entries"),
        ('{"log": {"entries": {}}}', "log.entries: expected a list of entries"),
        ('{"log": {"entries": [1]}}', "log.entries[0]: expected an object"),
        ('{"log": {"entries": [{"request": {"url": "x"}}]}}', "log.entries[0]: request.method: expected text"),
        ('{"log": {"entries": [', "after entry 0: ends too early, near line 1; expected JSON"),
        ("interactions: 3", "interactions: expected a list of interactions"),
        ("interactions:\n- request: {}", "line 2: request.method: expected text"),
        ('{"interactions": [{"request": 1}]}', "interactions[0]: request: expected an object"),
        (JSONL + "\n", "line 1: request: expected an object"),
        (JSONL.replace("POST", "POST\\", 1), "line 1: "),
        ('{"a":' * 100_000, EXPECTED),
        ("[" * 100_000, EXPECTED),
        ("- " * 20_000, EXPECTED),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "recording"
    file.write_text(content)
    done = check(file)
    assert done.returncode == 2
    assert done.stderr.startswith(f"mockserver: {file}: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_what_stands_before_the_damage_and_the_other_files_are_judged(tmp_path: Path) -> None:
    whole = har(tmp_path / "whole.har", v1({"title": "x"}), v1())
    cut = tmp_path / "cut.har"
    cut.write_bytes(whole.read_bytes()[:-200])
    found = report(cut, whole, tmp_path / "none.har", code=2)
    assert [Path(each["file"]).name for each in found["findings"]] == ["cut.har", "whole.har"]
    assert [(Path(each["file"]).name, each["place"]) for each in found["unreadable"]] == [
        ("cut.har", "after entry 1"),
        ("none.har", ""),
    ]
    assert report(tmp_path, code=2)["summary"]["violations"] == 2


def test_a_byte_order_mark_and_white_space_do_not_matter(tmp_path: Path) -> None:
    file = har(tmp_path / "a.har", v1({"title": "x"}), indent=2)
    file.write_bytes(b"\xef\xbb\xbf\r\n" + file.read_bytes())
    assert report(file, code=1)["summary"]["judged"] == 1


@pytest.mark.socket
def test_a_large_recording_takes_little_memory(tmp_path: Path) -> None:
    good = json.dumps({**v1(), "comment": "x" * 40_000})
    bad = json.dumps(v1({"title": "Deployed"}))
    file = tmp_path / "large.har"
    with file.open("w") as written:
        written.write('{"log": {"entries": [')
        written.writelines(f"{good}," for _ in range(2400))
        written.write(f"{bad}]}}}}")
    assert file.stat().st_size > 90_000_000
    measured = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    line = [sys.executable, "-c", measured, *command("check", str(file))]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, env=environment(), check=True)
    code, kibibytes = done.stdout.split()
    assert code == "1"
    assert int(kibibytes) < 80 * 1024


def test_a_report_can_be_written_to_a_file(tmp_path: Path) -> None:
    done = check(har(tmp_path / "a.har", v1()), "--format", "json", "--output", tmp_path / "report.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads((tmp_path / "report.json").read_text())["summary"]["judged"] == 1


def test_findings_beyond_what_is_kept_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "many.har"
    bad = json.dumps(v1({}))
    file.write_text('{"log": {"entries": [' + ",".join([bad] * 6000) + "]}}")
    summary = report(file, code=1)["summary"]
    assert (summary["violations"], summary["findings_left_out"]) == (12_000, 2000)
