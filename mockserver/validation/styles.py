"""Undoes the styles in which OpenAPI writes parameters: RFC 6570's, and the delimited and the deep one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, unquote_plus

from mockserver.validation.coercion import Form, Texts

if TYPE_CHECKING:
    from mockserver.contracts.parameters import Parameter

MAX_LEVELS = 20
"""How deep the brackets of a deep object may be nested."""
_DELIMITERS = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")

Pairs = tuple[tuple[str, str], ...]
"""Names and values in the order in which they were sent, the names decoded, the values not."""


class StyleError(ValueError):
    """A parameter is not written in its style; the message says how it should be."""


class Sent(NamedTuple):
    """What a request carries outside its body. `query` and `cookies` are undecoded values, `headers` have their names
    in lower case; `claimed` are the names of all documented query parameters, `querystring` is the whole query,
    undecoded."""

    path: Mapping[str, str]
    query: Pairs = ()
    headers: Mapping[str, str] = {}
    cookies: Pairs = ()
    claimed: Collection[str] = ()
    querystring: str = ""


def query_pairs(query: bytes) -> Pairs:
    """The pairs of a query string, whose values are still percent-encoded: an encoded delimiter does not delimit."""
    parts = (part.partition("=") for part in query.decode("latin-1").split("&") if part)
    return tuple((unquote_plus(name), value) for name, _, value in parts)


def cookie_pairs(values: Iterable[bytes]) -> Pairs:
    """The cookies of `Cookie` headers (RFC 6265, 5.4)."""
    parts = (part.partition("=") for value in values for part in value.decode("latin-1").split(";"))
    return tuple((name.strip(), value.strip().strip('"')) for name, equals, value in parts if equals)


def sent_text(parameter: Parameter, sent: Sent) -> str | None:
    """The text of a parameter as it was sent, decoded; None where it is absent."""
    match parameter.location:
        case "path":
            return sent.path.get(parameter.name)
        case "header":
            return sent.headers.get(parameter.name.lower())
    values = _named(parameter, sent)
    return values[-1] if values else None


def texts_as(parameter: Parameter, form: Form, sent: Sent) -> Texts | None:
    """The texts of a parameter, read as a value of one form; None where it is absent. Raises StyleError where it is not
    written in its style."""
    if parameter.location in ("path", "header"):
        text = sent_text(parameter, sent)
        return None if text is None else _of_text(parameter, form, text)
    pairs = sent.query if parameter.location == "query" else sent.cookies
    if form.kind == "object":
        return _object(parameter, form, sent, pairs)
    if form.kind == "array":
        return _array(parameter, pairs)
    values = _named(parameter, sent)
    if len(values) > 1:
        raise StyleError(f"is given {len(values)} times")
    return values[0] if values else None


def _named(parameter: Parameter, sent: Sent) -> list[str]:
    if parameter.location == "cookie":
        return [unquote(value) for name, value in sent.cookies if name == parameter.name]
    return [unquote_plus(value) for name, value in sent.query if name == parameter.name]


def _array(parameter: Parameter, pairs: Pairs) -> list[Texts] | None:
    raw = [value for name, value in pairs if name == parameter.name]
    delimiter = _DELIMITERS.get(parameter.style, ",")
    if parameter.style == "deepObject":
        deep = _deep(parameter.name, pairs)
        return list(deep.values()) if deep else None
    repeats = parameter.explode and parameter.location == "query"
    if not raw:
        return None
    if repeats and (delimiter == "," or len(raw) > 1):
        return [unquote_plus(value) for value in raw]
    return [text for value in raw for text in _split(value, delimiter)]


def _object(parameter: Parameter, form: Form, sent: Sent, pairs: Pairs) -> dict[str, Texts] | None:
    if parameter.style == "deepObject":
        return _deep(parameter.name, pairs) or None
    if parameter.explode and parameter.style == "form":
        known = form.members.keys()
        found: dict[str, Texts] = {}
        for name, value in pairs:
            if name in known or (form.others is not None and name not in sent.claimed):
                _put(found, name, unquote_plus(value))
        return found or None
    raw = [value for name, value in pairs if name == parameter.name]
    return _pairs_of(_split(raw[-1], _DELIMITERS.get(parameter.style, ","))) if raw else None


def _put(found: dict[str, Texts], name: str, text: Texts) -> None:
    """Adds a value; a name that comes again has a list of them."""
    if name in found:
        before = found[name]
        found[name] = [*before, text] if isinstance(before, list) else [before, text]
    else:
        found[name] = text


def _split(raw: str, delimiter: str) -> list[str]:
    """The decoded parts of an encoded value. Clients that encode everything encode the delimiter too: it counts where
    there is no other."""
    if not raw:
        return []
    parts = raw.split(delimiter) if delimiter != " " else re.split(r"\+|%20| ", raw)
    if len(parts) == 1:
        return unquote_plus(raw).split(delimiter)
    return [unquote_plus(part) for part in parts]


def _pairs_of(parts: list[str]) -> dict[str, Texts]:
    """An object that is written as name, value, name, value."""
    if len(parts) % 2:
        raise StyleError("must be written as name,value,name,value")
    return {name: value for at, (name, value) in enumerate(pairwise(parts)) if at % 2 == 0}


def _equations(parts: Iterable[str]) -> dict[str, Texts]:
    """An object that is written as name=value, name=value."""
    found: dict[str, Texts] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals:
            raise StyleError("must be written as name=value")
        _put(found, name, value)
    return found


def _deep(prefix: str, pairs: Pairs) -> dict[str, Texts]:
    """The object of the names `prefix[a]`, `prefix[a][b]`, …; a name that comes again, or ends in `[]`, has a list."""
    found: dict[str, Texts] = {}
    for name, value in pairs:
        if not name.startswith(f"{prefix}["):
            continue
        rest = name[len(prefix) :]
        keys = _BRACKETS.findall(rest)
        if "".join(f"[{key}]" for key in keys) != rest or len(keys) > MAX_LEVELS:
            raise StyleError(f"must be written as {prefix}[name]=value")
        as_list = len(keys) > 1 and keys[-1] == ""
        _put_deep(found, keys[:-1] if as_list else keys, unquote_plus(value), as_list=as_list)
    return found


def _put_deep(found: dict[str, Texts], keys: list[str], text: str, *, as_list: bool) -> None:
    node = found
    for key in keys[:-1]:
        inner = node.setdefault(key, {})
        if not isinstance(inner, dict):
            raise StyleError(f"has a value and members at [{key}]")
        node = inner
    if as_list and keys[-1] not in node:
        node[keys[-1]] = [text]
    else:
        _put(node, keys[-1], text)


def _of_text(parameter: Parameter, form: Form, text: str) -> Texts:
    """The texts of a path or header parameter, which is decoded as a whole before."""
    if parameter.style == "matrix":
        return _matrix(parameter, form, text)
    delimiter = ","
    if parameter.style == "label":
        if not text.startswith("."):
            raise StyleError("must begin with a dot, as the style label asks")
        text, delimiter = text[1:], "." if parameter.explode else ","
    if form.kind not in ("array", "object"):
        return text
    parts = [part.strip() if parameter.location == "header" else part for part in text.split(delimiter)] if text else []
    if form.kind == "array":
        return [*parts]
    return _equations(parts) if parameter.explode else _pairs_of(parts)


def _matrix(parameter: Parameter, form: Form, text: str) -> Texts:
    name = parameter.name
    if form.kind == "object" and parameter.explode and text.startswith(";"):
        return _equations(text[1:].split(";"))
    parts = text.split(";")[1:]
    if not text.startswith(";") or any(part.partition("=")[0] != name for part in parts):
        raise StyleError(f"must be written as ;{name}=value, as the style matrix asks")
    values = [part.partition("=")[2] for part in parts]
    if form.kind == "array":
        return [*values] if parameter.explode else [*values[0].split(",")]
    if form.kind == "object":
        return _pairs_of(values[0].split(","))
    return values[0]
