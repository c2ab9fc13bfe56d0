"""The dialect of Datadog's API pages: Markdown with blocks of tabs and parent-field tables, in its three forms."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from mockserver.extract.dialects import Dialect
from mockserver.extract.errors import ExtractError
from mockserver.extract.limits import allowed_values
from mockserver.extract.markdown import Block, Fence, Tab, Table, Text, below_headings, fences, parse
from mockserver.extract.model import (
    Body,
    Endpoint,
    Example,
    Page,
    Parameter,
    Prose,
    Response,
    Row,
    Sample,
    Site,
)
from mockserver.extract.names import camel
from mockserver.extract.problems import Problems
from mockserver.extract.reading import Source
from mockserver.extract.remarks import is_deprecated
from mockserver.extract.samples import credentials, curl_samples, example
from mockserver.extract.tree import Shown, nest
from mockserver.vendors.datadog.sections import Section, is_site_table, sections

NAME = "datadog"
RECOGNISED = re.compile(r'\{%\s*tab\s+(?:title|label)="')
COPY_PAGE = re.compile(r"^Copy page", re.MULTILINE)
"""A line of the pages that show no more than SHOWN values of an enum."""
SHOWN = 10
STATUS = re.compile(r"(?P<status>\d{3}|default)\b")
REQUIRED = re.compile(r"\s*\[\*required\*\]")
OBJECT = re.compile(r"Object (?=\d+$)")
"""How the newer forms call an option."""
ENDPOINT = re.compile(r"(?:\*\*)?(?P<method>[A-Z]+)(?:\*\*)?\s+(?P<rest>.*)")
SERVED = re.compile(r"(?P<url>https?://[^/\s]+)(?P<path>/[^?\s]*)(?:\?\S*)?")
ENDPOINT_ROW = re.compile(r"^\|[^|\n]*\|\s*(?P<cell>\*{0,2}[A-Z]+\*{0,2}\s+https?://[^\s|]+)\s*\|", re.MULTILINE)
SDK_CALL = re.compile(r"\bapi_?[iI]nstance\s*\.\s*(\w+)\(|\bapi\.(\w+)\((?:ctx|body|params)")
LIMIT = re.compile(r"above (\d+)\s?(KB|MB)\b")
UNITS = {"KB": 1_000, "MB": 1_000_000}
PARAMETERS = {"path parameters": "path", "query strings": "query", "header parameters": "header"}


def recognises(text: str) -> bool:
    """Whether a page is of this dialect."""
    return RECOGNISED.search(text) is not None


def read(source: Source) -> Page:
    """The page's endpoints. What departs from the form is left out, and named in the page's `unread`. Raises
    ExtractError where that is all of them."""
    problems = Problems(source.file)
    try:
        blocks = parse(source.body, source.file, source.first_line)
    except ExtractError as error:
        problems.add(error.line, error.expected, "page")
        endpoints = [
            [_call_only(source, camel(source.title), source.title, call, error) for call in _calls(source.text)]
        ]
    else:
        endpoints = [_section(source, each, problems) for each in sections(blocks, len(source.lines))]
    read = tuple(each for some in endpoints for each in some)
    if not read and problems.unread:
        first = problems.unread[0]
        raise ExtractError(source.file, first.line, first.expected)
    if not read:
        raise ExtractError(source.file, source.first_line, 'a version, such as {% tab title="v1" %} or ## v1 (latest)')
    return Page(source.file, _label(source), NAME, NAME, read, tuple(problems.unread))


def _label(source: Source) -> str:
    crumbs = [crumb.strip() for crumb in source.front.get("breadcrumbs", "").split(">") if crumb.strip()]
    return " › ".join(crumbs if crumbs[-1:] == [source.title] else [*crumbs, source.title])


def _section(source: Source, section: Section, problems: Problems) -> list[Endpoint]:
    """The endpoint of a section. One that cannot be read is kept as the call that it documents, so that nobody takes
    the call for undocumented."""
    try:
        return [_endpoint(source, section, problems)]
    except ExtractError as error:
        problems.add(error.line, error.expected, "operation")
        text = "\n".join(source.lines[section.line - 1 : section.end])
        return [_call_only(source, camel(section.heading), section.heading, call, error) for call in _calls(text)]


def _calls(text: str) -> list[tuple[str, str, str]]:
    """Method, scheme and host, and path of every row that names a call."""
    found = [_call(match["cell"]) for match in ENDPOINT_ROW.finditer(text)]
    return list({(call[0], call[2]): call for call in found if call}.values())


def _call(cell: str) -> tuple[str, str, str] | None:
    match = ENDPOINT.match(cell)
    served = SERVED.fullmatch(match["rest"]) if match else None
    return (match["method"], served["url"], served["path"]) if match and served else None


def _call_only(
    source: Source, operation: str, section: str, call: tuple[str, str, str], error: ExtractError
) -> Endpoint:
    method, url, path = call
    version = next((part for part in path.split("/") if re.fullmatch(r"v\d+", part)), "")
    return Endpoint(
        line=error.line,
        section=section,
        operation=operation,
        method=method,
        path=path,
        version=version,
        sites=(Site(error.line, "", url),),
        unread=f"line {error.line}: expected {error.expected}",
    )


def _endpoint(source: Source, part: Section, problems: Problems) -> Endpoint:
    line, method, path, sites = _sites(source.file, part)
    version = part.version or next((each for each in path.split("/") if re.fullmatch(r"v\d+", each)), "")
    section = f"{part.heading} › {version}" if version else part.heading
    parts = {text.lower(): below for text, below in below_headings(part.blocks)}
    samples = _samples(source, part)
    reader = _Reader(source.file, COPY_PAGE.search(source.text) is not None, problems)
    request, needed = reader.request(section, parts, samples)
    overview = [*part.blocks[: _first_table(part.blocks)], *parts.get("overview", [])]
    prose = tuple(Prose(block.line, block.text) for block in overview if isinstance(block, Text))
    endpoint = Endpoint(
        line=line,
        section=section,
        operation=_operation(part.heading, part.blocks),
        method=method,
        path=path,
        version=version,
        versions=part.versions,
        sites=sites,
        parameters=tuple(reader.parameters(parts)),
        request=request,
        request_required=needed,
        responses=tuple(reader.responses(section, parts.get("response", []))),
        samples=samples,
        credentials=credentials(samples),
        prose=prose,
        max_body_bytes=next(
            (int(size) * UNITS[unit] for each in prose for size, unit in LIMIT.findall(each.text)), None
        ),
        deprecated=any(is_deprecated(each.text) for each in prose),
    )
    reader.name_unplaced(part.blocks, endpoint)
    return endpoint


def _first_table(blocks: Sequence[Block]) -> int:
    return next((index for index, block in enumerate(blocks) if isinstance(block, Table)), 0)


def _sites(file: str, section: Section) -> tuple[int, str, str, tuple[Site, ...]]:
    """Line, method and path of the endpoint table, and its rows."""
    table = next((block for block in section.blocks if isinstance(block, Table)), None)
    if table is None or not is_site_table(table):
        at = table.line if table else section.line
        raise ExtractError(file, at, 'the table "Datadog site | API endpoint" at the head of the version')
    sites, calls = list[Site](), dict[tuple[str, str], int]()
    for line, (site, cell) in table.rows:
        call = _call(cell)
        if call is None and not (ENDPOINT.match(cell) and "not supported" in cell.lower()):
            raise ExtractError(file, line, '"METHOD https://host/path" or "METHOD Not supported …"')
        sites.append(Site(line, site, call[1] if call else None))
        if call:
            calls.setdefault((call[0], call[2]), line)
    if len(calls) != 1:
        second = [*calls.values(), table.line][1] if calls else table.line
        raise ExtractError(file, second, "one method and one path for all sites of the table")
    (method, path), line = next(iter(calls.items()))
    return line, method, path, tuple(sites)


def _operation(heading: str, blocks: Sequence[Block]) -> str:
    """The name of the SDK's function, as most samples call it, or else the heading, in CamelCase."""
    calls = Counter[str]()
    for fence in fences(blocks):
        calls.update({camel(first or second) for first, second in SDK_CALL.findall(fence.code)})
    return calls.most_common(1)[0][0] if calls else camel(heading)


