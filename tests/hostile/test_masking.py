"""A credential that opened an account is shown nowhere whole, wherever in a request it stands and whosever it is."""

from __future__ import annotations

import base64
import json
import random
import shlex
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.testing import MockServer
from tests.support.harness import PRODLYTICS, SATORI, SUPALYTICS, V1, V2, Operation, Server, basic, run, serving

pytestmark = pytest.mark.socket

EVENTS: tuple[Operation, ...] = (V1, V2, PRODLYTICS, SATORI, SUPALYTICS)
PLACES = ("header", "header name", "query", "parameter name", "bare query", "path", "text", "member", "raw body")
BODIES = ("text", "member", "raw body")
"""Where percent-encoding is nobody's: a body is shown as it was sent, but for what it holds plainly or in base64."""
FORMS: dict[str, Callable[[str, random.Random], str]] = {
    "plain": lambda secret, chance: secret,
    "in a text": lambda secret, chance: f"x{secret}y",
    "percent-encoded": lambda secret, chance: "".join(
        f"%{ord(each):02X}" if chance.random() < 0.5 else each for each in secret
    ),
    "twice percent-encoded": lambda secret, chance: quote("".join(f"%{ord(each):02x}" for each in secret)),
    "as Basic": lambda secret, chance: basic(secret, "pw").removeprefix("Basic "),
    "as Basic in a text": lambda secret, chance: f"auth={basic(secret, 'a password')}.",
    "in a URL": lambda secret, chance: f"https://{secret}:pw@example.com/?a=b",
    "twice": lambda secret, chance: f"{secret}{secret}",
}


@pytest.fixture(scope="module")
def alone() -> Iterator[Server]:
    """A server whose log and journal nobody else writes into."""
    with serving("--journal-entries", "50") as running:
        yield running


def sent(operation: Operation, presented: str | None, place: str, text: str) -> dict[str, Any]:
    """A request that has a text in one place, and presents a credential if it is given one."""
    headers: dict[str, str] = {} if presented is None else operation.headers(presented)
    request: dict[str, Any] = {"method": "POST", "url": operation.path, "headers": headers, "json": operation.body}
    if place == "header":
        headers["X-Note"] = text
    elif place == "header name":
        headers["".join(each if each.isalnum() else "-" for each in text)] = "1"
    elif place in ("query", "parameter name", "bare query"):
        written = text if "%" in text else quote(text, safe="")
        request["url"] += {"query": "?a=b&note=", "parameter name": "?", "bare query": "?a;"}[place] + written
        request["url"] += "=1" if place == "parameter name" else ""
    elif place == "path":
        request["url"] = f"/api/v9/{text if '%' in text else quote(text)}/events"
    elif place == "raw body":
        del request["json"]
        request["content"] = f"\xff{text}".encode("latin-1")
    elif place == "member":
        request["json"] = {**operation.body, text: 1}
    else:
        request["json"] = {**operation.body, "note": [text], "data": {"name": text}}
    return request


def shown(server: Server, secret: str) -> dict[str, str]:
    """Everything that the server shows of its requests, by where it shows it."""
    listing = server.client.get("/__admin/requests")
    texts = {"listing": listing.text, "log": server.log}
    for exchange in listing.json()["requests"]:
        texts[f"exchange {exchange['id']}"] = json.dumps(server.whole(exchange), ensure_ascii=False)
    for form in ("har", "jsonl", "curl"):
        texts[form] = server.client.get("/__admin/export", params={"format": form}).text
    for path in ("events", "satori/identities", "supalytics/visitors", "datadog/alerts", f"requests/{secret}"):
        texts[path] = server.client.get(f"/__admin/{path}").text
    wanted = {"name": "nothing of the kind", "json": {"a": 1}}
    texts["verify"] = server.client.post("/__admin/verify", json=wanted).text
    texts["problem"] = server.client.get("/__admin/requests", params={"verdict": secret}).text
    return texts


