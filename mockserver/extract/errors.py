"""The named failure of extraction: a page that cannot be read, with its place."""

from mockserver.errors import one_line


class ExtractError(Exception):
    """A page, or a file beside it, that cannot be read. `file` is the page as it was named on the command line, `line`
    counts from 1, `expected` is what should be there."""

    def __init__(self, file: str, line: int, expected: str) -> None:
        super().__init__(one_line(f"{file}:{line}: expected {expected}"))
        self.file = file
        self.line = line
        self.expected = expected