def _samples(source: Source, section: Section) -> tuple[Sample, ...]:
    lines = source.lines[section.line - 1 : section.end]
    for fence in fences(section.blocks):
        for number in range(fence.line, fence.line + fence.code.count("\n")):
            lines[number - section.line] = ""
    return curl_samples(source.file, section.line, "\n".join(lines))


class _Reader:
    """Reads the bodies and parameters of one section. `cut`: the page may show the first values of an enum only."""

    def __init__(self, file: str, cut: bool, problems: Problems) -> None:
        self.file = file
        self.cut = cut
        self.problems = problems

    def request(
        self, section: str, parts: dict[str, list[Block]], samples: Sequence[Sample]
    ) -> tuple[Body | None, bool]:
        """The request body, and whether it is required."""
        name = next((part for part in parts if part.startswith("body data")), None)
        if name is None:
            return None, False
        sent = tuple(sample.body for sample in samples if sample.body)
        return self.body(f"{section} › Request", parts[name], sent), "(required)" in name

    def responses(self, section: str, blocks: Sequence[Block]) -> Iterator[Response]:
        for tab in blocks:
            if not isinstance(tab, Tab):
                continue
            match = STATUS.match(tab.title)
            if match is None:
                self.problems.add(tab.line, "a response tab whose title is a status", "response")
                continue
            yield Response(
                match["status"], tab.line, self.body(f"{section} › Response › {match['status']}", tab.blocks)
            )

    def body(self, section: str, blocks: Sequence[Block], sent: tuple[Example, ...] = ()) -> Body | None:
        """What the model and the example below a heading or in a tab tell; None where neither says anything."""
        tabs = [block for block in blocks if isinstance(block, Tab)]
        model = [block for tab in tabs if tab.title.lower() == "model" for block in tab.blocks]
        shown = [block for tab in tabs if tab.title.lower() == "example" for block in tab.blocks]
        examples = tuple(self.examples(shown))
        inside = model or [block for tab in tabs for block in tab.blocks]
        tables = [block for block in inside if isinstance(block, Table)]
        said = [block for block in model if isinstance(block, Text)]
        if not tables and not examples:
            if said and not any(block.text.startswith("No re") for block in said):
                self.problems.add(said[0].line, 'a table "Parent field | Field | Type | Description"', "body")
            return None
        rows = tuple(row for table in tables for row in self.rows(table))
        nested = nest(rows, Shown(examples or sent))
        self.lost(nested.lost)
        values = [example.value for example in examples or sent]
        lists = all(isinstance(value, list) for value in values)
        array = lists if values else any(re.match(r"(?:An )?array of\b", block.text, re.IGNORECASE) for block in said)
        at = tables[0].line if tables else blocks[0].line
        return Body(section, at, rows, nested.fields, examples, array, sent)

    def examples(self, blocks: Sequence[Block]) -> Iterator[Example]:
        for block in blocks:
            if isinstance(block, Fence) and block.language == "json":
                with self.problems.costing("example"):
                    yield example(self.file, block.line, block.code)

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of a table; one without a name costs itself."""
        columns = [column.lower() for column in table.columns]
        if "type" not in columns or not {"field", "name"} & {*columns}:
            self.problems.add(table.line, 'a table with the columns "Field | Type | Description"', "table")
            return
        for line, cells in table.rows:
            named = dict(zip(columns, cells, strict=True))
            name = named.get("field", named.get("name", ""))
            if name:
                yield self.row(line, name, named)
            else:
                self.problems.add(line, "a field name in this row", "row")

    def row(self, line: int, name: str, cells: dict[str, str]) -> Row:
        description = cells.get("description", "")
        return Row(
            line=line,
            parent=OBJECT.sub("Option ", cells.get("parent field", "")),
            name=OBJECT.sub("Option ", REQUIRED.sub("", name).strip()),
            type=cells["type"],
            description=description,
            required=REQUIRED.search(name) is not None,
            cut=self.cut and len(allowed_values(description)) == SHOWN,
        )

    def parameters(self, parts: dict[str, list[Block]]) -> Iterator[Parameter]:
        for part, location in PARAMETERS.items():
            for table in parts.get(part, []):
                if isinstance(table, Table):
                    nested = nest(tuple(self.rows(table)), Shown())
                    self.lost(nested.lost)
                    yield from (Parameter(location, field.row, field.children) for field in nested.fields)

    def lost(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.problems.add(row.line, f'a row above that opens the parent "{row.parent}"', "row")

    def name_unplaced(self, blocks: Sequence[Block], endpoint: Endpoint) -> None:
        """Names the tables of fields that stand where none is expected."""
        bodies = [endpoint.request, *(response.body for response in endpoint.responses)]
        read = {row.line for body in bodies if body for row in body.rows}
        read |= {parameter.row.line for parameter in endpoint.parameters}
        read |= {each.line for each in self.problems.unread}
        for table in _tables(blocks):
            lines = {table.line, *(line for line, _ in table.rows)}
            if table.rows and not is_site_table(table) and not lines & read:
                self.problems.add(table.line, "a table below a body, a response or parameters", "table")


def _tables(blocks: Sequence[Block]) -> Iterator[Table]:
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Tab):
            yield from _tables(block.blocks)


DIALECT = Dialect("with {% tab %} blocks", recognises, read)
