"""A project of a user of the pytest plugin, whose tests run inside this one's."""

from __future__ import annotations

import pytest

SENDER = """
import json, urllib.error, urllib.request, pytest
import threading, unittest

GOOD = {"type": "server", "application": {"id": "a"}, "event": {"name": "paid"}, "usr": {"id": "u1"}}
BAD = {"type": "client", "application": {"id": "a"}, "event": {"name": "paid"}}

def send(handle, body=GOOD, path="/api/v2/prodlytics"):
    headers = {**handle.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(handle.url + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
"""


def run(project: pytest.Pytester, code: str, *options: str) -> pytest.RunResult:
    project.makepyfile(test_it="from sending import *\n" + code)
    return project.runpytest_inprocess(*options)
