"""Supalytics: the events write endpoint; only its documentation page is public."""

from __future__ import annotations

from mockserver.model import Answer, Json, Operation
from mockserver.vendors.base import Behaviour, Vendor, World, answer_sample, json_answer


class Supalytics(Vendor):
    name = "supalytics"

    def behaviour(self, operation: Operation) -> Behaviour:
        return write_event if operation.id == "WriteEvent" else answer_sample


def write_event(operation: Operation, body: Json, world: World) -> Answer:
    """200 `{"success": true}` (documented)."""
    return json_answer(operation.success, {"success": True})
