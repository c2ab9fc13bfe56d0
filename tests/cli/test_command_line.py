"""The command line says when it serves, ends as it should, and refuses what it cannot serve in one line."""

from __future__ import annotations

import re
import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver import MockServer
from mockserver.contracts import packaged_schemas
from mockserver.errors import SettingsError
from mockserver.settings import load_settings
from tests.support.harness import OPERATIONS, PATIENCE, SUPALYTICS, V1, run, serving

pytestmark = pytest.mark.socket


def refused(*arguments: str, **environment: str) -> str:
    """The one line on standard error with which a command that cannot start ends, exit code 2."""
    ended = run(*arguments, **environment)
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("mockserver: ")
    return line


def test_the_ready_line_names_the_address_that_really_serves() -> None:
    with serving() as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9][0-9]*", server.url)
        assert server.control("/health")["status"] == "ok"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_with_exit_code_0(number: signal.Signals) -> None:
    with serving() as server:
        assert server.post(V1, "key").status_code == 202
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE) == 0
        assert "Traceback" not in server.log


def test_a_taken_port_is_one_line_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"127.0.0.1:{port}" in refused("serve", "--port", port)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "70000"),
        (["--port", "http"], "--port"),
        (["--port", "-1"], "--port"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
        (["--vendor", "dadadog"], "dadadog"),
        (["--schemas", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--config", "/nowhere/at/all.yaml"], "/nowhere/at/all.yaml"),
        (["--uds", "/nowhere/at/all.sock"], "/nowhere/at/all.sock"),
        (["--journal-entries", "0"], "--journal-entries"),
        (["--max-body-bytes", "big"], "--max-body-bytes"),
    ],
)
def test_a_bad_flag_is_one_line_that_names_it(arguments: list[str], said: str) -> None:
    given = arguments if "--port" in arguments else ["--port", "0", *arguments]
    assert said in refused("serve", *given)


def test_an_unknown_choice_is_refused() -> None:
    ended = run("serve", "--port", "0", "--profile", "dreamt")
    assert ended.returncode == 2
    assert "dreamt" in ended.stderr


def test_a_bad_environment_variable_is_one_line_that_names_it() -> None:
    assert "MOCKSERVER_PORT" in refused("serve", MOCKSERVER_PORT="http")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("prot: 8080", "unknown setting 'prot'; did you mean 'port'?"),
        ("journal-entrys: 3", "did you mean 'journal_entries'?"),
        ("port: eight", "port"),
        ("port: true", "port"),
        ("host: [127.0.0.1", "line "),
        ("- port", "expected settings by name"),
        ("accepted_keys: [a]", "accepted_keys"),
        ("accepted_keys: {datadog: a}", "accepted_keys.datadog"),
        ("accepted_keys: {dadadog: [a]}", "dadadog"),
        ("profile: dreamt", "documented, observed"),
    ],
)
def test_a_bad_settings_file_is_one_line_that_names_the_setting(tmp_path: Path, content: str, said: str) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(content)
    assert said in refused("serve", "--config", str(settings))


FORMER_NAMES: dict[str, tuple[list[str], dict[str, str], str]] = {
    "a flag": (["--answers", "varied"], {}, ""),
    "the environment": ([], {"MOCKSERVER_ANSWERS": "varied"}, ""),
    "the file": ([], {}, "answers: varied"),
}


@pytest.mark.parametrize("source", FORMER_NAMES)
def test_the_former_name_of_a_setting_is_still_taken(tmp_path: Path, source: str) -> None:
    arguments, environment, content = FORMER_NAMES[source]
    settings = tmp_path / "settings.yaml"
    settings.write_text(content)
    with serving("--config", str(settings), *arguments, variables=environment) as server:
        assert "mockserver varies its responses: --responses varied" in server.log


