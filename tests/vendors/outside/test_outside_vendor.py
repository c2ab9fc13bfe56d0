"""A vendor that an installed package brings: served beside the built-in ones, and known to every command."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.harness import PATIENCE, PLAIN_PYTEST, PRODLYTICS, Server, run, serving

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.socket

THING = {"name": "anvil", "colour": "red"}


def create(server: Server, key: str, body: Any = THING, **headers: str) -> httpx2.Response:
    return server.client.post("/things", json=body, headers={"X-Acme-Key": key, **headers})


def show(server: Server, key: str, thing: str, query: str = "", **headers: str) -> httpx2.Response:
    return server.client.get(f"/things/{thing}{query}", headers={"X-Acme-Key": key, **headers})


# HTTP


def test_it_is_served_beside_the_built_in_ones(acme: Server, key: str) -> None:
    assert acme.control("/health")["vendors"] == ["datadog", "satori", "supalytics", "acme"]
    assert create(acme, key).json() == {"id": "t1", **THING}
    assert acme.post(PRODLYTICS, key).status_code == 202


def test_a_behaviour_receives_path_query_and_headers(acme: Server, key: str) -> None:
    create(acme, key)
    assert show(acme, key, "t1").json() == {"id": "t1", **THING}
    assert show(acme, key, "t1", "?member=name").json() == {"name": "anvil"}
    shouted = show(acme, key, "t1", "?member=name&member=colour", **{"X-Acme-Case": "upper"})
    assert shouted.json() == {"name": "ANVIL", "colour": "RED"}


def test_its_state_is_an_accounts_own_until_it_is_reset(acme: Server, key: str) -> None:
    assert [create(acme, key).json()["id"] for _ in range(2)] == ["t1", "t2"]
    assert show(acme, f"{key}-other", "t1").status_code == 404
    acme.client.post("/__admin/reset", params={"account": key})
    assert show(acme, key, "t2").status_code == 404
    assert create(acme, key).json()["id"] == "t1"


def test_its_contract_judges_and_its_envelope_says_so(acme: Server, key: str) -> None:
    refused = create(acme, key, {"colour": "blue"})
    assert (refused.status_code, list(refused.json())) == (400, ["error"])
    assert show(acme, key, "t9").json() == {"error": {"message": "there is no thing t9"}}
    assert acme.client.post("/things", json=THING).status_code == 401
    exchange = acme.control("/requests", vendor="acme", account=key)["requests"][0]
    assert {violation["pointer"] for violation in exchange["violations"]} == {"/name", "/colour"}


def test_its_events_are_read_from_the_whole_request(acme: Server, key: str) -> None:
    create(acme, key, **{"X-Acme-User": "u1"})
    show(acme, key, "t1", "?member=id", **{"X-Acme-User": "u2"})
    events = acme.control("/events", vendor="acme", account=key)["events"]
    told = [(event["name"], event["id"], event["identity"], event["attributes"]) for event in events]
    assert told == [("anvil", "t1", "u1", THING), ("viewed", None, "u2", {"id": "t1", "members": ["id"]})]
    expected = {"name": "viewed", "json": {"id": "t1"}, "times": 1}
    verified = acme.client.post("/__admin/verify", params={"account": key, "vendor": "acme"}, json=expected)
    assert verified.json()["ok"], verified.text


def test_a_fault_can_name_it(acme: Server, key: str) -> None:
    fault = {"vendor": "acme", "operation": "CreateThing", "account": key, "status": 503, "times": 1}
    assert acme.client.post("/__admin/faults", json=fault).status_code == 201
    assert [create(acme, key).status_code for _ in range(2)] == [503, 201]


def test_its_control_calls_are_served_checked_and_described(acme: Server, key: str) -> None:
    create(acme, key)
    assert acme.control("/acme/things", account=key) == {"things": [{"id": "t1", **THING}]}
    path, query = "/__admin/acme/next-id", {"account": key}
    assert acme.client.put(path, params=query, json={"number": 41}).json() == {"number": 41}
    assert create(acme, key).json()["id"] == "t41"
    for body in ({"number": "41"}, {"number": 0}, {"number": 41, "colour": "red"}, {}, {"number": 7}):
        refused = acme.client.put(path, params=query, json=body)
        assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json"), body
    assert acme.client.put(path, json={"number": 90}).status_code == 400, "it names no account"
    document = acme.control("/openapi.json")
    OpenAPIV31SpecValidator(document).validate()
    assert {"/acme/things", "/acme/next-id", "/datadog/alerts", "/clock"} <= set(document["paths"])


def test_a_key_that_looks_real_is_warned_of(site: Path) -> None:
    with serving("--vendor", "acme", variables={"PYTHONPATH": str(site)}) as server:
        assert server.control("/health")["vendors"] == ["acme"]
        create(server, "acme-test-1")
        create(server, "acme-live-1")
        assert server.log.count("real acme key") == 1


# Commands


def command(site: Path, *arguments: str) -> str:
    ended = run(*arguments, PYTHONPATH=str(site))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_commands_know_its_contract(site: Path) -> None:
    assert "acme        ShowThing" in command(site, "routes")
    assert "datadog" not in command(site, "routes", "--vendor", "acme")
    assert yaml.safe_load(command(site, "openapi", "acme"))["info"]["title"] == "Acme"
    vectors = json.loads(command(site, "vectors", "acme"))["vectors"]
    assert {vector["expect"]["status"] for vector in vectors} == {201, 400}


def test_a_folder_of_contracts_replaces_its_own(site: Path) -> None:
    only = command(site, "routes", "--schemas", str(site / "acme_mockserver" / "schemas"))
    assert "ShowThing" in only
    assert "datadog" not in only


def test_recorded_traffic_is_checked_against_it(acme: Server, site: Path, key: str, tmp_path: Path) -> None:
    create(acme, key)
    create(acme, key, {"name": ""})
    recorded = tmp_path / "recorded.jsonl"
    exported = acme.client.get("/__admin/export", params={"format": "jsonl", "account": key})
    recorded.write_text(exported.text, "utf-8")
    checked = run("check", "--format", "json", str(recorded), PYTHONPATH=str(site))
    assert checked.returncode == 1, checked.stderr
    assert "/name" in checked.stdout
    assert "CreateThing" in checked.stdout


def test_a_contract_is_extracted_from_its_pages(site: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("Acme API v2\n\nPOST /gadgets create gadget\n", "utf-8")
    command(site, "extract", "--vendor", "acme", "--out", str(tmp_path / "schemas"), str(page))
    document = yaml.safe_load((tmp_path / "schemas" / "acme" / "openapi.yaml").read_text("utf-8"))
    assert document["paths"]["/gadgets"]["post"]["operationId"] == "CreateGadget"


def test_its_option_is_set_where_all_others_are(site: Path, key: str, tmp_path: Path) -> None:
    assert "--acme-first-id N" in command(site, "serve", "--help")
    file = tmp_path / "settings.yaml"
    file.write_text("acme_first_id: 30", "utf-8")
    ways: list[tuple[tuple[str, ...], dict[str, str], str]] = [
        (("--acme-first-id", "10"), {}, "t10"),
        ((), {"MOCKSERVER_ACME_FIRST_ID": "20"}, "t20"),
        (("--config", str(file)), {}, "t30"),
    ]
    for arguments, variables, first in ways:
        with serving(*arguments, variables={"PYTHONPATH": str(site), **variables}) as server:
            assert create(server, key).json()["id"] == first
    refused = run("serve", "--acme-first-id", "0", PYTHONPATH=str(site))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "--acme-first-id: expected a whole number of at least 1" in refused.stderr


def test_its_prepared_contract_is_cached(site: Path, tmp_path: Path) -> None:
    for _ in range(2):
        ended = run("routes", "--vendor", "acme", PYTHONPATH=str(site), XDG_CACHE_HOME=str(tmp_path))
        assert "ShowThing" in ended.stdout
        assert [file.name.partition("-")[0] for file in tmp_path.glob("mockserver/*")] == ["acme"]


# Python


CONFTEST = """
from mockserver.testing import vendor_fixture

