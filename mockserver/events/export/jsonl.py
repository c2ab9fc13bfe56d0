"""JSON lines: each exchange as the control API shows it whole. `mockserver check` reads them."""

from collections.abc import Iterable, Iterator

from mockserver.events.export.writing import ExportContext, ExportFormat
from mockserver.model import Exchange
from mockserver.support.jsontext import dump


def _write(exchanges: Iterable[Exchange], context: ExportContext) -> Iterator[bytes]:
    return (dump(context.view(exchange)) + b"\n" for exchange in exchanges)


FORMAT = ExportFormat("application/x-ndjson", _write)
