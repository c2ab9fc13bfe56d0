"""Masks known credentials in what the control API answers."""

import json

from starlette.requests import Request
from starlette.responses import Response

from mockserver.control.query import account
from mockserver.support.jsontext import dump
from mockserver.support.redaction import Redaction, mask


class Masking:
    """Masks known credentials in JSON responses, those of the account that a call names even where they are short."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def of(self, request: Request, response: Response) -> Response:
        credential, known = account(request) or "", self._redaction.known
        label = credential if credential in known else mask(credential)
        raw = bytes(response.body)
        if known.masked(raw, label) is raw:
            return response
        masked = Response(dump(self._redaction.of_json(json.loads(raw), label)), response.status_code)
        masked.headers.update({**response.headers, "content-length": masked.headers["content-length"]})
        return masked
