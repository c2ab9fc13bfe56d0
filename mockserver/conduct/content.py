"""Takes the ids and times out of a JSON body, so that what is left is the same for each attempt to send it."""

from collections.abc import Sequence

from mockserver.model import Json

VOLATILE_NAMES = frozenset(
    {"id", "uuid", "guid", "nonce", "ts", "time", "date", "datetime", "timestamp"}
    | {"eventid", "messageid", "requestid", "insertid", "deduplicationid", "dedupid", "idempotencykey"}
    | {"sentat", "createdat", "occurredat", "happenedat", "receivedat", "eventtime", "senttime", "datehappened"}
)
"""Members that hold an id or a time, in lower case and without anything but letters, where a contract does not say."""
EVERY = "*"


def stripped(body: Json, places: Sequence[Sequence[str]] | None) -> Json:
    """A body without the members at `places`, the names on the way to each, `*` for every item of an array. With None
    those go whose names are VOLATILE_NAMES, at the top of the body and of the items of an array there. `body` is
    changed."""
    if places is None:
        _strip_names(body)
    for place in places or ():
        _remove(body, place)
    return body


def _strip_names(body: Json) -> None:
    tops = body if isinstance(body, list) else [body]
    for top in tops:
        _strip_top(top)
        for value in top.values() if isinstance(top, dict) else ():
            for item in value if isinstance(value, list) else ():
                _strip_top(item)


def _strip_top(value: Json) -> None:
    if isinstance(value, dict):
        for name in [name for name in value if "".join(filter(str.isalpha, name)).lower() in VOLATILE_NAMES]:
            del value[name]


def _remove(value: Json, place: Sequence[str]) -> None:
    name, rest = place[0], place[1:]
    if name == EVERY:
        for item in value if isinstance(value, list) and rest else ():
            _remove(item, rest)
    elif isinstance(value, dict) and name in value:
        if rest:
            _remove(value[name], rest)
        else:
            del value[name]
