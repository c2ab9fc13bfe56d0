"""The command line says when it serves, ends as it should, and refuses what it cannot serve in one line."""

from __future__ import annotations

import re
import signal
import socket
from pathlib import Path

import pytest

from mockserver import MockServer
from mockserver.errors import SettingsError
from mockserver.settings import load_settings
from tests.support.harness import OPERATIONS, PATIENCE, V1, refused, run, serving

pytestmark = pytest.mark.socket


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


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("MOCKSERVER_PROFLE", ["environment: MOCKSERVER_PROFLE has no effect; did you mean MOCKSERVER_PROFILE?"]),
        (
            "MOCKSERVER_RATE_LIMITS",
            ["environment: MOCKSERVER_RATE_LIMITS has no effect; set rate_limits in a settings file"],
        ),
        ("MOCKSERVER_SERVICE_PORT", []),
        ("MOCKSERVER_URL", []),
        ("MOCKSERVER_PROFILE", []),
    ],
)
def test_a_mistyped_environment_variable_is_a_warning(variable: str, said: list[str]) -> None:
    ended = run("routes", **{variable: "observed"})
    assert ended.returncode == 0
    assert ended.stderr.splitlines() == [f"mockserver: warning: {each}" for each in said]


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
            server.client.post("/v1/server-event", auth=("key", ""))
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


LOG_LINE = re.compile(
    r"\S+ \S+ (?:INFO|WARNING(?=.* unclaimed$)) ([A-Z]+) (\S+) (\S+) (\d{3}|left) (valid|invalid\(\d+\)) \d+\.\dms"
    r"(?:: (?P<first>.*?))?(?: unclaimed)?"
)
"""Method, path, operation, status, verdict and the first violation."""


def test_every_request_is_one_log_line_without_secrets() -> None:
    with serving() as server:
        server.post(V1, "s3cr3tkey", params={"api_key": "s3cr3tkey"})
        server.post(V1, "s3cr3tkey", json={})
        server.client.get(V1.path, headers={"DD-API-KEY": "s3cr3tkey"})
        server.client.get("/no%0Awhere")
        lines = server.log.splitlines()
    found = [match.groups() if (match := LOG_LINE.fullmatch(line)) else line for line in lines]
    assert found == [
        ("POST", "/api/v1/events", "CreateEventV1", "202", "valid", None),
        ("POST", "/api/v1/events", "CreateEventV1", "400", "invalid(2)", "/text is missing"),
        ("GET", "/api/v1/events", "-", "405", "invalid(1)", "method: /api/v1/events takes POST"),
        ("GET", r"/no\nwhere", "-", "404", "invalid(1)", "path: no documented endpoint at this path"),
    ]
    assert "s3cr3tkey" not in "".join(lines)


def test_the_seed_of_varied_responses_is_said_at_start() -> None:
    with serving("--responses", "varied", "--seed", "5") as server:
        assert "--responses varied --seed 5" in server.log


def test_the_log_level_silences_requests() -> None:
    with serving("--log-level", "warning") as server:
        server.post(V1, "key")
        assert server.log == ""
