"""The Python clients: each sends three events, as the library's documentation has it. `python -m
benchmarks.clients.python_clients NAME` runs one, with DD_URL and DD_API_KEY in the environment."""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import httpx2
import requests
import stamina
import tenacity
import urllib3
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v2.api.product_analytics_api import ProductAnalyticsApi
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from benchmarks.clients.events import PATH, RETRIED, TIMEOUT, events, headers, jittered, seconds_told

Send = Callable[[str, str], None]
"""Sends the events to a URL, with a key."""


class Client(NamedTuple):
    """A client: the packages whose versions count, and what is special in a few words."""

    send: Send
    packages: tuple[str, ...]
    note: str


class Failed(Exception):  # noqa: N818 - what the libraries retry on
    """A response with a failure; `told` is what it tells to wait, in seconds."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__(response.status_code)
        self.status = response.status_code
        self.told = seconds_told(response.headers.get("retry-after"))


FAILURES = (Failed, httpx2.TransportError)


def _urllib3(retry: Retry) -> Send:
    def send(url: str, key: str) -> None:
        with urllib3.PoolManager(retries=retry, timeout=TIMEOUT) as pool:
            for event in events():
                with suppress(HTTPError):
                    response = pool.request("POST", url + PATH, json=event, headers=headers(key))
                    if response.status in (401, 403):
                        return

    return send


def _requests(retry: Retry) -> Send:
    def send(url: str, key: str) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", HTTPAdapter(max_retries=retry))
            for event in events():
                with suppress(requests.RequestException):
                    response = session.post(url + PATH, json=event, headers=headers(key), timeout=TIMEOUT)
                    if response.status_code in (401, 403):
                        return

    return send


@contextmanager
def _http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=TIMEOUT, trust_env=False) as client:
        yield client


def _raising(client: httpx2.Client, url: str, key: str, event: Any) -> None:
    """Posts an event. Raises Failed for a failure."""
    response = client.post(url + PATH, json=event, headers=headers(key))
    if response.status_code >= 400:
        raise Failed(response)


def _each(post: Callable[[httpx2.Client, str, str, Any], None]) -> Send:
    """Posts each event, whatever became of the one before, until the credential is refused."""

    def send(url: str, key: str) -> None:
        with _http() as client:
            for event in events():
                try:
                    post(client, url, key, event)
                except Failed as failed:
                    if failed.status in (401, 403):
                        return
                except (httpx2.TransportError, tenacity.RetryError):
                    continue

    return send


def _may_be_retried(error: BaseException) -> bool:
    return isinstance(error, httpx2.TransportError) or (isinstance(error, Failed) and error.status in RETRIED)


def _as_told(otherwise: tenacity.wait.wait_base) -> Callable[[tenacity.RetryCallState], float]:
    """Waits as a response tells, else as another policy says."""

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        told = getattr(error, "told", None)
        return otherwise(state) if told is None else float(told)

    return wait


def _stamina_hook(error: Exception) -> bool | dt.timedelta:
    """What stamina calls a back-off hook: waits as a response tells."""
    told = getattr(error, "told", None)
    return _may_be_retried(error) if told is None or not _may_be_retried(error) else dt.timedelta(seconds=told)


tenacity_bare = tenacity.retry(_raising)
tenacity_jitter = tenacity.retry(
    retry=tenacity.retry_if_exception(_may_be_retried),
    wait=tenacity.wait_exponential_jitter(multiplier=0.2, max=5, jitter=0.5),
    stop=tenacity.stop_after_attempt(6),
    reraise=True,
)(_raising)
tenacity_told = tenacity.retry(
    retry=tenacity.retry_if_exception(_may_be_retried),
    wait=_as_told(tenacity.wait_exponential_jitter(multiplier=0.2, max=5, jitter=0.5)),
    stop=tenacity.stop_after_attempt(6),
    reraise=True,
)(_raising)
stamina_default = stamina.retry(on=FAILURES)(_raising)
stamina_told = stamina.retry(on=_stamina_hook)(_raising)


def _loop(
    attempts: int, retried: Callable[[BaseException], bool], wait: Callable[[int, float | None], float]
) -> Callable[[httpx2.Client, str, str, Any], None]:
    """A loop of one's own. `wait` gives the seconds after an attempt, from 0, by what the response tells."""

    def post(client: httpx2.Client, url: str, key: str, event: Any) -> None:
        for attempt in range(attempts):
            error = _failure(client, url, key, event)
            if error is None:
                return
            if attempt + 1 == attempts or not retried(error):
                raise error
            time.sleep(wait(attempt, getattr(error, "told", None)))

    return post


