"""Acme, all that is its own: behaviours with state, an option, keys, events; its handle, views and pages beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from mockserver.accounts.account import Account
from mockserver.errors import Failure
from mockserver.model import EventPart, FailureKind, Json, Response
from mockserver.operations import RequestContext
from mockserver.settings import option
from mockserver.vendors.base import Behaviour, Vendor, json_response, settings_of, text_at, vendor_state


@dataclass(frozen=True)
class AcmeSettings:
    acme_first_id: int = option(1, "Number of the first thing of an account (Acme).", minimum=1)


@dataclass(slots=True)
class Things:
    """What an account keeps, by id."""

    next_id: int
    by_id: dict[str, Json] = field(default_factory=dict)


def things_of(account: Account) -> Things:
    return vendor_state(account, "things", lambda: Things(settings_of(account, AcmeSettings).acme_first_id))


def create_thing(context: RequestContext, account: Account) -> Response:
    things = things_of(account)
    thing = {"id": f"t{things.next_id}", **context.body}
    things.next_id += 1
    things.by_id[thing["id"]] = thing
    return json_response(context.operation.success, thing)


def show_thing(context: RequestContext, account: Account) -> Response:
    """The thing of the path, with the members that the query names, in the case that a header asks for."""
    thing = things_of(account).by_id.get(context.path_values["id"])
    if thing is None:
        raise Failure(FailureKind.INVALID, f"there is no thing {context.path_values['id']}", status=404)
    members = context.query.get("member", list(thing))
    shown = {name: thing[name] for name in members if name in thing}
    if context.request.header(b"x-acme-case") == b"upper":
        shown = {name: str(value).upper() for name, value in shown.items()}
    return json_response(context.operation.success, shown)


class AcmeVendor(Vendor):
    behaviours: ClassVar[Mapping[str, Behaviour]] = {"CreateThing": create_thing, "ShowThing": show_thing}
    settings = AcmeSettings
    schemas = Path(__file__).parent / "schemas"
    key_prefix = "acme-test-"
    real_keys = re.compile("acme-live-.+")
    handle = "acme_mockserver.handle:Acme"
    views = "acme_mockserver.views:VIEWS"
    dialect = "acme_mockserver.pages:DIALECT"

    def events(self, context: RequestContext, response: Json) -> list[EventPart]:
        """A thing that was made, or looked at: who did it stands in a header, which thing in the path."""
        user = (context.request.header(b"x-acme-user") or b"").decode("latin-1") or None
        if context.operation.id == "CreateThing":
            name = text_at(context.body, "name")
            return [EventPart(name, context.body, assigned_id=text_at(response, "id"), identity=user)]
        attributes = {"id": context.path_values["id"], "members": context.query.get("member", [])}
        return [EventPart("viewed", attributes, identity=user)]
