"""HAR 1.2, for browsers, proxies and load generators."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from mockserver import __version__
from mockserver.events.export.writing import ExportContext, ExportFormat, content_type_of, text_of, url_of
from mockserver.http.statuses import phrase
from mockserver.model import Exchange, Json
from mockserver.support.jsontext import dump
from mockserver.support.redaction import Redaction
from mockserver.support.timestamps import iso

FACTS = (
    *("id", "started_at", "request_ended_at", "answered_at", "finished_at", "lost_at", "monotonic"),
    *("position", "connection_closed", "wire_bytes", "fault", "fault_stage", "stored", "acknowledged"),
    *("body_digest", "event_keys", "dedup_ids"),
)
"""Members of a request in the control API that an entry has too, with an underscore before their names."""


def _write(exchanges: Iterable[Exchange], context: ExportContext) -> Iterator[bytes]:
    creator = {"name": "mockserver", "version": __version__}
    yield b'{"log":{"version":"1.2","creator":' + dump(creator) + b',"entries":['
    for number, exchange in enumerate(exchanges):
        yield (b"," if number else b"") + dump(_entry(exchange, context))
    yield b"]}}\n"


def _entry(exchange: Exchange, context: ExportContext) -> dict[str, Json]:
    request, redaction, account = exchange.request, context.redaction, exchange.account
    query = redaction.of_query(request.query, account)
    status, size = exchange.status or 0, _response_size(exchange)
    return {
        "startedDateTime": iso(exchange.received),
        "time": exchange.milliseconds,
        "request": {
            "method": request.method,
            "url": url_of(exchange, context),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(redaction.of_headers(request.headers, account)),
            "queryString": [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)],
            **_post_data(exchange, redaction),
            "headersSize": -1,
            "bodySize": request.body_size,
        },
        "response": {
            "status": status,
            "statusText": phrase(status) if status else "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(redaction.of_headers(exchange.response_headers, account)),
            "content": {
                "size": size,
                "mimeType": content_type_of(exchange.response_headers),
                **text_of(redaction.of_body(exchange.response_body, account)),
                **(_cut(exchange.response_body, size) if exchange.response_truncated else {}),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": size,
        },
        **_facts(context.view(exchange)),
        "cache": {},
        "timings": {"send": 0, "wait": exchange.milliseconds, "receive": 0},
    }


def _facts(view: Mapping[str, Json]) -> dict[str, Json]:
    """What HAR has no members for, under names of our own."""
    known = {f"_{name}": view[name] for name in FACTS}
    return known if view["connection"] is None else {"connection": str(view["connection"]), **known}


def _post_data(exchange: Exchange, redaction: Redaction) -> dict[str, Json]:
    """The request's body, if it has one; of one that is oversized, or that its client left, only the beginning was
    kept."""
    request = exchange.request
    if not (request.body_size or request.truncated):
        return {}
    comment = _cut(request.body, request.body_size) if request.truncated else {}
    text = text_of(redaction.of_body(request.body, exchange.account))
    return {"postData": {"mimeType": content_type_of(request.headers), **text, **comment}}


def _response_size(exchange: Exchange) -> int:
    """The bytes of a response's body; of one that is not kept whole those that its head promises, else -1."""
    if not exchange.response_truncated:
        return len(exchange.response_body)
    declared = next((value for name, value in exchange.response_headers if name == b"content-length"), b"")
    return int(declared) if declared.isdigit() else -1


def _cut(kept: bytes, size: int) -> dict[str, Json]:
    """What marks a body of which only the beginning was kept, for programs and people; `size` is -1 where nobody knows
    it."""
    return {"_truncated": True, "comment": f"the first {len(kept)} bytes" + (f" of {size}" if size >= 0 else "")}


def _pairs(headers: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


FORMAT = ExportFormat("application/json", _write)
