"""`mockserver check` on recordings that other programs wrote oddly, and on files that were made to harm it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.check.jsonsource import MAX_DEPTH, JsonSource, Nesting, RefusedJson
from tests.check.test_cassettes import cassette, interaction
from tests.support.harness import V1
from tests.support.recordings import ACCEPTED_V1, check, entry, har, marks, report, v1

BAD = {"title": "x"}
MISSING = ("request", "/text", "required")
BODY = json.dumps(V1.body)
PACKED = gzip.compress(BODY.encode(), mtime=0)


def changed(change: Any, **options: Any) -> dict[str, Any]:
    made = v1(**options)
    change(made)
    return made


def posted(made: dict[str, Any], **content: Any) -> None:
    made["request"]["postData"] = {"mimeType": "application/json", **content}


def unposted(made: dict[str, Any]) -> None:
    made["request"].pop("postData")


CUT_REQUEST = {"request bodies that were not recorded whole": 1}
CUT_RESPONSE = {"response bodies that were not recorded whole": 1}
UNANSWERED = {"requests without a response": 1}


@pytest.mark.parametrize(
    ("made", "not_judged"),
    [
        (changed(lambda each: each.pop("response")), UNANSWERED),
        (changed(lambda each: each.update(response=None)), UNANSWERED),
        (changed(lambda each: each["response"].update(status=None)), UNANSWERED),
        (v1(status=-1), UNANSWERED),
        (changed(lambda each: posted(each, text=None)), CUT_REQUEST),
        (changed(unposted, bodySize=-1), CUT_REQUEST),
        (changed(unposted, bodySize=[1]), CUT_REQUEST),
        (changed(unposted, bodySize=0, headers={"content-length": "40"}), CUT_REQUEST),
        (changed(lambda each: each["response"].update(content={"size": {}})), CUT_RESPONSE),
        (
            changed(lambda each: each["response"].update(content={"size": 0}), answer_headers={"content-length": "9"}),
            CUT_RESPONSE,
        ),
        (
            changed(
                lambda each: posted(each, text=PACKED.decode("utf-8", "replace")), headers={"content-encoding": "gzip"}
            ),
            CUT_REQUEST,
        ),
        (
            changed(lambda each: posted(each, text=PACKED.decode("latin-1")), headers={"content-encoding": "gzip"}),
            {},
        ),
        (
            changed(
                lambda each: posted(each, text=base64.b64encode(PACKED).decode(), encoding="base64"),
                headers={"content-encoding": "gzip"},
            ),
            {},
        ),
        (v1(status=202.0), {}),
    ],
)
def test_what_recorders_leave_out_or_mangle_is_no_violation(
    tmp_path: Path, made: dict[str, Any], not_judged: dict[str, int]
) -> None:
    found = report(har(tmp_path / "a.har", made), code=0)
    assert (found["summary"]["judged"], found["summary"]["not_judged"]) == (1, not_judged)


def test_hosts_in_all_their_spellings(tmp_path: Path) -> None:
    hosts = ["API.DataDogHQ.eu:443", "api.us3.datadoghq.com", "api.ap1.datadoghq.com.", "0.0.0.0:8080", "[::1]:80"]
    file = har(tmp_path / "a.har", *(entry(f"https://{host}{V1.path}", BAD, answer=ACCEPTED_V1) for host in hosts))
    assert [mark[1:] for mark in marks(report(file, code=1))] == [MISSING] * len(hosts)
    others = ["evil-datadoghq.com", "api.datadoghq.com.evil.com", "[::1", "1.2.3.4"]
    file = har(tmp_path / "b.har", *(entry(f"https://{host}{V1.path}", BAD) for host in others))
    assert sum(each["count"] for each in report(file, code=0)["unknown"]["hosts"]) == len(others)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (None, "log.entries[1]: expected an object"),
        ({"request": None}, "log.entries[1]: request: expected an object"),
        (changed(lambda each: posted(each, text="abc", encoding="base64")), "postData.text: expected base64"),
        (changed(lambda each: each["request"].update(headers={"a": "b"})), "request.headers: expected a list"),
        (changed(lambda each: each["response"].update(status="202")), "response.status: expected a number"),
    ],
)
def test_what_stands_behind_a_malformed_entry_is_judged_too(tmp_path: Path, broken: Any, said: str) -> None:
    file = har(tmp_path / "a.har", v1(BAD), broken, broken, v1(BAD))
    done = check(file)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr
    found = report(file, code=2)
    assert marks(found) == [("entry 1", *MISSING), ("entry 4", *MISSING)]
    assert found["summary"]["not_judged"] == {"entries that cannot be read": 2}


def test_malformed_interactions_and_lines_do_not_hide_the_others(tmp_path: Path) -> None:
    file = cassette(tmp_path / "a.json", interaction(BAD), None, interaction(BAD))
    assert marks(report(file, code=2)) == [("interaction 1", *MISSING), ("interaction 3", *MISSING)]
    text = yaml.safe_dump(
        {"interactions": [interaction({**BAD, "x": 1}), interaction(BAD), interaction({"title": "y"})]}
    )
    for damage in ("!foo POST", "!!binary a", "!!python/object/apply:os.getcwd []", "9" * 5000):
        file = tmp_path / "a.yaml"
        file.write_text(text.replace("method: POST", f"method: {damage}", 1))
        assert marks(report(file, code=2)) == [("interaction 2", *MISSING), ("interaction 3", *MISSING)]
    line = json.dumps(
        {
            "verdict": "valid",
            "vendor": "datadog",
            "method": "POST",
            "path": V1.path,
            "request": {
                "headers": [["dd-api-key", "k"], ["content-type", "application/json"]],
                "body": '{"title": "x"}',
            },
            "response": {"status": None},
        }
    )
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join([line, "", "{nope", '{"foreign": 1}', "null", line]))
    found = report(file, code=2)
    assert marks(found) == [("line 1", *MISSING), ("line 6", *MISSING)]
    assert found["summary"]["not_judged"]["entries that cannot be read"] == 3


def test_a_body_in_a_form_of_its_own_is_not_an_empty_one(tmp_path: Path) -> None:
    odd = interaction()
    odd["request"]["body"] = {"title": "x"}
    assert report(cassette(tmp_path / "a.json", odd), code=0)["summary"]["not_judged"] == CUT_REQUEST


def test_aliases_that_would_grow_without_end_are_not_written_out(tmp_path: Path) -> None:
    file, names = tmp_path / "a.yaml", "abcdefghij"
    grown = "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in pairwise(names))
    text = yaml.safe_dump({"interactions": [interaction(BAD)]})
    file.write_text(f"a: &a [lol]\n{grown}{text.replace('DD-API-KEY:', 'X: *j' + chr(10) + '      DD-API-KEY:')}")
    assert "line 7: its aliases expand to more than 1000000 values" in check(file).stderr


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ('{"a":' + "[" * 200_000 + "]" * 200_000 + "}", "is nested more than 1000 levels deep"),
        ('{"time": ' + "9" * 5000 + "}", "holds a number of 2000 digits or more"),
        ('{"time": 1e99999999999999999999}', "holds a number that is out of range, near line 1"),
        ('{"time": nope}', "is not JSON, near line 1"),
    ],
)
def test_what_the_json_parser_would_not_survive_is_stopped(tmp_path: Path, member: str, said: str) -> None:
    file = tmp_path / "a.har"
    padding = " " * 100_000  # so that it is not at the beginning, which is read to tell what the file is
    file.write_text(f'{{"log": {{"entries": [{json.dumps(v1(BAD))},{padding}{member}]}}}}')
    done = check(file)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_nesting_is_followed_across_pieces_and_strings() -> None:
    text = json.dumps([{"a": '[[[{"\\', "b": ["]\\\\", {}]}] * 3).encode() * 2
    for size in range(1, 9):
        nesting = Nesting()
        for at in range(0, len(text), size):
            nesting.follow(text[at : at + size])
        assert nesting.depth == 0
    nesting = Nesting()
    nesting.follow(b"[" * MAX_DEPTH + b'"' + b"[" * 9 + b'"')
    with pytest.raises(RefusedJson):
        nesting.follow(b"[")


def test_bodies_of_brackets_are_no_nesting(tmp_path: Path) -> None:
    report(har(tmp_path / "a.har", v1({"title": "x", "text": "[{" * 1900 + '"\\'})), code=0)


def lines_of(file: Path) -> list[int]:
    return [finding["line"] for finding in report(file, code=1)["findings"]]


@pytest.mark.parametrize("indent", [None, 0, 2, 4])
def test_findings_have_the_line_of_their_entry(tmp_path: Path, indent: int | None) -> None:
    entries = [v1(BAD), v1(), v1({**BAD, "tags": ["a", "}", "]"]}), v1(BAD)]
    file = har(tmp_path / "a.har", *entries, indent=indent)
    lines, text = lines_of(file), file.read_text().split("\n")
    assert len(lines) == 3
    if indent is None:
        assert lines == [1, 1, 1]
    else:
        assert all(text[line - 1].strip() == "{" and "startedDateTime" in text[line] for line in lines)
    file = tmp_path / "b.json"
    file.write_text(json.dumps({"interactions": [interaction(BAD), interaction(), interaction(BAD)]}, indent=4))
    text = file.read_text().split("\n")
    assert ['"request"' in text[line] for line in lines_of(file)] == [True, True]


def test_an_entry_a_line_has_its_line(tmp_path: Path) -> None:
    file, member = tmp_path / "a.har", json.dumps(v1(BAD))
    file.write_text(f'{{"log": {{"entries": [\n{member},\n{member},\n\n\n{member},{member}\n]}}}}')
    assert lines_of(file)[:2] == [2, 3]


def test_pieces_are_all_of_the_file() -> None:
    text = b'{"a": [\r\n1]}, \n \n' * 20_000
    source = JsonSource(io.BytesIO(b"\xef\xbb\xbf" + text))
    assert b"".join(iter(source.read, b"")) == text
    assert source.line == text.count(b"\n") + 1


def test_names_and_texts_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    file = har(tmp_path / "a\x1b[31m\n.har", v1(BAD), entry("https://api.datadoghq.com/x%0A::error%1b[2J", {}))
    done = check(file)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "/x\\x0a::error\\x1b[2J" in done.stdout


def test_a_file_name_that_is_no_utf8_is_reported_in_every_format(tmp_path: Path) -> None:
    file = har(Path(os.fsdecode(bytes(tmp_path) + b"/\xff.har")), v1(BAD))
    for form in ("text", "json", "junit", "github", "sarif"):
        assert check("--format", form, file).returncode == 1
        assert check("--format", form, "--output", tmp_path / "out", file).returncode == 1
        assert (tmp_path / "out").read_text("utf-8")


def test_a_report_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    done = check(har(tmp_path / "a.har", v1()), "--output", tmp_path / "none" / "x")
    assert done.returncode == 2
    assert done.stderr == f"mockserver: --output: {tmp_path}/none/x cannot be written: No such file or directory\n"


def test_a_directory_of_links_and_damaged_files(tmp_path: Path) -> None:
    (tmp_path / "deep" / ".hidden").mkdir(parents=True)
    har(tmp_path / "deep" / ".hidden" / ".a.HAR", v1(BAD))
    (tmp_path / "deep" / "loop").symlink_to(tmp_path)
    (tmp_path / "self.har").symlink_to("self.har")
    (tmp_path / "dangling.json").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.json")
    assert [mark[1:] for mark in marks(report(tmp_path, code=1))] == [MISSING]
    (tmp_path / "cut.har").write_text('{"lo')
    (tmp_path / "empty.json").write_text("")
    found = report(tmp_path, code=2)
    assert [Path(each["file"]).name for each in found["unreadable"]] == ["cut.har"]
    assert found["summary"]["files_passed_over"] == 1
