"""A broken fault script is refused whole, with the place and what is wrong there; a right one is armed whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.errors import SettingsError
from mockserver.faults.scenario import read_scenario
from mockserver.vendors.contracts import load_contracts
from tests.support.faulting import World
from tests.support.harness import PRODLYTICS, SATORI, V1, run, serving
from tests.support.ids import plain

SCRIPT = """\
description: One right fault, one wrong.
seed: 3
faults:
  - status: 503
    operation: SubmitProductAnalyticsEvent
  - vendor: datadog
    {line}
"""


OPERATIONS = load_contracts(None, (), "documented").operations


def refused(tmp_path: Path, text: str) -> list[str]:
    """The lines with which a script is refused, each without the name of the file."""
    file = tmp_path / "script.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as raised:
        read_scenario(str(file), OPERATIONS)
    lines = str(raised.value).splitlines()
    assert all(line.startswith(f"{file}:") for line in lines)
    return [line.removeprefix(f"{file}:").strip() for line in lines]


@pytest.mark.socket
def test_the_command_line_ends_with_2_and_the_lines_of_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("faults:\n- status: 503\n  tmes: 2\n- wire: rest\n", "utf-8")
    ended = run("serve", "--port", "0", "--scenario", str(file))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"mockserver: {file}:3: unknown key 'tmes'; did you mean 'times'?\n"
        f"{file}:4: unknown wire fault 'rest'; did you mean 'reset'?\n"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("statsu: 503", "7: unknown key 'statsu'; did you mean 'status'?"),
        ("status: 418", "7: 418 is not documented for datadog; documented are 200, 202, 400, "),
        ("wire: rest", "7: unknown wire fault 'rest'; did you mean 'reset'?"),
        ("wire: {truncate: {kep: 1}}", "7: unknown key 'kep'; did you mean 'keep'?"),
        ("delay: soon", "7: expected a number from 0 to 3600, found 'soon'"),
        ("delay: {uniform: [2, 1]}", "7: expected [low, high], found [2, 1]"),
        ("match: {at: 2025-06-30}", "7: expected a JSON value, found datetime.date(2025, 6, 30); put it in quotes"),
        ("match: {1: x}", "7: expected text as a member's name, found 1; put it in quotes"),
        ("match: {a: .nan}", "7: expected a JSON value, found nan; put it in quotes"),
    ],
)
def test_a_problem_has_its_line_and_remedy(tmp_path: Path, line: str, said: str) -> None:
    problems = refused(tmp_path, SCRIPT.replace("{line}", line))
    assert problems[0].startswith(said)


def test_every_problem_is_said(tmp_path: Path) -> None:
    text = "faults:\n- status: 503\n  tmes: 2\n- wire: reset\n  after: -1\n  probability: 2\nsede: 1\n"
    problems = refused(tmp_path, text)
    assert sorted(problem.partition(":")[0] for problem in problems) == ["3", "5", "6", "7"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("faults:\n- status: 503\n  times: 1\n  times: 2\n", "4: 'times' is given twice"),
        ("faults:\n- match: {a: 1, b: 2, a: 3}\n  status: 503\n", "2: 'a' is given twice"),
        ("faults: []\nfaults: []\n", "2: 'faults' is given twice"),
        ("faults:\n  - status: [503\n", "3: "),
        ("seed: 1\n", "1: expected a script with `faults:`"),
        ("", "1: expected a script with `faults:`"),
        ("[]", "1: expected a script with `faults:`"),
        ("faults: 5\n", "1: expected a fault or a list of faults"),
        ("faults: []\n---\nfaults: []\n", "2: "),
        ("faults:\n- match: {at: 2025-13-45}\n  status: 503\n", "2: '2025-13-45' is not a date"),
        ("faults: \0", "1: control characters are not allowed"),
        ("faults: " + "[" * 5000, "1: is nested more than 100 levels deep"),
        ("faults:\n- status: 503\n  match: &a [*a]\n", "3: the alias *a refers to itself"),
        ("faults: [{? [1, 2] : 3}]\n", "1: "),
        ("faults: !!python/object/apply:os.system [x]\n", "1: "),
    ],
    ids=plain,
)
def test_a_file_that_is_no_script_is_refused_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    (problem,) = refused(tmp_path, text)
    assert problem.startswith(line)


@pytest.mark.socket
def test_an_unknown_scenario_is_refused_with_the_nearest() -> None:
    ended = run("serve", "--port", "0", "--scenario", "brownout")
    assert ended.returncode == 2
    assert ended.stderr == "mockserver: no scenario 'brownout'; did you mean 'brown-out'?\n"


@pytest.mark.socket
def test_a_broken_script_beside_a_right_one_stops_the_server(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("faults: [{status: 1}]", "utf-8")
    ended = run("serve", "--port", "0", "--scenario", "flapping", "--scenario", str(file))
    assert (ended.returncode, ended.stdout) == (2, "")


@pytest.mark.socket
def test_several_scripts_are_armed_in_their_order(tmp_path: Path, key: str) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("faults: [{status: 503, times: 1}]", "utf-8")
    second.write_text("faults: [{status: 500, times: 2}]", "utf-8")
    with serving("--scenario", str(first), "--scenario", str(second)) as server:
        assert World(server, PRODLYTICS, key).statuses(4) == [503, 500, 500, 202]


@pytest.mark.socket
def test_a_yaml_script_may_name_accounts_and_use_anchors(tmp_path: Path, key: str) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(
        f"faults:\n- &one {{account: {key}, status: 503, times: 1}}\n- {{<<: *one, account: {key}2, times: 2}}\n",
        "utf-8",
    )
    with serving("--scenario", str(file)) as server:
        assert World(server, PRODLYTICS, key).statuses(3) == [503, 202, 202]
        assert World(server, PRODLYTICS, f"{key}2").statuses(3) == [503, 503, 202]
        assert World(server, PRODLYTICS, f"{key}3").statuses(1) == [202]


WRONG: list[tuple[Any, dict[str, str]]] = [
    ({"staus": 503}, {"/staus": "unknown key 'staus'; did you mean 'status'?", "": "a fault needs a `status`"}),
    ({}, {"": "a fault needs a `status`, a `wire` fault or a `delay`"}),
    ({"times": 2}, {"": "a fault needs a `status`"}),
    ({"status": None, "wire": None, "delay": None}, {"": "a fault needs a `status`"}),
    ({"status": 503, "wire": "reset"}, {"/wire": "`wire` and `status` are mutually exclusive"}),
    ({"wire": "reset", "retry_after": 1}, {"/retry_after": "`retry_after` needs a `status`"}),
    ({"wire": "rset"}, {"/wire": "did you mean 'reset'?"}),
    ({"wire": 5}, {"/wire": "unknown wire fault 5"}),
    (
        {"wire": {"reset": {}, "empty": {}}},
        {"/wire": "unknown wire fault {'reset': {}, 'empty': {}}; expected one of dribble,"},
    ),
    ({"wire": {"reset": 1}}, {"/wire/reset": "expected an object of parameters, found 1"}),
    ({"wire": {"reset": {"seconds": 1}}}, {"/wire/reset/seconds": "unknown key 'seconds'"}),
    ({"wire": "slow_request", "match": {}}, {"/match": "slow_request acts before there is a body to match"}),
    ({"delay": True}, {"/delay": "expected a number"}),
    ({"delay": {}}, {"/delay": "{uniform: [low, high]}"}),
    ({"delay": {"uniform": [1]}}, {"/delay": "{uniform: [low, high]}"}),
    ({"delay": {"uniform": [1, "x"]}}, {"/delay/uniform/1": "expected a number from 0 to 3600, found 'x'"}),
    ({"delay": {"uniform": [2, 1]}}, {"/delay/uniform": "expected [low, high], found [2, 1]"}),
    ({"delay": {"uniform": [1, 2], "lognormal": {}}}, {"/delay": "{uniform: [low, high]}"}),
    ({"delay": {"lognormal": 1}}, {"/delay/lognormal": "expected an object with `median` and `sigma`, found 1"}),
    ({"delay": {"lognormal": {"median": 1}}}, {"/delay/lognormal": "`sigma` is required"}),
    ({"delay": {"lognormal": {"sigma": 1}}}, {"/delay/lognormal": "`median` is required"}),
    (
        {"delay": {"lognormal": {"median": 1, "sigma": 1, "mean": 2}}},
        {"/delay/lognormal/mean": "did you mean 'median'?"},
    ),
    ({"status": 503, "vendor": "dadadog"}, {"/vendor": "did you mean 'datadog'?"}),
    ({"status": 503, "operation": "CreateEvent"}, {"/operation": "did you mean 'CreateEventV"}),
    ({"wire": "reset", "vendor": "satori", "operation": "WriteEvent"}, {"/operation": "it has ServerEvent"}),
    ({"status": 503, "stage": "during"}, {"/stage": "expected one of after, before"}),
    ({"status": 503, "account": 5}, {"/account": "expected text"}),
    ({"status": 503, "account": ""}, {"/account": "expected text"}),
    ({"status": 503, "match": "x"}, {"/match": "expected a JSON subset"}),
    ({"status": 503, "match": {"id": {"$regex": "("}}}, {"/match/id": "$regex takes a regular expression"}),
    ({"status": 503, "match": {"": {"~/": {"$uuid": False}}}}, {"/match//~0~1": "$uuid takes true"}),
    ({"status": 503, "undocumented": 1}, {"/undocumented": "expected true or false"}),
    ({"status": 503, "times": 1.5}, {"/times": "expected a whole number from 1 to 1000000000, found 1.5"}),
    ({"status": 503, "times": True}, {"/times": "found True"}),
    ({"status": 503, "probability": True}, {"/probability": "expected a number from 0 to 1, found True"}),
    ({"status": 503, "a/b": 1}, {"/a~1b": "unknown key 'a/b'"}),
    ([{"status": 503}, 5], {"/1": "expected a fault, found 5"}),
    ([[]], {"/0": "expected a fault"}),
    ("reset", {"": "expected a fault or a list of faults"}),
    ({"faults": {"status": 503}}, {"/faults": "expected a fault or a list of faults"}),
    ({"faults": [{"status": 503}, {"status": 9}]}, {"/faults/1/status": "expected a whole number"}),
    (
        {"faults": [], "seed": "x"},
        {"/seed": "expected a whole number from -9223372036854775808 to 9223372036854775807"},
    ),
    ({"faults": None}, {"": "`faults` is required"}),
    ({"faults": [], "description": 5}, {"/description": "expected text, found 5"}),
    ({"faults": [], "sed": 1}, {"/sed": "did you mean 'seed'?"}),
    ([{"status": 503}] * 1001, {"": "expected at most 1000 faults, found 1001"}),
]


@pytest.mark.parametrize(("script", "problems"), WRONG, ids=[str(script)[:60] for script, _ in WRONG])
def test_a_broken_script_is_refused_whole_with_its_places(world: World, script: Any, problems: dict[str, str]) -> None:
    world.fail({"status": 503, "times": 1})
    response = world.server.client.post("/__admin/faults", json=script, params={"account": world.key})
    assert response.status_code == 400
    found = {error["pointer"]: error["detail"] for error in response.json()["errors"]}
    assert set(found) == set(problems)
    for pointer, part in problems.items():
        assert part in found[pointer]
    assert len(world.armed) == 1


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", pytest.param(b"[" * 10_000, id="10000 open lists"), b'{"status": 503} x']
)
def test_a_script_that_is_no_json_is_refused(world: World, content: bytes) -> None:
    response = world.server.client.post("/__admin/faults", content=content)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"


def test_unknown_parameters_and_vendors_are_refused(world: World) -> None:
    client, fault = world.server.client, {"status": 503}
    assert client.post("/__admin/faults", json=fault, params={"acount": "x"}).status_code == 400
    assert client.post("/__admin/faults", json=fault, params={"vendor": "dadadog"}).status_code == 400
    assert client.delete("/__admin/faults", params={"acount": "x"}).status_code == 400
    assert client.put("/__admin/faults", json=fault).status_code == 405


def test_one_fault_a_list_and_a_script_are_taken(world: World) -> None:
    for script, count in (
        ({"status": 503}, 1),
        ([{"status": 503}, {"wire": "reset"}], 2),
        ({"faults": [{"delay": 1}], "seed": 1, "description": "x"}, 1),
        ([], 0),
    ):
        response = world.post_faults(script)
        assert response.status_code == 201
        assert response.json()["total"] == count
    assert len(world.armed) == 4


def test_the_vendor_of_the_call_is_that_of_its_faults(world: World) -> None:
    world.server.client.post(
        "/__admin/faults", json=[{"status": 429}], params={"account": world.key, "vendor": "satori"}
    )
    assert world.at(V1).post().status_code == 202
    assert world.at(SATORI).post().status_code == 429


def test_a_reset_at_one_vendor_leaves_the_keys_faults_at_another(world: World) -> None:
    world.at(SATORI).fail({"status": 429})
    world.fail({"status": 503})
    world.server.client.post("/__admin/reset", params=world.query)
    assert world.post().status_code == 202
    assert world.at(SATORI).post().status_code == 429


def test_faults_are_cleared_by_account_and_vendor(world: World) -> None:
    world.at(SATORI).fail({"status": 429})
    world.fail({"status": 503})
    assert world.server.client.delete("/__admin/faults", params=world.query).json() == {"cleared": 1}
    assert world.at(SATORI).post().status_code == 429
