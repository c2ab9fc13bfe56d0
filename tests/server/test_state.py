"""With `state`, what a request creates is read, listed, changed and deleted by later ones, and fits its schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from mockserver.testing import MockServer
from tests.support.documents import document, serve

pytestmark = pytest.mark.socket

PET = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "born": {"type": "string", "format": "date"},
        "tag": {"type": "string", "maxLength": 5},
        "secret": {"type": "string", "writeOnly": True},
    },
    "required": ["id", "name", "born"],
}
NOTE = {
    "type": "object",
    "properties": {"uuid": {"type": "string", "format": "uuid"}, "text": {"type": "string"}},
    "required": ["uuid", "text"],
    "additionalProperties": False,
}
ERROR = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}


def reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def json_of(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def operation(status: str, schema: Any = None, body: Any = None, **more: Any) -> dict[str, Any]:
    success = {"description": "…", **({} if schema is None else json_of(schema))}
    sent = {} if body is None else {"requestBody": {"required": True, **json_of(body)}}
    return {**sent, "responses": {status: success, "404": {"description": "…", **json_of(reference("Error"))}}, **more}


def identified(name: str, kind: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": kind}}]


IN_ENVELOPE = {"type": "object", "properties": {"note": reference("Note")}, "required": ["note"]}
LISTED = {
    "type": "object",
    "properties": {
        "notes": {"type": "array", "items": reference("Note")},
        "meta": {"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]},
    },
    "required": ["notes", "meta"],
}
NEW = {"type": "object", "properties": PET["properties"], "required": ["name"]}
CHANGE = {"type": "object", "properties": {"name": {"type": ["string", "null"]}, "tag": {"type": ["string", "null"]}}}
PETS, PET_PATH, NOTES, NOTE_PATH = "/pets", "/pets/{petId}", "/pets/{petId}/notes", "/pets/{petId}/notes/{noteUuid}"
BOTH = [*identified("petId", "integer"), *identified("noteUuid", "string")]
PATHS = {
    PETS: {
        "post": operation("201", reference("Pet"), NEW),
        "get": operation("200", {"type": "array", "items": reference("Pet")}),
        "put": operation("200", reference("Pet"), {**PET, "required": ["id"]}),
    },
    PET_PATH: {
        "parameters": identified("petId", "integer"),
        "get": operation("200", reference("Pet")),
        "put": operation("200", reference("Pet"), reference("Pet")),
        "patch": operation("200", reference("Pet"), CHANGE),
        "delete": operation("204"),
    },
    NOTES: {
        "parameters": identified("petId", "integer"),
        "post": operation("201", IN_ENVELOPE, {"type": "object", "properties": {"note": {"type": "object"}}}),
        "get": operation("200", LISTED),
    },
    NOTE_PATH: {
        "parameters": BOTH,
        "get": operation("200", IN_ENVELOPE),
        "delete": operation("200", IN_ENVELOPE),
    },
    "/search": {"post": operation("200", reference("Pet"), {"type": "object"})},
    "/adopt": {
        "post": operation(
            "200", reference("Pet"), {"type": "object"}, **{"x-resource": {"action": "create", "name": "/pets"}}
        )
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    written = document(PATHS, schemas={"Pet": PET, "Note": NOTE, "Error": ERROR})
    with serve(tmp_path_factory.mktemp("contracts"), written, state=True) as running:
        yield running


@pytest.fixture
def client(server: MockServer) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, trust_env=False) as client:
        client.post("/__admin/reset").raise_for_status()
        yield client


def test_a_resource_is_created_read_listed_changed_and_deleted(client: httpx2.Client) -> None:
    created = client.post("/pets", json={"name": "Rex", "secret": "s"})
    assert (created.status_code, list(created.json())) == (201, ["id", "name", "born"])
    assert client.get("/pets/1").json() == created.json()
    assert client.post("/pets", json={"name": "Max"}).json()["id"] == 2
    assert [each["name"] for each in client.get("/pets").json()] == ["Rex", "Max"]
    assert client.patch("/pets/1", json={"tag": "dog"}).json() == {**created.json(), "tag": "dog"}
    assert client.patch("/pets/1", json={"tag": None}).json() == created.json()
    replaced = client.put("/pets/1", json={"name": "Ben", "born": "2020-02-02"})
    assert replaced.json() == {"id": 1, "name": "Ben", "born": "2020-02-02"}
    assert client.put("/pets", json={"id": 1, "name": "Tom", "born": "2020-02-02"}).json()["name"] == "Tom"
    assert client.get("/pets/1").json()["name"] == "Tom"
    assert client.delete("/pets/1").status_code == 204
    assert [each["name"] for each in client.get("/pets").json()] == ["Max"]


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_an_unknown_id_is_the_documented_404(client: httpx2.Client, method: str) -> None:
    body = {"name": "Rex", "born": "2020-02-02"} if method in ("put", "patch") else None
    answer = client.request(method, "/pets/5", json=body)
    assert (answer.status_code, list(answer.json())) == (404, ["message"])
    assert "'5'" in answer.json()["message"]


def test_a_resource_in_an_envelope_below_another_one(client: httpx2.Client) -> None:
    created = client.post("/pets/3/notes", json={"note": {"text": "hello", "unknown": 1}})
    note = created.json()["note"]
    assert (created.status_code, note["text"], list(note)) == (201, "hello", ["uuid", "text"])
    assert client.get(f"/pets/3/notes/{note['uuid']}").json() == {"note": note}
    assert client.get("/pets/3/notes").json() == {"notes": [note], "meta": {"total": 1}}
    assert client.get("/pets/4/notes").json() == {"notes": [], "meta": {"total": 0}}
    assert client.get(f"/pets/4/notes/{note['uuid']}").status_code == 404
    assert client.delete(f"/pets/3/notes/{note['uuid']}").json() == {"note": note}
    assert client.get("/pets/3/notes").json()["notes"] == []


def test_what_is_sent_and_does_not_fit_the_response_is_left_out_of_it(client: httpx2.Client) -> None:
    assert client.post("/adopt", json={"name": "Rex", "tag": "too long"}).json().keys() == {"id", "name", "born"}
    assert client.get("/pets/1").json()["name"] == "Rex"
    assert client.post("/search", json={"name": "Rex"}).json()["name"] != "Rex"


def test_a_reset_forgets_the_resources(client: httpx2.Client) -> None:
    client.post("/pets", json={"name": "Rex"})
    client.post("/__admin/reset")
    assert client.get("/pets").json() == []
    assert client.post("/pets", json={"name": "Rex"}).json()["id"] == 1


def test_the_oldest_items_go_beyond_the_bound(tmp_path_factory: pytest.TempPathFactory) -> None:
    written = document(PATHS, schemas={"Pet": PET, "Note": NOTE, "Error": ERROR})
    folder = tmp_path_factory.mktemp("bounded")
    with (
        serve(folder, written, state=True, journal_entries=3) as server,
        httpx2.Client(base_url=server.url, trust_env=False) as client,
    ):
        for number in range(5):
            client.post("/pets", json={"name": f"pet {number}"})
        assert [each["name"] for each in client.get("/pets").json()] == ["pet 2", "pet 3", "pet 4"]


def test_without_state_nothing_is_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    written = document(PATHS, schemas={"Pet": PET, "Note": NOTE, "Error": ERROR})
    with serve(tmp_path_factory.mktemp("stateless"), written) as server:
        assert httpx2.get(f"{server.url}/pets/5", trust_env=False).status_code == 200