def test_the_present_name_of_a_setting_goes_before_the_former_one(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("responses: usual\nanswers: varied")
    for given in (
        load_settings({"responses": "usual", "answers": "varied"}, {}, None),
        load_settings({}, {"MOCKSERVER_RESPONSES": "usual", "MOCKSERVER_ANSWERS": "varied"}, None),
        load_settings({}, {}, settings),
    ):
        assert given.responses == "usual"
    assert load_settings({"answers": "varied"}, {"MOCKSERVER_RESPONSES": "usual"}, None).responses == "varied"


def test_a_former_name_is_in_no_help_and_its_mistakes_are_named() -> None:
    assert "answers" not in run("serve", "--help").stdout
    assert "'--answers': 'odd' is not one of" in run("serve", "--answers", "odd").stderr
    assert "environment: MOCKSERVER_ANSWERS: expected one of usual, varied" in refused(
        "serve", MOCKSERVER_ANSWERS="odd"
    )


def test_an_unknown_setting_of_a_program_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^unknown setting 'prot'; did you mean 'port'\?$"):
        MockServer(prot=1)


def test_a_flag_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("profile: observed\nvendor: [datadog]\njournal_entries: 1\nlog-level: warning\n")
    with serving(
        *("--config", str(settings), "--vendor", "satori"),
        variables={"MOCKSERVER_VENDOR": "supalytics,datadog", "MOCKSERVER_JOURNAL_ENTRIES": "2"},
    ) as server:
        health = server.control("/health")
        assert (health["vendors"], health["profile"]) == (["satori"], "observed")
        for _ in range(3):
            server.client.post("/v1/server-event")
        assert server.control("/requests", vendor="satori")["total"] == 2
        assert server.log == ""


def test_only_the_chosen_vendors_are_served() -> None:
    with serving("--vendor", "supalytics", "--vendor", "satori") as server:
        assert sorted(server.control("/health")["vendors"]) == ["satori", "supalytics"]
        assert server.post(V1, "key").status_code == 404


def test_it_listens_on_a_unix_socket_and_removes_it(tmp_path: Path) -> None:
    path = tmp_path / "mock.sock"
    with serving("--uds", str(path)) as server:
        assert server.url == f"unix:{path}"
        assert server.post(V1, "key").status_code == 202
        assert server.last(V1, "key")["status"] == 202
        assert "another server" in refused("serve", "--uds", str(path))
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0
        assert not path.exists()


def test_a_stale_unix_socket_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "mock.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    with serving("--uds", str(path)) as server:
        assert server.control("/health")["status"] == "ok"


def test_a_file_in_the_place_of_the_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    refused("serve", "--uds", str(path))
    assert path.read_text() == "data"


def test_routes_prints_a_table_of_the_operations() -> None:
    ended = run("routes")
    assert (ended.returncode, ended.stderr) == (0, "")
    head, *lines = ended.stdout.splitlines()
    assert head.split() == ["VENDOR", "OPERATION", "METHOD", "PATH", "SUCCESS", "FAILURES", "CREDENTIAL"]
    shown = {tuple(line.split()[:5]) for line in lines}
    assert shown == {(each.vendor, each.id, "POST", each.path, str(each.success)) for each in OPERATIONS}
    prodlytics = next(line for line in lines if "prodlytics" in line)
    assert "400 401 403 408 413 429 500 503" in prodlytics


def test_routes_of_one_vendor() -> None:
    assert len(run("routes", "--vendor", "datadog").stdout.splitlines()) == 6


def test_the_version_is_printed() -> None:
    ended = run("--version")
    assert ended.returncode == 0
    assert re.search(r"mockserver.* [0-9]+\.[0-9]+\.[0-9]+", ended.stdout)


def test_help_names_every_setting_with_its_environment_variable() -> None:
    ended = run("serve", "--help")
    assert ended.returncode == 0
    for name in ("host", "port", "uds", "vendor", "profile", "config", "log-level", "admin-token"):
        assert f"--{name}" in ended.stdout
    assert "MOCKSERVER_PORT" in ended.stdout


LOG_LINE = re.compile(r"\S+ \S+ INFO ([A-Z]+) (\S+) (\S+) (\d{3}|left) (valid|invalid\(\d+\)) \d+\.\dms")
"""Method, path, operation, status, verdict and milliseconds."""


def test_every_request_is_one_log_line_without_secrets() -> None:
    with serving() as server:
        server.post(V1, "s3cr3tkey", params={"api_key": "s3cr3tkey"})
        server.post(V1, "s3cr3tkey", json={})
        server.client.get(V1.path, headers={"DD-API-KEY": "s3cr3tkey"})
        server.client.get("/no%0Awhere")
        lines = server.log.splitlines()
    found = [match.groups() if (match := LOG_LINE.fullmatch(line)) else line for line in lines]
    assert found == [
        ("POST", "/api/v1/events", "CreateEventV1", "202", "valid"),
        ("POST", "/api/v1/events", "CreateEventV1", "400", "invalid(2)"),
        ("GET", "/api/v1/events", "-", "405", "invalid(1)"),
        ("GET", r"/no\nwhere", "-", "404", "invalid(1)"),
    ]
    assert "s3cr3tkey" not in "".join(lines)


def test_the_seed_of_varied_responses_is_said_at_start() -> None:
    with serving("--responses", "varied", "--seed", "5") as server:
        assert "--responses varied --seed 5" in server.log


def test_the_log_level_silences_requests() -> None:
    with serving("--log-level", "warning") as server:
        server.post(V1, "key")
        assert server.log == ""


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """A copy of the contracts, free to be broken."""
    copied = tmp_path / "schemas"
    shutil.copytree(packaged_schemas(), copied)
    return copied


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def overlaid(schemas: Path, vendor: str, **action: Any) -> None:
    """One more action at the end of a vendor's overlay."""
    path = schemas / vendor / "overlay.yaml"
    evidence = {"x-reason": "a test", "x-evidence": {"kind": "assumed", "source": "a test"}}
    content = yaml.safe_load(path.read_text("utf-8"))
    content["actions"].append({**evidence, **action})
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


WRITE_EVENT = "WriteEvent.request.json"
NAME = "$.components.schemas['WriteEvent.request'].properties.name"
OPERATION = "$.paths['/v1/events'].post"

BROKEN: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "an unknown keyword": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"maxLength": 64', '"maxLenght": 64'),
        ["WriteEvent.request", "properties/name/maxLenght"],
    ),
    "a schema that the metaschema rejects": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"maxLength": 64', '"maxLength": "long"'),
        ["WriteEvent.request", "name"],
    ),
    "a pattern that is none": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"^[a-z0-9_-]+$"', '"^[a-z0-9_-+$"'),
        ["WriteEvent.request", "name"],
    ),
    "a type that is none": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"type": "string"', '"type": "text"'),
        ["WriteEvent.request", "name"],
    ),
    "JSON that is none": (
        lambda at: replaced(at / "supalytics" / WRITE_EVENT, '"maxLength": 64', '"maxLength": 64,,'),
        [WRITE_EVENT, "line "],
    ),
    "a schema file that is missing": (
        lambda at: (at / "supalytics" / WRITE_EVENT).unlink(),
        ["openapi.yaml", WRITE_EVENT],
    ),
    "a reference out of the folder": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", WRITE_EVENT, "../datadog/CreateEventV1.request.json"),
        ["openapi.yaml", "../datadog/CreateEventV1.request.json"],
    ),
    "a reference to the web": (
        lambda at: overlaid(at, "supalytics", target=NAME, update={"$ref": "https://example.com/name.json"}),
        ["https://example.com/name.json"],
    ),
    "a reference that dangles": (
        lambda at: overlaid(at, "supalytics", target=NAME, update={"$ref": "#/components/schemas/Nothing"}),
        ["WriteEvent.request/properties/name", "#/components/schemas/Nothing"],
    ),
    "a reference of a response that dangles": (
        lambda at: overlaid(
            at,
            "supalytics",
            target=f"{OPERATION}.responses['400'].content['application/json'].schema",
            update={"$ref": "#/components/schemas/Nothing"},
        ),
        ["/v1/events", "400"],
    ),
    "YAML that is none": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "paths:", "paths: ["),
        ["openapi.yaml", "line "],
    ),
    "an OpenAPI of another version": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "openapi: 3.1.0", "openapi: 3.0.0"),
        ["openapi.yaml", "3.1"],
    ),
    "a path given twice": (
        lambda at: replaced(
            at / "supalytics" / "openapi.yaml",
            "components:",
            "  /v1/events:\n    post: {operationId: Again}\ncomponents:",
        ),
        ["openapi.yaml", "/v1/events"],
    ),
    "an operation without a name": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "operationId: WriteEvent", "operationId: ''"),
        ["openapi.yaml", "operationId"],
    ),
    "two vendors' operations on one path": (
        lambda at: shutil.copytree(at / "supalytics", at / "acme"),
        ["openapi.yaml", "/v1/events", "WriteEvent"],
    ),
    "an unknown security scheme": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "- bearerAuth: []", "- magic: []"),
        ["openapi.yaml", "magic"],
    ),
    "a scheme that is not served": (
        lambda at: replaced(at / "supalytics" / "openapi.yaml", "scheme: bearer", "scheme: digest"),
        ["openapi.yaml", "bearerAuth"],
    ),
    "a named rule that nobody wrote": (
        lambda at: overlaid(at, "supalytics", target=OPERATION, update={"x-rules": [{"name": "less-then"}]}),
        ["less-then"],
    ),
    "a named rule without its parameters": (
        lambda at: overlaid(at, "supalytics", target=OPERATION, update={"x-rules": [{"name": "less-than"}]}),
        ["less-than"],
    ),
    "an overlay target that matches nothing": (
        lambda at: overlaid(at, "supalytics", target="$.paths['/v2/events']", remove=True),
        ["overlay.yaml", "actions[4].target", "/v2/events"],
    ),
    "an overlay target that is no JSONPath": (
        lambda at: overlaid(at, "supalytics", target="$.paths[", remove=True),
        ["overlay.yaml", "actions[4].target"],
    ),
    "an overlay action with evidence of no known kind": (
        lambda at: overlaid(at, "supalytics", target=OPERATION, update={}, **{"x-evidence": {"kind": "heard"}}),
        ["overlay.yaml", "actions[4].x-evidence"],
    ),
    "an overlay that is none": (
        lambda at: (at / "supalytics" / "overlay.yaml").write_text("actions: []"),
        ["overlay.yaml", "overlay"],
    ),
    "no contract at all": (lambda at: shutil.rmtree(at / "supalytics"), ["supalytics"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_bad_contract_is_one_line_that_names_file_and_place(schemas: Path, case: str) -> None:
    break_it, said = BROKEN[case]
    break_it(schemas)
    chosen = ("--vendor", "supalytics", *(("--vendor", "acme") if (schemas / "acme").exists() else ()))
    line = refused("serve", "--port", "0", "--schemas", str(schemas), *chosen)
    assert all(words in line for words in said), line


def test_the_copy_of_the_contracts_is_served_before_it_is_broken(schemas: Path) -> None:
    with serving("--schemas", str(schemas)) as server:
        assert server.post(V1, "key").status_code == 202


def test_what_somebody_elses_overlay_gives_no_evidence_for_is_assumed(schemas: Path) -> None:
    overlaid(schemas, "supalytics", target=NAME, update={"maxLength": 3}, **{"x-evidence": None, "x-reason": None})
    with serving("--schemas", str(schemas)) as server:
        server.post(SUPALYTICS, "key", {"name": "long"})
        (violation,) = server.last(SUPALYTICS, "key")["violations"]
        assert violation["evidence"] == {"kind": "assumed", "source": "the contract does not say"}
    explained = run("routes", "--explain", "--schemas", str(schemas), "--vendor", "supalytics").stdout
    assert "- No reason is given.\n      assumed: the contract does not say\n" in explained


def test_a_vendor_is_added_by_adding_a_folder(schemas: Path) -> None:
    folder = schemas / "acme"
    folder.mkdir()
    (folder / "openapi.yaml").write_text(
        """
openapi: 3.1.0
info: {title: acme, version: '1'}
paths:
  /acme/{site}/things:
    get:
      operationId: ListThings
      parameters:
        - {name: site, in: path, required: true, schema: {type: string, maxLength: 3}}
        - {name: limit, in: query, schema: {type: integer, maximum: 10}}
      responses:
        '200':
          description: OK
          content: {application/json: {schema: {$ref: Things.json}}}
""",
        "utf-8",
    )
    (folder / "Things.json").write_text(
        '{"type": "object", "required": ["things"], "properties": {"things": {"type": "array", "items":'
        ' {"type": "string", "format": "uuid"}}}}'
    )
    with serving("--schemas", str(schemas), "--vendor", "acme") as server:
        assert server.client.get("/acme/fra/things?limit=10").json()["things"]
        for path in ("/acme/fra/things?limit=11", "/acme/fra/things?limit=many", "/acme/paris/things"):
            assert server.client.get(path).status_code == 400
