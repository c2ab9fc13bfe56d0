"""Path templates of OpenAPI: the names of their parameters, and the values that a path has for them."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

from mockserver.operations import Operation
from mockserver.support.suggestions import closest

_PARAMETER = re.compile(r"\{([^}]*)\}")
_ESCAPED_SLASH = re.compile(r"(%2F|%252F)", re.IGNORECASE)


def parameter_names(template: str) -> list[str]:
    """The names of the parameters in a path template, in order."""
    return _PARAMETER.findall(template)


@lru_cache(maxsize=4096)
def path_pattern(template: str) -> re.Pattern[str]:
    """Matches the paths of a template; each group is the value of a parameter, which holds no slash."""
    literals = _PARAMETER.split(template)[::2]
    return re.compile("([^/]+)".join(map(re.escape, literals)))


def path_values(template: str, path: str) -> dict[str, str]:
    """The values of the parameters of a template by name, or none where the path does not match it. The path may begin
    with that of a server; it is as `decoded_path` makes it."""
    if "{" not in template:
        return {}
    pattern = path_pattern(template)
    match = pattern.fullmatch(path)
    if match is None:  # a value holds no slash, so that the last segments are those of the template
        match = pattern.fullmatch("/" + "/".join(path.split("/")[-template.count("/") :]))
    if match is None:
        return {}
    values = match.groups() if "%2" not in path else tuple(map(_value, match.groups()))
    return dict(zip(parameter_names(template), values, strict=True))


def decoded_path(raw: str, errors: str = "replace") -> str:
    """A path of a URL, percent-decoded but for the slashes in values: `%2F` stays, and so does `%252F`, which is not
    one."""
    pieces = _ESCAPED_SLASH.split(raw)
    return "".join(
        piece.upper() if number % 2 else unquote(piece, errors=errors) for number, piece in enumerate(pieces)
    )


def literalness(template: str) -> tuple[tuple[int, int], ...]:
    """Sorts templates so that of those which match a path the most literal comes first: segment by segment, a text
    before one with variables in it, and that before a variable alone."""
    return tuple(
        (0, 0) if "{" not in part else (1, -len(_PARAMETER.sub("", part))) if _PARAMETER.sub("", part) else (2, 0)
        for part in template.split("/")[1:]
    )


def _value(text: str) -> str:
    return _ESCAPED_SLASH.sub(lambda found: "/" if len(found[0]) == len("%2F") else "%2F", text)


def nearest_operation(path: str, operations: Iterable[Operation]) -> Operation | None:
    """The operation whose path is most like the one asked for."""
    by_path = {operation.path.lower(): operation for operation in operations}
    return by_path.get(closest(path[:500].lower(), by_path, 0.4) or "")