@settings(deadline=None, max_examples=60)
@given(
    operation=st.sampled_from(EVENTS),
    place=st.sampled_from(PLACES),
    form=st.sampled_from(sorted(FORMS)),
    whose=st.sampled_from(["own", "another's", "nobody's"]),
    seed=st.integers(0, 2**32),
)
def test_no_view_export_or_log_line_contains_it(
    alone: Server, operation: Operation, place: str, form: str, whose: str, seed: int
) -> None:
    secret = f"k{uuid.uuid4()}"
    alone.post(operation, secret)
    presented = {"own": secret, "another's": f"k{uuid.uuid4()}", "nobody's": None}[whose]
    credential = operation.credential(secret)
    request = sent(operation, presented, place, FORMS[form](credential, random.Random(seed)))
    assert alone.client.request(**request).status_code < 500
    encoded = base64.b64encode(credential.encode())[: len(credential) // 3 * 4].decode()
    for where, text in shown(alone, credential).items():
        assert credential not in text, where
        assert encoded not in text, where
        assert place in BODIES or credential not in unquote(unquote(text)), where
    alone.client.post("/__admin/reset")


def test_what_is_exported_stays_well_formed(alone: Server) -> None:
    alone.client.post("/__admin/reset")
    secret = f"k{uuid.uuid4()}"
    for place in PLACES:
        alone.client.request(**sent(V1, secret, place, f"x{secret}"))
    har = alone.client.get("/__admin/export", params={"format": "har"}).json()
    lines = alone.client.get("/__admin/export", params={"format": "jsonl"}).text.splitlines()
    commands = alone.client.get("/__admin/export", params={"format": "curl"}).text.splitlines()
    assert len(har["log"]["entries"]) == len(lines) == len(commands) == len(PLACES)
    for line, command in zip(lines, commands, strict=True):
        assert isinstance(json.loads(line)["path"], str)
        assert shlex.split(command)


@pytest.mark.parametrize(
    "name",
    [
        "DD_API_KEY",
        "X-DD-API-KEY",
        "Api-Key",
        "X-Auth-Token",
        "X-Amz-Security-Token",
        "Cookie",
        "X-Api-Secret",
        "Private-Token",
        "Authentication",
        "X-Auth",
        "X-Signature",
        "Ocp-Apim-Subscription-Key",
        "X-Key",
        "Sly-Key",
        "X-Api-Key-2",
    ],
)
def test_a_header_that_is_called_like_a_credential_is_masked(server: Server, key: str, name: str) -> None:
    secret = f"unknown-{uuid.uuid4()}"
    server.post(V1, key, headers={name: secret})
    assert secret not in json.dumps(server.whole(server.last(V1, key)))


@pytest.mark.parametrize("value", ["Bearer {}", "basic {}", "BEARER  {}"])
def test_a_header_with_a_scheme_is_masked_whatever_its_name(server: Server, key: str, value: str) -> None:
    secret = f"unknown-{uuid.uuid4()}"
    server.post(V1, key, headers={"Authorisation": value.format(secret)})
    assert secret not in json.dumps(server.whole(server.last(V1, key)))


@pytest.mark.parametrize(
    "name",
    [
        "apikey",
        "dd-api-key",
        "key",
        "password",
        "access_token",
        "api%5Fkey",
        "API_KEY",
        "apiKey",
        "params[api_key]",
        "client_secret",
        "X-Amz-Signature",
        "sig",
        "pwd",
        "sid",
        "k%65y",
    ],
)
@pytest.mark.parametrize("before", ["?{}={}", "?a=b&{}={}&c=d", "?a;{}={}", "?next=https://example.com/?{}={}"])
def test_a_parameter_that_is_called_like_a_credential_is_masked(
    server: Server, key: str, name: str, before: str
) -> None:
    secret = f"unknown-{uuid.uuid4()}"
    server.client.post(V1.path + before.format(name, secret), json=V1.body, headers=V1.headers(key))
    server.client.post(V1.path, json=V1.body, headers={**V1.headers(key), "Referer": before.format(name, secret)})
    for exchange in server.journal(V1, key):
        assert secret not in json.dumps(server.whole(exchange))
    har = server.client.get("/__admin/export", params={"format": "har", "account": key}).text
    assert secret not in har


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Idempotency-Key", "k-8d7f"),
        ("User-Agent", "monkey/1.0 (keyboard; author)"),
        ("X-Cache-Key", "a=b"),
        ("Content-Language", "en"),
        ("X-Request-Id", "5f1c"),
        ("Referer", "https://example.com/a?aggregation_key=b&keyword=c"),
        ("X-Note", "percent 100% %41 %zz"),
    ],
)
def test_what_only_resembles_a_credential_is_shown(server: Server, key: str, header: str, value: str) -> None:
    server.post(V1, key, headers={header: value}, params={"aggregation_key": "x", "author": "y", "q": "100%"})
    exchange = server.whole(server.last(V1, key))
    assert [header.lower(), value] in exchange["request"]["headers"]
    assert exchange["query"] == "aggregation_key=x&author=y&q=100%25"


@pytest.mark.parametrize("secret", ["customer", "eventname", "short-7"])
def test_a_word_or_a_short_credential_masks_no_body(server: Server, key: str, secret: str) -> None:
    body = {**V1.body, "text": f"the {secret} of {key[:6]}", "tags": [secret]}
    server.post(V1, secret, json=body)
    assert server.whole(server.last(V1, secret))["request"]["json"] == body


