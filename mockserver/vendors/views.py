"""A vendor's own control calls: plain functions, served below `/__admin/<vendor>` and described by its document."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.accounts.account import Account
from mockserver.model import Event, Json


class ViewError(Exception):
    """The call is wrong: `problems` are (JSON pointer into the body, sentence). With `status` 404, what its path names
    does not exist."""

    def __init__(self, detail: str, problems: tuple[tuple[str, str], ...] = (), status: int = 400) -> None:
        super().__init__(detail)
        self.problems = problems
        self.status = status


class ViewCall(NamedTuple):
    """One control call: the values of its path parameters, and its JSON body, checked by the vendor's document; None
    where the call takes none."""

    path_values: Mapping[str, str]
    body: Json
    events: Callable[[], list[Event]]
    """The vendor's accepted events in the accounts that the call is narrowed to, oldest first."""
    event_views: Callable[[Iterable[Event]], list[Any]]
    """Events in the form of `GET /__admin/events`."""
    account: Callable[[], Account]
    """The one account that the call names, made if it does not exist. Refuses a call that names none."""
    existing_account: Callable[[], Account | None]
    """The one account that the call names, if it exists. Refuses a call that names none."""


class View(NamedTuple):
    """One call: its method, its path below the vendor's (parameters as Starlette writes them), and the function that
    makes the JSON of its response. The function raises ViewError."""

    method: str
    path: str
    function: Callable[[ViewCall], Json]


class Views(NamedTuple):
    """A vendor's calls, and the OpenAPI document (YAML) of them. Its `paths` are those of the calls. It can refer to
    the components of the control API's own document, and add `components/schemas`."""

    calls: tuple[View, ...]
    document: Path


def count_by_identity(events: Iterable[Event]) -> tuple[list[dict[str, Any]], int]:
    """Every identity with its account and the number of its events, and the number of events without an identity.
    The same id is somebody else in another account."""
    counts = Counter((event.account, event.identity) for event in events)
    people = [
        {"id": identity, "account": account, "events": count}
        for (account, identity), count in counts.items()
        if identity is not None
    ]
    return people, sum(count for (_, identity), count in counts.items() if identity is None)
