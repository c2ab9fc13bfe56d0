"""The dialect of Datadog's API pages: Markdown with `{% tab %}` blocks and parent-field tables."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from mockserver.extract.dialects import Dialect
from mockserver.extract.errors import ExtractError
from mockserver.extract.markdown import Block, Fence, Tab, Table, Text, below_headings, fences, parse
from mockserver.extract.model import Body, Endpoint, Page, Parameter, Prose, Response, Row, Sample, Site
from mockserver.extract.names import camel
from mockserver.extract.reading import Source
from mockserver.extract.samples import credentials, curl_samples, example
from mockserver.extract.tree import nest

NAME = "datadog"
VERSION = re.compile(r"v\d+\b")
STATUS = re.compile(r"(?P<status>\d{3}|default)\b")
REQUIRED = re.compile(r"\s*\[\*required\*\]")
ENDPOINT = re.compile(r"(?P<method>[A-Z]+)\s+(?P<rest>.*)")
SERVED = re.compile(r"(?P<url>https?://[^/\s]+)(?P<path>/[^?\s]*)")
SDK_CALL = re.compile(r"\bapi_?[iI]nstance\s*\.\s*(\w+)\(|\bapi\.(\w+)\((?:ctx|body|params)")
LIMIT = re.compile(r"above (\d+)\s?(KB|MB)\b")
UNITS = {"KB": 1_000, "MB": 1_000_000}
PARAMETERS = {"path parameters": "path", "query strings": "query", "header parameters": "header"}


def recognises(text: str) -> bool:
    """Whether a page is of this dialect."""
    return '{% tab title="' in text


def read(source: Source) -> Page:
    """The page's endpoints. Raises ExtractError where the page departs from the form."""
    blocks = parse(source.body, source.file, source.first_line)
    sections = ((heading, _versions(below)) for heading, below in below_headings(blocks, 2))
    endpoints = [_endpoint(source, heading, tab, len(tabs)) for heading, tabs in sections for tab in tabs]
    if not endpoints:
        raise ExtractError(source.file, source.first_line, 'a version tab, such as {% tab title="v1" %}')
    return Page(source.file, _label(source), NAME, NAME, tuple(endpoints))


def _label(source: Source) -> str:
    crumbs = [crumb.strip() for crumb in source.front.get("breadcrumbs", "").split(">") if crumb.strip()]
    return " › ".join(crumbs if crumbs[-1:] == [source.title] else [*crumbs, source.title])


def _versions(blocks: Sequence[Block]) -> list[Tab]:
    """The version tabs among the blocks."""
    return [block for block in blocks if isinstance(block, Tab) and VERSION.match(block.title)]


def _endpoint(source: Source, heading: str, tab: Tab, versions: int) -> Endpoint:
    version = tab.title.split()[0]
    section = f"{heading} › {version}"
    parts = {text.lower(): below for text, below in below_headings(tab.blocks)}
    line, method, path, sites = _sites(source.file, tab)
    samples = _samples(source, tab)
    request, needed = _request(source.file, section, parts)
    prose = tuple(Prose(b.line, b.text) for b in parts.get("overview", []) if isinstance(b, Text))
    return Endpoint(
        line=line,
        section=section,
        operation=_operation(heading, tab),
        method=method,
        path=path,
        version=version,
        versions=versions,
        sites=sites,
        parameters=tuple(_parameters(source.file, parts)),
        request=request,
        request_required=needed,
        responses=tuple(_responses(source.file, section, parts.get("response", []))),
        samples=samples,
        credentials=credentials(samples),
        prose=prose,
        max_body_bytes=next(
            (int(size) * UNITS[unit] for each in prose for size, unit in LIMIT.findall(each.text)), None
        ),
    )


