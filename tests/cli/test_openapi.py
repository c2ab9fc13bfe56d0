"""`mockserver openapi` prints the contract whole, in files, for another server, and a schemathesis configuration."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.harness import PROFILES, VENDORS, Server, run

pytestmark = pytest.mark.socket


def printed(*arguments: str) -> str:
    done = run("openapi", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("vendor", VENDORS)
def test_it_prints_what_is_served(server: Server, observed: Server, vendor: str, profile: str) -> None:
    running = server if profile == "documented" else observed
    document = json.loads(printed(vendor, "--profile", profile, "--format", "json", "--server", running.url))
    assert document == running.contract(vendor)
    assert yaml.safe_load(printed(vendor, "--profile", profile, "--server", running.url)) == document
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_served_contract_names_no_server_but_ours(server: Server, vendor: str) -> None:
    """A tool that is given its address alone must never send anything to the vendor."""
    document = server.contract(vendor)
    assert [each["url"] for each in document["servers"]] == [server.url]
    assert not any("servers" in operation for item in document["paths"].values() for operation in item.values())


def test_the_vendors_own_servers_are_printed_otherwise() -> None:
    assert "https://api.supalytics.co" in printed("supalytics")


@pytest.mark.parametrize("vendor", VENDORS)
def test_unbundled_schemas_lie_beside_the_document(vendor: str, tmp_path: Path) -> None:
    output = tmp_path / "openapi.yaml"
    printed(vendor, "--no-bundle", "--output", str(output))
    texts = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert "#/components/schemas" not in "".join(texts.values())
    references = {target for text in texts.values() for target in every_reference(yaml.safe_load(text))}
    files = {target.partition("#")[0] for target in references} - {""}
    assert files
    assert files <= texts.keys()


def every_reference(node: Any) -> set[str]:
    """Every `$ref` below a node."""
    if isinstance(node, list):
        return {target for each in node for target in every_reference(each)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own | {target for each in node.values() for target in every_reference(each)}


def test_several_files_need_a_place() -> None:
    done = run("openapi", "satori", "--no-bundle")
    assert done.returncode == 2
    assert "--output" in done.stderr


def test_an_unknown_vendor_is_one_clear_line() -> None:
    done = run("openapi", "acme")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_leniency_of_the_configuration_stands_below_its_reason(vendor: str) -> None:
    text = printed(vendor, "--schemathesis-config")
    assert "headers" in tomllib.loads(text)
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("[operations.checks.") and "not_a_server_error" not in line:
            assert lines[number - 1].startswith("# "), line
