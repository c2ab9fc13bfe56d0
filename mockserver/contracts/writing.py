"""Writes the values of parameters into a request, in the styles of OpenAPI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from mockserver.contracts.parameters import Parameter
from mockserver.model import Json
from mockserver.support.jsontext import dump

Pair = tuple[str, str]
_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


class WrittenParameters(NamedTuple):
    """Where the parameters of one request go. `path` holds percent-encoded texts by name, `query` is encoded."""

    path: dict[str, str]
    query: str
    headers: dict[str, str]
    cookies: str

    def path_of(self, template: str) -> str:
        """The path of a template with its parameters filled in."""
        for name, text in self.path.items():
            template = template.replace(f"{{{name}}}", text)
        return template


def write_parameters(values: Iterable[tuple[Parameter, Json]]) -> WrittenParameters:
    """The request that gives parameters these values."""
    path: dict[str, str] = {}
    headers: dict[str, str] = {}
    query: list[str] = []
    cookies: list[str] = []
    for parameter, value in values:
        match parameter.location:
            case "path":
                path[parameter.name] = _in_path(parameter, value)
            case "header":
                headers[parameter.name] = _plain_text(parameter, value)
            case "querystring":
                query.append(quote(_text(value), safe=""))
            case "cookie":
                cookies += [f"{name}={text}" for name, text in _pairs(parameter, value)]
            case _:
                query += [f"{quote(name, safe='')}={text}" for name, text in _pairs(parameter, value)]
    return WrittenParameters(path, "&".join(query), headers, "; ".join(cookies))


def _text(value: Json) -> str:
    """A plain value as a text; what is nested deeper than a style can say, as JSON."""
    return value if isinstance(value, str) else dump(value).decode("utf-8")


def _quoted(value: Json) -> str:
    return quote(_text(value), safe="")


def _plain_text(parameter: Parameter, value: Json) -> str:
    """A value in the style `simple`, not encoded."""
    if parameter.media_type is not None:
        return dump(value).decode("utf-8")
    if isinstance(value, list):
        return ",".join(map(_text, value))
    if isinstance(value, dict):
        return ",".join(f"{name}{'=' if parameter.explode else ','}{_text(each)}" for name, each in value.items())
    return _text(value)


def _in_path(parameter: Parameter, value: Json) -> str:
    if parameter.media_type is not None:
        return _quoted(dump(value).decode("utf-8"))
    first, between = {"label": (".", "."), "matrix": (";", ";")}.get(parameter.style, ("", ","))
    name = parameter.name
    if isinstance(value, dict):
        if parameter.explode:
            return first + between.join(f"{quote(key, safe='')}={_quoted(each)}" for key, each in value.items())
        text = ",".join(f"{quote(key, safe='')},{_quoted(each)}" for key, each in value.items())
    elif isinstance(value, list):
        if parameter.explode and first:
            return first + between.join(f"{name}={_quoted(each)}" if first == ";" else _quoted(each) for each in value)
        text = ",".join(map(_quoted, value))
    else:
        text = _quoted(value)
    return f";{name}={text}" if first == ";" else first + text


def _pairs(parameter: Parameter, value: Json) -> Iterator[Pair]:
    """The names and the encoded values of a query parameter or a cookie."""
    name, delimiter = parameter.name, _DELIMITERS.get(parameter.style, ",")
    if parameter.media_type is not None:
        yield name, _quoted(dump(value).decode("utf-8"))
    elif parameter.style == "deepObject" and isinstance(value, (dict, list)):
        yield from _deep(name, value)
    elif isinstance(value, list) and not (parameter.explode and parameter.location == "query"):
        yield name, delimiter.join(map(_quoted, value))
    elif isinstance(value, dict) and not parameter.explode:
        yield name, delimiter.join(f"{quote(key, safe='')}{delimiter}{_quoted(each)}" for key, each in value.items())
    elif isinstance(value, (dict, list)):
        for key, each in value.items() if isinstance(value, dict) else ((name, each) for each in value):
            for item in each if isinstance(each, list) else [each]:
                yield key, _quoted(item)
    else:
        yield name, _quoted(value)


def _deep(name: str, value: Json) -> Iterator[Pair]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _deep(f"{name}[{key}]", each)
    elif isinstance(value, list):
        for each in value:
            yield from _deep(f"{name}[]", each)
    else:
        yield name, _quoted(value)