acme = vendor_fixture("acme")
strict_acme = vendor_fixture("acme", strict=True)
"""
TESTS = """
import json, urllib.request
from acme_mockserver.handle import Acme

def create(handle, body):
    headers = {**handle.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(handle.url + "/things", json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request, timeout=10))["id"]

def test_kept(acme):
    assert isinstance(acme, Acme) and acme.api_key.startswith("acme-test-")
    acme.number_from(7)
    assert create(acme, {"name": "anvil"}) == "t7"
    assert acme.things == [{"id": "t7", "name": "anvil"}]
    acme.assert_received("anvil", times=1)

def test_fresh(acme, make_account, mockserver):
    for handle in (acme, make_account("acme"), mockserver.account("acme")):
        assert create(handle, {"name": "anvil"}) == "t1"
    assert mockserver.account("acme", acme.api_key).things == acme.things

def test_misspelt(acme):
    create(acme, {"name": "anvil", "color": "red"})

def test_misspelt_strictly(strict_acme):
    create(strict_acme, {"name": "anvil", "color": "red"})

def test_broken(acme):
    try:
        create(acme, {"name": 1})
    except OSError:
        pass

def test_datadog(datadog):
    datadog.assert_nothing_received()
"""


def test_its_fixtures_are_made_in_a_line(
    pytester: pytest.Pytester, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("MOCKSERVER_", "PYTEST_XDIST"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(site))
    pytester.makeini(PLAIN_PYTEST)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_it=TESTS)
    result = pytester.runpytest_subprocess("-rA", timeout=3 * PATIENCE)
    result.assert_outcomes(passed=6, errors=2)
    assert {line.split()[1].rpartition("::")[2] for line in result.outlines if line.startswith("ERROR test_it")} == {
        "test_misspelt_strictly",
        "test_broken",
    }
    listed = pytester.runpytest_subprocess("--fixtures", timeout=3 * PATIENCE)
    listed.stdout.fnmatch_lines(["acme -- *", "*own account at acme*"])


# Packages that are broken

BROKEN = {
    "no such module": ("acme = acme_missing:AcmeVendor", "No module named 'acme_missing'"),
    "no such class": ("acme = acme_mockserver.vendor:Acme", "has no attribute 'Acme'"),
    "no vendor": ("acme = acme_mockserver.vendor:Things", "is not a subclass of mockserver.vendors.base.Vendor"),
    "a built-in name": ("datadog = acme_mockserver.vendor:AcmeVendor", "there is another vendor of this name"),
    "another's option": ("thing = acme_mockserver.vendor:AcmeVendor", "option acme_first_id must begin with thing_"),
}


@pytest.fixture
def install(site: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Installs a copy of the package with another entry point; returns the folder that it is in."""

    def install(entry: str) -> Path:
        shutil.copytree(site / "acme_mockserver", tmp_path / "acme_mockserver")
        described = tmp_path / "broken_acme-1.dist-info"
        described.mkdir()
        (described / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-acme\nVersion: 1\n", "utf-8")
        (described / "entry_points.txt").write_text(f"[mockserver.vendors]\n{entry}\n", "utf-8")
        return tmp_path

    return install


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_package_stops_the_start_with_a_line_that_names_it(install: Callable[[str], Path], case: str) -> None:
    entry, problem = BROKEN[case]
    ended = run("serve", "--port", "0", PYTHONPATH=str(install(entry)))
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"mockserver: vendor {entry.partition(' ')[0]} of broken-acme (")
    assert problem in line


def test_a_contract_that_is_not_there_stops_the_start(install: Callable[[str], Path]) -> None:
    folder = install("acme = acme_mockserver.vendor:AcmeVendor")
    file = folder / "acme_mockserver" / "schemas" / "acme" / "openapi.yaml"
    file.unlink()
    ended = run("routes", PYTHONPATH=str(folder))
    assert (ended.returncode, ended.stderr) == (2, f"mockserver: {file}: there is no such file\n")
