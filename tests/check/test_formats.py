"""The machine formats of `mockserver check` are what their readers expect."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema

from tests.support.recordings import check, har, v1

# the parts of the OASIS schema (sarif-schema-2.1.0.json) that are written, with nothing else allowed
MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
ARTIFACT = {
    "type": "object",
    "required": ["uri"],
    "properties": {"uri": {"type": "string", "format": "uri-reference"}},
    "additionalProperties": False,
}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "additionalProperties": False,
            "properties": {
                "artifactLocation": ARTIFACT,
                "region": {
                    "type": "object",
                    "required": ["startLine", "startColumn"],
                    "additionalProperties": False,
                    "properties": {
                        "startLine": {"type": "integer", "minimum": 1},
                        "startColumn": {"type": "integer", "minimum": 1},
                    },
                },
            },
        },
        "logicalLocations": {
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "object", "properties": {"fullyQualifiedName": {"type": "string"}}},
        },
    },
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "additionalProperties": False,
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "additionalProperties": False,
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "additionalProperties": False,
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": MESSAGE,
                                                "fullDescription": MESSAGE,
                                                "help": MESSAGE,
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "invocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["executionSuccessful"],
                            "additionalProperties": False,
                            "properties": {
                                "executionSuccessful": {"type": "boolean"},
                                "toolExecutionNotifications": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["message"],
                                        "additionalProperties": False,
                                        "properties": {
                                            "level": LEVEL,
                                            "message": MESSAGE,
                                            "locations": {"type": "array", "items": LOCATION},
                                        },
                                    },
                                },
                            },
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": -1},
                                "level": LEVEL,
                                "message": MESSAGE,
                                "locations": {"type": "array", "items": LOCATION},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                                "properties": {"type": "object"},
                            },
                        },
                    },
                },
            },
        },
    },
}


def recordings(folder: Path) -> tuple[Path, Path, Path]:
    """A recording with violations and a warning, a good one, and a file that cannot be read."""
    strange = {"title": "x", "text": 5, "priority": "<&\x0b%\n,:\ud83d\ude00>", "aggregation_kye": "x"}
    bad = har(folder / "bad name.har", v1(strange), v1(status=418))
    good, damaged = har(folder / "good.har", v1()), folder / "damaged.har"
    damaged.write_text('{"log": {"entries": [{')
    return bad, good, damaged


def output(form: str, folder: Path) -> str:
    done = check("--format", form, *recordings(folder))
    assert done.returncode == 2
    return done.stdout


def test_sarif_is_valid(tmp_path: Path) -> None:
    document: Any = json.loads(output("sarif", tmp_path))
    jsonschema.Draft7Validator(SARIF).validate(document)
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [result["ruleId"] for result in run["results"]] == [rules[result["ruleIndex"]] for result in run["results"]]
    assert sorted(result["ruleId"] for result in run["results"]) == ["enum", "spelling", "status", "type"]
    assert [result["level"] for result in run["results"]].count("warning") == 1
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("bad%20name.har")
    fingerprints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(fingerprints)) == len(fingerprints)
    assert run["invocations"][0]["executionSuccessful"] is False
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 1


def test_junit_is_valid_and_its_counts_add_up(tmp_path: Path) -> None:
    root = ET.fromstring(output("junit", tmp_path).encode())
    assert root.tag == "testsuites"
    for holder in (root, *root.findall("testsuite")):
        cases = list(holder.iter("testcase"))
        assert holder.get("tests") == str(len(cases))
        assert holder.get("failures") == str(len(list(holder.iter("failure"))))
        assert holder.get("errors") == str(len(list(holder.iter("error"))))
    assert {case.get("name") for case in root.iter("testcase")} >= {"requests", "responses", "readable"}
    assert all(case.get("classname") and case.get("time") is not None for case in root.iter("testcase"))
    assert [child.tag for case in root.iter("testcase") for child in case] == [
        "failure",
        "system-out",
        "failure",
        "error",
    ]
    assert (root.get("failures"), root.get("errors")) == ("2", "1")


def test_github_commands_are_one_line_each_and_escaped(tmp_path: Path) -> None:
    lines = output("github", tmp_path).splitlines()
    for line in lines:
        assert re.fullmatch(r"::(error|warning|notice) [^:]*::.+", line), line
        for each in line.split("::")[1].split(" ", 1)[1].split(","):
            assert re.fullmatch(r"(file|line|title)=[^:,\r\n]*", each), line
    assert [line.split(" ")[0] for line in lines].count("::error") == 4
    assert lines[-1].startswith("::notice title=mockserver check::3 exchanges, 3 judged")


def test_a_run_without_findings_is_well_formed_everywhere(tmp_path: Path) -> None:
    file = har(tmp_path / "good.har", v1())
    for form in ("json", "junit", "github", "sarif"):
        done = check("--format", form, file)
        assert (done.returncode, done.stderr) == (0, "")
        if form == "sarif":
            jsonschema.Draft7Validator(SARIF).validate(json.loads(done.stdout))
        if form == "junit":
            assert ET.fromstring(done.stdout.encode()).get("failures") == "0"
