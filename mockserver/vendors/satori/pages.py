"""The dialect of Satori's guides: plain text, headings marked by a lone `#`, numbered listings, one pipe table."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mockserver.extract.dialects import Dialect
from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Body, Endpoint, Field, Page, Prose, Response, Row, Sample
from mockserver.extract.names import camel
from mockserver.extract.reading import Source
from mockserver.extract.samples import BASIC_AUTH, credentials, curl_samples, example, split_url

NAME = "satori"
HEADER = re.compile(r"Field Name \| Type \| Format \| Required \| Description \|?\s*$", re.MULTILINE)
ENDPOINT = re.compile(r"endpoint is\s+(?P<path>/?[\w./{}-]+?)\.?\s", re.IGNORECASE)
ENVELOPE = re.compile(r"array of events under the (?P<name>\w+)\s", re.IGNORECASE)
BASIC = re.compile(r"Basic Auth\W+ where the username is your API Key", re.IGNORECASE)
CODE_URL = re.compile(r'["\'](?P<url>https?://[^\s"\'`]+/[^\s"\'`]*)["\']')
CODE_METHOD = re.compile(r'(?:method\s*[:=]\s*|NewRequest\()["\'](?P<method>[A-Z]+)["\']')
LISTING = re.compile(r"(?ms)^[ \t]*1\s*\n(?:[ \t]*\d+[ \t]*\n)*\| (?P<code>.*?)(?P<end>^[ \t]*\|[ \t]*$|\Z)")
"""Line numbers, a line each, and the code between bars."""
COLUMNS = 5


@dataclass(frozen=True)
class _Listing:
    """A numbered code listing; `line` is that of its first line of code, `end` that of its closing bar."""

    start: int
    line: int
    end: int
    code: str


def recognises(text: str) -> bool:
    """Whether a page is of this dialect."""
    return HEADER.search(text) is not None


def read(source: Source) -> Page:
    """The page's one endpoint. Raises ExtractError where the page departs from the form."""
    listings = tuple(_listings(source))
    prose = tuple(_prose(source, listings))
    told = " ".join(each.text for each in prose) + " "
    samples = tuple(_samples(source, listings))
    path = ENDPOINT.search(told)
    if path is None:
        raise ExtractError(source.file, source.first_line, 'a sentence that says "endpoint is <path>"')
    curl = next((sample for sample in samples if sample.title == "curl"), None)
    if curl is None:
        raise ExtractError(source.file, source.first_line, "a listing with a curl command, which tells the method")
    section, body = _body(source, listings, prose, told)
    endpoint = Endpoint(
        line=_line_of(source, path["path"]),
        section=section,
        operation=camel(path["path"].rsplit("/", 1)[-1]),
        method=curl.method,
        path="/" + path["path"].lstrip("/"),
        request=body,
        request_required=True,
        responses=(Response("default", body.line),),
        samples=samples,
        credentials=(BASIC_AUTH,) if BASIC.search(told) else credentials([curl]),
        prose=prose,
    )
    return Page(source.file, source.title, NAME, NAME, (endpoint,))


def _listings(source: Source) -> Iterator[_Listing]:
    for match in LISTING.finditer(source.text):
        start, line, end = (source.text.count("\n", 0, match.start(part)) + 1 for part in (0, "code", "end"))
        if not match["end"]:
            raise ExtractError(source.file, line, 'a line "|" that ends the listing opened here')
        yield _Listing(start, line, end, match["code"].removesuffix("\n"))


def _prose(source: Source, listings: Sequence[_Listing]) -> Iterator[Prose]:
    """Lines of prose; one that the page broke around a piece of code is joined to the one before."""
    code = {number for each in listings for number in range(each.start, each.end + 1)}
    code.update(row.line for row in _rows(source))
    text, first = "", 0
    for number, line in enumerate(source.lines, 1):
        if number in code or line.strip() in {"", "#", "---"} or HEADER.match(line):
            continue
        broken = text and (not re.search(r"[.!?:”]\s*$", text) or line.startswith((".", ",")))
        if broken and not _is_heading(source, number - 1):
            text = text + ("" if line.startswith((".", ",")) else " ") + line
            continue
        if text:
            yield Prose(first, text)
        text, first = line, number
    if text:
        yield Prose(first, text)


def _is_heading(source: Source, number: int) -> bool:
    lines = source.lines
    return number == 1 or lines[number - 1].strip() == "#" or (number < len(lines) and lines[number].strip() == "#")


def _rows(source: Source) -> tuple[Row, ...]:
    lines = source.lines
    head = next(i for i, line in enumerate(lines) if HEADER.match(line))
    if head + 1 == len(lines) or not re.fullmatch(r"[-|\s]+", lines[head + 1]):
        raise ExtractError(source.file, head + 2, 'a line "---|" below the head of the table')
    rows = []
    for number in range(head + 2, len(lines)):
        if not lines[number].rstrip().endswith("|") or lines[number].strip() == "|":
            break
        rows.append(_row(source.file, number + 1, lines[number]))
    return tuple(rows)


def _row(file: str, line: int, text: str) -> Row:
    cells = [cell.strip() for cell in text.rstrip().rstrip("|").split("|")]
    if len(cells) != COLUMNS or cells[3] not in {"Yes", "No"}:
        raise ExtractError(file, line, 'five cells "name | type | format | Yes or No | description"')
    name, kind, form, required, description = cells
    return Row(line, "", name, kind, description, required == "Yes", "" if form in {"–", "-"} else form)


def _body(source: Source, listings: Sequence[_Listing], prose: Sequence[Prose], told: str) -> tuple[str, Body]:
    rows = _rows(source)
    line = rows[0].line - 2 if rows else _line_of(source, "Field Name")
    fields = tuple(Field(row) for row in rows)
    envelope = ENVELOPE.search(told)
    if envelope:
        at = next(each.line for each in prose if ENVELOPE.search(each.text + " "))
        fields = (Field(Row(at, "", envelope["name"], "[object]", "", True), fields),)
    heading = next((source.lines[i - 1] for i in range(line - 1, 1, -1) if source.lines[i].strip() == "#"), "")
    texts = [each for each in listings if each.code.lstrip().startswith("{")]
    examples = tuple(example(source.file, each.line, each.code) for each in texts)
    return heading, Body(f"{heading} › Request", line, rows, fields, examples)


def _samples(source: Source, listings: Sequence[_Listing]) -> Iterator[Sample]:
    for listing in listings:
        if listing.code.startswith("curl"):
            yield from curl_samples(source.file, listing.line, listing.code)
        elif match := CODE_URL.search(listing.code):
            method = CODE_METHOD.search(listing.code)
            host, path = split_url(match["url"])
            line = listing.line + listing.code.count("\n", 0, match.start())
            yield Sample(line, "code", method["method"] if method else "GET", host, path)


def _line_of(source: Source, text: str) -> int:
    return next((number for number, line in enumerate(source.lines, 1) if text in line), 1)


DIALECT = Dialect('with a table "Field Name | Type | Format | Required | Description"', recognises, read)
