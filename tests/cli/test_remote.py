"""The commands that read and script a running server from any language's CI: their text, JSON and exit codes."""

import json
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.harness import PATIENCE, PRODLYTICS, Server, command, environment, run, serving

pytestmark = pytest.mark.socket
KEY = "remote"


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server with two events and a request that broke its contract."""
    with serving() as server:
        for name in ("paid", "paid twice"):
            server.post(PRODLYTICS, KEY, {**PRODLYTICS.body, "event": {"name": name}})
        server.post(PRODLYTICS, KEY, {"type": "server"})
        yield server


def at(server: Server, *arguments: str, code: int = 0) -> str:
    """What a command prints; nothing goes to the other stream unless it ends with 2."""
    done = run(*arguments, "--url", server.url)
    assert done.returncode == code, done.stdout + done.stderr
    assert code == 2 or not done.stderr
    return done.stderr if code == 2 else done.stdout


def as_json(server: Server, *arguments: str, code: int = 0) -> object:
    return json.loads(at(server, *arguments, "--json", code=code))


def test_wait_and_health_name_the_server(own: Server) -> None:
    assert at(own, "wait") == f"mockserver 0.1.0 at {own.url} is ready\n"
    assert at(own, "health") == f"mockserver 0.1.0 at {own.url} serves datadog, satori, supalytics\n"
    assert as_json(own, "health") == own.control("/health")


@pytest.mark.parametrize("arguments", [("health",), ("wait", "--timeout", "0.1")])
def test_no_server_is_one_line_and_exit_code_1(arguments: tuple[str, ...], free_tcp_port: int) -> None:
    done = run(*arguments, "--url", f"http://127.0.0.1:{free_tcp_port}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "no response from" in done.stderr


def test_wait_does_not_wait_longer_for_a_mute_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        done = run("wait", "--timeout", "0.2", "--url", f"http://127.0.0.1:{mute.getsockname()[1]}")
    assert done.returncode == 1
    assert "within 0.2 s" in done.stderr


def test_wait_sees_a_server_that_starts_later(free_tcp_port: int) -> None:
    line = command("wait", "--url", f"http://127.0.0.1:{free_tcp_port}")
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment()) as waiting:
        with serving("--port", str(free_tcp_port)) as server:
            assert waiting.communicate(timeout=PATIENCE)[0].endswith(f"at {server.url} is ready\n")
        assert waiting.returncode == 0


@pytest.mark.parametrize("name", ["verify", "events", "requests", "faults", "reset"])
def test_what_cannot_be_asked_is_exit_code_2(name: str, free_tcp_port: int) -> None:
    done = run(name, "--url", f"http://127.0.0.1:{free_tcp_port}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_verify_counts_events(own: Server) -> None:
    assert at(own, "verify", "paid", "--account", KEY, "--times", "1") == 'ok: 1 accepted event "paid"\n'
    assert at(own, "verify", "--at-least", "2", "--within", "1") == "ok: 2 accepted events\n"
    assert at(own, "verify", "--match", '{"event": {"name": "paid twice"}}') == "ok: 1 accepted event\n"
    assert as_json(own, "verify", "--at-most", "2") == {"ok": True, "count": 2, "evicted": 0}


def test_verify_shows_the_nearest_events(own: Server) -> None:
    said = at(own, "verify", "payed", code=1)
    assert said.startswith('expected at least 1 accepted event "payed", received 0\n')
    assert 'paid" (SubmitProductAnalyticsEvent, request r1, accepted)' in said
    report = as_json(own, "verify", "payed", "--times", "3", code=1)
    assert isinstance(report, dict)
    assert (report["ok"], report["expected"]) == (False, "exactly 3")


def test_verify_refuses_what_cannot_be_expected(own: Server) -> None:
    assert "--times excludes" in at(own, "verify", "--times", "1", "--at-most", "2", code=2)
    assert "is not JSON" in at(own, "verify", "--match", "{", code=2)
    assert "vendor 'datadgo' is not served; did you mean 'datadog'?" in at(own, "verify", "--vendor", "datadgo", code=2)


def test_events_are_listed(own: Server) -> None:
    header, *listed = at(own, "events", "--account", KEY).splitlines()
    assert header.split()[:3] == ["REQUEST", "VENDOR", "OPERATION"]
    assert [line.split()[0] for line in listed] == ["r1", "r2", "r3"]
    assert as_json(own, "events", "--outcome", "accepted") == own.control("/events", outcome="accepted")
    assert "paid twice" in at(own, "events", "--since", "r1")


def test_requests_are_listed_and_shown_whole(own: Server) -> None:
    (broken,) = at(own, "requests", "--verdict", "invalid").splitlines()[1:]
    assert broken.split()[0] == "r3"
    assert "the body at least one of usr, account and session" in broken
    whole = at(own, "requests", "r3")
    assert "POST /api/v2/prodlytics" in whole
    assert "fix       add /event" in whole
    assert KEY not in whole
    assert as_json(own, "requests", "r3") == own.control("/requests/r3")
    assert "there is no request 'r77'" in at(own, "requests", "r77", code=2)


def test_faults_are_armed_listed_and_cleared() -> None:
    with serving() as server:
        assert "503" in at(server, "faults", '{"status": 503, "times": 2}', "--account", KEY)
        assert server.post(PRODLYTICS, KEY).status_code == 503
        (fault,) = server.control("/faults")["faults"]
        assert (fault["fired"], fault["remaining"]) == (1, 1)
        assert at(server, "faults").splitlines()[1].split()[:4] == ["f1", fault["account"], "1", "1"]
        assert at(server, "faults", "--clear") == "1 disarmed\n"
        assert at(server, "faults", "brown-out").count("\n") > 2
        assert "did you mean 'status'" in at(server, "faults", '{"statsu": 503}', code=2)
        assert "is not JSON" in at(server, "faults", "[", code=2)
        assert "--clear takes no SCRIPT" in at(server, "faults", "brown-out", "--clear", code=2)
        assert at(server, "reset", "--account", KEY) == "reset 1 account\n"
        assert at(server, "requests").count("\n") == 1


def test_a_token_is_asked_for() -> None:
    with serving("--admin-token", "t0ken") as server:
        assert "token" in at(server, "requests", code=2)
        assert at(server, "requests", "--token", "t0ken").startswith("REQUEST")
