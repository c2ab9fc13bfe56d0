"""curl commands, one a line, to send requests again."""

import base64
import shlex
from collections.abc import Iterable, Iterator

from mockserver.events.export.writing import ExportContext, ExportFormat, content_type_of, text_of, url_of
from mockserver.model import Exchange

AS_SENT = '[]{}|^`"<>\\'
"""What no query may hold and clients send all the same; curl passes it on."""
MAX_ARGUMENT_BYTES = 64 * 1024
"""Bytes of a body that go on a command line; larger ones do not fit into an argument everywhere."""


def _write(exchanges: Iterable[Exchange], context: ExportContext) -> Iterator[bytes]:
    return (_command(exchange, context).encode() + b"\n" for exchange in exchanges)


def _command(exchange: Exchange, context: ExportContext) -> str:
    """The request as a command line; its credentials are masked, so they must be given anew."""
    request, redaction, account = exchange.request, context.redaction, exchange.account
    words = ["curl", "--globoff", "-X", request.method, url_of(exchange, context, AS_SENT)]
    for name, value in redaction.of_headers(request.headers, account):
        if name not in ("host", "content-length", "connection", "accept-encoding", "transfer-encoding"):
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if not request.body:
        return shlex.join(words)
    if not content_type_of(request.headers):
        words += ["-H", "content-type:"]
    cut = f"  # only {len(request.body)} of {request.body_size} bytes" if request.truncated else ""
    body = redaction.of_body(request.body, account)
    text = text_of(body)
    if "encoding" not in text and "\0" not in text["text"] and len(body) <= MAX_ARGUMENT_BYTES:
        return shlex.join([*words, "--data-raw", text["text"]]) + cut
    encoded = base64.b64encode(body).decode("ascii")
    return f"printf %s {encoded} | base64 -d | {shlex.join([*words, '--data-binary', '@-'])}{cut}"


FORMAT = ExportFormat("text/x-shellscript; charset=utf-8", _write)
