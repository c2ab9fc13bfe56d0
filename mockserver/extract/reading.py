"""Reads the text of a page from a file, standard input or a URL."""

import re
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from mockserver.extract.errors import ExtractError
from mockserver.support.form import FormError, as_json
from mockserver.support.yaml import YamlError, read_yaml

TIMEOUT_SECONDS = 20.0
MAX_PAGE_BYTES = 8_000_000
FRONT = re.compile(r"---\n(?P<front>.*?)\n---\n", re.DOTALL)


class Source(NamedTuple):
    """The text of a page. `front` is its front matter; `body` begins on line `first_line` of the page."""

    file: str
    text: str
    body: str = ""
    first_line: int = 1
    front: Mapping[str, str] = MappingProxyType({})

    @property
    def lines(self) -> list[str]:
        """The page's lines; the first has index 0."""
        return self.text.split("\n")

    @property
    def title(self) -> str:
        """The title in the front matter, or else the first line that is not blank."""
        return self.front.get("title") or next((line.strip("# ") for line in self.body.split("\n") if line.strip()), "")


def load(name: str) -> Source:
    """The page called `name`: a path, `-` for standard input, or an http(s) URL. Raises ExtractError if it cannot be
    fetched, is larger than 8 MB, is empty or is not UTF-8."""
    file = "<stdin>" if name == "-" else name
    data = _bytes(name)
    if len(data) > MAX_PAGE_BYTES:
        raise ExtractError(file, 1, f"a page of at most {MAX_PAGE_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ExtractError(file, line, "text in UTF-8") from error
    if not text.strip():
        raise ExtractError(file, 1, "a documentation page, and this is empty")
    return source(file, text)


def source(file: str, text: str) -> Source:
    """A page whose text is at hand; its front matter is set apart."""
    match = FRONT.match(text)
    if match is None:
        return Source(file, text, text)
    front = dict(re.findall(r"^(\w+):[ \t]*(.*?)[ \t]*$", match["front"], re.MULTILINE))
    return Source(file, text, text[match.end() :], text.count("\n", 0, match.end()) + 1, front)


def document(file: Path, expected: str) -> Any:
    """What a YAML file of a contract holds. Raises ExtractError, which says what is expected."""
    try:
        return as_json(read_yaml(file).value())
    except YamlError as error:
        raise ExtractError(str(file), error.line or 1, f"{expected} ({error.problem})") from error
    except FormError as error:
        raise ExtractError(str(file), 1, f"{expected} ({error})") from error


def _bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(MAX_PAGE_BYTES + 1)
    if re.match(r"https?://", name):
        return _download(name)
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        raise ExtractError(name, 1, f"a page that can be read ({error.strerror})") from error


def _download(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": "text/markdown, text/plain"})  # noqa: S310 - http(s) only
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - http(s) only
            return bytes(response.read(MAX_PAGE_BYTES + 1))
    except OSError as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise ExtractError(url, 1, f"a page that can be fetched ({error})") from error
