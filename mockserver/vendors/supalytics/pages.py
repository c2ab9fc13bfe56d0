"""The dialect of Supalytics' API pages: Markdown with front matter, an endpoint block and one body table."""

import re
from collections.abc import Iterator, Sequence

from mockserver.extract.dialects import Dialect
from mockserver.extract.errors import ExtractError
from mockserver.extract.markdown import Block, Fence, Table, Text, below_headings, parse
from mockserver.extract.model import (
    Body,
    Credential,
    Endpoint,
    Field,
    Page,
    Prose,
    RateLimit,
    Response,
    Row,
    Sample,
    Site,
)
from mockserver.extract.names import camel
from mockserver.extract.reading import Source
from mockserver.extract.samples import BEARER_AUTH, credentials, curl_samples, example, split_url

Parts = list[tuple[str, Block]]
"""Each block of a page with the text of the heading above it."""

NAME = "supalytics"
RECOGNISED = re.compile(r"^\|\s*Field\s*\|\s*Type\s*\|\s*Required\s*\|\s*Description\s*\|", re.MULTILINE)
CALL = re.compile(r"(?P<method>[A-Z]+)\s+(?P<host>https?://[^/\s]+)(?P<path>/\S*)\s*$")
TITLE = re.compile(r"^(?P<noun>[\w ]+?)s?\s*\((?P<verb>\w+)\).*")
"""`Events (Write)` is the operation `WriteEvent`."""
SUCCESS = re.compile(r"\w+ \((?P<status>\d{3})\)")
RATE = re.compile(r"(?P<limit>\d[\d,]*) requests per (?P<unit>second|minute|hour|day)\W* per (?P<per>[\w ]+)", re.I)
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
RATE_HEADER = re.compile(r"`([A-Za-z-]*RateLimit[A-Za-z-]*)`")
FETCH = re.compile(r"""fetch\(\s*["'](?P<url>https?://[^"']+)["']\s*,\s*\{(?P<options>[^}]*)""")
METHOD = re.compile(r"""method:\s*["'](?P<method>[A-Z]+)["']""")


def recognises(text: str) -> bool:
    """Whether a page is of this dialect."""
    return RECOGNISED.search(text) is not None and re.search(r"^#+ Endpoint\s*$", text, re.MULTILINE) is not None


def read(source: Source) -> Page:
    """The page's one endpoint. Raises ExtractError where the page departs from the form."""
    blocks = parse(source.body, source.file, source.first_line)
    parts = [(heading, block) for heading, below in below_headings(blocks) for block in below]
    line, host, method, path = _call(source, parts)
    samples = tuple(_samples(source, parts))
    request = _request(source, parts)
    prose = tuple(Prose(block.line, block.text) for _, block in parts if isinstance(block, Text))
    endpoint = Endpoint(
        line=line,
        section=source.title,
        operation=camel(TITLE.sub(r"\g<verb> \g<noun>", source.title)),
        method=method,
        path=path,
        request=request,
        request_required=any(row.required for row in request.rows),
        responses=tuple(_responses(source, parts)),
        sites=(Site(line, "", host),),
        samples=samples,
        credentials=_credentials(parts) or credentials(samples[:1]),
        prose=tuple(each for each in prose if not RATE.search(each.text.replace("**", ""))),
        rate_limit=_rate_limit(prose),
    )
    if not endpoint.responses:
        raise ExtractError(source.file, source.first_line, 'a heading such as "Success (200)" with a JSON block')
    return Page(source.file, source.front.get("url") or source.title, NAME, NAME, (endpoint,))


def _call(source: Source, parts: Parts) -> tuple[int, str, str, str]:
    """Line, host, method and path of the block below "Endpoint"."""
    fence = next((block for heading, block in parts if heading == "Endpoint" and isinstance(block, Fence)), None)
    match = CALL.match(fence.code) if fence else None
    if fence is None or match is None:
        at = fence.line if fence else source.first_line
        raise ExtractError(source.file, at, '"METHOD https://host/path" in a block below "Endpoint"')
    return fence.line, match["host"], match["method"], match["path"]


def _request(source: Source, parts: Parts) -> Body:
    for heading, block in parts:
        if isinstance(block, Table) and [name.lower() for name in block.columns[:2]] == ["field", "type"]:
            rows = tuple(_row(source.file, line, cells) for line, cells in block.rows)
            return Body(f"Request › {heading}", block.line, rows, tuple(Field(row) for row in rows))
    raise ExtractError(source.file, source.first_line, 'a table "Field | Type | Required | Description"')


def _row(file: str, line: int, cells: Sequence[str]) -> Row:
    name, kind, required, description = cells
    if required not in {"Yes", "No"}:
        raise ExtractError(file, line, 'Yes or No in the column "Required"')
    return Row(line, "", name.strip("`"), kind, description, required == "Yes")


def _responses(source: Source, parts: Parts) -> Iterator[Response]:
    for heading, block in parts:
        match = SUCCESS.match(heading)
        if match and isinstance(block, Fence) and block.language == "json":
            shown = example(source.file, block.line, block.code)
            body = Body(f"Response › {heading}", block.line, (), (), (shown,))
            yield Response(match["status"], block.line, body)


def _samples(source: Source, parts: Parts) -> Iterator[Sample]:
    for heading, block in parts:
        if not isinstance(block, Fence):
            continue
        yield from curl_samples(source.file, block.line, block.code, heading)
        for call in FETCH.finditer(block.code):
            method = METHOD.search(call["options"])
            host, path = split_url(call["url"])
            line = block.line + block.code.count("\n", 0, call.start())
            yield Sample(line, heading, method["method"] if method else "GET", host, path)


def _credentials(parts: Parts) -> tuple[Credential, ...]:
    tables = [block for heading, block in parts if heading == "Headers" and isinstance(block, Table)]
    cells = {name.strip("`").lower(): value.strip("`") for table in tables for _, (name, value, *_) in table.rows}
    return (BEARER_AUTH,) if cells.get("authorization", "").startswith("Bearer ") else ()


def _rate_limit(prose: Sequence[Prose]) -> RateLimit | None:
    told = [each.text.replace("**", "") for each in prose]
    match = next(filter(None, map(RATE.search, told)), None)
    if match is None:
        return None
    headers = tuple(name for text in told for name in RATE_HEADER.findall(text))
    limit = int(match["limit"].replace(",", ""))
    return RateLimit(limit, SECONDS[match["unit"].lower()], match["per"].strip().lower(), headers)


DIALECT = Dialect('with an "Endpoint" heading and a table "Field | Type | Required | Description"', recognises, read)
