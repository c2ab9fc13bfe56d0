"""schemathesis, with all its checks and ours, finds nothing where it tests each served contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import PROFILES, VENDORS, environment, run, serving

CHECKS = Path(__file__).parents[1] / "support" / "exact_checks.py"
AT_LENGTH = 1000
AT_EASE = "FUZZ_EXAMPLES" in os.environ
EACH = [(vendor, profile) for vendor in VENDORS for profile in PROFILES]
SOME = [("datadog", "documented"), ("satori", "observed"), ("supalytics", "documented")]
"""The contracts that the suite tests; `make fuzz` tests each."""
KEYS = "accepted_keys: {datadog: [fuzz], satori: [fuzz], supalytics: [sly_fuzz]}\n"
CONFORMANCE = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance"
)


def schemathesis(config: Path, url: str, *arguments: str, patience: float) -> subprocess.CompletedProcess[str]:
    """Run schemathesis against a served contract."""
    line = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", url, "--no-color"]
    line += [
        "--generation-database",
        "none",
        "--request-timeout",
        "20",
        "--max-failures",
        "5",
        "--warnings",
        "off",
        *arguments,
    ]
    return subprocess.run(
        line, capture_output=True, text=True, timeout=patience, env=environment(), check=False, cwd=config.parent
    )


def configured(folder: Path, vendor: str, profile: str, *, exact: bool) -> Path:
    """The generated schemathesis.toml, with our own check."""
    config = folder / "schemathesis.toml"
    written = run("openapi", vendor, "--profile", profile, "--schemathesis-config", "--output", str(config))
    assert written.returncode == 0, written.stderr
    if exact:
        config.write_text(f'hooks = "{CHECKS}"\n{config.read_text("utf-8")}', "utf-8")
    (folder / "settings.yaml").write_text(KEYS, "utf-8")
    return config


def generated(said: str) -> int:
    """How many test cases a run made."""
    found = re.search(r"(\d+) generated", said)
    assert found, said
    return int(found[1])


@pytest.mark.parametrize(("vendor", "profile"), EACH if AT_EASE else SOME)
def test_schemathesis_finds_nothing(vendor: str, profile: str, examples: int, tmp_path: Path) -> None:
    config = configured(tmp_path, vendor, profile, exact=True)
    settings = str(tmp_path / "settings.yaml")
    with serving("--profile", profile, "--no-quotas", "--log-level", "error", "--config", settings) as server:
        url = f"{server.url}/__admin/contracts/{vendor}/openapi.json"
        arguments = ["--max-examples", str(examples), "--continue-on-failure"]
        if vendor == "datadog" and examples < AT_LENGTH:
            arguments += ["--exclude-operation-id", "CreateEventV2"]  # has thousands of cases of the coverage phase
        done = schemathesis(config, url, *arguments, patience=60 + examples * 3)
        assert done.returncode == 0, done.stdout + done.stderr
        assert generated(done.stdout) >= examples
        assert server.log == ""


@pytest.mark.parametrize("profile", PROFILES if AT_EASE else ["documented"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_with_faults_on_only_declared_answers_come_out(
    vendor: str, profile: str, examples: int, tmp_path: Path
) -> None:
    """All faults at once: the scenario, and every documented status in its turn."""
    config, examples = configured(tmp_path, vendor, profile, exact=False), max(examples, 20)  # so that each fault fires
    with serving("--profile", profile, "--scenario", "brown-out", "--log-level", "error") as server:
        contract, times = server.contract(vendor), max(1, examples // 20)
        faults = [
            {"vendor": vendor, "operation": spec["post"]["operationId"], "status": int(status), "times": times}
            for spec in contract["paths"].values()
            for status in spec["post"]["responses"]
            if status != "default"
        ]
        assert server.client.post("/__admin/faults", json=faults).status_code < 300
        url = f"{server.url}/__admin/contracts/{vendor}/openapi.json"
        conformance = CONFORMANCE.removeprefix("not_a_server_error,")
        arguments = ["--checks", conformance, "--max-examples", str(examples), "--continue-on-failure"]
        if examples < AT_LENGTH:
            arguments += ["--phases", "fuzzing", "--mode", "positive"]
        done = schemathesis(config, url, *arguments, patience=60 + examples * 3)
        assert done.returncode == 0, done.stdout + done.stderr
        scripted = server.control("/faults")["faults"][-len(faults) :]
        assert [fault["status"] for fault in scripted] == [fault["status"] for fault in faults]
        assert all(fault["fired"] for fault in scripted), scripted
        assert server.log == ""