def _sites(file: str, tab: Tab) -> tuple[int, str, str, tuple[Site, ...]]:
    """Line, method and path of the endpoint table, and its rows."""
    table = next((block for block in tab.blocks if isinstance(block, Table)), None)
    if table is None or [name.lower() for name in table.columns] != ["datadog site", "api endpoint"]:
        at = table.line if table else tab.line
        raise ExtractError(file, at, 'the table "Datadog site | API endpoint" at the head of the version tab')
    sites, calls = list[Site](), dict[tuple[str, str], int]()
    for line, (site, cell) in table.rows:
        match = ENDPOINT.match(cell)
        served = SERVED.fullmatch(match["rest"]) if match else None
        if match is None or (served is None and "not supported" not in cell.lower()):
            raise ExtractError(file, line, '"METHOD https://host/path" or "METHOD Not supported …"')
        sites.append(Site(line, site, served["url"] if served else None))
        if served:
            calls.setdefault((match["method"], served["path"]), line)
    if len(calls) != 1:
        second = [*calls.values(), table.line][1] if calls else table.line
        raise ExtractError(file, second, "one method and one path for all sites of the table")
    (method, path), line = next(iter(calls.items()))
    return line, method, path, tuple(sites)


def _operation(heading: str, tab: Tab) -> str:
    """The name of the SDK's function, as most samples call it, or else the heading, in CamelCase."""
    calls = Counter[str]()
    for fence in fences(tab.blocks):
        calls.update({camel(first or second) for first, second in SDK_CALL.findall(fence.code)})
    return calls.most_common(1)[0][0] if calls else camel(heading)


def _samples(source: Source, tab: Tab) -> tuple[Sample, ...]:
    lines = source.lines[tab.line - 1 : tab.end]
    for fence in fences(tab.blocks):
        for number in range(fence.line, fence.line + fence.code.count("\n")):
            lines[number - tab.line] = ""
    return curl_samples(source.file, tab.line, "\n".join(lines))


def _request(file: str, section: str, parts: dict[str, list[Block]]) -> tuple[Body | None, bool]:
    name = next((part for part in parts if part.startswith("body data")), None)
    if name is None:
        return None, False
    return _body(file, f"{section} › Request", parts[name]), "(required)" in name


def _responses(file: str, section: str, blocks: Sequence[Block]) -> Iterator[Response]:
    for tab in blocks:
        if isinstance(tab, Tab):
            match = STATUS.match(tab.title)
            if match is None:
                raise ExtractError(file, tab.line, "a response tab whose title is a status")
            has_body = any(isinstance(block, Tab) for block in tab.blocks)
            label = f"{section} › Response › {match['status']}"
            yield Response(match["status"], tab.line, _body(file, label, tab.blocks) if has_body else None)


def _body(file: str, section: str, blocks: Sequence[Block]) -> Body:
    tabs = {tab.title.lower(): tab for tab in blocks if isinstance(tab, Tab)}
    inside = [block for tab in tabs.values() for block in tab.blocks]
    examples = tuple(
        example(file, block.line, block.code)
        for block in (tabs["example"].blocks if "example" in tabs else [])
        if isinstance(block, Fence) and block.language == "json"
    )
    model = tabs.get("model")
    tables = [block for block in (model.blocks if model else inside) if isinstance(block, Table)]
    if model and not tables and not examples:
        raise ExtractError(file, model.line, 'a table "Parent field | Field | Type | Description" in the model tab')
    rows = tuple(_row(file, line, table.columns, cells) for table in tables for line, cells in table.rows)
    at = tables[0].line if tables else (blocks[0].line if blocks else 0)
    return Body(section, at, rows, nest(file, rows, examples), examples)


def _row(file: str, line: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    named = dict(zip((column.lower() for column in columns), cells, strict=False))
    name = named.get("field", named.get("name"))
    if name is None or "type" not in named:
        raise ExtractError(file, line, 'a table with the columns "Field | Type | Description"')
    if not name:
        raise ExtractError(file, line, "a field name in this row")
    return Row(
        line=line,
        parent=named.get("parent field", ""),
        name=REQUIRED.sub("", name).strip(),
        type=named["type"],
        description=named.get("description", ""),
        required=REQUIRED.search(name) is not None,
    )


def _parameters(file: str, parts: dict[str, list[Block]]) -> Iterator[Parameter]:
    for part, location in PARAMETERS.items():
        for table in parts.get(part, []):
            if isinstance(table, Table):
                for line, cells in table.rows:
                    yield Parameter(location, _row(file, line, table.columns, cells))


DIALECT = Dialect("with {% tab %} blocks", recognises, read)
