"""Masks known credentials in what the control API answers."""

import json

from starlette.requests import Request
from starlette.responses import Response

from mockserver.control.query import account
from mockserver.support.jsontext import dump
from mockserver.support.redaction import Redaction, mask


def masked(request: Request, response: Response, redaction: Redaction) -> Response:
    """A JSON response without known credentials, nor that of the account that a call names even where it is short."""
    credential, known = account(request) or "", redaction.known
    label = credential if credential in known else mask(credential)
    raw = bytes(response.body)
    if known.masked(raw, label) is raw:
        return response
    shown = Response(dump(redaction.of_json(json.loads(raw), label)), response.status_code)
    shown.headers.update({**response.headers, "content-length": shown.headers["content-length"]})
    return shown
