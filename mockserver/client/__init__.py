"""The Python client of the control API: a handle per account, and matchers for values that a test cannot know."""

from importlib import import_module
from typing import TYPE_CHECKING, Any
from warnings import warn

from mockserver.client.conduct import Conduct, ConductFinding
from mockserver.client.control import ControlError
from mockserver.client.handle import AccountMaker, Handle, Maker
from mockserver.client.matchers import (
    absent,
    any_value,
    close_to,
    close_to_now,
    containing,
    matching,
    one_of,
    unordered,
    uuid,
)
from mockserver.client.records import Headers, ReceivedEvent, ReceivedRequest, SentResponse

if TYPE_CHECKING:
    from mockserver.testing import Backend, Datadog, MockServer, Satori, Supalytics

__all__ = [
    "AccountMaker",
    "Backend",
    "Conduct",
    "ConductFinding",
    "ControlError",
    "Datadog",
    "Handle",
    "Headers",
    "Maker",
    "MockServer",
    "ReceivedEvent",
    "ReceivedRequest",
    "Satori",
    "SentResponse",
    "Supalytics",
    "absent",
    "any_value",
    "close_to",
    "close_to_now",
    "containing",
    "matching",
    "one_of",
    "unordered",
    "uuid",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """The names that moved to `mockserver.testing`; they are found here for one more version."""
        if name in __all__:
            warn(f"mockserver.client.{name} is now mockserver.testing.{name}", DeprecationWarning, stacklevel=2)
            return getattr(import_module("mockserver.testing"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