def _failure(client: httpx2.Client, url: str, key: str, event: Any) -> Exception | None:
    try:
        _raising(client, url, key, event)
    except FAILURES as error:
        return error
    return None


def _only(*statuses: int) -> Callable[[BaseException], bool]:
    return lambda error: isinstance(error, Failed) and error.status in statuses


def _agent_retries(error: BaseException) -> bool:
    return not (isinstance(error, Failed) and error.status in (400, 403, 413))


def _agent_waits(attempt: int, _told: float | None) -> float:
    delay = min(2.0, 0.3 * 2.0**attempt)
    return delay if delay == 2.0 else random.uniform(delay / 2, delay)


SEEDED = [random.Random(7).uniform(0, 0.5) for _ in range(8)]
careful = _loop(
    6,
    _may_be_retried,
    lambda attempt, told: jittered(min(2.0, 0.3 * 2**attempt)) if told is None else told,
)
aws = _loop(3, _may_be_retried, lambda attempt, told: (told or 0.0) + random.uniform(0, min(20.0, 0.05 * 2**attempt)))
exporter = _loop(
    6,
    _only(429, 502, 503, 504),
    lambda attempt, told: jittered(2.0**attempt, 0.2) if told is None else told,
)
agent = _loop(30, _agent_retries, _agent_waits)
satori_sdk = _loop(5, _only(500, 502, 503, 504), lambda attempt, _told: 0.5 * 2**attempt + SEEDED[attempt])


def _datadog(url: str, key: str) -> None:
    keys = {"apiKeyAuth": key, "appKeyAuth": f"{key}-app"}
    configuration = Configuration(host=url, api_key=keys, enable_retry=True, check_input_type=False)
    with ApiClient(configuration) as client:
        for event in list[Any](events()):
            try:
                ProductAnalyticsApi(client).submit_product_analytics_event(event)
            except ApiException as error:
                if error.status in (401, 403):
                    return
            except HTTPError:
                continue


ON_FAILURE = Retry(5, status_forcelist=RETRIED, backoff_factor=0.2, raise_on_status=False)
CLIENTS: dict[str, Client] = {
    "urllib3": Client(_urllib3(ON_FAILURE), ("urllib3",), "`Retry` retries no POST unless told"),
    "urllib3-post": Client(
        _urllib3(ON_FAILURE.new(allowed_methods=None)), ("urllib3",), "`allowed_methods=None`; the first retry at once"
    ),
    "requests": Client(
        _requests(ON_FAILURE.new(allowed_methods=None)), ("requests", "urllib3"), "`HTTPAdapter(max_retries=Retry(…))`"
    ),
    "tenacity-bare": Client(_each(tenacity_bare), ("tenacity",), "`@retry` without arguments"),
    "tenacity-jitter": Client(_each(tenacity_jitter), ("tenacity",), "`wait_exponential_jitter`, heeds no Retry-After"),
    "tenacity-told": Client(_each(tenacity_told), ("tenacity",), "the same, and waits as it was told"),
    "stamina": Client(_each(stamina_default), ("stamina",), "`retry(on=…)` with every failure, 10 attempts"),
    "stamina-told": Client(
        _each(stamina_told), ("stamina",), "a back-off hook chooses what to retry, and waits as told"
    ),
    "httpx-loop": Client(_each(careful), ("httpx2",), "a loop of one's own, as the example has it"),
    "aws-like": Client(_each(aws), ("httpx2",), "full jitter on 50 ms · 2ⁱ, three attempts"),
    "opentelemetry-like": Client(_each(exporter), ("httpx2",), "retries 429, 502, 503 and 504 only"),
    "agent-like": Client(_each(agent), ("httpx2",), "retries everything but 400, 403 and 413"),
    "satori-sdk-like": Client(_each(satori_sdk), ("httpx2",), "never retries 429; jitter seeded alike"),
    "datadog-api-client": Client(
        _datadog, ("datadog-api-client",), "`enable_retry=True`; heeds X-RateLimit-Reset, has no time-out"
    ),
}


if __name__ == "__main__":
    CLIENTS[sys.argv[1]].send(os.environ["DD_URL"], os.environ["DD_API_KEY"])
