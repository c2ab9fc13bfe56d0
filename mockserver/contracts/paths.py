"""Path templates of OpenAPI: the names of their parameters, and the values that a path has for them."""

import re
from collections.abc import Iterable
from functools import lru_cache

from mockserver.model import Operation
from mockserver.support.suggestions import closest

_PARAMETER = re.compile(r"\{([^}]*)\}")


def parameter_names(template: str) -> list[str]:
    """The names of the parameters in a path template, in order."""
    return _PARAMETER.findall(template)


@lru_cache(maxsize=4096)
def path_pattern(template: str) -> re.Pattern[str]:
    """Matches the paths of a template; each group is the value of a parameter, which holds no slash."""
    literals = _PARAMETER.split(template)[::2]
    return re.compile("([^/]+)".join(map(re.escape, literals)))


def path_values(template: str, path: str) -> dict[str, str]:
    """The values of the parameters of a template by name, or none where the path does not match it."""
    if "{" not in template:
        return {}
    match = path_pattern(template).fullmatch(path)
    return dict(zip(parameter_names(template), match.groups(), strict=True)) if match else {}


def nearest_operation(path: str, operations: Iterable[Operation]) -> Operation | None:
    """The operation whose path is most like the one asked for."""
    by_path = {operation.path.lower(): operation for operation in operations}
    return by_path.get(closest(path[:500].lower(), by_path, 0.4) or "")
