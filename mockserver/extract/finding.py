"""One contradiction in a documentation page, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """`file` and `line` say where on which page, `place` is an operation or a body of it."""

    file: str
    line: int
    kind: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.place}: {self.message}"
