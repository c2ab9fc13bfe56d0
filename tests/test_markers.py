"""Every test has exactly one of the markers unit, socket and fuzz, and a unit test cannot open a connection."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from tests.support.markers import markers_of


@pytest.mark.unit
def test_every_test_has_exactly_one_marker(request: pytest.FixtureRequest) -> None:
    marked = {item.nodeid: markers_of(item) for item in request.session.items}
    assert {test: markers for test, markers in marked.items() if len(markers) != 1} == {}


@pytest.mark.unit
def test_a_unit_test_cannot_connect() -> None:
    with socket.socket() as client, pytest.raises(AssertionError, match=r"socket\.connect .*: mark it `socket`"):
        client.connect(("127.0.0.1", 9))


@pytest.mark.unit
def test_a_unit_test_cannot_listen() -> None:
    with socket.socket() as listener, pytest.raises(AssertionError, match=r"a unit test causes socket\.bind"):
        listener.bind(("127.0.0.1", 0))


@pytest.mark.unit
def test_a_unit_test_cannot_start_a_process() -> None:
    with pytest.raises(AssertionError, match=r"a unit test causes subprocess\.Popen"):
        subprocess.run([sys.executable, "-c", ""], check=True)


@pytest.mark.socket
def test_a_socket_test_can_connect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        pass