def test_a_credential_masks_no_words_of_others(server: Server, key: str) -> None:
    for taken in ("application/json", "subscription_created", "1234567890123456", '","verdict":"valid","', "€" * 20):
        server.client.post(
            SUPALYTICS.path, json=SUPALYTICS.body, headers={b"Authorization": f"Bearer {taken}".encode()}
        )
    body = {**V1.body, "text": "subscription_created 1234567890123456", "date_happened": 1234567890123456}
    server.post(V1, key, json=body)
    exchange = server.whole(server.last(V1, key))
    assert exchange["request"]["json"] == body
    assert ["content-type", "application/json"] in exchange["request"]["headers"]
    assert exchange["verdict"] in ("valid", "invalid")


def test_a_masked_text_takes_the_place_of_the_credential(server: Server, key: str) -> None:
    server.post(V1, key, json={**V1.body, "text": f"with {key}.", "tags": [key, "b"]})
    exchange = server.whole(server.last(V1, key))
    label = exchange["account"]
    assert exchange["request"]["json"] == {**V1.body, "text": f"with {label}.", "tags": [label, "b"]}
    assert json.loads(exchange["request"]["body"]) == exchange["request"]["json"]
    (event,) = server.control("/events", account=key)["events"]
    assert event["attributes"]["text"] == f"with {label}."
    wanted = {"name": V1.body["title"], "json": {"text": f"with {key}."}}
    assert server.client.post("/__admin/verify", json=wanted, params={"account": key}).json()["ok"] is True


def test_the_path_in_the_access_log_is_masked(alone: Server) -> None:
    secret = f"k{uuid.uuid4()}"
    alone.post(V1, secret)
    alone.client.get(f"/v1/input/{secret}/%250A{quote(secret)}?x")
    assert secret not in alone.log
    assert "GET /v1/input/k" in alone.log


def test_many_credentials_are_forgotten_with_their_accounts(tmp_path: Path) -> None:
    with serving("--accounts", "5") as server:
        keys = [f"k{uuid.uuid4()}" for _ in range(40)]
        for each in keys:
            server.post(V1, each)
        server.post(V1, keys[-1], json={**V1.body, "text": f"{keys[-2]} {keys[-3]}"})
        text = server.whole(server.last(V1, keys[-1]))["request"]["json"]["text"]
        assert keys[-2] not in text
        assert keys[-3] not in text


def test_check_reports_no_credential(tmp_path: Path) -> None:
    secret = f"k{uuid.uuid4()}"
    url = f"https://api.datadoghq.com{V1.path}?note={secret}&apikey=unknown-{secret}"
    body = json.dumps({"title": 7, "text": secret, "priority": secret, secret: 1})
    headers = [{"name": "DD-API-KEY", "value": secret}, {"name": "Content-Type", "value": "application/json"}]
    request = {"method": "POST", "url": url, "headers": headers, "postData": {"text": body}, "bodySize": len(body)}
    unknown = {**request, "url": f"https://api.datadoghq.com/v1/input/{secret}?a"}
    entries = [{"request": each, "response": {"status": 202, "content": {"text": "{}"}}} for each in (request, unknown)]
    file = tmp_path / "recording.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "creator": {"name": "x"}, "entries": entries}}))
    for form in ("text", "json", "sarif", "junit", "github"):
        checked = run("check", "--format", form, str(file))
        assert checked.returncode == 1, checked.stderr
        assert secret not in checked.stdout + checked.stderr


def test_a_failure_of_a_test_shows_no_credential() -> None:
    secret = f"k{uuid.uuid4()}"
    with MockServer() as server:
        handle = server.datadog(secret)
        with pytest.raises(AssertionError) as sent_nothing:
            handle.assert_received("x", json={"a": 1})
        assert secret not in str(sent_nothing.value)
        body = {**V1.body, "title": secret, "priority": secret}
        httpx2.post(f"{server.url}{V1.path}/{secret}", json=body, headers=handle.headers, trust_env=False)
        httpx2.post(server.url + V1.path, json=body, headers=handle.headers, trust_env=False)
        with pytest.raises(AssertionError) as broken:
            handle.assert_contract_kept()
        with pytest.raises(AssertionError) as missing:
            handle.assert_received("x", json={"text": 1})
        assert secret not in str(broken.value) + str(missing.value)
        assert secret not in repr(handle)


@pytest.mark.parametrize(
    "upstream", ["datadog=https://{}:pw@example.com", "datadog=https://:{}@example.com", "https://u:{}@x"]
)
def test_the_password_of_an_upstream_is_not_printed(upstream: str) -> None:
    secret = f"k{uuid.uuid4()}"
    refused = run("proxy", "--upstream", upstream.format(secret))
    assert refused.returncode == 2
    assert "--upstream: " in refused.stderr
    assert secret not in refused.stderr + refused.stdout
