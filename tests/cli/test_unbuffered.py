"""Large output is whole where Python writes to standard output without a buffer."""

from __future__ import annotations

import io

import pytest

from mockserver.cli.options import write_output


class Cut(io.RawIOBase):
    """A pipe whose writes are cut by signals."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data)[:1000])  # type: ignore[arg-type]
        self.written += piece
        return len(piece)


def test_what_is_cut_is_written_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = Cut()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, "utf-8", write_through=True))  # type: ignore[type-var]
    write_output("é" * 5000, None)
    assert raw.written == "é".encode() * 5000
