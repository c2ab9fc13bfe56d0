"""Shows what connections that a delay holds cost a request without a fault: run it, read the table.

    python benchmarks/held_connections.py [CONNECTIONS] [REQUESTS]

It starts a server of its own on loopback, freezes the clock of one account and lets a fault hold all of its
connections (2,000 by default). Then it sends requests (3,000 by default) of another account, one after another, in
turns with and without the held connections, and compares the medians of their latencies. It ends by itself, with exit
code 1 where a request is slowed by more than half.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

PATH = "/api/v2/prodlytics"
BODY = json.dumps(
    {
        "type": "server",
        "application": {"id": "123abcde-123a-123b-1234-123456789abc"},
        "event": {"name": "payment.processed"},
        "usr": {"id": "123"},
    }
).encode()
HELD, FREE = "held-connections", "a-free-account"
ROUNDS = 3
PATIENCE = 60.0
SLOWED_AT_MOST = 1.5


def main(connections: int, requests: int) -> int:
    """Measure, print, and say whether the promise is kept."""
    allow_open_files(connections + 200)
    with serving() as (host, port):
        client = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        timed(client, requests // 10)
        without: list[float] = []
        beside: list[float] = []
        for _ in range(ROUNDS):
            without += timed(client, requests // ROUNDS)
            beside += asyncio.run(timed_beside_held(client, connections, requests // ROUNDS))
        client.close()
    print(f"{'connections held':>18} {'requests':>9} {'median':>10} {'mean':>10} {'99 %':>10}")
    for held, seconds in ((0, without), (connections, beside)):
        print(f"{held:>18,} {len(seconds):>9,} {' '.join(f'{value * 1e6:>7,.0f} µs' for value in summary(seconds))}")
    slowed = statistics.median(beside) / statistics.median(without)
    print(f"\nA request without a fault takes {slowed:.2f} times as long beside {connections:,} held connections.")
    return 0 if slowed <= SLOWED_AT_MOST else 1


def summary(seconds: list[float]) -> tuple[float, float, float]:
    return statistics.median(seconds), statistics.fmean(seconds), statistics.quantiles(seconds, n=100)[98]


def allow_open_files(count: int) -> None:
    """This process and the server that it starts need a descriptor for each connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (-1, resource.RLIM_INFINITY) and hard < count:
        sys.exit(f"at most {hard} files can be open here; ask for fewer connections than {count}")
    if soft not in (-1, resource.RLIM_INFINITY) and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


@contextlib.contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """A server on a free port, stopped at the end."""
    command = [sys.executable, "-m", "mockserver.cli", "serve", "--port", "0", "--log-level", "warning", "--no-quotas"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            host, _, port = process.stdout.readline().split()[-1].removeprefix("http://").partition(":")
            yield host, int(port)
        finally:
            process.terminate()


def headers_of(key: str) -> dict[str, str]:
    return {"DD-API-KEY": key, "Content-Type": "application/json", "Content-Length": str(len(BODY))}


def timed(client: http.client.HTTPConnection, count: int) -> list[float]:
    """The seconds that each of so many requests took, one after another on one connection."""
    seconds = []
    for _ in range(count):
        began = time.perf_counter()
        client.request("POST", PATH, BODY, headers_of(FREE))
        answer = client.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - began)
        assert answer.status == 202, answer.status
    return seconds


def control(client: http.client.HTTPConnection, method: str, path: str, body: object = None) -> dict[str, object]:
    """What a call of the control API for the account whose connections are held answers."""
    content = b"" if body is None else json.dumps(body).encode()
    client.request(method, f"/__admin{path}?account={HELD}", content)
    answer = client.getresponse()
    document: dict[str, object] = json.loads(answer.read())
    assert answer.status < 300, document
    return document


async def timed_beside_held(client: http.client.HTTPConnection, connections: int, requests: int) -> list[float]:
    """Like `timed`, while a fault holds as many connections; in the end they all get their answers."""
    control(client, "POST", "/reset")
    control(client, "PUT", "/clock", {"frozen": True})
    control(client, "POST", "/faults", {"delay": 3600})
    head = f"POST {PATH} HTTP/1.1\r\nHost: {client.host}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers_of(HELD).items())
    request = head.encode() + b"\r\n" + BODY
    streams = []
    for _ in range(connections):
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(request)
        streams.append((reader, writer))
    give_up = time.monotonic() + PATIENCE
    while fired(client) < connections:
        assert time.monotonic() < give_up, "not every connection came to be held"
        await asyncio.sleep(0.01)
    seconds = timed(client, requests)
    assert fired(client) == connections
    control(client, "POST", "/clock/advance", {"seconds": 3600})
    answers = await asyncio.wait_for(asyncio.gather(*(reader.read(12) for reader, _ in streams)), PATIENCE)
    assert set(answers) == {b"HTTP/1.1 202"}
    for _, writer in streams:
        writer.close()
    return seconds


def fired(client: http.client.HTTPConnection) -> int:
    faults = control(client, "GET", "/faults")["faults"]
    assert isinstance(faults, list)
    return sum(int(fault["fired"]) for fault in faults)


if __name__ == "__main__":
    if len(sys.argv) > 3 or not all(argument.isdigit() for argument in sys.argv[1:]):
        sys.exit(__doc__)
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(given + [2000, 3000][len(given) :])))
