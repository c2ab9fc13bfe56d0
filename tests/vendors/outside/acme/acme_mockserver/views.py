"""Acme's control calls: list what an account keeps, and set the number of its next thing."""

from __future__ import annotations

from pathlib import Path

from acme_mockserver.vendor import things_of
from mockserver.model import Json
from mockserver.vendors.views import View, ViewCall, ViewError, Views


def list_things(call: ViewCall) -> Json:
    account = call.existing_account()
    return {"things": list(things_of(account).by_id.values()) if account else []}


def put_next_id(call: ViewCall) -> Json:
    things, number = things_of(call.account()), call.body["number"]
    if number < things.next_id:
        raise ViewError(f"number must be at least {things.next_id}", (("/number", "is taken"),))
    things.next_id = number
    return {"number": number}


VIEWS = Views(
    (View("GET", "/things", list_things), View("PUT", "/next-id", put_next_id)),
    Path(__file__).with_name("control.yaml"),
)
